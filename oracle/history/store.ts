/**
 * The history of graded blocks in a database: what is written block by block, each in one transaction, and rolled back
 * when the node's chain turns out to be another one. Other processes may write to the same file; each block is only
 * added behind the one that its writer saw.
 */
import type { ChainTip } from '../../factom/index.js'
import { hexOf } from './database.js'
import type { Database, Value } from './database.js'
import { fail } from './errors.js'
import { CHAIN_TABLES } from './schema.js'
import type { BlockToStore, Fate, OprToStore, OwnStep, SprToStore } from './types.js'

export interface StoredTip {
  readonly height: number
  readonly keyMr: string
}

export interface HistoryStore {
  /** The last directory block; null before the first. */
  tip(): StoredTip | null
  /** The first directory block. */
  first(): number | null
  /** Key MR of a directory block, null if it is not known. */
  keyMrAt(height: number): string | null
  /** The last entry block of the record chain and of the staking chain. */
  tips(): { readonly opr: ChainTip | null; readonly spr: ChainTip | null }
  /** What the history is of; null before it was said. */
  about(): { readonly chainId: string; readonly proof: string } | null
  /** Says what the history is of. Everything about another chain goes. */
  begin(about: { readonly chainId: string; readonly proof: string }): void
  /** Adds the block behind `after`. False if it is there already; `E_HISTORY_RACE` if the end is another one. */
  append(block: BlockToStore, after: StoredTip | null): boolean
  /** Forgets all blocks above this height; records of ours that were in them are in none again. */
  rollback(height: number): void
  /** A record of ours has come further. */
  own(step: OwnStep): void
}

const MAX_INTEGER = 2n ** 63n - 1n
/** A record that is not in its block may still be in a later one, if it was late. */
const LATE_BLOCKS = 6

export const blob = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
export const difficultyBlob = (difficulty: bigint): Uint8Array =>
  blob(difficulty.toString(16).padStart(16, '0'))

