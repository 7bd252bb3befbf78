/** Block headers in both forms (Bitcoin's 80 bytes, Zcash's with an Equihash solution), Merkle trees and proofs. */
import { fromHex, sha256d, toHex, turned } from './bytes.js'
import { fail } from './errors.js'
import { Reader, Writer } from './wire.js'

export interface BlockHeader {
  readonly version: number
  readonly previous: string
  readonly merkleRoot: string
  /** Final Sapling root (before: reserved), display order; `null` in the 80-byte form. */
  readonly saplingRoot: string | null
  readonly time: number
  readonly bits: number
  /** 32 bytes of display order; in the 80-byte form 4 bytes as they stand. */
  readonly nonce: string
  /** Equihash solution, hex; `null` in the 80-byte form. */
  readonly solution: string | null
}

export type HeaderForm = 'equihash' | 'bitcoin'

const BITCOIN_BYTES = 80

function readHeader(reader: Reader, form: HeaderForm): BlockHeader {
  const version = reader.i32()
  const previous = reader.id()
  const merkleRoot = reader.id()
  if (form === 'bitcoin') {
    const time = reader.u32()
    const bits = reader.u32()
    return {
      version,
      previous,
      merkleRoot,
      saplingRoot: null,
      time,
      bits,
      nonce: reader.hex(4),
      solution: null,
    }
  }
  const saplingRoot = reader.id()
  const time = reader.u32()
  const bits = reader.u32()
  const nonce = reader.id()
  return { version, previous, merkleRoot, saplingRoot, time, bits, nonce, solution: reader.blob() }
}

/** Exactly one header; 80 bytes are Bitcoin's form. Throws `E_KOMODO_TX`. */
export function decodeHeader(hex: string): BlockHeader {
  const bytes = fromHex(hex)
  if (!bytes) throw fail('E_KOMODO_TX', 'a block header is hex of even length')
  const reader = new Reader(bytes, 'block header')
  const header = readHeader(reader, bytes.length === BITCOIN_BYTES ? 'bitcoin' : 'equihash')
  reader.end()
  return header
}

export function encodeHeader(header: BlockHeader): string {
  const writer = new Writer().u32(header.version).id(header.previous).id(header.merkleRoot)
  if (header.solution === null || header.saplingRoot === null)
    return writer.u32(header.time).u32(header.bits).hex(header.nonce).doneHex()
  return writer
    .id(header.saplingRoot)
    .u32(header.time)
    .u32(header.bits)
    .id(header.nonce)
    .blob(header.solution)
    .doneHex()
}

/** A block of these transactions (hex). */
export function encodeBlock(header: BlockHeader, transactions: readonly string[]): string {
  const writer = new Writer().hex(encodeHeader(header))
  return writer.list(transactions, (hex) => void writer.hex(hex)).doneHex()
}

/** Double SHA-256 of the whole header, the solution included; display order. */
export function blockHashOf(header: BlockHeader | string): string {
  const hex = typeof header === 'string' ? header : encodeHeader(header)
  return turned(toHex(sha256d(Buffer.from(hex, 'hex'))))
}

function pairHash(left: string, right: string): string {
  return turned(toHex(sha256d(Buffer.from(turned(left) + turned(right), 'hex'))))
}

/** The level above: pairs hashed together, the last one with itself if it is alone. */
function levelAbove(level: readonly string[]): string[] {
  return Array.from({ length: Math.ceil(level.length / 2) }, (_, i) => {
    const left = level[2 * i] as string
    return pairHash(left, level[2 * i + 1] ?? left)
  })
}

/** Root over transaction ids (display order). */
export function merkleRootOf(txids: readonly string[]): string {
  let level = [...txids]
  while (level.length > 1) level = levelAbove(level)
  return level[0] ?? '0'.repeat(64)
}

const MAX_BLOCK_TRANSACTIONS = 100_000

/** Proof that `wanted` stand in the block, hex. */
export function encodeTxOutProof(
  header: BlockHeader,
  txids: readonly string[],
  wanted: ReadonlySet<string>,
): string {
  const levels = [[...txids]]
  while ((levels.at(-1) as string[]).length > 1) levels.push(levelAbove(levels.at(-1) as string[]))
  const hashes: string[] = []
  const bits: boolean[] = []
  const walk = (height: number, position: number): void => {
    const covers = txids.slice(position << height, (position + 1) << height).some((txid) => wanted.has(txid))
    bits.push(covers)
    if (height === 0 || !covers) return void hashes.push(levels[height]?.[position] as string)
    walk(height - 1, position * 2)
    if (position * 2 + 1 < (levels[height - 1] as string[]).length) walk(height - 1, position * 2 + 1)
  }
  walk(levels.length - 1, 0)
  const flags = new Uint8Array(Math.ceil(bits.length / 8))
  bits.forEach((bit, i) => bit && (flags[i >> 3] = (flags[i >> 3] as number) | (1 << (i % 8))))
  return new Writer()
    .hex(encodeHeader(header))
    .u32(txids.length)
    .list(hashes, () => {})
    .hex(hashes.map(turned).join(''))
    .blob(toHex(flags))
    .doneHex()
}

/**
 * Reads and walks a proof, the reply of `gettxoutproof`: a header, which transactions its root covers, and the root that
 * follows from the hashes, which must equal the header's. Throws `E_KOMODO_TX` for whatever does not fit together.
 */
export function decodeTxOutProof(hex: string, form: HeaderForm = 'equihash') {
  const bytes = fromHex(hex)
  if (!bytes) throw fail('E_KOMODO_TX', 'a proof is hex of even length')
  const reader = new Reader(bytes, 'proof')
  const header = readHeader(reader, form)
  const transactions = reader.u32()
  if (transactions === 0 || transactions > MAX_BLOCK_TRANSACTIONS)
    throw reader.bad(`is of a block of ${transactions} transactions`)
  const hashes = reader.list(32, () => reader.id())
  const flags = Buffer.from(reader.blob(), 'hex')
  reader.end()
  const width = (height: number) => Math.ceil(transactions / 2 ** height)
  let height = 0
  while (width(height) > 1) height++
  let usedBits = 0
  let usedHashes = 0
  const matches: { txid: string; index: number }[] = []
  const walk = (level: number, position: number): string => {
    if (usedBits >= flags.length * 8) throw reader.bad('has too few flags')
    const covers = (flags[usedBits >> 3] as number) & (1 << (usedBits % 8))
    usedBits++
    if (level === 0 || !covers) {
      const hash = hashes[usedHashes++]
      if (hash === undefined) throw reader.bad('has too few hashes')
      if (level === 0 && covers) matches.push({ txid: hash, index: position })
      return hash
    }
    const left = walk(level - 1, position * 2)
    if (position * 2 + 1 >= width(level - 1)) return pairHash(left, left)
    const right = walk(level - 1, position * 2 + 1)
    if (left === right) throw reader.bad('has the same hash on both sides')
    return pairHash(left, right)
  }
  const merkleRoot = walk(height, 0)
  if (usedHashes !== hashes.length || Math.ceil(usedBits / 8) !== flags.length)
    throw reader.bad('has hashes or flags too many')
  return { header, transactions, matches, merkleRoot }
}
