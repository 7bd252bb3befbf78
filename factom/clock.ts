/**
 * The minute clock of a Factom chain: polls `current-minute` and tells each new (height, minute). Minutes are never
 * computed from this machine's clock, only the moment of the next poll is.
 */
import { pauseAfter } from '../base/index.js'
import type { FactomClient } from './client.js'
import { minuteMs, type CurrentMinute } from './current-minute.js'
import { fail } from './errors.js'
import { healthOf, unreachable, type NodeHealth } from './health.js'
import { REAL_TIME, type Timing } from './timing.js'

export interface MinuteEvent {
  /** Saved block + 1: the block under construction in minutes 1…9; in minute 0 still the block before it. */
  readonly height: number
  /** 0…9, and 10 for a moment while a block is closed. */
  readonly minute: number
  /** Nominal length of a block in seconds. */
  readonly blockSeconds: number
  /** How the node was at this moment. */
  readonly health: NodeHealth
  /** When the minute ends if it has its nominal length: `monotonicMs` of this machine. */
  readonly endsAt: number
  /** How far the node's clock is ahead of `monotonicMs`. */
  readonly nodeAheadMs: number
}

export interface MinuteClockOptions {
  /** Pause between polls, ms. Default: a quarter of a minute, at most 1000. */
  readonly pollMs?: number
  /** Ends the clock; nothing else does. */
  readonly signal: AbortSignal
  /** Told after every poll how the node is. */
  readonly onHealth?: (health: NodeHealth, monotonicMs: number) => void
  /** Told when a saved height goes back, and when that is believed. */
  readonly onError?: (error: Error) => void
  readonly timing?: Timing
}

/** Long enough for the node to finish the step that was read half-way. */
const CONFIRM_MS = 10
/** Polls are timed to this long after the expected step. */
const STEP_MARGIN_MS = 15
const MAX_POLL_MS = 1000
const MAX_PAUSE_MS = 10_000

/**
 * Events of the node's clock, the first one at once. The node reads its height and minute without a lock, so each
 * new pair is confirmed by a second poll before it is told. Polling goes on only while the next event is asked for:
 * after a long wait the present pair comes, not a queue of old ones. The iteration ends with the signal; errors are
 * retried with growing pauses for ever.
 *
 * A saved height that goes back is usually a node that is behind: nothing is told until it has caught up. A node
 * that builds blocks there for a whole block's time is another matter: its network was reset, and the clock goes on
 * from the new height.
 */
export async function* createMinuteClock(
  client: Pick<FactomClient, 'currentMinute'>,
  options: MinuteClockOptions,
): AsyncGenerator<MinuteEvent, void, void> {
  const { signal } = options
  const timing = options.timing ?? REAL_TIME
  let lastTold: MinuteEvent | null = null
  let back: Setback | null = null
  const poll = createPoller(client, options, {
    timing,
    best: () => (lastTold === null ? -1 : lastTold.height - 1),
  })
  let first = await poll()
  while (first) {
    if (lastTold === null || !samePair(first, lastTold)) {
      await timing.sleep(CONFIRM_MS, signal)
      const second = await poll()
      if (!second) return
      if (!samePair(first, second)) {
        first = second
        continue
      }
      const behind: boolean = lastTold !== null && second.height < lastTold.height
      if (behind) {
        if (back === null) options.onError?.(wentBack(lastTold as MinuteEvent, second))
        back = setbackOf(back, second, timing.monotonicMs())
      }
      const reset: boolean = behind && isReset(back, second, timing.monotonicMs())
      if (!behind || reset) {
        if (reset) options.onError?.(wasReset(second))
        lastTold = reset ? { ...eventOf(second), health: healthOf(second.state, -1) } : eventOf(second)
        back = null
        yield lastTold
        if (signal.aborted) return
      }
      first = second
    } else back = null
    await timing.sleep(pauseUntilNext(first.state, options.pollMs), signal)
    first = await poll()
  }
}

/** One poll's answer. */
interface Polled {
  readonly state: CurrentMinute
  readonly height: number
  readonly minute: number
  readonly health: NodeHealth
  readonly endsAt: number
  readonly nodeAheadMs: number
}

