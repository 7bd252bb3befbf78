/** Whether a basket is to be set right now, and with which conversions. Pure. */
import { createCalendar, type Calendar } from '../../base/calendar.js'
import {
  previewOf,
  type LastPrices,
  type LedgerRules,
  type LedgerTransaction,
  type Rates,
} from '../../ledger/index.js'
import type { Basket } from './file.js'
import { driftOf, linesOf, movesOf, owedAt, type Line, type Move, type Standing } from './rebalance.js'
import { partsOf } from './weights.js'

export interface Reason {
  /** `owed`: something that is owed soon is not held. */
  readonly kind: 'schedule' | 'band' | 'owed'
  /** Of the schedule: which of its times, UNIX ms. */
  readonly slot: number | null
}

export type Due = (standing: Standing, lines: readonly Line[], done: number) => Reason | null

/** `done`: the last time of the schedule that was seen to. */
export function createDue({ schedule, timezone, band, cover }: Basket): Due {
  const calendar: Calendar | null = schedule === null ? null : createCalendar(schedule, timezone)
  return ({ now }, lines, done) => {
    const slot = calendar?.lastRunOnce(now)?.at ?? -Infinity
    if (slot > done) return { kind: 'schedule', slot }
    if (band !== null && driftOf(lines) > band) return { kind: 'band', slot: null }
    const owed = owedAt(cover, now)
    const short = lines.some(({ ticker, held }) => held < (owed.get(ticker) ?? 0n))
    return short ? { kind: 'owed', slot: null } : null
  }
}

/** What a conversion gives and what it loses, at the prices that are known now. */
export interface Priced extends Move {
  readonly result: bigint
  /** Of its worth, 0 to 1. */
  readonly cost: number
}

/** A conversion that waits, and why. */
export interface Held extends Move {
  readonly reason: string
}

export interface Decision {
  readonly lines: readonly Line[]
  readonly drift: number
  readonly moves: readonly Priced[]
  readonly held: readonly Held[]
}

export interface DecisionTerms {
  /** RCD hash, hex. */
  readonly address: string
  /** The last block that is known. */
  readonly height: number
  readonly prices: LastPrices
  readonly past: readonly Rates[]
  readonly rules: LedgerRules
}

export const standingOf = (
  basket: Basket,
  { prices, past }: Pick<DecisionTerms, 'prices' | 'past'>,
  { balances, now }: Pick<Standing, 'balances' | 'now'>,
): Standing => ({ balances, rates: prices.rates, parts: partsOf(basket, past), now })

export function decide(basket: Basket, standing: Standing, terms: DecisionTerms): Decision {
  const lines = linesOf(basket, standing)
  const moves: Priced[] = []
  const held: Held[] = []
  for (const move of movesOf(lines, basket.least)) {
    const priced = pricedMove(move, standing, terms)
    if (typeof priced === 'string') held.push({ ...move, reason: priced })
    else if (priced.cost > basket.mostCost)
      held.push({ ...move, reason: `it would lose ${(priced.cost * 100).toFixed(2)} % of its worth` })
    else moves.push(priced)
  }
  return { lines, drift: driftOf(lines), moves, held }
}

export const transactionsOf = (moves: readonly Move[], address: string): LedgerTransaction[] =>
  moves.map(({ ticker, amount, target }) => ({
    kind: 'conversion',
    input: { address, ticker, amount },
    target,
  }))

/** Why not, in words: the engine of the ledger is asked. */
const WHY: Readonly<Record<number, string>> = {
  [-2]: 'nothing is converted into PEG any more',
  [-3]: 'nothing is converted into pFCT any more',
  [-4]: 'one of both has no price',
  [-5]: 'nothing is converted into that token any more',
}

function pricedMove(
  move: Move,
  { balances, rates }: Standing,
  { address, height, prices, rules }: DecisionTerms,
): Priced | string {
  const transactions = transactionsOf([move], address)
  const preview = previewOf(transactions, { height, prices, rules, available: balances })
  if (preview.kind === 'refused') return WHY[preview.status] ?? 'the address holds too little'
  if (preview.kind !== 'executed') return 'one of both has no price or no average yet'
  const [converted] = preview.converted
  const given = (move.amount - (converted?.refund ?? 0n)) * (rates.get(move.ticker) ?? 0n)
  const got = (converted?.amount ?? 0n) * (rates.get(move.target) ?? 0n)
  return {
    ...move,
    result: converted?.amount ?? 0n,
    cost: given > 0n ? Number(((given - got) * 1_000_000n) / given) / 1e6 : 0,
  }
}
