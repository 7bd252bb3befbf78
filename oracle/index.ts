/** What is true: records, their grading, and the prices that go into them. The oraclefeed has a door of its own. */
export * from './records/index.js'
export * from './grading/index.js'
export * from './history/index.js'
export * from './prices/index.js'
