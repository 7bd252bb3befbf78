/** Commits, reveals and factoid transactions: what becomes of them (factomd's execution and holding rules). */
import { sha256d, toHex, hashBytes } from '../../bytes.js'
import { CHAIN_COMMIT_BYTES, decodeChainCommit, decodeEntryCommit, ENTRY_COMMIT_BYTES } from '../../commit.js'
import type { ChainCommit, EntryCommit } from '../../commit.js'
import { CHAIN_SURCHARGE, chainIdOf, decodeEntry, ENTRY_HEADER_BYTES, entryHash } from '../../entry.js'
import { decodeTransaction, marksBefore, transactionSound, type FactoidTransaction } from '../blocks/index.js'
import { applyCommit, applyTransaction, uncoveredInput } from './balances.js'
import { admits, expired, minuteOf, revealedLately } from './filters.js'
import type { ChainState, Held, ProcessedCommit } from './state.js'

export interface Message {
  readonly type: 'commit-entry' | 'commit-chain' | 'reveal' | 'factoid'
  readonly raw: Uint8Array
}

/** What the rules need to know of the saved blocks. */
export interface SavedView {
  /** Factoshis per entry credit. */
  readonly rate: bigint
  chainExists(chainId: string): boolean
}

/** Most messages that wait at once; beyond it the oldest is dropped. factomd has no such bound. */
const MAX_HELD = 2_000

export function decodeCommit(
  type: 'commit-entry' | 'commit-chain',
  raw: Uint8Array,
): EntryCommit | ChainCommit {
  return type === 'commit-entry' ? decodeEntryCommit(raw) : decodeChainCommit(raw)
}

/**
 * Whether a message would change anything. Those that fail here are answered with success and forgotten, as
 * factomd does: dated more than 60 minutes off, or seen before.
 */
export function welcome(state: ChainState, message: Message, nowMs: number): boolean {
  switch (message.type) {
    case 'reveal': {
      const hash = entryHash(message.raw)
      return !revealedLately(state, hash, nowMs) && !state.held.some(({ id }) => id === hash)
    }
    case 'factoid':
      return admits(state, decodeTransaction(message.raw), nowMs)
    case 'commit-entry':
    case 'commit-chain':
      return admits(state, decodeCommit(message.type, message.raw), nowMs)
  }
}

/** Whether a commit of the same kind for the same entry waits with at least as many credits: error −32011. */
export function repeatsCommit(state: ChainState, kind: 'entry' | 'chain', commit: EntryCommit): boolean {
  const before = state.commits.get(commit.entryHash)
  return before?.kind === kind && before.credits >= commit.credits
}

/** Takes in a message that passed `welcome`: it is processed, held or dropped. Messages that waited for it follow. */
export function receive(state: ChainState, view: SavedView, message: Message, nowMs: number): void {
  const first = heldOf(message, nowMs)
  if (first.type !== 'reveal') state.seen.set(first.id, minuteOf(first.timeMs))
  const queue = [first]
  for (let next = queue.shift(); next; next = queue.shift()) {
    const released = run(state, view, next, nowMs)
    if (released.length > 0) queue.push(...takeHeld(state, released))
  }
}

/** The transaction that waits for funds under this txid or full hash. */
export function heldTransaction(state: ChainState, hash: string): FactoidTransaction | undefined {
  return state.held
    .filter(({ type }) => type === 'factoid')
    .map(({ raw }) => decodeTransaction(raw))
    .find(({ txid, fullHash }) => txid === hash || fullHash === hash)
}

function heldOf({ type, raw }: Message, nowMs: number): Held {
  if (type === 'reveal') return { type, raw, id: entryHash(raw), waitsFor: '', timeMs: nowMs }
  const { txid, timeMs } = type === 'factoid' ? decodeTransaction(raw) : decodeCommit(type, raw)
  return { type, raw, id: txid, waitsFor: '', timeMs }
}

function takeHeld(state: ChainState, waitsFor: readonly string[]): Held[] {
  const ready = state.held.filter((held) => waitsFor.includes(held.waitsFor))
  if (ready.length === 0) return ready
  const rest = state.held.filter((held) => !waitsFor.includes(held.waitsFor))
  state.held.splice(0, state.held.length, ...rest)
  return ready
}

