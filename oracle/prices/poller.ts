/**
 * One source's life: asked when its quotes are due, by one caller at a time, left alone for a while when it fails.
 * Its last good quotes are kept; a failure never reaches the caller.
 */

import { type Clock, isCoded, messageOf, retried } from '../../base/index.js'
import { fail } from './errors.js'
import type { Quota } from './quota.js'
import { ageText, reasonOf } from './reasons.js'
import type { Rests } from './rests.js'
import { datedQuote, elapsedSince, offsetOf, type ClockReading, type Stamped } from './source-clock.js'
import type { Poll, Quote, QuoteKind, Reason, Source, SourceView } from './types.js'

/** How a source was asked: for logs and metrics. */
export interface PollReport {
  readonly source: string
  readonly milliseconds: number
  readonly quotes: number
  /** How far its clock is ahead of this machine's, ms; null if it does not tell. */
  readonly skewMs: number | null
  /** Code of the failure, if it failed. */
  readonly code?: string
  readonly error?: string
}

/** Whether a source is asked (`closed`), left alone (`open`), or about to be tried once (`half-open`). */
export type Circuit = 'closed' | 'half-open' | 'open'

export interface PollerState {
  readonly circuit: Circuit
  /** Until when it is left alone, ms by the wall clock; in the past if it is not. */
  readonly restUntil: number
  readonly failures: number
  /** How far its clock is ahead of this machine's, ms; null if it does not tell. */
  readonly skewMs: number | null
}

export interface PollerOptions {
  /** Upper bound of one poll with all its requests, ms. */
  readonly timeoutMs: number
  readonly clock: Clock
  readonly onPoll?: ((report: PollReport) => void) | undefined
  readonly quota: Quota
  readonly rests: Rests
  readonly maxPerMonth?: number | undefined
  /** Longest pause before the second try within a poll, ms. Default 500. */
  readonly retryMs?: number | undefined
}

/** What the last good poll brought, and when. */
interface Good {
  readonly poll: Poll
  readonly reply: Stamped
}

const MINUTE = 60_000
/** A source that fails this often in a row is left alone: 30 s, then twice as long each time. */
const FAILURES_ALLOWED = 3
const FIRST_REST = MINUTE / 2
const LONGEST_REST = 10 * MINUTE
const BLOCKED_REST = 60 * MINUTE
/**
 * When a source asks for fewer requests without saying for how long, and twice as long each time it does so again;
 * daily publishers lock out for 20 minutes.
 */
const LIMITED_REST: Readonly<Record<QuoteKind, number>> = {
  spot: MINUTE,
  'fx-live': MINUTE,
  'fx-hourly': 21 * MINUTE,
  metal: MINUTE,
  'fx-daily': 21 * MINUTE,
}
const LONGEST_LIMITED_REST = 60 * MINUTE
/** Failures that may be gone after half a second. */
const PASSING = ['E_PRICES_UNREACHABLE', 'E_PRICES_TIMEOUT']
/** A poll that took this long is not repeated at once. */
const SLOW_MS = 2000

export function createPoller(source: Source, options: PollerOptions) {
  const { timeoutMs, clock, onPoll, quota, rests, maxPerMonth, retryMs = 500 } = options
  const { name, origin, kind, requests = 1 } = source
  const closing = new AbortController()
  let good: Good | null = null
  let failures = 0
  let running: Promise<void> | undefined
  const before = rests.left(name, clock.wallMs())
  /** By the monotonic clock. */
  let restUntil = before > 0 ? clock.monotonicMs() + before : -Infinity
  let trouble: Reason | undefined =
    before > 0 ? { code: 'rate-limited', detail: 'asked for fewer requests before this start' } : undefined

  const isSpent = (): boolean =>
    maxPerMonth !== undefined && quota.used(name, clock.wallMs()) + requests > maxPerMonth

  /** How long it is left alone from now on, ms; 0 or less: it may be asked. */
  function restLeft(): number {
    // The rest of the month's quota is looked up each time: the clock may have been wrong when the source was asked.
    if (trouble?.code === 'quota') return isSpent() ? monthLeft(clock.wallMs()) : 0
    return restUntil - clock.monotonicMs()
  }

  async function ask(): Promise<Poll> {
    if (isSpent()) {
      const used = quota.used(name, clock.wallMs())
      throw fail('E_PRICES_QUOTA', `${used} requests this month, ${maxPerMonth} are allowed`)
    }
    if (maxPerMonth !== undefined) quota.add(name, clock.wallMs(), requests)
    return answered(timeoutMs, closing.signal, (signal) => source.poll(signal))
  }

  /** Two tries, if the first one fails quickly and for a reason that may pass. */
  function tryTwice(): Promise<Poll> {
    const began = performance.now()
    const pauseFor = (error: unknown, failures: number): number | null => {
      const passing = isCoded(error) && PASSING.includes(error.code) && askedFor(error) === undefined
      const again = failures === 1 && passing && performance.now() - began < SLOW_MS
      return again ? Math.random() * retryMs : null
    }
    return retried(ask, pauseFor, { signal: closing.signal })
  }

  async function once(): Promise<void> {
    const began = performance.now()
    try {
      const poll = await tryTwice()
      const milliseconds = performance.now() - began
      const stamp = { repliedAt: clock.monotonicMs(), wallAt: clock.wallMs() }
      const reply = { dateMs: null, ageMs: 0, ...poll.replyTime, ...stamp }
      good = { poll: withPolls(poll, good?.poll), reply }
      trouble = undefined
      failures = 0
      restUntil = -Infinity
      rests.keep(name, clock.wallMs(), 0)
      onPoll?.({ source: name, milliseconds, quotes: poll.quotes.size, skewMs: skew() })
    } catch (cause) {
      if (closing.signal.aborted) return
      const milliseconds = performance.now() - began
      failures++
      restUntil = clock.monotonicMs() + restAfter(failures, cause, kind)
      rests.keep(name, clock.wallMs(), Math.round(askedFor(cause) ?? 0))
      trouble = reasonOf(cause)
      const code = isCoded(cause) ? cause.code : 'E_PRICES_REPLY'
      onPoll?.({ source: name, milliseconds, quotes: 0, skewMs: null, code, error: messageOf(cause) })
    }
  }

  /** The last failure, with when the source is asked again. */
  function lastTrouble(): Reason | undefined {
    if (trouble === undefined || !('detail' in trouble)) return trouble
    const rest = restLeft()
    if (rest <= 0) return trouble
    const often = failures > 1 ? `failure ${failures} in a row, ` : ''
    return { ...trouble, detail: `${trouble.detail} (${often}next try in ${ageText(rest)})` }
  }

  function skew(): number | null {
    const offset = good && offsetOf(good.reply)
    return offset === null ? null : Math.round(offset - (clock.wallMs() - clock.monotonicMs()))
  }

  return {
    name,
    /** The clock of the source less the monotonic clock of this machine, ms; null if it is not known. */
    get offset() {
      return good && offsetOf(good.reply)
    },
    /** Resolves when quotes are at most `maxAgeMs` old, or the attempt to have such is over. Never rejects. */
    refresh: (maxAgeMs: number): Promise<void> => {
      if (running) return running
      const time = { wall: clock.wallMs(), monotonic: clock.monotonicMs() }
      const fresh = trouble === undefined && good !== null && elapsedSince(good.reply, time) <= maxAgeMs
      if (closing.signal.aborted || fresh || restLeft() > 0) return Promise.resolve()
      running = once().finally(() => (running = undefined))
      return running
    },
    /** The source as it is known now. Times of its quotes are by the wall clock as it stands then. */
    view: (at: ClockReading): SourceView => {
      const why = lastTrouble()
      const known = { ...quotesAt(good, at), ...(why === undefined ? {} : { trouble: why }) }
      return { name, origin, kind, ok: good !== null && why === undefined, ...known }
    },
    state: (): PollerState => {
      const rest = restLeft()
      return {
        circuit: rest > 0 ? 'open' : failures >= FAILURES_ALLOWED ? 'half-open' : 'closed',
        restUntil: Math.round(clock.wallMs() + rest),
        failures,
        skewMs: skew(),
      }
    },
    close: async (): Promise<void> => {
      closing.abort()
      await source.close()
      await running
    },
  }
}

