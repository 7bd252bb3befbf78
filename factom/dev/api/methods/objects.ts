/** Anything by its hash: `raw-data` and `transaction`. */
import { toHex, sha256 } from '../../../bytes.js'
import { decodeEntryBlock } from '../../../entry-block.js'
import { decodeEntry } from '../../../entry.js'
import { decodeDirectoryBlock, decodeEntryCreditBlock, decodeFactoidBlock } from '../../blocks/index.js'
import type { EntryCreditRecord, FactoidTransaction, SavedBlock } from '../../blocks/index.js'
import { heldTransaction } from '../../chain/messages.js'
import { pendingCommits, pendingEntry, pendingTransaction, type ChainState } from '../../chain/state.js'
import type { Archive } from '../../store/archive.js'
import type { ApiContext } from '../context.js'
import { notFound, panic } from '../errors.js'
import type { Json } from '../../../../base/index.js'
import { hashParam, paramsOf, type Params } from '../params.js'
import type { MethodTable } from '../request.js'
import { creditRecordView, transactionView } from '../views.js'
import { savedEntry } from './entries.js'

export function objectMethods(context: ApiContext): MethodTable {
  const { state, archive } = context
  return {
    'raw-data': (params) => {
      const hash = hashParam(readOrPanic(() => paramsOf(params).text('hash')))
      const record = creditRecord(context, hash)
      const raw =
        (record && record.kind !== 'minute' ? record.raw : undefined) ??
        factoidTransaction(context, hash)?.raw ??
        pendingEntry(state, hash)?.raw ??
        savedEntry(archive, hash) ??
        savedRaw(archive, hash)
      if (!raw) throw notFound('Object')
      return { data: toHex(raw) }
    },
    transaction: (params) => {
      const hash = hashParam(paramsOf(params).text('hash'))
      const record = creditRecord(context, hash)
      const transaction = factoidTransaction(context, hash)
      const entry = pendingEntry(state, hash)?.raw ?? savedEntry(archive, hash)
      return {
        ectransaction: record && creditRecordView(record),
        factoidtransaction: transaction && openTransactionView(state, transaction),
        entry: entry && entryView(entry),
        ...inclusion(archive, hash),
      }
    },
  }
}

/** Params that do not fit make this one handler of factomd panic. */
function readOrPanic(read: () => ReturnType<Params['text']>): string {
  try {
    return read()
  } catch {
    throw panic()
  }
}

/** A commit by txid or full hash, pending or saved. */
export function creditRecord({ state, archive }: ApiContext, hash: string): EntryCreditRecord | undefined {
  const pending = pendingCommits(state).find(({ txid, raw }) => txid === hash || toHex(sha256(raw)) === hash)
  if (pending) return { kind: pending.kind, raw: pending.raw }
  const place = archive.place(hash)
  const block = place?.kind === 'commit' ? archive.block(place.height) : undefined
  return block && place?.kind === 'commit'
    ? decodeEntryCreditBlock(block.entryCredit).records[place.index]
    : undefined
}

/** A factoid transaction by txid or full hash, pending or saved; one that waits for funds by its full hash only. */
export function factoidTransaction(
  { state, archive }: Pick<ApiContext, 'state' | 'archive'>,
  hash: string,
): FactoidTransaction | undefined {
  const pending = pendingTransaction(state, hash)
  if (pending) return pending
  const held = heldTransaction(state, hash)
  if (held?.fullHash === hash) return held
  const place = archive.place(hash)
  const block = place?.kind === 'transaction' ? archive.block(place.height) : undefined
  return block && place?.kind === 'transaction'
    ? decodeFactoidBlock(block.factoid).transactions[place.index]?.transaction
    : undefined
}

/** The coinbase of the open block has not been through a codec yet, so its lists are null. */
function openTransactionView(state: ChainState, transaction: FactoidTransaction): Json {
  const view = transactionView(transaction)
  if (state.open.transactions[0]?.transaction !== transaction) return view
  return { ...view, inputs: null, outputs: null, outecs: null, rcds: null, sigblocks: null }
}

function entryView(raw: Uint8Array): Json {
  const entry = decodeEntry(raw)
  // Unlike in `entry`, no external ids are an empty list here.
  return {
    version: 0,
    chainid: entry.chainId,
    extids: entry.extIds.map(toHex),
    content: toHex(entry.content),
  }
}

function inclusion(archive: Archive, hash: string) {
  const place = archive.place(hash)
  const block = place && archive.block(place.height)
  const parent = block && parentKey(block, place)
  if (!block || parent === undefined)
    return {
      includedintransactionblock: '',
      includedindirectoryblock: '',
      includedindirectoryblockheight: -1,
    }
  return {
    includedintransactionblock: parent,
    includedindirectoryblock: decodeDirectoryBlock(block.directory).keyMr,
    includedindirectoryblockheight: block.height,
  }
}

function parentKey(block: SavedBlock, place: NonNullable<ReturnType<Archive['place']>>): string | undefined {
  switch (place.kind) {
    case 'commit':
      return decodeEntryCreditBlock(block.entryCredit).headerHash
    case 'transaction':
      return decodeFactoidBlock(block.factoid).keyMr
    case 'entry': {
      const raw = block.entryBlocks[place.index]?.raw
      return raw && decodeEntryBlock(raw).keyMr
    }
    case 'directory':
    case 'admin':
    case 'entryCredit':
    case 'factoid':
    case 'entryBlock':
      return undefined
  }
}

/** The bytes of a saved block of any kind. */
function savedRaw(archive: Archive, hash: string): Uint8Array | undefined {
  const place = archive.place(hash)
  const block = place && archive.block(place.height)
  if (!block) return undefined
  if (place.kind === 'entryBlock') return block.entryBlocks[place.index]?.raw
  return 'index' in place ? undefined : block[place.kind]
}
