/**
 * Follows the directory chain, block by block, and takes from it the entry blocks of some chains with their entries,
 * and the factoid blocks if they are asked for. Everything is proven on the way: Merkle roots and key MRs of directory,
 * entry and factoid blocks, their links back, the hash of each entry. Only the choice of the chain itself is left to
 * the node's honesty.
 */
import { setMaxListeners } from 'node:events'

import { isCoded, messageOf } from '../base/index.js'
import type { FactomClient } from './client.js'
import { FACTOID_CHAIN, type DirectoryBlock } from './directory-block.js'
import { decodeEntryBlock, type RawEntryBlock } from './entry-block.js'
import { decodeEntry, ENTRY_HEADER_BYTES, entryHash, type Entry } from './entry.js'
import { fail, FACTOM_ERRORS } from './errors.js'
import { decodeFactoidBlock, type FactoidBlock } from './factoid-block.js'
import { createLimiter, type Limiter } from './limit.js'

/** The last block of a chain that is known. */
export interface ChainTip {
  readonly keyMr: string
  /** Number of an entry block in its chain; of a factoid block its height. */
  readonly sequence: number
}

/** Where following goes on: the last directory block that was delivered. */
export interface KnownBlock {
  readonly height: number
  readonly keyMr: string
  /** By chain id; chains that had no block yet, or none since following began, are missing. */
  readonly tips: ReadonlyMap<string, ChainTip>
}

export interface FollowedEntryBlock extends ChainTip {
  /** In block order; `minute` is the marker, 1…10. */
  readonly entries: readonly { readonly hash: string; readonly minute: number; readonly entry: Entry }[]
}

export interface FollowedBlock {
  readonly height: number
  /** Of the directory block. */
  readonly keyMr: string
  /** Start of the block, UNIX ms, in whole minutes. */
  readonly timestamp: number
  /** By chain id: those of the wanted chains that have a block at this height. */
  readonly chains: ReadonlyMap<string, FollowedEntryBlock>
  /** With its transactions, each of which its key MR proves; null if `FACTOID_CHAIN` is not among the wanted chains. */
  readonly factoids: FactoidBlock | null
}

export interface FollowOptions {
  /** Ids of chains of entries; `FACTOID_CHAIN`: the factoid blocks too. */
  readonly chains: readonly string[]
  /** The block before the first one; null: nothing is known before `from`. */
  readonly after: KnownBlock | null
  /** First height, that behind `after` if there is one. */
  readonly from: number
  /** Last height; the node must have saved it. */
  readonly to: number
  /** Requests at once. Default 12. */
  readonly parallel?: number
  /** Blocks that are fetched while an earlier one is still with the caller. Default 16. */
  readonly ahead?: number
  readonly signal?: AbortSignal
}

export type FollowClient = Pick<FactomClient, 'dblockByHeight' | 'rawData'>

const PARALLEL = 12
const AHEAD = 16
/** Entries that wait for the caller hold back further blocks from this size on: blocks of strangers may be large. */
const MOST_BYTES = 32 * 1024 * 1024
const NO_BLOCK = '0'.repeat(64)

interface Fetched {
  readonly directory: DirectoryBlock
  readonly chains: readonly (readonly [chainId: string, block: RawEntryBlock, entries: readonly Entry[]])[]
  readonly factoids: FactoidBlock | null
  readonly bytes: number
}

/**
 * The blocks from `from` to `to`, whole ones only, lowest first. Throws at the first that cannot be had or is not what
 * it should be, with its height in the message and the details; what came before stays good. `E_FACTOM_LINK`: the
 * block does not follow the one before it, so the node's chain has changed or is not the one of `after`.
 */
export async function* followBlocks(
  client: FollowClient,
  options: FollowOptions,
): AsyncGenerator<FollowedBlock> {
  const { from, to, after, parallel = PARALLEL, ahead = AHEAD } = options
  const halt = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, halt.signal]) : halt.signal
  setMaxListeners(0, signal) // each request under way waits on it
  const limit = createLimiter(parallel)
  const underWay: Promise<Fetched>[] = []
  let next = from
  let waitingBytes = 0

  const fill = (): void => {
    while (next <= to && underWay.length < ahead && (underWay.length === 0 || waitingBytes < MOST_BYTES)) {
      const fetched = fetchBlock(client, { height: next++, chains: options.chains, limit, signal })
      fetched.then(
        ({ bytes }) => (waitingBytes += bytes),
        () => undefined, // heard when its turn comes
      )
      underWay.push(fetched)
    }
  }

  let known = after
  try {
    for (fill(); underWay.length > 0; fill()) {
      const fetched = await (underWay.shift() as Promise<Fetched>)
      waitingBytes -= fetched.bytes
      const { block, tips } = linked(fetched, known)
      known = { height: block.height, keyMr: block.keyMr, tips }
      yield block
    }
  } finally {
    halt.abort()
  }
}

interface BlockRequest {
  readonly height: number
  readonly chains: readonly string[]
  readonly limit: Limiter
  readonly signal: AbortSignal
}

