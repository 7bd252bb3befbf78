/**
 * When alarms are raised and cleared: a pure function of the state and of what was seen. The rules stand in the table
 * of alarms. An alarm is raised once, and cleared when its reason is gone; nothing here acts.
 */
import { median } from '../base/index.js'
import {
  isStalled,
  WATCHDOG_RULES,
  type MinerNumbers,
  type ThreadNumbers,
  type WatchdogCode,
  type WatchdogKind,
  type WatchLimits,
  type WatchSeen,
} from '../telemetry/index.js'

/** A look at the run. */
export interface Facts {
  /** Monotonic, ms. */
  readonly now: number
  readonly mining: boolean
  readonly paused: boolean
  readonly threads: readonly ThreadNumbers[]
  /** Block being built. */
  readonly height: number | null
  /** Records that came into the chain since the start. */
  readonly landed: number
  /** The last snapshot. */
  readonly prices: Pick<NonNullable<MinerNumbers['prices']>, 'takenAt' | 'complete'> | null
  /** Whether the node answers and its chain moves. */
  readonly nodeWell: boolean
  /** °C and bytes; null: not known. */
  readonly temperature: number | null
  readonly freeBytes: number | null
}

export interface AlarmEvent {
  readonly kind: WatchdogKind
  readonly code: WatchdogCode
  readonly state: 'raised' | 'cleared'
  readonly text: string
}

export interface WatchState {
  readonly raised: Readonly<Partial<Record<WatchdogKind, string>>>
  /** When this began, monotonic ms. */
  readonly since: number
  /** The last look. */
  readonly last: Pick<Facts, 'now' | 'mining' | 'threads'> | null
  /** Hashes of each thread in the current window, and how many ms of mining it has so far. */
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

/** Rates are compared over so much mining. */
export const WINDOW_MS = 300_000
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

export function look(before: WatchState, facts: Facts, limits: WatchLimits): Look {
  const counted = countThreads(before, facts, limits)
  const state: WatchState = {
    ...counted.state,
    last: { now: facts.now, mining: facts.mining, threads: facts.threads },
    entry: entryOf(before, facts),
    prices: pricesOf(before, facts),
    nodeWell: facts.nodeWell ? facts.now : before.nodeWell,
  }
  const events: AlarmEvent[] = []
  const raised: Partial<Record<WatchdogKind, string>> = {}
  const seen = seenOf(state, facts)
  for (const { kind, code, why } of WATCHDOG_RULES) {
    const known = before.raised[kind]
    const text = why(seen, limits, known !== undefined)
    if (text !== null) raised[kind] = known ?? text
    if (text !== null && known === undefined) events.push({ kind, code, state: 'raised', text })
    if (text === null && known !== undefined)
      events.push({ kind, code, state: 'cleared', text: `over: ${known}` })
  }
  return { state: { ...state, raised }, events, restart: counted.restart }
}

function seenOf(
  { slow, entry, prices, since, nodeWell }: WatchState,
  { now, mining, paused, threads, height, temperature, freeBytes }: Facts,
): WatchSeen {
  return {
    silent: mining ? threads.filter(isStalled).map(({ slot }) => slot) : [],
    slow,
    blocksWithoutEntry: entry === null || height === null || paused ? 0 : height - entry.height,
    pricesAgeMs: paused ? 0 : now - (prices?.seen ?? since),
    nodeAwayMs: now - nodeWell,
    temperature,
    freeBytes,
  }
}

/** Blocks are counted while it mines: the count begins anew at the start and after a pause. */
function entryOf({ entry }: WatchState, { height, landed, paused }: Facts): WatchState['entry'] {
  if (height === null) return entry
  return entry === null || paused || landed > entry.landed || height < entry.height
    ? { height, landed }
    : entry
}

/** Prices are as old as their snapshot: the same snapshot seen again does not make them younger. A pause does. */
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
  { slowShare }: WatchLimits,
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
