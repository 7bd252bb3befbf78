/**
 * Transactions as they stand on the wire: version 1 and 2 (before Overwinter), 3 and 4 (Sapling). Shielded parts are
 * kept unread, so that a transaction of a node is written again byte for byte.
 *
 * Ids are hex of display order, scripts are hex, amounts are satoshis (1e-8 coin).
 */
import { fromHex, sha256d, toHex, turned } from './bytes.js'
import { fail } from './errors.js'
import { Reader, Writer } from './wire.js'

export interface TxInput {
  readonly txid: string
  readonly vout: number
  /** The signature script, hex; of a coinbase: any bytes. */
  readonly script: string
  readonly sequence: number
}

export interface TxOutput {
  readonly value: bigint
  /** The condition under which it is spent, hex. */
  readonly script: string
}

/** What a transparent transaction has none of. Each text is hex of one item. */
export interface Shielded {
  readonly spends: readonly string[]
  readonly outputs: readonly string[]
  readonly joinSplits: readonly string[]
  /** Public key and signature of the join splits: 96 bytes, or none. */
  readonly joinSplitKey: string
  /** 64 bytes if there are spends or outputs, else none. */
  readonly bindingSig: string
}

export interface Transaction {
  readonly overwintered: boolean
  readonly version: number
  /** 0 before Overwinter. */
  readonly versionGroupId: number
  readonly inputs: readonly TxInput[]
  readonly outputs: readonly TxOutput[]
  readonly lockTime: number
  /** The last height whose block may hold it; 0: no limit. Only of overwintered transactions. */
  readonly expiryHeight: number
  readonly valueBalance: bigint
  readonly shielded: Shielded
}

export const SAPLING_GROUP = 0x892f2085
const OVERWINTER_GROUP = 0x03c48270
/** `vout` of a coinbase's only input. */
export const NO_OUTPUT = 0xffffffff
export const ZERO_ID = '0'.repeat(64)
const NOT_SHIELDED: Shielded = {
  spends: [],
  outputs: [],
  joinSplits: [],
  joinSplitKey: '',
  bindingSig: '',
}
/** A transaction cannot be larger than a block. */
const MAX_BYTES = 4_000_000
const SPEND_BYTES = 384
const OUTPUT_BYTES = 948
const PHGR_JOIN_SPLIT_BYTES = 1802
const GROTH_JOIN_SPLIT_BYTES = 1698

/** A transparent Sapling transaction, as all CC calls build it. */
export function saplingTransaction(
  inputs: readonly TxInput[],
  outputs: readonly TxOutput[],
  limits: { readonly lockTime?: number; readonly expiryHeight: number },
): Transaction {
  return {
    overwintered: true,
    version: 4,
    versionGroupId: SAPLING_GROUP,
    inputs,
    outputs,
    lockTime: limits.lockTime ?? 0,
    expiryHeight: limits.expiryHeight,
    valueBalance: 0n,
    shielded: NOT_SHIELDED,
  }
}

/** A transaction of version 1: what chains build before Sapling is active. */
export function plainTransaction(
  inputs: readonly TxInput[],
  outputs: readonly TxOutput[],
  lockTime = 0,
): Transaction {
  return {
    overwintered: false,
    version: 1,
    versionGroupId: 0,
    inputs,
    outputs,
    lockTime,
    expiryHeight: 0,
    valueBalance: 0n,
    shielded: NOT_SHIELDED,
  }
}

/** Throws `E_KOMODO_TX` for anything but exactly one transaction. */
export function decodeTransaction(hex: string): Transaction {
  const bytes = fromHex(hex)
  if (!bytes || bytes.length === 0) throw fail('E_KOMODO_TX', 'a transaction is hex of even length')
  if (bytes.length > MAX_BYTES)
    throw fail('E_KOMODO_TX', `a transaction of ${bytes.length} bytes is too long`)
  const reader = new Reader(bytes, 'transaction')
  const tx = readTransaction(reader)
  reader.end()
  return tx
}