/** Returns what is released by it. */
function run(state: ChainState, view: SavedView, held: Held, nowMs: number): string[] {
  if (expired(state, held.timeMs)) return []
  switch (held.type) {
    case 'commit-entry':
    case 'commit-chain':
      return runCommit(state, held, nowMs)
    case 'reveal':
      return runReveal(state, view, held, nowMs)
    case 'factoid':
      return runTransaction(state, view, held)
  }
}

function hold(state: ChainState, held: Held, waitsFor: string): string[] {
  state.held.push({ ...held, waitsFor })
  if (state.held.length > MAX_HELD) state.held.shift()
  return []
}

function runCommit(state: ChainState, held: Held, nowMs: number): string[] {
  const kind = held.type === 'commit-chain' ? 'chain' : 'entry'
  const commit = kind === 'chain' ? decodeChainCommit(held.raw) : decodeEntryCommit(held.raw)
  if (revealedLately(state, commit.entryHash, nowMs)) return []
  if (!applyCommit(state.balances, commit)) return hold(state, held, `credits:${commit.ecPublicKey}`)
  const { txid, entryHash: hash, credits, timeMs } = commit
  const raw = held.raw.slice(0, kind === 'chain' ? CHAIN_COMMIT_BYTES : ENTRY_COMMIT_BYTES)
  const chainIdHash = kind === 'chain' ? (commit as ChainCommit).chainIdHash : null
  const processed: ProcessedCommit = { kind, raw, txid, entryHash: hash, credits, timeMs, chainIdHash }
  // A commit that was held may find a better one here by now: it is paid all the same, and the better one stays.
  if (!repeatsCommit(state, kind, commit)) state.commits.set(hash, processed)
  state.open.records.push({ kind, raw })
  state.open.processed.push({ kind: 'commit', commit: processed })
  return [`entry:${hash}`]
}

function runReveal(state: ChainState, view: SavedView, held: Held, nowMs: number): string[] {
  const hash = held.id
  if (revealedLately(state, hash, nowMs)) return []
  const commit = state.commits.get(hash)
  const kibibytes = Math.ceil((held.raw.length - ENTRY_HEADER_BYTES) / 1024)
  const price = commit?.kind === 'chain' ? kibibytes + CHAIN_SURCHARGE : kibibytes
  if (!commit || commit.credits < price) return hold(state, held, `entry:${hash}`)
  const { chainId, extIds } = decodeEntry(held.raw)
  const exists = hasChain(state, view, chainId)
  if (commit.kind === 'entry' && !exists) return hold(state, held, `chain:${chainId}`)
  if (commit.kind === 'chain' && commit.chainIdHash !== toHex(sha256d(hashBytes(chainIdOf(extIds)))))
    return []
  const { chains, processed } = state.open
  const entries = chains.get(chainId) ?? []
  chains.set(chainId, entries)
  entries.push({ hash, raw: held.raw, minute: 0 })
  processed.push({ kind: 'reveal', entryHash: hash, chainId })
  state.revealed.set(hash, minuteOf(held.timeMs))
  state.commits.delete(hash)
  state.taken++
  return exists ? [] : [`chain:${chainId}`]
}

function runTransaction(state: ChainState, view: SavedView, held: Held): string[] {
  const transaction = decodeTransaction(held.raw)
  if (!transactionSound(transaction, view.rate)) return []
  const short = uncoveredInput(state.balances, transaction)
  if (short !== null) return hold(state, held, `factoids:${short}`)
  applyTransaction(state.balances, transaction, view.rate)
  state.taken++
  state.open.transactions.push({ transaction, marksBefore: marksBefore(state.minute) })
  return [
    ...transaction.ecOutputs.map(({ address }) => `credits:${address}`),
    ...transaction.outputs.map(({ address }) => `factoids:${address}`),
  ]
}

function hasChain(state: ChainState, view: SavedView, chainId: string): boolean {
  return (
    state.open.chains.has(chainId) ||
    state.closing?.open.chains.has(chainId) === true ||
    view.chainExists(chainId)
  )
}
