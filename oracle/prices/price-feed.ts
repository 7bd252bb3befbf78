/** The price feed: sources kept warm in the background, a snapshot when one is asked for. */
import { NEWEST_OPR } from '../../pegnet/index.js'
import { CLOCK, type Clock } from '../../base/index.js'
import { ASSETS, type OprVersion } from '../records/index.js'
import { fail } from './errors.js'
import { processExchanges } from './exchange-fork.js'
import type { ExchangeHost } from './exchange-host.js'
import { createPoller, type PollerState, type PollReport } from './poller.js'
import { createQuota, type Quota } from './quota.js'
import { createRests, type Rests } from './rests.js'
import { buildSnapshot, routePlanOf, type SnapshotInput } from './snapshot.js'
import { agreedOffset, type ClockReading } from './source-clock.js'
import { openSource } from './sources.js'
import type { PriceMemory, PriceSnapshot, Remembered, WinnersView } from './types.js'
import type { PriceSettings } from './validate.js'

export interface PriceFeedOptions extends Pick<PriceSettings, 'config' | 'keys'> {
  /** Assets to price, in PegNet's codes. Default: all of record version 5. */
  readonly assets?: readonly string[]
  /** What an earlier run left. */
  readonly memory?: PriceMemory
  /** How often to see whether a source is due, ms. Default 15000. */
  readonly refreshMs?: number
  /** For one poll of a source with all its requests, ms. Default 20000: an exchange's first loads its market table. */
  readonly pollTimeoutMs?: number
  /** Longest pause before a source's second try, ms. Default 500. */
  readonly retryMs?: number
  readonly clock?: Clock
  /** Where exchanges are asked. Default: in a process of their own. */
  readonly exchanges?: ExchangeHost
  readonly quota?: Quota
  readonly rests?: Rests
  readonly onPoll?: (report: PollReport) => void
  /** Told each complete reply of a publisher; replies of exchanges are told by their host. */
  readonly onReply?: (source: string, url: string, body: string) => void
  /** Called with each snapshot and all its inputs. An error that it throws reaches the caller of the snapshot. */
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
  /**
   * The last winners' prices, null if no block had winners yet. A promise is waited for, also beyond the deadline, and
   * must not reject. Without it those of the snapshot before are used.
   */
  readonly winners?: WinnersView | null | Promise<WinnersView | null | undefined>
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
  /** Asks every source once and goes on refreshing in the background. A source that fails is no error. */
  start(): Promise<void>
  /**
   * Prices of now. Sources whose quotes are not fresh are asked first; one that does not answer before the deadline
   * is passed over. Works without `start()`. Throws `E_PRICES_CLOSED` when aborted or closed.
   */
  snapshot(options: SnapshotOptions): Promise<PriceSnapshot>
  /** Whether every asset has a price by what the sources said last. Sends no request. */
  priced(): boolean
  /** How the sources are, for metrics and reports. */
  sources(): readonly FeedSource[]
  /** Ends all requests, timers and sockets. */
  close(): Promise<void>
}

const REFRESH_MS = 15_000
/** Random delay of each refresh, ms, so that many miners do not ask at the same instant. */
const JITTER = 2000
/** Prices are looked at in the background this often, so that a step is confirmed between two blocks. */
const REHEARSE_MS = 60_000

