/**
 * What is true: records, their grading, and the history of graded blocks. Prices and the oraclefeed have doors of their
 * own.
 */
export * from './records/index.js'
export * from './grading/index.js'
export * from './history/index.js'
