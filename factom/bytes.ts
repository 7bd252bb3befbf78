/** Hex, hashes and big-endian numbers, of which every Factom layout is made. */
import { createHash } from 'node:crypto'

import { fromHex } from '../base/index.js'

export { concat, fromHex, isHash, sha256, sha256d, toHex } from '../base/index.js'

/** Bytes of a hash that is already known to be 64 hex digits. */
export function hashBytes(hash: string): Uint8Array {
  const bytes = fromHex(hash)
  if (bytes?.length !== 32) throw new RangeError('a hash has 64 hex digits')
  return bytes
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

export function sha512(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha512').update(bytes).digest())
}
