/** Transactions a second as factomd reckons them: averages that move on when they are asked for, at most every 3 s. */

const STEP_MS = 3000

export interface Rates {
  /** Each new value counts for a 32nd. */
  readonly total: number
  /** Each new value counts for a third. */
  readonly instant: number
}

/** Takes how many transactions there have been so far, and the time. */
export function transactionRate(): (taken: number, nowMs: number) => Rates {
  let rates: Rates = { total: 0, instant: 0 }
  let before: { readonly taken: number; readonly atMs: number } | null = null
  return (taken, nowMs) => {
    if (before && nowMs - before.atMs < STEP_MS) return rates
    // The node measures its first step from the year 1, so its first rate is 0.
    const fresh = before ? ((taken - before.taken) * 1000) / (nowMs - before.atMs) : 0
    before = { taken, atMs: nowMs }
    rates = { total: (fresh + 31 * rates.total) / 32, instant: (fresh + 2 * rates.instant) / 3 }
    return rates
  }
}
