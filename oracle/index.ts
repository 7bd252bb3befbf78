/** What is true: records, their grading, and the prices that go into them. */
export * from './records/index.js'
export * from './grading/index.js'
export * from './history/index.js'
export * from './prices/index.js'
