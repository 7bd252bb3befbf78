/** How the market of a token stands to its peg, and which case of the white paper ("Game Theory Scenarios") that is. Pure. */
import type { Ticker } from '../../ledger/index.js'
import type { Market, Step } from './market.js'

/**
 * A, B: one token is below its peg while pUSD is at its own, with little or much for sale. C, D: all are below, with
 * little or much. E: all are above, and much is asked for.
 */
export type Scenario = 'A' | 'B' | 'C' | 'D' | 'E'

export interface Standing {
  readonly token: Ticker
  /** Of the last block, 1e-8 USD. */
  readonly rate: bigint
  /** The best of all exchanges, 1e-8 USD; null: nothing is bid or asked. */
  readonly bid: bigint | null
  readonly ask: bigint | null
  /** A part of 1: what it can be bought below the peg for (below 0), or sold above it; 0: the peg is between bid and ask. */
  readonly premium: number
  /** 1e-16 USD: what is for sale below the peg or asked for above it; at the peg, what is on both sides near it. */
  readonly depth: bigint
}

export interface PegLimits {
  /** A part of 1: a token that is off by less is at its peg. */
  readonly atPeg: number
  /** USD from which on a depth is much. */
  readonly deep: number
}

/** Null: nothing is bid or asked for. */
export function standingOf(
  token: Ticker,
  rate: bigint,
  markets: readonly Pick<Market, 'bids' | 'asks'>[],
  { atPeg }: Pick<PegLimits, 'atPeg'>,
): Standing | null {
  const [asks, bids] = [markets.flatMap((market) => market.asks), markets.flatMap((market) => market.bids)]
  const ask = best(asks, (one, two) => one < two)
  const bid = best(bids, (one, two) => one > two)
  if (rate === 0n || (ask === null && bid === null)) return null
  const of = (steps: readonly Step[], isWithin: (price: bigint) => boolean): bigint =>
    steps.reduce((sum, { price, amount }) => (isWithin(price) ? sum + price * amount : sum), 0n)
  const off = (price: bigint): number => Number(price - rate) / Number(rate)
  const common = { token, rate, bid, ask }
  if (ask !== null && ask < rate)
    return { ...common, premium: off(ask), depth: of(asks, (price) => price < rate) }
  if (bid !== null && bid > rate)
    return { ...common, premium: off(bid), depth: of(bids, (price) => price > rate) }
  const isNear = (price: bigint): boolean => Math.abs(off(price)) <= atPeg
  return { ...common, premium: 0, depth: of(asks, isNear) + of(bids, isNear) }
}

const best = (steps: readonly Step[], isBetter: (one: bigint, two: bigint) => boolean): bigint | null =>
  steps.reduce<bigint | null>(
    (found, { price }) => (found === null || isBetter(price, found) ? price : found),
    null,
  )

/** PEG has no case: its price is the market's. A token without one is at its peg, or stands as the paper does not tell. */
export function scenariosOf(
  all: readonly Pick<Standing, 'token' | 'premium' | 'depth'>[],
  { atPeg, deep }: PegLimits,
): ReadonlyMap<Ticker, Scenario> {
  const pegged = all.filter(({ token }) => token !== 'PEG')
  const isBelow = ({ premium }: Pick<Standing, 'premium'>): boolean => premium < -atPeg
  const isAbove = ({ premium }: Pick<Standing, 'premium'>): boolean => premium > atPeg
  const several = pegged.length > 1
  const [allBelow, allAbove] = [several && pegged.every(isBelow), several && pegged.every(isAbove)]
  const dollar = pegged.find(({ token }) => token === 'pUSD')
  const dollarAtPeg = dollar !== undefined && !isBelow(dollar) && !isAbove(dollar)
  const caseOf = (standing: Pick<Standing, 'premium' | 'depth'>): Scenario | null => {
    const isDeep = Number(standing.depth) / 1e16 >= deep
    if (allBelow) return isDeep ? 'D' : 'C'
    if (allAbove) return isDeep ? 'E' : null
    if (!isBelow(standing) || !dollarAtPeg) return null
    return isDeep ? 'B' : 'A'
  }
  return new Map(
    pegged.flatMap((standing) => {
      const found = caseOf(standing)
      return found === null ? [] : [[standing.token, found] as const]
    }),
  )
}
