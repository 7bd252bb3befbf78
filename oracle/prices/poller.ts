/**
 * One source's life: asked when its quotes are due, by one caller at a time, left alone for a while when it fails.
 * What it last said well is kept; a failure never reaches the caller.
 */
import { setTimeout as wait } from 'node:timers/promises'

import { isCoded, messageOf } from '../../config/index.js'
import { fail } from './errors.js'
import type { Quota } from './quota.js'
import { ageText, reasonOf } from './reasons.js'
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
  /** Until when it is left alone, ms; in the past if it is not. */
  readonly restUntil: number
  readonly failures: number
  readonly skewMs: number | null
  readonly lastMs: number | null
}

export interface PollerOptions {
  /** Upper bound of one poll with all its requests, ms. */
  readonly timeoutMs: number
  readonly now: () => number
  readonly onPoll?: ((report: PollReport) => void) | undefined
  readonly quota: Quota
  readonly maxPerMonth?: number | undefined
  /** Longest pause before the second try within a poll, ms. Default 500. */
  readonly retryMs?: number | undefined
}

export interface Poller {
  readonly name: string
  /** Resolves when quotes are at most `maxAgeMs` old, or the attempt to have such is over. Never rejects. */
  refresh(maxAgeMs: number): Promise<void>
  view(now: number): SourceView
  state(now: number): PollerState
  close(): Promise<void>
}

const MINUTE = 60_000
/** A source that fails this often in a row is left alone: 30 s, then twice as long each time. */
const FAILURES_ALLOWED = 3
const FIRST_REST = MINUTE / 2
const LONGEST_REST = 10 * MINUTE
const BLOCKED_REST = 60 * MINUTE
/** When a source asks for fewer requests without saying for how long; daily publishers lock out for 20 minutes. */
const LIMITED_REST: Readonly<Record<QuoteKind, number>> = {
  spot: MINUTE,
  'fx-live': MINUTE,
  'fx-hourly': 21 * MINUTE,
  metal: MINUTE,
  'fx-daily': 21 * MINUTE,
}
/** What may be gone in half a second. */
const PASSING = ['E_PRICES_UNREACHABLE', 'E_PRICES_TIMEOUT']
/** A poll that took this long is not repeated at once. */
const SLOW_MS = 2000

export function createPoller(source: Source, options: PollerOptions): Poller {
  const { timeoutMs, now, onPoll, quota, maxPerMonth, retryMs = 500 } = options
  const { name, origin, kind } = source
  const closing = new AbortController()
  let good: { readonly poll: Poll; readonly at: number } | null = null
  let trouble: Reason | undefined
  let failures = 0
  let restUntil = -Infinity
  let lastMs: number | null = null
  let running: Promise<void> | undefined

  async function ask(): Promise<Poll> {
    if (maxPerMonth !== undefined) {
      const used = quota.used(name, now())
      if (used >= maxPerMonth)
        throw fail('E_PRICES_QUOTA', `${used} requests this month, ${maxPerMonth} are allowed`)
      quota.add(name, now(), 1)
    }
    return within(timeoutMs, closing.signal, (signal) => source.poll(signal))
  }

  /** Two tries, if the first fails quickly of something that may pass. */
  async function tryTwice(): Promise<Poll> {
    const began = performance.now()
    try {
      return await ask()
    } catch (error) {
      const again = isCoded(error) && PASSING.includes(error.code) && performance.now() - began < SLOW_MS
      if (!again || closing.signal.aborted) throw error
      await wait(Math.random() * retryMs, undefined, { signal: closing.signal, ref: false })
      return ask()
    }
  }

  async function once(): Promise<void> {
    const began = performance.now()
    try {
      const poll = await tryTwice()
      lastMs = performance.now() - began
      good = { poll: withPolls(poll, good?.poll), at: now() }
      trouble = undefined
      failures = 0
      restUntil = -Infinity
      onPoll?.({ source: name, milliseconds: lastMs, quotes: poll.quotes.size, skewMs: poll.skewMs ?? null })
    } catch (cause) {
      if (closing.signal.aborted) return
      lastMs = performance.now() - began
      failures++
      restUntil = now() + restAfter(failures, cause, { kind, now: now() })
      trouble = reasonOf(cause)
      const code = isCoded(cause) ? cause.code : 'E_PRICES_REPLY'
      onPoll?.({ source: name, milliseconds: lastMs, quotes: 0, skewMs: null, code, error: messageOf(cause) })
    }
  }

  /** The last failure, with when the source is asked again. */
  function told(time: number): Reason | undefined {
    if (trouble === undefined || !('detail' in trouble)) return trouble
    const rest = restUntil - time
    if (rest <= 0) return trouble
    const often = failures > 1 ? `failure ${failures} in a row, ` : ''
    return { ...trouble, detail: `${trouble.detail} (${often}next try in ${ageText(rest)})` }
  }

  return {
    name,
    refresh: (maxAgeMs) => {
      if (running) return running
      const time = now()
      const fresh = trouble === undefined && good !== null && time - good.at <= maxAgeMs && time >= good.at
      if (closing.signal.aborted || fresh || time < restUntil) return Promise.resolve()
      running = once().finally(() => (running = undefined))
      return running
    },
    view: (time) => {
      const why = told(time)
      return {
        name,
        origin,
        kind,
        ok: good !== null && trouble === undefined,
        ageMs: good && Math.max(0, time - good.at),
        quotes: good?.poll.quotes ?? new Map<string, Quote>(),
        absent: good?.poll.absent ?? new Map<string, Reason>(),
        ...(why === undefined ? {} : { trouble: why }),
      }
    },
    state: (time) => ({
      circuit: time < restUntil ? 'open' : failures >= FAILURES_ALLOWED ? 'half-open' : 'closed',
      restUntil,
      failures,
      skewMs: good?.poll.skewMs ?? null,
      lastMs,
    }),
    close: async () => {
      closing.abort()
      await source.close()
      await running
    },
  }
}

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

/** How long to leave a source alone after a failure, ms. */
function restAfter(
  failures: number,
  cause: unknown,
  { kind, now }: { kind: QuoteKind; now: number },
): number {
  switch (isCoded(cause) ? cause.code : '') {
    case 'E_PRICES_BLOCKED':
    case 'E_PRICES_KEY':
      return BLOCKED_REST
    case 'E_PRICES_QUOTA': {
      const date = new Date(now)
      return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) - now
    }
    case 'E_PRICES_LIMITED': {
      const asked = (cause as { details?: Readonly<Record<string, unknown>> }).details?.['retryAfterMs']
      return typeof asked === 'number' ? asked : LIMITED_REST[kind]
    }
    default:
      return failures < FAILURES_ALLOWED
        ? 0
        : Math.min(LONGEST_REST, FIRST_REST * 2 ** (failures - FAILURES_ALLOWED))
  }
}

/** Bounds work in time even if it does not heed its signal. */
async function within<T>(
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
