/** Following a Factom network once for all: proven blocks for ordered consumers, in one transaction a block. */
export type { StoredTip } from './account.js'
export type { BlockConsumer, ChainBlock } from './consumer.js'
export { openChainDatabase } from './database.js'
export type { ChainDatabaseOptions } from './database.js'
export { CHAIN_ERRORS, databaseFailure } from './errors.js'
export { createFollower } from './follow.js'
export type { ChainFollower, FollowerOptions, FollowProgress, Fork } from './follow.js'
export { keepUp } from './keep-up.js'
