/** What keeps the HTTP server from costing the miner anything: a budget of requests, and who may ask what. Pure. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'

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
 * Whether the `Host` header may name this machine, on whatever address it listens: an IP address, `localhost`, or one of
 * `names`. Without this a web page could have its own name point here (DNS rebinding) and read everything with the
 * visitor's browser; nobody can have an address point elsewhere.
 */
export function isOwnHost(host: string | undefined, names: readonly string[] = []): boolean {
  const name = /^(\[[^\]]*\]|[^:]*)(?::\d+)?$/
    .exec(host ?? '')?.[1]
    ?.toLowerCase()
    .replace(/\.$/, '')
  if (name === undefined) return false
  const address = /^\[(.*)\]$/.exec(name)?.[1] ?? name
  return (
    name === '' || isIP(address) !== 0 || [...names, 'localhost'].some((own) => own.toLowerCase() === name)
  )
}
