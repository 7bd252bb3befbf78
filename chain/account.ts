/**
 * The account of what was followed: the blocks, those of single chains, and how far each consumer has come. Other
 * processes may write to the same file, with other consumers.
 */
import { blobOf, hexOf, numberOrNull, type Row, type Transaction } from '../base/index.js'
import { FACTOID_CHAIN, type ChainTip, type KnownBlock } from '../factom/index.js'
import type { ChainBlock } from './consumer.js'

export interface StoredTip {
  readonly height: number
  readonly keyMr: string
}

/** How far a consumer has come. */
export interface Progress {
  /** The last block that it has taken; null: none yet. */
  readonly height: number | null
  /** Above this height it has blocks that are no longer on the chain; null: it has none. */
  readonly common: number | null
}

export type Account = ReturnType<typeof createAccount>

export function createAccount(db: Transaction) {
  const tipOf = (row: Row | undefined): ChainTip | null =>
    row ? { keyMr: hexOf(row['key_mr']), sequence: Number(row['sequence']) } : null
  const keyMrAt = (height: number): string | null => {
    const row = db.one('SELECT key_mr FROM blocks WHERE height = ?', height)
    return row ? hexOf(row['key_mr']) : null
  }
  const progress = (consumer: string): Progress => {
    const row = db.one('SELECT height, common FROM progress WHERE consumer = ?', consumer)
    return { height: numberOrNull(row?.['height']), common: numberOrNull(row?.['common']) }
  }
  const addChainBlock = (height: number, chainId: string, { keyMr, sequence }: ChainTip): void =>
    db.run(
      'INSERT OR REPLACE INTO chain_blocks VALUES (?, ?, ?, ?)',
      ...[blobOf(chainId), height, blobOf(keyMr), sequence],
    )

  return {
    /** The last directory block; null before the first. */
    tip(): StoredTip | null {
      const row = db.one('SELECT height, key_mr FROM blocks ORDER BY height DESC LIMIT 1')
      return row ? { height: Number(row['height']), keyMr: hexOf(row['key_mr']) } : null
    },
    /** Height of the first directory block. */
    first: () => numberOrNull(db.one('SELECT min(height) AS height FROM blocks')?.['height']),
    /** Key MR of a directory block, null if it is not known. */
    keyMrAt,
    /** Where following goes on behind this height; null if the block is not known. */
    known(height: number, chains: readonly string[]): KnownBlock | null {
      const keyMr = keyMrAt(height)
      if (keyMr === null) return null
      const tips = new Map<string, ChainTip>()
      for (const chainId of chains) {
        const tip = tipOf(
          db.one(
            `SELECT key_mr, sequence FROM chain_blocks WHERE chain = ? AND height <= ?
             ORDER BY height DESC LIMIT 1`,
            ...[blobOf(chainId), height],
          ),
        )
        if (tip) tips.set(chainId, tip)
      }
      return { height, keyMr, tips }
    },
    add({ height, keyMr, timestamp, chains, factoids }: ChainBlock): void {
      db.run('INSERT OR IGNORE INTO blocks VALUES (?, ?, ?)', height, blobOf(keyMr), timestamp)
      for (const [chainId, block] of chains) addChainBlock(height, chainId, block)
      if (factoids) addChainBlock(height, FACTOID_CHAIN, { keyMr: factoids.keyMr, sequence: height })
    },
    progress,
    advance: (consumer: string, height: number) =>
      db.run('INSERT OR REPLACE INTO progress VALUES (?, ?, NULL)', consumer, height),
    /** Forgets the blocks above this height, and notes for each consumer that had taken one that it must too. */
    forget(height: number): void {
      db.run('DELETE FROM blocks WHERE height > ?', height)
      db.run('DELETE FROM chain_blocks WHERE height > ?', height)
      db.run('UPDATE progress SET common = min(coalesce(common, ?1), ?1) WHERE height > ?1', height)
    },
    /** The consumer has forgotten what was noted. */
    forgotten(consumer: string): void {
      const { common } = progress(consumer)
      if (common === null) return
      // Below the first block it has none.
      if (keyMrAt(common) === null) db.run('DELETE FROM progress WHERE consumer = ?', consumer)
      else db.run('UPDATE progress SET height = common, common = NULL WHERE consumer = ?', consumer)
    },
  }
}
