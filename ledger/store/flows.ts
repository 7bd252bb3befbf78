/** Sums over the whole chain, by token: what conversions gave and took, what was mined and burnt. */
import type { Transaction } from '../../base/index.js'
import type { Ticker } from '../tickers.js'

export interface Dated {
  readonly height: number
  readonly amount: bigint
}

/**
 * `in`: what conversions gave of a token; `out`: what they took of it; `mined`: paid for oracle records; `burnt`: given
 * for factoids.
 */
export type Flow = 'in' | 'out' | 'mined' | 'burnt'

/**
 * What the lines of the history that a condition chooses have moved, by block. A conversion that the reference has paid
 * twice, since its batch asks the bank for PEG too, has one line and counts once.
 */
const stepsOf = (batch: string, record: string): string => `
  SELECT 'out' AS flow, ticker, status AS height, amount - coalesce(refund, 0) AS gain
  FROM ledger_batches JOIN ledger_actions ON batch = id WHERE ${batch} AND kind = 'conversion' AND status > 0
  UNION ALL
  SELECT 'in', target, status, result
  FROM ledger_batches JOIN ledger_actions ON batch = id WHERE ${batch} AND kind = 'conversion' AND status > 0
  UNION ALL
  SELECT 'burnt', target, height, result
  FROM ledger_batches JOIN ledger_actions ON batch = id WHERE ${batch} AND kind = 'burn'
  UNION ALL
  SELECT 'mined', 'PEG', height, payout FROM ledger_graded WHERE ${record} AND payout > 0`

/** Sums are in two halves: they may be beyond 64 bits. */
const gainsOf = (steps: string): string => `
  SELECT flow, ticker, height, sum(gain >> 32) AS high, sum(gain & 4294967295) AS low
  FROM (${steps}) WHERE gain <> 0 GROUP BY flow, ticker, height`

/** Of blocks that were followed before there was this table they are worked out. */
export const FLOWS = `
CREATE TABLE ledger_flows (
  flow TEXT NOT NULL,           -- in, out, mined, burnt
  ticker TEXT NOT NULL,
  height INTEGER NOT NULL,
  amount TEXT NOT NULL,         -- up to this block
  PRIMARY KEY (flow, ticker, height)
) WITHOUT ROWID;
CREATE INDEX ledger_flows_height ON ledger_flows (height);
INSERT INTO ledger_flows
WITH gains AS (${gainsOf(stepsOf('TRUE', 'TRUE'))}),
totals AS (
  SELECT flow, ticker, height, sum(high) OVER past AS high, sum(low) OVER past AS low
  FROM gains WINDOW past AS (PARTITION BY flow, ticker ORDER BY height)
)
SELECT flow, ticker, height, CAST(((high + (low >> 32)) << 32) + (low & 4294967295) AS TEXT) FROM totals
WHERE high + (low >> 32) < 2147483648;
`

const OF_BLOCK = gainsOf(stepsOf('judged = ?1', 'height = ?1'))

/** Call it when the lines and records of the block are written. */
export function writeFlows(tx: Transaction, height: number): void {
  for (const row of tx.all(OF_BLOCK, height)) {
    const [flow, ticker] = [row['flow'] as Flow, row['ticker'] as Ticker]
    const gain = ((row['high'] as bigint) << 32n) + (row['low'] as bigint)
    const before = flowBy(tx, flow, { ticker, height })?.amount ?? 0n
    tx.run('INSERT INTO ledger_flows VALUES (?, ?, ?, ?)', flow, ticker, height, String(before + gain))
  }
}

/** The sum up to this height; null: there was none. */
export function flowBy(
  db: Pick<Transaction, 'one'>,
  flow: Flow,
  { ticker, height }: { readonly ticker: Ticker; readonly height: number },
): Dated | null {
  const row = db.one(
    `SELECT height, amount FROM ledger_flows WHERE flow = ? AND ticker = ? AND height <= ?
     ORDER BY height DESC LIMIT 1`,
    ...[flow, ticker, height],
  )
  return row ? { height: Number(row['height']), amount: BigInt(row['amount'] as string) } : null
}
