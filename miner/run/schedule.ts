/**
 * What to do when, in one block: a pure function of (state, event). No clock, no I/O, no promises; the session
 * carries the actions out and tells their results as events.
 *
 * `height` is the node's last saved block + 1. So in minutes 1 to 9 it is the block being built; in minute 0 the
 * previous block is not saved yet and `height` still names that one, which is closed already; 10 may be seen for a
 * moment between the last minute and the next block. Rules:
 *
 * - Work begins in minutes 1 to 8, so a late start or a height that jumps costs no whole block. In minute 9 there
 *   is no time left to find anything: the block is skipped.
 * - Records are published in minute 9 of their own block and never later. Whatever ends that block (minute 10,
 *   minute 0, a greater height) also ends its publishing. Nothing is published on a node that is not well, without a
 *   nonce above the floor, or without entry credits: those of minute 1 may be gone, and a commit that cannot be paid
 *   would wait at the node and land, paid but worthless, in a later block.
 * - Every result carries the height that it was asked for; one for another height is dropped.
 * - What could not be fetched is asked for again with each minute up to 8; prices some seconds later already, but only
 *   for two minutes, up to minute 3: a record without a price for each asset is void.
 * - One event with a lower height, or a lower minute, is a stale answer and dropped. A second one with a lower
 *   height means that the node did go back: everything starts afresh there.
 */
import type { NodeState } from '../../factom/index.js'
import type { MinerErrorCode } from '../errors.js'

/** First and last minute in which mining may begin. */
const FIRST_MINUTE = 1
const LAST_START = 8
/** Prices are asked for again for so many minutes: up to minute 3, unless the block is first seen later. */
const MINUTES_OF_PRICES = 2
export const SUBMIT_MINUTE = 9

/** What is needed for a record. */
export type Step = 'winners' | 'prices' | 'funds'
const STEPS: readonly Step[] = ['winners', 'prices', 'funds']

export interface WinnersFact {
  readonly type: 'winners'
  readonly height: number
  /** 25 short hashes, or empty strings if there never were any. */
  readonly winners: readonly string[]
  /** The block that they are from. */
  readonly winnersFrom: number | null
  readonly floor: bigint
}
export interface PricesFact {
  readonly type: 'prices'
  readonly height: number
  /** In the order of the asset list, 1e-8 USD. */
  readonly prices: readonly bigint[]
}
export interface FundsFact {
  readonly type: 'funds'
  readonly height: number
  /** Entry credits. */
  readonly balance: number
}
export interface FailedFact {
  readonly type: 'failed'
  readonly height: number
  /** `record`: the record that was built from the facts is not valid; not tried again. */
  readonly step: Step | 'record'
  readonly code: MinerErrorCode
  readonly reason: string
}
export interface MinuteFact {
  readonly type: 'minute'
  readonly height: number
  readonly minute: number
  /** How the node is. */
  readonly node: NodeState
}
/** What minute 9 began with. */
export interface CollectedFact {
  readonly type: 'collected'
  readonly height: number
  /** Nonces that are good enough. */
  readonly found: number
  /** Entry credits; null if they could not be asked for in good time. Then those of before count. */
  readonly balance: number | null
}
/** It is time to ask for prices again. */
export interface RetryFact {
  readonly type: 'retry'
  readonly height: number
}
export type ScheduleEvent =
  MinuteFact | RetryFact | WinnersFact | PricesFact | FundsFact | FailedFact | CollectedFact

/** Why nothing of a block is published: codes of the miner, and those of a node that is not well. */
export type SkipCode = MinerErrorCode | 'E_FACTOM_SYNCING' | 'E_FACTOM_LAGGING' | 'E_FACTOM_STALLED'

