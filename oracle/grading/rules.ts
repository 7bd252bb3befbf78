/** What differs between the five versions of grading: one row each (PegNet grader V1 to V5). */
import type { OprVersion } from '../../config/index.js'
import { mean, trimmedMean } from './average.js'
import type { Average } from './average.js'

export interface GradingRules {
  /** How many places are paid, and how many short hashes the next record names. */
  readonly winners: 10 | 25
  /** The passes run from all records that are graded down to this many. */
  readonly lastPass: 10 | 1
  readonly average: Average
  /** Relative distance from the average that counts as none, while 25 records or more are compared. */
  readonly band: number
  /** PEG in 1e-8 by place, the first place first. */
  readonly payouts: readonly bigint[]
  /** Lengths that a list of previous winners may have. */
  readonly previous: readonly (10 | 25)[]
}

/** The best 50 honest proofs of work are graded. */
export const GRADED_RECORDS = 50
/** A pass over this many records or more uses the band. */
export const BAND_RECORDS = 25

const PEG = 100_000_000n
const same = (places: number, peg: bigint): bigint[] => new Array<bigint>(places).fill(peg * PEG)

const V1: GradingRules = {
  winners: 10,
  lastPass: 10,
  average: mean,
  band: 0,
  payouts: [800n * PEG, 600n * PEG, ...same(8, 450n)],
  previous: [10],
}
/** The first block of version 2 still names the 10 winners of the last block of version 1. */
const V2: GradingRules = {
  winners: 25,
  lastPass: 1,
  average: mean,
  band: 0.01,
  payouts: same(25, 200n),
  previous: [10, 25],
}
const V3: GradingRules = { ...V2, previous: [25] }
const V5: GradingRules = { ...V3, average: trimmedMean, payouts: same(25, 360n) }

export const GRADING_RULES: Readonly<Record<OprVersion, GradingRules>> = { 1: V1, 2: V2, 3: V3, 4: V3, 5: V5 }
