/** `pegminer feed`: puts the gateways together, shows what happens, shuts down cleanly. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { isCoded, messageOf, monotonicMs, wallMs } from '../../base/index.js'
import {
  accessOf,
  coinsText,
  createKomodoClient,
  inspectRegistration,
  isAway,
  type KomodoClient,
  type RpcCall,
} from '../../komodo/index.js'
import {
  askRange,
  askRuling,
  askSettle,
  checkGateway,
  createFeed,
  mayRegister,
  peekState,
  registerError,
  waitingRegistration,
  whyNotRelease,
  type FeedConfig,
  type FeedEvent,
  type FeedOptions,
  type GatewaySettings,
  type GatewayView,
} from '../../oracle/index.js'
import { createFeedApi, createFeedBoard, createMetrics, type Metrics } from '../../telemetry/index.js'
import { noticeClockSteps } from '../service/clock-notice.js'
import { EXIT, type CommandContext } from '../program/context.js'
import { fail } from '../program/errors.js'
import type { FeedDev, FeedDevOptions } from './dev.js'
import { copyFeed, feedLive, feedReady } from './metrics.js'
import { gatewayNumbers } from './numbers.js'
import { tellFeed } from './head.js'
import { feedPlanOf, lockFolder, type FeedPlan, type FeedSections } from './plan.js'
import { createFeedReloader } from './reload.js'
import { FEED_KEYS, type FeedKey } from '../program/keys.js'
import { feedLogLine } from '../service/log-lines.js'
import { openRecorder, RECORDS_FILE, type Recorder } from '../service/past.js'
import { defaultDataDir } from '../mine/plan.js'
import { RUNNING_FILE } from '../network/running.js'
import { openResources, type Resources } from '../program/resources.js'
import { serveMetrics } from '../service/serve-metrics.js'
import { shownSettings } from '../program/shown.js'
import { versionOf } from '../program/version.js'
import { checkLines, feedLine, statusLines } from './view.js'

type Context = CommandContext<FeedKey, FeedSections>

const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
  try {
    await wait(ms, undefined, { signal })
  } catch {
    // aborted: the caller looks at its signal
  }
}

export async function feed(context: Context): Promise<number> {
  const { settings, origins, positionals, sections } = context
  const hasDevFeed = existsSync(join(settings['data.dir'] ?? defaultDataDir('dev'), 'komodo', RUNNING_FILE))
  const plan = feedPlanOf(settings, origins, { positionals, section: sections.feed, hasDevFeed })
  const resources = openResources()
  try {
    const { action } = plan
    if (action.do === 'approve' || action.do === 'reject') return rule(context, plan, action)
    if (action.do === 'settle') return settle(context, plan, action.withdrawTxid)
    const dev = plan.config === null && action.do === 'run' ? await embed(context, plan, resources) : null
    const config = plan.config ?? dev?.config ?? (await embedded(context, plan, resources))
    switch (action.do) {
      case 'check':
        return await check(context, config, resources)
      case 'status':
        return await status(context, plan, config)
      case 'register':
        return await register(context, config, resources)
      case 'backfill':
        askHeights(context, plan, { config, range: action })
        return await run(context, plan, { config, resources, dev, until: action })
      case 'run':
        return await run(context, plan, { config, resources, dev, until: null })
    }
  } finally {
    await resources.close()
  }
}

function askHeights(
  { settings, output }: Context,
  plan: FeedPlan,
  { config, range: { from, to } }: { readonly config: FeedConfig; readonly range: Range },
): void {
  const dryRun = settings['feed.dryRun']
  const count = to - from + 1
  if (!dryRun)
    for (const { name, headers } of config.gateways) if (headers) askRange(join(plan.dataDir, name), from, to)
  output.line(
    dryRun
      ? ` ${count} heights: what the coming block would take of those that are missing.`
      : ` ${count} heights asked for. A feed that runs publishes them; else this one does, and what is due besides.`,
  )
  output.event({ event: 'backfill', from, to })
}

interface Range {
  readonly from: number
  readonly to: number
}

interface Running {
  readonly config: FeedConfig
  readonly resources: Resources
  readonly dev: FeedDev | null
  /** `feed backfill`: the end when these are published. */
  readonly until: Range | null
}

