/** Time as a parameter, so that loops can be driven by tests; and the pauses between tries. */
import { setMaxListeners } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'

import { CLOCK, momentNow, type Clock, type Moment } from '../base/index.js'

export interface Timing extends Clock {
  /** Now by the wall clock and the machine's steady one. */
  moment?(): Moment
  /** Resolves after `ms`, or at once when `signal` is aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const REAL_TIME: Timing = {
  ...CLOCK,
  moment: momentNow,
  async sleep(ms, signal) {
    try {
      await wait(ms, undefined, { signal })
    } catch {
      // aborted: the caller looks at its signal
    }
  },
}

/** A timing without a steady clock, such as that of a test, gives the wall clock's time alone. */
export function momentOf(timing: Timing): Moment {
  return timing.moment?.() ?? { wall: timing.wallMs(), steady: 0, run: '' }
}

export interface Pauses {
  /** The first pause, ms. */
  readonly first: number
  readonly factor: number
  /** The longest pause, ms. */
  readonly cap: number
}

/** The pause before try `attempt` + 1 (0 = after the first failure), spread by ±50 %. */
export function pauseAfter(attempt: number, { first, factor, cap }: Pauses): number {
  return Math.min(cap, first * factor ** attempt) * (0.5 + Math.random())
}

/**
 * A signal that is aborted with `outer`, or at `deadline` (by `timing.monotonicMs`). `release` ends the timer; call it
 * when the work is done.
 */
export function signalUntil(
  deadline: number,
  outer: AbortSignal | undefined,
  timing: Timing,
): { readonly signal: AbortSignal; release(): void } {
  const cut = new AbortController()
  setMaxListeners(0, cut.signal) // each record of a block waits on it
  const done = new AbortController()
  const stop = () => cut.abort()
  outer?.addEventListener('abort', stop, { once: true })
  if (outer?.aborted) stop()
  const release = () => {
    outer?.removeEventListener('abort', stop)
    done.abort()
  }
  if (deadline < Infinity) {
    void timing.sleep(Math.max(0, deadline - timing.monotonicMs()), done.signal).then(() => {
      if (!done.signal.aborted) cut.abort()
    })
  }
  return { signal: cut.signal, release }
}