async function fetchBlock(client: FollowClient, request: BlockRequest): Promise<Fetched> {
  const { height, limit, signal } = request
  const asked = <T>(ask: () => Promise<T>): Promise<T> =>
    limit(() => {
      signal.throwIfAborted()
      return ask()
    })
  try {
    const directory = await asked(() => client.dblockByHeight(height, signal))
    if (directory.height !== height) throw fail('E_FACTOM_HASH', `it is block ${directory.height}`)
    const wanted = directory.rows.filter(({ chainId }) => request.chains.includes(chainId))
    const rows = wanted.filter(({ chainId }) => chainId !== FACTOID_CHAIN)
    const factoidRow = wanted.find(({ chainId }) => chainId === FACTOID_CHAIN)
    let bytes = 0
    const rawData = async (hash: string): Promise<Uint8Array> => {
      const raw = await asked(() => client.rawData(hash, signal))
      bytes += raw.length
      return raw
    }
    const chains = await Promise.all(
      rows.map(async ({ chainId, keyMr }) => {
        const block = provenBlock(await rawData(keyMr), { chainId, keyMr, height })
        const entries = await Promise.all(
          block.entries.map(async ({ hash }) => provenEntry(await rawData(hash), { hash, chainId })),
        )
        return [chainId, block, entries] as const
      }),
    )
    const factoids = factoidRow
      ? provenFactoids(await rawData(factoidRow.keyMr), { keyMr: factoidRow.keyMr, height })
      : null
    return { directory, chains, factoids, bytes }
  } catch (error) {
    throw signal.aborted ? error : atHeight(height, error)
  }
}

function provenBlock(
  raw: Uint8Array,
  wanted: { readonly chainId: string; readonly keyMr: string; readonly height: number },
): RawEntryBlock {
  const block = decodeEntryBlock(raw)
  for (const name of ['keyMr', 'chainId', 'height'] as const) {
    if (block[name] !== wanted[name])
      throw fail('E_FACTOM_HASH', `entry block ${wanted.keyMr}: the node answers with ${name} ${block[name]}`)
  }
  if ((block.sequence === 0) !== (block.prevKeyMr === NO_BLOCK))
    throw fail(
      'E_FACTOM_LINK',
      `entry block ${block.keyMr} has number ${block.sequence} but the wrong link back`,
    )
  return block
}

function provenFactoids(
  raw: Uint8Array,
  wanted: { readonly keyMr: string; readonly height: number },
): FactoidBlock {
  const block = decodeFactoidBlock(raw)
  for (const name of ['keyMr', 'height'] as const) {
    if (block[name] !== wanted[name])
      throw fail(
        'E_FACTOM_HASH',
        `factoid block ${wanted.keyMr}: the node answers with ${name} ${block[name]}`,
      )
  }
  return block
}

/**
 * Bytes with the right hash are on the chain, readable or not; if they cannot be read they count as an entry without
 * ids.
 */
function provenEntry(
  raw: Uint8Array,
  { hash, chainId }: { readonly hash: string; readonly chainId: string },
): Entry {
  const found = entryHash(raw)
  if (found !== hash) throw fail('E_FACTOM_HASH', `entry ${hash}: the node answers with ${found}`)
  const entry = readable(raw) ?? { chainId, extIds: [], content: raw.slice(ENTRY_HEADER_BYTES) }
  if (entry.chainId !== chainId) throw fail('E_FACTOM_HASH', `entry ${hash} belongs to another chain`)
  return entry
}

function readable(raw: Uint8Array): Entry | null {
  try {
    return decodeEntry(raw)
  } catch (error) {
    if (isCoded(error)) return null
    throw error
  }
}

/** Checks that the block follows what is known: the directory block before it, and each chain's last block. */
function linked(
  { directory, chains, factoids }: Fetched,
  known: KnownBlock | null,
): { block: FollowedBlock; tips: ReadonlyMap<string, ChainTip> } {
  const { height, keyMr, prevKeyMr, timeMinutes } = directory
  if (known && (height !== known.height + 1 || prevKeyMr !== known.keyMr)) {
    const wanted = `block ${known.keyMr} of height ${known.height}`
    throw atHeight(height, fail('E_FACTOM_LINK', `it follows block ${prevKeyMr}, not ${wanted}`))
  }
  const tips = new Map(known?.tips)
  const followed = new Map<string, FollowedEntryBlock>()
  const link = (chainId: string, block: ChainTip & { readonly prevKeyMr: string }, what: string): void => {
    const tip = tips.get(chainId)
    const { keyMr, sequence } = block
    if (tip && (block.prevKeyMr !== tip.keyMr || sequence !== tip.sequence + 1))
      throw atHeight(
        height,
        fail('E_FACTOM_LINK', `${what} does not follow number ${tip.sequence}, ${tip.keyMr}`),
      )
    tips.set(chainId, { keyMr, sequence })
  }
  if (factoids) link(FACTOID_CHAIN, { ...factoids, sequence: height }, `factoid block ${factoids.keyMr}`)
  for (const [chainId, block, entries] of chains) {
    const { sequence } = block
    link(chainId, block, `entry block ${block.keyMr} (number ${sequence}) of chain ${chainId}`)
    followed.set(chainId, {
      keyMr: block.keyMr,
      sequence,
      entries: block.entries.map(({ hash, minute }, i) => ({ hash, minute, entry: entries[i] as Entry })),
    })
  }
  return { block: { height, keyMr, timestamp: timeMinutes * 60_000, chains: followed, factoids }, tips }
}

/** An error with the height that it is about, in its message and its details. */
function atHeight(height: number, error: unknown): Error {
  if (!isCoded(error) || !(error.code in FACTOM_ERRORS)) throw error
  const { code, retryable, details } = error
  return fail(code as keyof typeof FACTOM_ERRORS, `block ${height}: ${messageOf(error)}`, {
    retryable,
    details: { ...details, height },
    cause: error,
  })
}
