/**
 * Factoid transactions: payments, purchases of entry credits, coinbases
 * (docs/protocol/factom.md#factoid-transactions).
 */
import { concat, hashBytes, sha256, toHex, uintBytes } from './bytes.js'
import { rcdHashOf } from './address.js'
import { verifyEd25519 } from './ed25519.js'
import { fail } from './errors.js'
import { Reader, varIntBytes } from './wire.js'

export interface FactoidAmount {
  /** Factoshis, also for the purchase of entry credits. */
  readonly amount: bigint
  /** Hex: RCD hash of a factoid address, or the public key of an entry-credit address. */
  readonly address: string
}

export interface FactoidLedger {
  /** UNIX milliseconds. */
  readonly timeMs: number
  readonly inputs: readonly FactoidAmount[]
  readonly outputs: readonly FactoidAmount[]
  readonly ecOutputs: readonly FactoidAmount[]
}

export interface FactoidTransaction extends FactoidLedger {
  /** One per input: the key that the input's RCD hash stands for, and its signature of the ledger part. */
  readonly signatures: readonly { readonly publicKey: Uint8Array; readonly signature: Uint8Array }[]
  /** SHA-256 of the ledger part. */
  readonly txid: string
  readonly fullHash: string
  readonly raw: Uint8Array
  /** The signed bytes. */
  readonly ledger: Uint8Array
}

const MAX_TRANSACTION_BYTES = 10240
const VERSION = 2n
const RCD_1 = 1
const MAX_AMOUNT = (1n << 63n) - 1n

/** The ledger part with its signatures, one per input (none for a coinbase). */
export function composeTransaction(
  fields: FactoidLedger,
  signers: readonly { readonly publicKey: Uint8Array; sign(data: Uint8Array): Uint8Array }[],
): FactoidTransaction {
  const ledger = ledgerBytes(fields)
  return finish(
    fields,
    ledger,
    signers.map((key) => ({ publicKey: key.publicKey, signature: key.sign(ledger) })),
  )
}

/** The transaction at the front of the bytes. Throws `E_FACTOM_BLOCK` if it does not decode. */
export function decodeTransaction(raw: Uint8Array): FactoidTransaction {
  return readTransaction(new Reader(raw))
}

/** The next transaction; the reader stands behind it afterwards. Only single-key RCDs (type 1) are known. */
export function readTransaction(reader: Reader): FactoidTransaction {
  if (reader.varInt() !== VERSION)
    throw fail('E_FACTOM_BLOCK', 'a factoid transaction has an unknown version')
  const timeMs = reader.uint(6)
  const counts = [reader.uint(1), reader.uint(1), reader.uint(1)] as const
  const amounts = (count: number): FactoidAmount[] =>
    Array.from({ length: count }, () => ({ amount: reader.varInt(), address: reader.hash() }))
  const fields = {
    timeMs,
    inputs: amounts(counts[0]),
    outputs: amounts(counts[1]),
    ecOutputs: amounts(counts[2]),
  }
  const signatures = fields.inputs.map(() => {
    if (reader.uint(1) !== RCD_1) throw fail('E_FACTOM_BLOCK', 'only single-key RCDs (type 1) are known')
    return { publicKey: reader.bytes(32), signature: reader.bytes(64) }
  })
  return finish(fields, ledgerBytes(fields), signatures)
}

/** The least fee in factoshis: a credit per KiB, ten per output, one per signature. */
export function transactionFee(transaction: FactoidTransaction, rate: bigint): bigint {
  const kibibytes = Math.ceil(transaction.raw.length / 1024)
  const outputs = transaction.outputs.length + transaction.ecOutputs.length
  return rate * BigInt(kibibytes + 10 * outputs + transaction.signatures.length)
}

/** The sum of amounts, or `null` if it leaves the range of a signed 64-bit number. */
function totalOf(amounts: readonly FactoidAmount[]): bigint | null {
  let sum = 0n
  for (const { amount } of amounts) {
    sum += amount
    if (amount > MAX_AMOUNT || sum > MAX_AMOUNT) return null
  }
  return sum
}

/**
 * Whether a transaction can ever be valid at this rate (factoshis per entry credit): size, inputs, keys,
 * signatures, fee. Balances and times are another matter.
 */
export function transactionSound(transaction: FactoidTransaction, rate: bigint): boolean {
  const { inputs, outputs, ecOutputs, signatures, ledger } = transaction
  const [paid, received, bought] = [totalOf(inputs), totalOf(outputs), totalOf(ecOutputs)]
  if (paid === null || received === null || bought === null || inputs.length === 0) return false
  if (transaction.raw.length > MAX_TRANSACTION_BYTES) return false
  if (paid < received + bought + transactionFee(transaction, rate)) return false
  return signatures.every(
    ({ publicKey, signature }, i) =>
      toHex(rcdHashOf(publicKey)) === inputs[i]?.address && verifyEd25519(publicKey, ledger, signature),
  )
}

function ledgerBytes({ timeMs, inputs, outputs, ecOutputs }: FactoidLedger): Uint8Array {
  const lists = [inputs, outputs, ecOutputs]
  return concat(
    varIntBytes(VERSION),
    uintBytes(timeMs, 6),
    Uint8Array.from(lists.map((list) => list.length)),
    ...lists.flat().map(({ amount, address }) => concat(varIntBytes(amount), hashBytes(address))),
  )
}

function finish(
  fields: FactoidLedger,
  ledger: Uint8Array,
  signatures: FactoidTransaction['signatures'],
): FactoidTransaction {
  const raw = concat(
    ledger,
    ...signatures.map(({ publicKey, signature }) => concat(Uint8Array.of(RCD_1), publicKey, signature)),
  )
  return {
    ...fields,
    signatures,
    ledger,
    raw,
    txid: toHex(sha256(ledger)),
    fullHash: toHex(sha256(raw)),
  }
}
