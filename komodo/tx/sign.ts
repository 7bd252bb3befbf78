/** Signing and checking the inputs of a transaction: P2PK, P2PKH, P2SH multisig, and crypto-conditions. */
import { secp256k1 } from '@noble/curves/secp256k1'

import { remembered } from '../../base/index.js'
import { hexBytes, toHex } from './bytes.js'
import { publicKeyOf } from './address.js'
import { bareScript, conditionScript, fulfilmentScript, readFulfilment, signCondition } from './conditions.js'
import type { Condition } from './conditions.js'
import { fail } from './errors.js'
import { hash160Hex, push, scriptKind, stepsOf } from './script.js'
import type { ScriptStep } from './script.js'
import { SIGHASH, signatureHash } from './sighash.js'
import type { Transaction } from './transaction.js'

/** The output that an input spends. */
export interface SpentOutput {
  readonly value: bigint
  readonly script: string
}

/** DER signature with the hash type behind it, hex. Deterministic (RFC 6979), low S: what nodes make. */
function derSignature(hash: Uint8Array, privateKey: Uint8Array, hashType: number = SIGHASH.ALL): string {
  return secp256k1.sign(hash, privateKey, { lowS: true }).toDERHex() + hashType.toString(16).padStart(2, '0')
}

/** Verdicts on signatures. A feed looks at the same ones with each pass, and each costs a millisecond. */
const MOST_CHECKED = 4096
/** Hex digits of the longest signature that can be valid, and of the longest key. */
const LONGEST = { signature: 2 * 73, pubkey: 2 * 65 }

/** True if `signature` (DER with its hash type, hex) signs `hash` by `pubkey`. */
export function verifyDer(signature: string, hash: Uint8Array, pubkey: string): boolean {
  if (signature.length > LONGEST.signature || pubkey.length > LONGEST.pubkey) return false
  return verdict(`${signature} ${toHex(hash)} ${pubkey}`)
}

const verdict = remembered(MOST_CHECKED, (question) => {
  const [signature, hash, pubkey] = question.split(' ') as [string, string, string]
  try {
    return secp256k1.verify(hexBytes(signature.slice(0, -2)), hexBytes(hash), hexBytes(pubkey), {
      lowS: true,
      format: 'der',
    })
  } catch {
    return false
  }
})

/** The signature script of one key's output (P2PK or P2PKH). Throws `E_KOMODO_SIGN` if the key is not its key. */
export function signKeyInput(
  tx: Transaction,
  index: number,
  spent: SpentOutput,
  privateKey: Uint8Array,
): string {
  const pubkey = publicKeyOf(privateKey)
  const kind = scriptKind(spent.script)
  const hash = signatureHash(tx, { index, scriptCode: spent.script, value: spent.value })
  const signature = push(derSignature(hash, privateKey))
  if (kind.kind === 'pubkey' && kind.pubkey === pubkey) return signature
  if (kind.kind === 'pubkeyhash' && kind.hash === hash160Hex(pubkey)) return signature + push(pubkey)
  throw fail('E_KOMODO_SIGN', `the key does not belong to the output that input ${index} spends`)
}

/** The signature script of a crypto-condition's output: `condition` with the key's signature. */
export function signConditionInput(
  tx: Transaction,
  index: number,
  spent: SpentOutput & { readonly condition: Condition },
  privateKey: Uint8Array,
): string {
  if (conditionScript(spent.condition) !== spent.script)
    throw fail('E_KOMODO_SIGN', `input ${index} spends another condition`)
  const hash = signatureHash(tx, { index, scriptCode: spent.script, value: spent.value })
  const signature = toHex(secp256k1.sign(hash, privateKey, { lowS: true }).toCompactRawBytes())
  return fulfilmentScript(signCondition(spent.condition, publicKeyOf(privateKey), signature))
}

/** '' for an input that is not there. */
const scriptAt = ({ inputs }: Transaction, index: number): string => inputs[index]?.script ?? ''

/** Signatures of a multisig input that stand in its script already, by public key. */
export interface MultisigInput {
  readonly redeemScript: string
  readonly m: number
  readonly pubkeys: readonly string[]
  /** DER with hash type, hex; only those that hold. */
  readonly signatures: ReadonlyMap<string, string>
}

