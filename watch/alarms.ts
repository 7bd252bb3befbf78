/**
 * What deserves an alarm: a pure function of what was seen and what holds. An alarm is raised once, and cleared when
 * its reason is gone; nothing here acts.
 */

export const ALARMS = [
  'thread-stalled',
  'thread-slow',
  'no-entry',
  'prices-stale',
  'node-away',
  'hot',
  'disk-full',
] as const
export type AlarmKind = (typeof ALARMS)[number]

export interface ThreadFacts {
  readonly slot: number
  readonly hashes: bigint
  readonly beatAgeMs: number
}

/** A look at the run. */
export interface Facts {
  /** Monotonic, ms. */
  readonly now: number
  readonly mining: boolean
  readonly paused: boolean
  readonly threads: readonly ThreadFacts[]
  /** Block being built. */
  readonly height: number | null
  /** Records that came into the chain since the start. */
  readonly landed: number
  /** Time of the last snapshot, ms since 1970, and whether it had all prices. */
  readonly prices: { readonly takenAt: number; readonly complete: boolean } | null
  /** Whether the node answers and its chain moves. */
  readonly nodeWell: boolean
  /** °C and bytes; null: not known. */
  readonly temperature: number | null
  readonly freeBytes: number | null
}

/** 0 or Infinity turn a rule off. */
export interface Limits {
  /** A thread below this share of the others is slow, 0 to 1. */
  readonly slowShare: number
  /** Blocks without a record in the chain. */
  readonly noEntryBlocks: number
  readonly pricesMs: number
  readonly nodeMs: number
  /** °C: the alarm, and where it ends. */
  readonly hot: number
  readonly cool: number
  /** Bytes. */
  readonly freeBytes: number
}

export interface AlarmEvent {
  readonly kind: AlarmKind
  readonly state: 'raised' | 'cleared'
  readonly text: string
}

export interface WatchState {
  readonly raised: Readonly<Partial<Record<AlarmKind, string>>>
  /** When this began, monotonic ms. */
  readonly since: number
  /** The last look. */
  readonly last: Pick<Facts, 'now' | 'mining' | 'threads'> | null
  /** Hashes of each thread in so many ms of mining, of the window at hand. */
  readonly window: { readonly ms: number; readonly hashes: ReadonlyMap<number, number> }
  /** Of each thread, the most hashes a ms in a window. */
  readonly best: ReadonlyMap<number, number>
  /** Threads that were slow in the last window. */
  readonly slow: readonly number[]
  /** Height and number of records when the last one came in, or mining began anew. */
  readonly entry: { readonly height: number; readonly landed: number } | null
  /** When a complete snapshot was first seen, and which. */
  readonly prices: { readonly takenAt: number; readonly seen: number } | null
  readonly nodeWell: number
}

export interface Look {
  readonly state: WatchState
  readonly events: readonly AlarmEvent[]
  /** Threads to start again. */
  readonly restart: readonly number[]
}

/** A batch of hashes takes milliseconds. */
const STALLED_MS = 10_000
/** Rates are compared over so much mining. */
export const WINDOW_MS = 300_000
/** The disk must have this much more room than the limit before the alarm ends. */
const ROOM = 1.1

export function beginWatch(now: number): WatchState {
  return {
    raised: {},
    since: now,
    last: null,
    window: { ms: 0, hashes: new Map() },
    best: new Map(),
    slow: [],
    entry: null,
    prices: null,
    nodeWell: now,
  }
}

export function look(before: WatchState, facts: Facts, limits: Limits): Look {
  const counted = countThreads(before, facts, limits)
  const state: WatchState = {
    ...counted.state,
    last: { now: facts.now, mining: facts.mining, threads: facts.threads },
    entry: entryOf(before, facts),
    prices: pricesOf(before, facts),
    nodeWell: facts.nodeWell ? facts.now : before.nodeWell,
  }
  const events: AlarmEvent[] = []
  const raised: Partial<Record<AlarmKind, string>> = {}
  for (const kind of ALARMS) {
    const text = RULES[kind](state, facts, limits)
    const known = before.raised[kind]
    if (text !== null) raised[kind] = known ?? text
    if (text !== null && known === undefined) events.push({ kind, state: 'raised', text })
    if (text === null && known !== undefined) events.push({ kind, state: 'cleared', text: `over: ${known}` })
  }
  return { state: { ...state, raised }, events, restart: counted.restart }
}

