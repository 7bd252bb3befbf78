/** Keys of the sale of factoids at Koinify, which were given out as twelve words. */
import { HARDENED_OFFSET } from '@scure/bip32'
import { validateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english'

import { treeOfWords } from '../../words.js'
import { refused } from '../api/errors.js'

const WORDS = 12
const CHILD = HARDENED_OFFSET + 7

/** The 32 bytes of the factoid key. Refuses, as factom-walletd does, what are not twelve words of BIP 39. */
export function koinifySeed(text: string): Uint8Array {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length !== WORDS) throw refused('mnemonic must be 12 words')
  const phrase = words.join(' ')
  if (!validateMnemonic(phrase, wordlist)) throw refused('Invalid mnemonic')
  const { privateKey } = treeOfWords(phrase).deriveChild(CHILD)
  if (!privateKey) throw new Error('a child of a secret key has one')
  return privateKey
}
