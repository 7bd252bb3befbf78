/** A ledger that is written elsewhere, opened for reading as soon as there is one. */
import { isCoded } from '../../base/index.js'
import { createLedgerReads, openLedger, type LedgerQueries } from '../../ledger/index.js'
import type { LedgerNumbers, LedgerReads } from '../../telemetry/index.js'

export type LateLedger = ReturnType<typeof ledgerReader>

const NOT_YET = ['E_LEDGER_NONE', 'E_HISTORY_NONE']

export function ledgerReader(file: string) {
  let opened: { readonly query: LedgerQueries; readonly reads: LedgerReads } | null = null
  const open = (): typeof opened => {
    try {
      const query = openLedger(file)
      return { query, reads: createLedgerReads(query) }
    } catch (error) {
      if (isCoded(error) && NOT_YET.includes(error.code)) return null
      throw error
    }
  }
  const known = (): typeof opened => (opened ??= open())
  return {
    /** Null: there is none yet. */
    query: (): LedgerQueries | null => known()?.query ?? null,
    /** What the API answers; null: there is none yet. */
    reads: (): LedgerReads | null => known()?.reads ?? null,
    close: (): void => opened?.query.close(),
  }
}

/** What metrics say of a ledger; null: there is none yet. */
export function ledgerNumbers(
  query: Pick<LedgerQueries, 'about' | 'issuance'> | null,
  seen: Omit<LedgerNumbers, 'height' | 'supply'>,
): LedgerNumbers | null {
  if (query === null) return null
  return { ...seen, height: query.about().height, supply: query.issuance() }
}

/** Where a ledger stands beside the node that it follows. */
export const ledgerPulse = (
  query: Pick<LedgerQueries, 'about'>,
  { nodeHeight, trouble, evenAt }: Omit<LedgerNumbers, 'height' | 'supply'>,
) => ({ nodeHeight, trouble, evenAt, height: query.about().height })
