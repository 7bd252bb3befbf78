/**
 * Limits of the HTTP server, so that requests do not slow mining: a budget of requests, and the token for changes.
 * Pure.
 */
import { createHash, timingSafeEqual } from 'node:crypto'

export interface Budget {
  /** Whether one more request may be answered now. */
  take(): boolean
}

/** A bucket that holds `burst` requests and is refilled with so many a second. */
export function createBudget(
  perSecond: number,
  burst: number,
  now: () => number = () => performance.now(),
): Budget {
  let level = burst
  let last = now()
  return {
    take: () => {
      const time = now()
      level = Math.min(burst, level + ((time - last) * perSecond) / 1000)
      last = time
      if (level < 1) return false
      level--
      return true
    },
  }
}

/** Whether a request carries the token; the time that it takes does not tell how much of it was right. */
export function hasToken(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer ([!-~]{1,1024})$/.exec(authorization ?? '')?.[1]
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return given !== undefined && timingSafeEqual(digest(given), digest(token))
}
