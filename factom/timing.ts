/** Time as a parameter, so that loops can be driven by tests. */
import { setMaxListeners } from 'node:events'

import { CLOCK, momentNow, sleep, type Clock, type Moment, type Sleep } from '../base/index.js'

export interface Timing extends Clock {
  /** Now by the wall clock and the machine's steady one. */
  moment?(): Moment
  readonly sleep: Sleep
}

export const REAL_TIME: Timing = {
  ...CLOCK,
  moment: momentNow,
  sleep,
}

/** A timing without a steady clock, such as that of a test, gives the wall clock's time alone. */
export function momentOf(timing: Timing): Moment {
  return timing.moment?.() ?? { wall: timing.wallMs(), steady: 0, run: '' }
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
