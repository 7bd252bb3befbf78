/** What `/api/v1/…` answers: plain objects, made when they are asked for. `openapi.ts` describes them. */
import { ageMs, CLOCK, Csv, hexOfWord, unitsText, wantsCsv, type Clock } from '../base/index.js'
import type { Api, ShownSetting } from './api-types.js'
import { alertOfNotice, alertsOfGateways, alertsOfMiner, warn, type Alert } from './alerts.js'
import { standingNotices, type Board } from './board.js'
import type { SeenFeed } from './feed-watch.js'
import { liveChecks, readyChecks } from './health.js'
import { blockPage, blocksPage, entriesPage, logPage, seriesPage, totalsOf, type Past } from './past.js'
import { isStalled, type MinerNumbers } from './sources.js'
import { stakingOf, type StakingView } from './staking.js'

/** What does not change during a run. */
export interface RunFacts {
  readonly version: string
  readonly network: string
  readonly identity: string
  readonly coinbase: string
  /** What hashes: native, simd or scalar. */
  readonly kernel: string
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** Whether a token is set, so that something can be changed from here. */
  readonly changeable: boolean
}

export interface FarmRead {
  readonly status: () => object
  /** What each worker has contributed, by day. */
  readonly accounts: () => readonly FarmAccount[]
}

export interface FarmAccount {
  readonly day: string
  readonly worker: string
  readonly hits: number
  /** Decimal text. */
  readonly hashes: string
}

export interface ApiSources {
  readonly facts: RunFacts
  readonly view: MinerNumbers
  readonly board: Board
  readonly settings: () => readonly ShownSetting[]
  /** Why mining is paused, if it is. */
  readonly holds: () => readonly string[]
  /** The machines of a farm. */
  readonly farm?: FarmRead | undefined
  /** A feed that is watched from here. */
  readonly feed?: (() => SeenFeed) | undefined
  /** Whose holdings are shown, the first first. */
  readonly addresses?: () => readonly string[]
  /** Who holds what, where a ledger is kept. */
  readonly ledger?: Api['ledger'] | undefined
  /** Addresses that stake, if there are any. */
  readonly staking?: StakingView | undefined
  /** What was before this run. */
  readonly past?: Past | undefined
  readonly actions: ApiActions
  readonly clock?: Clock
}

export interface ApiActions {
  readonly pause: () => void
  readonly resume: () => void
  /** Shuts the program down cleanly. */
  readonly stop: () => void
}

export function createApi(sources: ApiSources): Api {
  const { view, board, actions, past, clock = CLOCK } = sources
  const begun = clock.monotonicMs()
  const acted = (action: () => void) => () => {
    action()
    return { state: view.state }
  }
  return {
    program: 'mine',
    ...(sources.ledger ? { ledger: sources.ledger } : {}),
    read: {
      summary: () => summaryOf(sources, clock.wallMs(), clock.monotonicMs() - begun),
      threads: () => threadsOf(view, board),
      prices: () => pricesOf(view, clock.wallMs()),
      blocks: (query) => blocksPage(query, board, past),
      block: (query) => blockPage(query, past),
      entries: (query) => entriesPage(query, board, past),
      holdings: () => holdingsOf(sources),
      staking: () => stakingOf(sources.staking, (address) => past?.stakes(address) ?? null),
      series: (query) => seriesPage(query, past, clock.wallMs()),
      log: (query) => logPage(query, past),
      feed: () => sources.feed?.() ?? { running: false },
      farm: () => sources.farm?.status() ?? { active: false, here: 0, missing: 0, hashrate: 0, machines: [] },
      accounts: (query) => accountsOf(sources.farm?.accounts() ?? [], query),
      config: () => ({ settings: sources.settings() }),
    },
    act: { pause: acted(actions.pause), resume: acted(actions.resume), stop: acted(actions.stop) },
  }
}

function accountsOf(accounts: readonly FarmAccount[], query: URLSearchParams): object {
  if (!wantsCsv(query)) return { accounts }
  return new Csv(
    ['day', 'worker', 'hits', 'hashes'],
    accounts.map(({ day, worker, hits, hashes }) => [day, worker, hits, hashes]),
  )
}

