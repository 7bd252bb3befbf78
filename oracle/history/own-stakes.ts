/** Our own staking records: what the publisher has told of them, and what their blocks decided. */
import { blobOf, hexOf, type Row, type Transaction } from '../../base/index.js'
import { LATE_BLOCKS, statusRank } from './own-fate.js'
import type { OwnStake, OwnStakeStep, SprToStore } from './types.js'

/** A staking record of ours has come further. A later status is never taken back by an earlier one. */
export function noteStake(
  db: Pick<Transaction, 'run'>,
  { entryHash, height, address, status, reason, time }: OwnStakeStep,
): void {
  db.run(
    `INSERT INTO own_stakes (entry_hash, height, address, status, reason, submitted) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (entry_hash) DO UPDATE SET
       status = iif(${statusRank('excluded')} < ${statusRank('own_stakes')}, own_stakes.status, excluded.status),
       reason = excluded.reason`,
    ...[blobOf(entryHash), height, address, status, reason ?? null, time],
  )
}

/** Settles the records that wait for their block and are in this one. Called within the transaction of the block. */
export function settleStakes(db: Transaction, height: number, fateOf: SprToStore['fateOf']): void {
  const open = db.all(
    'SELECT entry_hash FROM own_stakes WHERE block IS NULL AND height BETWEEN ? AND ?',
    ...[height - LATE_BLOCKS, height],
  )
  for (const { entry_hash } of open) {
    const hash = hexOf(entry_hash)
    const fate = fateOf(hash)
    if (!fate) continue
    const grade = Number.isNaN(fate.grade) ? null : fate.grade
    db.run(
      'UPDATE own_stakes SET block = ?, verdict = ?, place = ?, payout = ?, grade = ? WHERE entry_hash = ?',
      ...[height, fate.verdict, fate.place, fate.payout, grade, blobOf(hash)],
    )
  }
}

/** Records in blocks above this height are in none again. */
export function forgetStakes(db: Pick<Transaction, 'run'>, height: number): void {
  db.run(
    'UPDATE own_stakes SET block = NULL, verdict = NULL, place = NULL, payout = NULL, grade = NULL WHERE block > ?',
    height,
  )
}

/** The records for blocks of these heights. */
export const stakesBetween = (db: Pick<Transaction, 'all'>, heights: readonly [number, number]): OwnStake[] =>
  db
    .all(
      'SELECT * FROM own_stakes WHERE height BETWEEN ? AND ? ORDER BY height, place IS NULL, place, entry_hash',
      ...heights,
    )
    .map(stakeOf)

export interface StakeTotals {
  /** How many were published, and how many were paid. */
  readonly records: number
  readonly winners: number
  /** 1e-8 PEG. */
  readonly paid: bigint
  readonly last: OwnStake | null
}

/** The totals of an address, of all runs. */
export function stakesOf(db: Pick<Transaction, 'one'>, address: string): StakeTotals {
  const sums = db.one(
    'SELECT count(*) AS records, count(iif(payout > 0, 1, NULL)) AS winners, coalesce(sum(payout), 0) AS paid FROM own_stakes WHERE address = ?',
    address,
  )
  const last = db.one('SELECT * FROM own_stakes WHERE address = ? ORDER BY height DESC LIMIT 1', address)
  return {
    ...{ records: Number(sums?.['records']), winners: Number(sums?.['winners']) },
    ...{ paid: BigInt(sums?.['paid'] as bigint), last: last ? stakeOf(last) : null },
  }
}

export function stakeOf(row: Row): OwnStake {
  const number = (name: string): number | null => (row[name] === null ? null : Number(row[name]))
  return {
    entryHash: hexOf(row['entry_hash']),
    height: Number(row['height']),
    address: String(row['address']),
    status: row['status'] as OwnStake['status'],
    reason: row['reason'] as string | null,
    submitted: Number(row['submitted']),
    block: number('block'),
    ...(row['block'] === null
      ? {}
      : {
          verdict: String(row['verdict']),
          place: number('place'),
          payout: row['payout'] as bigint | null,
          grade: number('grade'),
        }),
  }
}
