/** What became of a record of ours. */
import type { EntryStatus } from '../../factom/index.js'
import type { OwnRecord } from './types.js'

/** A record that is not in its block may still be in a later one, if it was late. */
export const LATE_BLOCKS = 6

const STATUSES = 'committed revealed acknowledged landed missed'

/** The rank of a table's status, in SQL: a later status is never taken back by an earlier one. */
export const statusRank = (table: string): string => `instr('${STATUSES}', ${table}.status)`

/** The blocks up to `lastHeight` decide; for later ones, what the publisher has told counts. */
export function ownFate(
  {
    block,
    status,
    reason,
    verdict,
    height,
  }: Pick<OwnRecord, 'block' | 'status' | 'reason' | 'verdict' | 'height'>,
  lastHeight: number,
): { readonly status: EntryStatus; readonly reason: string | null } {
  if (block !== null) return { status: 'landed', reason: verdict === 'graded' ? null : (verdict ?? null) }
  if (status === 'missed') return { status, reason }
  if (height + LATE_BLOCKS <= lastHeight) return { status: 'missed', reason: reason ?? 'it is in no block' }
  // The block that it was in is no longer on the chain.
  return { status: status === 'landed' ? 'acknowledged' : status, reason }
}