/** The last good quotes of a source as they look at a moment. */
const quotesAt = (good: Good | null, at: ClockReading): Pick<SourceView, 'ageMs' | 'quotes' | 'absent'> => ({
  ageMs: good && Math.round(elapsedSince(good.reply, at)),
  quotes: new Map(
    good && [...good.poll.quotes].map(([symbol, quote]) => [symbol, datedQuote(quote, good.reply, at)]),
  ),
  absent: good?.poll.absent ?? new Map<string, Reason>(),
})

/** Counts how often in a row a market looks exactly the same. */
function withPolls(poll: Poll, before: Poll | undefined): Poll {
  const quotes = new Map(
    [...poll.quotes].map(([symbol, quote]): [string, Quote] => {
      const last = before?.quotes.get(symbol)
      const same =
        last !== undefined &&
        last.price === quote.price &&
        last.rule === quote.rule &&
        last.spread === quote.spread
      return [symbol, { ...quote, polls: same ? (last.polls ?? 1) + 1 : 1 }]
    }),
  )
  return { ...poll, quotes }
}

/** For how long it asks to be left alone itself, ms. */
function askedFor(cause: unknown): number | undefined {
  const asked = isCoded(cause) ? cause.details['retryAfterMs'] : undefined
  return typeof asked === 'number' && asked > 0 ? asked : undefined
}

/** How long to leave a source alone after a failure, ms. */
function restAfter(failures: number, cause: unknown, kind: QuoteKind): number {
  return Math.max(askedFor(cause) ?? 0, ownRest(failures, cause, kind))
}

function ownRest(failures: number, cause: unknown, kind: QuoteKind): number {
  switch (isCoded(cause) ? cause.code : '') {
    case 'E_PRICES_BLOCKED':
    case 'E_PRICES_KEY':
      return BLOCKED_REST
    case 'E_PRICES_LIMITED': {
      // The first time, the pause that it asks for is enough.
      const again = failures - (askedFor(cause) === undefined ? 1 : 2)
      return again < 0 ? 0 : Math.min(LONGEST_LIMITED_REST, LIMITED_REST[kind] * 2 ** again)
    }
    default:
      return failures < FAILURES_ALLOWED
        ? 0
        : Math.min(LONGEST_REST, FIRST_REST * 2 ** (failures - FAILURES_ALLOWED))
  }
}

function monthLeft(now: number): number {
  const date = new Date(now)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) - now
}

/** Bounds work in time even if it does not heed its signal; at the end of the feed it is given up at once. */
async function answered<T>(
  ms: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const inner = new AbortController()
  const stop = (): void => inner.abort(fail('E_PRICES_CLOSED', 'given up'))
  const timer = setTimeout(() => inner.abort(fail('E_PRICES_TIMEOUT', `no prices within ${ms} ms`)), ms)
  outer.addEventListener('abort', stop, { once: true })
  const ended = new Promise<never>((_, reject) => {
    inner.signal.addEventListener('abort', () => reject(inner.signal.reason as Error), { once: true })
  })
  try {
    if (outer.aborted) stop()
    return await Promise.race([work(inner.signal), ended])
  } finally {
    clearTimeout(timer)
    outer.removeEventListener('abort', stop)
  }
}