function summaryOf(
  { facts, view, board, holds, feed, past }: ApiSources,
  now: number,
  uptimeMs: number,
): object {
  return {
    program: 'mine',
    ...facts,
    now,
    uptimeSeconds: Math.round(uptimeMs / 1000),
    state: view.state,
    holds: holds(),
    height: view.height,
    minute: view.minute,
    hashrate: { now: board.hashrates.at(-1)?.total ?? null, ...board.windows },
    threads: view.threads.length,
    bestDifficulty: hexOfWord(view.bestDifficulty),
    entries: { ...view.entries },
    blocks: view.blocks,
    places: view.places,
    reward: unitsText(view.reward),
    allTime: totalsOf(past),
    entryCredits: view.entryCredits,
    creditDays: view.creditDays,
    networkHashrate: view.networkHashrate,
    expected: view.expected,
    computeErrors: view.computeErrors,
    restarts: view.restarts,
    live: liveChecks(view),
    ready: readyChecks(view),
    alerts: [
      ...alertsOfMiner(view, board.entries()),
      ...standingNotices(board.notices(), now).map(alertOfNotice).slice(0, 5),
      ...alertsOfFeed(feed?.()),
    ],
    changes: board.version,
  }
}

/** Alerts of a feed that is watched; while it does not answer, its last numbers are too old to judge by. */
function alertsOfFeed(feed: SeenFeed | undefined): readonly Alert[] {
  if (feed === undefined || feed.running) return alertsOfGateways(feed?.gateways ?? [])
  return [warn(`feed: ${feed.trouble}`)]
}

interface Held {
  readonly height: number
  readonly usd: string | null
}

/** Back from the text of `unitsText`, of what is not below 0. */
function unitsOf(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.')
  return BigInt(whole + fraction.padEnd(8, '0'))
}

/** What our addresses hold after the last block; without a ledger, or before its first block, nothing is known. */
function holdingsOf({ ledger, addresses = () => [] }: ApiSources): object {
  const reads = ledger?.()
  if (!reads) return { height: null, usd: null, addresses: [] }
  const found = addresses().map((address) => reads.balances(new URLSearchParams({ address })) as Held)
  const worths = found.flatMap(({ usd }) => (usd === null ? [] : [unitsOf(usd)]))
  return {
    height: found[0]?.height ?? null,
    usd: worths.length === 0 ? null : unitsText(worths.reduce((sum, usd) => sum + usd, 0n)),
    addresses: found,
  }
}

function threadsOf(view: MinerNumbers, board: Board): object {
  const last = board.hashrates.at(-1)
  return {
    threads: view.threads.map((thread) => ({
      thread: thread.slot,
      hashes: thread.hashes.toString(),
      hashrate: last?.threads[thread.slot] ?? null,
      beatAgeMs: Math.round(thread.beatAgeMs),
      stalled: isStalled(thread),
    })),
    history: board.hashrates,
  }
}

function pricesOf({ prices }: MinerNumbers, now: number): object {
  if (prices === null) return { takenAt: null, complete: false, assets: [], sources: [] }
  const age = ageMs(prices.takenAt, now)
  const assets = [...new Set([...prices.prices.keys(), ...prices.missing.keys()])].map((asset) => {
    const numbers = prices.assets.get(asset)
    const price = prices.prices.get(asset)
    return {
      asset,
      usd: price === undefined ? null : unitsText(price),
      status: numbers?.status ?? null,
      routes: routesOf(numbers?.votes),
      spread: numbers?.spread ?? null,
      deviation: numbers?.deviation ?? null,
      ageMs: numbers?.ageMs ?? null,
      missing: prices.missing.get(asset) ?? null,
    }
  })
  return {
    takenAt: prices.takenAt,
    ageSeconds: age === Infinity ? null : Math.round(age / 1000),
    complete: prices.complete,
    assets,
    sources: prices.sources.map(({ name, ok, ageMs }) => ({ name, ok, ageMs })),
  }
}

const routesOf = (votes: readonly unknown[] = []): string[] =>
  votes
    .map((vote) => (vote as { route?: unknown } | null)?.route)
    .filter((name): name is string => typeof name === 'string')
