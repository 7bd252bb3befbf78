/** The arithmetic of conversions: whole numbers, rounded down (docs/protocol/ledger.md#conversions). */

/** No amount is above this. */
export const MOST = (1n << 63n) - 1n

/** Price and average of a token; 0 where there is none. */
export interface Price {
  readonly rate: bigint
  readonly average: bigint
}

/** What is multiplied by and divided by. */
export interface Ratio {
  readonly from: bigint
  readonly to: bigint
}

/** Null if a price is missing. `averaged`: the worse of rate and average counts on each side. */
export function ratioOf(from: Price, to: Price, averaged: boolean): Ratio | null {
  if (from.rate === 0n || to.rate === 0n) return null
  if (!averaged) return { from: from.rate, to: to.rate }
  if (from.average === 0n || to.average === 0n) return null
  return {
    from: from.rate < from.average ? from.rate : from.average,
    to: to.rate > to.average ? to.rate : to.average,
  }
}

/** What `amount` of one token is in another, rounded down; null if a price is missing or the result is too large. */
export function convert(amount: bigint, from: Price, to: Price, averaged: boolean): bigint | null {
  const ratio = ratioOf(from, to, averaged)
  if (amount < 0n || ratio === null) return null
  const result = (amount * ratio.from) / ratio.to
  return result > MOST ? null : result
}

/**
 * What is given back of an input of which the bank has paid only a part: the part of the result that is missing, turned
 * back. What rounding takes on either way is lost.
 */
export function refundOf(input: bigint, paid: bigint, from: bigint, to: bigint): bigint {
  const plain = (rate: bigint): Price => ({ rate, average: rate })
  const whole = convert(input, plain(from), plain(to), false) ?? 0n
  return convert(whole - paid, plain(to), plain(from), false) ?? 0n
}
