/**
 * Follows one chain: its entry blocks after a known one, oldest first, each proven by its key MR and each entry by
 * its hash. Only the choice of the chain itself is left to the node's honesty.
 */
import type { ChainHead, EntryBlock, FactomClient } from './client.js'
import { decodeEntryBlock } from './entry-block.js'
import type { Entry } from './entry.js'
import { fail } from './errors.js'
import { METHOD_NOT_FOUND, rpcCodeOf } from './rpc.js'

/** Where following goes on: the last block that was delivered. */
export interface KnownBlock {
  readonly keyMr: string
  readonly height: number
}

export interface FollowedBlock {
  readonly height: number
  readonly keyMr: string
  readonly prevKeyMr: string
  /** 0 for the first block of the chain. */
  readonly sequence: number
  /** Start of the directory block, UNIX ms, as the node tells it. */
  readonly timestamp: number
  /** In block order. */
  readonly entries: readonly { readonly hash: string; readonly entry: Entry }[]
  /** Whether the list of entries was proven by the key MR (false only where the node has no `raw-data`). */
  readonly verified: boolean
}

export interface FollowOptions {
  readonly chainId: string
  /** Blocks up to this one are known. Without it the chain is followed from its first block. */
  readonly after?: KnownBlock
  /** At most so many blocks, the oldest of the new ones. Default: all. */
  readonly limit?: number
  readonly signal?: AbortSignal
}

type FollowClient = Pick<FactomClient, 'chainHead' | 'entryBlock' | 'entry' | 'rawData'>

const NO_BLOCK = '0'.repeat(64)
const PARALLEL_ENTRIES = 8
/** More new blocks than eight years of ten-minute blocks are a fault. */
const MAX_WALK = 500_000

/**
 * The new blocks of a chain, whole ones only; `[]` if there are none or the chain does not exist yet. If fetching
 * fails on the way, the whole blocks before are returned and the error comes with the next call; if there is none
 * before, it is thrown: `E_FACTOM_LINK` where the node's chain does not lead to `after`, `E_FACTOM_HASH` and
 * `E_FACTOM_BLOCK` for data that is not what it should be.
 */
export async function followChain(client: FollowClient, options: FollowOptions): Promise<FollowedBlock[]> {
  const blocks: FollowedBlock[] = []
  try {
    for await (const block of chainBlocks(client, options)) blocks.push(block)
  } catch (error) {
    if (blocks.length === 0 || options.signal?.aborted) throw error
  }
  return blocks
}

/** Like `followChain`, one block at a time, for histories that do not fit into memory at once. */
export async function* chainBlocks(
  client: FollowClient,
  options: FollowOptions,
): AsyncGenerator<FollowedBlock> {
  const headers = await newHeaders(client, options)
  const wanted = headers.reverse().slice(0, options.limit)
  for (const header of wanted) yield await wholeBlock(client, header, options)
}

type Header = Omit<EntryBlock, 'entries'>

/** Headers of the new blocks, newest first. Walks back from the chain's head. */
async function newHeaders(
  client: FollowClient,
  { chainId, after, signal }: FollowOptions,
): Promise<Header[]> {
  const head = await client.chainHead(chainId, signal)
  let keyMr = startOf(head, after)
  const headers: Header[] = []
  while (keyMr !== NO_BLOCK && keyMr !== after?.keyMr) {
    const header = headerOf(await client.entryBlock(keyMr, signal))
    checkLink(header, headers.at(-1), { chainId, after })
    headers.push(header)
    if (headers.length > MAX_WALK)
      throw fail('E_FACTOM_LINK', `the chain has more than ${MAX_WALK} new blocks`)
    keyMr = header.prevKeyMr
  }
  if (after && keyMr === NO_BLOCK) throw lostHead(after)
  return headers
}

function startOf(head: ChainHead | null, after: KnownBlock | undefined): string {
  if (head?.head) return head.head
  if (after) throw lostHead(after)
  return NO_BLOCK
}

/** Heights and sequence numbers must fall towards the known block; this also bounds the walk. */
function checkLink(header: Header, newer: Header | undefined, { chainId, after }: FollowOptions): void {
  if (header.chainId !== chainId)
    throw fail('E_FACTOM_HASH', `block ${header.keyMr} belongs to another chain`)
  if ((header.sequence === 0) !== (header.prevKeyMr === NO_BLOCK)) {
    throw fail('E_FACTOM_LINK', `block ${header.keyMr} has number ${header.sequence} but the wrong link back`)
  }
  if (newer && (header.sequence !== newer.sequence - 1 || header.height >= newer.height)) {
    throw fail('E_FACTOM_LINK', `block ${header.keyMr} does not come before block ${newer.keyMr}`)
  }
  if (after && header.height <= after.height) throw lostHead(after)
}

function lostHead({ height, keyMr }: KnownBlock): Error {
  return fail('E_FACTOM_LINK', `the node's chain does not lead to block ${keyMr} of height ${height}`)
}

/** Without the entry list, which would be held for the whole walk. */
function headerOf({ keyMr, chainId, prevKeyMr, sequence, height, timestamp }: EntryBlock): Header {
  return { keyMr, chainId, prevKeyMr, sequence, height, timestamp }
}

async function wholeBlock(
  client: FollowClient,
  header: Header,
  options: FollowOptions,
): Promise<FollowedBlock> {
  const { signal } = options
  const { hashes, verified } = await entryHashes(client, header, signal)
  const entries = await inParallel(hashes, async (hash) => {
    const entry = await client.entry(hash, signal)
    if (entry.chainId !== header.chainId)
      throw fail('E_FACTOM_HASH', `entry ${hash} belongs to another chain`)
    return { hash, entry }
  })
  const { height, keyMr, prevKeyMr, sequence, timestamp } = header
  return { height, keyMr, prevKeyMr, sequence, timestamp, entries, verified }
}

async function entryHashes(
  client: FollowClient,
  header: Header,
  signal: AbortSignal | undefined,
): Promise<{ hashes: string[]; verified: boolean }> {
  let raw: Uint8Array
  try {
    raw = await client.rawData(header.keyMr, signal)
  } catch (error) {
    if (rpcCodeOf(error) !== METHOD_NOT_FOUND) throw error
    const { entries } = await client.entryBlock(header.keyMr, signal)
    return { hashes: entries.map(({ hash }) => hash), verified: false }
  }
  const block = decodeEntryBlock(raw)
  const same = (['keyMr', 'chainId', 'prevKeyMr', 'sequence', 'height'] as const).every(
    (name) => block[name] === header[name],
  )
  if (!same) throw fail('E_FACTOM_HASH', `the raw block ${header.keyMr} is not the one that was announced`)
  return { hashes: block.entries.map(({ hash }) => hash), verified: true }
}

/** Results in the order of `items`; the first error ends the rest. */
async function inParallel<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  let failed = false
  const lane = async () => {
    while (next < items.length && !failed) {
      const index = next++
      try {
        results[index] = await run(items[index] as T)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(PARALLEL_ENTRIES, items.length) }, lane))
  return results
}
