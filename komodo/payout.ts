/**
 * The transaction that pays a withdrawal on the reference chain: what it has to look like, and whether one that a
 * co-signer or a daemon proposes does. Specification §1.8, §3.8, §16.24. Pure.
 */
import type { Outpoint } from './inspect.js'
import {
  addressOfScript,
  addressScript,
  decodeTransaction,
  readAddress,
  readMultisigInput,
  scriptKind,
  signatureHash,
  stepsOf,
  txidOf,
  verifyDer,
  hash160Hex,
  type AddressVersions,
  type SpentOutput,
  type Transaction,
} from './tx/index.js'

export interface PayoutIntent {
  readonly payAddress: string
  /** Its output marks the payout on the reference chain. */
  readonly markerAddress: string
  readonly depositAddress: string
  /** Satoshis that were withdrawn; the user gets two fees less. */
  readonly amount: bigint
  /** Satoshis of the marker, and of the miners' fee. */
  readonly fee: bigint
  readonly versions: AddressVersions
}

export interface Payout {
  readonly tx: Transaction
  readonly txid: string
  /** Of the input that has fewest; valid ones only. */
  readonly signatures: number
  /** Keys that have signed every input. */
  readonly signers: readonly string[]
  readonly complete: boolean
}

export type PayoutVerdict =
  | { readonly ok: true; readonly payout: Payout }
  /** `thief`: it would pay other than asked. `unreadable`: no transaction, or its inputs are not known. */
  | { readonly ok: false; readonly why: 'thief' | 'unreadable'; readonly message: string }

/** Fee unit of the original program. */
export function payoutFee(coin: string): bigint {
  return coin === 'BTC' ? 20_000n : 10_000n
}

/** Outputs in their order: the user, the marker, the change. */
export function payoutOutputs(
  intent: PayoutIntent,
  inputs: bigint,
): (readonly [address: string, sat: bigint])[] {
  const { payAddress, markerAddress, depositAddress, amount, fee } = intent
  const change = inputs - amount
  return [
    [payAddress, amount - 2n * fee],
    [markerAddress, fee],
    ...(change > 0n ? [[depositAddress, change] as const] : []),
  ]
}

/** Below this nothing is left for the user, or only dust. */
export const leastAmount = (fee: bigint): bigint => 2n * fee + 1_000n

/**
 * Holds a proposed transaction against what was asked for. `spentOf` knows the outputs that it spends; an input that
 * is not known, or not the gateway's own, is refused.
 */
export function judgePayout(
  hex: string,
  intent: PayoutIntent,
  spentOf: (outpoint: Outpoint) => SpentOutput | undefined,
): PayoutVerdict {
  const thief = (message: string): PayoutVerdict => ({ ok: false, why: 'thief', message })
  let tx: Transaction
  try {
    tx = decodeTransaction(hex)
  } catch {
    return { ok: false, why: 'unreadable', message: 'the proposed payout is no transaction' }
  }
  const scriptOf = (address: string): string => addressScript(readAddress(address, intent.versions))
  let inputs = 0n
  const spent: SpentOutput[] = []
  const seen = new Set<string>()
  for (const input of tx.inputs) {
    const output = spentOf(input)
    const name = `${input.txid}:${input.vout}`
    if (output === undefined || seen.has(name))
      return { ok: false, why: 'unreadable', message: `it spends ${name}, which is not known or spent` }
    // A key's address stands for two scripts: pay to its hash, and pay to the key itself.
    if (addressOfScript(output.script, intent.versions) !== intent.depositAddress)
      return thief(`it spends ${name}, which is not the gateway's`)
    seen.add(name)
    spent.push(output)
    inputs += output.value
  }
  const { spends, outputs: hidden, joinSplits } = tx.shielded
  if (spends.length + hidden.length + joinSplits.length > 0 || tx.valueBalance !== 0n)
    return thief('it has shielded parts')
  const wanted = payoutOutputs(intent, inputs)
  if (inputs < intent.amount) return thief('it spends less than it has to pay')
  if (tx.outputs.length !== wanted.length)
    return thief(`it has ${tx.outputs.length} outputs instead of ${wanted.length}`)
  for (const [k, [address, sat]] of wanted.entries()) {
    const output = tx.outputs[k]
    if (output?.script !== scriptOf(address)) return thief(`output ${k} does not go to ${address}`)
    if (output.value !== sat) return thief(`output ${k} has ${output.value} instead of ${sat}`)
  }
  return { ok: true, payout: { tx, txid: txidOf(hex), ...signaturesOf(tx, spent) } }
}

/** Which keys have signed all inputs. A signature that does not hold does not count. */
function signaturesOf(tx: Transaction, spent: readonly SpentOutput[]) {
  let signers: readonly string[] | null = null
  let need = 1
  for (const [index, output] of spent.entries()) {
    const multisig = readMultisigInput(tx, index, output)
    if (multisig !== null) need = multisig.m
    const keys = multisig === null ? singleSigner(tx, index, output) : [...multisig.signatures.keys()]
    signers = signers === null ? keys : signers.filter((key) => keys.includes(key))
  }
  const found: readonly string[] = signers ?? []
  return { signers: found, signatures: found.length, complete: found.length >= need }
}

function singleSigner(tx: Transaction, index: number, output: SpentOutput): string[] {
  const kind = scriptKind(output.script)
  const [signature, pubkey] = stepsOf(tx.inputs[index]?.script ?? '') ?? []
  const key = kind.kind === 'pubkey' ? kind.pubkey : pubkey?.data
  if (!signature?.data || !key) return []
  if (kind.kind === 'pubkeyhash' && hash160Hex(key) !== kind.hash) return []
  const hashType = Number.parseInt(signature.data.slice(-2), 16)
  const hash = signatureHash(tx, { index, scriptCode: output.script, value: output.value, hashType })
  return verifyDer(signature.data, hash, key) ? [key] : []
}
