/** Entries and their chains: `entry`, `entry-block`, `chain-head`, `pending-entries`. */
import { toHex } from '../../../bytes.js'
import { decodeEntryBlock } from '../../../entry-block.js'
import { decodeEntry, type Entry } from '../../../entry.js'
import { decodeDirectoryBlock } from '../../blocks/index.js'
import { pendingEntry, type ChainState } from '../../chain/state.js'
import type { Archive } from '../../store/archive.js'
import type { ApiContext } from '../context.js'
import { missingChainHead, notFound } from '../errors.js'
import type { Json } from '../../../../base/index.js'
import { hashParam, paramsOf } from '../params.js'
import type { MethodTable } from '../request.js'
import { extIdsView } from '../views.js'

export function entryMethods({ state, archive }: ApiContext): MethodTable {
  return {
    entry: (params) => {
      const hash = hashParam(paramsOf(params).text('hash'))
      const raw = pendingEntry(state, hash)?.raw ?? savedEntry(archive, hash)
      if (!raw) throw notFound('Entry')
      const entry = decodeEntry(raw)
      return { chainid: entry.chainId, content: toHex(entry.content), extids: extIdsView(entry) }
    },
    'entry-block': (params) => entryBlock(archive, hashParam(paramsOf(params).text('keymr'))),
    'chain-head': (params) => {
      const chainId = hashParam(paramsOf(params).text('chainid'))
      const chainhead = archive.head(chainId)?.keyMr
      const chaininprocesslist = inProcessList(state, archive, chainId)
      if (chainhead === undefined && !chaininprocesslist) throw missingChainHead()
      return { chainhead: chainhead ?? '', chaininprocesslist }
    },
    'pending-entries': (params) => {
      // As factomd does: a chain id must be text, and is then ignored.
      paramsOf(params).text('chainid')
      return pendingEntries(state)
    },
  }
}

/** The bytes of an entry in a saved block. */
export function savedEntry(archive: Archive, hash: string): Uint8Array | undefined {
  const place = archive.place(hash)
  if (place?.kind !== 'entry') return undefined
  return archive.block(place.height)?.entryBlocks[place.index]?.entries[place.entry]
}

/** Entries of a chain in saved blocks up to `last`, the first one first; undefined if it is in none. */
export function savedEntries(archive: Archive, chainId: string, last: number): Entry[] | undefined {
  const head = archive.head(chainId)?.keyMr
  if (head === undefined) return undefined
  const blocks: Entry[][] = []
  for (let keyMr = head; ;) {
    const place = archive.place(keyMr)
    const block =
      place?.kind === 'entryBlock' ? archive.block(place.height)?.entryBlocks[place.index] : undefined
    if (!block) return blocks.reverse().flat()
    const { height, prevKeyMr } = decodeEntryBlock(block.raw)
    if (height <= last) blocks.push(block.entries.map((raw) => decodeEntry(raw)))
    keyMr = prevKeyMr
  }
}

function entryBlock(archive: Archive, hash: string): Json {
  const place = archive.place(hash)
  const block = place?.kind === 'entryBlock' ? archive.block(place.height) : undefined
  const raw = place?.kind === 'entryBlock' ? block?.entryBlocks[place.index]?.raw : undefined
  if (!block || !raw) throw notFound('Block')
  const { sequence, chainId, prevKeyMr, height, entries } = decodeEntryBlock(raw)
  const timestamp = decodeDirectoryBlock(block.directory).timeMinutes * 60
  return {
    header: {
      blocksequencenumber: sequence,
      chainid: chainId,
      prevkeymr: prevKeyMr,
      timestamp,
      dbheight: height,
    },
    // 60 seconds a minute marker, however long a minute really is.
    entrylist: entries.map(({ hash, minute }) => ({ entryhash: hash, timestamp: timestamp + 60 * minute })),
  }
}

/** Whether this block or the one before, saved or not, has entries of the chain. */
function inProcessList(state: ChainState, archive: Archive, chainId: string): boolean {
  const before = state.closing?.open.chains.has(chainId) ?? archive.head(chainId)?.height === state.height - 1
  return before || state.open.chains.has(chainId)
}

/** Each entry hash once, in order of its first appearance; a commit alone has no chain id yet. */
function pendingEntries(state: ChainState): Json {
  const chains = new Map<string, string | null>()
  for (const step of state.open.processed) {
    const hash = step.kind === 'commit' ? step.commit.entryHash : step.entryHash
    const chain = step.kind === 'commit' ? step.commit.chainIdHash : step.chainId
    if ((chains.get(hash) ?? null) === null) chains.set(hash, chain)
  }
  return [...chains].map(([entryhash, chainid]) => ({ entryhash, chainid, status: 'TransactionACK' }))
}
