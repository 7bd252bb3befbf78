/** The price feed: sources kept warm in the background, a snapshot when one is asked for. */
import { createTask, validateDetailed, type ScheduledTask } from 'node-cron'

import { ASSETS, type OprVersion } from '../records/index.js'
import { fail } from './errors.js'
import { createPoller, type PollerState, type PollReport } from './poller.js'
import { processTables } from './table-loader.js'
import type { TableLoader } from './market-table.js'
import { createQuota, type Quota } from './quota.js'
import { buildSnapshot, planOf, type SnapshotInput } from './snapshot.js'
import { openSource } from './sources.js'
import type { PriceMemory, PriceSnapshot, WinnersView } from './types.js'
import type { PriceSettings } from './validate.js'

export interface PriceFeedOptions extends Pick<PriceSettings, 'config' | 'keys'> {
  /** Assets to price, in PegNet's codes. Default: all of record version 5. */
  readonly assets?: readonly string[]
  /** What an earlier run left. */
  readonly memory?: PriceMemory
  /** Cron expression with seconds: when to see whether a source is due. Default: each 15 seconds. */
  readonly refresh?: string
  /** For one poll of a source with all its requests, ms. Default 20000: an exchange's first loads its market table. */
  readonly pollTimeoutMs?: number
  /** Longest pause before a source's second try, ms. Default 500. */
  readonly retryMs?: number
  readonly now?: () => number
  /** Default: a process of its own. */
  readonly tables?: TableLoader
  readonly quota?: Quota
  readonly onPoll?: (report: PollReport) => void
  /** Told each complete reply of a source. */
  readonly onReply?: (source: string, url: string, body: string) => void
  /** Told each snapshot with all that went into it. What it throws is the caller's error. */
  readonly onSnapshot?: (input: SnapshotInput, snapshot: PriceSnapshot, milliseconds: number) => void
}

export interface SnapshotOptions {
  /** Return after this many ms with what there is. */
  readonly deadlineMs: number
  readonly signal?: AbortSignal
  /** The block that it is for. Default 0. */
  readonly height?: number
  /** Record version whose assets are priced. Default: the feed's assets. */
  readonly version?: OprVersion
  /** The last winners' prices, as far as they are known. */
  readonly winners?: WinnersView | null
}

export interface FeedSource {
  readonly name: string
  readonly state: PollerState
  /** Requests of this month. */
  readonly requests: number
  readonly maxPerMonth: number | null
}

export interface PriceFeed {
  readonly config: PriceSettings['config']
  readonly sourceNames: readonly string[]
  /** Asks every source once and goes on refreshing in the background. Never fails for a source's sake. */
  start(): Promise<void>
  /**
   * Prices of now. Sources whose quotes are not fresh are asked first; one that does not answer before the deadline
   * is passed over. Works without `start()`. Throws `E_PRICES_CLOSED` when aborted or closed.
   */
  snapshot(options: SnapshotOptions): Promise<PriceSnapshot>
  /** How the sources are, for metrics and reports. */
  sources(): readonly FeedSource[]
  /** Ends all requests, timers and sockets. */
  close(): Promise<void>
}

const REFRESH = '*/15 * * * * *'
/** Random delay of each refresh, ms, so that many miners do not ask at the same instant. */
const JITTER = 2000
/** Prices are looked at in the background this often, so that a step is confirmed between two blocks. */
const REHEARSE_MS = 60_000

/** node-cron writes to the console when a run is late or overlaps the last; the next one makes up for it. */
const SILENT = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} }

