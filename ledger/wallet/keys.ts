/** Keys that sign for addresses of the ledger, and the words that keys are made of (docs/protocol/ledger.md#keys). */
import { secp256k1 } from '@noble/curves/secp256k1'
import { generateMnemonic, validateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english'

import { concat, fromHex, sha256d } from '../../base/index.js'
import { discreet, encodeAddress, factoidKey, isAddress, treeOfWords } from '../../factom/index.js'
import { fail } from '../errors.js'

/** `factoid`: ed25519. `ethereum`: secp256k1; its addresses may also be written Fe and FE. */
export type KeyKind = 'factoid' | 'ethereum'

/** It prints and serialises as its address; the secret cannot be read from it. */
export interface SigningKey {
  /** FA text. */
  readonly address: string
  readonly kind: KeyKind
  /** The redeem condition; its hash is the address. */
  readonly rcd: Uint8Array
  /** The signature of the 64 bytes that stand for a batch (`signedHash`). */
  sign(hash: Uint8Array): Uint8Array
  toJSON(): string
}

const [RCD_1, RCD_E] = [0x01, 0x0e]
const ETHEREUM = /^0x[0-9a-fA-F]{64}$/

/** The key of `Fs…` or, for Ethereum, `0x` and 64 hex digits. The text is never repeated in an error. */
export function signingKey(secret: string): SigningKey {
  if (ETHEREUM.test(secret)) return ethereumKey(fromHex(secret.slice(2)) ?? new Uint8Array())
  if (!isAddress(secret, 'Fs'))
    throw fail('E_WALLET_SECRET', 'a secret key begins with Fs (its check sum must fit), or with 0x')
  const key = factoidKey(secret)
  return discreet<Omit<SigningKey, 'toJSON'>>({
    address: key.address,
    kind: 'factoid',
    rcd: concat(Uint8Array.of(RCD_1), key.publicKey),
    sign: (hash) => key.sign(hash),
  })
}

function ethereumKey(secret: Uint8Array): SigningKey {
  if (!secp256k1.utils.isValidPrivateKey(secret))
    throw fail('E_WALLET_SECRET', 'the secret key of Ethereum is no number that a key can be')
  const rcd = concat(Uint8Array.of(RCD_E), secp256k1.getPublicKey(secret, false).subarray(1))
  const sign = (hash: Uint8Array): Uint8Array => {
    const signature = secp256k1.sign(sha256d(hash), secret, { lowS: true, prehash: false })
    return concat(signature.toCompactRawBytes(), Uint8Array.of(signature.recovery))
  }
  return discreet<Omit<SigningKey, 'toJSON'>>({
    address: encodeAddress('FA', sha256d(rcd)),
    kind: 'ethereum',
    rcd,
    sign,
  })
}

/** 24 words. */
export const newWords = (): string => generateMnemonic(wordlist, 256)

/** Where the keys of factoid addresses are in the tree of BIP-44. */
export const pathOf = (index: number): string => `m/44'/131'/0'/0/${index}`
const PATH = /^m(\/[0-9]{1,9}'?){1,10}$/

/** Words as they are written, on one line; null if they are none, or one of them is wrong. */
export function readWords(text: string): string | null {
  const words = text.normalize('NFKD').trim().toLowerCase().split(/\s+/).join(' ')
  return validateMnemonic(words, wordlist) ? words : null
}

/** The secret keys (`Fs…`) of words at these places of the tree. */
export function secretsOf(words: string, paths: readonly string[]): string[] {
  const root = treeOfWords(words)
  return paths.map((path) => {
    if (!PATH.test(path))
      throw fail('E_WALLET_SECRET', `a path looks like ${pathOf(0)}, or m/7' of Koinify's wallets`)
    const { privateKey } = root.derive(path)
    if (!privateKey) throw fail('E_WALLET_SECRET', `the words have no key at ${path}`)
    return encodeAddress('Fs', privateKey)
  })
}
