/** What the graded records of each miner came to, up to each block that has any of his: shares and totals of any range. */
import type { Row, Transaction } from '../../base/index.js'

export type Whose = { readonly identity: string } | { readonly address: string }

/** Of the graded records of one miner, or of all of them. */
export interface MinerSums {
  readonly blocks: number
  readonly records: number
  /** PEG in 1e-8. */
  readonly reward: bigint
}

export interface DatedSums extends MinerSums {
  readonly height: number
}

/** By identity, by address, and all of them under one name. */
const sumsOf = (condition: string): string => `
  SELECT 'identity' AS kind, identity AS miner, height, count(*) AS records, sum(payout) AS reward
  FROM ledger_graded WHERE ${condition} GROUP BY identity, height
  UNION ALL
  SELECT 'address', address, height, count(*), sum(payout)
  FROM ledger_graded WHERE ${condition} GROUP BY address, height
  UNION ALL
  SELECT 'all', '', height, count(*), sum(payout) FROM ledger_graded WHERE ${condition} GROUP BY height`

/** Of blocks that were followed before there was this table they are worked out. */
export const MINER_SUMS = `
CREATE TABLE ledger_miners (
  kind TEXT NOT NULL,           -- identity, address, all
  miner TEXT NOT NULL,
  height INTEGER NOT NULL,
  blocks INTEGER NOT NULL,      -- up to this one
  records INTEGER NOT NULL,
  reward INTEGER NOT NULL,
  PRIMARY KEY (kind, miner, height)
) WITHOUT ROWID;
INSERT INTO ledger_miners
SELECT kind, miner, height, count(*) OVER past, sum(records) OVER past, sum(reward) OVER past
FROM (${sumsOf('TRUE')}) WINDOW past AS (PARTITION BY kind, miner ORDER BY height);
`

const OF_BLOCK = `
INSERT INTO ledger_miners
SELECT s.kind, s.miner, s.height, coalesce(p.blocks, 0) + 1, coalesce(p.records, 0) + s.records,
  coalesce(p.reward, 0) + s.reward
FROM (${sumsOf('height = ?1')}) s LEFT JOIN ledger_miners p ON p.kind = s.kind AND p.miner = s.miner AND p.height = (
  SELECT max(height) FROM ledger_miners WHERE kind = s.kind AND miner = s.miner
)`

/** Call it when the records of the block are written. */
export function writeMinerSums(tx: Transaction, height: number): void {
  tx.run(OF_BLOCK, height)
}

const keyOf = (whose: Whose | null): readonly [kind: string, miner: string] =>
  whose === null
    ? ['all', '']
    : 'address' in whose
      ? ['address', whose.address]
      : ['identity', whose.identity]

const sumsIn = (row: Row | undefined): MinerSums => ({
  blocks: Number(row?.['blocks'] ?? 0),
  records: Number(row?.['records'] ?? 0),
  reward: (row?.['reward'] as bigint | null | undefined) ?? 0n,
})

const OVER = `
SELECT h.value AS height, blocks, records, reward FROM json_each(?) h
LEFT JOIN ledger_miners m ON kind = ? AND miner = ? AND m.height = (
  SELECT max(height) FROM ledger_miners WHERE kind = ? AND miner = ? AND height <= h.value
) ORDER BY h.value`

export function createMinerSums(db: Pick<Transaction, 'all' | 'one'>) {
  const sumsOver = (whose: Whose | null, heights: readonly number[]): DatedSums[] => {
    const key = keyOf(whose)
    return db
      .all(OVER, JSON.stringify(heights), ...key, ...key)
      .map((row) => ({ height: Number(row['height']), ...sumsIn(row) }))
  }
  return {
    /** The same of each of these heights. */
    sumsOver,
    /** First and last block with any of a miner's; 0 if there is none. */
    extentOf(whose: Whose): { readonly first: number; readonly last: number } {
      const [kind, miner] = keyOf(whose)
      const row = db.one(
        'SELECT min(height) AS first, max(height) AS last FROM ledger_miners WHERE kind = ? AND miner = ?',
        ...[kind, miner],
      )
      return { first: Number(row?.['first'] ?? 0), last: Number(row?.['last'] ?? 0) }
    },
    /** Up to this height; null: of all miners. */
    sumsBy: (whose: Whose | null, height: number): MinerSums => sumsOver(whose, [height])[0] as DatedSums,
  }
}
