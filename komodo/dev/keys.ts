/** Keys that follow from the seed, and the public keys of the contract modules, whose private halves are public too. */
import { createHash } from 'node:crypto'

import { secp256k1 } from '@noble/curves/secp256k1'

import * as tx from '../tx/index.js'

/** Private key of a name under a seed; of no value, since it can be computed from the two. */
export function seededKey(seed: string, name: string): Uint8Array {
  for (let round = 0; ; round++) {
    const key = new Uint8Array(
      createHash('sha256').update(`pegminer komodo ${seed} ${name} ${round}`).digest(),
    )
    if (secp256k1.utils.isValidPrivateKey(key)) return key
  }
}

export interface ModuleKeys {
  readonly code: string
  readonly name: string
  readonly pubkey: string
  readonly privateKey: Uint8Array
}

/** Constants of the protocol: every node signs for a module with the module's own, public, private key. */
const ORACLES_AND_GATEWAYS = 'f74b5ba27a5e9cda89b1cbb9e69c2c708537dd007a67ff7c621be2fb048f85bf'

export const ORACLES: ModuleKeys = {
  code: tx.EVAL.oracles,
  name: 'Oracles',
  pubkey: '038c1d42db6a45a57eccb8981b078fb7857b9b496293fe299d2b8d120ac5b5691a',
  privateKey: tx.hexBytes(ORACLES_AND_GATEWAYS),
}
export const GATEWAYS: ModuleKeys = {
  code: tx.EVAL.gateways,
  name: 'Gateways',
  pubkey: tx.GATEWAYS_PUBKEY,
  privateKey: tx.hexBytes(ORACLES_AND_GATEWAYS),
}
export const PEGS: ModuleKeys = {
  code: tx.EVAL.pegs,
  name: 'Pegs',
  pubkey: '03c75c1de29a35e41606363b430c08be1c2dd93cf7a468229a082cc79c7b77eece',
  privateKey: tx.hexBytes('52564c7887f7a239b090b7b862800f83189df4f4bd2809a99b8554160f3ffb65'),
}
/** Nothing is ever signed with the token module's key here. */
export const TOKENS_PUBKEY = '03e6191c70c9c9a28f9fd87089b9488d0e6c02fb629df64979c9cdb6b2b4a68d95'

/** The key that holds a publisher's baton: his own, mixed with the oracle module's. */
export function batonKey(privateKey: Uint8Array): Uint8Array {
  return Uint8Array.from(privateKey, (byte, i) => byte ^ (ORACLES.privateKey[i] as number))
}

/** Address of a module's outputs that belong to a key. */
export function moduleAddress(code: string, pubkey: string): string {
  return tx.addressOfScript(tx.conditionScript(tx.moduleCondition(code, pubkey))) as string
}

/** Address of tokens that a module holds for a key. */
export function tokenAddress(code: string, pubkey: string): string {
  return tx.addressOfScript(tx.conditionScript(tx.tokenCondition(code, pubkey))) as string
}

/** Address of a module's outputs that either of two keys can spend. */
export function sharedAddress(code: string, pubkeys: readonly [string, string]): string {
  return tx.addressOfScript(tx.conditionScript(tx.sharedCondition(code, pubkeys))) as string
}