export function createStore(db: Database): HistoryStore {
  const tipOf = (table: 'opr_blocks' | 'spr_blocks'): ChainTip | null => {
    const row = db.one(`SELECT key_mr, sequence FROM ${table} ORDER BY height DESC LIMIT 1`)
    return row ? { keyMr: hexOf(row['key_mr']), sequence: Number(row['sequence']) } : null
  }
  const tip = (): StoredTip | null => {
    const row = db.one('SELECT height, key_mr FROM blocks ORDER BY height DESC LIMIT 1')
    return row ? { height: Number(row['height']), keyMr: hexOf(row['key_mr']) } : null
  }
  const keyMrAt = (height: number): string | null => {
    const row = db.one('SELECT key_mr FROM blocks WHERE height = ?', height)
    return row ? hexOf(row['key_mr']) : null
  }

  function minerId(identity: string, address: string): Value {
    const find = () => db.one('SELECT id FROM miners WHERE identity = ? AND address = ?', identity, address)
    const found = find()
    if (found) return found['id'] as bigint
    db.run('INSERT INTO miners (identity, address) VALUES (?, ?)', identity, address)
    return find()?.['id'] as bigint
  }

  function writeOpr(height: number, opr: OprToStore): void {
    const { keyMr, sequence, version, entries, valid, winners, winnersFrom, hashPower } = opr
    db.run(
      'INSERT INTO opr_blocks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...[height, blob(keyMr), sequence, version, entries, valid, winners, winnersFrom, hashPower],
    )
    for (const { place, entryHash, identity, address, difficulty, grade, payout } of opr.records) {
      db.run(
        'INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)',
        ...[height, place, blob(entryHash), minerId(identity, address), difficultyBlob(difficulty)],
        ...[real(grade), payout],
      )
    }
    for (const [asset, { price, median }] of opr.rates)
      db.run('INSERT INTO rates VALUES (?, ?, ?, ?)', asset, height, whole(price), whole(median))
    for (const [reason, count] of opr.refusals)
      db.run('INSERT INTO refusals VALUES (?, ?, ?)', height, reason, count)
    settle(height, opr.fateOf)
  }

  /** Records of ours that wait for their block: is it this one? */
  function settle(height: number, fateOf: OprToStore['fateOf']): void {
    const open = db.all(
      'SELECT entry_hash FROM own WHERE block IS NULL AND height BETWEEN ? AND ?',
      height - LATE_BLOCKS,
      height,
    )
    for (const { entry_hash: hash } of open) {
      const fate = fateOf(hexOf(hash))
      if (fate) writeFate(hexOf(hash), height, fate)
    }
  }

  function writeFate(
    entryHash: string,
    height: number,
    { verdict, place, payout, grade, costs }: Fate,
  ): void {
    const told = costs.map(({ asset, distance, cost }) => [asset, distance, cost])
    db.run(
      'UPDATE own SET block = ?, verdict = ?, place = ?, payout = ?, grade = ?, costs = ? WHERE entry_hash = ?',
      ...[height, verdict, place, payout, grade === null ? null : real(grade), JSON.stringify(told)],
      blob(entryHash),
    )
  }

  function writeSpr(
    height: number,
    { keyMr, sequence, version, entries, valid, winners, records }: SprToStore,
  ): void {
    db.run(
      'INSERT INTO spr_blocks VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[height, blob(keyMr), sequence, version, entries, valid, winners],
    )
    for (const { place, entryHash, address, grade, payout } of records)
      db.run(
        'INSERT INTO stakes VALUES (?, ?, ?, ?, ?, ?)',
        ...[height, place, blob(entryHash), address, real(grade), payout],
      )
  }

  return {
    tip,
    first() {
      const row = db.one('SELECT min(height) AS height FROM blocks')
      return row?.['height'] === null || row?.['height'] === undefined ? null : Number(row['height'])
    },
    keyMrAt,
    tips: () => ({ opr: tipOf('opr_blocks'), spr: tipOf('spr_blocks') }),
    about() {
      const row = db.one('SELECT chain, proof FROM about')
      return row ? { chainId: hexOf(row['chain']), proof: hexOf(row['proof']) } : null
    },
    begin({ chainId, proof }) {
      db.transaction(() => {
        for (const table of [...CHAIN_TABLES, 'own', 'miners', 'about']) db.run(`DELETE FROM ${table}`)
        db.run('INSERT INTO about VALUES (?, ?)', blob(chainId), blob(proof))
      })
    },
    append(block, after) {
      const { height, keyMr, time, opr, spr } = block
      return db.transaction(() => {
        const end = tip()
        if (end?.keyMr !== after?.keyMr) {
          if (keyMrAt(height) === keyMr) return false
          throw fail('E_HISTORY_RACE', `block ${height} cannot follow block ${end?.height ?? 'none'}`)
        }
        db.run('INSERT INTO blocks VALUES (?, ?, ?)', height, blob(keyMr), time)
        if (opr) writeOpr(height, opr)
        if (spr) writeSpr(height, spr)
        return true
      })
    },
    rollback(height) {
      db.transaction(() => {
        for (const table of CHAIN_TABLES) db.run(`DELETE FROM ${table} WHERE height > ?`, height)
        db.run(
          `UPDATE own SET block = NULL, verdict = NULL, place = NULL, payout = NULL, grade = NULL, costs = NULL
           WHERE block > ?`,
          height,
        )
      })
    },
    own({ entryHash, height, status, reason, nonce, difficulty, time }) {
      db.run(
        `INSERT INTO own (entry_hash, height, nonce, difficulty, status, reason, submitted, acknowledged)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (entry_hash) DO UPDATE SET
           status = CASE own.status WHEN 'acknowledged' THEN own.status ELSE excluded.status END,
           reason = excluded.reason,
           nonce = coalesce(own.nonce, excluded.nonce),
           difficulty = coalesce(own.difficulty, excluded.difficulty),
           submitted = coalesce(own.submitted, excluded.submitted),
           acknowledged = coalesce(own.acknowledged, excluded.acknowledged)`,
        ...[blob(entryHash), height, nonce ? blob(nonce) : null, difficulty ? blob(difficulty) : null],
        ...[status, reason ?? null, time, status === 'acknowledged' ? time : null],
      )
    },
  }
}

const whole = (price: bigint): Value => (price > MAX_INTEGER ? String(price) : price)

/** SQLite has no value that is no number. */
function real(value: number): number | null {
  return Number.isNaN(value) ? null : value
}
