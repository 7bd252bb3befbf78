/** Hex, hashes, bytes in a row: what every layout on a chain is made of. */
import { createHash, hash } from 'node:crypto'

const HEX = /^(?:[0-9a-f]{2})*$/i
const HASH = /^[0-9a-f]{64}$/

/** Lower-case hex of bytes. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** The 16 hex digits of a number of 64 bits. */
export const hexOfWord = (value: bigint): string => value.toString(16).padStart(16, '0')

/** Bytes of hex in either case; `null` if the text is no hex or of odd length. */
export function fromHex(text: string): Uint8Array | null {
  return HEX.test(text) ? new Uint8Array(Buffer.from(text, 'hex')) : null
}

/** True for 64 lower-case hex digits. */
export function isHash(value: unknown): value is string {
  return typeof value === 'string' && HASH.test(value)
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  // `hash` in one call is faster than an object with `update`, and most callers hash one part.
  if (parts.length === 1) return new Uint8Array(hash('sha256', parts[0] as Uint8Array, 'buffer'))
  const whole = createHash('sha256')
  for (const part of parts) whole.update(part)
  return new Uint8Array(whole.digest())
}

/** SHA-256 applied twice. */
export function sha256d(...parts: readonly Uint8Array[]): Uint8Array {
  return sha256(sha256(...parts))
}
