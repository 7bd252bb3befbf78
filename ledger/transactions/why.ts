/** What an entry of the transaction chain says, and why it is no batch, in words for people. The rules are `readBatch`. */
import { decodeEntry, type Entry } from '../../factom/index.js'
import type { LedgerRules } from '../rules.js'
import { readBatch } from './batch.js'
import { compactJson } from './json.js'
import { parseTransactions } from './parse.js'
import { SALT_SECONDS } from './signature.js'
import type { LedgerTransaction } from './types.js'

export interface EntryReading extends Entry {
  /** Null: its content says none. */
  readonly transactions: readonly LedgerTransaction[] | null
  /** Whether the owner of the input has signed it; null: there is nothing to sign. */
  readonly signed: boolean | null
  /** Null: it is a batch. */
  readonly wrong: string | null
}

interface RevealedEntry {
  readonly hash: string
  readonly height: number
  /** When it was revealed, UNIX seconds. */
  readonly seconds: number
  /** As the chain has it. */
  readonly entry: Uint8Array
}

export function readEntry(
  { hash, height, seconds, entry }: RevealedEntry,
  rules: Pick<LedgerRules, 'transactions' | 'ethereumKeys'>,
): EntryReading {
  const decoded = decodeEntry(entry)
  const transactions = parseTransactions(decoded.content)
  if (transactions === null) {
    const json = compactJson(decoded.content) !== null
    const wrong = json ? 'its content is JSON, but no valid batch' : 'its content is no JSON'
    return { ...decoded, transactions, signed: null, wrong }
  }
  const signed = readBatch({ ...decoded, hash, seconds }, height, rules) !== null
  const early = height < rules.transactions ? 'transactions were not read yet at this height' : null
  return { ...decoded, transactions, signed, wrong: signed ? early : whyUnsigned(decoded, seconds) }
}

function whyUnsigned({ extIds }: Entry, seconds: number): string {
  if (extIds.length !== 3) return `it has ${extIds.length} external ids, not a salt, a key and a signature`
  const salt = Number(Buffer.from(extIds[0] ?? []).toString('latin1'))
  if (!(Math.abs(seconds - salt) <= SALT_SECONDS))
    return 'it was not signed within 12 hours of its block, or its salt is no time'
  return 'the signature is not that of its input address'
}
