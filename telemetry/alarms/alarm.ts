/**
 * The form of an alarm. One row says all about it: the rule of Prometheus and the entry of the runbook are made from
 * it, and `/live`, `/ready`, the pages, the API and the watchdog judge by it.
 */
import type { BoardEntry } from '../board.js'
import type { GatewayNumbers, LedgerPulse, MinerNumbers } from '../sources.js'

export interface AlarmText {
  /** The name of the alert in Prometheus, and the title in the runbook. */
  readonly id: string
  /** `critical` costs rewards now, `warning` will if it lasts. */
  readonly severity: 'critical' | 'warning' | 'info'
  /** One line, a template of Prometheus. */
  readonly summary: string
  /** For the runbook, in Markdown of one line: what it means, where to look, what to do. */
  readonly meaning: string
  readonly look: string
  readonly remedy: string
  /** How long it lasts before Prometheus raises it. */
  readonly for: `${number}${'s' | 'm'}`
}

/** How the program judges by itself; an alarm with none of these is judged by Prometheus alone. */
export interface Judged {
  /** For `/live` or `/ready` of a miner, and for its page while the check fails. */
  readonly check?: CheckRule<MinerNumbers>
  /** The same for each gateway of a feed. */
  readonly gatewayCheck?: CheckRule<GatewayPulse>
  /** The same for a ledger. */
  readonly ledgerCheck?: CheckRule<LedgerPulse>
  /** The same for a watched peg. */
  readonly pegsCheck?: CheckRule<PegsPulse>
  /** The same for a basket that is kept. */
  readonly basketCheck?: CheckRule<BasketPulse>
  /** The same for the watch of markets. */
  readonly pegWatchCheck?: CheckRule<PegWatchPulse>
  /** What the page of a miner shows besides; null: nothing is wrong. The newest entry comes first. */
  readonly ofMiner?: (miner: MinerNumbers, entries: readonly BoardEntry[]) => string | null
  /** What pages show of a gateway, behind its name. */
  readonly ofGateway?: (gateway: GatewayNumbers) => readonly string[]
  /** How pages show it. Default: warn. */
  readonly level?: 'error'
  /** Codes of notices that tell of the same: pages link them to the runbook. */
  readonly notices?: readonly string[]
}

export type Alarm = AlarmText &
  Judged &
  (
    | { readonly expr: string; readonly watchdog?: WatchdogRule }
    /** Without an expression of its own, Prometheus raises what the watchdog has raised. */
    | { readonly expr?: undefined; readonly watchdog: WatchdogRule }
  )

export interface CheckRule<Facts> {
  readonly name: string
  /** `live`: a restart would help. `ready`: it may mend itself. */
  readonly makes: 'live' | 'ready'
  /** Null: it does not apply. */
  readonly find: (facts: Facts) => Finding | null
}

export interface Finding {
  readonly ok: boolean
  /** What was found, for a person. */
  readonly found: string
}

/** How a gateway is doing. */
export interface GatewayPulse {
  readonly name: string
  /** Since both chains were last looked at, and how long that may be, ms. Null: not yet. */
  readonly passAgeMs: number | null
  readonly passLimitMs: number
  /** What went wrong in the last pass; null: nothing. */
  readonly trouble: string | null
  /** Headers that are due, and how many may be; null: it publishes none. */
  readonly relay: { readonly lag: number | null; readonly readyLag: number; readonly state: string } | null
}

/** How the watch of a peg is doing. */
export interface PegsPulse {
  /** Since the last look, ms. Null: none yet. */
  readonly lookAgeMs: number | null
  /** Why the last look failed; null: it did not. */
  readonly trouble: string | null
  readonly frozen: boolean
}

/** How a basket is doing. */
export interface BasketPulse {
  /** Since the last look, ms. Null: none yet. */
  readonly lookAgeMs: number | null
  /** What it waits for; null: nothing. */
  readonly waits: string | null
  /** USD of what is owed soon that are not held; null: not known yet. */
  readonly missing: number | null
}

/** How the watch of markets is doing. */
export interface PegWatchPulse {
  /** Since the last look, ms. Null: none yet. */
  readonly lookAgeMs: number | null
  /** Exchanges of which no order book is known. */
  readonly silent: readonly string[]
}

export interface WatchdogRule {
  /** Its label in `pegnet_watchdog_alarm`, and its name in what commands and webhooks are told. */
  readonly kind: string
  /** Of the notice. */
  readonly code: `E_WATCH_${string}`
  /** Whether the program mends it by itself. */
  readonly mends?: boolean
  /** Why there is an alarm, or null. `raised`: there was one at the look before. */
  readonly why: (seen: WatchSeen, limits: WatchLimits, raised: boolean) => string | null
}

/** What the watchdog sees of a run, with what it remembers of earlier looks. */
export interface WatchSeen {
  /** Threads that should hash and show no sign of life. */
  readonly silent: readonly number[]
  /** Threads that were slow in the last window. */
  readonly slow: readonly number[]
  /** Blocks since a record of ours came into the chain; 0 while mining is paused. */
  readonly blocksWithoutEntry: number
  /** Since complete prices were taken; 0 while mining is paused. */
  readonly pricesAgeMs: number
  /** Since the node was well. */
  readonly nodeAwayMs: number
  /** °C and bytes; null: not known. */
  readonly temperature: number | null
  readonly freeBytes: number | null
}

/** 0 turns a rule off. */
export interface WatchLimits {
  /** A thread below this share of the others is slow, 0 to 1. */
  readonly slowShare: number
  /** Blocks without a record in the chain. */
  readonly noEntryBlocks: number
  readonly pricesMs: number
  readonly nodeMs: number
  /** °C: the alarm, and where it ends. */
  readonly hot: number
  readonly cool: number
  /** Bytes. */
  readonly freeBytes: number
}

/** Keeps the names of the rows as types. */
export const alarms = <const T extends readonly Alarm[]>(rows: T): T => rows

export const minutes = (ms: number): string =>
  ms < 90_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`
