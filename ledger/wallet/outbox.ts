/**
 * Batches that were signed and may still be executed: written down before anything of them leaves, and kept until the
 * ledger says what became of them, or it is proven that nothing can become of them any more.
 */
import { decodeEntry, openPending } from '../../factom/index.js'
import { fail } from '../errors.js'
import { goodUntil, readSigned, type SignedBatch } from './batch.js'

export type Outbox = ReturnType<typeof openOutbox>

/** They are few: the ledger says within two blocks what became of each. */
const MOST = 40

/**
 * The file is read each time: another process may have signed since. Only the one that has the publisher's journal
 * changes it. Throws `E_FACTOM_JOURNAL`, as do all of its functions.
 */
export function openOutbox(file: string) {
  const open = () => openPending(file)
  return {
    /** In the order in which they were signed. */
    list(): readonly SignedBatch[] {
      const messages = open()
      return messages
        .names()
        .map((name) => readSigned(decodeEntry(messages.get(name) ?? new Uint8Array())))
        .sort((a, b) => a.signedAt - b.signedAt)
    },
    /** On disk when it returns. Throws `E_WALLET_FULL` while too many wait. */
    add({ entry }: SignedBatch): void {
      const messages = open()
      if (messages.names().length >= MOST)
        throw fail('E_WALLET_FULL', `${MOST} signed batches wait for their block already`)
      messages.put(entry.hash, entry.raw)
    },
    remove: (hash: string): void => open().remove(hash),
  }
}

/** What has become of a signed batch. */
export type Fate =
  | { readonly kind: 'executed'; readonly height: number }
  | { readonly kind: 'refused'; readonly height: number; readonly status: number }
  /** It is in a block, and is executed in the next one that has rates. */
  | { readonly kind: 'waiting'; readonly height: number }
  /** It is in a block, but was left there for ever: a price was missing, or the result was too large. */
  | { readonly kind: 'dropped'; readonly height: number }
  /** It is in no block, and too old for any that follows. */
  | { readonly kind: 'expired' }
  /**
   * It is in a block of which the ledger has read no transaction, since its prices lay outside the band: nothing comes of
   * it, unless the same entry comes into a block again until then, UNIX seconds.
   */
  | { readonly kind: 'passed'; readonly height: number; readonly until: number }
  /** It is in no block that is known. It may still be executed until then, UNIX seconds. */
  | { readonly kind: 'open'; readonly until: number }

export interface FateTerms {
  readonly found: { readonly height: number; readonly status: number } | null
  /** The block that passed it over (`LedgerSource.passedBy`). Default: none. */
  readonly passed?: number | null
  /** The last block that has rates; null if there is none. */
  readonly ratesHeight: number | null
  /** When the last block that the ledger knows began, UNIX seconds; null if that is not known. */
  readonly tipSeconds: number | null
}

/** Nothing waits beyond the first block with rates behind it, and nothing is taken that was signed 12 hours before. */
export function fateOf(
  batch: SignedBatch,
  { found, passed = null, ratesHeight, tipSeconds }: FateTerms,
): Fate {
  if (found === null) {
    const until = goodUntil(batch)
    if (tipSeconds !== null && tipSeconds > until) return { kind: 'expired' }
    return passed === null ? { kind: 'open', until } : { kind: 'passed', height: passed, until }
  }
  const { height, status } = found
  if (status > 0) return { kind: 'executed', height: status }
  if (status < 0) return { kind: 'refused', height, status }
  return ratesHeight !== null && ratesHeight > height
    ? { kind: 'dropped', height }
    : { kind: 'waiting', height }
}

export const isOver = ({ kind }: Fate): boolean => kind !== 'open' && kind !== 'waiting' && kind !== 'passed'
