/** A ledger that begins with a checkpoint instead of the first block. */
import { blobOf, type Database, type Transaction, type Value } from '../../base/index.js'
import { startChain } from '../../chain/index.js'
import type { AverageForm } from '../engine/averages.js'
import { fail } from '../errors.js'
import { aboutLedger, beginLedger, type LedgerAbout } from '../store/about.js'
import { LEDGER_SCHEMA } from '../store/schema.js'
import { createLedgerQueries } from '../store/queries.js'
import { stateHash } from '../store/state-hash.js'
import { insertAction, insertLine, writeTip } from '../store/write.js'
import type { Checkpoint } from './shape.js'

export interface RestoreOptions extends Pick<LedgerAbout, 'network' | 'origin'> {
  readonly averages?: AverageForm | undefined
  /** Who follows the same chain, before the ledger: they begin behind the same block. */
  readonly consumers: readonly string[]
}

/**
 * All of it or nothing. Where the ledger was begun with this checkpoint already, it stays as it is. Throws
 * `E_LEDGER_OTHER` if there is another one, or the checkpoint is not of this chain.
 */
export function restoreCheckpoint(db: Database, checkpoint: Checkpoint, options: RestoreOptions): void {
  const { network, origin, averages = 'window' } = options
  for (const [what, theirs, ours] of [
    ['network', checkpoint.network, network],
    ['first block', checkpoint.origin, origin],
    ['form of averages', checkpoint.averages, averages],
  ] as const)
    if (theirs !== ours)
      throw fail('E_LEDGER_OTHER', `the ${what} of the checkpoint is ${theirs}, not ${ours}`)
  const about = aboutLedger(db)
  if (about && about.begins === checkpoint.height && hashAt(db, about.begins) === checkpoint.hash) return
  if (about || db.one('SELECT 1 FROM blocks') !== undefined)
    throw fail('E_LEDGER_OTHER', 'the data directory holds a chain that was followed already')
  db.transaction(() => {
    const { height, chain } = checkpoint
    beginLedger(db, { ...{ network, origin, height, averages }, begins: height })
    plantAccounts(db, checkpoint)
    plantPast(db, checkpoint)
    plantLines(db, checkpoint)
    writeTip(db, height)
    if (chain) startChain(db, { height, ...chain }, [...options.consumers, LEDGER_SCHEMA.name])
  })
}

const hashAt = (db: Database, height: number): string => stateHash(createLedgerQueries(db).balancesAt(height))

/** What was another balance at the last snapshot is kept as if the checkpoint's block had changed it. */
function plantAccounts(tx: Transaction, { height, accounts }: Checkpoint): void {
  const supplies = new Map<string, bigint>()
  for (const [k, [address, held, past]] of accounts.entries()) {
    const id = k + 1
    tx.run('INSERT INTO ledger_accounts VALUES (?, ?, ?)', id, blobOf(address), height)
    for (const [ticker, amount] of Object.entries(held)) {
      tx.run('INSERT INTO ledger_balances VALUES (?, ?, ?)', id, ticker, amount)
      supplies.set(ticker, (supplies.get(ticker) ?? 0n) + amount)
    }
    for (const [ticker, before] of Object.entries(past))
      tx.run('INSERT INTO ledger_changes VALUES (?, ?, ?, ?)', height, id, ticker, before)
  }
  for (const [ticker, amount] of supplies) {
    tx.run('INSERT INTO ledger_supply VALUES (?, ?)', ticker, String(amount))
    tx.run('INSERT INTO ledger_supplies VALUES (?, ?, ?)', ticker, height, String(amount))
  }
}

function plantPast(tx: Transaction, { snapshot, rates, winners }: Checkpoint): void {
  if (snapshot !== null) tx.run('INSERT INTO ledger_snapshots VALUES (?)', snapshot)
  for (const [height, own] of rates)
    for (const [ticker, rate] of Object.entries(own))
      tx.run('INSERT INTO ledger_rates VALUES (?, ?, ?)', height, ticker, String(rate))
  if (winners) tx.run('INSERT INTO ledger_grades VALUES (?, ?)', winners[0], JSON.stringify(winners[1]))
}

function plantLines(tx: Transaction, { lines }: Checkpoint): void {
  for (const [hash, height, place, seconds, status, judged, actions] of lines) {
    const id = insertLine(tx, { hash, height, place, seconds, status, judged })
    for (const [index, kind, address, ticker, amount, target, result, refund, outputs] of actions) {
      const listed = outputs && JSON.stringify(outputs.map(([to, share]) => [to, String(share)]))
      const values: Value[] = [kind, blobOf(address), ticker, amount, target, result, refund, listed]
      insertAction(tx, { batch: id, place: index, values }, [address, ...(outputs ?? []).map(([to]) => to)])
    }
  }
}
