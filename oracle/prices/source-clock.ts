/**
 * What time it is for a source, and how old its quotes are. A source stamps its quotes by its own clock, which its
 * replies tell (`Date`, and `Age` if they come from a cache). All is anchored to this machine's monotonic clock, so a
 * step of its wall clock changes no age.
 *
 * A header may shift a source's times by seconds: a `Date` that is further off is that of a stored reply, or of a clock
 * that is wrong. It is this machine's clock that is wrong where most sources say so.
 */
import { median } from '../../base/index.js'
import type { Quote, ReplyTime } from './types.js'

type Headers = Readonly<Record<string, unknown>>

export function replyTimeOf(headers: Headers): ReplyTime {
  const { date, age } = headers
  const time = typeof date === 'string' ? Date.parse(date) : NaN
  const seconds = typeof age === 'string' && /^\d{1,10}$/.test(age.trim()) ? Number(age) : 0
  return { dateMs: Number.isFinite(time) ? time + 500 : null, ageMs: seconds * 1000 }
}

/** A reply and when it came, ms. */
export interface Stamped extends ReplyTime {
  /** By the monotonic clock. */
  readonly repliedAt: number
  /** By the wall clock as it stood then. */
  readonly wallAt: number
}

/** The server's clock less the monotonic clock, ms; null if it does not tell. */
export const offsetOf = ({ dateMs, ageMs, repliedAt }: Stamped): number | null =>
  dateMs === null ? null : dateMs + ageMs - repliedAt

/** As much as clocks that are kept differ, and a reply may take, ms. */
const SECONDS = 60_000
/**
 * How many sources must agree against this machine's clock, besides three of four of those that tell: many replies are
 * stored ones.
 */
const WITNESSES = 5
const SHARE = 0.75
/** A clock that is off by less is as good as right: `Date` tells whole seconds. */
const SEEN = 2000

/** What the time is less the monotonic clock, ms, as most sources tell it; null if they do not agree or are few. */
export function agreedOffset(offsets: readonly number[]): number | null {
  const middle = median(offsets)
  const agree = offsets.filter((offset) => Math.abs(offset - middle) <= SECONDS / 2).length
  return agree >= WITNESSES && agree >= SHARE * offsets.length ? middle : null
}

/** A moment by all clocks, ms. */
export interface ClockReading {
  /** By the wall clock of this machine. */
  readonly wall: number
  readonly monotonic: number
  /** See `agreedOffset`. */
  readonly agreed: number | null
}

/**
 * For how long something has been there, ms. By the monotonic clock, which goes on whatever the wall clock is set to;
 * but it stands still while the machine sleeps, so more counts if the wall clock says more.
 */
export const elapsedSince = (
  { repliedAt, wallAt }: Pick<Stamped, 'repliedAt' | 'wallAt'>,
  { wall, monotonic }: Pick<ClockReading, 'wall' | 'monotonic'>,
): number => Math.max(monotonic - repliedAt, wall - wallAt)

/**
 * A quote whose times are those of its source, as it looks at a moment: its times by this machine's wall clock as it
 * stands then. What a source dates in the future stays there.
 */
export function datedQuote(quote: Quote, reply: Stamped, at: ClockReading): Quote {
  const receivedAt = Math.round(at.wall - elapsedSince(reply, at))
  const dated = (ageThen: number): Quote => ({
    ...quote,
    sourceTime: Math.round(receivedAt - ageThen),
    receivedAt,
  })
  const own = reply.wallAt - reply.repliedAt
  const offset = at.agreed !== null && Math.abs(at.agreed - own) >= SEEN ? at.agreed : own
  const server = offsetOf(reply)
  const off = server === null ? 0 : server - offset
  if (quote.sourceTime === null) {
    const lain = Math.max(reply.ageMs, off < -SECONDS ? -off : 0)
    return lain > 0 ? dated(lain) : { ...quote, receivedAt }
  }
  const shift = Math.abs(off) >= SEEN && Math.abs(off) <= SECONDS ? off : 0
  const age = reply.repliedAt + offset + shift - quote.sourceTime
  return dated(age < 0 ? age : Math.max(age, reply.ageMs))
}

/** Whether a server's clock is so far from this machine's that its replies' `Date` is not gone by. */
export const isFarOff = (skewMs: number): boolean => Math.abs(skewMs) > SECONDS
