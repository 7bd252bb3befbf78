/** Factoid transactions under construction, by name, as factom-walletd keeps them. */
import { decodeAddress, encodeAddress, type FactoidKey } from '../../address.js'
import { hashBytes, toHex } from '../../bytes.js'
import { composeTransaction, transactionFee } from '../../factoid-transaction.js'
import type { FactoidAmount, FactoidLedger, FactoidTransaction } from '../../factoid-transaction.js'
import type { Json } from '../../../base/index.js'

export interface Draft {
  readonly name: string
  readonly timeMs: number
  readonly inputs: FactoidAmount[]
  readonly outputs: FactoidAmount[]
  readonly ecOutputs: FactoidAmount[]
  /** Raw bytes once it is signed. */
  signed: FactoidTransaction | null
}

/** Puts an amount on an address; a second one for the same address replaces the first. */
export function place(list: FactoidAmount[], address: string, amount: bigint): void {
  const at = list.findIndex((known) => known.address === address)
  if (at < 0) list.push({ address, amount })
  else list[at] = { address, amount }
}

export function bodyOf(address: string, kind: 'FA' | 'EC'): string {
  return toHex(decodeAddress(address, kind))
}

export function totals({ inputs, outputs, ecOutputs }: FactoidLedger) {
  const sum = (list: readonly FactoidAmount[]) => list.reduce((total, { amount }) => total + amount, 0n)
  return { inputs: sum(inputs), outputs: sum(outputs), ecOutputs: sum(ecOutputs) }
}

/** What the network asks for the transaction, signatures included. */
export function feeOf(draft: Draft, rate: bigint): bigint {
  const anyone = { publicKey: new Uint8Array(32), sign: () => new Uint8Array(64) }
  return transactionFee(
    composeTransaction(
      draft,
      draft.inputs.map(() => anyone),
    ),
    rate,
  )
}

export function sign(draft: Draft, keys: readonly FactoidKey[]): void {
  draft.signed = composeTransaction(draft, keys)
}

/** The members of factom-walletd's replies. */
export function draftView(draft: Draft, rate: bigint): Json {
  const { inputs, outputs, ecOutputs } = totals(draft)
  const paid = inputs - outputs - ecOutputs
  return {
    feespaid: paid > 0n ? paid : undefined,
    feesrequired: feeOf(draft, rate),
    signed: draft.signed !== null,
    name: draft.name,
    timestamp: Math.floor(draft.timeMs / 1000),
    totalecoutputs: ecOutputs,
    totalinputs: inputs,
    totaloutputs: outputs,
    inputs: amountsView(draft.inputs, 'FA'),
    outputs: amountsView(draft.outputs, 'FA'),
    ecoutputs: amountsView(draft.ecOutputs, 'EC'),
    txid: composeTransaction(
      { ...draft, inputs: draft.inputs },
      draft.inputs.map(() => UNSIGNED),
    ).txid,
  }
}

/** `null` for none. */
export function amountsView(amounts: readonly FactoidAmount[], kind: 'FA' | 'EC'): Json {
  if (amounts.length === 0) return null
  return amounts.map(({ address, amount }) => ({ address: encodeAddress(kind, hashBytes(address)), amount }))
}

/** What stands for a key and its signature, which a transaction's id does not depend on. */
const UNSIGNED = { publicKey: new Uint8Array(32), sign: () => new Uint8Array(64) }
