/** Words that keys are made of (BIP 39), with the tree of keys that grows from them (BIP 32). */
import { pbkdf2Sync } from 'node:crypto'
import { HDKey } from '@scure/bip32'

/** The tree of words that were found valid. By OpenSSL: `mnemonicToSeedSync` takes twenty times as long. */
export const treeOfWords = (words: string): HDKey =>
  HDKey.fromMasterSeed(pbkdf2Sync(words.normalize('NFKD'), 'mnemonic', 2048, 64, 'sha512'))
