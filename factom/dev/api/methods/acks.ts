/** What became of a message: `ack`, `factoid-ack`, `pending-transactions`. */
import { fromHex, sha256, toHex } from '../../../bytes.js'
import {
  decodeChainCommit,
  decodeEntryCommit,
  CHAIN_COMMIT_BYTES,
  ENTRY_COMMIT_BYTES,
} from '../../../commit.js'
import { decodeEntry, entryHash } from '../../../entry.js'
import {
  ADMIN_CHAIN,
  decodeDirectoryBlock,
  decodeEntryCreditBlock,
  decodeFactoidBlock,
  decodeTransaction,
  ENTRY_CREDIT_CHAIN,
  FACTOID_CHAIN,
  transactionFee,
} from '../../blocks/index.js'
import type { FactoidTransaction, SavedBlock } from '../../blocks/index.js'
import { minuteOf, revealedLately } from '../../chain/filters.js'
import { pendingCommits, pendingEntry, pendingTransaction } from '../../chain/state.js'
import type { ApiContext } from '../context.js'
import { invalidParams } from '../errors.js'
import type { Json } from '../../../../base/index.js'
import { hashParam, hexParam, paramsOf } from '../params.js'
import type { MethodTable } from '../request.js'
import { amountsView, dateText } from '../views.js'

const HASH_PROBLEM = 'Hash must be 64 hex encoded characters'
const CHAIN_PROBLEM = 'ChainID must be 64 hex encoded characters'
const ADMIN_PROBLEM = 'ChainID cannot be admin chain'

export function ackMethods(context: ApiContext): MethodTable {
  return {
    ack: (params) => {
      const read = paramsOf(params)
      const given = read.text('chainid')
      const chain = given === 'c' || given === 'f' ? given.padStart(64, '0') : given
      if (chain.length !== 64 || !fromHex(chain)) throw invalidParams(CHAIN_PROBLEM)
      const full = read.text('fulltransaction')
      const hash = hashParam(read.text('hash') || insideOf(full, chain), HASH_PROBLEM)
      switch (chain) {
        case ENTRY_CREDIT_CHAIN:
          return commitAck(context, hash)
        case FACTOID_CHAIN:
          return transactionAck(context, hash)
        case ADMIN_CHAIN:
          throw invalidParams(ADMIN_PROBLEM)
        default:
          return entryAck(context, hash)
      }
    },
    'factoid-ack': (params) => {
      const read = paramsOf(params)
      const [txid, full] = [read.text('txid'), read.text('fulltransaction')]
      if (txid === '' && full === '') throw invalidParams()
      return transactionAck(context, txid === '' ? txidInside(full) : looseHash(txid))
    },
    'pending-transactions': (params) => pendingTransactions(context, paramsOf(params).text('address')),
  }
}

/** The hashes of what `fulltransaction` holds: of a commit its full hash and its entry's, of an entry its own. */
export function hashesInside(full: string): { readonly entry: string; readonly commit: string } {
  const raw = fromHex(full)
  try {
    if (raw?.length === ENTRY_COMMIT_BYTES || raw?.length === CHAIN_COMMIT_BYTES)
      return { entry: commitOf(raw).entryHash, commit: toHex(sha256(raw)) }
    if (!raw) return { entry: '', commit: '' }
    decodeEntry(raw)
    return { entry: entryHash(raw), commit: '' }
  } catch {
    return { entry: '', commit: '' }
  }
}

function insideOf(full: string, chain: string): string {
  const { entry, commit } = hashesInside(full)
  return chain === ENTRY_CREDIT_CHAIN ? commit : entry
}

function txidInside(full: string): string {
  const problem = 'Unable to decode the transaction'
  const raw = hexParam(full, problem)
  try {
    return decodeTransaction(raw).txid
  } catch {
    throw invalidParams(problem)
  }
}

/** Some methods take hex of any length: cut or filled up with zeros. */
export function looseHash(text: string): string {
  const bytes = fromHex(text)
  if (!bytes) throw invalidParams()
  return toHex(bytes).slice(0, 64).padEnd(64, '0')
}

/** The state of a commit by txid; a full hash finds saved ones too, with the entry beside. */
function commitAck({ state, archive }: ApiContext, hash: string): Json {
  const place = archive.place(hash)
  const block = place?.kind === 'commit' ? archive.block(place.height) : undefined
  if (block && place?.kind === 'commit') {
    const inBlock = confirmed(block)
    const record = decodeEntryCreditBlock(block.entryCredit).records[place.index]
    const byFullHash = record && record.kind !== 'minute' && toHex(sha256(record.raw)) === hash
    const entry = byFullHash ? entryOf(record.raw) : ''
    return {
      committxid: hash,
      entryhash: entry,
      commitdata: inBlock,
      entrydata: entry === '' ? { status: '' } : inBlock,
    }
  }
  const pending = pendingCommits(state).find(({ txid }) => txid === hash)
  return {
    committxid: hash,
    entryhash: '',
    commitdata: pending ? seconds(pending.timeMs) : { status: 'Unknown' },
    entrydata: { status: '' },
  }
}

