/** Hex, byte order and hashes: the small change of every Bitcoin-like layout. */
import { createHash } from 'node:crypto'

import { ripemd160 } from '@noble/hashes/legacy'

const HEX = /^(?:[0-9a-f]{2})*$/i
const HASH = /^[0-9a-f]{64}$/

/** Lower-case hex of bytes. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** Bytes of hex in either case; `null` if the text is no hex or of odd length. */
export function fromHex(text: string): Uint8Array | null {
  return HEX.test(text) ? new Uint8Array(Buffer.from(text, 'hex')) : null
}

/** Bytes of text that is already known to be hex. */
export function hexBytes(text: string): Uint8Array {
  const bytes = fromHex(text)
  if (!bytes) throw new RangeError('not hex')
  return bytes
}

/** True for 64 lower-case hex digits: a transaction or block id in display order. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && HASH.test(value)
}

/** A 32-byte hash turned around: between display order (as nodes print it) and internal order (as hashed). */
export function turned(hex: string): string {
  return Buffer.from(hex, 'hex').reverse().toString('hex')
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest())
}

/** SHA-256 applied twice. */
export function sha256d(bytes: Uint8Array): Uint8Array {
  return sha256(sha256(bytes))
}

/** RIPEMD-160 of SHA-256: 20 bytes, the body of every address. */
export function hash160(bytes: Uint8Array): Uint8Array {
  return ripemd160(sha256(bytes))
}
