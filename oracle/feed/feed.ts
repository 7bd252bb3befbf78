/** All gateways of a process, each for itself; what they tell, and when it is over. */
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

import { CLOCK, isCoded, messageOf } from '../../base/index.js'
import type { RpcCall } from '../../komodo/index.js'
import type { FeedEvent, ReportEvent, StoppedEvent } from './events.js'
import { createGateway, type Gateway, type GatewayView } from './gateway.js'
import { startReports, type Reports } from './reports.js'
import type { GatewaySettings } from './config.js'
import { createBuildQueue } from './build-queue.js'

export interface FeedOptions {
  readonly gateways: readonly GatewaySettings[]
  /** Each gateway has a folder of its name in it. */
  readonly dataDir: string
  readonly lockFolder: string
  readonly dryRun: boolean
  /** One pass of each gateway, then the end. */
  readonly once: boolean
  /** The end after so many headers; null: never. */
  readonly headers: number | null
  /** And, if given, after so many withdrawals that are done. */
  readonly withdrawals: number | null
  /** When reports are made: a cron expression, UTC; null: never. */
  readonly report: string | null
  /** Heights that a dry run is asked for: it leaves the requests of a feed that runs where they are. */
  readonly wanted?: readonly (readonly [from: number, to: number])[]
  readonly onCall?: (gateway: string, chain: 'asset' | 'reference', call: RpcCall) => void
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  /** UNIX ms. */
  readonly now: () => number
  readonly monotonicMs?: () => number
}

export interface Feed {
  readonly views: readonly GatewayView[]
  on(listener: (event: FeedEvent) => void): void
  /** Resolves when it is over, with the last event. Rejects if no gateway could run at all. */
  run(signal: AbortSignal): Promise<StoppedEvent>
  /** Ends the run as its signal does; the last event says that it was asked for. */
  stop(): void
  /**
   * Other gateways and reports from now on. A gateway that is configured as before is not touched. One that is left
   * out ends as at the program's end, within the call of a daemon that is under way; one that is changed begins anew
   * after that, from what its chains and its folder hold. Rejects with `E_FEED_STATE` if the folder of a new one cannot
   * be used: nothing has changed then.
   */
  adjust(next: FeedChange): Promise<void>
}

export type FeedChange = Pick<FeedOptions, 'gateways' | 'report'>

/** A gateway at work. */
interface Served {
  readonly settings: GatewaySettings
  readonly gateway: Gateway
  readonly stop: AbortController
  done: Promise<void>
}

