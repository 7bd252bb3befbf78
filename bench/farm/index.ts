/** How many machines a coordinator and its NATS server carry, measured with machines that hash nothing. */
export { loadLines } from './report.js'
export { runFarmLoad } from './load.js'
export type { FarmLoad, FarmLoadOptions, Phase } from './load.js'
