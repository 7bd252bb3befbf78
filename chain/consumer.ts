/** What a part of the program does to take part in following the chain. */
import type { Migrations, Transaction } from '../base/index.js'
import type { FollowedBlock } from '../factom/index.js'

/** A proven block of the directory chain, with what its consumers asked for. */
export interface ChainBlock extends FollowedBlock {
  /** The network's time from block to block, as the node says now. */
  readonly blockSeconds: number
}

/**
 * Takes what it wants from each block, once and in order, and keeps it in tables of its own. All consumers of a block
 * write in one transaction: after a crash all of them have the block or none. So what a consumer knows of a block it
 * keeps in the database alone, and what its methods throw undoes the block for all.
 */
export interface BlockConsumer {
  /** Stands in the database beside its progress: never changed, unless all blocks are to be taken anew. */
  readonly name: string
  /** Its tables; none if those of an earlier consumer hold what it keeps. */
  readonly migrations: Migrations
  /** Ids of the chains whose entries it wants; with `FACTOID_CHAIN` among them it is given the factoid blocks too. */
  readonly chains: readonly string[]
  /** Consumers before it in the list have taken the block already; it may read their tables, and `blocks`. */
  apply(block: ChainBlock, tx: Transaction): void
  /** Forgets the blocks above this height; -1: all. Consumers behind it in the list have done so already. */
  rollback(height: number, tx: Transaction): void
}
