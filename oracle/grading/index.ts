/** Grading of price records: blocks to places, payouts and the next winners. */
export { distancesOf } from './average.js'
export type { Distance } from './average.js'
export { parseBlockFile, readBlockFiles } from './block-file.js'
export type { BlockFile } from './block-file.js'
export { GRADING_ERRORS } from './errors.js'
export { gradeBlock, noWinners } from './grade.js'
export type {
  Difficulty,
  DifficultyOrClaim,
  GradedBlock,
  GradedRecord,
  GradingInput,
  LeftOut,
} from './grade.js'
export { GRADED_RECORDS, GRADING_RULES, PAID_PLACES, STAKING_RULES } from './rules.js'
export type { GradingRules } from './rules.js'
export { gradeStakingBlock } from './staking.js'
export { checkStakingEntry } from './validate-staking.js'
export type { GradedStakingBlock, GradedStakingRecord, StakingInput } from './staking.js'
export { checkEntry } from './validate.js'
export type { CheckedEntry, Expected, OprEntry } from './validate.js'