/** Why there is an alarm, or null. */
const RULES: Readonly<Record<AlarmKind, (state: WatchState, facts: Facts, limits: Limits) => string | null>> =
  {
    'thread-stalled': (_, { mining, threads }) => {
      const silent = threads.filter(({ beatAgeMs }) => mining && beatAgeMs > STALLED_MS)
      return silent.length === 0 ? null : `no sign of life of ${slots(silent.map(({ slot }) => slot))}`
    },
    'thread-slow': ({ slow }) => (slow.length === 0 ? null : `far too slow: ${slots(slow)}`),
    'no-entry': ({ entry }, { height, paused }, { noEntryBlocks }) => {
      if (entry === null || height === null || paused || noEntryBlocks === 0) return null
      const blocks = height - entry.height
      return blocks > noEntryBlocks ? `no record of ours came into the chain in ${blocks} blocks` : null
    },
    'prices-stale': ({ prices, since }, { now, paused }, { pricesMs }) => {
      if (paused || pricesMs === 0) return null
      const age = now - (prices?.seen ?? since)
      return age > pricesMs ? `no complete prices for ${minutes(age)}` : null
    },
    'node-away': ({ nodeWell }, { now }, { nodeMs }) =>
      nodeMs > 0 && now - nodeWell > nodeMs ? `the node is not well for ${minutes(now - nodeWell)}` : null,
    hot: ({ raised }, { temperature }, { hot, cool }) => {
      if (temperature === null || hot === 0) return null
      const limit = raised.hot === undefined ? hot : cool
      return temperature >= limit && temperature > 0
        ? `the processor has ${Math.round(temperature)} °C`
        : null
    },
    'disk-full': ({ raised }, { freeBytes }, limits) => {
      if (freeBytes === null || limits.freeBytes === 0) return null
      const limit = raised['disk-full'] === undefined ? limits.freeBytes : limits.freeBytes * ROOM
      return freeBytes < limit
        ? `${Math.round(freeBytes / 2 ** 20)} MiB are free for the data directory`
        : null
    },
  }

const slots = (list: readonly number[]): string => `thread${list.length === 1 ? '' : 's'} ${list.join(', ')}`
const minutes = (ms: number): string =>
  ms < 90_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`

/** Blocks count while it mines: a pause, or the start, begins anew. */
function entryOf({ entry }: WatchState, { height, landed, paused }: Facts): WatchState['entry'] {
  if (height === null) return entry
  return entry === null || paused || landed > entry.landed || height < entry.height
    ? { height, landed }
    : entry
}

/** Prices are as old as their snapshot: one that comes again is not news. A pause begins anew. */
function pricesOf({ prices }: WatchState, { prices: taken, now, paused }: Facts): WatchState['prices'] {
  if (paused) return { takenAt: taken?.takenAt ?? 0, seen: now }
  if (taken === null || !taken.complete || taken.takenAt === prices?.takenAt) return prices
  return { takenAt: taken.takenAt, seen: now }
}

/**
 * Rates over windows of mining. A thread is measured against the median of the others in the same window, so that a
 * busy machine slows all alike and none is blamed; one that is alone against its own best window.
 */
function countThreads(
  before: WatchState,
  { now, mining, threads }: Facts,
  { slowShare }: Limits,
): { state: WatchState; restart: readonly number[] } {
  const { last, window } = before
  if (last === null || !mining || !last.mining) return { state: before, restart: [] }
  const same = threads.length === last.threads.length
  if (!same) return { state: { ...before, window: { ms: 0, hashes: new Map() } }, restart: [] }
  const hashes = new Map(
    threads.map(({ slot, hashes }, k): [number, number] => [
      slot,
      (window.hashes.get(slot) ?? 0) + Math.max(0, Number(hashes - (last.threads[k]?.hashes ?? hashes))),
    ]),
  )
  const ms = window.ms + now - last.now
  if (ms < WINDOW_MS) return { state: { ...before, window: { ms, hashes } }, restart: [] }
  const rates = new Map([...hashes].map(([slot, count]) => [slot, count / ms]))
  const slow = [...rates].flatMap(([slot, rate]) => {
    const others = [...rates].filter(([other]) => other !== slot).map(([, value]) => value)
    const usual = others.length > 0 ? median(others) : (before.best.get(slot) ?? 0)
    return rate < usual * slowShare ? [slot] : []
  })
  const best = new Map(
    [...rates].map(([slot, rate]) => [slot, Math.max(rate, before.best.get(slot) ?? 0)] as const),
  )
  return { state: { ...before, window: { ms: 0, hashes: new Map() }, best, slow }, restart: slow }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return ((low ?? 0) + (high ?? 0)) / 2
}
