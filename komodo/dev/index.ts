/** The embedded pair of Komodo chains: the types of its door. */
export type * from './types.js'
