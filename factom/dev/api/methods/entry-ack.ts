/** `entry-ack`: what became of an entry and its commit, by the hash of either; an older form of `ack`. */
import { pendingCommits, pendingEntry } from '../../chain/state.js'
import type { ApiContext } from '../context.js'
import { invalidParams } from '../errors.js'
import type { Json } from '../../../../base/index.js'
import { paramsOf } from '../params.js'
import type { MethodTable } from '../request.js'
import { commitOf, hashesInside, looseHash, transactionAck } from './acks.js'
import { savedEntry } from './entries.js'
import { creditRecord } from './objects.js'

export function entryAckMethods(context: ApiContext): MethodTable {
  return {
    'entry-ack': (params) => {
      const read = paramsOf(params)
      const [txid, full] = [read.text('txid'), read.text('fulltransaction')]
      if (txid === '' && full === '') throw invalidParams()
      if (txid !== '') return bothAcks(context, entryHashOf(context, looseHash(txid)), '')
      const { entry, commit } = hashesInside(full)
      if (entry === '') throw invalidParams('Unable to decode the transaction')
      return bothAcks(context, entry, commit)
    },
  }
}

/** The entry that a hash stands for: its own, or that of a commit; nothing if it is unknown. */
function entryHashOf(context: ApiContext, hash: string): string {
  const { state, archive } = context
  if (pendingEntry(state, hash) || savedEntry(archive, hash)) return hash
  const record = creditRecord(context, hash)
  if (record && record.kind !== 'minute') return commitOf(record.raw).entryHash
  const held = state.held.find(({ id, type }) => id === hash && type !== 'factoid')
  // Of a chain's commit that waits factomd takes the txid for the entry's hash.
  return held?.type === 'commit-entry' ? commitOf(held.raw).entryHash : (held?.id ?? '')
}

function bothAcks(context: ApiContext, entryHash: string, commitHash: string): Json {
  const { state, archive } = context
  const unknown = { status: 'Unknown' }
  if (entryHash === '') return { committxid: '', entryhash: '', commitdata: unknown, entrydata: unknown }
  const pending = pendingCommits(state).find((commit) => commit.entryHash === entryHash)
  const commit = commitHash || (pending?.txid ?? archive.paidBy(entryHash) ?? '')
  const { txid: committxid, ...commitdata } = commit
    ? transactionAck(context, commit)
    : { txid: '', ...unknown }
  const { txid: entryhash, ...entrydata } = transactionAck(context, entryHash)
  return { committxid, entryhash, commitdata, entrydata }
}
