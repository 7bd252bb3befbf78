/**
 * Reading what a daemon built, before it is held against what was asked for: layout, expiry, signatures, payload, whom
 * its outputs belong to. Throws `E_KOMODO_INSPECT`; `details.rule` says which rule is broken.
 */
import { isCoded } from '../base/index.js'
import { fail } from './errors.js'
import {
  decodeTransaction,
  hash160Hex,
  payToPubkey,
  payToPubkeyHash,
  readFulfilment,
  txidOf,
  type ModuleOp,
  type Transaction,
  type TxInput,
  type TxOutput,
} from './tx/index.js'

/** Value of batons, markers and the module's other small outputs. */
export const MARKER_SAT = 10_000n
/** A transaction must be good for so many blocks more. */
const EXPIRY_MARGIN = 10

export type InspectRule =
  | 'layout'
  | 'expired'
  | 'unsigned'
  | 'op-return'
  | 'baton'
  | 'inputs'
  | 'outputs'
  | 'amount'
  | 'foreign-output'

export interface Inspected {
  readonly txid: string
  readonly hex: string
  readonly tx: Transaction
}

/** The chain and the key for which a transaction was built. */
export interface BuiltFor {
  /** Blocks of the asset chain. */
  readonly height: number
  /** The node's own key, hex. */
  readonly pubkey: string
}

export interface Outpoint {
  readonly txid: string
  readonly vout: number
}

/** The rule that an `E_KOMODO_INSPECT` is about; null for any other error. */
export function brokenRule(error: unknown): InspectRule | null {
  return isCoded(error) && error.code === 'E_KOMODO_INSPECT' ? (error.details['rule'] as InspectRule) : null
}

export function broken(rule: InspectRule, what: string): Error {
  return fail('E_KOMODO_INSPECT', `a built transaction was not sent: ${what}`, { details: { rule } })
}

/** Version 1 before Sapling is active, 4 afterwards. */
export function openBuilt(hex: string, { height }: BuiltFor): { tx: Transaction; txid: string } {
  let tx: Transaction
  try {
    tx = decodeTransaction(hex)
  } catch (error) {
    throw broken('layout', error instanceof Error ? error.message : 'it cannot be read')
  }
  if (!(tx.version === 4 && tx.overwintered) && !(tx.version === 1 && !tx.overwintered))
    throw broken('layout', `it is of version ${tx.version}`)
  if (tx.expiryHeight !== 0 && tx.expiryHeight <= height + EXPIRY_MARGIN)
    throw broken('expired', `it expires at ${tx.expiryHeight}, the chain is at ${height}`)
  const { spends, outputs, joinSplits } = tx.shielded
  if (spends.length + outputs.length + joinSplits.length > 0 || tx.valueBalance !== 0n)
    throw broken('layout', 'it has shielded parts')
  if (tx.inputs.length === 0 || tx.inputs.some(({ script }) => script === ''))
    throw broken('unsigned', 'an input is not signed: the wallet lacks the key')
  return { tx, txid: txidOf(hex) }
}

export function same(op: ModuleOp | null, wanted: ModuleOp): void {
  if (op === null) throw broken('op-return', 'its OP_RETURN cannot be read')
  for (const [key, value] of Object.entries(wanted) as [string, unknown][])
    if ((op as unknown as Record<string, unknown>)[key] !== value)
      throw broken('op-return', `its OP_RETURN has another ${key}`)
}

export const isSame = (outpoint: Outpoint, input: TxInput): boolean =>
  outpoint.txid === input.txid && outpoint.vout === input.vout

/** Whether an input spends an output of a contract module, told by its fulfilment. */
export function isContract({ script }: TxInput): boolean {
  return readFulfilment(script) !== null
}

export function isTo(output: TxOutput | undefined, script: string): output is TxOutput {
  return output?.script === script
}

export function isOwn({ script }: TxOutput, pubkey: string): boolean {
  return script === payToPubkey(pubkey) || script === payToPubkeyHash(hash160Hex(pubkey))
}

export function ownOnly(outputs: readonly TxOutput[], pubkey: string): void {
  const other = outputs.find((output) => !isOwn(output, pubkey))
  if (other !== undefined) throw broken('foreign-output', `it pays ${other.value} to another address`)
}
