/** What the ledger knows, for those who only read: beside a program that writes it, or without one. */
import { existsSync } from 'node:fs'

import { blobOf, hexOf, type Database, type Row } from '../../base/index.js'
import { openChainDatabase } from '../../chain/index.js'
import { makeCheckpoint } from '../checkpoint/make.js'
import type { Checkpoint } from '../checkpoint/shape.js'
import type { Balances, Bank, Rates } from '../engine/types.js'
import { averagesAt } from '../engine/averages.js'
import { fail } from '../errors.js'
import { TICKERS, type Ticker } from '../tickers.js'
import { aboutLedger, type LedgerAbout } from './about.js'
import { createContentQueries } from './contents.js'
import { createMinerQueries } from './miners.js'
import { actionOf, createHistoryPages, type LedgerAction } from './pages.js'
import { createRecordQueries } from './records.js'
import { createRangeQueries, type TokenAt } from './ranges.js'
import { createRecentRates } from './recent-rates.js'
import { LEDGER_SCHEMA } from './schema.js'
import { ratesFrom, richest, type Holder } from './view.js'

export interface HistoryRange {
  /** First and last height, inclusive. */
  readonly from?: number
  readonly to?: number
  /** At most so many, the latest. */
  readonly last?: number
}

export type LedgerQueries = ReturnType<typeof createLedgerQueries>

/** Throws `E_LEDGER_NONE`, and what `openChainDatabase` throws. */
export function openLedger(file: string): LedgerQueries {
  if (!existsSync(file)) throw fail('E_LEDGER_NONE', `there is no ledger in ${file} yet`)
  const db = openChainDatabase({ file, schemas: [LEDGER_SCHEMA], readOnly: true })
  try {
    if (!aboutLedger(db)) throw fail('E_LEDGER_NONE', `there is no ledger in ${file} yet`)
    return createLedgerQueries(db)
  } catch (error) {
    db.close()
    throw error
  }
}

export function createLedgerQueries(db: Database) {
  const about = (): LedgerAbout => {
    const found = aboutLedger(db)
    if (!found) throw fail('E_LEDGER_NONE', 'there is no ledger yet')
    return found
  }
  const known = (height: number): number => {
    const { height: tip, begins } = about()
    if (height > tip) throw fail('E_LEDGER_NONE', `the ledger ends with block ${tip}`)
    if (height >= (begins ?? 0)) return height
    throw fail(
      'E_LEDGER_NONE',
      `the ledger was begun with a checkpoint after block ${begins}, and does not know those before it`,
    )
  }
  const rollbacks = (): bigint => db.one('SELECT count FROM ledger_rollbacks')?.['count'] as bigint
  const recentRates = createRecentRates({ rollbacks, ratesFrom: (first, last) => ratesFrom(db, first, last) })
  return {
    about,
    /** By address; those that were ever touched are there, if only with nothing. Throws `E_LEDGER_NONE` beyond the tip. */
    balancesAt(height: number): ReadonlyMap<string, Balances> {
      known(height)
      const found = new Map<string, Map<Ticker, bigint>>()
      for (const row of db.all(ALL_AT, height, height)) {
        const address = hexOf(row['address'])
        const own = found.get(address) ?? new Map<Ticker, bigint>()
        found.set(address, own)
        const amount = row['amount']
        if (typeof amount === 'bigint' && amount > 0n) own.set(row['ticker'] as string, amount)
      }
      return found
    },
    /** The same of one address. */
    balancesOf(address: string, height: number = about().height): Balances {
      known(height)
      const rows = db.all(ONE_AT, height, blobOf(address))
      const held = new Map(rows.map((row) => [row['ticker'] as string, row['amount'] as bigint]))
      return new Map(
        TICKERS.flatMap((ticker) => (held.get(ticker) ? [[ticker, held.get(ticker) ?? 0n]] : [])),
      )
    },
    /** The sum of all balances, of each of the 62. */
    issuance(height?: number): Balances {
      const sums = new Map<Ticker, bigint>(TICKERS.map((ticker) => [ticker, 0n]))
      if (height === undefined || height === about().height)
        for (const row of db.all('SELECT ticker, amount FROM ledger_supply'))
          sums.set(row['ticker'] as string, BigInt(row['amount'] as string))
      else
        for (const row of db.all(SUMS_AT, known(height)))
          sums.set(row['ticker'] as string, ((row['high'] as bigint) << 32n) + (row['low'] as bigint))
      return sums
    },
    /** Null: the block has none. */
    ratesAt(height: number): Rates | null {
      // Rates of the last blocks before a checkpoint are known, although those blocks are not.
      const found = ratesFrom(db, height, height)[0]
      return found ? found.rates : (known(height), null)
    },
    /** The last height that has rates, not above this one. */
    ratesHeight(height: number): number | null {
      const found = db.one('SELECT max(height) AS height FROM ledger_rates WHERE height <= ?', height)?.[
        'height'
      ]
      return typeof found === 'bigint' ? Number(found) : null
    },
    bankAt(height: number): Bank | null {
      const row = db.one('SELECT * FROM ledger_bank WHERE height = ?', known(height))
      if (!row) return null
      const [amount, used] = [row['amount'] as bigint, row['used'] as bigint]
      return { amount, used, requested: BigInt(row['requested'] as string) }
    },
    /** The averages of the blocks up to this height; 0 where there are too few rates above 0. */
    averagesAt: (height: number): Rates => averagesAt({ ratesFrom: recentRates }, height, about().averages),
    /** How often blocks were taken back. */
    rollbacks,
    /** Oldest first. */
    historyOf(
      address: string,
      { from = 0, to = MOST_HEIGHT, last = -1 }: HistoryRange,
    ): readonly LedgerAction[] {
      const rows = db.all(HISTORY, blobOf(address), from, to, last)
      return rows.reverse().map(actionOf)
    },
    /** Why entries were left out, and how many. */
    skipped: (): ReadonlyMap<string, number> =>
      new Map(
        db
          .all('SELECT reason, count(*) AS count FROM ledger_skipped GROUP BY reason ORDER BY count DESC')
          .map((row) => [row['reason'] as string, Number(row['count'])]),
      ),
    /** All that is needed to go on behind the last block. */
    checkpoint(): Checkpoint {
      // All in one look, though another program may write.
      db.run('BEGIN')
      try {
        return makeCheckpoint(db)
      } finally {
        db.run('COMMIT')
      }
    },
    /** Of SQLite. */
    libraryVersion: (): string => db.one('SELECT sqlite_version() AS version')?.['version'] as string,
    /** Another number whenever another program has written anything. */
    dataVersion: (): bigint => db.one('PRAGMA data_version')?.['data_version'] as bigint,
    close: (): void => db.close(),
    ...createHolderQueries(db),
    ...createHistoryPages(db),
    ...createMinerQueries(db),
    ...createRangeQueries(db),
    ...createContentQueries(db),
    ...createRecordQueries(db),
  }
}

