/** The history in pages, filtered: by address, by block, by entry. */
import { blobOf, hexOf, type Row, type Transaction, type Value } from '../../base/index.js'
import type { HistoryLine } from '../engine/bookings.js'
import type { Ticker } from '../tickers.js'
import { outputsOf } from './view.js'

/** A line of the history of an address. */
export interface LedgerAction extends HistoryLine {
  /** In its batch. */
  readonly index: number
  /** UNIX seconds. */
  readonly seconds: number
  /** Height of its execution, 0 while it waits, or why it was refused. */
  readonly status: number
}

/** Whose lines: exactly one of them is given. */
export type HistoryKey =
  { readonly address: string } | { readonly hash: string } | { readonly height: number }

export interface PageRange {
  readonly offset: number
  readonly limit: number
  /** The latest first. */
  readonly descending: boolean
}

export interface HistoryFilter {
  /** Empty: all. */
  readonly kinds: readonly LedgerAction['kind'][]
  /** What is put in, or what comes out. */
  readonly ticker?: Ticker
}

/** Where a line stands in the whole history. */
export interface HistoryPlace {
  readonly batch: number
  readonly place: number
}

export interface RangeBefore {
  /** First and last height, inclusive. */
  readonly from: number
  readonly to: number
  /** Only what came before this line. */
  readonly before?: HistoryPlace | undefined
  readonly limit: number
}

export interface PlacedAction {
  readonly place: HistoryPlace
  readonly action: LedgerAction
}

export function createHistoryPages(db: Pick<Transaction, 'all' | 'one'>) {
  return {
    /** How many lines there are. */
    countActions(key: HistoryKey, filter: HistoryFilter): number {
      const { text, values } = whereOf(key, filter)
      return Number(db.one(`SELECT count(*) AS count FROM ${text}`, ...values)?.['count'] ?? 0)
    },
    /** `index`: that transaction of its batch alone. */
    pageOf(
      key: HistoryKey,
      filter: HistoryFilter & { readonly index?: number },
      { offset, limit, descending }: PageRange,
    ): LedgerAction[] {
      const { text, values } = whereOf(key, filter)
      const way = descending ? 'DESC' : 'ASC'
      const order = 'address' in key ? `l.batch ${way}, l.place ${way}` : `b.id ${way}, a.place ${way}`
      const rows = db.all(
        `SELECT hash, height, seconds, status, a.* FROM ${text} ORDER BY ${order} LIMIT ? OFFSET ?`,
        ...[...values, limit, offset],
      )
      return rows.map(actionOf)
    },
    /** The newest first. */
    pageBefore(
      key: HistoryKey,
      filter: HistoryFilter,
      { from, to, before, limit }: RangeBefore,
    ): PlacedAction[] {
      const { text, values } = whereOf(key, filter)
      const own = 'address' in key ? 'l' : 'a'
      const [behind, ...place] =
        before === undefined
          ? ['']
          : [`AND (${own}.batch, ${own}.place) < (?, ?)`, before.batch, before.place]
      const rows = db.all(
        `SELECT hash, height, seconds, status, a.* FROM ${text} AND b.height BETWEEN ? AND ? ${behind}
         ORDER BY ${own}.batch DESC, ${own}.place DESC LIMIT ?`,
        ...[...values, from, to, ...place, limit],
      )
      return rows.map(placedOf)
    },
    /** Lines of an address that were executed in these blocks, whenever they came, in the order of the history. */
    executedIn: (address: string, heights: readonly number[]): PlacedAction[] =>
      db.all(EXECUTED_IN, JSON.stringify(heights), blobOf(address)).map(placedOf),
    /** Hashes of entries, payments and records that begin with these hex digits. */
    hashesLike(digits: string, most: number): string[] {
      const [least, last] = ['0', 'f'].map((digit) => blobOf(digits.padEnd(64, digit)))
      const of = (table: string, column: string): string =>
        `SELECT * FROM (SELECT DISTINCT ${column} AS hash FROM ${table} WHERE ${column} BETWEEN ?1 AND ?2 LIMIT ?3)`
      const all = [
        of('ledger_batches', 'hash'),
        of('ledger_entries', 'hash'),
        of('ledger_graded', 'entry_hash'),
        of('ledger_left_out', 'hash'),
        of('ledger_staked', 'hash'),
        of('ledger_ungraded', 'hash'),
      ]
      return db
        .all(
          `${all.join(' UNION ')} ORDER BY hash LIMIT ?3`,
          ...[least as Uint8Array, last as Uint8Array, most],
        )
        .map((row) => hexOf(row['hash']))
    },
    /** The block that an entry is in, and what became of it; null if it is not known. */
    statusOf(hash: string): { readonly height: number; readonly status: number } | null {
      const row = db.one(
        'SELECT height, status FROM ledger_batches WHERE hash = ? ORDER BY height LIMIT 1',
        blobOf(hash),
      )
      return row ? { height: Number(row['height']), status: Number(row['status']) } : null
    },
  }
}

const placedOf = (row: Row): PlacedAction => ({
  place: { batch: Number(row['batch']), place: Number(row['place']) },
  action: actionOf(row),
})

/** CROSS JOIN keeps the order: a block executes some dozens of batches, an address may have many thousands of lines. */
const EXECUTED_IN = `
SELECT hash, height, seconds, status, a.* FROM json_each(?) h
CROSS JOIN ledger_batches b ON b.judged = h.value AND b.status = h.value
CROSS JOIN ledger_lookup l ON l.address = ? AND l.batch = b.id
CROSS JOIN ledger_actions a ON a.batch = l.batch AND a.place = l.place
ORDER BY a.batch, a.place`

const BY_ADDRESS = `ledger_lookup l
JOIN ledger_batches b ON b.id = l.batch
JOIN ledger_actions a ON a.batch = l.batch AND a.place = l.place`
const BY_BATCH = 'ledger_batches b JOIN ledger_actions a ON a.batch = b.id'

function whereOf(
  key: HistoryKey,
  { kinds, ticker, index }: HistoryFilter & { readonly index?: number },
): { readonly text: string; readonly values: readonly Value[] } {
  const conditions: (readonly [text: string, ...values: Value[]])[] = [
    'address' in key
      ? ['l.address = ?', blobOf(key.address)]
      : 'hash' in key
        ? ['b.hash = ?', blobOf(key.hash)]
        : ['b.height = ?', key.height],
  ]
  if (index !== undefined) conditions.push(['a.place = ?', index])
  if (ticker !== undefined) conditions.push(['(a.ticker = ? OR a.target = ?)', ticker, ticker])
  if (kinds.length > 0) conditions.push([`a.kind IN (${kinds.map(() => '?').join(', ')})`, ...kinds])
  return {
    text: `${'address' in key ? BY_ADDRESS : BY_BATCH} WHERE ${conditions.map(([text]) => text).join(' AND ')}`,
    values: conditions.flatMap(([, ...values]) => values),
  }
}

export function actionOf(row: Row): LedgerAction {
  return {
    hash: hexOf(row['hash']),
    index: Number(row['place']),
    height: Number(row['height']),
    seconds: Number(row['seconds']),
    status: Number(row['status']),
    kind: row['kind'] as LedgerAction['kind'],
    address: hexOf(row['address']),
    ticker: row['ticker'] as string,
    amount: row['amount'] as bigint,
    target: row['target'] as string,
    result: row['result'] as bigint,
    refund: row['refund'] as bigint | null,
    outputs: outputsOf(row['outputs']),
  }
}
