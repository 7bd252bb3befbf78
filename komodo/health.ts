/**
 * Is the daemon what it seems? A pure function of what its calls did, and when by the monotonic clock. A leaked lock
 * (docs/protocol/komodo.md#lock-leaks) makes three calls hang; then the daemon answers everything again, but its chain
 * stands still for good and transactions that it is sent stay in its own mempool. So a daemon that once did not answer
 * is believed again only when its height moves on, or when it was started anew.
 */
export type Health =
  | { readonly state: 'up'; readonly height: number | null }
  /** It cannot be connected to, or is starting. A lock that held the old process is gone. */
  | { readonly state: 'down'; readonly since: number; readonly starting: boolean }
  /** Answered late or not at all, once: read from, not written to. `height`: the first one that it said since. */
  | { readonly state: 'suspect'; readonly since: number; readonly height: number | null }
  /** Calls are not even tried before `until`. */
  | {
      readonly state: 'hung'
      readonly since: number
      readonly tries: number
      readonly until: number
    }

export type HealthEvent =
  | { readonly type: 'answered'; readonly at: number }
  | { readonly type: 'timeout'; readonly at: number }
  /** Connection refused, or a reply that it is warming up: proof that the old process is gone. */
  | { readonly type: 'away'; readonly at: number; readonly starting: boolean }
  | { readonly type: 'height'; readonly height: number; readonly at: number }

export const FIRST_HEALTH: Health = { state: 'up', height: null }

/** Two in a row: one may be a busy moment. */
const HUNG_AFTER = 2
const FIRST_PAUSE_MS = 5_000
const LONGEST_PAUSE_MS = 30_000

export function healthAfter(health: Health, event: HealthEvent): Health {
  switch (event.type) {
    case 'away':
      return health.state === 'down' && health.starting === event.starting
        ? health
        : { state: 'down', since: event.at, starting: event.starting }
    case 'timeout':
      return afterTimeout(health, event.at)
    case 'answered':
      if (health.state === 'hung') return { state: 'suspect', since: health.since, height: null }
      if (health.state === 'down') return FIRST_HEALTH
      return health
    case 'height':
      return afterHeight(health, event.height)
  }
}

function afterTimeout(health: Health, at: number): Health {
  const since = health.state === 'suspect' || health.state === 'hung' ? health.since : at
  // A height seen before proves nothing: the last block may have come between that look and the leak.
  if (health.state === 'up' || health.state === 'down') return { state: 'suspect', since, height: null }
  const tries = health.state === 'hung' ? health.tries + 1 : HUNG_AFTER
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - HUNG_AFTER))
  return { state: 'hung', since, tries, until: at + pause }
}

function afterHeight(health: Health, height: number): Health {
  if (health.state === 'up' && health.height === height) return health
  // If it stands still, it does so at the first height after a time-out.
  const first = health.state === 'hung' || (health.state === 'suspect' && health.height === null)
  if (first || (health.state === 'suspect' && health.height === height))
    return { state: 'suspect', since: health.since, height }
  return { state: 'up', height }
}

/** Whether a transaction that it is given can be expected to reach the network. */
export const isWritable = (health: Health): boolean => health.state === 'up'

/** How a daemon is, in a word: as metrics and pages say it. */
export const DAEMON_WORDS = ['up', 'down', 'suspect', 'hung', 'frozen'] as const
export type DaemonWord = (typeof DAEMON_WORDS)[number]

/** One word for people and metrics: a suspect that does not move for `frozenMs` is frozen. */
export function healthWord(health: Health, monotonicMs: number, frozenMs = 180_000): DaemonWord {
  if (health.state === 'suspect' && monotonicMs - health.since > frozenMs) return 'frozen'
  return health.state
}
