/**
 * What blocks hold, kept for those who look: how their oracle records were graded asset by asset, which entries took no
 * part, and the entries of the transaction chain as they are, refused ones among them.
 */
import { blobOf, hexOf, wordBlob, type Row, type Transaction } from '../../base/index.js'
import { encodeEntry } from '../../factom/index.js'
import { ASSETS, hashPowerOf, type GradedBlock, type LeftOut, type Ungraded } from '../../oracle/index.js'
import type { OprVersion } from '../../pegnet/index.js'
import type { BlockOutcome, LedgerBlock } from '../engine/types.js'
import { tickerOf, type Ticker } from '../tickers.js'

/** Distances are kept as parts of 100,000, as far as 16 bits go: 32.767 %. */
const PARTS = 100_000
const MOST_PARTS = 32_767
/** Of one block; further ones are counted only. */
const [MOST_LEFT_OUT, MOST_UNGRADED] = [500, 1_000]
/** That are read for one answer: to check a signature takes a tenth of a millisecond. */
const MOST_STRANGERS = 200

export const CONTENTS = `
-- Each block that was taken.
CREATE TABLE ledger_blocks (
  height INTEGER PRIMARY KEY,
  seconds INTEGER NOT NULL,     -- when it began
  version INTEGER,              -- of its oracle records; null: it has no winners
  entries INTEGER NOT NULL,     -- of the chain of oracle records
  valid INTEGER NOT NULL,
  staked INTEGER NOT NULL,      -- staking records
  hashes REAL,                  -- hash power, if the block took a second
  grades BLOB,                  -- by place: doubles
  distances BLOB,               -- from the averages of the last pass, by place, then by asset: 16 bits, 1e-5
  lows BLOB,                    -- least and most of what graded records say, by asset: 64 bits
  highs BLOB
);
CREATE TABLE ledger_left_out (
  height INTEGER NOT NULL,
  place INTEGER NOT NULL,       -- in the block of the oracle chain
  hash BLOB NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (height, place)
) WITHOUT ROWID;
CREATE INDEX ledger_left_out_hash ON ledger_left_out (hash);
-- Of the transaction chain, whether they are batches or not.
CREATE TABLE ledger_entries (
  height INTEGER NOT NULL,
  place INTEGER NOT NULL,
  hash BLOB NOT NULL,
  seconds INTEGER NOT NULL,
  entry BLOB NOT NULL,          -- as the chain has it
  PRIMARY KEY (height, place)
) WITHOUT ROWID;
CREATE INDEX ledger_entries_hash ON ledger_entries (hash);
CREATE INDEX ledger_graded_hash ON ledger_graded (entry_hash);
CREATE INDEX ledger_rates_ticker ON ledger_rates (ticker, height);
`

/** Of blocks that were followed before there was this table they are counted only. */
export const UNGRADED = `
-- Valid oracle records without a grade: behind the best 50, or of a block with too few of them.
CREATE TABLE ledger_ungraded (
  height INTEGER NOT NULL,
  place INTEGER NOT NULL,       -- by what they claim, from 0
  hash BLOB NOT NULL,
  claim BLOB NOT NULL,          -- big-endian
  PRIMARY KEY (height, place)
) WITHOUT ROWID;
CREATE INDEX ledger_ungraded_hash ON ledger_ungraded (hash);
`

export const CONTENT_TABLES = ['blocks', 'left_out', 'entries', 'ungraded'] as const

export interface BlockContents {
  readonly height: number
  /** UNIX seconds. */
  readonly seconds: number
  /** Null: no record was graded for good. */
  readonly version: OprVersion | null
  readonly entries: number
  readonly valid: number
  readonly staked: number
  /** Of the whole network, hashes a second, if its blocks took a second each. */
  readonly hashes: number | null
}

export interface Grades {
  readonly tickers: readonly Ticker[]
  /** By place; null: not a number. */
  readonly grades: readonly (number | null)[]
  /** By place, then by token: the relative distance from the average, to 1e-5. */
  readonly distances: readonly (readonly number[])[]
}

/** Of one record from the averages, by token. */
export interface Distances {
  readonly height: number
  readonly place: number
  readonly tickers: readonly Ticker[]
  readonly distances: readonly number[]
}

export interface Spread {
  readonly height: number
  /** Least and most that graded records said. */
  readonly low: bigint
  readonly high: bigint
}

export interface LeftOutEntry {
  readonly height: number
  readonly hash: string
  readonly reason: string
}

export interface UngradedRecord {
  readonly height: number
  /** By what it claims, from 0. */
  readonly place: number
  readonly hash: string
  readonly claim: bigint
}

export interface RawEntry {
  readonly height: number
  readonly place: number
  readonly hash: string
  /** When it was revealed, UNIX seconds. */
  readonly seconds: number
  /** As the chain has it. */
  readonly entry: Uint8Array
}

