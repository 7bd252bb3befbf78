/**
 * The difficulty below which a record is not worth publishing: the estimated difficulty of the network's
 * `cutoff`-th best nonce (docs/protocol/records-and-grading.md#difficulty-floor). Plain doubles: the reference's
 * 53-bit big.Float gives the same bits.
 */

import { networkHashrate, SPACE } from '../../oracle/index.js'

/** How deep the estimate looks: grading verifies at most 50 records. */
const SPOT = 50
/** Seconds from minute 1 to minute 9 of a 10-minute block. */
const WINDOW_SECONDS = 480
/** The largest value that the formula can give below 2^64: results are multiples of 2048. */
export const HIGHEST_FLOOR = 0xffff_ffff_ffff_f800n

/**
 * @param difficulties the honest difficulties of the last graded block, descending (at most 50 count)
 * @param cutoff how many best of the network are worth publishing; 0 and below switches the floor off
 * @returns a record is published if its difficulty is above this. Networks too small for the estimate get 0,
 *   a difficulty so near to 2^64 that the estimate divides by zero gets `HIGHEST_FLOOR`.
 */
export function difficultyFloor(difficulties: readonly bigint[], cutoff: number): bigint {
  const spot = Math.min(SPOT, difficulties.length)
  const last = difficulties[spot - 1]
  if (last === undefined || !(cutoff > 0)) return 0n
  const rate = networkHashrate(last, spot, WINDOW_SECONDS)
  // `rate * WINDOW_SECONDS` undoes a division on purpose: both roundings are part of the reference's result.
  const expected = rate * WINDOW_SECONDS
  if (!Number.isFinite(expected)) return HIGHEST_FLOOR
  const floor = (SPACE * (expected - cutoff)) / expected
  if (!(floor > 0)) return 0n
  return floor >= SPACE ? HIGHEST_FLOOR : BigInt(Math.trunc(floor))
}
