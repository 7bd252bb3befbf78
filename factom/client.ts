/**
 * The calls that a miner and a follower make to a factomd node. Every field is checked before it is used; entries
 * are hashed again, so that a node cannot pass off other data. Times are UNIX milliseconds, hashes lower-case hex.
 */
import { entryHash as hashOf, encodeEntry, MAX_ENTRY_PAYLOAD, type Entry } from './entry.js'
import { decodeChainCommit, decodeEntryCommit } from './commit.js'
import { toHex } from './bytes.js'
import { currentMinuteOf, MAX_HEIGHT, type CurrentMinute } from './current-minute.js'
import { decodeDirectoryBlock, type DirectoryBlock } from './directory-block.js'
import { fail } from './errors.js'
import { createFailover, type FailoverOptions } from './failover.js'
import { decodeTransaction } from './factoid-transaction.js'
import { itemBytes, readerOf, type Reader } from './reply.js'
import { retrying } from './retry.js'
import { MISSING_CHAIN_HEAD, rpcCodeOf, type Rpc, type RpcOptions } from './rpc.js'

export type { CurrentMinute } from './current-minute.js'

export interface Heights {
  readonly directoryBlockHeight: number
  readonly leaderHeight: number
  readonly entryBlockHeight: number
  /** Up to here all entries are on the node; lags while it syncs. */
  readonly entryHeight: number
}

export interface Properties {
  readonly factomdVersion: string
  readonly apiVersion: string
}

/** `''` where the node gives none. `TransactionACK`: in a process list. `DBlockConfirmed`: in a saved block. */
export type AckStatus =
  '' | 'Invalid' | 'Unknown' | 'NotConfirmed' | 'TransactionACK' | '1Minute' | 'DBlockConfirmed'

export interface Ack {
  readonly commitTxid: string
  readonly entryHash: string
  readonly commitStatus: AckStatus
  readonly entryStatus: AckStatus
}

export interface ChainHead {
  /** Key MR of the chain's latest saved entry block, `''` while its first one is still open. */
  readonly head: string
  readonly inProcessList: boolean
}

export interface EntryBlock {
  readonly keyMr: string
  readonly chainId: string
  /** 64 zeros for the first block of the chain. */
  readonly prevKeyMr: string
  readonly sequence: number
  readonly height: number
  /** Start of the directory block. */
  readonly timestamp: number
  readonly entries: readonly { readonly hash: string; readonly timestamp: number }[]
}

export interface PendingEntry {
  readonly entryHash: string
  /** `null` for an entry commit without its reveal; the hash of the chain id for a chain commit. */
  readonly chainId: string | null
  readonly status: AckStatus
}

/**
 * Every call takes an optional signal as its last parameter and throws `E_FACTOM_…` errors. "Success" of a commit
 * or reveal means queued, never accepted: ask `ack`, or look into the saved block.
 */
export interface FactomClient {
  /** Of the node in use. */
  readonly url: string
  currentMinute(signal?: AbortSignal): Promise<CurrentMinute>
  heights(signal?: AbortSignal): Promise<Heights>
  properties(signal?: AbortSignal): Promise<Properties>
  /** Entry credits of an EC address, unsaved transactions included. */
  entryCreditBalance(address: string, signal?: AbortSignal): Promise<number>
  /** Factoshis (1e-8 FCT) of an FA address, unsaved transactions included. */
  factoidBalance(address: string, signal?: AbortSignal): Promise<bigint>
  /** Factoshis that an entry credit costs. */
  entryCreditRate(signal?: AbortSignal): Promise<bigint>
  factoidSubmit(transaction: Uint8Array, signal?: AbortSignal): Promise<{ txid: string }>
  /** Where a factoid transaction is. */
  factoidAck(txid: string, signal?: AbortSignal): Promise<AckStatus>
  /** Code -32011 (`rpcCodeOf`) means that the commit is already in. */
  commitEntry(message: Uint8Array, signal?: AbortSignal): Promise<{ txid: string; entryHash: string }>
  revealEntry(raw: Uint8Array, signal?: AbortSignal): Promise<{ entryHash: string; chainId: string }>
  commitChain(message: Uint8Array, signal?: AbortSignal): Promise<{ txid: string; entryHash: string }>
  revealChain(raw: Uint8Array, signal?: AbortSignal): Promise<{ entryHash: string; chainId: string }>
  /** Where an entry (`hash` = entry hash, `chainId` = its chain) or a commit (`hash` = txid, `chainId` = 'c') is. */
  ack(hash: string, chainId: string, signal?: AbortSignal): Promise<Ack>
  /** `null` if the node knows no such chain. */
  chainHead(chainId: string, signal?: AbortSignal): Promise<ChainHead | null>
  /** As the node tells it; `decodeEntryBlock(await rawData(keyMr))` is the form that proves its key MR. */
  entryBlock(keyMr: string, signal?: AbortSignal): Promise<EntryBlock>
  /** Throws `E_FACTOM_HASH` if the entry does not hash to `hash`. Also answers for entries not in a block yet. */
  entry(hash: string, signal?: AbortSignal): Promise<Entry>
  /** Decoded from its bytes, so that its rows are those of its key MR. Of an unsaved height `E_FACTOM_RPC`. */
  dblockByHeight(height: number, signal?: AbortSignal): Promise<DirectoryBlock>
  pendingEntries(signal?: AbortSignal): Promise<readonly PendingEntry[]>
  /** Any object by its hash or key MR, unchecked. */
  rawData(hash: string, signal?: AbortSignal): Promise<Uint8Array>
  close(): void
}

