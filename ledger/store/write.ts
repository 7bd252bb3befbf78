/** What a block changes, put into the tables, and taken back. */
import { blobOf, wordBlob, type Transaction, type Value } from '../../base/index.js'
import type { BlockOutcome, LedgerEvent } from '../engine/types.js'
import type { Ticker } from '../tickers.js'
import { BLOCK_TABLES } from './schema.js'

export function writeOutcome(tx: Transaction, outcome: BlockOutcome): void {
  const { height, rates, bank } = outcome
  writeBalances(tx, outcome)
  for (const [ticker, rate] of rates ?? [])
    tx.run('INSERT INTO ledger_rates VALUES (?, ?, ?)', height, ticker, String(rate))
  if (bank)
    tx.run(
      'INSERT INTO ledger_bank VALUES (?, ?, ?, ?)',
      ...[height, bank.amount, bank.used, String(bank.requested)],
    )
  if (outcome.snapshot) tx.run('INSERT INTO ledger_snapshots VALUES (?)', height)
  writeGrade(tx, outcome)
  for (const event of outcome.events) writeEvent(tx, event, height)
  writeTip(tx, height)
}

/** The last block that is known; the row itself is made when the ledger is begun. */
export function writeTip(tx: Transaction, height: number): void {
  tx.run('UPDATE ledger_about SET height = ?', height)
}

function writeBalances(tx: Transaction, { height, balances }: BlockOutcome): void {
  const gained = new Map<Ticker, bigint>()
  for (const [address, changed] of balances) {
    let account: Value = null
    for (const [ticker, amount] of changed) {
      const row = tx.one(
        `SELECT id, amount FROM ledger_accounts
         LEFT JOIN ledger_balances ON account = id AND ticker = ? WHERE address = ?`,
        ...[ticker, blobOf(address)],
      )
      account ??= (row?.['id'] as bigint | undefined) ?? newAccount(tx, address, height)
      const before = (row?.['amount'] as bigint | null | undefined) ?? 0n
      if (before === amount) continue
      tx.run('INSERT OR REPLACE INTO ledger_balances VALUES (?, ?, ?)', account, ticker, amount)
      tx.run('INSERT INTO ledger_changes VALUES (?, ?, ?, ?)', height, account, ticker, before)
      gained.set(ticker, (gained.get(ticker) ?? 0n) + amount - before)
    }
  }
  for (const [ticker, gain] of gained) {
    const row = tx.one('SELECT amount FROM ledger_supply WHERE ticker = ?', ticker)
    const amount = BigInt((row?.['amount'] as string | undefined) ?? 0) + gain
    tx.run('INSERT OR REPLACE INTO ledger_supply VALUES (?, ?)', ticker, String(amount))
    if (gain !== 0n) tx.run('INSERT INTO ledger_supplies VALUES (?, ?, ?)', ticker, height, String(amount))
  }
}

function newAccount(tx: Transaction, address: string, height: number): Value {
  tx.run('INSERT INTO ledger_accounts (address, height) VALUES (?, ?)', blobOf(address), height)
  return tx.one('SELECT last_insert_rowid() AS id')?.['id'] as bigint
}

function writeGrade(tx: Transaction, { height, oracle }: BlockOutcome): void {
  if (!oracle) return
  tx.run('INSERT INTO ledger_grades VALUES (?, ?)', height, JSON.stringify(oracle.winners))
  if (!oracle.gradable) return
  for (const { place, entryHash, nonce, difficulty, opr, payout } of oracle.graded)
    tx.run(
      'INSERT INTO ledger_graded VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      ...[height, place, blobOf(entryHash), nonce, wordBlob(difficulty)],
      ...[opr.identity, opr.address, payout],
    )
}

function writeEvent(tx: Transaction, event: LedgerEvent, height: number): void {
  switch (event.type) {
    case 'entered':
      return writeBatch(tx, event, height)
    case 'verdict':
      return tx.run(
        'UPDATE ledger_batches SET status = ?, judged = ? WHERE hash = ?',
        ...[event.status, height, blobOf(event.hash)],
      )
    case 'converted':
      return tx.run(
        `UPDATE ledger_actions SET result = ?, refund = ?
         WHERE batch = (SELECT max(id) FROM ledger_batches WHERE hash = ?) AND place = ?`,
        ...[event.amount, event.refund, blobOf(event.hash), event.index],
      )
    case 'credited':
      return writeCredits(tx, event, height)
    case 'skipped':
      return tx.run('INSERT INTO ledger_skipped VALUES (?, ?, ?)', height, blobOf(event.hash), event.reason)
    // They show in the balances alone.
    case 'minted':
    case 'destroyed':
  }
}

