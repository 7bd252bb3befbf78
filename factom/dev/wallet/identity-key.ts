/** Identity keys and their texts: `idpub…`, `idsec…`. */
import { createBase58check } from '@scure/base'

import { concat, sha256 } from '../../bytes.js'
import { pairOfSeed, type Ed25519Pair } from '../../ed25519.js'

const PREFIX = {
  public: Uint8Array.of(0x03, 0x45, 0xef, 0x9d, 0xe0),
  secret: Uint8Array.of(0x03, 0x45, 0xf3, 0xd0, 0xd6),
}
const base58 = createBase58check((data: Uint8Array) => sha256(data))

export const identitySecret = (seed: Uint8Array): string => base58.encode(concat(PREFIX.secret, seed))

/** Undefined if it is no secret identity key. */
export function identityOf(secret: string): { readonly public: string; readonly secret: string } | undefined {
  const pair = identityPair(secret)
  return pair && { public: base58.encode(concat(PREFIX.public, pair.publicKey)), secret }
}

/** Undefined if it is no secret identity key. */
export function identityPair(secret: string): Ed25519Pair | undefined {
  const seed = bodyOf(secret, PREFIX.secret)
  return seed && pairOfSeed(seed)
}

/** The 32 bytes of `idpub…`; undefined if it is no such key. */
export const identityPublicKey = (text: string): Uint8Array | undefined => bodyOf(text, PREFIX.public)

function bodyOf(text: string, prefix: Uint8Array): Uint8Array | undefined {
  try {
    const raw = base58.decode(text)
    const isKey = raw.length === prefix.length + 32 && prefix.every((byte, at) => raw[at] === byte)
    return isKey ? raw.slice(prefix.length) : undefined
  } catch {
    return undefined
  }
}
