/** Directory blocks: the one block per height that names all others (docs/protocol/factom.md#directory-block). */
import { concat, hashBytes, readUint, sha256, toHex, uintBytes } from './bytes.js'
import { fail } from './errors.js'
import { keyMerkleRoot, merkleRoot } from './merkle.js'

/** Network id of LOCAL networks. */
export const LOCAL_NETWORK_ID = 0xfa92e5a4
export const ADMIN_CHAIN = `${'00'.repeat(31)}0a`
export const ENTRY_CREDIT_CHAIN = `${'00'.repeat(31)}0c`
export const DIRECTORY_CHAIN = `${'00'.repeat(31)}0d`
export const FACTOID_CHAIN = `${'00'.repeat(31)}0f`
export const DIRECTORY_HEADER_BYTES = 113
const ROW_BYTES = 64

export interface DirectoryBlockBody {
  readonly networkId: number
  readonly prevKeyMr: string
  readonly prevFullHash: string
  /** Start of the block in whole minutes since 1970. */
  readonly timeMinutes: number
  readonly height: number
  /** Admin, entry-credit and factoid block, then the entry blocks, ascending by chain id. */
  readonly rows: readonly { readonly chainId: string; readonly keyMr: string }[]
}

export interface DirectoryBlock extends DirectoryBlockBody {
  readonly bodyMr: string
  readonly keyMr: string
  readonly fullHash: string
  readonly headerHash: string
  /** The 113 bytes that the leader signs in the next admin block. */
  readonly header: Uint8Array
}

export function encodeDirectoryBlock(block: DirectoryBlockBody): Uint8Array {
  const rows = block.rows.map(({ chainId, keyMr }) => concat(hashBytes(chainId), hashBytes(keyMr)))
  return concat(
    Uint8Array.of(0),
    uintBytes(block.networkId, 4),
    merkleRoot(rows.map((row) => sha256(row))),
    hashBytes(block.prevKeyMr),
    hashBytes(block.prevFullHash),
    uintBytes(block.timeMinutes, 4),
    uintBytes(block.height, 4),
    uintBytes(rows.length, 4),
    ...rows,
  )
}

/** Checks version, length, body root and the order of the rows. Throws `E_FACTOM_BLOCK`. */
export function decodeDirectoryBlock(raw: Uint8Array): DirectoryBlock {
  if (raw.length < DIRECTORY_HEADER_BYTES)
    throw fail('E_FACTOM_BLOCK', `a directory block of ${raw.length} bytes is shorter than its header`)
  if (raw[0] !== 0) throw fail('E_FACTOM_BLOCK', 'a directory block has an unknown version')
  const hash = (at: number) => toHex(raw.subarray(at, at + 32))
  const count = readUint(raw, 109, 4)
  if (raw.length - DIRECTORY_HEADER_BYTES !== count * ROW_BYTES)
    throw fail('E_FACTOM_BLOCK', 'a directory block does not hold the rows it counts')
  const starts = Array.from({ length: count }, (_, i) => DIRECTORY_HEADER_BYTES + i * ROW_BYTES)
  const rows = starts.map((at) => ({ chainId: hash(at), keyMr: hash(at + 32) }))
  const header = raw.slice(0, DIRECTORY_HEADER_BYTES)
  const bodyMr = hash(5)
  const bodyRoot = merkleRoot(starts.map((at) => sha256(raw.subarray(at, at + ROW_BYTES))))
  if (toHex(bodyRoot) !== bodyMr)
    throw fail('E_FACTOM_BLOCK', 'the body of a directory block has another Merkle root')
  if (!rowsInOrder(rows)) throw fail('E_FACTOM_BLOCK', 'the rows of a directory block are out of order')
  return {
    networkId: readUint(raw, 1, 4),
    prevKeyMr: hash(37),
    prevFullHash: hash(69),
    timeMinutes: readUint(raw, 101, 4),
    height: readUint(raw, 105, 4),
    rows,
    bodyMr,
    keyMr: toHex(keyMerkleRoot(header, bodyRoot)),
    fullHash: toHex(sha256(raw)),
    headerHash: toHex(sha256(header)),
    header,
  }
}

function rowsInOrder(rows: DirectoryBlockBody['rows']): boolean {
  const fixed = [ADMIN_CHAIN, ENTRY_CREDIT_CHAIN, FACTOID_CHAIN]
  return (
    rows.length >= fixed.length &&
    fixed.every((chain, i) => rows[i]?.chainId === chain) &&
    rows.every((row, i) => i <= fixed.length || (rows[i - 1]?.chainId ?? '') < row.chainId)
  )
}
