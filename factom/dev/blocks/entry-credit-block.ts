/** Entry-credit blocks: the commits of one directory block in order, with a mark after each minute. */
import { concat, hashBytes, sha256, toHex, uintBytes } from '../../bytes.js'
import { CHAIN_COMMIT_BYTES, ENTRY_COMMIT_BYTES } from '../../commit.js'
import { fail } from '../../errors.js'
import { ENTRY_CREDIT_CHAIN } from '../../directory-block.js'
import { Reader, u64Bytes, varIntBytes } from '../../wire.js'

export type EntryCreditRecord =
  | { readonly kind: 'minute'; readonly minute: number }
  | { readonly kind: 'chain' | 'entry'; readonly raw: Uint8Array }

export interface EntryCreditBlockBody {
  readonly prevHeaderHash: string
  readonly prevFullHash: string
  readonly height: number
  readonly records: readonly EntryCreditRecord[]
}

export interface EntryCreditBlock extends EntryCreditBlockBody {
  readonly bodyHash: string
  /** SHA-256 of the header: the block's key in the directory block. */
  readonly headerHash: string
  readonly fullHash: string
  readonly bodySize: number
}

const HEADER_BYTES = 149
const MINUTE = 1
const CHAIN_COMMIT = 2
const ENTRY_COMMIT = 3

export function encodeEntryCreditBlock(block: EntryCreditBlockBody): Uint8Array {
  const body = concat(...block.records.map(encodeRecord))
  return concat(
    hashBytes(ENTRY_CREDIT_CHAIN),
    sha256(body),
    hashBytes(block.prevHeaderHash),
    hashBytes(block.prevFullHash),
    uintBytes(block.height, 4),
    varIntBytes(0n),
    u64Bytes(BigInt(block.records.length)),
    u64Bytes(BigInt(body.length)),
    body,
  )
}

/** Checks lengths, counts and the body's hash, not the signatures. Throws `E_FACTOM_BLOCK`. */
export function decodeEntryCreditBlock(raw: Uint8Array): EntryCreditBlock {
  const reader = new Reader(raw)
  if (reader.hash() !== ENTRY_CREDIT_CHAIN) throw fail('E_FACTOM_BLOCK', 'not an entry-credit block')
  const bodyHash = reader.hash()
  const prevHeaderHash = reader.hash()
  const prevFullHash = reader.hash()
  const height = reader.uint(4)
  if (reader.varInt() !== 0n) throw fail('E_FACTOM_BLOCK', 'an entry-credit block has a header expansion')
  const count = reader.u64()
  const bodySize = reader.u64()
  if (bodySize !== BigInt(reader.left) || toHex(sha256(raw.subarray(HEADER_BYTES))) !== bodyHash) {
    throw fail('E_FACTOM_BLOCK', 'the body of an entry-credit block has another length or hash')
  }
  const records: EntryCreditRecord[] = []
  while (reader.left > 0) records.push(decodeRecord(reader))
  if (BigInt(records.length) !== count)
    throw fail('E_FACTOM_BLOCK', 'an entry-credit block does not hold the records it counts')
  return {
    prevHeaderHash,
    prevFullHash,
    height,
    records,
    bodyHash,
    bodySize: Number(bodySize),
    headerHash: toHex(sha256(raw.subarray(0, HEADER_BYTES))),
    fullHash: toHex(sha256(raw)),
  }
}

function encodeRecord(record: EntryCreditRecord): Uint8Array {
  if (record.kind === 'minute') return Uint8Array.of(MINUTE, record.minute)
  return concat(Uint8Array.of(record.kind === 'chain' ? CHAIN_COMMIT : ENTRY_COMMIT), record.raw)
}

function decodeRecord(reader: Reader): EntryCreditRecord {
  const type = reader.uint(1)
  if (type === MINUTE) return { kind: 'minute', minute: reader.uint(1) }
  if (type === CHAIN_COMMIT) return { kind: 'chain', raw: reader.bytes(CHAIN_COMMIT_BYTES) }
  if (type === ENTRY_COMMIT) return { kind: 'entry', raw: reader.bytes(ENTRY_COMMIT_BYTES) }
  throw fail('E_FACTOM_BLOCK', `an entry-credit block has a record of type ${type}`)
}
