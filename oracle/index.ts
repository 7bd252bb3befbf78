/** What is true: records, their grading, and the prices that go into them; and the oraclefeed. */
export * from './records/index.js'
export * from './grading/index.js'
export * from './history/index.js'
export * from './prices/index.js'
export * from './feed/index.js'