async function run(
  context: Context,
  plan: FeedPlan,
  { config, resources, dev, until }: Running,
): Promise<number> {
  const { settings, output, log, signal } = context
  const metrics = createMetrics({ version: versionOf(), network: plan.network })
  const options: FeedOptions = {
    gateways: config.gateways,
    dataDir: plan.dataDir,
    lockFolder: lockFolder(),
    dryRun: settings['feed.dryRun'],
    // A dry run publishes nothing, so waiting for it would never end.
    once: settings['feed.once'] || (settings['feed.dryRun'] && until !== null),
    ...(settings['feed.dryRun'] && until !== null ? { wanted: [[until.from, until.to]] } : {}),
    headers: settings['feed.blocks'] ?? null,
    withdrawals: dev === null ? null : 1,
    report: config.report,
    onCall: (gateway, chain, call) => countCall(metrics, { gateway, chain, call }),
    sleep,
    now: wallMs,
  }
  const feed = createFeed(options)
  const reloader = createFeedReloader(context, { feed, metrics })
  resources.add(() => reloader.close())
  const tokenNow = () => reloader.given.settings['telemetry.token']
  const board = createFeedBoard()
  const records = options.dryRun ? null : join(plan.dataDir, RECORDS_FILE)
  const recorder = openRecorder(records, (message) => log.warn(message))
  resources.add(() => recorder.close())
  recorder.tell({
    level: 'info',
    code: 'start',
    message: `pegminer ${versionOf()}, the feed on ${plan.network}`,
  })
  const measuring = setInterval(() => measure(recorder, feed.views), MEASURE_MS)
  resources.add(() => clearInterval(measuring))
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
  const head = { plan, config, served, dryRun: options.dryRun }
  // What a running feed takes over needs none.
  let isTold = until === null
  if (isTold) tellFeed(output, head)
  const enough = new AbortController()
  const left = new Set(
    until === null ? [] : config.gateways.flatMap(({ name, headers }) => (headers ? [name] : [])),
  )
  feed.on((event: FeedEvent) => {
    if (!isTold) tellFeed(output, head)
    isTold = true
    output.event(event)
    const line = feedLine(event, output.paint, wallMs())
    if (line !== null) output.line(line)
    dev?.hear(event)
    const logged = feedLogLine(event)
    if (logged) recorder.tell(logged)
    if (event.event === 'notice') board.notice(event)
    if (event.event === 'header') {
      board.header(event)
    }
    if (
      event.event === 'backfilled' &&
      event.to === until?.to &&
      left.delete(event.gateway) &&
      left.size === 0
    )
      enough.abort()
  })
  try {
    const { reason } = await feed.run(AbortSignal.any([signal, enough.signal]))
    if (enough.signal.aborted && !signal.aborted) return EXIT.done
    return reason === 'interrupted' ? EXIT.interrupted : EXIT.done
  } catch (error) {
    if (until !== null && isCoded(error) && error.code === 'E_FEED_LOCKED') {
      output.line(' The feed that runs takes them over.')
      return EXIT.done
    }
    throw error
  }
}

/** The port after the miner's, if none is given: both may run on one machine. A few old heights need no page. */
const FEED_PORT = 9469

