/**
 * The hash that is signed. Version 1 and 2: the transaction with its scripts replaced, SHA-256 twice. Version 4:
 * BLAKE2b with the consensus branch's id, amounts included (https://zips.z.cash/zip-0243).
 */
import { blake2b } from '@noble/hashes/blake2b'

import { hexBytes, sha256d, turned } from './bytes.js'
import { fail } from './errors.js'
import { SAPLING_GROUP, encodeTransaction } from './transaction.js'
import type { Transaction, TxInput, TxOutput } from './transaction.js'
import { Writer } from './wire.js'

export const SIGHASH = { ALL: 1, NONE: 2, SINGLE: 3, ANYONECANPAY: 0x80 } as const
const SAPLING_BRANCH = 0x76b809bb

export interface SignedInput {
  readonly index: number
  /** The spent output's script; of P2SH: the redeem script. Hex. */
  readonly scriptCode: string
  /** The spent output's amount; only version 4 signs it. */
  readonly value: bigint
  /** `SIGHASH`, default ALL. */
  readonly hashType?: number
}

/** 32 bytes. Throws `E_KOMODO_SIGN` for an index or version that has none. */
export function signatureHash(tx: Transaction, input: SignedInput): Uint8Array {
  if (!tx.inputs[input.index]) throw fail('E_KOMODO_SIGN', `the transaction has no input ${input.index}`)
  if (!tx.overwintered) return plainHash(tx, input)
  if (tx.versionGroupId !== SAPLING_GROUP)
    throw fail('E_KOMODO_SIGN', `transactions of version ${tx.version} are not signed`)
  return saplingHash(tx, input)
}

function parts(hashType: number) {
  const base = hashType & 0x1f
  return {
    none: base === SIGHASH.NONE,
    single: base === SIGHASH.SINGLE,
    alone: (hashType & SIGHASH.ANYONECANPAY) !== 0,
  }
}

function plainHash(tx: Transaction, { index, scriptCode, hashType = SIGHASH.ALL }: SignedInput): Uint8Array {
  const { none, single, alone } = parts(hashType)
  if (single && index >= tx.outputs.length)
    throw fail('E_KOMODO_SIGN', `there is no output ${index} for a signature of the type SINGLE`)
  const inputs = tx.inputs.map((input, i): TxInput => {
    if (i === index) return { ...input, script: scriptCode }
    return { ...input, script: '', sequence: none || single ? 0 : input.sequence }
  })
  const blank: TxOutput = { value: -1n, script: '' }
  const outputs = none
    ? []
    : single
      ? tx.outputs.slice(0, index + 1).map((o, i) => (i === index ? o : blank))
      : tx.outputs
  const own = inputs.slice(index, index + 1)
  const copy = { ...tx, inputs: alone ? own : inputs, outputs }
  return sha256d(new Writer().hex(encodeTransaction(copy)).u32(hashType).done())
}

function personal(name: string, bytes: Uint8Array): Uint8Array {
  return blake2b(bytes, { dkLen: 32, personalization: Buffer.from(name, 'latin1') })
}

const ZERO = '00'.repeat(32)

function hashOf(name: string, items: readonly string[]): string {
  return Buffer.from(personal(name, hexBytes(items.join('')))).toString('hex')
}

function outputHex({ value, script }: TxOutput): string {
  return new Writer().i64(value).blob(script).doneHex()
}

function outpoint({ txid, vout }: TxInput): string {
  return turned(txid) + new Writer().u32(vout).doneHex()
}

/** A shielded spend is signed without its own signature, the last 64 of 384 bytes. */
const SIGNED_SPEND_HEX = 320 * 2

function saplingHash(tx: Transaction, signed: SignedInput): Uint8Array {
  const { index, scriptCode, value, hashType = SIGHASH.ALL } = signed
  const { none, single, alone } = parts(hashType)
  const { shielded } = tx
  const list = (name: string, items: readonly string[]) => (items.length === 0 ? ZERO : hashOf(name, items))
  const sequences = tx.inputs.map(({ sequence }) => new Writer().u32(sequence).doneHex())
  const output = tx.outputs[index]
  const outputs = !none && !single ? tx.outputs : single && output ? [output] : null
  const own = tx.inputs[index] as TxInput
  const writer = new Writer()
    .u32(0x80000000 + tx.version)
    .u32(tx.versionGroupId)
    .hex(alone ? ZERO : hashOf('ZcashPrevoutHash', tx.inputs.map(outpoint)))
    .hex(alone || none || single ? ZERO : hashOf('ZcashSequencHash', sequences))
    .hex(outputs ? hashOf('ZcashOutputsHash', outputs.map(outputHex)) : ZERO)
    .hex(
      list(
        'ZcashJSplitsHash',
        shielded.joinSplits.length ? [...shielded.joinSplits, shielded.joinSplitKey.slice(0, 64)] : [],
      ),
    )
    .hex(
      list(
        'ZcashSSpendsHash',
        shielded.spends.map((spend) => spend.slice(0, SIGNED_SPEND_HEX)),
      ),
    )
    .hex(list('ZcashSOutputHash', shielded.outputs))
    .u32(tx.lockTime)
    .u32(tx.expiryHeight)
    .i64(tx.valueBalance)
    .u32(hashType)
    .hex(outpoint(own))
    .blob(scriptCode)
    .i64(value)
    .u32(own.sequence)
  const branch = new Writer().u32(SAPLING_BRANCH).done()
  return personal(`ZcashSigHash${Buffer.from(branch).toString('latin1')}`, writer.done())
}