/** Reads one transaction and stops behind it. */
export function readTransaction(reader: Reader): Transaction {
  const header = reader.u32()
  const overwintered = header >>> 31 === 1
  const version = header & 0x7fffffff
  const versionGroupId = overwintered ? reader.u32() : 0
  const sapling = overwintered && version === 4 && versionGroupId === SAPLING_GROUP
  const overwinter = overwintered && version === 3 && versionGroupId === OVERWINTER_GROUP
  if (overwintered && !sapling && !overwinter) throw reader.bad(`is of the unknown version ${version}`)
  if (!overwintered && (version < 1 || version > 2)) throw reader.bad(`is of the unknown version ${version}`)
  const inputs = reader.list(41, () => ({
    txid: reader.id(),
    vout: reader.u32(),
    script: reader.blob(),
    sequence: reader.u32(),
  }))
  const outputs = reader.list(9, () => ({ value: reader.i64(), script: reader.blob() }))
  const lockTime = reader.u32()
  const expiryHeight = overwintered ? reader.u32() : 0
  const valueBalance = sapling ? reader.i64() : 0n
  const spends = sapling ? reader.list(SPEND_BYTES, () => reader.hex(SPEND_BYTES)) : []
  const shieldedOutputs = sapling ? reader.list(OUTPUT_BYTES, () => reader.hex(OUTPUT_BYTES)) : []
  const splitBytes = sapling ? GROTH_JOIN_SPLIT_BYTES : PHGR_JOIN_SPLIT_BYTES
  const joinSplits = version >= 2 ? reader.list(splitBytes, () => reader.hex(splitBytes)) : []
  const joinSplitKey = joinSplits.length > 0 ? reader.hex(96) : ''
  const bindingSig = spends.length + shieldedOutputs.length > 0 ? reader.hex(64) : ''
  return {
    overwintered,
    version,
    versionGroupId,
    inputs,
    outputs,
    lockTime,
    expiryHeight,
    valueBalance,
    shielded: { spends, outputs: shieldedOutputs, joinSplits, joinSplitKey, bindingSig },
  }
}

/** The exact bytes, as hex. */
export function encodeTransaction(tx: Transaction): string {
  const writer = new Writer()
  writer.u32(tx.version + (tx.overwintered ? 0x80000000 : 0))
  if (tx.overwintered) writer.u32(tx.versionGroupId)
  writer.list(tx.inputs, (input) => {
    writer.id(input.txid).u32(input.vout).blob(input.script).u32(input.sequence)
  })
  writer.list(tx.outputs, (output) => void writer.i64(output.value).blob(output.script))
  writer.u32(tx.lockTime)
  if (tx.overwintered) writer.u32(tx.expiryHeight)
  const { spends, outputs, joinSplits, joinSplitKey, bindingSig } = tx.shielded
  if (tx.overwintered && tx.version >= 4) {
    writer.i64(tx.valueBalance)
    writer.list(spends, (spend) => void writer.hex(spend))
    writer.list(outputs, (output) => void writer.hex(output))
  }
  if (tx.version >= 2) writer.list(joinSplits, (split) => void writer.hex(split)).hex(joinSplitKey)
  return writer.hex(bindingSig).doneHex()
}

/** Double SHA-256 of the whole transaction, signatures included; hex of display order. */
export function txidOf(tx: Transaction | string): string {
  const hex = typeof tx === 'string' ? tx : encodeTransaction(tx)
  return turned(toHex(sha256d(Buffer.from(hex, 'hex'))))
}

export function isCoinbase(tx: Transaction): boolean {
  const [first] = tx.inputs
  return tx.inputs.length === 1 && first?.txid === ZERO_ID && first.vout === NO_OUTPUT
}

/** Same transaction with other signature scripts. */
export function withScripts(tx: Transaction, scripts: readonly string[]): Transaction {
  return { ...tx, inputs: tx.inputs.map((input, i) => ({ ...input, script: scripts[i] ?? input.script })) }
}