function portOf({ settings, origins }: Context, until: Range | null): Context['settings']['telemetry.port'] {
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

function countCall(
  { tree: { feed } }: Metrics,
  { gateway, chain, call }: { gateway: string; chain: string; call: RpcCall },
): void {
  const { method, result, milliseconds } = call
  feed.requests.inc({ gateway, chain, method, result })
  feed.requestSeconds.observe({ chain, method }, milliseconds / 1000)
}

/** Loaded only when it is wanted. */
async function embed(context: Context, plan: FeedPlan, resources: Resources): Promise<FeedDev> {
  const { startFeedDev } = await import('./dev.js')
  return startFeedDev(devOptions(context, plan), resources)
}

/** The same chains for a command that works beside the running feed. */
async function embedded(context: Context, plan: FeedPlan, resources: Resources): Promise<FeedConfig> {
  const { findFeedDev } = await import('./dev.js')
  return findFeedDev(devOptions(context, plan), resources)
}

function devOptions({ settings, log }: Context, plan: FeedPlan): FeedDevOptions {
  return {
    dataDir: join(plan.dataDir, '..', 'komodo'),
    depth: settings['feed.depth'],
    poll: settings['feed.poll'],
    onError: (error) => log.error('the embedded chains stand still', { error }),
  }
}

function clientsOf(
  gateway: GatewaySettings,
  resources: Resources,
): { asset: KomodoClient; reference: KomodoClient } {
  const clientOf = (which: 'asset' | 'reference'): KomodoClient => {
    const client = createKomodoClient({
      access: () => accessOf(gateway[which]),
      name: gateway[which].name,
      timeoutMs: gateway.timeoutMs,
    })
    resources.add(() => client.close())
    return client
  }
  return { asset: clientOf('asset'), reference: clientOf('reference') }
}

/** Exit code 1 if something fails. */
async function check({ output, signal }: Context, config: FeedConfig, resources: Resources): Promise<number> {
  let failed = false
  for (const gateway of config.gateways) {
    const { lines, setup } = await checkGateway(gateway, clientsOf(gateway, resources), {
      signal,
      mend: false,
    })
    output.line(output.paint('bold', gateway.name))
    checkLines(lines, output.paint).forEach((line) => output.line(line))
    for (const line of lines) output.event({ event: 'check', gateway: gateway.name, ...line })
    failed ||= setup === null
  }
  output.event({ event: 'checked', ok: !failed })
  return failed ? EXIT.failure : EXIT.done
}

/** From the state files, and from the chains if the daemons answer. */
async function status(context: Context, plan: FeedPlan, config: FeedConfig): Promise<number> {
  const { output, signal } = context
  const feed = createFeed({
    gateways: config.gateways,
    dataDir: plan.dataDir,
    lockFolder: lockFolder(),
    dryRun: true,
    once: true,
    headers: null,
    withdrawals: null,
    report: null,
    sleep,
    now: wallMs,
  })
  const views = feed.views
  let trouble = ''
  await feed.run(signal).catch((error: unknown) => {
    trouble = messageOf(error)
  })
  const after = feed.views
  for (const [k, { name }] of views.entries()) {
    const state = peekState(join(plan.dataDir, name))
    const view = after[k] ?? null
    statusLines(name, state, { paint: output.paint, view }).forEach((line) => output.line(line))
    output.event({
      event: 'status',
      gateway: name,
      published: view?.relay?.plan?.top ?? null,
      tip: view?.relay?.tip ?? null,
      lag: view?.relay?.plan?.lag ?? null,
      gaps: view?.relay?.plan?.gaps ?? null,
      budget: view?.relay?.budget?.perBlock ?? null,
      headersLeft: view?.relay?.budget?.headersLeft ?? null,
      wanted: state.wanted,
      withdrawals: Object.values(state.withdrawals).map(({ withdrawTxid, step, amount, to, message }) => ({
        withdrawtxid: withdrawTxid,
        state: step,
        amount: Number(amount) / 1e8,
        to,
        message,
      })),
    })
  }
  if (trouble !== '') output.line(`  the chains could not be asked: ${trouble}`)
  return EXIT.done
}

function rule(
  { output }: Context,
  plan: FeedPlan,
  action: { readonly do: 'approve' | 'reject'; readonly withdrawTxid: string },
): number {
  const knowing = gatewaysThatKnow(plan, action.withdrawTxid)
  for (const name of knowing) askRuling(join(plan.dataDir, name), action.withdrawTxid, action.do)
  const done = { approve: 'approved', reject: 'rejected' }[action.do]
  output.line(` ${done}: ${action.withdrawTxid} (${knowing.join(', ')}); the feed that runs goes by it.`)
  output.event({ event: 'ruling', withdrawtxid: action.withdrawTxid, ruling: action.do, gateways: knowing })
  return EXIT.done
}

function gatewaysThatKnow(plan: FeedPlan, withdrawTxid: string): readonly string[] {
  const names = plan.config?.gateways.map(({ name }) => name) ?? foldersIn(plan.dataDir)
  const knowing = names.filter(
    (name) => peekState(join(plan.dataDir, name)).withdrawals[withdrawTxid] !== undefined,
  )
  if (knowing.length > 0) return knowing
  throw fail('E_CLI_FEED', `no gateway knows a withdrawal ${withdrawTxid}: see feed status`)
}

/** The running feed does it, after it has asked both chains once more whether the withdrawal was signed or paid. */
function settle({ settings, output }: Context, plan: FeedPlan, withdrawTxid: string): number {
  const knowing = gatewaysThatKnow(plan, withdrawTxid)
  const records = knowing.flatMap(
    (name) => peekState(join(plan.dataDir, name)).withdrawals[withdrawTxid] ?? [],
  )
  for (const record of records) {
    const why = whyNotRelease(record)
    if (why !== null) throw fail('E_CLI_FEED', `${withdrawTxid} is not released without a payment: ${why}`)
  }
  const [record] = records
  const amount = coinsText(BigInt(record?.amount ?? 0))
  if (!settings['confirm.yes'])
    throw fail(
      'E_CLI_CONFIRM',
      `${record?.to} would get nothing for ${amount}, for good: give --yes to release ${withdrawTxid}`,
    )
  for (const name of knowing) askSettle(join(plan.dataDir, name), withdrawTxid)
  output.line(
    ` asked for: ${withdrawTxid} (${knowing.join(', ')}) ends without a payment; the feed that runs does it.`,
  )
  output.event({ event: 'settle', withdrawtxid: withdrawTxid, gateways: knowing })
  return EXIT.done
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true }).flatMap((item) =>
    item.isDirectory() ? [item.name] : [],
  )
}

