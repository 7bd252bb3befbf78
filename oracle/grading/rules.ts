/** What differs between the versions of grading: one row each (docs/protocol/records-and-grading.md#payouts). */
import { NEWEST_OPR, type OprVersion } from '../../pegnet/index.js'
import { mean, trimmedMean } from './average.js'
import type { RankRules } from './rank.js'

export interface GradingRules extends RankRules {
  /** How many places are paid, and how many short hashes the next record names. */
  readonly winners: 10 | 25
  /** PEG in 1e-8 by place, the first place first. */
  readonly payouts: readonly bigint[]
  /** Lengths that a list of previous winners may have. */
  readonly previous: readonly (10 | 25)[]
}

/** The best 50 honest proofs of work are graded; of staking records the first 50. */
export const GRADED_RECORDS = 50

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

/** Places of a block that are paid, by the newest rules. */
export const PAID_PLACES = GRADING_RULES[NEWEST_OPR].winners

/** All versions of staking records: no previous winners, and no proof of work, hence no order before the first pass. */
export const STAKING_RULES: Omit<GradingRules, 'previous'> = {
  winners: 25,
  lastPass: 1,
  average: trimmedMean,
  band: 0.01,
  payouts: same(25, 180n),
}