/** Which nodes are asked, and how they let the client in. */
export interface FactomNodes extends Pick<RpcOptions, 'url' | 'login' | 'ca'> {
  /** Nodes that take the place of `url` while it is not well, in the order of preference. */
  readonly fallbacks?: readonly string[] | undefined
}

export interface FactomClientOptions
  extends FactomNodes, RpcOptions, Pick<FailoverOptions, 'onSwitch' | 'monotonicMs'> {
  /** How often a question that failed by accident is asked again (never commits and reveals). Default 0. */
  readonly retries?: number
}

/** A client whose nodes may be exchanged. */
export interface NodeClient extends FactomClient {
  /**
   * The next call goes to these nodes. Calls that are under way stay where they are, until what is returned ends them.
   * Throws `E_FACTOM_URL`; nothing has changed then.
   */
  use(nodes: FactomNodes): () => void
}

/** More than 60,000 chains in one block. */
const MAX_DIRECTORY_BYTES = 4 * 1024 * 1024
const ACK_STATUS: ReadonlySet<string> = new Set<AckStatus>([
  '',
  'Invalid',
  'Unknown',
  'NotConfirmed',
  'TransactionACK',
  '1Minute',
  'DBlockConfirmed',
])

/** A client of a factomd node, or of several as one. Throws `E_FACTOM_URL` at once; connects at the first call. */
export function createFactomClient(given: FactomClientOptions): NodeClient {
  const { url, fallbacks, login, ca, retries = 0, ...options } = given
  const connect = ({ url, fallbacks = [], ...access }: FactomNodes): Rpc =>
    retrying(createFailover({ ...options, ...access, urls: [url, ...fallbacks] }), retries)
  let rpc = connect({ url, fallbacks, login, ca })
  const ask = async (method: string, params?: object, signal?: AbortSignal): Promise<Reader> =>
    readerOf(await rpc.call(method, params, signal), method)

  const commit = async (method: string, message: Uint8Array, hash: string, signal?: AbortSignal) => {
    const reply = await ask(method, { message: toHex(message) }, signal)
    return { txid: reply.hash('txid'), entryHash: sameHash(reply.hash('entryhash'), hash, method) }
  }
  const reveal = async (method: string, raw: Uint8Array, signal?: AbortSignal) => {
    const reply = await ask(method, { entry: toHex(raw) }, signal)
    return {
      entryHash: sameHash(reply.hash('entryhash'), hashOf(raw), method),
      chainId: reply.hash('chainid'),
    }
  }

  return {
    get url() {
      return rpc.url
    },
    async currentMinute(signal) {
      return currentMinuteOf(await rpc.call('current-minute', undefined, signal))
    },
    async heights(signal) {
      const reply = await ask('heights', undefined, signal)
      return {
        directoryBlockHeight: reply.int('directoryblockheight', 0, MAX_HEIGHT),
        leaderHeight: reply.int('leaderheight', 0, MAX_HEIGHT),
        entryBlockHeight: reply.int('entryblockheight', 0, MAX_HEIGHT),
        entryHeight: reply.int('entryheight', 0, MAX_HEIGHT),
      }
    },
    async properties(signal) {
      const reply = await ask('properties', undefined, signal)
      return {
        factomdVersion: reply.text('factomdversion', 60),
        apiVersion: reply.text('factomdapiversion', 60),
      }
    },
    async entryCreditBalance(address, signal) {
      return (await ask('entry-credit-balance', { address }, signal)).int('balance')
    },
    async factoidBalance(address, signal) {
      return BigInt((await ask('factoid-balance', { address }, signal)).int('balance'))
    },
    async entryCreditRate(signal) {
      return BigInt((await ask('entry-credit-rate', undefined, signal)).int('rate', 1))
    },
    async factoidSubmit(transaction, signal) {
      const reply = await ask('factoid-submit', { transaction: toHex(transaction) }, signal)
      return { txid: sameHash(reply.hash('txid'), decodeTransaction(transaction).txid, 'factoid-submit') }
    },
    async factoidAck(txid, signal) {
      return ackStatus(await ask('ack', { hash: txid, chainid: 'f' }, signal))
    },
    commitEntry: (message, signal) =>
      commit('commit-entry', message, decodeEntryCommit(message).entryHash, signal),
    commitChain: (message, signal) =>
      commit('commit-chain', message, decodeChainCommit(message).entryHash, signal),
    revealEntry: (raw, signal) => reveal('reveal-entry', raw, signal),
    revealChain: (raw, signal) => reveal('reveal-chain', raw, signal),
    async ack(hash, chainId, signal) {
      const reply = await ask('ack', { hash, chainid: chainId }, signal)
      return {
        commitTxid: reply.hashOrNone('committxid'),
        entryHash: reply.hashOrNone('entryhash'),
        commitStatus: ackStatus(reply.child('commitdata')),
        entryStatus: ackStatus(reply.child('entrydata')),
      }
    },
    async chainHead(chainId, signal) {
      try {
        const reply = await ask('chain-head', { chainid: chainId }, signal)
        return { head: reply.hashOrNone('chainhead'), inProcessList: reply.bool('chaininprocesslist') }
      } catch (error) {
        if (rpcCodeOf(error) === MISSING_CHAIN_HEAD) return null
        throw error
      }
    },
    entryBlock: async (keyMr, signal) =>
      entryBlockOf(await ask('entry-block', { keymr: keyMr }, signal), keyMr),
    entry: async (hash, signal) => entryOf(await ask('entry', { hash }, signal), hash),
    dblockByHeight: async (height, signal) =>
      directoryBlockOf(await ask('dblock-by-height', { height }, signal), height),
    async pendingEntries(signal) {
      const reply = await rpc.call('pending-entries', {}, signal)
      return readerOf({ entries: reply }, 'pending-entries').list('entries').map(pendingEntry)
    },
    async rawData(hash, signal) {
      return (await ask('raw-data', { hash }, signal)).bytes('data', Number.MAX_SAFE_INTEGER)
    },
    use(nodes) {
      const before = rpc
      rpc = connect(nodes)
      return () => before.close()
    },
    close: () => rpc.close(),
  }
}