export type Action =
  /** Fetch these and tell the results, each as an event, failures too. Replaces what was asked before. */
  | { readonly do: 'gather'; readonly height: number; readonly steps: readonly Step[] }
  /** Build the record and have it hashed. */
  | {
      readonly do: 'mine'
      readonly height: number
      readonly winners: WinnersFact
      readonly prices: readonly bigint[]
    }
  /** Stop hashing, collect the best nonces and look at the entry credits again; `credits` are those of before. */
  | { readonly do: 'submit'; readonly height: number; readonly credits: number }
  /** Publish what was collected, as far as the entry credits go. */
  | { readonly do: 'publish'; readonly height: number; readonly credits: number }
  /** The block is over: publish no more of it. */
  | { readonly do: 'close'; readonly height: number }
  /** Stop hashing and throw the record away. */
  | {
      readonly do: 'abandon'
      readonly height: number
      readonly code: MinerErrorCode
      readonly reason: string
    }
  /** Nothing of ours will be in this block. */
  | { readonly do: 'skip'; readonly height: number; readonly code: SkipCode; readonly reason: string }
  /** All blocks below this height are saved: grade those that are not. */
  | { readonly do: 'grade'; readonly below: number }
  /** First sight of a block in its minute 9: finish what an earlier run may have paid for in it. */
  | { readonly do: 'recover'; readonly height: number }

interface Clock {
  readonly height: number
  readonly minute: number
}

interface Gathered {
  readonly winners?: WinnersFact
  readonly prices?: PricesFact
  readonly funds?: FundsFact
}

interface Failure {
  readonly code: MinerErrorCode
  readonly reason: string
}

type Phase =
  | { readonly phase: 'waiting' }
  | {
      readonly phase: 'gathering'
      readonly height: number
      /** The last minute in which prices are asked for. */
      readonly pricesUntil: number
      readonly got: Gathered
      /** Steps to ask for again with the next minute. */
      readonly failed: readonly Step[]
      readonly failure: Failure | null
      /** Why there were no prices the last time. */
      readonly priceFailure: Failure | null
    }
  | { readonly phase: 'mining'; readonly height: number; readonly credits: number }
  | {
      readonly phase: 'submitting'
      readonly height: number
      /** As far as they are known; null once all is decided. */
      readonly credits: number | null
    }

/** Why nothing is published on such a node: it would come into another block, or wait there and be paid in vain. */
export const TROUBLE: Readonly<
  Record<NodeState, { readonly code: SkipCode; readonly reason: string } | null>
> = {
  ok: null,
  unknown: null,
  unreachable: null,
  syncing: { code: 'E_FACTOM_SYNCING', reason: 'the node is still fetching blocks; nothing is published' },
  lagging: { code: 'E_FACTOM_LAGGING', reason: 'the node is blocks behind; nothing is published' },
  stalled: { code: 'E_FACTOM_STALLED', reason: 'the chain stands still; nothing is published' },
}

export type ScheduleState = Phase & {
  /** The last event of the clock that was believed. */
  readonly seen: Clock | null
  /** The last event with a lower height, if it was the last one at all. */
  readonly behind: Clock | null
  /** Nothing is begun at this height or below: it is done with. */
  readonly done: number
}

export interface Transition {
  readonly state: ScheduleState
  readonly actions: readonly Action[]
}

export const INITIAL_STATE: ScheduleState = { phase: 'waiting', seen: null, behind: null, done: -1 }

/** One step of the schedule. */
export function advance(state: ScheduleState, event: ScheduleEvent): Transition {
  return event.type === 'minute' ? onMinute(state, event) : onFact(state, event)
}

function onMinute(state: ScheduleState, event: MinuteFact): Transition {
  const at: Clock = { height: event.height, minute: event.minute }
  const { seen } = state
  if (seen === null) return enterHeight({ ...state, seen: at }, at)
  if (at.height < seen.height) return fallBehind(state, at)
  if (at.height > seen.height) return enterHeight({ ...state, seen: at, behind: null }, at)
  if (at.minute === seen.minute) return unchanged({ ...state, behind: null })
  // Minute 0 after a later one: the block that `height` names is closed. Any other step back is a stale answer.
  if (at.minute < seen.minute && at.minute !== 0) return unchanged({ ...state, behind: null })
  return sameHeight({ ...state, seen: at, behind: null }, event)
}

