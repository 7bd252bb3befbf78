/** The miner: worker threads, schedule, publishing, events. */
export { MINER_ERRORS } from './errors.js'
export * from './events.js'
export { minerSlots } from './interface.js'
export type { Miner, MinerModules, MinerOptions, MinerView, Stopped } from './interface.js'
export { defaultRecordsPerBlock, defaultSubmissionCutoff } from './options.js'
export { createMiner } from './session.js'
export type { MinerTuning } from './assemble.js'
