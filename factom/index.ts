/** Factom: addresses, entries, commits, blocks; the client of a node; its minute clock; publishing and following. */
export * from './address.js'
export { allot, type Bounds } from './allotment.js'
export { hashBytes, sha256d, sha512, toHex } from './bytes.js'
export { createFactomClient } from './client.js'
export type {
  CurrentMinute,
  FactomClient,
  FactomClientOptions,
  FactomNodes,
  Heights,
  NodeClient,
} from './client.js'
export { ensureChain, firstEntryOf } from './chains.js'
export { createMinuteClock, type MinuteEvent } from './clock.js'
export {
  commitSigned,
  commitTxid,
  composeChainCommit,
  composeEntryCommit,
  decodeChainCommit,
  decodeEntryCommit,
} from './commit.js'
export type { ChainCommit } from './commit.js'
export * from './directory-block.js'
export { verifyEd25519 } from './ed25519.js'
export * from './entry.js'
export * from './entry-block.js'
export { FACTOM_ERRORS } from './errors.js'
export { decodeFactoidBlock, encodeFactoidBlock } from './factoid-block.js'
export { composeTransaction, type FactoidTransaction } from './factoid-transaction.js'
export { followBlocks } from './follower.js'
export type {
  ChainTip,
  FollowClient,
  FollowedBlock,
  FollowedEntryBlock,
  FollowOptions,
  KnownBlock,
} from './follower.js'
export { createHealthNews, NODE_STATES, type HealthNews, type NodeHealth, type NodeState } from './health.js'
export { merkleRoot } from './merkle.js'
export { lockPending, openPending, type PendingMessages } from './pending.js'
export { begunPurchase, buyCredits, composePurchase, fctText, takenUp, type Begun } from './purchase.js'
export type { JournalMirror } from './journal.js'
export { createPublisher, type Publisher, type PublisherOptions, type PublishOptions } from './publisher.js'
export type { PublishResult } from './outcome.js'
export type { PlaceOf } from './settlement.js'
export type { EntryStatus } from './record.js'
export { BLOCK_NOT_FOUND, nodeUrl, rpcCodeOf, type RpcCall } from './rpc.js'
export type { Timing } from './timing.js'
export { walletKey } from './wallet.js'
export { treeOfWords } from './words.js'
