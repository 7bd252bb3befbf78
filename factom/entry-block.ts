/**
 * Entry blocks: the entries of one chain in one directory block, with the minute each was revealed in
 * (docs/protocol/factom.md#entry-block).
 */
import { concat, hashBytes, readUint, sha256, toHex, uintBytes } from './bytes.js'
import { fail } from './errors.js'
import { keyMerkleRoot, merkleRoot } from './merkle.js'

const ENTRY_BLOCK_HEADER_BYTES = 140

export interface EntryBlockBody {
  readonly chainId: string
  /** Zeros for the first block of a chain. */
  readonly prevKeyMr: string
  readonly prevFullHash: string
  /** 0 for the first block of a chain. */
  readonly sequence: number
  /** Height of the directory block. */
  readonly height: number
  /** In the order of the node. `minute` is the marker, 1…10: revealed while the node's minute was one less. */
  readonly entries: readonly { readonly hash: string; readonly minute: number }[]
}

export interface RawEntryBlock extends EntryBlockBody {
  readonly bodyMr: string
  readonly keyMr: string
  /** SHA-256 of the whole block. */
  readonly fullHash: string
}

/** The block's bytes: 140-byte header, then 32-byte objects (entry hashes, a minute marker after each group). */
export function encodeEntryBlock(block: EntryBlockBody): Uint8Array {
  const objects: Uint8Array[] = []
  block.entries.forEach(({ hash, minute }, i) => {
    objects.push(hashBytes(hash))
    const next = block.entries[i + 1]?.minute
    if (minute < 1 || minute > 10 || (next ?? 10) < minute) {
      throw fail('E_FACTOM_BLOCK', 'the minutes of an entry block must rise within 1 to 10')
    }
    if (next !== minute) objects.push(marker(minute))
  })
  if (objects.length === 0) throw fail('E_FACTOM_BLOCK', 'an entry block has at least one entry')
  return concat(
    hashBytes(block.chainId),
    merkleRoot(objects),
    hashBytes(block.prevKeyMr),
    hashBytes(block.prevFullHash),
    uintBytes(block.sequence, 4),
    uintBytes(block.height, 4),
    uintBytes(objects.length, 4),
    ...objects,
  )
}

/**
 * The block of its bytes, with its key MR. Checks the length, the body's root, and that the markers rise, each
 * after at least one entry, one at the end. Throws `E_FACTOM_BLOCK`.
 */
export function decodeEntryBlock(raw: Uint8Array): RawEntryBlock {
  const count = (raw.length - ENTRY_BLOCK_HEADER_BYTES) / 32
  if (!Number.isInteger(count) || count < 2 || readUint(raw, 136, 4) !== count) {
    throw fail('E_FACTOM_BLOCK', `an entry block of ${raw.length} bytes does not hold the objects it counts`)
  }
  const objects = entryBlockObjects(raw)
  const header = raw.subarray(0, ENTRY_BLOCK_HEADER_BYTES)
  const bodyRoot = merkleRoot(objects)
  const bodyMr = toHex(header.subarray(32, 64))
  if (toHex(bodyRoot) !== bodyMr)
    throw fail('E_FACTOM_BLOCK', 'the body of an entry block has another Merkle root')
  return {
    chainId: toHex(header.subarray(0, 32)),
    prevKeyMr: toHex(header.subarray(64, 96)),
    prevFullHash: toHex(header.subarray(96, 128)),
    sequence: readUint(header, 128, 4),
    height: readUint(header, 132, 4),
    entries: timedEntries(objects),
    bodyMr,
    keyMr: toHex(keyMerkleRoot(header, bodyRoot)),
    fullHash: toHex(sha256(raw)),
  }
}

/** The leaves of a block's body: entry hashes and minute markers. */
export function entryBlockObjects(raw: Uint8Array): Uint8Array[] {
  const count = Math.floor((raw.length - ENTRY_BLOCK_HEADER_BYTES) / 32)
  return Array.from({ length: count }, (_, i) =>
    raw.subarray(ENTRY_BLOCK_HEADER_BYTES + 32 * i, ENTRY_BLOCK_HEADER_BYTES + 32 * (i + 1)),
  )
}

/** What is hashed with the body's root to give the key. */
export function entryBlockHeaderHash(raw: Uint8Array): Uint8Array {
  return sha256(raw.subarray(0, ENTRY_BLOCK_HEADER_BYTES))
}

function timedEntries(objects: readonly Uint8Array[]): { hash: string; minute: number }[] {
  const entries: { hash: string; minute: number }[] = []
  let group: string[] = []
  let lastMinute = 0
  for (const object of objects) {
    const minute = minuteOf(object)
    if (minute === null) {
      group.push(toHex(object))
      continue
    }
    if (group.length === 0 || minute <= lastMinute) {
      throw fail('E_FACTOM_BLOCK', 'the minute markers of an entry block are out of order')
    }
    entries.push(...group.map((hash) => ({ hash, minute })))
    group = []
    lastMinute = minute
  }
  if (group.length > 0)
    throw fail('E_FACTOM_BLOCK', 'the last object of an entry block must be a minute marker')
  return entries
}

function marker(minute: number): Uint8Array {
  return uintBytes(minute, 32)
}

/** The minute of a marker (31 zero bytes, then 1…10), or `null` for an entry hash. */
function minuteOf(object: Uint8Array): number | null {
  const last = object[31] ?? 0
  if (last < 1 || last > 10) return null
  return object.subarray(0, 31).every((byte) => byte === 0) ? last : null
}
