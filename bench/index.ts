/** Measuring the hashrate. */
export { runBench } from './run.js'
export type { BenchCell, BenchOptions, BenchResult } from './run.js'
export { formatBenchTable } from './table.js'
