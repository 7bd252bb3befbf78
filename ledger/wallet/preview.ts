/**
 * What the next block would make of a batch, by the rules themselves. The true result of a conversion is fixed by a
 * later block: by the rates of the first one behind the batch that has any. Pure.
 */
import { execute } from '../engine/execute.js'
import { executeSince } from '../engine/held.js'
import { createPending } from '../engine/pending.js'
import type { Balances, LedgerEvent } from '../engine/types.js'
import type { LedgerRules } from '../rules.js'
import { hasConversion } from '../transactions/batch.js'
import type { LedgerTransaction } from '../transactions/types.js'
import type { LastPrices } from './source.js'

export interface PreviewTerms {
  /** The last block that is known. */
  readonly height: number
  readonly prices: LastPrices | null
  readonly rules: LedgerRules
  /** What the address of the inputs may spend. */
  readonly available: Balances
}

/** What a conversion would give. */
export interface Converted {
  readonly index: number
  readonly amount: bigint
  /** Of one into PEG from the bank: what is given back. */
  readonly refund: bigint | null
}

export type Preview =
  | { readonly kind: 'executed'; readonly converted: readonly Converted[] }
  /** `status`: why (`REFUSED`). */
  | { readonly kind: 'refused'; readonly status: number }
  /** It would wait for ever: a price is missing, or the result is too large. */
  | { readonly kind: 'dropped' }
  | { readonly kind: 'skipped'; readonly reason: string }
  /** There are no rates yet. */
  | { readonly kind: 'unpriced' }

const HASH = 'f'.repeat(64)

export function previewOf(
  transactions: readonly LedgerTransaction[],
  { height, prices, rules, available }: PreviewTerms,
): Preview {
  const events: LedgerEvent[] = []
  const own = transactions[0]?.input.address
  const pending = createPending({
    balance: (address, ticker) => (address === own ? (available.get(ticker) ?? 0n) : 0n),
  })
  const terms = { pending, rules, height: height + 1, tell: (event: LedgerEvent) => void events.push(event) }
  const batch = { hash: HASH, transactions, height }
  if (!hasConversion(batch)) execute(batch, { ...terms, prices: null })
  else if (prices === null) return { kind: 'unpriced' }
  else {
    executeSince({ held: () => [[batch]], known: () => null }, height, { ...terms, prices })
  }
  return outcomeOf(events)
}

function outcomeOf(events: readonly LedgerEvent[]): Preview {
  const converted = new Map<number, Converted>()
  let outcome: Preview = { kind: 'dropped' }
  for (const event of events) {
    if (event.type === 'converted') converted.set(event.index, event)
    if (event.type === 'skipped') outcome = { kind: 'skipped', reason: event.reason }
    if (event.type === 'verdict')
      outcome =
        event.status > 0 ? { kind: 'executed', converted: [] } : { kind: 'refused', status: event.status }
  }
  return outcome.kind === 'executed' ? { ...outcome, converted: [...converted.values()] } : outcome
}