/** Throws `E_PRICES_SOURCE` if the options cannot work. */
export function createPriceFeed(options: PriceFeedOptions): PriceFeed {
  const { config, keys, assets = ASSETS[NEWEST_OPR], pollTimeoutMs = 20_000, clock = CLOCK } = options
  const { exchanges = processExchanges(), quota = createQuota(), rests = createRests() } = options
  const { onPoll, onReply, onSnapshot, retryMs, refreshMs = REFRESH_MS } = options

  const plan = routePlanOf(config, assets)
  const sources = config.sources.flatMap((source) => {
    const symbols = plan.symbols.get(source.name) ?? []
    if (symbols.length === 0) return []
    const { name, maxPerMonth } = source
    const opened = openSource(source, {
      symbols,
      key: keys.get(name),
      exchanges,
      clock,
      onReply: onReply && ((url, body) => onReply(name, url, body)),
    })
    const poller = createPoller(opened, {
      timeoutMs: pollTimeoutMs,
      clock,
      onPoll,
      quota,
      rests,
      maxPerMonth,
      retryMs,
    })
    return [{ config: source, poller, origin: opened.origin }]
  })
  const closing = new AbortController()
  const difference = (): number => clock.wallMs() - clock.monotonicMs()
  let clocks = difference()
  let memory = restamped(options.memory ?? new Map(), clock.wallMs())
  let winners: WinnersView | null = null
  let rehearsed = -Infinity
  let timer: NodeJS.Timeout | undefined

  const refreshAll = async (age: 'intervalMs' | 'freshMs'): Promise<void> => {
    await Promise.all(sources.map(({ config: source, poller }) => poller.refresh(source[age])))
  }
  const read = (): ClockReading => {
    const byOrigin = new Map(sources.map(({ origin, poller }) => [origin, poller.offset]))
    const agreed = agreedOffset([...byOrigin.values()].filter((offset) => offset !== null))
    return { wall: clock.wallMs(), monotonic: clock.monotonicMs(), agreed }
  }
  const inputOf = (wanted: readonly string[], height: number, version: number): SnapshotInput => {
    const at = read()
    const views = sources.map(({ poller }) => poller.view(at))
    // A step forwards may be the machine's sleep, which is time that passed.
    memory = restamped(memory, at.wall, Math.min(0, difference() - clocks))
    clocks = difference()
    return { config, assets: wanted, height, version, now: at.wall, sources: views, winners, memory }
  }
  /** A snapshot that only updates the memory. */
  const rehearse = (): void => {
    if (clock.monotonicMs() - rehearsed < REHEARSE_MS) return
    rehearsed = clock.monotonicMs()
    memory = buildSnapshot(inputOf(assets, 0, 0), plan).memory
  }
  const goOn = (): void => {
    if (closing.signal.aborted) return
    timer = setTimeout(
      () => {
        void refreshAll('intervalMs')
          .then(() => closing.signal.aborted || rehearse())
          .finally(goOn)
      },
      refreshMs + Math.random() * Math.min(JITTER, refreshMs),
    ).unref()
  }

  return {
    config,
    sourceNames: sources.map(({ poller }) => poller.name),

    async start() {
      if (closing.signal.aborted) throw fail('E_PRICES_CLOSED', 'the price feed is closed')
      if (timer === undefined) goOn()
      await refreshAll('intervalMs')
    },

    async snapshot({ deadlineMs, signal, height = 0, version, winners: last }) {
      const began = performance.now()
      const ended = [closing.signal, ...(signal ? [signal] : [])]
      const [known] = await Promise.all([
        untilDeadline(Promise.resolve(last), Infinity, ended),
        untilDeadline(refreshAll('freshMs'), deadlineMs, ended),
      ])
      if (known !== undefined) winners = known
      const wanted =
        version === undefined ? assets : ASSETS[version].filter((asset) => assets.includes(asset))
      const input = inputOf(wanted, height, version ?? 5)
      const result = buildSnapshot(input, wanted === assets ? plan : routePlanOf(config, wanted))
      memory = result.memory
      onSnapshot?.(input, result.snapshot, performance.now() - began)
      return result.snapshot
    },

    priced: () => buildSnapshot(inputOf(assets, 0, 0), plan).snapshot.complete,

    sources() {
      return sources.map(({ config: { name, maxPerMonth = null }, poller }) => ({
        name,
        state: poller.state(),
        requests: quota.used(name, clock.wallMs()),
        maxPerMonth,
      }))
    },

    async close() {
      if (closing.signal.aborted) return
      closing.abort()
      clearTimeout(timer)
      // First the pollers, then the host: an end that we cause must not count as a failure of a source.
      await Promise.all(sources.map(({ poller }) => poller.close()))
      await exchanges.close()
    },
  }
}

/**
 * A memory after the clock was set: its stamps move by `step` ms, and stamps in the future, which an earlier run may
 * have left, become those of now. So a step that waits for confirmation waits as long as before.
 */
function restamped(memory: PriceMemory, now: number, step = 0): PriceMemory {
  const moved = (time: number): number => Math.min(time + step, now)
  const remembered = ({ price, at, step: waiting }: Remembered): Remembered => {
    const later = waiting && { step: { ...waiting, since: moved(waiting.since), at: moved(waiting.at) } }
    return price === undefined ? { ...later } : { price, at: moved(at), ...later }
  }
  return new Map([...memory].map(([name, known]) => [name, remembered(known)]))
}

/**
 * The result of some work, undefined if it fails or is not done by the deadline. Throws `E_PRICES_CLOSED` as soon as
 * one of the signals is aborted.
 */
function untilDeadline<T>(
  work: Promise<T>,
  deadlineMs: number,
  signals: readonly AbortSignal[],
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const end =
      <A extends unknown[]>(finish: (...result: A) => void) =>
      (...result: A): void => {
        clearTimeout(timer)
        for (const signal of signals) signal.removeEventListener('abort', stop)
        finish(...result)
      }
    const stop = end(() => reject(fail('E_PRICES_CLOSED', 'the snapshot of prices was called off')))
    const done = end(resolve)
    const late = (): void => done(undefined)
    const timer = deadlineMs === Infinity ? undefined : setTimeout(late, deadlineMs)
    for (const signal of signals) signal.addEventListener('abort', stop, { once: true })
    if (signals.some((signal) => signal.aborted)) stop()
    work.then(done, late)
  })
}
