/** What the rules ask of the state, answered by the tables: they hold it as it is after the block before. */
import { blobOf, hexOf, type Row, type Transaction } from '../../base/index.js'
import type { DatedRates, HeldBatch, LedgerView } from '../engine/types.js'
import type { Ticker } from '../tickers.js'
import type { LedgerTransaction } from '../transactions/types.js'

type Queries = Pick<Transaction, 'all' | 'one'>

export function createView(db: Queries): LedgerView {
  return {
    balance(address, ticker) {
      const row = db.one(
        `SELECT amount FROM ledger_balances
         WHERE account = (SELECT id FROM ledger_accounts WHERE address = ?) AND ticker = ?`,
        ...[blobOf(address), ticker],
      )
      return row ? (row['amount'] as bigint) : 0n
    },
    supply(ticker) {
      const row = db.one('SELECT amount FROM ledger_supply WHERE ticker = ?', ticker)
      return row ? BigInt(row['amount'] as string) : 0n
    },
    richest: (ticker, count) => richest(db, ticker, count).map(({ address }) => address),
    heldSinceSnapshot: () => heldSinceSnapshot(db),
    known(hash) {
      const rows = db.all('SELECT status FROM ledger_batches WHERE hash = ?', blobOf(hash))
      if (rows.length === 0) return null
      return rows.some(({ status }) => (status as bigint) > 0n) ? 'executed' : 'entered'
    },
    held: (first, end) => held(db, first, end),
    ratesBefore(height) {
      const row = db.one('SELECT max(height) AS height FROM ledger_rates WHERE height < ?', height)
      const found = row?.['height']
      return typeof found === 'bigint' ? (ratesFrom(db, Number(found), Number(found))[0] ?? null) : null
    },
    ratesFrom: (first, last) => ratesFrom(db, first, last),
    hasAction: (hash, index) =>
      db.one(
        `SELECT 1 FROM ledger_batches JOIN ledger_actions ON batch = id
         WHERE hash = ? AND ledger_actions.place = ?`,
        ...[blobOf(hash), index],
      ) !== undefined,
    previousWinners() {
      const row = db.one('SELECT winners FROM ledger_grades ORDER BY height DESC LIMIT 1')
      return row ? (JSON.parse(row['winners'] as string) as string[]) : []
    },
  }
}

export interface Holder {
  readonly address: string
  readonly amount: bigint
}

/** The largest holders of a token. */
export function richest(db: Queries, ticker: Ticker, count: number): Holder[] {
  const rows = db.all(
    `SELECT address, amount FROM ledger_balances JOIN ledger_accounts ON id = account
     WHERE ticker = ? AND amount > 0 ORDER BY amount DESC, account LIMIT ?`,
    ...[ticker, count],
  )
  return rows.map((row) => ({ address: hexOf(row['address']), amount: row['amount'] as bigint }))
}

export function ratesFrom(db: Queries, first: number, last: number): DatedRates[] {
  const found = new Map<number, Map<Ticker, bigint>>()
  for (const row of db.all(
    'SELECT height, ticker, rate FROM ledger_rates WHERE height BETWEEN ? AND ? ORDER BY height',
    ...[first, last],
  )) {
    const height = Number(row['height'])
    const rates = found.get(height) ?? new Map<Ticker, bigint>()
    found.set(height, rates.set(row['ticker'] as string, BigInt(row['rate'] as string)))
  }
  return [...found].map(([height, rates]) => ({ height, rates }))
}

function* heldSinceSnapshot(db: Queries): Generator<readonly [string, ReadonlyMap<Ticker, bigint>]> {
  const last = db.one('SELECT max(height) AS height FROM ledger_snapshots')?.['height']
  if (typeof last !== 'bigint') return
  let address = ''
  let balances = new Map<Ticker, bigint>()
  for (const row of db.all(
    `SELECT address, b.ticker, min(amount, coalesce(c.before, amount)) AS least
     FROM ledger_balances b JOIN ledger_accounts ON id = b.account
     LEFT JOIN (
       SELECT account, ticker, before, min(height) FROM ledger_changes
       WHERE height >= ? GROUP BY +account, +ticker
     ) c ON c.account = b.account AND c.ticker = b.ticker
     WHERE amount > 0 AND least > 0 ORDER BY b.account`,
    Number(last),
  )) {
    const found = hexOf(row['address'])
    if (found !== address) {
      if (balances.size > 0) yield [address, balances]
      ;[address, balances] = [found, new Map<Ticker, bigint>()]
    }
    balances.set(row['ticker'] as string, row['least'] as bigint)
  }
  if (balances.size > 0) yield [address, balances]
}

/** Blocks without a batch are passed over: there may be no rates for years. */
function* held(db: Queries, first: number, end: number): Generator<HeldBatch[]> {
  const sql = 'SELECT DISTINCT height FROM ledger_batches WHERE height >= ? AND height < ? ORDER BY height'
  for (const { height } of db.all(sql, first, end)) yield heldOf(db, Number(height))
}

/** The batches of a block that have a conversion: those were held. */
function heldOf(db: Queries, height: number): HeldBatch[] {
  const batches = new Map<bigint, { hash: string; height: number; transactions: LedgerTransaction[] }>()
  for (const row of db.all(
    `SELECT id, hash, a.* FROM ledger_batches b JOIN ledger_actions a ON a.batch = b.id
     WHERE height = ? AND EXISTS (SELECT 1 FROM ledger_actions WHERE batch = b.id AND kind = 'conversion')
     ORDER BY id, a.place`,
    height,
  )) {
    const id = row['id'] as bigint
    const batch = batches.get(id) ?? { hash: hexOf(row['hash']), height, transactions: [] }
    batches.set(id, batch)
    batch.transactions.push(transactionOf(row))
  }
  return [...batches.values()]
}

function transactionOf(row: Row): LedgerTransaction {
  const input = {
    address: hexOf(row['address']),
    ticker: row['ticker'] as string,
    amount: row['amount'] as bigint,
  }
  if (row['kind'] === 'conversion') return { kind: 'conversion', input, target: row['target'] as string }
  return { kind: 'transfer', input, outputs: outputsOf(row['outputs']) }
}

/** The outputs of a transfer as they are stored. */
export function outputsOf(json: unknown): { address: string; amount: bigint }[] {
  if (typeof json !== 'string') return []
  return (JSON.parse(json) as [string, string][]).map(([address, amount]) => ({
    address,
    amount: BigInt(amount),
  }))
}