interface Line {
  readonly hash: string
  readonly height: number
  readonly place: number
  readonly seconds: number
  readonly status: number
  /** Height of the block that said so. */
  readonly judged: number | null
}

/** Answers with its number. */
export function insertLine(tx: Transaction, line: Line): bigint {
  const { hash, height, place, seconds, status, judged } = line
  tx.run(
    'INSERT INTO ledger_batches (hash, height, place, seconds, status, judged) VALUES (?, ?, ?, ?, ?, ?)',
    ...[blobOf(hash), height, place, seconds, status, judged],
  )
  return tx.one('SELECT last_insert_rowid() AS id')?.['id'] as bigint
}

/** `values`: kind, address, ticker, amount, target, result, refund, outputs. It is in the history of these addresses. */
export function insertAction(
  tx: Transaction,
  action: { readonly batch: bigint; readonly place: number; readonly values: readonly Value[] },
  addresses: readonly string[],
): void {
  const { batch, place, values } = action
  tx.run('INSERT INTO ledger_actions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', batch, place, ...values)
  for (const address of new Set(addresses))
    tx.run('INSERT INTO ledger_lookup VALUES (?, ?, ?)', blobOf(address), batch, place)
}

function writeBatch(
  tx: Transaction,
  { batch: { hash, transactions }, order, seconds }: Extract<LedgerEvent, { type: 'entered' }>,
  height: number,
): void {
  const batch = insertLine(tx, { hash, height, place: order, seconds, status: 0, judged: null })
  for (const [place, transaction] of transactions.entries()) {
    const { kind, input } = transaction
    const outputs = kind === 'transfer' ? transaction.outputs : []
    const listed = outputs.map(({ address, amount }) => [address, String(amount)])
    const given: Value[] =
      kind === 'transfer' ? ['', 0, null, JSON.stringify(listed)] : [transaction.target, 0, null, null]
    insertAction(
      tx,
      { batch, place, values: [kind, blobOf(input.address), input.ticker, input.amount, ...given] },
      [input.address, ...outputs.map(({ address }) => address)],
    )
  }
}

function writeCredits(
  tx: Transaction,
  { action, hash, order, seconds, credits }: Extract<LedgerEvent, { type: 'credited' }>,
  height: number,
): void {
  const batch = insertLine(tx, { hash, height, place: order, seconds, status: height, judged: height })
  for (const { index, address, ticker, amount } of credits) {
    const input: Value[] = action === 'burn' ? ['FCT', amount] : ['', 0]
    const values = [action, blobOf(address), ...input, ticker, amount, null, null]
    insertAction(tx, { batch, place: index, values }, [address])
  }
}

/** Forgets the blocks above this height. */
export function rollback(tx: Transaction, height: number): void {
  tx.run('UPDATE ledger_rollbacks SET count = count + 1')
  tx.run(
    `INSERT OR REPLACE INTO ledger_balances
     SELECT account, ticker, before FROM (
       SELECT account, ticker, before, min(height) FROM ledger_changes WHERE height > ? GROUP BY +account, +ticker
     )`,
    height,
  )
  tx.run(
    'DELETE FROM ledger_balances WHERE account IN (SELECT id FROM ledger_accounts WHERE height > ?)',
    height,
  )
  tx.run('DELETE FROM ledger_accounts WHERE height > ?', height)
  const later = '(SELECT id FROM ledger_batches WHERE height > ?)'
  tx.run(`DELETE FROM ledger_lookup WHERE batch IN ${later}`, height)
  tx.run(`DELETE FROM ledger_actions WHERE batch IN ${later}`, height)
  tx.run('DELETE FROM ledger_batches WHERE height > ?', height)
  tx.run(
    `UPDATE ledger_actions SET result = 0, refund = NULL
     WHERE batch IN (SELECT id FROM ledger_batches WHERE judged > ?)`,
    height,
  )
  tx.run('UPDATE ledger_batches SET status = 0, judged = NULL WHERE judged > ?', height)
  for (const table of BLOCK_TABLES) tx.run(`DELETE FROM ${table} WHERE height > ?`, height)
  // In two parts: the sum may be beyond 64 bits.
  tx.run('DELETE FROM ledger_supply')
  for (const { ticker, high, low } of tx.all(
    `SELECT ticker, sum(amount >> 32) AS high, sum(amount & 4294967295) AS low
     FROM ledger_balances GROUP BY ticker`,
  ))
    tx.run(
      'INSERT INTO ledger_supply VALUES (?, ?)',
      ...[ticker as string, String(((high as bigint) << 32n) + (low as bigint))],
    )
  writeTip(tx, height)
}
