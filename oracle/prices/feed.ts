/** The price feed: sources kept warm in the background, a snapshot when one is asked for. */
import { createTask, validateDetailed, type ScheduledTask } from 'node-cron'

import { fail } from './errors.js'
import { createPoller, type PollReport } from './poller.js'
import { planRoutes } from './routes.js'
import { buildSnapshot } from './snapshot.js'
import { openSource, type PriceSources } from './sources.js'
import type { PriceSnapshot, Source } from './types.js'

export interface PriceFeedOptions extends PriceSources {
  /** Assets to price, in PegNet's codes. */
  readonly assets: readonly string[]
  /** Cron expression with seconds: when to see whether a source is due. Default: each 15 seconds. */
  readonly refresh?: string
  /** For one complete reply of a source, ms. Default 8000. */
  readonly requestTimeoutMs?: number
  /** For one poll of a source with all its requests, ms. Default 20000: an exchange's first loads its market table. */
  readonly pollTimeoutMs?: number
  readonly now?: () => number
  readonly onPoll?: (report: PollReport) => void
}

export interface SnapshotOptions {
  /** Return after this many ms with what there is. */
  readonly deadlineMs: number
  readonly signal?: AbortSignal
}

export interface PriceFeed {
  readonly sourceNames: readonly string[]
  /** Asks every source once and goes on refreshing in the background. Never fails for a source's sake. */
  start(): Promise<void>
  /**
   * Prices of now. Sources whose quotes are not fresh are asked first; one that does not answer before the deadline
   * is passed over. Works without `start()`. Throws `E_PRICES_CLOSED` when aborted or closed.
   */
  snapshot(options: SnapshotOptions): Promise<PriceSnapshot>
  /** Ends all requests, timers and sockets. */
  close(): Promise<void>
}

const REFRESH = '*/15 * * * * *'
/** Random delay of each refresh, ms, so that many miners do not ask at the same instant. */
const JITTER = 2000

/** node-cron writes to the console when a run is late or overlaps the last; the next one makes up for it. */
const SILENT = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} }

/** Throws `E_PRICES_ROUTE`, `E_PRICES_SOURCE` or `E_PRICES_SCHEDULE` if the options cannot work. */
export function createPriceFeed(options: PriceFeedOptions): PriceFeed {
  const {
    assets,
    routes,
    refresh = REFRESH,
    requestTimeoutMs = 8000,
    pollTimeoutMs = 20_000,
    now = Date.now,
  } = options
  const names = options.sources.map((source) => source.name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw fail('E_PRICES_SOURCE', `there are two sources called "${twice}"`)
  const [mistake] = validateDetailed(refresh).errors
  if (mistake) throw fail('E_PRICES_SCHEDULE', `"${refresh}": ${mistake.message}`)

  const plan = planRoutes(routes, assets, new Set(names))
  const sources = options.sources.flatMap((config) => {
    const symbols = plan.symbols.get(config.name) ?? []
    if (symbols.length === 0) return []
    const source: Source = openSource(config, { symbols, timeoutMs: requestTimeoutMs, now })
    const poller = createPoller(source, { timeoutMs: pollTimeoutMs, now, onPoll: options.onPoll })
    return [{ config, poller }]
  })
  const closing = new AbortController()
  let task: ScheduledTask | undefined

  const refreshAll = async (age: 'intervalMs' | 'freshMs'): Promise<void> => {
    await Promise.all(sources.map(({ config, poller }) => poller.refresh(config[age])))
  }
  const view = (): PriceSnapshot => {
    const time = now()
    return buildSnapshot(assets, plan, { sources: sources.map(({ poller }) => poller.view(time)), now: time })
  }

  return {
    sourceNames: sources.map(({ poller }) => poller.name),

    async start() {
      if (closing.signal.aborted) throw fail('E_PRICES_CLOSED', 'the price feed is closed')
      task ??= createTask(refresh, () => refreshAll('intervalMs'), {
        name: 'prices',
        timezone: 'UTC',
        noOverlap: true,
        maxRandomDelay: JITTER,
        logger: SILENT,
        unref: true,
      })
      await task.start()
      await refreshAll('intervalMs')
    },

    async snapshot({ deadlineMs, signal }) {
      await untilDeadline(refreshAll('freshMs'), deadlineMs, [closing.signal, ...(signal ? [signal] : [])])
      return view()
    },

    async close() {
      if (closing.signal.aborted) return
      closing.abort()
      await task?.destroy()
      await Promise.all(sources.map(({ poller }) => poller.close()))
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
