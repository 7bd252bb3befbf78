/** Grading of price records: blocks to places, payouts and the next winners. */
export { GRADING_ERRORS } from './errors.js'
export { gradeBlock, noWinners } from './grade.js'
export type { Difficulty, GradedBlock, GradedRecord, GradingInput } from './grade.js'
export { GRADING_RULES } from './rules.js'
export type { GradingRules } from './rules.js'
export { checkEntry } from './validate.js'
export type { CheckedEntry, Expected, OprEntry } from './validate.js'
