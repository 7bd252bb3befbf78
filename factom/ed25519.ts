/** Ed25519 (RFC 8032) with raw 32-byte keys, by Node's own OpenSSL. */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

import { concat } from './bytes.js'

/** DER around a raw key: PKCS #8 before a 32-byte seed, SPKI before a 32-byte public key (RFC 8410). */
const PKCS8 = Uint8Array.from(Buffer.from('302e020100300506032b657004220420', 'hex'))
const SPKI = Uint8Array.from(Buffer.from('302a300506032b6570032100', 'hex'))

export interface Ed25519Pair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** The 64-byte signature of `data`; the same for the same data. */
  sign(data: Uint8Array): Uint8Array
}

/** The pair of a 32-byte seed. The seed stays inside the closure. */
export function pairOfSeed(seed: Uint8Array): Ed25519Pair {
  if (seed.length !== 32) throw new RangeError('an ed25519 seed has 32 bytes')
  const key = createPrivateKey({ key: Buffer.from(concat(PKCS8, seed)), format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return {
    publicKey: new Uint8Array(spki.subarray(SPKI.length)),
    sign: (data) => new Uint8Array(sign(null, data, key)),
  }
}

/**
 * Whether `signature` (64 bytes) of `data` is by the owner of `publicKey` (32 bytes). False, never an error, for
 * wrong lengths, keys that are no point, and a non-canonical S, as factomd demands.
 */
export function verifyEd25519(publicKey: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  try {
    return verify(null, data, publicKeyOf(publicKey), signature)
  } catch {
    return false
  }
}

/** Keys of late: to read one takes longer than to verify with it, and most sign more than once. */
const known = new Map<string, KeyObject>()
const MOST_KNOWN = 1024

function publicKeyOf(raw: Uint8Array): KeyObject {
  const name = Buffer.from(raw).toString('latin1')
  let key = known.get(name)
  if (key !== undefined) return key
  key = createPublicKey({ key: Buffer.from(concat(SPKI, raw)), format: 'der', type: 'spki' })
  if (known.size >= MOST_KNOWN) known.clear()
  known.set(name, key)
  return key
}
