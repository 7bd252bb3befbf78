/**
 * Oracle and staking records as the chain has them: those that were graded and those that were left out with a reason.
 * Those of a block are packed together, since they resemble each other. And what became of the staking records.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'

import { blobOf, hexOf, type Row, type Transaction } from '../../base/index.js'
import { encodeEntry, entryHash } from '../../factom/index.js'
import type { GradedStakingBlock, LeftOut } from '../../oracle/index.js'
import type { BlockOutcome, ChainEntry, LedgerBlock } from '../engine/types.js'
import type { RawEntry } from './contents.js'

/** Of one block and chain; those beyond are not kept. */
const MOST_BYTES = 1024 * 1024
const MOST_STAKED = 500
/** In front of each entry: its place in the block of its chain, when it was revealed, its length. */
const HEAD_BYTES = 10

export const RECORDS = `
CREATE TABLE ledger_records (
  height INTEGER NOT NULL,
  chain TEXT NOT NULL,          -- oracle, staking
  entries BLOB NOT NULL,        -- deflated: place, UNIX seconds, length, bytes, of each
  PRIMARY KEY (height, chain)
);
CREATE TABLE ledger_staked (
  height INTEGER NOT NULL,
  place INTEGER NOT NULL,       -- in the block of the staking chain
  hash BLOB NOT NULL,
  grade INTEGER,                -- the place that it came to; null: it was left out
  payout INTEGER NOT NULL,
  reason TEXT,                  -- why it was left out
  PRIMARY KEY (height, place)
) WITHOUT ROWID;
CREATE INDEX ledger_staked_hash ON ledger_staked (hash);
`

export const RECORD_TABLES = ['records', 'staked', 'miners'] as const

export type RecordChain = 'oracle' | 'staking'

export interface StakedRecord {
  readonly height: number
  readonly hash: string
  /** From 0; null: it was left out. */
  readonly place: number | null
  readonly payout: bigint
  readonly reason: string | null
}

export function writeRecords(
  tx: Transaction,
  { height, oracle, staking }: LedgerBlock,
  outcome: BlockOutcome,
): void {
  for (const [chain, entries, graded] of [
    ['oracle', oracle, outcome.oracle],
    ['staking', staking, outcome.staking],
  ] as const) {
    if (entries === null || graded === null) continue
    const kept = [...graded.graded, ...graded.rejected, ...graded.dropped].map(({ index }) => index)
    const packed = pack(entries, kept)
    if (packed !== null) tx.run('INSERT INTO ledger_records VALUES (?, ?, ?)', height, chain, packed)
  }
  for (const row of outcome.staking ? stakedOf(outcome.staking) : [])
    tx.run('INSERT INTO ledger_staked VALUES (?, ?, ?, ?, ?, ?)', height, ...row)
}

type Staked = readonly [
  index: number,
  hash: Uint8Array,
  place: number | null,
  payout: bigint,
  reason: string | null,
]

function stakedOf({ graded, rejected, dropped, gradable }: GradedStakingBlock): Staked[] {
  const few = gradable ? null : 'the block has too few staking records'
  const left = ({ index, entryHash, reason }: LeftOut): Staked => [
    ...([index, blobOf(entryHash), null, 0n, reason] as const),
  ]
  return [
    ...graded.map(({ index, entryHash, place, payout }): Staked => [
      ...([index, blobOf(entryHash), gradable ? place : null, payout, few] as const),
    ]),
    ...[...rejected, ...dropped].map(left),
  ].slice(0, MOST_STAKED)
}

/** Null: there is nothing to keep. */
function pack(entries: readonly ChainEntry[], kept: readonly number[]): Uint8Array | null {
  const parts: Buffer[] = []
  let size = 0
  for (const index of kept) {
    const entry = entries[index]
    if (entry === undefined) continue
    const raw = encodeEntry(entry)
    size += HEAD_BYTES + raw.length
    if (size > MOST_BYTES) break
    const head = Buffer.alloc(HEAD_BYTES)
    head.writeUInt32BE(index, 0)
    head.writeUInt32BE(entry.seconds, 4)
    head.writeUInt16BE(raw.length, 8)
    parts.push(head, Buffer.from(raw))
  }
  return parts.length === 0 ? null : deflateRawSync(Buffer.concat(parts))
}

function unpack(packed: Uint8Array, height: number): Map<string, RawEntry> {
  const all = inflateRawSync(packed, { maxOutputLength: MOST_BYTES })
  const found = new Map<string, RawEntry>()
  for (let at = 0; at < all.length;) {
    const [place, seconds, length] = [
      all.readUInt32BE(at),
      all.readUInt32BE(at + 4),
      all.readUInt16BE(at + 8),
    ]
    const entry = all.subarray(at + HEAD_BYTES, (at += HEAD_BYTES + length))
    const hash = entryHash(entry)
    found.set(hash, { height, place, hash, seconds, entry })
  }
  return found
}

const stakedIn = (row: Row): StakedRecord => ({
  height: Number(row['height']),
  hash: hexOf(row['hash']),
  place: row['grade'] === null ? null : Number(row['grade']),
  payout: row['payout'] as bigint,
  reason: row['reason'] as string | null,
})

export function createRecordQueries(db: Pick<Transaction, 'all' | 'one'>) {
  return {
    /** Those that came to a place first, by place. */
    stakedAt: (height: number): readonly StakedRecord[] =>
      db
        .all('SELECT * FROM ledger_staked WHERE height = ? ORDER BY grade IS NULL, grade, place', height)
        .map(stakedIn),
    stakedBy(hash: string): StakedRecord | null {
      const row = db.one('SELECT * FROM ledger_staked WHERE hash = ? ORDER BY height LIMIT 1', blobOf(hash))
      return row ? stakedIn(row) : null
    },
    /** What is kept of the records of a block, by hash. */
    recordsAt(height: number, chain: RecordChain): ReadonlyMap<string, RawEntry> {
      const row = db.one('SELECT entries FROM ledger_records WHERE height = ? AND chain = ?', height, chain)
      return row ? unpack(Buffer.from(row['entries'] as ArrayBuffer), height) : new Map()
    },
  }
}
