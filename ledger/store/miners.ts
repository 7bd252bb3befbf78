/** The graded oracle records that were paid or not, and whose they were. */
import { blobOf, hexOf, type Row, type Transaction } from '../../base/index.js'
import type { RankedRecord } from '../../oracle/index.js'
import { createMinerSums, type Whose } from './miner-sums.js'

export interface GradedRecord extends Omit<RankedRecord, 'grade'> {
  /** Hex. */
  readonly nonce: string
}

export interface MinerShare {
  readonly address: string
  /** As the records name them, with commas between. */
  readonly identities: string
  /** Records that were paid. */
  readonly wins: number
  readonly graded: number
}

export function createMinerQueries(db: Pick<Transaction, 'all' | 'one'>) {
  return {
    ...createMinerSums(db),
    /** By place; empty if the block had no winners. */
    gradedAt: (height: number): readonly GradedRecord[] =>
      db.all('SELECT * FROM ledger_graded WHERE height = ? ORDER BY place', height).map(recordOf),
    /** The graded record that an entry is, with the height of its block. */
    recordBy(entryHash: string): (GradedRecord & { readonly height: number }) | null {
      const row = db.one('SELECT * FROM ledger_graded WHERE entry_hash = ? LIMIT 1', blobOf(entryHash))
      return row ? { ...recordOf(row), height: Number(row['height']) } : null
    },
    /** The best record of a miner in the last block with any of his up to each of these heights, without repeats. */
    placesOver(
      whose: Whose,
      heights: readonly number[],
    ): readonly { readonly height: number; readonly place: number }[] {
      const [column, value] = columnOf(whose)
      return db
        .all(
          `SELECT height, min(place) AS place FROM ledger_graded WHERE ${column} = ?1 AND height IN (
             SELECT (SELECT max(height) FROM ledger_graded WHERE ${column} = ?1 AND height <= h.value) FROM json_each(?2) h
           ) GROUP BY height ORDER BY height`,
          ...[value, JSON.stringify(heights)],
        )
        .map((row) => ({ height: Number(row['height']), place: Number(row['place']) }))
    },
    /** Of one miner in blocks below a height, the newest first. */
    recordsOf(
      whose: Whose,
      { below, most }: { readonly below: number; readonly most: number },
    ): readonly (GradedRecord & { readonly height: number })[] {
      const [column, value] = columnOf(whose)
      return db
        .all(
          `SELECT * FROM ledger_graded WHERE ${column} = ? AND height < ? ORDER BY height DESC, place LIMIT ?`,
          ...[value, below, most],
        )
        .map((row) => ({ ...recordOf(row), height: Number(row['height']) }))
    },
    /** First and last height with graded records; 0 if there is none. */
    gradedHeights(): { readonly first: number; readonly last: number } {
      const row = db.one('SELECT min(height) AS first, max(height) AS last FROM ledger_graded')
      return { first: Number(row?.['first'] ?? 0), last: Number(row?.['last'] ?? 0) }
    },
    /** By address. Both heights inclusive. */
    minerShares: (first: number, last: number): readonly MinerShare[] =>
      db
        .all(
          `SELECT address, count(nullif(payout, 0)) AS wins, count(*) AS graded,
             group_concat(DISTINCT identity) AS identities
           FROM ledger_graded WHERE height BETWEEN ? AND ? GROUP BY address`,
          ...[first, last],
        )
        .map((row) => ({
          address: row['address'] as string,
          identities: row['identities'] as string,
          wins: Number(row['wins']),
          graded: Number(row['graded']),
        })),
  }
}

const columnOf = (whose: Whose): readonly [column: string, value: string] =>
  'address' in whose ? ['address', whose.address] : ['identity', whose.identity]

const recordOf = (row: Row): GradedRecord => ({
  entryHash: hexOf(row['entry_hash']),
  payout: row['payout'] as bigint,
  nonce: hexOf(row['nonce']),
  difficulty: BigInt(`0x${hexOf(row['difficulty'])}`),
  place: Number(row['place']),
  identity: row['identity'] as string,
  address: row['address'] as string,
})