/** Polls until one poll succeeds; `null` when the signal is aborted. */
function createPoller(
  client: Pick<FactomClient, 'currentMinute'>,
  { signal, onHealth }: MinuteClockOptions,
  { timing, best }: { readonly timing: Timing; readonly best: () => number },
): () => Promise<Polled | null> {
  let cap = MAX_PAUSE_MS
  const steadied = createSteady()
  return async () => {
    const since = timing.monotonicMs()
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        const said = await client.currentMinute(signal)
        const now = timing.monotonicMs()
        const state = steadied(said, now)
        cap = Math.min(MAX_PAUSE_MS, minuteMs(state))
        const health = healthOf(state, best())
        onHealth?.(health, now)
        return {
          state,
          height: state.directoryBlockHeight + 1,
          minute: state.minute,
          health,
          endsAt: now + leftOf(state),
          nodeAheadMs: said.nodeTime - now,
        }
      } catch (error) {
        if (signal.aborted) return null
        onHealth?.(unreachable(error, failures + 1, timing.monotonicMs() - since), timing.monotonicMs())
        await timing.sleep(pauseAfter(failures, { first: 100, factor: 1.5, cap }), signal)
      }
    }
    return null
  }
}

/** A node's clock is not set within a minute if it seems to be off by less: answers take a while. */
const SET_MS = 5_000

/**
 * A node measures its minute with a clock that may be set meanwhile: the minute would seem to be over, or to stand
 * still. The node's time is then the one that it would show if its clock had gone on.
 */
function createSteady(): (state: CurrentMinute, monotonicMs: number) => CurrentMinute {
  let minuteStart = NaN
  let ahead = 0
  return (state, monotonicMs) => {
    if (state.minuteStart !== minuteStart) {
      minuteStart = state.minuteStart
      ahead = state.nodeTime - monotonicMs
    }
    const nodeTime = monotonicMs + ahead
    return Math.abs(state.nodeTime - nodeTime) < SET_MS ? state : { ...state, nodeTime }
  }
}

/** What is left of the minute by the node's own clock, within the bounds of a minute. */
function leftOf(state: CurrentMinute): number {
  if (state.minuteStart === 0) return minuteMs(state)
  const left = state.minuteStart + minuteMs(state) - state.nodeTime
  return Math.min(minuteMs(state), Math.max(0, left))
}

/** A lower height that is shown again and again: since when, and how many minutes it has gone on by. */
interface Setback {
  readonly since: number
  readonly height: number
  readonly minute: number
  readonly steps: number
}

/** So many steps from a minute to the next in a row are no accident. */
const RESET_STEPS = 2

function setbackOf(before: Setback | null, { height, minute }: Polled, now: number): Setback {
  if (before === null) return { since: now, height, minute, steps: 0 }
  const step = height === before.height && minute === before.minute + 1 ? 1 : 0
  return { since: before.since, height, minute, steps: before.steps + step }
}

/** A node that catches up shows whole blocks, never minutes. */
function isReset(back: Setback | null, { state }: Polled, now: number): boolean {
  if (back === null || back.steps < RESET_STEPS || now - back.since < state.blockSeconds * 1000) return false
  return healthOf(state, -1).state === 'ok'
}

function wentBack(last: MinuteEvent, { height }: Polled): Error {
  return fail('E_FACTOM_BACKWARDS', `the saved height went from ${last.height - 1} to ${height - 1}`)
}

function wasReset({ height }: Polled): Error {
  return fail(
    'E_FACTOM_RESET',
    `the network was reset: it is at height ${height} now and builds blocks there`,
  )
}

/**
 * The pause until the next step is due by the node's own clock, if that is sooner than the usual pause. While the step
 * is overdue, each pause is as long as it is late already.
 */
function pauseUntilNext(state: CurrentMinute, pollMs: number | undefined): number {
  const usual = pollMs ?? Math.min(MAX_POLL_MS, minuteMs(state) / 4)
  const left = state.minuteStart + minuteMs(state) - state.nodeTime
  return Math.min(usual, left > 0 ? left + STEP_MARGIN_MS : Math.max(-left, STEP_MARGIN_MS))
}

function eventOf({ state, ...event }: Polled): MinuteEvent {
  return { ...event, blockSeconds: state.blockSeconds }
}

interface Pair {
  readonly height: number
  readonly minute: number
}

function samePair(a: Pair, b: Pair): boolean {
  return a.height === b.height && a.minute === b.minute
}
