/** Entries of the transaction chain as the batches that they are. */
import type { LedgerRules } from '../rules.js'
import { parseTransactions } from './parse.js'
import { isSignedBy, type Signed } from './signature.js'
import type { Batch } from './types.js'

export interface BatchEntry extends Signed {
  readonly hash: string
}

/** The batch of an entry in the block of this height; null if it is no valid one, which leaves no trace. */
export function readBatch(
  entry: BatchEntry,
  height: number,
  rules: Pick<LedgerRules, 'ethereumKeys'>,
): Batch | null {
  const transactions = parseTransactions(entry.content)
  const [first] = transactions ?? []
  if (!transactions || !first) return null
  if (!isSignedBy(first.input.address, entry, height >= rules.ethereumKeys)) return null
  return { hash: entry.hash, transactions }
}

export const hasConversion = ({ transactions }: Batch): boolean =>
  transactions.some(({ kind }) => kind === 'conversion')

/** Whether a transaction converts into PEG. */
export const asksForPeg = ({ transactions }: Batch): boolean =>
  transactions.some((transaction) => transaction.kind === 'conversion' && transaction.target === 'PEG')
