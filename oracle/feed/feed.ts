/** All gateways of a process, each for itself; what they tell, and when it is over. */
import { join } from 'node:path'

import cron from 'node-cron'

import { isCoded, messageOf } from '../../config/index.js'
import type { RpcCall } from '../../komodo/index.js'
import type { FeedEvent, ReportEvent, StoppedEvent } from './events.js'
import { createGateway, type Gateway, type GatewayView } from './gateway.js'
import type { GatewaySettings } from './settings.js'

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
  readonly onCall?: (gateway: string, chain: 'asset' | 'reference', call: RpcCall) => void
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  readonly now: () => number
}

export interface Feed {
  readonly views: readonly GatewayView[]
  on(listener: (event: FeedEvent) => void): void
  /** Resolves when it is over, with the last event. Rejects if no gateway could run at all. */
  run(signal: AbortSignal): Promise<StoppedEvent>
}

export const isCronExpression = (text: string): boolean => cron.validate(text)

export function createFeed(options: FeedOptions): Feed {
  const { now } = options
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

  const gateways: readonly Gateway[] = options.gateways.map((settings) =>
    createGateway(settings, {
      folder: join(options.dataDir, settings.name),
      lockFolder: options.lockFolder,
      dryRun: options.dryRun,
      emit,
      ...(options.onCall ? { onCall: options.onCall } : {}),
      sleep: options.sleep,
      now,
    }),
  )

  /** A gateway that cannot run at all is told, and the others go on. */
  async function runAll(signal: AbortSignal): Promise<void> {
    const step = (gateway: Gateway): Promise<void> =>
      options.once ? gateway.once(signal) : gateway.run(signal)
    const results = await Promise.allSettled(
      gateways.map(async (gateway) => {
        try {
          await step(gateway)
        } catch (error) {
          if (signal.aborted) return
          if (gateways.length > 1)
            emit({
              event: 'notice',
              gateway: gateway.view.name,
              level: 'error',
              code: isCoded(error) ? error.code : 'E_FEED_INTERNAL',
              message: messageOf(error),
            })
          throw error
        }
      }),
    )
    const failures = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    )
    if (failures.length > 0 && (options.once || failures.length === gateways.length)) throw failures[0]
  }

  return {
    get views() {
      return gateways.map(({ view }) => view)
    },
    on: (listener) => void listeners.push(listener),
    async run(signal) {
      const started = now()
      const both = AbortSignal.any([signal, ended.signal])
      const reports =
        options.report === null
          ? null
          : cron.schedule(options.report, () => gateways.forEach(({ view }) => emit(reportOf(view))), {
              timezone: 'Etc/UTC',
            })
      try {
        await runAll(both)
        if (options.once) reason = 'once'
      } finally {
        await reports?.stop()
        for (const gateway of gateways) gateway.close()
      }
      const stopped: StoppedEvent = {
        event: 'stopped',
        reason,
        headers,
        withdrawals,
        milliseconds: now() - started,
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
