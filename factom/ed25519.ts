/** Ed25519 (RFC 8032) with raw 32-byte keys, by Node's own OpenSSL. */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'

/** Keys are read as a JWK: as DER OpenSSL takes ten times as long, which is as long as a signature takes to verify. */
const JWK = { kty: 'OKP', crv: 'Ed25519' } as const

export interface Ed25519Pair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** The 64-byte signature of `data`; the same for the same data. */
  sign(data: Uint8Array): Uint8Array
}

/** The pair of a 32-byte seed. The seed stays inside the closure. */
export function pairOfSeed(seed: Uint8Array): Ed25519Pair {
  if (seed.length !== 32) throw new RangeError('an ed25519 seed has 32 bytes')
  // The public half must be there, and is not looked at: it follows from the seed.
  const key = createPrivateKey({ key: { ...JWK, d: base64Of(seed), x: '' }, format: 'jwk' })
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  return {
    publicKey: new Uint8Array(Buffer.from(x, 'base64url')),
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

const publicKeyOf = (raw: Uint8Array): KeyObject =>
  createPublicKey({ key: { ...JWK, x: base64Of(raw) }, format: 'jwk' })

const base64Of = (raw: Uint8Array): string => Buffer.from(raw).toString('base64url')
