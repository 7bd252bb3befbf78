/** What the chain is doing right now: the block under construction, the pools, the filters. All of it is data. */
import { composeTransaction } from '../blocks/index.js'
import type { EntryCreditRecord, FactoidTransaction, PlacedTransaction, SavedBlock } from '../blocks/index.js'
import { createBalances, type Balances } from './balances.js'

/** An entry in the open block. `minute` is its marker, 0 while the minute of its reveal is not over. */
export interface OpenEntry {
  readonly hash: string
  readonly raw: Uint8Array
  minute: number
}

/** One step of the open block, in order of processing. */
export type Processed =
  | { readonly kind: 'commit'; readonly commit: ProcessedCommit }
  | { readonly kind: 'reveal'; readonly entryHash: string; readonly chainId: string }

/** The block under construction. */
export interface OpenBlock {
  /** When the block was opened: time of its coinbase, and of its directory block in whole minutes. */
  readonly openedMs: number
  /** The first is the coinbase. */
  readonly transactions: PlacedTransaction[]
  readonly records: EntryCreditRecord[]
  readonly chains: Map<string, OpenEntry[]>
  readonly processed: Processed[]
}

/** A commit that was paid. It waits for its reveal in `ChainState.commits`. */
export interface ProcessedCommit {
  readonly kind: 'entry' | 'chain'
  readonly raw: Uint8Array
  readonly txid: string
  readonly entryHash: string
  readonly credits: number
  readonly timeMs: number
  /** Of a chain commit; `null` for an entry commit. */
  readonly chainIdHash: string | null
}

/**
 * A message that cannot be processed yet. `waitsFor` names what may release it: `credits:<key>`, `entry:<hash>`
 * (a commit, or a better one), `chain:<id>`, `factoids:<address>`.
 */
export interface Held {
  readonly type: 'commit-entry' | 'commit-chain' | 'reveal' | 'factoid'
  readonly raw: Uint8Array
  /** Txid, or the entry hash of a reveal. */
  readonly id: string
  readonly waitsFor: string
  /** The message's own time; a reveal has the time of its arrival. */
  readonly timeMs: number
}

export interface ChainState {
  /** Height of the block under construction. */
  height: number
  /** 0…9. */
  minute: number
  minuteStartMs: number
  /** Start of the minute before; 0 if there was none. */
  previousStartMs: number
  /** Entries and factoid transactions taken so far: what `tps-rate` counts. */
  taken: number
  open: OpenBlock
  /** The block before, from its end until minute 1 of this one. */
  closing: { readonly block: SavedBlock; readonly open: OpenBlock } | null
  /** Including what is in `closing` and `open`. */
  balances: Balances
  /** Processed and not yet revealed, by entry hash. */
  readonly commits: Map<string, ProcessedCommit>
  /** In order of arrival. */
  readonly held: Held[]
  /** Txid → minute (UNIX) of its own time: not taken twice. */
  readonly seen: Map<string, number>
  /** Entry hash → minute (UNIX) of its reveal: not taken twice within about 90 minutes. */
  readonly revealed: Map<string, number>
}

export function openBlock(openedMs: number): OpenBlock {
  const coinbase = composeTransaction({ timeMs: openedMs, inputs: [], outputs: [], ecOutputs: [] }, [])
  return {
    openedMs,
    transactions: [{ transaction: coinbase, marksBefore: 0 }],
    records: [],
    chains: new Map(),
    processed: [],
  }
}

/** Minute 0 of `height`, with everything before it saved. */
export function freshState(height: number, saved: Balances, nowMs: number): ChainState {
  return {
    height,
    minute: 0,
    minuteStartMs: nowMs,
    previousStartMs: 0,
    taken: 0,
    open: openBlock(nowMs),
    closing: null,
    balances: createBalances(saved),
    commits: new Map(),
    held: [],
    seen: new Map(),
    revealed: new Map(),
  }
}

/** The blocks that are not saved yet, the older one first. */
export function unsavedBlocks(state: ChainState): OpenBlock[] {
  return state.closing ? [state.closing.open, state.open] : [state.open]
}

/** An entry that is in a block, though not in a saved one. */
export function pendingEntry(state: ChainState, hash: string): OpenEntry | undefined {
  for (const { chains } of unsavedBlocks(state)) {
    for (const entries of chains.values()) {
      const found = entries.find((entry) => entry.hash === hash)
      if (found) return found
    }
  }
  return undefined
}

/** A transaction that is in a block, though not in a saved one, by txid or full hash. */
export function pendingTransaction(state: ChainState, hash: string): FactoidTransaction | undefined {
  return unsavedBlocks(state)
    .flatMap(({ transactions }) => transactions)
    .find(({ transaction }) => transaction.txid === hash || transaction.fullHash === hash)?.transaction
}

/** Commits of the blocks that are not saved yet, oldest first. */
export function pendingCommits(state: ChainState): ProcessedCommit[] {
  return unsavedBlocks(state)
    .flatMap(({ processed }) => processed)
    .flatMap((step) => (step.kind === 'commit' ? [step.commit] : []))
}