export function createFeed(options: FeedOptions): Feed {
  const { now, monotonicMs = CLOCK.monotonicMs } = options
  const queue = createBuildQueue()
  const listeners: ((event: FeedEvent) => void)[] = []
  const ended = new AbortController()
  let reason: StoppedEvent['reason'] = 'interrupted'
  let [headers, withdrawals] = [0, 0]

  const emit = (event: FeedEvent): void => {
    for (const listener of listeners) listener(event)
    if (event.event === 'header') headers++
    if (event.event === 'withdrawal' && event.state === 'done') withdrawals++
    if (isEnough()) {
      reason = 'blocks'
      ended.abort()
    }
  }
  const isEnough = (): boolean =>
    options.headers !== null &&
    headers >= options.headers &&
    withdrawals >= (options.withdrawals ?? 0) &&
    !ended.signal.aborted

  const open = (settings: GatewaySettings): Served => ({
    settings,
    gateway: createGateway(settings, {
      folder: join(options.dataDir, settings.name),
      lockFolder: options.lockFolder,
      dryRun: options.dryRun,
      queue,
      emit,
      wanted: options.wanted ?? [],
      ...(options.onCall ? { onCall: options.onCall } : {}),
      sleep: options.sleep,
      now,
      monotonicMs,
    }),
    stop: new AbortController(),
    done: Promise.resolve(),
  })
  let served: readonly Served[] = options.gateways.map(open)
  let { report } = options
  let reports: Reports | null = null
  let running: AbortSignal | null = null
  let adjusting: Promise<void> = Promise.resolve()
  let lost: Error | null = null

  /** A gateway that cannot run at all is told, and the others go on. */
  async function serve({ gateway, stop }: Served, whole: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([whole, stop.signal])
    try {
      await (options.once ? gateway.once(signal) : gateway.run(signal))
    } catch (error) {
      if (signal.aborted) return
      if (served.length > 1)
        emit({
          event: 'notice',
          gateway: gateway.view.name,
          level: 'error',
          code: isCoded(error) ? error.code : 'E_FEED_INTERNAL',
          message: messageOf(error),
        })
      throw error
    }
  }

  function begin(one: Served): void {
    if (running === null) return
    one.done = serve(one, running)
    one.done.catch(() => undefined) // `runAll` looks at it when all are done.
  }

  async function end(ones: readonly Served[]): Promise<void> {
    for (const { stop } of ones) stop.abort()
    await Promise.allSettled(ones.map(({ done }) => done))
    for (const { gateway } of ones) gateway.close()
  }

  async function runAll(): Promise<void> {
    served.forEach(begin)
    let results: readonly PromiseSettledResult<void>[]
    let these: readonly Served[]
    do {
      these = served
      results = await Promise.allSettled(these.map(({ done }) => done))
      await adjusting
    } while (these !== served)
    if (lost !== null) throw lost
    const failures = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    )
    if (failures.length > 0 && (options.once || failures.length === served.length)) throw failures[0]
  }

  function schedule(): void {
    if (running === null || report === null) return
    const tell = (): void => served.forEach(({ gateway }) => emit(reportOf(gateway.view)))
    reports = startReports(report, tell, now)
  }

  async function change(next: FeedChange): Promise<void> {
    if (running?.aborted) return
    const kept = served.filter(({ settings }) =>
      next.gateways.some((one) => isDeepStrictEqual(one, settings)),
    )
    const leaving = served.filter((one) => !kept.includes(one))
    const isNamed = (name: string) => (one: Served) => one.settings.name === name
    // A folder that cannot be used is found before anything has changed; one of the same name is in use until then.
    const added = next.gateways.filter(({ name }) => !served.some(isNamed(name))).map(open)
    await end(leaving)
    const there = [...kept, ...added]
    try {
      served = next.gateways.map((settings) => there.find(isNamed(settings.name)) ?? open(settings))
    } catch (error) {
      lost = error as Error
      ended.abort()
      throw error
    }
    served.filter((one) => !kept.includes(one)).forEach(begin)
    if (next.report === report) return
    reports?.stop()
    reports = null
    report = next.report
    schedule()
  }

  return {
    get views() {
      return served.map(({ gateway }) => gateway.view)
    },
    on: (listener) => void listeners.push(listener),
    stop() {
      if (running?.aborted !== true) reason = 'asked'
      ended.abort()
    },
    adjust(next) {
      const done = adjusting.then(() => change(next))
      adjusting = done.catch(() => undefined)
      return done
    },
    async run(signal) {
      const started = monotonicMs()
      running = AbortSignal.any([signal, ended.signal])
      schedule()
      try {
        await runAll()
        if (options.once) reason = 'once'
      } finally {
        reports?.stop()
        for (const { gateway } of served) gateway.close()
      }
      const stopped: StoppedEvent = {
        event: 'stopped',
        reason,
        headers,
        withdrawals,
        milliseconds: monotonicMs() - started,
      }
      emit(stopped)
      return stopped
    },
  }
}

export function reportOf({ name, relay, withdrawals, treasury }: GatewayView): ReportEvent {
  return {
    event: 'report',
    gateway: name,
    published: relay?.plan?.top ?? null,
    lag: relay?.plan?.lag ?? null,
    headers: relay?.headers ?? 0,
    repairs: relay?.repairs ?? 0,
    paid: withdrawals?.paid ?? 0,
    headersLeft: treasury?.forecast?.headersLeft ?? null,
    state: relay?.state.state ?? 'starting',
  }
}
