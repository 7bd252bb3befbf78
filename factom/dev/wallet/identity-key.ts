/** Identity keys and their texts: `idpub…`, `idsec…`. */
import { createBase58check } from '@scure/base'

import { concat, sha256 } from '../../bytes.js'
import { pairOfSeed } from '../../ed25519.js'

const PREFIX = {
  public: Uint8Array.of(0x03, 0x45, 0xef, 0x9d, 0xe0),
  secret: Uint8Array.of(0x03, 0x45, 0xf3, 0xd0, 0xd6),
}
const base58 = createBase58check((data: Uint8Array) => sha256(data))

export const identitySecret = (seed: Uint8Array): string => base58.encode(concat(PREFIX.secret, seed))

/** Undefined if it is no secret identity key. */
export function identityOf(secret: string): { readonly public: string; readonly secret: string } | undefined {
  try {
    const raw = base58.decode(secret)
    const { length } = PREFIX.secret
    if (raw.length !== length + 32 || !PREFIX.secret.every((byte, at) => raw[at] === byte)) return undefined
    const { publicKey } = pairOfSeed(raw.slice(length))
    return { public: base58.encode(concat(PREFIX.public, publicKey)), secret }
  } catch {
    return undefined
  }
}
