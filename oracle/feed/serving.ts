/** The gateways that a feed serves, each for itself, and how others take their place. */
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

import { CLOCK, isCoded, messageOf } from '../../base/index.js'
import type { GatewayDeps } from './assemble.js'
import { createBuildQueue } from './build-queue.js'
import type { GatewaySettings } from './config.js'
import type { FeedEvent } from './events.js'
import { createGateway, type Gateway } from './gateway.js'

export interface ServingOptions extends Pick<
  GatewayDeps,
  'lockFolder' | 'dryRun' | 'onCall' | 'sleep' | 'now'
> {
  readonly gateways: readonly GatewaySettings[]
  /** Each gateway has a folder of its name in it. */
  readonly dataDir: string
  /** One pass of each gateway, then the end. */
  readonly once: boolean
  /** Heights that a dry run is asked for: it leaves the requests of a feed that runs where they are. */
  readonly wanted?: GatewayDeps['wanted']
  readonly monotonicMs?: () => number
}

export interface ServingParts {
  readonly emit: (event: FeedEvent) => void
  /** Called when what is served is no longer what was asked for: then all of it ends. */
  readonly lose: () => void
}

/** A gateway at work. */
interface Served {
  readonly settings: GatewaySettings
  readonly gateway: Gateway
  readonly stop: AbortController
  done: Promise<void>
}

export function createServing(options: ServingOptions, { emit, lose }: ServingParts) {
  const queue = createBuildQueue()
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
      now: options.now,
      monotonicMs: options.monotonicMs ?? CLOCK.monotonicMs,
    }),
    stop: new AbortController(),
    done: Promise.resolve(),
  })
  let served: readonly Served[] = options.gateways.map(open)
  let running: AbortSignal | null = null
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
    one.done.catch(() => undefined) // `run` throws its error once all have ended.
  }

  async function end(ones: readonly Served[]): Promise<void> {
    for (const { stop } of ones) stop.abort()
    await Promise.allSettled(ones.map(({ done }) => done))
    for (const { gateway } of ones) gateway.close()
  }

  return {
    get views() {
      return served.map(({ gateway }) => gateway.view)
    },
    /**
     * Resolves when all gateways have ended, those too that `change` is bringing up. Throws if no gateway could run at
     * all.
     */
    async run(signal: AbortSignal, changing: () => Promise<void>): Promise<void> {
      running = signal
      served.forEach(begin)
      let results: readonly PromiseSettledResult<void>[]
      let these: readonly Served[]
      do {
        these = served
        results = await Promise.allSettled(these.map(({ done }) => done))
        await changing()
      } while (these !== served)
      if (lost !== null) throw lost
      const failures = results.flatMap((result) =>
        result.status === 'rejected' ? [result.reason as unknown] : [],
      )
      if (failures.length > 0 && (options.once || failures.length === served.length)) throw failures[0]
    },
    /** Those that are configured as before are not touched. */
    async change(gateways: readonly GatewaySettings[]): Promise<void> {
      const kept = served.filter(({ settings }) => gateways.some((one) => isDeepStrictEqual(one, settings)))
      const leaving = served.filter((one) => !kept.includes(one))
      const isNamed = (name: string) => (one: Served) => one.settings.name === name
      // A folder that cannot be used is found before anything has changed; one of the same name is in use until then.
      const added = gateways.filter(({ name }) => !served.some(isNamed(name))).map(open)
      await end(leaving)
      const there = [...kept, ...added]
      try {
        served = gateways.map((settings) => there.find(isNamed(settings.name)) ?? open(settings))
      } catch (error) {
        lost = error as Error
        lose()
        throw error
      }
      served.filter((one) => !kept.includes(one)).forEach(begin)
    },
    close(): void {
      for (const { gateway } of served) gateway.close()
    },
  }
}
