/** Proofs that an entry is in the chain: `receipt`, and `anchors` in other blockchains, which no LOCAL network has. */
import { hashBytes, toHex } from '../../../bytes.js'
import { decodeEntryBlock, entryBlockHeaderHash, entryBlockObjects } from '../../../entry-block.js'
import { merkleBranch, nodeOf, type MerkleNode } from '../../../merkle.js'
import { decodeDirectoryBlock } from '../../blocks/index.js'
import { pendingEntry } from '../../chain/state.js'
import type { ApiContext } from '../context.js'
import { invalidParams, notFound, panic, receiptProblem } from '../errors.js'
import type { Json } from '../../../../base/index.js'
import { hashParam, heightParam, paramsOf } from '../params.js'
import type { MethodTable } from '../request.js'
import { commitOf } from './acks.js'
import { creditRecord } from './objects.js'

export function proofMethods(context: ApiContext): MethodTable {
  const { archive } = context
  return {
    receipt: (params) => {
      const read = paramsOf(params)
      const withRaw = read.flag('includerawentry')
      const hash = hashParam(read.text('hash'))
      return { receipt: receiptOf(context, hash, withRaw) }
    },
    anchors: (params) => {
      const read = paramsOf(params)
      const hash = read.text('hash')
      if (!read.given('height') && hash === '') throw invalidParams()
      const height = read.given('height') ? heightParam(read) : heightOf(context, hashParam(hash))
      const block = archive.block(height)
      if (!block) throw notFound('Block')
      return {
        directoryblockheight: height,
        directoryblockkeymr: decodeDirectoryBlock(block.directory).keyMr,
        bitcoin: false,
        ethereum: false,
      }
    },
  }
}

/** The steps from an entry's hash to its entry block's key, and from there to the key of the directory block. */
function receiptOf({ archive }: ApiContext, hash: string, withRaw: boolean): Json {
  const place = archive.place(hash)
  const block = place?.kind === 'entry' ? archive.block(place.height) : undefined
  const part = place?.kind === 'entry' ? block?.entryBlocks[place.index] : undefined
  const raw = place?.kind === 'entry' ? part?.entries[place.entry] : undefined
  if (!block || !part || !raw) throw receiptProblem()
  const entryBlock = decodeEntryBlock(part.raw)
  const directory = decodeDirectoryBlock(block.directory)
  const objects = entryBlockObjects(part.raw)
  const rows = directory.rows.flatMap(({ chainId, keyMr }) => [hashBytes(chainId), hashBytes(keyMr)])
  const minute = entryBlock.entries.find((entry) => entry.hash === hash)?.minute ?? 0
  return {
    entry: {
      raw: withRaw ? toHex(raw) : undefined,
      entryhash: hash,
      timestamp: directory.timeMinutes * 60 + 60 * minute,
    },
    merklebranch: [
      ...branchOf(objects, hash),
      nodeOf(entryBlockHeaderHash(part.raw), hashBytes(entryBlock.bodyMr)),
      ...branchOf(rows, entryBlock.keyMr),
      nodeOf(hashBytes(directory.headerHash), hashBytes(directory.bodyMr)),
    ].map(nodeView),
    entryblockkeymr: entryBlock.keyMr,
    directoryblockkeymr: directory.keyMr,
    // Go leaves out a zero.
    directoryblockheight: block.height || undefined,
  }
}

function branchOf(leaves: readonly Uint8Array[], hash: string): MerkleNode[] {
  return merkleBranch(
    leaves,
    leaves.findIndex((leaf) => toHex(leaf) === hash),
  )
}

function nodeView({ left, right, top }: MerkleNode): Json {
  return { left: toHex(left), right: toHex(right), top: toHex(top) }
}

/** The height of the block that holds the object of this hash; a commit stands for its entry. */
function heightOf(context: ApiContext, hash: string): number {
  const place = context.archive.place(hash)
  if (place && place.kind !== 'commit' && place.kind !== 'transaction') return place.height
  // Looking for the block of an entry that is in none makes this handler of factomd panic.
  if (pendingEntry(context.state, hash)) throw panic()
  const record = creditRecord(context, hash)
  if (!record || record.kind === 'minute') throw notFound('Object')
  const entry = context.archive.place(commitOf(record.raw).entryHash)
  if (entry?.kind !== 'entry') throw panic()
  return entry.height
}
