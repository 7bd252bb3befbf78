/**
 * The transaction that pays a withdrawal on the reference chain: what it has to look like, and whether one that a
 * co-signer or a daemon proposes does (docs/protocol/komodo.md#payouts). Pure.
 */
import type { Outpoint } from './built.js'
import {
  addressOfScript,
  addressScript,
  decodeTransaction,
  encodeTransaction,
  readAddress,
  readMultisigInput,
  SAPLING_GROUP,
  saplingTransaction,
  scriptKind,
  signatureHash,
  stepsOf,
  txidOf,
  verifyDer,
  hash160Hex,
  withScripts,
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
  /** `thief`: it would not pay what was asked for. `unreadable`: it is no transaction, or its inputs are not known. */
  | { readonly ok: false; readonly why: 'thief' | 'unreadable'; readonly message: string }

/** Fee unit of the original program. */
export function payoutFee(coin: string): bigint {
  return coin === 'BTC' ? 20_000n : 10_000n
}

/** Less than this is dust to a node, or costs more than it is worth. */
const LEAST_OUTPUT = 1_000n

/** Outputs in their order: the user, the marker, the change. Change that is dust goes to the miners. */
export function payoutOutputs(
  intent: PayoutIntent,
  inputs: bigint,
): (readonly [address: string, sat: bigint])[] {
  const { payAddress, markerAddress, depositAddress, amount, fee } = intent
  const change = inputs - amount
  return [
    [payAddress, amount - 2n * fee],
    [markerAddress, fee],
    ...(change >= LEAST_OUTPUT ? [[depositAddress, change] as const] : []),
  ]
}

const FINAL = 0xffffffff

/** The unsigned transaction, hex. Two of its addresses may be equal. */
export function payoutTransaction(
  intent: PayoutIntent,
  coins: readonly (Outpoint & { readonly sat: bigint })[],
  expiryHeight: number,
): string {
  const total = coins.reduce((sum, { sat }) => sum + sat, 0n)
  const outputs = payoutOutputs(intent, total).map(([address, value]) => ({
    value,
    script: addressScript(readAddress(address, intent.versions)),
  }))
  const inputs = coins.map(({ txid, vout }) => ({ txid, vout, script: '', sequence: FINAL }))
  return encodeTransaction(saplingTransaction(inputs, outputs, { expiryHeight }))
}

/** Its content without the signatures: equal texts are the same payout. */
export function payoutContent(tx: Transaction): string {
  return encodeTransaction(
    withScripts(
      tx,
      tx.inputs.map(() => ''),
    ),
  )
}

/** Bytes of a signed payout that fit, as text, into the OP_RETURN by which the asset chain carries it. */
const MOST_BYTES = 4_000
const OTHER_BYTES = 200

/** How many inputs a payout may have: each brings `m` signatures and, with several keys, all the keys. */
export function mostInputs({ m, n }: { readonly m: number; readonly n: number }): number {
  const script = n === 1 ? 108 : 73 * m + 35 * n + 10
  return Math.floor((MOST_BYTES - OTHER_BYTES) / (44 + script))
}

/** A payout is signed only if there is still so much time for the others to sign and for miners to take it. */
const NEAREST_EXPIRY = 60
/** Twice what this program gives; a payout that stays valid for weeks ties the coins up for as long. */
const FARTHEST_EXPIRY = 2_880
/** Lock times from here on are UNIX seconds, below they are heights. */
const LOCK_TIMES = 500_000_000

export interface TermFacts {
  /** Of the reference chain's last block; `time` in UNIX seconds, null if it was not asked for. */
  readonly height: number
  readonly time: number | null
  readonly m: number
  readonly n: number
}

/**
 * What is wrong with the rest of a payout, whose outputs and inputs are as they should be; null: nothing. A lock time
 * that has passed is harmless, and other feeds set one; one to come, or an input that waits, would let a co-signer
 * choose the day on which it is mined.
 */
export function termsFault(tx: Transaction, { height, time, m, n }: TermFacts): string | null {
  if (tx.version !== 4 || !tx.overwintered || tx.versionGroupId !== SAPLING_GROUP)
    return `it is of version ${tx.version} instead of 4`
  const most = mostInputs({ m, n })
  if (tx.inputs.length > most)
    return `it has ${tx.inputs.length} inputs, more than ${most} cannot be passed on`
  if (tx.inputs.some(({ sequence }) => sequence < FINAL - 1)) return 'an input of it has a sequence number'
  const { lockTime, expiryHeight } = tx
  const reached = lockTime < LOCK_TIMES ? height : (time ?? 0)
  if (lockTime !== 0 && lockTime > reached) return `its lock time ${lockTime} has not passed`
  if (expiryHeight === 0) return 'it never expires'
  if (expiryHeight > height + FARTHEST_EXPIRY)
    return `it expires at ${expiryHeight}, more than ${FARTHEST_EXPIRY} blocks ahead`
  return null
}

/** Whether it expires too soon to be signed; what is signed by all may still be sent. */
export const isStale = ({ expiryHeight }: Transaction, height: number): boolean =>
  expiryHeight !== 0 && expiryHeight < height + NEAREST_EXPIRY

/** Whether a lock time is a date, so that the time of the last block has to be known. */
export const isDated = ({ lockTime }: Transaction): boolean => lockTime >= LOCK_TIMES

/**
 * Whether the outputs are those of a payment: the exact amount to the user, and the marker. That alone proves nothing,
 * since a stranger can pay the same: an input must be the gateway's.
 */
export function paysOut(tx: Transaction, intent: PayoutIntent): boolean {
  const { payAddress, markerAddress, amount, fee, versions } = intent
  const pays = (address: string, sat: bigint): boolean =>
    tx.outputs.some(({ script, value }) => value === sat && addressOfScript(script, versions) === address)
  return pays(payAddress, amount - 2n * fee) && pays(markerAddress, fee)
}

/** Below this nothing is left for the user, or only dust. */
export const leastAmount = (fee: bigint): bigint => 2n * fee + LEAST_OUTPUT

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

/** Keys that have signed an input; only signatures that hold. */
export function inputSigners(tx: Transaction, index: number, output: SpentOutput): readonly string[] {
  const multisig = readMultisigInput(tx, index, output)
  return multisig === null ? singleSigner(tx, index, output) : [...multisig.signatures.keys()]
}

/** Which keys have signed all inputs. A signature that does not hold does not count. */
function signaturesOf(tx: Transaction, spent: readonly SpentOutput[]) {
  let signers: readonly string[] | null = null
  let need = 1
  for (const [index, output] of spent.entries()) {
    need = readMultisigInput(tx, index, output)?.m ?? need
    const keys = inputSigners(tx, index, output)
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
