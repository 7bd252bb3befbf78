/** A checkpoint of a ledger after its last block. */
import { hexOf, type Row, type Transaction } from '../../base/index.js'
import { chainEnd } from '../../chain/index.js'
import { PERIOD } from '../engine/averages.js'
import { SNAPSHOT_BLOCKS } from '../engine/rewards.js'
import { aboutLedger } from '../store/about.js'
import { outputsOf, ratesFrom } from '../store/view.js'
import { stateHash } from '../store/state-hash.js'
import { fail } from '../errors.js'
import { SALT_SECONDS } from '../transactions/signature.js'
import { balancesIn, type Checkpoint, type CheckpointAction, type CheckpointLine } from './shape.js'

type Queries = Pick<Transaction, 'all' | 'one'>

/** All reads must see the same block: within one transaction. Throws `E_LEDGER_NONE`. */
export function makeCheckpoint(db: Queries): Checkpoint {
  const about = aboutLedger(db)
  if (!about) throw fail('E_LEDGER_NONE', 'there is no ledger yet')
  const { network, origin, averages, height } = about
  const numberOf = (sql: string): number | null => {
    const value = db.one(sql)?.['value']
    return typeof value === 'bigint' ? Number(value) : null
  }
  const snapshot = numberOf('SELECT max(height) AS value FROM ledger_snapshots')
  const rated = numberOf('SELECT max(height) AS value FROM ledger_rates') ?? 0
  const accounts = accountsOf(db, snapshot)
  const grade = db.one('SELECT height, winners FROM ledger_grades ORDER BY height DESC LIMIT 1')
  return {
    ...{ format: 'pegminer ledger checkpoint', version: 1 },
    ...{ network, origin, averages, height },
    hash: stateHash(balancesIn(accounts)),
    chain: origin === 'chain' ? chainEnd(db, height) : null,
    ...{ accounts, snapshot },
    // Averages of the form `incremental` look back twice their period.
    rates: ratesFrom(db, Math.max(0, rated - 2 * PERIOD), height).map((dated) => [
      dated.height,
      Object.fromEntries(dated.rates),
    ]),
    winners: grade ? [Number(grade['height']), winnersOf(grade)] : null,
    lines: linesFrom(db, firstLine(db, rated, height)),
  }
}

const winnersOf = (grade: Row): string[] => JSON.parse(grade['winners'] as string) as string[]

function accountsOf(db: Queries, snapshot: number | null): Checkpoint['accounts'] {
  const ids = new Map<unknown, number>()
  const accounts: Checkpoint['accounts'] = db
    .all('SELECT id, address FROM ledger_accounts ORDER BY id')
    .map(({ id, address }, k) => {
      ids.set(id, k)
      return [hexOf(address), {}, {}]
    })
  const fill = (part: 1 | 2, rows: readonly Row[]): void => {
    for (const row of rows) {
      const own = accounts[ids.get(row['account']) ?? -1]?.[part]
      if (own) own[row['ticker'] as string] = row['amount'] as bigint
    }
  }
  fill(1, db.all('SELECT account, ticker, amount FROM ledger_balances'))
  if (snapshot !== null)
    fill(
      2,
      db.all(
        `SELECT account, ticker, before AS amount, min(height) FROM ledger_changes
         WHERE height >= ? GROUP BY +account, +ticker`,
        snapshot,
      ),
    )
  return accounts
}

/**
 * From which block on lines of the history can still matter: what waits since the last rates; what may come again, which
 * a signature allows for a day; what the one-off events look at.
 */
function firstLine(db: Queries, rated: number, height: number): number {
  const again = db.one(
    `SELECT min(height) AS height FROM ledger_batches
     WHERE seconds >= (SELECT max(seconds) FROM ledger_batches) - ?`,
    4 * SALT_SECONDS,
  )?.['height']
  return Math.min(rated, height - SNAPSHOT_BLOCKS, typeof again === 'bigint' ? Number(again) : height)
}

function linesFrom(db: Queries, first: number): CheckpointLine[] {
  const lines = new Map<unknown, CheckpointLine>()
  for (const row of db.all(
    `SELECT b.id, hash, height, b.place AS line, seconds, status, judged, a.* FROM ledger_batches b
     JOIN ledger_actions a ON a.batch = b.id WHERE height >= ? ORDER BY b.id, a.place`,
    first,
  )) {
    const line = lines.get(row['id']) ?? lineOf(row)
    lines.set(row['id'], line)
    line[6].push(actionOf(row))
  }
  return [...lines.values()]
}

function lineOf(row: Row): CheckpointLine {
  const judged = row['judged'] === null ? null : Number(row['judged'])
  const [hash, height, seconds] = [hexOf(row['hash']), Number(row['height']), Number(row['seconds'])]
  return [hash, height, Number(row['line']), seconds, Number(row['status']), judged, []]
}

const actionOf = (row: Row): CheckpointAction => [
  ...([Number(row['place']), row['kind'] as CheckpointAction[1], hexOf(row['address'])] as const),
  ...([row['ticker'] as CheckpointAction[3], row['amount'] as bigint] as const),
  ...([
    row['target'] as CheckpointAction[5],
    row['result'] as bigint,
    row['refund'] as bigint | null,
  ] as const),
  row['outputs'] === null ? null : outputsOf(row['outputs']).map(({ address, amount }) => [address, amount]),
]
