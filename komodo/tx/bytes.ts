/** Hex, byte order and hashes: the small change of every Bitcoin-like layout. */
import { ripemd160 } from '@noble/hashes/legacy'

import { fromHex, sha256 } from '../../base/index.js'

export { concat, fromHex, sha256, sha256d, toHex } from '../../base/index.js'
/** Of a transaction or a block, in display order. */
export { isHash as isId } from '../../base/index.js'

/** Bytes of text that is already known to be hex. */
export function hexBytes(text: string): Uint8Array {
  const bytes = fromHex(text)
  if (!bytes) throw new RangeError('not hex')
  return bytes
}

/** A 32-byte hash turned around: between display order (as nodes print it) and internal order (as hashed). */
export function turned(hex: string): string {
  return Buffer.from(hex, 'hex').reverse().toString('hex')
}

/** RIPEMD-160 of SHA-256: 20 bytes, the body of every address. */
export function hash160(bytes: Uint8Array): Uint8Array {
  return ripemd160(sha256(bytes))
}
