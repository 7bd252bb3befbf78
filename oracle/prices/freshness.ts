/** How old a quote may be. */
import { isOpen, openTime, type Hours } from './hours.js'
import type { Rules } from './config.js'
import type { Quote, QuoteKind, Reason } from './types.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** A table that is renewed each hour may be two hours old when a renewal is missed. */
const HOURLY_AGE = 3 * HOUR

/** Most age of a quote of this kind, ms, apart from weekends and holidays. */
export function ageLimit(kind: QuoteKind, rules: Rules): number {
  switch (kind) {
    case 'fx-daily':
      return rules.maxAge
    case 'fx-hourly':
      return Math.min(rules.maxAge, Math.max(HOURLY_AGE, rules.liveMaxAge))
    case 'spot':
    case 'fx-live':
    case 'metal':
      return Math.min(rules.maxAge, rules.liveMaxAge)
  }
}

/** Exchanges of coins never close, whatever they trade. */
const hoursOf = (kind: QuoteKind, rules: Rules): Hours => (kind === 'spot' ? 'always' : rules.hours)

/** How old a quote is at `now`, ms; 0 for one from the future. */
export const ageOf = (quote: Quote, now: number): number => Math.max(0, now - timeOf(quote))

const timeOf = ({ sourceTime, receivedAt }: Quote): number => sourceTime ?? receivedAt

/**
 * How far in the future a quote may be dated, ms: clocks differ, and a day's table names its day, which begins earlier
 * in other places. A date further ahead does not tell when the quote was made.
 */
const aheadLimit = (kind: QuoteKind): number => (kind === 'fx-daily' ? 24 * HOUR : 2 * MINUTE)

/**
 * Why a quote is too old, or undefined if it is not. Quotes that are published all the time are judged by the time that
 * their market was open: Friday's last price counts until trading goes on. Rates that are published once a day may be
 * older where a weekend or a holiday lies between, of their market or of the banks that fix them.
 */
export function staleness(quote: Quote, kind: QuoteKind, rules: Rules, now: number): Reason | undefined {
  const aheadMs = timeOf(quote) - now
  if (aheadMs > aheadLimit(kind)) return { code: 'future', aheadMs }
  const hours = hoursOf(kind, rules)
  const ageMs = ageOf(quote, now)
  const limitMs = ageLimit(kind, rules)
  const stale = (limit: number): Reason => ({ code: 'stale', ageMs, limitMs: limit })
  if (hours === 'always') return ageMs > limitMs ? stale(limitMs) : undefined
  const traded = (market: Hours | 'fixings'): number => openTime(market, now - ageMs, now)
  if (kind !== 'fx-daily') {
    if (ageMs > rules.weekendMaxAge) return stale(rules.weekendMaxAge)
    return traded(hours) > limitMs ? stale(limitMs) : undefined
  }
  const least = Math.min(traded(hours), traded('fixings'))
  if (least <= limitMs) return undefined
  const rested = least < ageMs || !isOpen(hours, now) || !isOpen('fixings', now)
  const limit = rested ? Math.max(limitMs, rules.weekendMaxAge) : limitMs
  return ageMs > limit ? stale(limit) : undefined
}