function fallBehind(state: ScheduleState, at: Clock): Transition {
  const { behind } = state
  if (behind === null) return unchanged({ ...state, behind: at })
  if (behind.height === at.height && behind.minute === at.minute) return unchanged(state)
  const reason = `the node went back from height ${state.seen?.height} to ${at.height}`
  const ended = endPhase(state, { code: 'E_MINER_HEIGHT_BACK', reason })
  const fresh = enterHeight({ ...INITIAL_STATE, seen: at }, at)
  return { state: fresh.state, actions: [...ended, ...fresh.actions] }
}

/** A height that is new, with whatever minute it is first seen in. */
function enterHeight(state: ScheduleState, at: Clock): Transition {
  const ended = endPhase(state, null)
  const begun = begin({ phase: 'waiting', seen: state.seen, behind: null, done: state.done }, at)
  return {
    state: begun.state,
    actions: [...ended, { do: 'grade', below: at.height }, ...begun.actions],
  }
}

function sameHeight(state: ScheduleState, { node, ...at }: MinuteFact): Transition {
  const over = at.minute === 0 || at.minute > SUBMIT_MINUTE
  switch (state.phase) {
    case 'waiting':
      return begin(state, at)
    case 'gathering': {
      if (at.minute < SUBMIT_MINUTE && !over) {
        if (state.failed.includes('prices') && at.minute > state.pricesUntil)
          return { state: waiting(state, state.height), actions: endPhase(state, state.priceFailure) }
        if (state.failed.length === 0) return unchanged(state)
        const again: Action = { do: 'gather', height: state.height, steps: state.failed }
        return { state: { ...state, failed: [] }, actions: [again] }
      }
      return { state: waiting(state, state.height), actions: endPhase(state, null) }
    }
    case 'mining': {
      if (over) return { state: waiting(state, state.height), actions: endPhase(state, null) }
      if (at.minute !== SUBMIT_MINUTE) return unchanged(state)
      const trouble = TROUBLE[node]
      if (trouble !== null) return skip(state, state.height, trouble)
      const { seen, behind, done, height, credits } = state
      return {
        state: { phase: 'submitting', height, credits, seen, behind, done },
        actions: [{ do: 'submit', height, credits }],
      }
    }
    case 'submitting':
      return over ? { state: waiting(state, state.height), actions: endPhase(state, null) } : unchanged(state)
  }
}

/** From the waiting state: begins with a block if it is new and there is time. */
function begin(state: ScheduleState, at: Clock): Transition {
  if (at.height <= state.done || at.minute < FIRST_MINUTE) return unchanged(state)
  const { seen, behind, done } = state
  if (at.minute <= LAST_START) {
    return {
      state: {
        phase: 'gathering',
        height: at.height,
        got: {},
        pricesUntil: at.minute + MINUTES_OF_PRICES,
        failed: [],
        failure: null,
        priceFailure: null,
        seen,
        behind,
        done,
      },
      actions: [{ do: 'gather', height: at.height, steps: STEPS }],
    }
  }
  const reason = `first seen in minute ${at.minute}, mining begins in minutes ${FIRST_MINUTE} to ${LAST_START}`
  const late: Action = { do: 'skip', height: at.height, code: 'E_MINER_LATE', reason }
  if (at.minute !== SUBMIT_MINUTE) return { state: waiting(state, at.height), actions: [late] }
  return {
    state: { phase: 'submitting', height: at.height, credits: null, seen, behind, done },
    actions: [late, { do: 'recover', height: at.height }],
  }
}