/** Who holds what now, whatever the last block is. */
function createHolderQueries(db: Database) {
  return {
    /** How much of each of these tokens an address had after each of these heights, in their order. */
    balancesOver: (address: string, asked: readonly TokenAt[]): readonly bigint[] =>
      db.all(BALANCES_OVER, blobOf(address), JSON.stringify(asked)).map((row) => row['amount'] as bigint),
    /** How many addresses hold some of a token now. */
    holdersOf: (ticker: Ticker): number =>
      Number(
        db.one('SELECT count(*) AS count FROM ledger_balances WHERE ticker = ? AND amount > 0', ticker)?.[
          'count'
        ] ?? 0,
      ),
    richest: (ticker: Ticker, count: number): readonly Holder[] => richest(db, ticker, count),
    /** What is held of each token by each account (`addressOf`): all of it, or what blocks above this height changed. */
    heldSince(height: number | null, tell: (account: number, ticker: Ticker, amount: bigint) => void): void {
      const each = (rows: readonly Row[]): void =>
        rows.forEach((row) => tell(Number(row['account']), row['ticker'] as string, row['amount'] as bigint))
      // Token by token, since all rows at once would need much memory.
      if (height === null) for (const ticker of TICKERS) each(db.all(HELD, ticker))
      else each(db.all(HELD_SINCE, height))
    },
    addressOf: (account: number): string =>
      hexOf(db.one('SELECT address FROM ledger_accounts WHERE id = ?', account)?.['address']),
  }
}

const MOST_HEIGHT = 2 ** 32

/** What was changed above a height, with what it was at that height. With the sign the latest changes alone are read. */
const CHANGED = `(
  SELECT account, ticker, before, min(height) FROM ledger_changes WHERE height > ? GROUP BY +account, +ticker
)`

const ALL_AT = `
SELECT address, b.ticker, coalesce(c.before, b.amount) AS amount FROM ledger_accounts a
LEFT JOIN ledger_balances b ON b.account = a.id
LEFT JOIN ${CHANGED} c ON c.account = b.account AND c.ticker = b.ticker
WHERE a.height <= ? ORDER BY address`

const ONE_AT = `
SELECT b.ticker, coalesce((
  SELECT before FROM ledger_changes c
  WHERE c.height > ? AND c.account = b.account AND c.ticker = b.ticker ORDER BY c.height LIMIT 1
), b.amount) AS amount
FROM ledger_balances b WHERE b.account = (SELECT id FROM ledger_accounts WHERE address = ?)`

const BALANCES_OVER = `
WITH own AS (SELECT id FROM ledger_accounts WHERE address = ?),
asked AS (SELECT key, value ->> 'ticker' AS ticker, value ->> 'height' AS height FROM json_each(?))
SELECT coalesce(
  (SELECT before FROM ledger_changes c
   WHERE c.account = (SELECT id FROM own) AND c.ticker = a.ticker AND c.height > a.height ORDER BY c.height LIMIT 1),
  (SELECT amount FROM ledger_balances b WHERE b.account = (SELECT id FROM own) AND b.ticker = a.ticker),
  0
) AS amount FROM asked a ORDER BY a.key`

const SUMS_AT = `
SELECT b.ticker, sum(coalesce(c.before, b.amount) >> 32) AS high,
  sum(coalesce(c.before, b.amount) & 4294967295) AS low
FROM ledger_balances b LEFT JOIN ${CHANGED} c ON c.account = b.account AND c.ticker = b.ticker GROUP BY b.ticker`

const HELD = 'SELECT account, ticker, amount FROM ledger_balances WHERE ticker = ? AND amount > 0'

const HELD_SINCE = `
SELECT c.account, c.ticker, amount FROM ledger_changes c
JOIN ledger_balances b ON b.account = c.account AND b.ticker = c.ticker WHERE c.height > ?`

const HISTORY = `
SELECT hash, height, seconds, status, a.* FROM ledger_lookup l
JOIN ledger_batches b ON b.id = l.batch
JOIN ledger_actions a ON a.batch = l.batch AND a.place = l.place
WHERE l.address = ? AND height BETWEEN ? AND ?
ORDER BY l.batch DESC, l.place DESC LIMIT ?`
