/** Factom: addresses, entries, commits, blocks. */
export * from './address.js'
export {
  commitSigned,
  commitTxid,
  composeChainCommit,
  composeEntryCommit,
  decodeChainCommit,
  decodeEntryCommit,
} from './commit.js'
export type { ChainCommit, ChainCommitInit, EntryCommit, EntryCommitInit } from './commit.js'
export { verifyEd25519 } from './ed25519.js'
export * from './entry.js'
export * from './entry-block.js'
export { FACTOM_ERRORS } from './errors.js'
export { keyMerkleRoot, merkleRoot } from './merkle.js'
