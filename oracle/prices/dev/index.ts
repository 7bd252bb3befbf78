/** The embedded exchange: a development world's markets behind the interfaces of real venues. */
export type { Book, Venue } from './books.js'
export { startDevExchange } from './server.js'
export type { DevExchange, Faults, Trouble } from './server.js'
export { parseTrouble, troubleFaults, TROUBLES } from './trouble.js'
export { worth } from './world.js'
