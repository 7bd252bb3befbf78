/**
 * Limits of the HTTP server, so that requests do not slow mining: a budget of requests, and the token for changes.
 * Pure.
 */
import { createHash, timingSafeEqual } from 'node:crypto'

export type Budget = ReturnType<typeof createBudget>

/** A bucket that holds `burst` requests and is refilled with so many a second. */
export function createBudget(perSecond: number, burst: number, now: () => number = () => performance.now()) {
  let level = burst
  let last = now()
  return {
    /** Whether one more request may be answered now. */
    take: (): boolean => {
      const time = now()
      level = Math.min(burst, level + ((time - last) * perSecond) / 1000)
      last = time
      if (level < 1) return false
      level--
      return true
    },
  }
}

export type ClientBudgets = ReturnType<typeof createClientBudgets>

/** A budget for each client; of so many that asked last. */
export function createClientBudgets(
  { perSecond, burst }: { readonly perSecond: number; readonly burst: number },
  most = 10_000,
  now: () => number = () => performance.now(),
) {
  const budgets = new Map<string, Budget>()
  return {
    /** Whether one more request of this client may be answered now. */
    take(client: string): boolean {
      const budget = budgets.get(client) ?? createBudget(perSecond, burst, now)
      budgets.delete(client)
      budgets.set(client, budget)
      const [oldest] = budgets.keys()
      if (budgets.size > most && oldest !== undefined) budgets.delete(oldest)
      return budget.take()
    },
  }
}

/**
 * Who asks: the address of the connection, or, behind a proxy on this machine, what the proxy says last of whom it asks
 * for. Of IPv6 the network, which one client has whole. Null: a program of this machine itself.
 */
export function clientOf(remote: string, forwarded: string | undefined): string | null {
  const own = /^(::ffff:)?127\.|^::1$/.test(remote)
  const address = own ? (forwarded?.split(',').at(-1)?.trim() ?? '') : remote
  if (address === '') return null
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '')
  return plain.includes(':') ? plain.split(':').slice(0, 4).join(':') : plain.slice(0, MOST_ADDRESS)
}

/** No address is longer. */
const MOST_ADDRESS = 45

/** Whether a request carries the token; the time that it takes does not tell how much of it was right. */
export function hasToken(authorization: string | undefined, token: string): boolean {
  const given = /^Bearer ([!-~]{1,1024})$/.exec(authorization ?? '')?.[1]
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return given !== undefined && timingSafeEqual(digest(given), digest(token))
}
