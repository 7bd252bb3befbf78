/**
 * The minute clock of a Factom chain: polls `current-minute` and tells each new (height, minute). Minutes are never
 * computed from this machine's clock, only the moment of the next poll is.
 */
import type { CurrentMinute, FactomClient } from './client.js'
import { fail } from './errors.js'
import { pauseAfter, REAL_TIME } from './timing.js'
import type { Timing } from './timing.js'

export interface MinuteEvent {
  /** Saved block + 1: the block under construction in minutes 1…9; in minute 0 still the block before it. */
  readonly height: number
  /** 0…9, and 10 for a moment while a block is closed. */
  readonly minute: number
  /** Nominal length of a block in seconds. */
  readonly blockSeconds: number
  /** Whether the node said, at this moment, that its chain has stopped. */
  readonly stalled: boolean
}

export interface MinuteClockOptions {
  /** Pause between polls, ms. Default: a quarter of a minute, at most 1000. */
  readonly pollMs?: number
  /** Ends the clock; nothing else does. */
  readonly signal: AbortSignal
  /**
   * Told about each failed poll (`failures` in a row so far, since `downMs`), about a stall that begins, and about
   * a saved height that goes back.
   */
  readonly onError?: (error: unknown, outage: { readonly failures: number; readonly downMs: number }) => void
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
 */
export async function* createMinuteClock(
  client: Pick<FactomClient, 'currentMinute'>,
  options: MinuteClockOptions,
): AsyncGenerator<MinuteEvent, void, void> {
  const { signal } = options
  const timing = options.timing ?? REAL_TIME
  const poll = createPoller(client, options, timing)
  let told: MinuteEvent | null = null
  let stalled = false
  let wentBack = false
  let first = await poll()
  while (first) {
    if (first.stallDetected && !stalled) {
      report(
        options,
        fail('E_FACTOM_STALLED', `the node says that its chain stands still at minute ${first.minute}`),
      )
    }
    stalled = first.stallDetected
    const change = told === null || !samePair(eventOf(first), told)
    if (change) {
      await timing.sleep(CONFIRM_MS, signal)
      const second = await poll()
      if (!second) return
      if (!samePair(eventOf(first), eventOf(second))) {
        first = second
        continue
      }
      const event = eventOf(second)
      if (told === null || event.height >= told.height) {
        told = event
        wentBack = false
        yield event
        if (signal.aborted) return
      } else if (!wentBack) {
        wentBack = true
        report(
          options,
          fail('E_FACTOM_BACKWARDS', `the saved height went from ${told.height - 1} to ${event.height - 1}`),
        )
      }
      first = second
    }
    await timing.sleep(pauseUntilNext(first, options.pollMs), signal)
    first = await poll()
  }
}

/** One poll that ends well, whatever failed before; `null` when the signal is aborted. */
function createPoller(
  client: Pick<FactomClient, 'currentMinute'>,
  options: MinuteClockOptions,
  timing: Timing,
): () => Promise<CurrentMinute | null> {
  const { signal } = options
  let cap = MAX_PAUSE_MS
  return async () => {
    const since = timing.now()
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        const state = await client.currentMinute(signal)
        cap = Math.min(MAX_PAUSE_MS, minuteMs(state))
        return state
      } catch (error) {
        if (signal.aborted) return null
        options.onError?.(error, { failures: failures + 1, downMs: timing.now() - since })
        await timing.sleep(pauseAfter(failures, { first: 100, factor: 1.5, cap }), signal)
      }
    }
    return null
  }
}

/**
 * Until the next step is due by the node's own clock, if that is sooner than the usual pause. While it is overdue,
 * each pause is as long as it is late already.
 */
function pauseUntilNext(state: CurrentMinute, pollMs: number | undefined): number {
  const usual = pollMs ?? Math.min(MAX_POLL_MS, minuteMs(state) / 4)
  const left = state.minuteStart + minuteMs(state) - state.nodeTime
  return Math.min(usual, left > 0 ? left + STEP_MARGIN_MS : Math.max(-left, STEP_MARGIN_MS))
}

function minuteMs({ blockSeconds }: CurrentMinute): number {
  return blockSeconds * 100
}

function eventOf(state: CurrentMinute): MinuteEvent {
  return {
    height: state.directoryBlockHeight + 1,
    minute: state.minute,
    blockSeconds: state.blockSeconds,
    stalled: state.stallDetected,
  }
}

function samePair(a: MinuteEvent, b: MinuteEvent): boolean {
  return a.height === b.height && a.minute === b.minute
}

function report(options: MinuteClockOptions, error: Error): void {
  options.onError?.(error, { failures: 0, downMs: 0 })
}
