/** Pauses, and calls that are tried again after one. */
import { setTimeout as wait } from 'node:timers/promises'

/** Resolves after `ms`, or at once when `signal` is aborted: the caller looks at it. Never rejects. */
export type Sleep = (ms: number, signal?: AbortSignal) => Promise<void>

export const sleep: Sleep = (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined)

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

export interface RetryOptions {
  readonly signal?: AbortSignal
  readonly sleep?: Sleep
}

/**
 * Calls until it succeeds. After failure number `failures` (from 1), `pauseFor` says how long to wait, ms, or null for
 * an error that is final. When `signal` is aborted, the last error is final, too.
 */
export async function retried<T>(
  call: () => Promise<T>,
  pauseFor: (error: unknown, failures: number) => number | null,
  { signal, sleep: rest = sleep }: RetryOptions = {},
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await call()
    } catch (error) {
      const pause = signal?.aborted ? null : pauseFor(error, failures)
      if (pause === null) throw error
      await rest(pause, signal)
    }
  }
}