/** Funds the oracle and registers the key, if it is not; a second registration is refused. */
async function register(
  { output, signal }: Context,
  config: FeedConfig,
  resources: Resources,
): Promise<number> {
  for (const gateway of config.gateways) {
    const { asset } = clientsOf(gateway, resources)
    const { oracleTxid, pubkey } = gateway
    const oracle = await asset.oracleInfo(oracleTxid, { signal })
    if (!mayRegister(oracle.registered, pubkey)) throw registerError(pubkey)
    const waiting = await waitingRegistration(asset, { oracleTxid, publisher: pubkey }, { signal })
    if (waiting !== null) throw registerError(pubkey, waiting)
    const { blocks: height } = await asset.chainInfo({ signal })
    const around = { height, pubkey }
    const funded = inspectRegistration(
      await asset.oracleFund(oracleTxid, { signal }),
      { oracleTxid, sat: null },
      around,
    )
    await asset.send(funded.hex, { signal })
    const hex = await patient(() => asset.oracleRegister(oracleTxid, REGISTER_FEE, { signal }), signal)
    const registered = inspectRegistration(hex, { oracleTxid, sat: REGISTER_FEE }, around)
    await asset.send(registered.hex, { signal })
    output.line(` ${gateway.name}: registered with a fee of 0.001 a header, ${registered.txid}`)
    output.event({ event: 'registered', gateway: gateway.name, txid: registered.txid })
  }
  return EXIT.done
}

const REGISTER_FEE = 100_000n

/** The wallet learns of its own change within a second. */
async function patient<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      if (attempt >= 4 || signal.aborted || isAway(error)) throw error
      await sleep(1_100, signal)
    }
  }
}
