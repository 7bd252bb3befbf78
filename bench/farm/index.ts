/** How many machines a coordinator and its NATS server carry, measured with machines that hash nothing. */
export { loadLines } from './report.js'
export { runFarmLoad, type FarmLoad, type FarmLoadOptions, type Phase } from './load.js'