export function writeContents(tx: Transaction, block: LedgerBlock, outcome: BlockOutcome): void {
  const { height, seconds, transactions } = block
  const { oracle, staking } = outcome
  const graded = oracle?.gradable ? gradesOf(oracle) : null
  tx.run(
    'INSERT INTO ledger_blocks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...[height, seconds, graded && (oracle?.version ?? null), oracle?.entries ?? 0, oracle?.records ?? 0],
    ...[staking?.entries ?? 0, oracle && hashPowerOf(oracle.byDifficulty, 1)],
    ...[graded?.grades ?? null, graded?.distances ?? null, graded?.lows ?? null, graded?.highs ?? null],
  )
  for (const { index, entryHash, reason } of oracle ? leftOutOf(oracle) : [])
    tx.run('INSERT INTO ledger_left_out VALUES (?, ?, ?, ?)', height, index, blobOf(entryHash), reason)
  for (const [k, { entryHash, claim }] of (oracle ? ungradedOf(oracle) : []).entries()) {
    const place = graded ? (oracle?.graded.length ?? 0) + k : k
    tx.run(
      'INSERT INTO ledger_ungraded VALUES (?, ?, ?, ?)',
      height,
      place,
      blobOf(entryHash),
      wordBlob(claim),
    )
  }
  for (const [place, entry] of transactions.entries())
    tx.run(
      'INSERT INTO ledger_entries VALUES (?, ?, ?, ?, ?)',
      ...[height, place, blobOf(entry.hash), entry.seconds, encodeEntry(entry)],
    )
}

const leftOutOf = ({ rejected, dropped }: GradedBlock): LeftOut[] =>
  [...rejected, ...dropped].sort((a, b) => a.index - b.index).slice(0, MOST_LEFT_OUT)

const ungradedOf = ({ gradable, graded, ungraded }: GradedBlock): Pick<Ungraded, 'entryHash' | 'claim'>[] => [
  ...(gradable ? [] : graded.map(({ entryHash, difficulty }) => ({ entryHash, claim: difficulty }))),
  ...ungraded.slice(0, MOST_UNGRADED),
]

function gradesOf({ version, graded }: GradedBlock) {
  const count = ASSETS[version].length
  const [grades, distances] = [Buffer.alloc(8 * graded.length), Buffer.alloc(2 * graded.length * count)]
  const [lows, highs] = [Buffer.alloc(8 * count), Buffer.alloc(8 * count)]
  for (const [place, { grade, values, averages }] of graded.entries()) {
    grades.writeDoubleBE(grade, 8 * place)
    for (let k = 0; k < count; k++)
      distances.writeInt16BE(partsOf(values[k] ?? 0, averages[k] ?? 0), 2 * (place * count + k))
  }
  for (let k = 0; k < count; k++) {
    const prices = graded.map(({ opr }) => BigInt.asUintN(64, opr.prices[k] ?? 0n))
    lows.writeBigUInt64BE(
      prices.reduce((low, price) => (price < low ? price : low)),
      8 * k,
    )
    highs.writeBigUInt64BE(
      prices.reduce((high, price) => (price > high ? price : high)),
      8 * k,
    )
  }
  return { grades, distances, lows, highs }
}

function partsOf(value: number, average: number): number {
  if (!(average > 0)) return 0
  const parts = Math.round(((value - average) / average) * PARTS)
  return Math.max(-MOST_PARTS, Math.min(MOST_PARTS, parts || 0))
}

const tickersOf = (version: OprVersion): Ticker[] => ASSETS[version].map(tickerOf)

