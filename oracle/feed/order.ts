/**
 * In which order the withdrawals of a gateway are signed: that in which they were asked for on the asset chain, the
 * same for all signers; and what one pass found that others depend on.
 */
import { isOver, payoutsOf, type StateFile } from './ledger-file.js'
import { livingOf } from './payouts.js'
import { reservedBut } from './withdrawal.js'

export function createOrder(file: StateFile) {
  /** Of the requests on the asset chain. */
  const heights = new Map<string, number>()
  /** Found in this pass: paid in a block, and not, though a payout is there that could be. */
  const paid = new Set<string>()
  const due = new Set<string>()
  const records = () => Object.values(file.state.withdrawals)

  function isBefore(one: string, other: string): boolean {
    const [a, b] = [heights.get(one) ?? 0, heights.get(other) ?? 0]
    return a < b || (a === b && one < other)
  }

  const isPaid = (withdrawTxid: string): boolean =>
    paid.has(withdrawTxid) || file.state.withdrawals[withdrawTxid]?.step === 'marked'

  return {
    heights,
    paid,
    due,
    /** A pass begins. */
    begin(): void {
      paid.clear()
      due.clear()
    },
    sorted<T extends { readonly withdrawTxid: string }>(items: readonly T[]): T[] {
      return [...items].sort((a, b) => (isBefore(a.withdrawTxid, b.withdrawTxid) ? -1 : 1))
    },
    /**
     * Whether nothing that was signed for an earlier withdrawal is still to be mined. Until then coins come and go, and
     * two honest signers may take different ones for the oldest, or wait for each other.
     */
    isFirst(withdrawTxid: string): boolean {
      const open = records().filter((record) => !isOver(record) && livingOf(payoutsOf(record)).length > 0)
      const ids = [...open.map((record) => record.withdrawTxid), ...due]
      return ids.every((id) => isPaid(id) || !isBefore(id, withdrawTxid))
    },
    /** Inputs of what pays another withdrawal; one that is paid in a block needs nothing any more. */
    reservedFor(withdrawTxid: string): ReadonlySet<string> {
      const unpaid = records().filter((record) => !isPaid(record.withdrawTxid))
      return reservedBut(unpaid, withdrawTxid)
    },
  }
}

export type Order = ReturnType<typeof createOrder>
