/** What a feed tells: to people, to `--json`, to metrics. */
import type { Why } from './plan.js'

export interface HeaderEvent {
  readonly event: 'header'
  readonly gateway: string
  readonly height: number
  readonly txid: string
  readonly hash: string
  readonly why: Why
  /** Hex. */
  readonly payload: string
  /** It was built and checked, and not sent. */
  readonly dryRun: boolean
}

/** The last two: released without a payment, as an operator asked for; on its way, and over. */
export const WITHDRAWAL_STEPS = [
  ...(['seen', 'held', 'rejected', 'refused', 'waiting', 'partial', 'signed', 'broadcast'] as const),
  ...(['marked', 'done', 'stuck', 'settling', 'settled'] as const),
]
export type WithdrawalStep = (typeof WITHDRAWAL_STEPS)[number]

export interface WithdrawalEvent {
  readonly event: 'withdrawal'
  readonly gateway: string
  readonly withdrawtxid: string
  readonly state: WithdrawalStep
  readonly amount: string
  readonly to: string
  /** Of the step: the payout on the reference chain, or the transaction on the asset chain. */
  readonly txid?: string
  readonly message?: string
}

export interface FundsEvent {
  readonly event: 'funds'
  readonly gateway: string
  readonly oracle: string
  readonly outputs: number
  readonly headersLeft: number
  readonly hoursLeft: number | null
  readonly wallet: string
  readonly action: 'none' | 'subscribed' | 'merged' | 'alarm'
  readonly txid?: string
  readonly message?: string
}

export interface ReorgEvent {
  readonly event: 'reorg'
  readonly gateway: string
  readonly chain: 'reference' | 'asset'
  /** Headers that have to be published again, or transactions that were sent again. */
  readonly headers: number
  readonly message: string
}

export interface StateEvent {
  readonly event: 'state'
  readonly gateway: string
  readonly state: RelayState['state']
  readonly message: string
  readonly published: number | null
  readonly tip: number | null
  readonly lag: number | null
}

export interface NoticeEvent {
  readonly event: 'notice'
  readonly gateway: string
  readonly level: 'info' | 'warn' | 'error'
  readonly code: string
  readonly message: string
}

/** A range that an operator asked for is published, up to this height. */
export interface BackfilledEvent {
  readonly event: 'backfilled'
  readonly gateway: string
  readonly to: number
}

/** The numbers of all gateways, at the pace of the report's schedule. */
export interface ReportEvent {
  readonly event: 'report'
  readonly gateway: string
  readonly published: number | null
  readonly lag: number | null
  readonly headers: number
  readonly repairs: number
  readonly paid: number
  readonly headersLeft: number | null
  readonly state: string
}

export interface StoppedEvent {
  readonly event: 'stopped'
  readonly reason: 'interrupted' | 'asked' | 'blocks' | 'once' | 'failed'
  readonly headers: number
  readonly withdrawals: number
  readonly milliseconds: number
}

export type FeedEvent =
  | HeaderEvent
  | WithdrawalEvent
  | FundsEvent
  | ReorgEvent
  | StateEvent
  | NoticeEvent
  | BackfilledEvent
  | ReportEvent
  | StoppedEvent

/** In `idle` all that is deep enough is published, in `budget` the next asset block gives the subscriptions back. */
const AT_WORK = ['starting', 'publishing', 'idle', 'budget'] as const
const HELD_UP = ['funds', 'sync', 'baton', 'foreign', 'daemon', 'blocked'] as const
export const RELAY_STATES = [...AT_WORK, ...HELD_UP]

/** What the relay is doing, and if nothing: why. */
export type RelayState =
  | { readonly state: (typeof AT_WORK)[number] }
  | { readonly state: (typeof HELD_UP)[number]; readonly why: string }
