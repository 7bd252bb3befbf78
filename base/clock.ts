/**
 * The two clocks of a machine. A parameter is named after the one that it takes.
 *
 * `wallMs`: UNIX milliseconds. It may be set at any moment, forwards and back, so it serves as a stamp for people and
 * for what protocols need, and for nothing else.
 * `monotonicMs`: milliseconds since some moment. It only goes on; durations, deadlines and pauses are measured with it.
 * It stands still while the machine sleeps.
 */
export interface Clock {
  readonly wallMs: () => number
  readonly monotonicMs: () => number
}

export const wallMs = (): number => Date.now()

export const monotonicMs = (): number => performance.now()

export const CLOCK: Clock = { wallMs, monotonicMs }

/** Clocks of two machines that are kept right differ by less, ms. */
const LEEWAY_MS = 5_000

/**
 * The age of a stamp that the wall clock gave earlier, or that of another machine, ms; never negative. What lies in the
 * future was stamped by a clock that was wrong, so its age is not known: Infinity.
 */
export function ageMs(stampedMs: number, now: number, leewayMs = LEEWAY_MS): number {
  const age = now - stampedMs
  return age < -leewayMs ? Infinity : Math.max(0, age)
}

export interface ClockWatchOptions {
  readonly clock?: Clock
  /** How often it looks, ms. Default 5000. */
  readonly everyMs?: number
}

export interface ClockWatch {
  /** Compares the clocks once; it is done regularly anyway. */
  readonly look: () => void
  readonly close: () => void
}

const EVERY_MS = 5_000
/** Clocks that are being corrected gain or lose some ms between two looks. */
const LEAST_STEP_MS = 2_000

/**
 * Tells each step of the wall clock against the monotonic one, in ms, once; positive: forwards. The machine's sleep is
 * such a step, too.
 */
export function watchClock(
  onStep: (stepMs: number) => void,
  { clock = CLOCK, everyMs = EVERY_MS }: ClockWatchOptions = {},
): ClockWatch {
  const difference = (): number => clock.wallMs() - clock.monotonicMs()
  let known = difference()
  const look = (): void => {
    const before = known
    known = difference()
    if (Math.abs(known - before) >= LEAST_STEP_MS) onStep(known - before)
  }
  const timer = setInterval(look, everyMs).unref()
  return { look, close: () => clearInterval(timer) }
}

/** UNIX seconds as ISO 8601 text, UTC. */
export const isoTime = (seconds: number): string => new Date(1000 * seconds).toISOString()
