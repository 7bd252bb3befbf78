/** Hex, hashes and big-endian numbers: the small change of every Factom layout. */
import { createHash } from 'node:crypto'

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

/** Bytes of a hash that is already known to be 64 hex digits. */
export function hashBytes(hash: string): Uint8Array {
  const bytes = fromHex(hash)
  if (bytes?.length !== 32) throw new RangeError('a hash has 64 hex digits')
  return bytes
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

/** `value` as `size` bytes, most significant first. */
export function uintBytes(value: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let rest = value
  for (let at = size - 1; at >= 0; at--) {
    bytes[at] = rest % 256
    rest = Math.floor(rest / 256)
  }
  return bytes
}

/** The `size` (≤ 6) bytes at `at`, most significant first. */
export function readUint(bytes: Uint8Array, at: number, size: number): number {
  let value = 0
  for (let i = at; i < at + size; i++) value = value * 256 + (bytes[i] ?? 0)
  return value
}

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

/** SHA-256 applied twice. */
export function sha256d(...parts: readonly Uint8Array[]): Uint8Array {
  return sha256(sha256(...parts))
}

export function sha512(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha512').update(bytes).digest())
}
