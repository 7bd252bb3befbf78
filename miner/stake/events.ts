/** What is told of staking: exactly what `--json` prints. Amounts of PEG are decimal strings. */
import type { EntryStatus } from '../events.js'

/** Where an address stands before a block: only the 100 largest holders of PEG may stake. */
export interface StakeStandingEvent {
  readonly event: 'stake.standing'
  readonly height: number
  readonly address: string
  /** 1 is the largest holder; null behind the 100. */
  readonly rank: number | null
  readonly balance: string
  readonly entitled: boolean
  /** What a record among the 25 winners is paid; 0 for an address that may not stake. */
  readonly payout: string
  /** Valid staking records of the last block that had any; 25 are needed before one is paid. Null: there was none. */
  readonly records: number | null
}

/** A staking record moved on its way to the chain. */
export interface StakeEntryEvent {
  readonly event: 'stake.entry'
  readonly height: number
  readonly address: string
  readonly entryHash: string
  readonly status: EntryStatus
  readonly milliseconds?: number
  /** What it cost, when it is committed. */
  readonly credits?: number
  readonly code?: string
  readonly reason?: string
}

/** An address has no record in this block; `code` is in `MINER_ERRORS`. Without an address: none of them has. */
export interface StakeSkippedEvent {
  readonly event: 'stake.skipped'
  readonly height: number
  readonly address: string | null
  readonly code: string
  readonly reason: string
}

/** What the block of a staking record decided. `place` counts from 0; `payout` is what the ledger paid for it. */
export interface StakeGradedEvent {
  readonly event: 'stake.graded'
  readonly height: number
  readonly address: string
  readonly entryHash: string
  /** `graded`, or why it took no part. */
  readonly verdict: string
  readonly place: number | null
  readonly grade: number | null
  readonly payout: string
}

export type StakeEvent = StakeStandingEvent | StakeEntryEvent | StakeSkippedEvent | StakeGradedEvent
