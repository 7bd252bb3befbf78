/** `pegminer feed`: serves the gateways until it is interrupted, or until a backfill is published. */
import { join } from 'node:path'

import { isCoded, monotonicMs, sleep, wallMs } from '../../base/index.js'
import type { RpcCall } from '../../komodo/index.js'
import {
  askRange,
  createFeed,
  type Feed,
  type FeedConfig,
  type FeedOptions,
  type GatewayView,
} from '../../oracle/feed/index.js'
import { createFeedApi, createFeedBoard, createMetrics, type Metrics } from '../../telemetry/index.js'
import { EXIT } from '../program/context.js'
import { FEED_KEYS } from '../program/keys.js'
import type { Resources } from '../program/resources.js'
import { shownSettings } from '../program/shown.js'
import { versionOf } from '../program/version.js'
import { noticeClockSteps } from '../service/clock-notice.js'
import { feedLogLine } from '../service/log-lines.js'
import { openRecorder, RECORDS_FILE, type Recorder } from '../service/past.js'
import { serveMetrics, type ServedMetrics } from '../service/serve-metrics.js'
import type { FeedContext } from './context.js'
import type { FeedDev } from './dev.js'
import { tellFeed } from './head.js'
import { copyFeed, feedLive, feedReady } from './metrics.js'
import { gatewayNumbers } from './numbers.js'
import { lockFolder, type FeedPlan } from './plan.js'
import { createFeedReloader } from './reload.js'
import { feedLine } from './view.js'

/** Heights, both included. */
export interface Range {
  readonly from: number
  readonly to: number
}

interface FeedRun {
  readonly plan: FeedPlan
  readonly config: FeedConfig
  readonly resources: Resources
  readonly dev: FeedDev | null
  /** `feed backfill`: the end when these are published. */
  readonly until: Range | null
}

/** `pegminer feed backfill FROM TO`: asks the feed that runs for these headers, or publishes them itself. */
export function backfill(context: FeedContext, given: FeedRun & { readonly until: Range }): Promise<number> {
  const { settings, output } = context
  const { from, to } = given.until
  const dryRun = settings['feed.dryRun']
  const count = to - from + 1
  if (!dryRun)
    for (const { name, headers } of given.config.gateways)
      if (headers) askRange(join(given.plan.dataDir, name), from, to)
  output.line(
    dryRun
      ? ` ${count} heights: what the coming block would take of those that are missing.`
      : ` ${count} heights asked for. A feed that runs publishes them; else this one does, and what is due besides.`,
  )
  output.event({ event: 'backfill', from, to })
  return run(context, given)
}

export async function run(context: FeedContext, given: FeedRun): Promise<number> {
  const { plan, config, resources, until } = given
  const metrics = createMetrics({ version: versionOf(), network: plan.network })
  const options = optionsOf(context, given, metrics)
  const feed = createFeed(options)
  const recorder = openRecorder(options.dryRun ? null : join(plan.dataDir, RECORDS_FILE), (message) =>
    context.log.warn(message),
  )
  resources.add(() => recorder.close())
  const measuring = setInterval(() => measure(recorder, feed.views), MEASURE_MS)
  resources.add(() => clearInterval(measuring))
  const board = createFeedBoard()
  const served = await serve(context, given, { feed, metrics, recorder, board })
  const head = { plan, config, served, dryRun: options.dryRun }
  const done = listen(context, given, {
    feed,
    recorder,
    board,
    tellHead: () => tellFeed(context.output, head),
  })
  try {
    const { reason } = await feed.run(AbortSignal.any([context.signal, done]))
    if (done.aborted && !context.signal.aborted) return EXIT.done
    return reason === 'interrupted' ? EXIT.interrupted : EXIT.done
  } catch (error) {
    if (until !== null && isCoded(error) && error.code === 'E_FEED_LOCKED') {
      context.output.line(' The feed that runs takes them over.')
      return EXIT.done
    }
    throw error
  }
}

function optionsOf(
  { settings }: FeedContext,
  { plan, config, dev, until }: FeedRun,
  metrics: Metrics,
): FeedOptions {
  const dryRun = settings['feed.dryRun']
  const { requests, requestSeconds } = metrics.tree.feed
  return {
    gateways: config.gateways,
    dataDir: plan.dataDir,
    lockFolder: lockFolder(),
    dryRun,
    // A dry run publishes nothing, so waiting for it would never end.
    once: settings['feed.once'] || (dryRun && until !== null),
    ...(dryRun && until !== null ? { wanted: [[until.from, until.to]] } : {}),
    headers: settings['feed.blocks'] ?? null,
    withdrawals: dev === null ? null : 1,
    report: config.report,
    onCall: (gateway, chain, { method, result, milliseconds }: RpcCall) => {
      requests.inc({ gateway, chain, method, result })
      requestSeconds.observe({ chain, method }, milliseconds / 1000)
    },
    sleep,
    now: wallMs,
  }
}

