/** The embedded exchange: a development world's markets behind the interfaces of real venues. */
export type { Book, Venue } from './books.js'
export { startDevExchange } from './server.js'
export type { DevExchange, DevExchangeOptions, Faults, Trouble } from './server.js'
