/**
 * When staking records are published: a pure function of (state, event). No clock, no I/O; `staker.ts` carries the
 * actions out and tells their results as events.
 *
 * - A block is begun when it is first seen in minutes 1 to 9: what an earlier run may have paid for in it is finished,
 *   and in each minute it is looked where the addresses stand, until the ledger can tell.
 * - Records are published in minute 8, once there are prices and it was looked; in minute 9 still, if one of these came
 *   late. Never later, and not on a node that is not well: a record is void in any other block.
 * - A lower height, or a lower minute, is a stale answer and dropped. A second one with a lower height means that the
 *   node did go back: everything starts afresh there.
 */
import type { NodeState } from '../../factom/index.js'
import { TROUBLE, type SkipCode } from '../run/schedule.js'

/** First minute in which records are published, and the last. */
const PUBLISH_MINUTE = 8
const LAST_MINUTE = 9

export type StakeFact =
  | {
      readonly type: 'minute'
      readonly height: number
      readonly minute: number
      readonly node: NodeState
      /** Why no staking record counts in the block; null: nothing is against it. */
      readonly unstakable: string | null
    }
  /** In the order of the list of staking records, 1e-8 USD. */
  | { readonly type: 'prices'; readonly height: number; readonly prices: readonly bigint[] }
  /** It was told where the addresses stand. */
  | { readonly type: 'looked'; readonly height: number }

export type StakeAction =
  /** Finish what an earlier run may have paid for in this block. */
  | { readonly do: 'recover'; readonly height: number }
  /** Tell where the addresses stand, if the ledger knows. */
  | { readonly do: 'look'; readonly height: number }
  | { readonly do: 'publish'; readonly height: number; readonly prices: readonly bigint[] }
  /** The block is over: send nothing more of it. */
  | { readonly do: 'close'; readonly height: number }
  /** Nothing is published for this block. */
  | { readonly do: 'skip'; readonly height: number; readonly code: SkipCode; readonly reason: string }

interface Clock {
  readonly height: number
  readonly minute: number
}

type Phase =
  | { readonly phase: 'waiting' }
  | {
      readonly phase: 'open'
      readonly height: number
      readonly looked: boolean
      readonly prices: readonly bigint[] | null
      readonly node: NodeState
    }
  | { readonly phase: 'published'; readonly height: number }

export type StakeState = Phase & {
  /** What the clock said last. */
  readonly seen: Clock | null
  /** The last event with a lower height, if it was the last one at all. */
  readonly behind: Clock | null
  /** Nothing is begun at this height or below. */
  readonly done: number
}

export interface StakeTransition {
  readonly state: StakeState
  readonly actions: readonly StakeAction[]
}

export const FIRST_STATE: StakeState = { phase: 'waiting', seen: null, behind: null, done: -1 }

export function advanceStake(state: StakeState, event: StakeFact): StakeTransition {
  if (event.type === 'minute') return onMinute(state, event)
  if (state.phase !== 'open' || state.height !== event.height) return { state, actions: [] }
  return publishIfDue(
    event.type === 'looked' ? { ...state, looked: true } : { ...state, prices: event.prices },
  )
}

type MinuteFact = Extract<StakeFact, { type: 'minute' }>

function onMinute(state: StakeState, event: MinuteFact): StakeTransition {
  const { seen, behind } = state
  const at: Clock = { height: event.height, minute: event.minute }
  if (seen !== null && at.height < seen.height) {
    if (behind === null || (behind.height === at.height && behind.minute === at.minute))
      return { state: { ...state, behind: at }, actions: [] }
    const fresh = onMinute(FIRST_STATE, event)
    return { state: fresh.state, actions: [...ended(state), ...fresh.actions] }
  }
  const stale = seen?.height === at.height && at.minute < seen.minute && at.minute !== 0
  if (stale) return { state: { ...state, behind: null }, actions: [] }
  const now: StakeState = { ...state, seen: at, behind: null }
  const over = at.minute === 0 || at.minute > LAST_MINUTE
  if (now.phase === 'waiting' || (now.height === at.height && !over)) return inBlock(now, event, over)
  const next = inBlock(waiting(now, now.height), event, over)
  return { state: next.state, actions: [...ended(now), ...next.actions] }
}

function inBlock(
  state: StakeState,
  { height, node, unstakable }: MinuteFact,
  over: boolean,
): StakeTransition {
  if (state.phase === 'published') return { state, actions: [] }
  if (state.phase === 'open') {
    const look: StakeAction[] = state.looked ? [] : [{ do: 'look', height }]
    const { state: next, actions } = publishIfDue({ ...state, node })
    return { state: next, actions: [...look, ...actions] }
  }
  if (over || height <= state.done) return { state, actions: [] }
  if (unstakable !== null) return skip(state, height, { code: 'E_MINER_STAKE_ERA', reason: unstakable })
  const { seen, behind, done } = state
  return {
    state: { phase: 'open', height, looked: false, prices: null, node, seen, behind, done },
    actions: [
      { do: 'recover', height },
      { do: 'look', height },
    ],
  }
}

function publishIfDue(state: StakeState & { readonly phase: 'open' }): StakeTransition {
  const { height, looked, prices, node, seen, behind, done } = state
  if ((seen?.minute ?? 0) < PUBLISH_MINUTE || !looked || prices === null) return { state, actions: [] }
  const trouble = TROUBLE[node]
  if (trouble !== null) return skip(state, height, trouble)
  return {
    state: { phase: 'published', height, seen, behind, done },
    actions: [{ do: 'publish', height, prices }],
  }
}

/** What it takes to leave the block at hand, since it is over. */
function ended(state: StakeState): StakeAction[] {
  if (state.phase === 'waiting') return []
  const { height } = state
  if (state.phase === 'published') return [{ do: 'close', height }]
  return [
    { do: 'close', height },
    { do: 'skip', height, ...missing(state) },
  ]
}

function missing({
  looked,
  prices,
  height,
}: StakeState & { readonly phase: 'open' }): Pick<Extract<StakeAction, { do: 'skip' }>, 'code' | 'reason'> {
  if (prices === null) return { code: 'E_MINER_PRICES', reason: 'there were no prices in time' }
  if (!looked)
    return {
      code: 'E_MINER_STAKE_LEDGER',
      reason: `the ledger did not know block ${height - 1} in time`,
    }
  return { code: 'E_MINER_MISSED_MINUTE', reason: 'minutes 8 and 9 were missed' }
}

function skip(
  state: StakeState,
  height: number,
  why: { readonly code: SkipCode; readonly reason: string },
): StakeTransition {
  return { state: waiting(state, height), actions: [{ do: 'skip', height, ...why }] }
}

function waiting({ seen, behind, done }: StakeState, height: number): StakeState {
  return { phase: 'waiting', seen, behind, done: Math.max(done, height) }
}