/** What the script of a P2SH multisig input says so far; `null` if it spends no multisig. */
export function readMultisigInput(
  tx: Transaction,
  index: number,
  spent: SpentOutput,
  redeemScript?: string,
): MultisigInput | null {
  const target = scriptKind(spent.script)
  const steps = stepsOf(scriptAt(tx, index)) ?? []
  const redeem = redeemScript ?? steps.at(-1)?.data ?? ''
  const kind = scriptKind(redeem)
  if (target.kind !== 'scripthash' || kind.kind !== 'multisig' || hash160Hex(redeem) !== target.hash)
    return null
  const signatures = new Map<string, string>()
  for (const { data } of steps.slice(0, -1)) {
    const signer = data && kind.pubkeys.find((pubkey) => signs(tx, index, redeem, spent.value, data, pubkey))
    if (data && signer) signatures.set(signer, data)
  }
  return { redeemScript: redeem, m: kind.m, pubkeys: kind.pubkeys, signatures }
}

function signs(
  tx: Transaction,
  index: number,
  scriptCode: string,
  value: bigint,
  signature: string,
  pubkey: string,
): boolean {
  const hashType = Number.parseInt(signature.slice(-2), 16)
  return verifyDer(signature, signatureHash(tx, { index, scriptCode, value, hashType }), pubkey)
}

/** Adds one key's signature; the script holds at most `m`, in the order of the keys. */
export function signMultisigInput(
  tx: Transaction,
  index: number,
  spent: SpentOutput & { readonly redeemScript: string },
  privateKey: Uint8Array,
): string {
  const so = readMultisigInput(tx, index, spent, spent.redeemScript)
  const pubkey = publicKeyOf(privateKey)
  if (!so?.pubkeys.includes(pubkey))
    throw fail('E_KOMODO_SIGN', `the key is none of the multisig that input ${index} spends`)
  const hash = signatureHash(tx, { index, scriptCode: so.redeemScript, value: spent.value })
  const signatures = new Map(so.signatures).set(pubkey, derSignature(hash, privateKey))
  const ordered = so.pubkeys.flatMap((key) => signatures.get(key) ?? []).slice(0, so.m)
  return `00${ordered.map(push).join('')}${push(so.redeemScript)}`
}

/**
 * Whether an input's script satisfies the output that it spends: right keys, valid signatures, enough of them. Other
 * rules of contract modules are not checked. P2SH is understood for multisig only.
 */
export function inputIsSigned(tx: Transaction, index: number, spent: SpentOutput): boolean {
  const steps = stepsOf(scriptAt(tx, index))
  if (!steps || steps.length === 0) return false
  const kind = scriptKind(spent.script)
  switch (kind.kind) {
    case 'pubkey':
      return steps.length === 1 && signsKey(tx, index, spent, steps[0], kind.pubkey)
    case 'pubkeyhash': {
      const pubkey = steps[1]?.data ?? ''
      return (
        steps.length === 2 && hash160Hex(pubkey) === kind.hash && signsKey(tx, index, spent, steps[0], pubkey)
      )
    }
    case 'scripthash': {
      const multisig = readMultisigInput(tx, index, spent)
      return multisig !== null && multisig.signatures.size >= multisig.m && steps.length === multisig.m + 2
    }
    case 'cryptocondition':
      return fulfils(tx, index, spent, bareScript(kind.condition))
    case 'multisig':
    case 'nulldata':
    case 'nonstandard':
      return false
  }
}

function signsKey(
  tx: Transaction,
  index: number,
  spent: SpentOutput,
  step: ScriptStep | undefined,
  pubkey: string,
): boolean {
  const signature = step?.data ?? ''
  return signature.length >= 4 && signs(tx, index, spent.script, spent.value, signature, pubkey)
}

function fulfils(tx: Transaction, index: number, spent: SpentOutput, bare: string): boolean {
  const tree = readFulfilment(scriptAt(tx, index))
  if (!tree) return false
  try {
    if (conditionScript(tree) !== bare) return false
  } catch {
    return false
  }
  const hash = signatureHash(tx, { index, scriptCode: spent.script, value: spent.value })
  return keysOf(tree).every(({ pubkey, signature = '' }) => {
    try {
      return secp256k1.verify(hexBytes(signature), hash, hexBytes(pubkey), { lowS: false, format: 'compact' })
    } catch {
      return false
    }
  })
}

function keysOf(tree: Condition): Extract<Condition, { type: 'key' }>[] {
  if (tree.type === 'threshold') return tree.parts.flatMap(keysOf)
  return tree.type === 'key' ? [tree] : []
}
