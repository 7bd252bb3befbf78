/** Who may spend: the external ids of a batch (docs/protocol/ledger.md#signatures). */
import { secp256k1 } from '@noble/curves/secp256k1'

import { hashBytes, sha256d, sha512, toHex, verifyEd25519 } from '../../factom/index.js'

const INT64 = 1n << 63n
/** How far the time of signing may be from that of the entry, either way. */
export const SALT_SECONDS = 12 * 3600
const [RCD_1, RCD_E] = [0x01, 0x0e]

export interface Signed {
  readonly chainId: string
  readonly extIds: readonly Uint8Array[]
  readonly content: Uint8Array
  /** UNIX seconds: when the entry was revealed, by its block and minute. */
  readonly seconds: number
}

/** Whether the owner of the address has signed the entry. `ethereumKeys`: RCD type e counts too. */
export function isSignedBy(address: string, entry: Signed, ethereumKeys: boolean): boolean {
  const [salt, rcd, signature] = entry.extIds
  if (entry.extIds.length !== 3 || !salt || !rcd || !signature) return false
  if (!isFresh(salt, entry.seconds)) return false
  const digest = signedHash(salt, entry)
  switch (rcd[0]) {
    case RCD_1:
      if (rcd.length !== 33 || !verifyEd25519(rcd.subarray(1), digest, signature)) return false
      break
    case RCD_E:
      if (!ethereumKeys || !isEthereumSignature(rcd, digest, signature)) return false
      break
    default:
      return false
  }
  return toHex(sha256d(rcd)) === address
}

/** What is signed: SHA-512 over the number of the signature, which is always 0, the salt, the chain and the content. */
export function signedHash(
  salt: Uint8Array,
  { chainId, content }: Pick<Signed, 'chainId' | 'content'>,
): Uint8Array {
  return sha512(Buffer.concat([Buffer.from('0'), salt, hashBytes(chainId), content]))
}

/** The salt is the time of signing in decimal seconds, and at most 12 hours off. */
function isFresh(salt: Uint8Array, seconds: number): boolean {
  const text = Buffer.from(salt).toString('latin1')
  if (!/^[+-]?[0-9]+$/.test(text)) return false
  const [, sign = '', digits = ''] = /^([+-]?)0*([0-9]*)$/.exec(text) ?? []
  if (digits.length > 19) return false
  const value = sign === '-' ? -BigInt(digits || '0') : BigInt(digits || '0')
  if (value >= INT64 || value < -INT64) return false
  const apart = BigInt(seconds) - value
  return apart <= BigInt(SALT_SECONDS) && apart >= -BigInt(SALT_SECONDS)
}

/** Of the 65 bytes the last one, which would tell the key, is not looked at; the larger of the two values of s is refused. */
function isEthereumSignature(rcd: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  if (rcd.length !== 65 || signature.length !== 65) return false
  const key = Uint8Array.of(4, ...rcd.subarray(1))
  try {
    return secp256k1.verify(signature.subarray(0, 64), sha256d(digest), key, { lowS: true, prehash: false })
  } catch {
    return false
  }
}
