/** How rates, supplies and blocks went over a range of heights. */
import type { Row, Transaction } from '../../base/index.js'
import type { Bank } from '../engine/types.js'
import type { Ticker } from '../tickers.js'
import { flowBy, type Dated, type Flow } from './flows.js'

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

export interface TokenAt {
  readonly ticker: Ticker
  readonly height: number
}

export function createRangeQueries(db: Pick<Transaction, 'all' | 'one'>) {
  return {
    /** Of the first block that changed anything; 0: there is none. */
    firstHeight: (): number =>
      Number(db.one('SELECT min(height) AS height FROM ledger_changes')?.['height'] ?? 0),
    /** The last rate of a token up to this height. */
    rateBy(ticker: Ticker, height: number): Dated | null {
      const row = db.one(
        `SELECT height, rate FROM ledger_rates
         WHERE height = (SELECT max(height) FROM ledger_rates WHERE height <= ?) AND ticker = ?`,
        ...[height, ticker],
      )
      return row ? { height: Number(row['height']), amount: BigInt(row['rate'] as string) } : null
    },
    /** The last rate of each of these tokens up to each of these heights, in their order; null: there is none. */
    ratesBy: (asked: readonly TokenAt[]): readonly (bigint | null)[] =>
      db
        .all(RATES_BY, JSON.stringify(asked))
        .map(({ rate }) => (rate === null ? null : BigInt(rate as string))),
    /** The last rates of a token up to each of these heights, without repeats. */
    ratesOver: (ticker: Ticker, heights: readonly number[]): readonly Dated[] =>
      db.all(RATES_OVER, JSON.stringify(heights), ticker).map(datedOf),
    /** The supply of a token after each of these heights. */
    suppliesOver: (ticker: Ticker, heights: readonly number[]): readonly Dated[] =>
      db.all(SUPPLIES_OVER, ticker, JSON.stringify(heights)).map(datedOf),
    /** A sum of flows after each of these heights. */
    flowsOver: (flow: Flow, ticker: Ticker, heights: readonly number[]): readonly Dated[] =>
      db.all(FLOWS_OVER, flow, ticker, JSON.stringify(heights)).map(datedOf),
    flowBy: (flow: Flow, ticker: Ticker, height: number): Dated | null =>
      flowBy(db, flow, { ticker, height }),
    /**
     * Since which height a token has the rate that it has at this one, as far as `back` blocks with rates; null: it has
     * none.
     */
    stillSince(ticker: Ticker, height: number, back: number): number | null {
      const rows = db.all(
        'SELECT height, rate AS amount FROM ledger_rates WHERE ticker = ? AND height <= ? ORDER BY height DESC LIMIT ?',
        ...[ticker, height, back],
      )
      const [newest] = rows
      if (!newest) return null
      const moved = rows.findIndex(({ amount }) => amount !== newest['amount'])
      return Number((moved < 0 ? rows.at(-1) : rows[moved - 1])?.['height'])
    },
    /** When these blocks began, UNIX seconds; those that are not known are left out. */
    secondsOver: (heights: readonly number[]): ReadonlyMap<number, number> =>
      new Map(
        db
          .all(SECONDS_OVER, JSON.stringify(heights))
          .flatMap((row) =>
            row['seconds'] === null ? [] : [[Number(row['height']), Number(row['seconds'])] as const],
          ),
      ),
    /** When a block began, UNIX seconds; null: it is not known. */
    secondsAt(height: number): number | null {
      const found = db.one(SECONDS_OVER, JSON.stringify([height]))?.['seconds']
      return typeof found === 'bigint' ? Number(found) : null
    },
    /** Banks of these heights, both inclusive, the newest first. */
    banks: (range: {
      readonly from: number
      readonly to: number
      readonly most: number
    }): readonly (readonly [height: number, bank: Bank])[] =>
      db
        .all(
          'SELECT * FROM ledger_bank WHERE height BETWEEN ? AND ? ORDER BY height DESC LIMIT ?',
          ...[range.from, range.to, range.most],
        )
        .map((row) => [
          Number(row['height']),
          {
            amount: row['amount'] as bigint,
            used: row['used'] as bigint,
            requested: BigInt(row['requested'] as string),
          },
        ]),
    /** Newest first. */
    blocks: ({ below, most }: { readonly below: number; readonly most: number }): readonly BlockBrief[] =>
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

const datedOf = (row: Row): Dated => ({
  height: Number(row['height']),
  amount: BigInt(row['amount'] as string),
})

/**
 * In one statement: hundreds of them would take longer by far. CROSS JOIN keeps the order: by the index of tickers each
 * rate of one would be held against each height.
 */
const RATES_OVER = `
SELECT r.height, r.rate AS amount FROM (
  SELECT DISTINCT (SELECT max(height) FROM ledger_rates WHERE height <= h.value) AS height FROM json_each(?) h
) a CROSS JOIN ledger_rates r ON r.height = a.height AND r.ticker = ?
ORDER BY r.height`

const RATES_BY = `
SELECT (
  SELECT rate FROM ledger_rates
  WHERE height = (SELECT max(height) FROM ledger_rates WHERE height <= a.value ->> 'height') AND ticker = a.value ->> 'ticker'
) AS rate FROM json_each(?) a ORDER BY a.key`

const SUPPLIES_OVER = `
SELECT h.value AS height, coalesce((
  SELECT amount FROM ledger_supplies WHERE ticker = ? AND height <= h.value ORDER BY height DESC LIMIT 1
), '0') AS amount FROM json_each(?) h ORDER BY h.value`

const FLOWS_OVER = `
SELECT h.value AS height, coalesce((
  SELECT amount FROM ledger_flows WHERE flow = ? AND ticker = ? AND height <= h.value ORDER BY height DESC LIMIT 1
), '0') AS amount FROM json_each(?) h ORDER BY h.value`

/** Blocks that were followed before there was a table of them have the time of their first line. */
const SECONDS_OVER = `
SELECT h.value AS height, coalesce(
  (SELECT seconds FROM ledger_blocks b WHERE b.height = h.value),
  (SELECT seconds FROM ledger_batches b WHERE b.height = h.value ORDER BY id LIMIT 1)
) AS seconds FROM json_each(?) h`

/** A line of the history is a payment or a burn if its first action is. */
const BLOCKS = `
SELECT b.height, coalesce((SELECT seconds FROM ledger_blocks k WHERE k.height = b.height), min(seconds)) AS seconds,
  sum(NOT credit AND status > 0) AS executed, sum(status < 0) AS refused, sum(status = 0) AS waiting,
  sum(credit) AS credits, EXISTS (SELECT 1 FROM ledger_rates r WHERE r.height = b.height) AS rated
FROM (
  SELECT height, seconds, status, EXISTS (
    SELECT 1 FROM ledger_actions a WHERE a.batch = c.id AND a.kind IN ('coinbase', 'burn')
  ) AS credit FROM ledger_batches c
  WHERE height IN (SELECT DISTINCT height FROM ledger_batches WHERE height < ? ORDER BY height DESC LIMIT ?)
) b GROUP BY b.height ORDER BY b.height DESC`
