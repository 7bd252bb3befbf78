/** How rates, supplies and blocks went over a range of heights. */
import type { Transaction } from '../../base/index.js'
import type { Bank } from '../engine/types.js'
import type { Ticker } from '../tickers.js'

export interface Dated {
  readonly height: number
  readonly amount: bigint
}

/** A block that has lines in the history. */
export interface BlockBrief {
  readonly height: number
  /** UNIX seconds. */
  readonly seconds: number
  /** Entries of transactions, by what became of them so far. */
  readonly executed: number
  readonly refused: number
  readonly waiting: number
  /** Payments and burns. */
  readonly credits: number
  /** Whether conversions could run in it. */
  readonly rated: boolean
}

export interface RangeQueries {
  /** Of the first block that changed anything; 0: there is none. */
  firstHeight(): number
  /** The last rate of a token up to this height. */
  rateBy(ticker: Ticker, height: number): Dated | null
  /** The supply of a token after this height, and the height that it is of; null: nothing was there. */
  supplyBy(ticker: Ticker, height: number): Dated | null
  /** The time of the first line of a block, UNIX seconds; null: it has none. */
  secondsAt(height: number): number | null
  /** Banks of these heights, both inclusive, the newest first. */
  banks(range: {
    readonly from: number
    readonly to: number
    readonly most: number
  }): readonly (readonly [height: number, bank: Bank])[]
  /** Newest first. */
  blocks(page: { readonly below: number; readonly most: number }): readonly BlockBrief[]
}

export function createRangeQueries(db: Pick<Transaction, 'all' | 'one'>): RangeQueries {
  return {
    firstHeight: () => Number(db.one('SELECT min(height) AS height FROM ledger_changes')?.['height'] ?? 0),
    rateBy(ticker, height) {
      const row = db.one(
        `SELECT height, rate FROM ledger_rates
         WHERE height = (SELECT max(height) FROM ledger_rates WHERE height <= ?) AND ticker = ?`,
        ...[height, ticker],
      )
      return row ? { height: Number(row['height']), amount: BigInt(row['rate'] as string) } : null
    },
    supplyBy(ticker, height) {
      const row = db.one(
        'SELECT height, amount FROM ledger_supplies WHERE ticker = ? AND height <= ? ORDER BY height DESC LIMIT 1',
        ...[ticker, height],
      )
      return row ? { height: Number(row['height']), amount: BigInt(row['amount'] as string) } : null
    },
    secondsAt(height) {
      const found = db.one('SELECT seconds FROM ledger_batches WHERE height = ? ORDER BY id LIMIT 1', height)
      return typeof found?.['seconds'] === 'bigint' ? Number(found['seconds']) : null
    },
    banks: ({ from, to, most }) =>
      db
        .all(
          'SELECT * FROM ledger_bank WHERE height BETWEEN ? AND ? ORDER BY height DESC LIMIT ?',
          ...[from, to, most],
        )
        .map((row) => [
          Number(row['height']),
          {
            amount: row['amount'] as bigint,
            used: row['used'] as bigint,
            requested: BigInt(row['requested'] as string),
          },
        ]),
    blocks: ({ below, most }) =>
      db.all(BLOCKS, below, most).map((row) => ({
        height: Number(row['height']),
        seconds: Number(row['seconds']),
        executed: Number(row['executed']),
        refused: Number(row['refused']),
        waiting: Number(row['waiting']),
        credits: Number(row['credits']),
        rated: row['rated'] === 1n,
      })),
  }
}

/** A line of the history is a payment or a burn if its first action is. */
const BLOCKS = `
SELECT b.height, min(seconds) AS seconds,
  sum(NOT credit AND status > 0) AS executed, sum(status < 0) AS refused, sum(status = 0) AS waiting,
  sum(credit) AS credits, EXISTS (SELECT 1 FROM ledger_rates r WHERE r.height = b.height) AS rated
FROM (
  SELECT height, seconds, status, EXISTS (
    SELECT 1 FROM ledger_actions a WHERE a.batch = c.id AND a.kind IN ('coinbase', 'burn')
  ) AS credit FROM ledger_batches c
  WHERE height IN (SELECT DISTINCT height FROM ledger_batches WHERE height < ? ORDER BY height DESC LIMIT ?)
) b GROUP BY b.height ORDER BY b.height DESC`
