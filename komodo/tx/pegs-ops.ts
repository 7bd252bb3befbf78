/**
 * What the Pegs module writes: its own payloads, and the import transaction by which `pegsget` issues coins, which
 * carries the burn transaction that stands for them. Ids are display order, amounts satoshis.
 * docs/protocol/pegs.md#transactions
 */
import { sha256d, toHex, turned } from './bytes.js'
import { EVAL } from './conditions.js'
import { i64, id, key, list, readFields, writeFields, type ValuesOf } from './layout.js'
import { opReturn, opReturnData } from './script.js'
import {
  decodeTransaction,
  encodeTransaction,
  txidOf,
  type Transaction,
  type TxOutput,
} from './transaction.js'
import { Reader, Writer } from './wire.js'

const AMOUNTS = { amount: i64, deposit: i64, debt: i64 }
/** Who acted, the owner or the liquidator, and the state that this left: deposited tokens, and coins owed for them. */
const ACCOUNT = { pegsTxid: id, pubkey: key, ...AMOUNTS }
const ISSUE = { pegsTxid: id, tokenId: id, pubkey: key, ...AMOUNTS }

/** By op: the letter behind the module's code, and the fields. */
export const PEGS_LAYOUTS = {
  'pegs-create': { letter: 'C', fields: { bindTxids: list(32, id) } },
  'pegs-fund': { letter: 'F', fields: ACCOUNT },
  'pegs-redeem': { letter: 'R', fields: ACCOUNT },
  'pegs-exchange': { letter: 'E', fields: ACCOUNT },
  'pegs-liquidate': { letter: 'L', fields: ACCOUNT },
} as const

export type PegsAccountOp = ValuesOf<typeof ACCOUNT> & {
  readonly op: Exclude<keyof typeof PEGS_LAYOUTS, 'pegs-create'>
}
export type PegsGetOp = ValuesOf<typeof ISSUE> & {
  readonly op: 'pegs-get'
  /** The burn transaction, hex: it burns on paper what the import transaction issues. */
  readonly burnHex: string
  /** The account's transaction before. */
  readonly accountTxid: string
  readonly payoutsHash: string
}
export type PegsOp =
  { readonly op: 'pegs-create'; readonly bindTxids: readonly string[] } | PegsAccountOp | PegsGetOp

/** Blob number of Pegs calls in a token transfer. */
export const PEGS_BLOB = 0x17
/** The output number by which an import transaction names its burn transaction. */
export const IMPORT_VOUT = 1_000_000_000
/** The signature script of that input: the code of coin imports. */
export const IMPORT_SCRIPT = `01${EVAL.importCoin}`

/** A proof by an empty Merkle branch: its kind, the burn transaction's hash, index 0, no hashes. */
const PROOF_KIND = '11'
const EMPTY_BRANCH = '0000'
/** The chain that a burn is for, 0xffffffff as a variable-length number, and the name of the module. */
const TARGET_CHAIN = '8efefefe7f'
const TARGET_NAME = 'PEGSCC'

export function encodeImport({ burnHex }: PegsGetOp): string {
  const writer = new Writer().hex(EVAL.importCoin).hex(PROOF_KIND).id(txidOf(burnHex))
  return writer.hex(EMPTY_BRANCH + burnHex).doneHex()
}

/** Reads on behind the code of coin imports; `null` if it is no import of the Pegs module. */
export function readImport(reader: Reader): PegsGetOp | null {
  if (reader.hex(1) !== PROOF_KIND) return null
  const burnTxid = reader.id()
  if (reader.hex(2) !== EMPTY_BRANCH) return null
  const burnHex = reader.hex(reader.left)
  const burn = decodeTransaction(burnHex)
  const [input] = burn.inputs
  if (txidOf(burnHex) !== burnTxid || burn.inputs.length !== 1 || !input) throw reader.bad('has another burn')
  const data = opReturnData(burn.outputs.at(-1)?.script ?? '')
  if (data === null) throw reader.bad('has a burn without a payload')
  const inner = new Reader(Buffer.from(data, 'hex'), 'burn')
  if (inner.hex(6) !== EVAL.importCoin + TARGET_CHAIN || inner.text() !== TARGET_NAME) return null
  const payoutsHash = inner.id()
  if (inner.blob() !== '') throw inner.bad('has a proof of its own')
  const issue = readFields(inner, ISSUE)
  inner.end()
  return { op: 'pegs-get', ...issue, burnHex, accountTxid: input.txid, payoutsHash }
}

/** What the burn transaction says of the outputs that are issued for it. */
export function payoutsHashOf(outputs: readonly TxOutput[]): string {
  const writer = new Writer()
  writer.list(outputs, (output) => void writer.i64(output.value).blob(output.script))
  return turned(toHex(sha256d(Buffer.from(writer.doneHex(), 'hex'))))
}

/** The op of an issue: `shell` makes a transaction of the version that the chain takes. */
export function issueOp(
  account: ValuesOf<typeof ISSUE> & Pick<PegsGetOp, 'accountTxid'>,
  payouts: readonly TxOutput[],
  shell: (inputs: Transaction['inputs'], outputs: readonly TxOutput[]) => Transaction,
): PegsGetOp {
  const payoutsHash = payoutsHashOf(payouts)
  const head = new Writer()
    .hex(EVAL.importCoin + TARGET_CHAIN)
    .text(TARGET_NAME)
    .id(payoutsHash)
    .blob('')
  const payload = writeFields(head, ISSUE, account).doneHex()
  const input = { txid: account.accountTxid, vout: 0, script: '', sequence: 0xffffffff }
  const burnHex = encodeTransaction(shell([input], [{ value: account.amount, script: opReturn(payload) }]))
  return { op: 'pegs-get', ...account, burnHex, payoutsHash }
}
