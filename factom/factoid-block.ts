/** Factoid blocks: the transactions of one directory block, with exactly ten minute marks among them. */
import { concat, hashBytes, sha256, toHex, uintBytes } from './bytes.js'
import { fail } from './errors.js'
import { keyMerkleRoot, merkleRoot } from './merkle.js'
import { FACTOID_CHAIN } from './directory-block.js'
import { readTransaction, type FactoidTransaction } from './factoid-transaction.js'
import { Reader, u64Bytes, varIntBytes } from './wire.js'

/** A transaction and the number of minute marks that stand before it. */
export interface PlacedTransaction {
  readonly transaction: FactoidTransaction
  readonly marksBefore: number
}

export interface FactoidBlockBody {
  readonly prevKeyMr: string
  readonly prevLedgerKeyMr: string
  /** Factoshis per entry credit. */
  readonly exchangeRate: bigint
  readonly height: number
  /** The first is the coinbase. */
  readonly transactions: readonly PlacedTransaction[]
}

export interface FactoidBlock extends FactoidBlockBody {
  readonly bodyMr: string
  readonly keyMr: string
  readonly ledgerKeyMr: string
  readonly fullHash: string
}

const HEADER_BYTES = 149
const MARKS = 10
const MARK = Uint8Array.of(0)

/**
 * Marks before a transaction of 0-based minute `minute`: the end of minute 0 sets none, and the tenth mark is
 * always at the end.
 */
export function marksBefore(minute: number): number {
  return Math.max(0, minute - 1)
}

export function encodeFactoidBlock(block: FactoidBlockBody): Uint8Array {
  const items = withMarks(block.transactions)
  const body = concat(...items.map((item) => item?.raw ?? MARK))
  return concat(
    hashBytes(FACTOID_CHAIN),
    merkleRoot(items.map((item) => (item ? hashBytes(item.fullHash) : sha256(MARK)))),
    hashBytes(block.prevKeyMr),
    hashBytes(block.prevLedgerKeyMr),
    u64Bytes(block.exchangeRate),
    uintBytes(block.height, 4),
    varIntBytes(0n),
    uintBytes(block.transactions.length, 4),
    uintBytes(body.length, 4),
    body,
  )
}

/** Checks lengths, counts, the ten marks and the body's root, not the signatures. Throws `E_FACTOM_BLOCK`. */
export function decodeFactoidBlock(raw: Uint8Array): FactoidBlock {
  const reader = new Reader(raw)
  if (reader.hash() !== FACTOID_CHAIN) throw fail('E_FACTOM_BLOCK', 'not a factoid block')
  const bodyMr = reader.hash()
  const prevKeyMr = reader.hash()
  const prevLedgerKeyMr = reader.hash()
  const exchangeRate = reader.u64()
  const height = reader.uint(4)
  if (reader.varInt() !== 0n) throw fail('E_FACTOM_BLOCK', 'a factoid block has a header expansion')
  const count = reader.uint(4)
  if (reader.uint(4) !== reader.left)
    throw fail('E_FACTOM_BLOCK', 'a factoid block has another length than it says')
  const transactions = readBody(reader)
  if (transactions.length !== count)
    throw fail('E_FACTOM_BLOCK', 'a factoid block does not hold the transactions it counts')
  const items = withMarks(transactions)
  const root = merkleRoot(items.map((item) => (item ? hashBytes(item.fullHash) : sha256(MARK))))
  if (toHex(root) !== bodyMr)
    throw fail('E_FACTOM_BLOCK', 'the body of a factoid block has another Merkle root')
  const header = raw.subarray(0, HEADER_BYTES)
  const ledgerRoot = merkleRoot(items.map((item) => (item ? hashBytes(item.txid) : sha256(MARK))))
  return {
    prevKeyMr,
    prevLedgerKeyMr,
    exchangeRate,
    height,
    transactions,
    bodyMr,
    keyMr: toHex(keyMerkleRoot(header, root)),
    // The ledger's key puts the root before the header hash, the other way round than the key MR.
    ledgerKeyMr: toHex(sha256(ledgerRoot, sha256(header))),
    fullHash: toHex(sha256(raw)),
  }
}

function readBody(reader: Reader): PlacedTransaction[] {
  const transactions: PlacedTransaction[] = []
  let marks = 0
  while (reader.left > 0) {
    if (reader.peek() === 0) {
      reader.uint(1)
      marks++
    } else transactions.push({ transaction: readTransaction(reader), marksBefore: marks })
  }
  if (marks !== MARKS) throw fail('E_FACTOM_BLOCK', `a factoid block has ${marks} minute marks, not ${MARKS}`)
  return transactions
}

/** Transactions in order, `null` for each minute mark. */
function withMarks(transactions: readonly PlacedTransaction[]): (FactoidTransaction | null)[] {
  const items: (FactoidTransaction | null)[] = []
  let marks = 0
  for (const placed of transactions) {
    for (; marks < placed.marksBefore; marks++) items.push(null)
    items.push(placed.transaction)
  }
  for (; marks < MARKS; marks++) items.push(null)
  return items
}
