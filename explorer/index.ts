/** The explorer: pages and read-only data of what the ledger has proven from the chain. */
export { createExplorer } from './site.js'
