/** What keeps the HTTP server from costing the miner anything: a budget of requests, and who may ask what. Pure. */
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

/**
 * Whether the `Host` header names this machine. Without this a web page could have its own name point here (DNS
 * rebinding) and read everything with the visitor's browser.
 */
export function isOwnHost(host: string | undefined, bound: string): boolean {
  if (!isLoopback(bound)) return true
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/.exec(host ?? '')?.[1]
  return name !== undefined && (isLoopback(name) || name === '')
}

export const isLoopback = (name: string): boolean =>
  /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[?::1\]?)$/i.test(name)
