/**
 * How fast the whole network hashes, estimated from the difficulties of a graded block
 * (docs/protocol/records-and-grading.md#difficulty-floor).
 */

/** How deep the estimate looks: grading verifies at most 50 records. */
const SPOT = 50
/** 2^64, what MaxUint64 becomes as a double. */
export const SPACE = 2 ** 64
/** Minute 1 to minute 9: the part of a block in which miners hash. */
const MINING_PART = 0.8

/** Hashes per second of the whole network, if `difficulty` was its `spot`-th best in `windowSeconds`. */
export function networkHashrate(difficulty: bigint, spot: number, windowSeconds: number): number {
  return (spot * SPACE) / (SPACE - Number(difficulty)) / windowSeconds
}

/**
 * @param difficulties the honest difficulties of a graded block, descending (at most 50 count)
 * @returns null if there are none, or the last is too near to 2^64 for an estimate
 */
export function hashPowerOf(difficulties: readonly bigint[], blockSeconds: number): number | null {
  const spot = Math.min(SPOT, difficulties.length)
  const last = difficulties[spot - 1]
  if (last === undefined) return null
  const rate = networkHashrate(last, spot, MINING_PART * blockSeconds)
  return Number.isFinite(rate) ? rate : null
}

export interface Expectation {
  /** Place by difficulty that the best record of a block comes to on average; 1 is the best. */
  readonly place: number
  /** Until one record is among those that are graded, on average. */
  readonly seconds: number
}

/** What a hashrate can expect beside that of the whole network: each hash has the same chance, so our share decides. */
export function expectationOf({
  own,
  network,
  blockSeconds,
}: {
  readonly own: number | null
  readonly network: number | null
  readonly blockSeconds: number
}): Expectation | null {
  if (own === null || network === null || own <= 0 || network <= 0) return null
  const place = Math.max(1, network / own)
  return { place, seconds: (blockSeconds * place) / SPOT }
}