/** Throws `E_PRICES_SOURCE` or `E_PRICES_SCHEDULE` if the options cannot work. */
export function createPriceFeed(options: PriceFeedOptions): PriceFeed {
  const {
    config,
    keys,
    assets = ASSETS[5],
    refresh = REFRESH,
    pollTimeoutMs = 20_000,
    now = Date.now,
  } = options
  const { tables = processTables(), quota = createQuota(), onPoll, onReply, onSnapshot, retryMs } = options
  const [mistake] = validateDetailed(refresh).errors
  if (mistake) throw fail('E_PRICES_SCHEDULE', `"${refresh}": ${mistake.message}`)

  const plan = planOf(config, assets)
  const sources = config.sources.flatMap((source) => {
    const symbols = plan.symbols.get(source.name) ?? []
    if (symbols.length === 0) return []
    const { name, maxPerMonth } = source
    const opened = openSource(source, {
      symbols,
      key: keys.get(name),
      tables,
      now,
      onReply: onReply && ((url, body) => onReply(name, url, body)),
    })
    const poller = createPoller(opened, {
      timeoutMs: pollTimeoutMs,
      now,
      onPoll,
      quota,
      maxPerMonth,
      retryMs,
    })
    return [{ config: source, poller }]
  })
  const closing = new AbortController()
  let memory: PriceMemory = options.memory ?? new Map()
  let winners: WinnersView | null = null
  let rehearsed = -Infinity
  let task: ScheduledTask | undefined

  const refreshAll = async (age: 'intervalMs' | 'freshMs'): Promise<void> => {
    await Promise.all(sources.map(({ config: source, poller }) => poller.refresh(source[age])))
  }
  const inputOf = (wanted: readonly string[], height: number, version: number): SnapshotInput => {
    const time = now()
    const views = sources.map(({ poller }) => poller.view(time))
    return { config, assets: wanted, height, version, now: time, sources: views, winners, memory }
  }
  /** A snapshot for the memory's sake alone. */
  const rehearse = (): void => {
    if (now() - rehearsed < REHEARSE_MS) return
    rehearsed = now()
    memory = buildSnapshot(inputOf(assets, 0, 0), plan).memory
  }

  return {
    config,
    sourceNames: sources.map(({ poller }) => poller.name),

    async start() {
      if (closing.signal.aborted) throw fail('E_PRICES_CLOSED', 'the price feed is closed')
      task ??= createTask(
        refresh,
        async () => {
          await refreshAll('intervalMs')
          rehearse()
        },
        {
          name: 'prices',
          timezone: 'UTC',
          noOverlap: true,
          maxRandomDelay: JITTER,
          logger: SILENT,
          unref: true,
        },
      )
      await task.start()
      await refreshAll('intervalMs')
    },

    async snapshot({ deadlineMs, signal, height = 0, version, winners: last }) {
      const began = performance.now()
      await untilDeadline(refreshAll('freshMs'), deadlineMs, [closing.signal, ...(signal ? [signal] : [])])
      if (last !== undefined) winners = last
      const wanted =
        version === undefined ? assets : ASSETS[version].filter((asset) => assets.includes(asset))
      const input = inputOf(wanted, height, version ?? 5)
      const result = buildSnapshot(input, wanted === assets ? plan : planOf(config, wanted))
      memory = result.memory
      onSnapshot?.(input, result.snapshot, performance.now() - began)
      return result.snapshot
    },

    sources() {
      const time = now()
      return sources.map(({ config: { name, maxPerMonth = null }, poller }) => ({
        name,
        state: poller.state(time),
        requests: quota.used(name, time),
        maxPerMonth,
      }))
    },

    async close() {
      if (closing.signal.aborted) return
      closing.abort()
      await task?.destroy()
      await Promise.all([tables.close(), ...sources.map(({ poller }) => poller.close())])
    },
  }
}

/** Waits for some work, but not beyond a deadline. Throws `E_PRICES_CLOSED` as soon as one of the signals is aborted. */
function untilDeadline(
  work: Promise<void>,
  deadlineMs: number,
  signals: readonly AbortSignal[],
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (finish: () => void) => (): void => {
      clearTimeout(timer)
      for (const signal of signals) signal.removeEventListener('abort', stop)
      finish()
    }
    const stop = end(() => reject(fail('E_PRICES_CLOSED', 'the snapshot of prices was called off')))
    const done = end(resolve)
    const timer = setTimeout(done, deadlineMs)
    for (const signal of signals) signal.addEventListener('abort', stop, { once: true })
    if (signals.some((signal) => signal.aborted)) stop()
    work.then(done, done)
  })
}
