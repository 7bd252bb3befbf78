/** Batches of one's own: what they say, how they are written and signed (docs/protocol/ledger.md#batches). */
import { goJson, toHex } from '../../base/index.js'
import { sealEntry, type Entry, type SealedEntry } from '../../factom/index.js'
import { fail } from '../errors.js'
import { addressText } from '../transactions/address.js'
import { readBatch } from '../transactions/batch.js'
import { parseTransactions } from '../transactions/parse.js'
import { SALT_SECONDS, signedHash } from '../transactions/signature.js'
import type { LedgerTransaction } from '../transactions/types.js'
import type { SigningKey } from './keys.js'

/** A batch without its signature. */
export interface Unsigned {
  readonly chainId: string
  readonly content: Uint8Array
  readonly transactions: readonly LedgerTransaction[]
}

export interface SignedBatch extends Unsigned {
  readonly entry: SealedEntry
  /** RCD hash, hex: whose input it is. */
  readonly address: string
  /** UNIX seconds. */
  readonly signedAt: number
}

/** The content of an entry with these transactions. */
export function composeBatch(chainId: string, transactions: readonly LedgerTransaction[]): Unsigned {
  const json = goJson({
    version: 1,
    transactions: transactions.map((transaction) => {
      const { address, amount, ticker } = transaction.input
      const input = { address: addressText(address), amount, type: ticker }
      if (transaction.kind === 'conversion') return { input, conversion: transaction.target }
      const transfers = transaction.outputs.map((output) => ({
        address: addressText(output.address),
        amount: output.amount,
      }))
      return { input, transfers }
    }),
  })
  return readUnsigned(chainId, Buffer.from(json))
}

/** The batch that a content is. Throws `E_WALLET_BATCH` if the ledger would not take it. */
export function readUnsigned(chainId: string, content: Uint8Array): Unsigned {
  const transactions = parseTransactions(content)
  if (transactions) return { chainId, content, transactions }
  throw fail('E_WALLET_BATCH', 'the ledger would not take this batch: see amounts, tokens and addresses')
}

/** External ids of an entry: salt, redeem condition, signature. `signedAt` is the salt, UNIX seconds. */
export function signBatch(unsigned: Unsigned, key: SigningKey, signedAt: number): SignedBatch {
  const { chainId, content } = unsigned
  const salt = Buffer.from(String(signedAt))
  const extIds = [salt, key.rcd, key.sign(signedHash(salt, unsigned))]
  return readSigned({ chainId, extIds, content })
}

/**
 * The batch of a signed entry, as it would be taken at the time of its signature. Throws `E_WALLET_BATCH` if it would
 * not be.
 */
export function readSigned(entry: Entry): SignedBatch {
  const unsigned = readUnsigned(entry.chainId, entry.content)
  const sealed = sealEntry(entry)
  const salt = Buffer.from(entry.extIds[0] ?? []).toString('latin1')
  const signedAt = /^[0-9]{1,12}$/.test(salt) ? Number(salt) : NaN
  const batch = readBatch({ ...sealed, seconds: signedAt }, 0, { ethereumKeys: 0 })
  if (!batch) throw fail('E_WALLET_BATCH', 'the signature of this batch does not fit')
  return { ...unsigned, entry: sealed, address: batch.transactions[0]?.input.address ?? '', signedAt }
}

/** The last second at which an entry with this signature is taken. */
export const goodUntil = ({ signedAt }: Pick<SignedBatch, 'signedAt'>): number => signedAt + SALT_SECONDS

/** Hex of the content, by which two batches say the same. */
export const sameAs = (one: Pick<Unsigned, 'content'>, other: Pick<Unsigned, 'content'>): boolean =>
  toHex(one.content) === toHex(other.content)
