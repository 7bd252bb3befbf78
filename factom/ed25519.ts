/** Ed25519 (RFC 8032) with raw 32-byte keys, by Node's own OpenSSL. */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'

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

/** Reads a key as a JWK: as DER OpenSSL takes ten times as long, which is as long as a signature takes to verify. */
function publicKeyOf(raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}