function entryBlockOf(reply: Reader, keyMr: string): EntryBlock {
  const header = reply.child('header')
  return {
    keyMr,
    chainId: header.hash('chainid'),
    prevKeyMr: header.hash('prevkeymr'),
    sequence: header.int('blocksequencenumber', 0, MAX_HEIGHT),
    height: header.int('dbheight', 0, MAX_HEIGHT),
    timestamp: seconds(header),
    entries: reply.list('entrylist').map((item) => {
      const row = readerOf(item, 'entry-block.entrylist')
      return { hash: row.hash('entryhash'), timestamp: seconds(row) }
    }),
  }
}

function entryOf(reply: Reader, hash: string): Entry {
  const entry = {
    chainId: reply.hash('chainid'),
    extIds: reply.list('extids').map((item) => itemBytes(item, 'entry.extids')),
    content: reply.bytes('content', MAX_ENTRY_PAYLOAD),
  }
  sameHash(hashOf(encodeEntry(entry)), hash, 'entry')
  return entry
}

function directoryBlockOf(reply: Reader, height: number): DirectoryBlock {
  const block = decodeDirectoryBlock(reply.bytes('rawdata', MAX_DIRECTORY_BYTES))
  if (block.height !== height)
    throw fail('E_FACTOM_HASH', `dblock-by-height: the node answers with block ${block.height}`)
  return block
}

function pendingEntry(item: unknown): PendingEntry {
  const row = readerOf(item, 'pending-entries')
  return {
    entryHash: row.hash('entryhash'),
    chainId: row.hashOrNone('chainid') || null,
    status: ackStatus(row),
  }
}

/** A status that is not known here counts as none: a newer node must not stop the miner. */
function ackStatus(reader: Reader): AckStatus {
  const status = reader.text('status', 40)
  return ACK_STATUS.has(status) ? (status as AckStatus) : ''
}

function sameHash(found: string, wanted: string, method: string): string {
  if (found !== wanted)
    throw fail('E_FACTOM_HASH', `${method}: the node answers with ${found}, not ${wanted}`)
  return found
}

function seconds(reader: Reader): number {
  return reader.int('timestamp', 0, MAX_HEIGHT) * 1000
}
