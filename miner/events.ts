/**
 * What the miner says while it works. One union, and exactly what `--json` prints: amounts and counts that may
 * exceed 2^53 are decimal strings, difficulties and floors are 16 hex digits (unsigned, big-endian), hashes and
 * nonces are lowercase hex.
 */
import type { EntryStatus } from '../factom/index.js'
import type { SwitchSummary } from './work/switch-times.js'

export type { EntryStatus }

/**
 * Mean hashes per second over the last 10 s, 60 s and 15 min, and the highest 10-second mean of the run.
 * `null` while the window is not full yet: a number would be wrong.
 */
export interface HashrateWindows {
  readonly s10: number | null
  readonly s60: number | null
  readonly m15: number | null
  readonly max: number
}

/** The clock moved: `height` is the block being built, `minute` its tenth (0 to 9; 10 between two blocks). */
export interface BlockEvent {
  readonly event: 'block'
  readonly height: number
  readonly minute: number
}

/** Prices were taken for a block; `missing` says why an asset has none. */
export interface PricesEvent {
  readonly event: 'prices'
  readonly height: number
  readonly assets: number
  readonly complete: boolean
  /** False if the last winners were not known: the prices were compared with no others. */
  readonly guarded: boolean
  readonly missing: Readonly<Record<string, string>>
  /** How many come from three sources or more. */
  readonly strong: number
  /** Assets at their last good price, and how old that is, ms. */
  readonly held: Readonly<Record<string, number>>
  /** Where the sources differ most, as a share of the price; null if there are none. */
  readonly widest: { readonly asset: string; readonly spread: number } | null
}

/** A record is being mined. `winnersFrom` is the height whose winners it names, null if there never were any. */
export interface JobEvent {
  readonly event: 'job'
  readonly height: number
  readonly oprHash: string
  readonly floor: string
  readonly winnersFrom: number | null
}

/** Hashes per second over the last ten seconds or less: all threads, and each. */
export interface HashrateEvent {
  readonly event: 'hashrate'
  readonly total: number
  readonly threads: readonly number[]
  readonly windows: HashrateWindows
}

/**
 * An entry of ours moved on its way to the chain. Nonce and difficulty are empty for an entry that an earlier run
 * composed. `milliseconds`: since its publishing began, where it is known.
 */
export interface EntryEvent {
  readonly event: 'entry'
  readonly height: number
  readonly entryHash: string
  readonly nonce: string
  readonly difficulty: string
  readonly status: EntryStatus
  readonly milliseconds?: number
  /** What it cost, when it is committed. */
  readonly credits?: number
  readonly code?: string
  readonly reason?: string
}

/**
 * One of our records in a graded block. `place` counts from 0; `payout` is PEG as a decimal string; 0 is the best
 * `grade`.
 */
export interface OwnPlace {
  readonly entryHash: string
  readonly place: number
  readonly payout: string
  readonly grade: number
}

/**
 * A saved block was graded. `records` are the entries in the chain's block, `valid` those that validation
 * accepted, `winners` the short hashes that the next record must name. `mine` lists our graded records
 * (place below 50), `reward` the sum of their payouts in PEG.
 */
export interface GradedEvent {
  readonly event: 'graded'
  readonly height: number
  readonly version: number
  readonly records: number
  readonly valid: number
  /** Whether there were enough of them, so that winners are paid. */
  readonly gradable: boolean
  readonly winners: readonly string[]
  readonly mine: readonly OwnPlace[]
  readonly reward: string
}

/** Nothing of ours will be in this block; `code` is in `MINER_ERRORS`. */
export interface SkippedEvent {
  readonly event: 'skipped'
  readonly height: number
  readonly code: string
  readonly reason: string
}

/** Something to know that is not a step of the block. */
export interface NoticeEvent {
  readonly event: 'notice'
  readonly level: 'info' | 'warn' | 'error'
  readonly code: string
  readonly message: string
}

/**
 * The run is over; the last event. It was interrupted by a signal, or asked to end by a key or a request. `places`
 * counts our records among the winners, `hashes` all of the run; `jobSwitch` says how fast the threads turned to new
 * records, null if they never did.
 */
export interface StoppedEvent {
  readonly event: 'stopped'
  readonly reason: 'blocks' | 'interrupted' | 'asked' | 'failed'
  readonly blocks: number
  readonly records: number
  readonly places: number
  readonly reward: string
  readonly hashes: string
  readonly meanHashrate: number
  readonly jobSwitch: SwitchSummary | null
  readonly milliseconds: number
}

export type MinerEvent =
  | BlockEvent
  | PricesEvent
  | JobEvent
  | HashrateEvent
  | EntryEvent
  | GradedEvent
  | SkippedEvent
  | NoticeEvent
  | StoppedEvent

/** Difficulty or floor as `--json` shows it: 16 hex digits. */
export function hexOfDifficulty(difficulty: bigint): string {
  return difficulty.toString(16).padStart(16, '0')
}

/** Bytes as lowercase hex. */
export function hexOfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}
