/**
 * What the Pegs module writes: its own payloads, and the import transaction by which `pegsget` issues coins, which
 * carries the burn transaction that stands for them. Ids are display order, amounts satoshis.
 * docs/protocol/pegs.md#transactions
 */
import { sha256d, toHex, turned } from './bytes.js'
import { EVAL } from './conditions.js'
import { opReturn, opReturnData } from './script.js'
import {
  decodeTransaction,
  encodeTransaction,
  txidOf,
  type Transaction,
  type TxOutput,
} from './transaction.js'
import { Reader, Writer } from './wire.js'

/** The state that an operation leaves behind: deposited tokens, and the coins that are owed for them. */
interface Account {
  readonly pegsTxid: string
  /** Who acted: the owner, or the liquidator. */
  readonly pubkey: string
  readonly amount: bigint
  readonly deposit: bigint
  readonly debt: bigint
}

const LETTERS = {
  'pegs-fund': 'F',
  'pegs-redeem': 'R',
  'pegs-exchange': 'E',
  'pegs-liquidate': 'L',
} as const

export type PegsAccountOp = Account & { readonly op: keyof typeof LETTERS }
export type PegsGetOp = Account & {
  readonly op: 'pegs-get'
  readonly tokenId: string
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

export function encodePegsOp(op: PegsOp): string {
  const writer = new Writer()
  switch (op.op) {
    case 'pegs-create':
      writer.hex(EVAL.pegs).hex(letterHex('C'))
      return writer.list(op.bindTxids, (txid) => void writer.id(txid)).doneHex()
    case 'pegs-get':
      return writer
        .hex(EVAL.importCoin)
        .hex(PROOF_KIND)
        .id(txidOf(op.burnHex))
        .hex(EMPTY_BRANCH + op.burnHex)
        .doneHex()
    case 'pegs-fund':
    case 'pegs-redeem':
    case 'pegs-exchange':
    case 'pegs-liquidate':
      writer.hex(EVAL.pegs).hex(letterHex(LETTERS[op.op])).id(op.pegsTxid).blob(op.pubkey)
      return writer.i64(op.amount).i64(op.deposit).i64(op.debt).doneHex()
  }
}

const letterHex = (letter: string): string => Buffer.from(letter, 'latin1').toString('hex')

/** Reads on behind the module's code. Throws `E_KOMODO_TX`; `null` for an unknown letter. */
export function readPegsOp(reader: Reader): PegsOp | null {
  const letter = String.fromCharCode(reader.u8())
  if (letter === 'C') return { op: 'pegs-create', bindTxids: reader.list(32, () => reader.id()) }
  const found = Object.entries(LETTERS).find(([, each]) => each === letter)
  if (!found) return null
  const op = found[0] as PegsAccountOp['op']
  const pegsTxid = reader.id()
  return { op, pegsTxid, pubkey: readPubkey(reader), ...readAmounts(reader) }
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
  const pegsTxid = inner.id()
  const tokenId = inner.id()
  const pubkey = readPubkey(inner)
  const amounts = readAmounts(inner)
  inner.end()
  return {
    op: 'pegs-get',
    pegsTxid,
    tokenId,
    pubkey,
    ...amounts,
    burnHex,
    accountTxid: input.txid,
    payoutsHash,
  }
}

export function readPubkey(reader: Reader): string {
  const pubkey = reader.blob()
  if (pubkey.length !== 66) throw reader.bad('has a key that is not of 33 bytes')
  return pubkey
}

function readAmounts(reader: Reader): Pick<Account, 'amount' | 'deposit' | 'debt'> {
  return { amount: reader.i64(), deposit: reader.i64(), debt: reader.i64() }
}

/** What the burn transaction says of the outputs that are issued for it. */
export function payoutsHashOf(outputs: readonly TxOutput[]): string {
  const writer = new Writer()
  writer.list(outputs, (output) => void writer.i64(output.value).blob(output.script))
  return turned(toHex(sha256d(Buffer.from(writer.doneHex(), 'hex'))))
}

/** The op of an issue: `shell` makes a transaction of the version that the chain takes. */
export function issueOp(
  account: Account & { readonly tokenId: string; readonly accountTxid: string },
  payouts: readonly TxOutput[],
  shell: (inputs: Transaction['inputs'], outputs: readonly TxOutput[]) => Transaction,
): PegsGetOp {
  const payoutsHash = payoutsHashOf(payouts)
  const { pegsTxid, tokenId, pubkey, amount, deposit, debt, accountTxid } = account
  const payload = new Writer()
    .hex(EVAL.importCoin + TARGET_CHAIN)
    .text(TARGET_NAME)
    .id(payoutsHash)
    .blob('')
    .id(pegsTxid)
    .id(tokenId)
    .blob(pubkey)
    .i64(amount)
    .i64(deposit)
    .i64(debt)
    .doneHex()
  const input = { txid: accountTxid, vout: 0, script: '', sequence: 0xffffffff }
  const burnHex = encodeTransaction(shell([input], [{ value: amount, script: opReturn(payload) }]))
  return { op: 'pegs-get', ...account, burnHex, payoutsHash }
}
