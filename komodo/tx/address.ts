/** Base58 addresses and private keys (WIF) of Komodo and of the coins that a gateway may be bound to. */
import { secp256k1 } from '@noble/curves/secp256k1'
import { base58 } from '@scure/base'

import { remembered, rememberedOf } from '../../base/index.js'
import { concat, hexBytes, sha256d, toHex, turned } from './bytes.js'
import { fail } from './errors.js'
import { hash160Hex, multisigScript, payToPubkeyHash, payToScriptHash, push, scriptKind } from './script.js'

/** Version bytes of a coin's base58 texts; `taddr` is the leading byte of two-byte versions, 0 for none. */
export interface AddressVersions {
  readonly pubkey: number
  readonly script: number
  readonly wif: number
  readonly taddr: number
}

/** Komodo and its asset chains. */
export const KOMODO_VERSIONS: AddressVersions = { pubkey: 60, script: 85, wif: 188, taddr: 0 }

export interface Address {
  readonly kind: 'pubkeyhash' | 'scripthash'
  /** 20 bytes, hex. */
  readonly hash: string
}

/** Nodes name the same addresses with each reply. */
const MOST_TEXTS = 4096

function checked(payload: Uint8Array): string {
  return base58.encode(concat(payload, sha256d(payload).subarray(0, 4)))
}

/** The text of an address, by its payload, hex. */
const addressText = remembered(MOST_TEXTS, (payload) => checked(hexBytes(payload)))

/** The payload in front of the checksum, or `null`. */
function decodeBase58(text: string): Uint8Array | null {
  if (text.length > 120) return null
  let bytes: Uint8Array
  try {
    bytes = base58.decode(text)
  } catch {
    return null
  }
  if (bytes.length < 5) return null
  const payload = bytes.subarray(0, -4)
  return toHex(sha256d(payload).subarray(0, 4)) === toHex(bytes.subarray(-4)) ? payload : null
}

function prefixOf(version: number, taddr: number): number[] {
  return taddr === 0 ? [version] : [taddr, version]
}

/** Text of a key or script hash (20 bytes, hex). */
export function encodeAddress(address: Address, versions: AddressVersions = KOMODO_VERSIONS): string {
  const version = address.kind === 'pubkeyhash' ? versions.pubkey : versions.script
  return addressText(toHex(Uint8Array.from(prefixOf(version, versions.taddr))) + address.hash)
}

/** `null` if it is no address of that coin. */
export function decodeAddress(text: string, versions: AddressVersions = KOMODO_VERSIONS): Address | null {
  const payload = decodeBase58(text)
  const prefix = versions.taddr === 0 ? 1 : 2
  if (payload?.length !== prefix + 20 || (prefix === 2 && payload[0] !== versions.taddr)) return null
  const version = payload[prefix - 1]
  const hash = toHex(payload.subarray(prefix))
  if (version === versions.pubkey) return { kind: 'pubkeyhash', hash }
  return version === versions.script ? { kind: 'scripthash', hash } : null
}

/** As `decodeAddress`; throws `E_KOMODO_ADDRESS` that names the text. */
export function readAddress(text: string, versions: AddressVersions = KOMODO_VERSIONS): Address {
  const address = decodeAddress(text, versions)
  if (!address)
    throw fail('E_KOMODO_ADDRESS', `${JSON.stringify(text.slice(0, 60))} is no address of this coin`)
  return address
}

/** Script that pays to an address. */
export function addressScript(address: Address): string {
  return address.kind === 'pubkeyhash' ? payToPubkeyHash(address.hash) : payToScriptHash(address.hash)
}

/** P2PKH address of a public key (hex). No check is made that the key lies on the curve: marker keys do not. */
export function pubkeyAddress(pubkey: string, versions: AddressVersions = KOMODO_VERSIONS): string {
  return encodeAddress({ kind: 'pubkeyhash', hash: hash160Hex(pubkey) }, versions)
}

/** P2SH address of a script (hex). */
export function scriptAddress(script: string, versions: AddressVersions = KOMODO_VERSIONS): string {
  return encodeAddress({ kind: 'scripthash', hash: hash160Hex(script) }, versions)
}

/** Where a gateway's deposits go: P2PKH of its only key, or P2SH of the bare multisig, keys in the given order. */
export function depositAddress(
  m: number,
  pubkeys: readonly string[],
  versions: AddressVersions = KOMODO_VERSIONS,
): string {
  const [only] = pubkeys
  return pubkeys.length === 1 && only !== undefined
    ? pubkeyAddress(only, versions)
    : scriptAddress(multisigScript(m, pubkeys), versions)
}

/** The address that nodes print for an output's script; `null` for OP_RETURN, multisig and nonstandard ones. */
export function addressOfScript(script: string, versions: AddressVersions = KOMODO_VERSIONS): string | null {
  const kind = scriptKind(script)
  switch (kind.kind) {
    case 'pubkey':
      return pubkeyAddress(kind.pubkey, versions)
    case 'pubkeyhash':
    case 'scripthash':
      return encodeAddress({ kind: kind.kind, hash: kind.hash }, versions)
    case 'cryptocondition':
      return encodeAddress({ kind: 'pubkeyhash', hash: hash160Hex(`${push(kind.condition)}cc`) }, versions)
    case 'multisig':
    case 'nulldata':
    case 'nonstandard':
      return null
  }
}

/** The fake public key that marks a transaction: `02` and its id in internal order. There is no private key to it. */
export function markerKey(txid: string): string {
  return `02${turned(txid)}`
}

export function markerAddress(txid: string, versions: AddressVersions = KOMODO_VERSIONS): string {
  return pubkeyAddress(markerKey(txid), versions)
}

/** Compressed public key (33 bytes, hex) of a private key (32 bytes). Throws `E_KOMODO_KEY`. */
export const publicKeyOf = rememberedOf((privateKey: Uint8Array): string => {
  try {
    return toHex(secp256k1.getPublicKey(privateKey, true))
  } catch {
    throw fail('E_KOMODO_KEY', 'the private key is not a number that the curve allows')
  }
})

/** True for 66 hex digits that name a point of the curve. */
export function isPublicKey(hex: string): boolean {
  if (!/^0[23][0-9a-f]{64}$/.test(hex)) return false
  try {
    secp256k1.ProjectivePoint.fromHex(hex)
    return true
  } catch {
    return false
  }
}

/** Private key of the text that `dumpprivkey` prints (compressed form only). Throws `E_KOMODO_KEY`. */
export function decodeWif(text: string, versions: AddressVersions = KOMODO_VERSIONS): Uint8Array {
  const payload = decodeBase58(text)
  if (payload?.length !== 34 || payload[0] !== versions.wif || payload[33] !== 1)
    throw fail('E_KOMODO_KEY', 'not a private key of this coin in the compressed form')
  const key = payload.slice(1, 33)
  publicKeyOf(key)
  return key
}

export function encodeWif(privateKey: Uint8Array, versions: AddressVersions = KOMODO_VERSIONS): string {
  return checked(Uint8Array.of(versions.wif, ...privateKey, 1))
}
