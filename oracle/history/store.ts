/**
 * The history of graded blocks in a database: what is written of each block, within the transaction of the follower,
 * and forgotten when the node's chain turns out to be another one.
 */
import { blobOf, hexOf, wordBlob, type Transaction, type Value } from '../../base/index.js'
import { LATE_BLOCKS, statusRank } from './own-fate.js'
import { forgetStakes, settleStakes } from './own-stakes.js'
import { OPR_TABLES, SPR_TABLES } from './schema.js'
import type { Fate, OprToStore, OwnStep, SprToStore } from './types.js'

const MAX_INTEGER = 2n ** 63n - 1n

export function createStore(db: Transaction) {
  function minerId(identity: string, address: string): Value {
    const find = () => db.one('SELECT id FROM miners WHERE identity = ? AND address = ?', identity, address)
    const found = find()
    if (found) return found['id'] as bigint
    db.run('INSERT INTO miners (identity, address) VALUES (?, ?)', identity, address)
    return find()?.['id'] as bigint
  }

  function addOpr(height: number, opr: OprToStore): void {
    const { keyMr, sequence, version, entries, valid, winners, winnersFrom, hashPower } = opr
    db.run(
      'INSERT INTO opr_blocks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...[height, blobOf(keyMr), sequence, version, entries, valid, winners, winnersFrom, hashPower],
    )
    for (const { place, entryHash, identity, address, difficulty, grade, payout } of opr.records) {
      db.run(
        'INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?)',
        ...[height, place, blobOf(entryHash), minerId(identity, address), wordBlob(difficulty)],
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
    const rows = costs.map(({ asset, distance, cost }) => [asset, distance, cost])
    db.run(
      'UPDATE own SET block = ?, verdict = ?, place = ?, payout = ?, grade = ?, costs = ? WHERE entry_hash = ?',
      ...[height, verdict, place, payout, grade === null ? null : real(grade), JSON.stringify(rows)],
      blobOf(entryHash),
    )
  }

  function addSpr(
    height: number,
    { keyMr, sequence, version, entries, valid, winners, judged, records, fateOf }: SprToStore,
  ): void {
    db.run(
      'INSERT INTO spr_blocks VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      ...[height, blobOf(keyMr), sequence, version, entries, valid, winners, judged ? 1 : 0],
    )
    for (const { place, entryHash, address, grade, payout } of records)
      db.run(
        'INSERT INTO stakes VALUES (?, ?, ?, ?, ?, ?)',
        ...[height, place, blobOf(entryHash), address, real(grade), payout],
      )
    settleStakes(db, height, fateOf)
  }

  function forget(tables: readonly string[], height: number): void {
    for (const table of tables) db.run(`DELETE FROM ${table} WHERE height > ?`, height)
  }

  return {
    addOpr,
    addSpr,
    /** What the history is of; null before it was said. */
    about(): { readonly chainId: string; readonly proof: string } | null {
      const row = db.one('SELECT chain, proof FROM about')
      return row ? { chainId: hexOf(row['chain']), proof: hexOf(row['proof']) } : null
    },
    /** Notes what the history is of, and removes everything about another chain. Within a transaction. */
    begin({ chainId, proof }: { readonly chainId: string; readonly proof: string }): void {
      for (const table of [...OPR_TABLES, ...SPR_TABLES, 'own', 'own_stakes', 'miners', 'about'])
        db.run(`DELETE FROM ${table}`)
      db.run('INSERT INTO about VALUES (?, ?)', blobOf(chainId), blobOf(proof))
    },
    /** Forgets all blocks above this height; records of ours that were in them are in none again. */
    rollbackOpr(height: number): void {
      forget(OPR_TABLES, height)
      db.run(
        `UPDATE own SET block = NULL, verdict = NULL, place = NULL, payout = NULL, grade = NULL, costs = NULL
         WHERE block > ?`,
        height,
      )
    },
    rollbackSpr(height: number): void {
      forget(SPR_TABLES, height)
      forgetStakes(db, height)
    },
    /** A record of ours has come further. */
    own({ entryHash, height, status, reason, nonce, difficulty, time }: OwnStep): void {
      db.run(
        `INSERT INTO own (entry_hash, height, nonce, difficulty, status, reason, submitted, acknowledged)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (entry_hash) DO UPDATE SET
           status = iif(${statusRank('excluded')} < ${statusRank('own')}, own.status, excluded.status),
           reason = excluded.reason,
           nonce = coalesce(own.nonce, excluded.nonce),
           difficulty = coalesce(own.difficulty, excluded.difficulty),
           submitted = coalesce(own.submitted, excluded.submitted),
           acknowledged = coalesce(own.acknowledged, excluded.acknowledged)`,
        ...[blobOf(entryHash), height, nonce ? blobOf(nonce) : null, difficulty ? blobOf(difficulty) : null],
        ...[status, reason ?? null, time, status === 'acknowledged' || status === 'landed' ? time : null],
      )
    },
  }
}

const whole = (price: bigint): Value => (price > MAX_INTEGER ? String(price) : price)

/** SQLite has no NaN. */
function real(value: number): number | null {
  return Number.isNaN(value) ? null : value
}
