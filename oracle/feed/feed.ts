/** All gateways of a process, each for itself; what they tell, and when it is over. */
import { CLOCK } from '../../base/index.js'
import type { FeedEvent, ReportEvent, StoppedEvent } from './events.js'
import type { GatewayView } from './gateway.js'
import { startReports, type Reports } from './reports.js'
import { createServing, type ServingOptions } from './serving.js'

export interface FeedOptions extends ServingOptions {
  /** Ends after so many headers; null: it does not end. */
  readonly headers: number | null
  /** Ends, if given, only after so many withdrawals are done as well. */
  readonly withdrawals: number | null
  /** When reports are made: a cron expression, UTC; null: never. */
  readonly report: string | null
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

export function createFeed(options: FeedOptions): Feed {
  const { now, monotonicMs = CLOCK.monotonicMs } = options
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

  const serving = createServing(options, { emit, lose: () => ended.abort() })
  let { report } = options
  let reports: Reports | null = null
  let running: AbortSignal | null = null
  let adjusting: Promise<void> = Promise.resolve()

  function schedule(): void {
    if (running === null || report === null) return
    const tell = (): void => serving.views.forEach((view) => emit(reportOf(view)))
    reports = startReports(report, tell, now)
  }

  async function change(next: FeedChange): Promise<void> {
    if (running?.aborted) return
    await serving.change(next.gateways)
    if (next.report === report) return
    reports?.stop()
    reports = null
    report = next.report
    schedule()
  }

  return {
    get views() {
      return serving.views
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
        await serving.run(running, () => adjusting)
        if (options.once) reason = 'once'
      } finally {
        reports?.stop()
        serving.close()
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
