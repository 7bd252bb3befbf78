/**
 * One source's life: asked when its quotes are due, by one caller at a time, left alone for a while when it fails.
 * What it last said well is kept; a failure never reaches the caller.
 */
import { isCoded, messageOf } from '../../config/index.js'
import { fail } from './errors.js'
import type { SourceView } from './snapshot.js'
import type { Poll, QuoteKind, Source } from './types.js'

/** How a source was asked: for logs and metrics. */
export interface PollReport {
  readonly source: string
  readonly milliseconds: number
  readonly quotes: number
  /** Code of the failure, if it failed. */
  readonly code?: string
  readonly error?: string
}

export interface PollerOptions {
  /** Upper bound of one poll with all its requests, ms. */
  readonly timeoutMs: number
  readonly now: () => number
  readonly onPoll?: ((report: PollReport) => void) | undefined
}

export interface Poller {
  readonly name: string
  /** Resolves when quotes are at most `maxAgeMs` old, or the attempt to have such is over. Never rejects. */
  refresh(maxAgeMs: number): Promise<void>
  view(now: number): SourceView
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
  metal: MINUTE,
  'fx-daily': 21 * MINUTE,
}

export function createPoller(source: Source, { timeoutMs, now, onPoll }: PollerOptions): Poller {
  const { name, origin, kind } = source
  const closing = new AbortController()
  let good: { readonly poll: Poll; readonly at: number } | null = null
  let error: string | undefined
  let failures = 0
  let restUntil = -Infinity
  let running: Promise<void> | undefined

  async function once(): Promise<void> {
    const started = performance.now()
    try {
      const poll = await within(timeoutMs, closing.signal, (signal) => source.poll(signal))
      good = { poll, at: now() }
      error = undefined
      failures = 0
      restUntil = -Infinity
      onPoll?.({ source: name, milliseconds: performance.now() - started, quotes: poll.quotes.size })
    } catch (cause) {
      if (closing.signal.aborted) return
      error = messageOf(cause)
      failures++
      restUntil = now() + restAfter(failures, cause, kind)
      const code = isCoded(cause) ? cause.code : 'E_PRICES_REPLY'
      onPoll?.({ source: name, milliseconds: performance.now() - started, quotes: 0, code, error })
    }
  }

  return {
    name,
    refresh: (maxAgeMs) => {
      if (running) return running
      const time = now()
      const fresh = error === undefined && good !== null && time - good.at <= maxAgeMs
      if (closing.signal.aborted || fresh || time < restUntil) return Promise.resolve()
      running = once().finally(() => (running = undefined))
      return running
    },
    view: (time) => ({
      name,
      origin,
      kind,
      ok: good !== null && error === undefined,
      ageMs: good && Math.max(0, time - good.at),
      poll: good && good.poll,
      ...(error === undefined ? {} : { error }),
    }),
    close: async () => {
      closing.abort()
      await source.close()
      await running
    },
  }
}

/** How long to leave a source alone after a failure, ms. */
function restAfter(failures: number, cause: unknown, kind: QuoteKind): number {
  if (isCoded(cause) && cause.code === 'E_PRICES_BLOCKED') return BLOCKED_REST
  if (isCoded(cause) && cause.code === 'E_PRICES_LIMITED') {
    const asked = cause.details.retryAfterMs
    return typeof asked === 'number' ? asked : LIMITED_REST[kind]
  }
  return failures < FAILURES_ALLOWED
    ? 0
    : Math.min(LONGEST_REST, FIRST_REST * 2 ** (failures - FAILURES_ALLOWED))
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