interface RunParts {
  readonly feed: Feed
  readonly recorder: Recorder
  readonly board: ReturnType<typeof createFeedBoard>
}

/** Metrics, pages and API; what a reload changes; steps of the clock. */
async function serve(
  context: FeedContext,
  { plan, resources, until }: FeedRun,
  { feed, metrics, recorder, board }: RunParts & { readonly metrics: Metrics },
): Promise<ServedMetrics> {
  const { settings, output, log } = context
  const reloader = createFeedReloader(context, { feed, metrics })
  resources.add(() => reloader.close())
  const tokenNow = () => reloader.given.settings['telemetry.token']
  const clockSteps = noticeClockSteps({
    metrics,
    tell: (level, code, message) => {
      log[level](message, { code })
      output.event({ event: 'notice', level, code, message })
      board.notice({ level, code, message })
    },
  })
  resources.add(clockSteps.close)
  const live = () => feedLive(feed.views)
  const ready = () => feedReady(feed.views, wallMs())
  const served = await serveMetrics(
    { ...context, settings: { ...settings, 'telemetry.port': portOf(context, until) } },
    {
      metrics: () => {
        copyFeed(metrics.tree, feed.views, monotonicMs())
        return metrics.render()
      },
      contentType: metrics.registry.contentType,
      live,
      ready,
      api: createFeedApi({
        facts: {
          version: versionOf(),
          network: plan.network,
          startedAt: wallMs(),
          get changeable() {
            return tokenNow() !== undefined
          },
        },
        gateways: () => feed.views.map((view) => gatewayNumbers(view, monotonicMs())),
        live,
        ready,
        board,
        past: recorder,
        settings: () => shownSettings(reloader.given, FEED_KEYS),
        stop: () => feed.stop(),
      }),
    },
    { token: tokenNow, hosts: () => reloader.given.settings['telemetry.hosts'] },
  )
  resources.add(async () => served.server?.close())
  return served
}

/** Tells the feed's events, the first of which shows that no other feed holds its folders. The signal is aborted when all gateways have published what the backfill asked for. */
function listen(
  { output }: FeedContext,
  { plan, config, dev, until }: FeedRun,
  { feed, recorder, board, tellHead }: RunParts & { readonly tellHead: () => void },
): AbortSignal {
  // A backfill that a running feed takes over needs no head.
  let isTold = until === null
  if (isTold) tellHead()
  const enough = new AbortController()
  const left = new Set(
    until === null ? [] : config.gateways.flatMap(({ name, headers }) => (headers ? [name] : [])),
  )
  const finish = (gateway: string): void => {
    if (left.delete(gateway) && left.size === 0) enough.abort()
  }
  let isRecorded = false
  feed.on((event) => {
    // Another feed serves this gateway and takes the heights over.
    if (until !== null && event.event === 'notice' && event.code === 'E_FEED_LOCKED')
      return finish(event.gateway)
    if (!isTold) tellHead()
    isTold = true
    if (!isRecorded) recorder.tell(startLine(plan.network))
    isRecorded = true
    output.event(event)
    const line = feedLine(event, output.paint, wallMs())
    if (line !== null) output.line(line)
    dev?.hear(event)
    const logged = feedLogLine(event)
    if (logged) recorder.tell(logged)
    if (event.event === 'notice') board.notice(event)
    if (event.event === 'header') board.header(event)
    if (event.event === 'backfilled' && event.to === until?.to) finish(event.gateway)
  })
  return enough.signal
}

const startLine = (network: string) => ({
  level: 'info' as const,
  code: 'start',
  message: `pegminer ${versionOf()}, the feed on ${network}`,
})

/** The port after the miner's, if none is given: both may run on one machine. A few old heights need no page. */
const FEED_PORT = 9469

function portOf({ settings, origins }: FeedContext, until: Range | null): number | 'off' {
  if (origins['telemetry.port'] !== 'default') return settings['telemetry.port']
  return until === null ? FEED_PORT : 'off'
}

/** What the page shows over time. */
const MEASURE_MS = 10_000

function measure(recorder: Recorder, views: readonly GatewayView[]): void {
  for (const { name, relay, treasury } of views) {
    const lag = relay?.plan?.lag
    const headersLeft = treasury?.forecast?.headersLeft ?? relay?.budget?.headersLeft
    const coins = { oracle: relay?.budget?.sat, wallet: treasury?.wallet }
    if (lag !== undefined) recorder.measure(`lag:${name}`, lag)
    if (headersLeft !== undefined) recorder.measure(`headers-left:${name}`, headersLeft)
    for (const [what, sat] of Object.entries(coins))
      if (sat !== undefined && sat !== null) recorder.measure(`${what}:${name}`, Number(sat) / 1e8)
  }
}