/** The state of an entry and of the commit that pays for it. */
function entryAck({ state, archive, now }: ApiContext, hash: string): Json {
  const place = archive.place(hash)
  const block = place?.kind === 'entry' ? archive.block(place.height) : undefined
  if (block) {
    const txid = archive.paidBy(hash) ?? ''
    return {
      committxid: txid,
      entryhash: hash,
      commitdata: paidAt(archive, txid),
      entrydata: confirmed(block),
    }
  }
  const known = revealedLately(state, hash, now())
  const pending = pendingCommits(state).find((commit) => commit.entryHash === hash)
  // A commit that waits for its reveal beyond the end of its block is in a saved block.
  const waiting = state.commits.get(hash)
  const commit = pending ?? waiting
  return {
    committxid: commit?.txid ?? '',
    entryhash: hash,
    commitdata: commit
      ? seconds(commit.timeMs, pending ? 'TransactionACK' : 'DBlockConfirmed')
      : { status: 'Unknown' },
    entrydata: { status: known ? 'TransactionACK' : 'Unknown' },
  }
}

interface TransactionAck {
  readonly [member: string]: Json | undefined
  readonly txid: string
}

/** The state of a factoid transaction, and of whatever else has this hash. */
export function transactionAck({ state, archive }: ApiContext, hash: string): TransactionAck {
  const place = archive.place(hash)
  const block = place && archive.block(place.height)
  if (block && place.kind === 'transaction') {
    const found = decodeFactoidBlock(block.factoid).transactions[place.index]?.transaction
    return transactionState(found?.txid ?? hash, 'DBlockConfirmed', found?.timeMs, blockMs(block))
  }
  if (block && place.kind === 'commit') {
    const record = decodeEntryCreditBlock(block.entryCredit).records[place.index]
    const commit = record && record.kind !== 'minute' ? commitOf(record.raw) : undefined
    return transactionState(commit?.txid ?? hash, 'DBlockConfirmed', commit?.timeMs, blockMs(block))
  }
  if (block && place.kind === 'entry')
    return transactionState(hash, 'DBlockConfirmed', undefined, blockMs(block))
  const openMs = minuteOf(state.open.openedMs) * 60_000
  const pending = pendingTransaction(state, hash) ?? pendingCommits(state).find(({ txid }) => txid === hash)
  if (pending) return transactionState(pending.txid, 'TransactionACK', pending.timeMs, openMs)
  if (pendingEntry(state, hash)) return transactionState(hash, 'TransactionACK', undefined, openMs)
  return { txid: hash, status: state.held.some(({ id }) => id === hash) ? 'NotConfirmed' : 'Unknown' }
}

function transactionState(
  txid: string,
  status: string,
  timeMs: number | undefined,
  blockTimeMs: number,
): TransactionAck {
  return {
    txid,
    transactiondate: timeMs,
    transactiondatestring: timeMs === undefined ? undefined : dateText(timeMs),
    blockdate: blockTimeMs,
    blockdatestring: dateText(blockTimeMs),
    status,
  }
}

/** A commit's own time is in seconds while it is pending. */
function seconds(timeMs: number, status = 'TransactionACK'): Json {
  return { transactiondate: Math.floor(timeMs / 1000), transactiondatestring: dateText(timeMs), status }
}

/** … and in milliseconds once its entry is in a saved block. */
function paidAt(archive: ApiContext['archive'], txid: string): Json {
  const place = archive.place(txid)
  const block = place?.kind === 'commit' ? archive.block(place.height) : undefined
  const record =
    place?.kind === 'commit' && block && decodeEntryCreditBlock(block.entryCredit).records[place.index]
  if (!record || record.kind === 'minute') return { status: 'DBlockConfirmed' }
  const { timeMs } = commitOf(record.raw)
  return { transactiondate: timeMs, transactiondatestring: dateText(timeMs), status: 'DBlockConfirmed' }
}

function confirmed(block: SavedBlock): Json {
  const ms = blockMs(block)
  return { blockdate: ms / 1000, blockdatestring: dateText(ms), status: 'DBlockConfirmed' }
}

function blockMs(block: SavedBlock): number {
  return decodeDirectoryBlock(block.directory).timeMinutes * 60_000
}

export function commitOf(raw: Uint8Array) {
  return raw.length === CHAIN_COMMIT_BYTES ? decodeChainCommit(raw) : decodeEntryCommit(raw)
}

function entryOf(raw: Uint8Array): string {
  return commitOf(raw).entryHash
}

/** The open block's transactions, and those that wait for funds if one of their addresses is asked for. */
function pendingTransactions({ state, archive }: ApiContext, address: string): Json {
  const rate = archive.tip.exchangeRate
  const touches = (view: Json) => address !== '' && JSON.stringify(view, bigintText).includes(`"${address}"`)
  const open = state.open.transactions.map(({ transaction }, i) => pendingView(transaction, rate, i === 0))
  const waiting = state.held
    .filter(({ type }) => type === 'factoid')
    .map(({ raw }) => pendingView(decodeTransaction(raw), rate, false))
  return [
    ...open
      .filter((view) => address === '' || touches(view))
      .map((view) => ({ ...view, dbheight: state.height, status: 'TransactionACK' })),
    ...waiting.filter(touches),
  ]
}

function pendingView(transaction: FactoidTransaction, rate: bigint, coinbase: boolean) {
  return {
    transactionid: transaction.txid,
    dbheight: 0,
    status: 'NotConfirmed',
    inputs: coinbase ? null : amountsView(transaction.inputs, 'FA'),
    outputs: coinbase ? null : amountsView(transaction.outputs, 'FA'),
    ecoutputs: coinbase ? null : amountsView(transaction.ecOutputs, 'EC'),
    fees: coinbase ? 0 : transactionFee(transaction, rate),
  }
}

function bigintText(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
