/** A basket over a stretch of price history, each conversion by the rules of its height. Pure, but for what it asks. */
import {
  pricesOfBlock,
  previewOf,
  type Balances,
  type LedgerQueries,
  type LedgerRules,
  type Rates,
  type Ticker,
} from '../../ledger/index.js'
import { fail } from '../errors.js'
import { createDue, decide, standingOf, transactionsOf, type DecisionTerms, type Due } from './decide.js'
import type { Basket } from './file.js'
import { driftOf, linesOf, worthOf, type Move } from './rebalance.js'

export type PriceHistory = Pick<LedgerQueries, 'ratesAt' | 'ratesHeight' | 'averagesAt' | 'secondsAt'>

export interface SimulationTerms {
  readonly history: PriceHistory
  readonly rules: LedgerRules
  /** First and last height. */
  readonly from: number
  readonly to: number
  readonly balances: Balances
}

export interface Executed extends Move {
  readonly result: bigint
  readonly refund: bigint
}

/** One block with rates. Worth in 1e-16 USD. */
export interface Step {
  readonly height: number
  /** UNIX ms. */
  readonly time: number
  readonly worth: bigint
  /** Of what there was at the beginning, left as it was. */
  readonly holding: bigint
  readonly drift: number
  readonly balances: Balances
  /** What was executed in this block, and the block that it was in. */
  readonly executed: readonly Executed[]
  readonly enteredAt: number | null
}

export interface Summary {
  readonly first: Step
  readonly last: Step
  readonly conversions: number
  readonly refused: number
  /** Worth of what was converted, by the worth at the beginning. */
  readonly turnover: number
  /** What rounding and averages have taken, 1e-16 USD. */
  readonly lost: bigint
  readonly meanDrift: number
  /** Greatest fall from a height before, 0 to 1. */
  readonly drawdown: number
  readonly holdingDrawdown: number
}

export interface Simulation {
  readonly steps: readonly Step[]
  readonly summary: Summary
}

const BLOCK_SECONDS = 600
/** It only names whose batch it is. */
const ADDRESS = '00'.repeat(32)

/**
 * A batch enters the next block with rates behind the one whose prices decided, and is executed in the one behind that.
 * Blocks without rates are left out, since a block whose prices were refused takes no batches either.
 */
interface Waiting {
  readonly moves: readonly Move[]
  readonly enteredAt: number | null
}

/** Throws `E_BASKET_HISTORY` if there are fewer than two blocks with prices. */
export function simulateBasket(basket: Basket, terms: SimulationTerms): Simulation {
  const { history, rules, from, to } = terms
  const heights = ratedHeights(history, from, to)
  if (heights.length < 2)
    throw fail(
      'E_BASKET_HISTORY',
      `the ledger has prices of ${heights.length} blocks from height ${from} to ${to}`,
    )
  const due = createDue(basket)
  const clock = createBlockClock(history)
  const past: Rates[] = []
  const steps: Step[] = []
  let balances = terms.balances
  let waiting: Waiting | null = null
  let [done, refused, turned, lost] = [-Infinity, 0, 0n, 0n]
  // A price that was refused is 0 for a block: what is held keeps its last one, for the eye alone.
  let valued: Rates = new Map()
  for (const height of heights) {
    const prices = pricesOfBlock(history, height, rules)
    if (prices === null) continue
    const { rates } = prices
    valued = new Map([...valued, ...[...rates].filter(([, rate]) => rate > 0n)])
    past.push(rates)
    if (past.length > basket.window) past.shift()
    let executed: Executed[] = []
    let enteredAt: number | null = null
    if (waiting !== null && waiting.enteredAt === null) waiting = { moves: waiting.moves, enteredAt: height }
    else if (waiting !== null) {
      const before = worthOf(balances, valued)
      const outcome = executeMoves(waiting.moves, balances, { height: height - 1, prices, rules })
      ;({ balances, executed } = outcome)
      enteredAt = waiting.enteredAt
      lost += before - worthOf(balances, valued)
      turned += executed.reduce(
        (sum, { ticker, amount, refund }) => sum + (amount - refund) * (rates.get(ticker) ?? 0n),
        0n,
      )
      refused += outcome.refused
      waiting = null
    }
    const now = clock(height) * 1000
    const standing = standingOf(basket, { prices, past }, { balances, now })
    const lines = linesOf(basket, standing)
    steps.push({
      ...{ height, time: now, worth: worthOf(balances, valued), holding: worthOf(terms.balances, valued) },
      ...{ drift: driftOf(lines), balances, executed, enteredAt },
    })
    const reason: ReturnType<Due> = waiting === null ? due(standing, lines, done) : null
    if (reason === null) continue
    done = reason.slot ?? done
    // What the next block would use is not known yet: it is decided by what this one says.
    const deciding: DecisionTerms = { address: ADDRESS, height, prices, past, rules }
    const { moves } = decide(basket, standing, deciding)
    if (moves.length > 0) waiting = { moves, enteredAt: null }
  }
  return { steps, summary: summaryOf(steps, { refused, turned, lost }) }
}

