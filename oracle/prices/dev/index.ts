/** The embedded exchange: a development world's markets behind the interfaces of real venues. */
export { decimal, type Book, type BookLevel, type Venue } from './books.js'
export { DEV_SEED, startDevExchange } from './server.js'
export type { DevExchange, DevExchangeOptions, Faults, Trouble } from './server.js'
export { parseTrouble, troubleFaults, TROUBLES } from './trouble.js'
export { worth } from './world.js'
