/** What may happen to a trade until it is over, by how prices have moved before. Pure. */
import type { Ticker } from '../../ledger/index.js'

/** Blocks from the purchase to the conversion, and from there to the sale. */
export interface Waits {
  readonly convert: number
  readonly sell: number
}

export interface Risk {
  /** How many stretches of the past it was held against. */
  readonly stretches: number
  /** A part of 1: the value fell by so much or more in one of twenty of them. */
  readonly fall: number
  /** In so many of them, as a part of 1, the trade would have lost. */
  readonly lost: number
}

export type PastRates = ReadonlyMap<number, bigint>
export type Past = (token: Ticker) => PastRates

/** Fewer say nothing. */
const LEAST = 20
const WORST = 0.05

/**
 * The token that is bought moves until it is converted, the other until it is sold. `needed`: which part of what it brings
 * now covers the cost. Null: too little is known.
 */
export function riskOf(bought: PastRates, sold: PastRates, waits: Waits, needed: number): Risk | null {
  const heights = [...bought.keys()].filter((height) => sold.has(height))
  const rate = (rates: PastRates, k: number): number => Number(rates.get(heights[k] ?? NaN) ?? 0n)
  const moves: number[] = []
  for (let k = 0; k + waits.convert + waits.sell < heights.length; k++) {
    const [begin, middle, end] = [k, k + waits.convert, k + waits.convert + waits.sell]
    const move = (rate(bought, middle) / rate(bought, begin)) * (rate(sold, end) / rate(sold, middle))
    if (Number.isFinite(move)) moves.push(move)
  }
  if (moves.length < LEAST) return null
  moves.sort((one, two) => one - two)
  return {
    stretches: moves.length,
    fall: Math.max(0, 1 - (moves[Math.floor(moves.length * WORST)] ?? 1)),
    lost: moves.filter((move) => move < needed).length / moves.length,
  }
}