export function createContentQueries(db: Pick<Transaction, 'all' | 'one'>) {
  const COLUMNS = 'height, seconds, version, entries, valid, staked, hashes'
  const SAYS = '(entries > 0 OR staked > 0)'
  const LISTED = 'height IN (SELECT value FROM json_each(?))'
  return {
    /** Null: nothing is kept of it. */
    contentsAt(height: number): BlockContents | null {
      const row = db.one(`SELECT ${COLUMNS} FROM ledger_blocks WHERE height = ?`, height)
      return row ? contentsOf(row) : null
    },
    /** Of the last blocks with oracle or staking records up to a height, the newest first. */
    contentsBefore: (height: number, most: number): readonly BlockContents[] =>
      db
        .all(
          `SELECT ${COLUMNS} FROM ledger_blocks WHERE height <= ? AND ${SAYS} ORDER BY height DESC LIMIT ?`,
          ...[height, most],
        )
        .map(contentsOf),
    gradesAt(height: number): Grades | null {
      const row = db.one('SELECT version, grades, distances FROM ledger_blocks WHERE height = ?', height)
      return row && row['version'] !== null ? readGrades(row) : null
    },
    /** The distances of one record each, of those that are kept. */
    distancesOf: (
      places: readonly { readonly height: number; readonly place: number }[],
    ): readonly Distances[] =>
      db
        .all(DISTANCES_OF, JSON.stringify(places.map(({ height, place }) => ({ height, place }))))
        .map((row) => {
          const tickers = tickersOf(Number(row['version']) as OprVersion)
          const place = Number(row['place'])
          const distances = distancesIn(bufferOf(row['own']), tickers, 0)
          return { height: Number(row['height']), place, tickers, distances }
        }),
    /** Those of these heights that have any. */
    spreads(ticker: Ticker, heights: readonly number[]): readonly Spread[] {
      const sql = `SELECT height, version, lows, highs FROM ledger_blocks WHERE ${LISTED} AND version IS NOT NULL ORDER BY height`
      return db.all(sql, JSON.stringify(heights)).flatMap((row) => {
        const k = tickersOf(Number(row['version']) as OprVersion).indexOf(ticker)
        if (k < 0) return []
        const at = (name: string): bigint => bufferOf(row[name]).readBigUInt64BE(8 * k)
        return [{ height: Number(row['height']), low: at('lows'), high: at('highs') }]
      })
    },
    /** The last blocks with oracle or staking records up to each of these heights, without repeats, ascending. */
    contentsOver: (heights: readonly number[]): readonly BlockContents[] =>
      db
        .all(
          `SELECT ${COLUMNS} FROM ledger_blocks WHERE height IN (
             SELECT (SELECT height FROM ledger_blocks WHERE height <= h.value AND ${SAYS} ORDER BY height DESC LIMIT 1)
             FROM json_each(?) h
           ) ORDER BY height`,
          JSON.stringify(heights),
        )
        .map(contentsOf),
    leftOutAt: (height: number): readonly LeftOutEntry[] =>
      db.all('SELECT * FROM ledger_left_out WHERE height = ? ORDER BY place', height).map(leftOutIn),
    leftOutBy(hash: string): LeftOutEntry | null {
      const row = db.one('SELECT * FROM ledger_left_out WHERE hash = ? ORDER BY height LIMIT 1', blobOf(hash))
      return row ? leftOutIn(row) : null
    },
    /** By place. */
    ungradedAt: (height: number): readonly UngradedRecord[] =>
      db.all('SELECT * FROM ledger_ungraded WHERE height = ? ORDER BY place', height).map(ungradedIn),
    ungradedBy(hash: string): UngradedRecord | null {
      const row = db.one('SELECT * FROM ledger_ungraded WHERE hash = ? ORDER BY height LIMIT 1', blobOf(hash))
      return row ? ungradedIn(row) : null
    },
    /** Of the transaction chain those that came to no batch, the first of them. */
    strangersAt: (height: number): readonly RawEntry[] =>
      db.all(STRANGERS_AT, height, MOST_STRANGERS).map(entryIn),
    /** The first of this hash. */
    entryBy(hash: string): RawEntry | null {
      const sql = 'SELECT * FROM ledger_entries WHERE hash = ? ORDER BY height, place LIMIT 1'
      const row = db.one(sql, blobOf(hash))
      return row ? entryIn(row) : null
    },
  }
}

/** Of each record its part of the distances of the block alone: a double of its grade stands for 8 bytes. */
const DISTANCES_OF = `
SELECT height, version, place, substr(distances, 1 + place * size, size) AS own FROM (
  SELECT height, version, distances, h.value ->> 'place' AS place, 8 * length(distances) / length(grades) AS size
  FROM json_each(?) h JOIN ledger_blocks ON height = h.value ->> 'height' WHERE version IS NOT NULL
) ORDER BY height`

const STRANGERS_AT = `
SELECT * FROM ledger_entries e WHERE height = ? AND NOT EXISTS (SELECT 1 FROM ledger_batches b WHERE b.hash = e.hash)
ORDER BY place LIMIT ?`

const bufferOf = (blob: unknown): Buffer => Buffer.from(blob as ArrayBuffer)

const contentsOf = (row: Row): BlockContents => ({
  height: Number(row['height']),
  seconds: Number(row['seconds']),
  version: row['version'] === null ? null : (Number(row['version']) as OprVersion),
  entries: Number(row['entries']),
  valid: Number(row['valid']),
  staked: Number(row['staked']),
  hashes: row['hashes'] === null ? null : Number(row['hashes']),
})

function readGrades(row: Row): Grades {
  const tickers = tickersOf(Number(row['version']) as OprVersion)
  const [grades, distances] = [bufferOf(row['grades']), bufferOf(row['distances'])]
  const places = Array.from({ length: grades.length / 8 }, (_, place) => place)
  const numberOf = (value: number): number | null => (Number.isNaN(value) ? null : value)
  return {
    tickers,
    grades: places.map((place) => numberOf(grades.readDoubleBE(8 * place))),
    distances: places.map((place) => distancesIn(distances, tickers, place)),
  }
}

const distancesIn = (all: Buffer, tickers: readonly Ticker[], place: number): number[] =>
  tickers.map((_, k) => all.readInt16BE(2 * (place * tickers.length + k)) / PARTS)

const leftOutIn = (row: Row): LeftOutEntry => ({
  height: Number(row['height']),
  hash: hexOf(row['hash']),
  reason: row['reason'] as string,
})

const ungradedIn = (row: Row): UngradedRecord => ({
  height: Number(row['height']),
  place: Number(row['place']),
  hash: hexOf(row['hash']),
  claim: BigInt(`0x${hexOf(row['claim'])}`),
})

const entryIn = (row: Row): RawEntry => ({
  height: Number(row['height']),
  place: Number(row['place']),
  hash: hexOf(row['hash']),
  seconds: Number(row['seconds']),
  entry: bufferOf(row['entry']),
})
