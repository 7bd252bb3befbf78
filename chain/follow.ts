/**
 * Follows a Factom network once for all: walks the directory chain, and offers each proven block to consumers in their
 * order, in one transaction for all of them. The blocks that are kept are always a part of the node's own chain; where
 * the node has another chain by now, the blocks that differ are forgotten, and the chain is followed anew from there.
 */
import type { Database } from '../base/index.js'
import { followBlocks, type FactomClient, type FollowedBlock } from '../factom/index.js'
import type { Network } from '../pegnet/index.js'
import { createAccount, type StoredTip } from './account.js'
import type { BlockConsumer } from './consumer.js'
import { fail } from './errors.js'
import { commonHeight, firstHeight } from './fork.js'
import { takeBlock } from './take.js'
import { walksOf } from './walks.js'

export interface FollowerOptions {
  /** From `openChainDatabase`, with the tables of these consumers. */
  readonly db: Database
  readonly client: Pick<FactomClient, 'heights' | 'currentMinute' | 'dblockByHeight' | 'rawData'>
  readonly network: Network
  /** Each name once. A block goes to the first, then to the next. */
  readonly consumers: readonly BlockConsumer[]
  readonly signal?: AbortSignal | undefined
  /** Called before blocks are forgotten because the node's chain is another one; if it throws, they are kept. */
  readonly onFork?: ((fork: Fork) => void) | undefined
  /** Told after each block that was followed. */
  readonly onProgress?: ((progress: FollowProgress) => void) | undefined
}

export interface Fork {
  /** The last block that the node has too. */
  readonly common: number
  /** It has none of them. */
  readonly whole: boolean
}

export interface FollowProgress {
  readonly height: number
  /** The last height that is followed now. */
  readonly to: number
  /** Of this call of `sync` so far. */
  readonly blocks: number
  readonly entries: number
  readonly milliseconds: number
}

export function createFollower(options: FollowerOptions) {
  const { db, client, network, consumers, signal } = options
  const account = createAccount(db)
  /** Whether the last `sync` came to its end, so that nothing is known to be missing. */
  let complete = false
  let turn: Promise<unknown> = Promise.resolve()

  async function follow(toHeight: number): Promise<void> {
    const { directoryBlockHeight: saved } = await client.heights(signal)
    if (consumers.some(({ name }) => account.progress(name).common !== null)) db.transaction(forgetMarked)
    await dropForked(saved)
    const start = account.first() ?? (await firstHeight({ client, network, saved, signal }))
    const readers = consumers.map((consumer) => ({ consumer, ...account.progress(consumer.name) }))
    const last = Math.min(saved, toHeight)
    const walks = walksOf(readers, start, last)
    if (walks.length === 0) return
    const { blockSeconds } = await client.currentMinute(signal)
    const tell = tellProgress(last, options.onProgress)
    for (const { from, to, readers } of walks) {
      const taking = readers.map(({ consumer }) => consumer)
      const chains = [...new Set(taking.flatMap((consumer) => consumer.chains))]
      const known = account.known(from - 1, chains)
      let after: StoredTip | null = known
      for await (const found of followBlocks(client, { chains, after: known, from, to, signal })) {
        signal?.throwIfAborted()
        const block = { ...found, blockSeconds }
        db.transaction(() => takeBlock(block, after, account, taking, db))
        after = block
        tell(block)
      }
    }
  }

  /** Forgets blocks that the node's chain does not have. A node that is only behind takes nothing away. */
  async function dropForked(saved: number): Promise<void> {
    const tip = account.tip()
    const first = account.first()
    if (tip === null || first === null || saved < first) return
    const ours = {
      first,
      last: Math.min(saved, tip.height),
      keyMrAt: (height: number) => account.keyMrAt(height),
    }
    const common = await commonHeight(client, ours, signal)
    if (common === ours.last) return
    rollback(common, () => options.onFork?.({ common, whole: common < first }))
  }

  function rollback(height: number, onDone: () => void = () => undefined): void {
    db.transaction(() => {
      account.forget(height)
      forgetMarked()
      onDone()
    })
  }

  /** The consumers that have blocks of another chain forget them: perhaps a program without them met the fork. */
  function forgetMarked(): void {
    for (const consumer of consumers.toReversed()) {
      const { common } = account.progress(consumer.name)
      if (common === null) continue
      consumer.rollback(common, db)
      account.forgotten(consumer.name)
    }
  }

  async function syncOnce(toHeight: number | undefined): Promise<void> {
    signal?.throwIfAborted()
    complete = false
    await follow(toHeight ?? Infinity)
    const reached = Math.min(...consumers.map(({ name }) => account.progress(name).height ?? -1))
    if (toHeight !== undefined && reached < toHeight && toHeight >= network.activationHeight)
      throw fail('E_HISTORY_BEHIND', `the node has not saved block ${toHeight} yet`)
    complete = true
  }

  return {
    /**
     * Follows the chain up to `toHeight`, or to the last saved block. With `toHeight` it is an error if that block is not
     * saved yet, or what is in it is not at hand (`E_HISTORY_BEHIND`, to be tried again). What was followed before an
     * error is kept. Throws `E_HISTORY_WRITE`, `E_HISTORY_RACE`, the codes of `followBlocks`, and what a consumer throws.
     */
    sync(toHeight?: number): Promise<void> {
      const result = turn.then(() => syncOnce(toHeight))
      turn = result.catch(() => undefined)
      return result
    },
    /**
     * Throws `E_HISTORY_BEHIND` for a height beyond the known blocks while the last `sync` has not succeeded: better no
     * answer than a stale one.
     */
    mustKnowBefore(height: number): void {
      if (!complete && height > (account.tip()?.height ?? -1) + 1)
        throw fail('E_HISTORY_BEHIND', `the blocks before ${height} are not followed yet`)
    },
    /** The last block that was followed; null before the first. */
    tip: () => account.tip(),
    /** The first height that was followed. */
    first: () => account.first(),
    /**
     * A block that was followed, fetched and proven again. `E_HISTORY_BEHIND` if the height is not followed yet, or the
     * node's block is another one by now.
     */
    async block(height: number, chains: readonly string[]): Promise<FollowedBlock> {
      const range = { chains, after: null, from: height, to: height, signal }
      for await (const block of followBlocks(client, range))
        if (block.keyMr === account.keyMrAt(height)) return block
      throw fail('E_HISTORY_BEHIND', `block ${height} of the node is not the one that was followed`)
    },
    /** Forgets the blocks above this height, for all consumers; -1: all. They are followed anew. */
    rollback: (height: number) => rollback(height),
  }
}

function tellProgress(to: number, tell: FollowerOptions['onProgress']): (block: FollowedBlock) => void {
  const started = performance.now()
  const done = { blocks: 0, entries: 0 }
  return ({ height, chains }) => {
    done.blocks++
    for (const { entries } of chains.values()) done.entries += entries.length
    tell?.({ height, to, ...done, milliseconds: performance.now() - started })
  }
}
