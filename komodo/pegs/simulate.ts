/**
 * A peg through a change of prices: a population of accounts under the rules of the module, block by block. What an
 * account may owe, when it is seized, and what that brings is asked of the same functions as the commands ask. Pure.
 */
import {
  globalSums,
  isAtLeast,
  liquidationOf,
  ratioOf,
  valueOf,
  zoneOf,
  type Thresholds,
  type Zone,
} from './formulas.js'
import { createLag, stepTowards } from './price-lag.js'
import type { PricePath } from './simulation-paths.js'

export interface SimulationPlan {
  readonly path: PricePath
  readonly days: number
  readonly blockSeconds: number
  readonly thresholds: Thresholds
  readonly accounts: number
  readonly random: () => number
}

export interface SimulatedAccount {
  readonly name: number
  readonly deposit: bigint
  readonly debt: bigint
}

/** What happens to an account, at a height. */
export interface SimulatedFate {
  readonly height: number
  readonly account: number
  /** `lost`: from here on it cannot be liquidated any more; it may come back. `paid`: its owner redeemed it. */
  readonly fate: 'liquidated' | 'lost' | 'back' | 'paid'
  /** Hundredths of a percent. */
  readonly ratio: bigint
  /** Of the liquidator, by the price of the chain. */
  readonly profit: bigint
}

/** The peg at a height; prices are 1e-8 coins for a token. */
export interface SimulatedSample {
  readonly height: number
  readonly market: bigint
  readonly price: bigint
  readonly debt: bigint
  /** All deposits and the pool, at the price of the chain and at the market. */
  readonly value: bigint
  readonly marketValue: bigint
  readonly pool: bigint
  readonly zones: Readonly<Record<Zone, number>>
  readonly liquidated: number
}

export interface Simulation {
  readonly begun: readonly SimulatedAccount[]
  readonly ended: readonly SimulatedAccount[]
  readonly fates: readonly SimulatedFate[]
  readonly samples: readonly SimulatedSample[]
}

const UNIT = 1e8
const DAY_SECONDS = 86_400
/** Of those who owe much, so many look after their account. */
const ATTENTIVE = 0.5
/** They pay so many percent before others may seize. */
const PAYS_BEFORE = 3n
/** Outputs of the pool: operations that fit into a block. */
const MOST_A_BLOCK = 100
const SAMPLES = 600

/** Debts of 30 to 80 % at the first price; deposits of 1 to 1000 tokens, small ones as frequent as large ones. */
function populate({ accounts, random, path }: SimulationPlan): Holder[] {
  const price = satOf(path(0))
  return Array.from({ length: accounts }, (_, name) => {
    const deposit = BigInt(Math.round(10 ** (3 * random()) * UNIT))
    const percent = BigInt(Math.round(3_000 + 5_000 * random()))
    const debt = (valueOf(deposit, price) * percent) / 10_000n
    return { name, deposit, debt, pays: random() < ATTENTIVE, isLost: false }
  })
}

interface Holder extends SimulatedAccount {
  deposit: bigint
  debt: bigint
  readonly pays: boolean
  isLost: boolean
}

const satOf = (coins: number): bigint => BigInt(Math.round(coins * UNIT))
const copyOf = ({ name, deposit, debt }: Holder): SimulatedAccount => ({ name, deposit, debt })

export function simulate(plan: SimulationPlan): Simulation {
  const { path, days, blockSeconds } = plan
  const holders = populate(plan)
  const state: State = { plan, holders, pool: 0n, fates: [], liquidated: 0 }
  const begun = holders.map(copyOf)
  const lag = createLag(Math.floor(DAY_SECONDS / blockSeconds) + 1, Math.round(path(0) * UNIT))
  const blocks = Math.floor((days * DAY_SECONDS) / blockSeconds)
  const every = Math.max(1, Math.ceil(blocks / SAMPLES))
  const samples: SimulatedSample[] = []
  let raw = Math.round(path(0) * UNIT)
  for (let height = 0; height <= blocks; height++) {
    const market = Math.round(path(height * blockSeconds) * UNIT)
    raw = stepTowards(raw, market)
    const price = BigInt(lag(raw))
    if (price > 0n) passBlock(state, price, height)
    if (height % every === 0 || height === blocks)
      samples.push(sampleOf(state, { height, price, market: BigInt(market) }))
  }
  return { begun, ended: holders.map(copyOf), fates: state.fates, samples }
}

interface State {
  readonly plan: SimulationPlan
  readonly holders: readonly Holder[]
  readonly fates: SimulatedFate[]
  pool: bigint
  liquidated: number
}

/** Owners first, then who liquidates, the best account first. */
function passBlock(state: State, price: bigint, height: number): void {
  const { holders, plan, fates } = state
  const { thresholds } = plan
  const tell = (holder: Holder, fate: SimulatedFate['fate'], profit = 0n): void => {
    const ratio = ratioOf(holder.debt, valueOf(holder.deposit, price)) ?? 0n
    fates.push({ height, account: holder.name, fate, ratio, profit })
  }
  const red: Holder[] = []
  for (const holder of holders) {
    if (holder.debt === 0n) continue
    if (holder.pays && isAtLeast(holder.debt, valueOf(holder.deposit, price), thresholds.red - PAYS_BEFORE)) {
      tell(holder, 'paid')
      empty(holder)
      continue
    }
    const zone = zoneOf(holder, price, thresholds)
    if (zone === 'red') red.push(holder)
    if ((zone === 'lost') !== holder.isLost) tell(holder, zone === 'lost' ? 'lost' : 'back')
    holder.isLost = zone === 'lost'
  }
  const profitOf = (holder: Holder) => liquidationOf(holder, price).profit
  const best = red
    .filter((holder) => profitOf(holder) > 0n)
    .sort((a, b) => (profitOf(a) > profitOf(b) ? -1 : 1))
  for (const holder of best.slice(0, MOST_A_BLOCK)) {
    const { debt, value } = sumsOf(state, price)
    if (!isAtLeast(debt, value, thresholds.globalRed)) return
    const { pool, profit } = liquidationOf(holder, price)
    tell(holder, 'liquidated', profit)
    state.pool += pool
    state.liquidated += 1
    empty(holder)
  }
}

function empty(holder: Holder): void {
  holder.deposit = 0n
  holder.debt = 0n
}

function sumsOf({ holders, pool }: State, price: bigint) {
  const deposit = holders.reduce((sum, holder) => sum + holder.deposit, 0n)
  const debt = holders.reduce((sum, holder) => sum + holder.debt, 0n)
  return globalSums([{ deposit, debt, pool, price }])
}

function sampleOf(
  state: State,
  { height, price, market }: { readonly height: number; readonly price: bigint; readonly market: bigint },
): SimulatedSample {
  const { holders, pool, liquidated, plan } = state
  const zones = { safe: 0, yellow: 0, red: 0, lost: 0 }
  for (const holder of holders)
    if (holder.deposit > 0n) zones[price > 0n ? zoneOf(holder, price, plan.thresholds) : 'safe'] += 1
  const { debt, value } = sumsOf(state, price)
  const marketValue = sumsOf(state, market).value
  return { height, market, price, debt, value, marketValue, pool, zones, liquidated }
}
