/**
 * Whose clock is right does not matter: a source's times are compared with the source's own clock, which its replies
 * tell, so that neither a wrong clock here nor one there makes a quote look old or young.
 */

/** A clock that is off by less is as good as right: `Date` tells whole seconds. */
const SKEW_SEEN = 2000

/** How far a server's `Date` is ahead of `now`, ms; null without one. It tells whole seconds: their middle is meant. */
export function skewOf(header: unknown, now: number): number | null {
  const time = typeof header === 'string' ? Date.parse(header) : NaN
  return Number.isFinite(time) ? time + 500 - now : null
}

/** A source's time by this machine's clock: without what its clock is ahead. Null if the source does not say. */
export function ownTime(sourceTime: number | null | undefined, skewMs: number | null): number | null {
  if (typeof sourceTime !== 'number' || !Number.isFinite(sourceTime)) return null
  return skewMs !== null && Math.abs(skewMs) >= SKEW_SEEN ? sourceTime - skewMs : sourceTime
}
