/** Factom addresses and the keys behind them (docs/protocol/factom.md#addresses). */
import { inspect } from 'node:util'

import { createBase58check } from '@scure/base'

import { concat, sha256, sha256d } from './bytes.js'
import { pairOfSeed } from './ed25519.js'
import { fail } from './errors.js'

/** FA: factoid address (RCD hash). EC: entry-credit key. Fs, Es: their secret seeds. */
export type AddressKind = 'FA' | 'Fs' | 'EC' | 'Es'

const PREFIX: Readonly<Record<AddressKind, Uint8Array>> = {
  FA: Uint8Array.of(0x5f, 0xb1),
  Fs: Uint8Array.of(0x64, 0x78),
  EC: Uint8Array.of(0x59, 0x2a),
  Es: Uint8Array.of(0x5d, 0xb6),
}
const TEXT_LENGTH = 52
const base58 = createBase58check((data: Uint8Array) => sha256(data))

/** The 52 characters for a 32-byte body: RCD hash (FA), public key (EC) or seed (Fs, Es). */
export function encodeAddress(kind: AddressKind, body: Uint8Array): string {
  if (body.length !== 32)
    throw fail('E_FACTOM_ADDRESS', `an ${kind} address holds 32 bytes, not ${body.length}`)
  return base58.encode(concat(PREFIX[kind], body))
}

/**
 * The 32-byte body of an address. The text is never repeated in the error, since it may be a secret given in
 * the wrong place.
 */
export function decodeAddress(text: string, kind: AddressKind): Uint8Array {
  const problem = (what: string) => fail('E_FACTOM_ADDRESS', `not a valid ${kind} address: ${what}`)
  if (typeof text !== 'string' || text.length !== TEXT_LENGTH)
    throw problem(`it must have ${TEXT_LENGTH} characters`)
  if (!text.startsWith(kind)) throw problem(`it must begin with ${kind}`)
  let raw: Uint8Array
  try {
    raw = base58.decode(text)
  } catch {
    throw problem('a character is wrong or missing (the check sum does not fit)')
  }
  const prefix = PREFIX[kind]
  if (raw.length !== 34 || raw[0] !== prefix[0] || raw[1] !== prefix[1])
    throw problem('its prefix is another one')
  return raw.slice(2)
}

export function isAddress(text: string, kind: AddressKind): boolean {
  try {
    decodeAddress(text, kind)
    return true
  } catch {
    return false
  }
}

/** RCD-1 hash of an ed25519 public key: the body of its FA address. */
export function rcdHashOf(publicKey: Uint8Array): Uint8Array {
  return sha256d(Uint8Array.of(1), publicKey)
}

/** A key that signs. It prints and serialises as its public address; the seed cannot be read from it. */
export interface EcKey {
  /** EC address. */
  readonly address: string
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  sign(data: Uint8Array): Uint8Array
  toJSON(): string
}

export interface FactoidKey extends EcKey {
  /** FA address. */
  readonly address: string
  /** 32 bytes, the body of the address. */
  readonly rcdHash: Uint8Array
}

/** The entry-credit key of an `Es…` secret. */
export function ecKey(secret: string): EcKey {
  const pair = pairOfSeed(decodeAddress(secret, 'Es'))
  return discreet({ ...pair, address: encodeAddress('EC', pair.publicKey) })
}

/** The factoid key of an `Fs…` secret. */
export function factoidKey(secret: string): FactoidKey {
  const pair = pairOfSeed(decodeAddress(secret, 'Fs'))
  const rcdHash = rcdHashOf(pair.publicKey)
  return discreet({ ...pair, rcdHash, address: encodeAddress('FA', rcdHash) })
}

/** A key that shows its address wherever it is printed. */
export function discreet<T extends { readonly address: string }>(key: T): T & { toJSON(): string } {
  return Object.freeze({ ...key, toJSON: () => key.address, [inspect.custom]: () => key.address })
}