/** What it takes to leave the block at hand because it is over, or for the reason given. */
function endPhase(state: ScheduleState, why: Failure | null): Action[] {
  switch (state.phase) {
    case 'waiting':
      return []
    case 'gathering': {
      const late: Failure = {
        code: 'E_MINER_LATE',
        reason: 'winners, prices and funds were not there in time',
      }
      return [{ do: 'skip', height: state.height, ...(why ?? state.failure ?? late) }]
    }
    case 'mining': {
      const missed: Failure = {
        code: 'E_MINER_MISSED_MINUTE',
        reason: 'minute 9 was missed; records are worthless in another block',
      }
      return [{ do: 'abandon', height: state.height, ...(why ?? missed) }]
    }
    case 'submitting':
      return [{ do: 'close', height: state.height }]
  }
}

function onFact(state: ScheduleState, event: Exclude<ScheduleEvent, MinuteFact>): Transition {
  if (event.type === 'retry') return retryPrices(state, event.height)
  if (event.type === 'collected') return onCollected(state, event)
  if (event.type === 'failed' && event.step === 'record') {
    if (state.phase !== 'mining' || state.height !== event.height) return unchanged(state)
    return skip(state, event.height, event)
  }
  if (state.phase !== 'gathering' || state.height !== event.height) return unchanged(state)
  if (event.type === 'failed') {
    const step = event.step as Step
    if (state.got[step] !== undefined) return unchanged(state)
    const failed = state.failed.includes(step) ? state.failed : [...state.failed, step]
    const failure: Failure = { code: event.code, reason: event.reason }
    if (step === 'prices' && (state.seen?.minute ?? 0) > state.pricesUntil)
      return { state: waiting(state, state.height), actions: endPhase(state, failure) }
    const priceFailure = step === 'prices' ? failure : state.priceFailure
    return unchanged({ ...state, failed, failure, priceFailure })
  }
  if (event.type === 'funds' && !(event.balance > 0)) {
    const reason = 'the entry credit address has no credits'
    return skip(state, state.height, { code: 'E_MINER_NO_CREDITS', reason })
  }
  const { winners, prices, funds }: Gathered = { ...state.got, [event.type]: event }
  const got: Gathered = { ...state.got, [event.type]: event }
  if (winners === undefined || prices === undefined || funds === undefined)
    return unchanged({ ...state, got })
  const { seen, behind, done, height } = state
  return {
    state: { phase: 'mining', height, credits: funds.balance, seen, behind, done },
    actions: [{ do: 'mine', height, winners, prices: prices.prices }],
  }
}

/** The last look before anything is paid. */
function onCollected(state: ScheduleState, { height, found, balance }: CollectedFact): Transition {
  if (state.phase !== 'submitting' || state.height !== height || state.credits === null)
    return unchanged(state)
  if (found === 0)
    return skip(state, height, { code: 'E_MINER_NO_HITS', reason: 'no nonce was above the floor' })
  const credits = balance ?? state.credits
  if (!(credits > 0)) {
    const reason = 'the entry credits were used up while the block was mined'
    return skip(state, height, { code: 'E_MINER_NO_CREDITS', reason })
  }
  return { state: { ...state, credits: null }, actions: [{ do: 'publish', height, credits }] }
}

function retryPrices(state: ScheduleState, height: number): Transition {
  if (state.phase !== 'gathering' || state.height !== height || !state.failed.includes('prices'))
    return unchanged(state)
  if ((state.seen?.minute ?? 0) > state.pricesUntil) return unchanged(state)
  const failed = state.failed.filter((step) => step !== 'prices')
  return { state: { ...state, failed }, actions: [{ do: 'gather', height, steps: ['prices'] }] }
}

function skip(
  state: ScheduleState,
  height: number,
  { code, reason }: { readonly code: SkipCode; readonly reason: string },
): Transition {
  return { state: waiting(state, height), actions: [{ do: 'skip', height, code, reason }] }
}

function waiting(state: ScheduleState, done: number): ScheduleState {
  return { phase: 'waiting', seen: state.seen, behind: state.behind, done: Math.max(state.done, done) }
}

function unchanged(state: ScheduleState): Transition {
  return { state, actions: [] }
}
