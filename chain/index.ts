/** Following a Factom network once for all: proven blocks for ordered consumers, in one transaction a block. */
export type { BlockConsumer } from './consumer.js'
export { openChainDatabase } from './database.js'
export { CHAIN_ERRORS, databaseFailure } from './errors.js'
export { chainEnd, startChain } from './end.js'
export { createFollower, type FollowerOptions, type FollowProgress, type Fork } from './follow.js'
export { keepUp } from './keep-up.js'
