/** The explorer: pages and read-only data of what the ledger has proven from the chain. */
export { createReader } from './answers/answers.js'
export type { Pulse } from './answers/parts.js'
export { CHARTS, seriesOf, type Series } from './answers/series.js'
export { wishesOf } from './dev/wishes.js'
export { blockNews } from './news.js'
export { createExplorer } from './site.js'