export function ratedHeights(history: Pick<PriceHistory, 'ratesHeight'>, from: number, to: number): number[] {
  const heights: number[] = []
  for (
    let height = history.ratesHeight(to);
    height !== null && height >= from;
    height = history.ratesHeight(height - 1)
  )
    heights.push(height)
  return heights.reverse()
}

/** Each as a batch of its own: one that is refused leaves the others. */
function executeMoves(
  moves: readonly Move[],
  before: Balances,
  terms: Omit<Parameters<typeof previewOf>[1], 'available'>,
) {
  let balances = before
  let refused = 0
  const executed: Executed[] = []
  for (const move of moves) {
    const preview = previewOf(transactionsOf([move], ADDRESS), { ...terms, available: balances })
    const converted = preview.kind === 'executed' ? preview.converted[0] : undefined
    if (converted === undefined) {
      refused++
      continue
    }
    const { amount: result, refund } = converted
    balances = changed(balances, move.ticker, (refund ?? 0n) - move.amount)
    balances = changed(balances, move.target, result)
    executed.push({ ...move, result, refund: refund ?? 0n })
  }
  return { balances, executed, refused }
}

const changed = (balances: Balances, ticker: Ticker, by: bigint): Balances =>
  new Map(balances).set(ticker, (balances.get(ticker) ?? 0n) + by)

/** When a block began, UNIX seconds; where the ledger does not know it, by the blocks since the last of which it does. */
function createBlockClock(history: Pick<PriceHistory, 'secondsAt'>): (height: number) => number {
  let known = { height: 0, seconds: 0 }
  return (height) => {
    const seconds = history.secondsAt(height)
    if (seconds !== null) known = { height, seconds }
    return known.seconds + (height - known.height) * BLOCK_SECONDS
  }
}

function summaryOf(
  steps: readonly Step[],
  { refused, turned, lost }: { readonly refused: number; readonly turned: bigint; readonly lost: bigint },
): Summary {
  const [first, last] = [steps[0] as Step, steps.at(-1) as Step]
  return {
    ...{ first, last, refused, lost },
    conversions: steps.reduce((sum, { executed }) => sum + executed.length, 0),
    turnover: first.worth === 0n ? 0 : ratio(turned, first.worth),
    meanDrift: steps.reduce((sum, { drift }) => sum + drift, 0) / steps.length,
    drawdown: drawdownOf(steps.map(({ worth }) => worth)),
    holdingDrawdown: drawdownOf(steps.map(({ holding }) => holding)),
  }
}

function drawdownOf(worths: readonly bigint[]): number {
  let [top, fall] = [0n, 0]
  for (const worth of worths) {
    if (worth > top) top = worth
    if (top > 0n) fall = Math.max(fall, ratio(top - worth, top))
  }
  return fall
}

const ratio = (one: bigint, two: bigint): number => Number((one * 100_000_000n) / two) / 1e8
