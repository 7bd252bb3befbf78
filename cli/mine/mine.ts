/** `pegminer mine`: puts the rooms together, shows what happens, shuts down cleanly. */
import { homedir } from 'node:os'
import { join } from 'node:path'

import { wallMs } from '../../base/index.js'
import {
  createFactomClient,
  ecKey,
  type EcKey,
  type FactomClient,
  type FactomClientOptions,
} from '../../factom/index.js'
import { byteMapInfo, type OpenByteMap } from '../../lxrhash/index.js'
import {
  createMiner,
  minerSlots,
  rivalSlots,
  startRivals,
  type Miner,
  type MinerEvent,
  type MinerOptions,
} from '../../miner/index.js'
import { HISTORY_FILE, type PriceFeed, type PriceSettings } from '../../oracle/index.js'
import {
  createApi,
  createBoard,
  createMetrics,
  liveChecks,
  readyChecks,
  watchFeed,
  type Metrics,
} from '../../telemetry/index.js'
import { openMap, paramsOf } from '../bytemap/open.js'
import { noticeClockSteps } from '../service/clock-notice.js'
import { checkHeight } from './check-height.js'
import { connect, payerKey } from '../network/connect.js'
import { devBits } from '../network/dev-bits.js'
import { EXIT, type CommandContext } from '../program/context.js'
import { memoryNodes } from '../service/cpus.js'
import { requireDataDir } from '../service/data-dir.js'
import { bytesText, durationText, plural, rateText, tilde } from '../view/format.js'
import { openKeyboard } from '../service/keyboard.js'
import { MINE_KEYS, type MineKey } from '../program/keys.js'
import { machineOf } from '../service/machine.js'
import { BESIDE } from '../service/memory.js'
import { MINE_KEY_HELP, mineKeys } from './keys.js'
import { minerLogLine } from '../service/log-lines.js'
import { planOf, type MinePlan } from './plan.js'
import { adjustableOf, createMineReloader, type MineSections } from './reload.js'
import { createMineKeeper, testWatchdog } from './watch.js'
import { createPast, openRecorder, RECORDS_FILE } from '../service/past.js'
import { priceOpener, warmUp } from './price-setup.js'
import { openResources, type Resources } from '../program/resources.js'
import { serveMetrics } from '../service/serve-metrics.js'
import { createService } from '../service/service.js'
import { shownSettings } from '../program/shown.js'
import { standIn } from '../service/stand-in.js'
import { versionOf } from '../program/version.js'
import { keeperSettingsOf } from '../service/watch-plan.js'
import { factPrinter } from '../view/facts.js'
import { helpLine } from '../view/keys.js'
import { incompleteLine } from '../view/prices.js'
import { createEventView } from '../view/stream.js'

type Context = CommandContext<MineKey, MineSections>
type NodeHooks = Pick<FactomClientOptions, 'onCall' | 'onSwitch'>

/** How the miner reaches the network, and who pays there. */
interface MineNetwork {
  readonly client: FactomClient
  readonly key: EcKey
  readonly prices: PriceSettings
  /** How to end minutes and set faults, on dev. */
  readonly control?: { readonly url: string; readonly token: string }
  /** Where the embedded exchange is, if the prices are its. */
  readonly exchange?: string
}

/** A speed line each minute; on dev a whole block may take less. */
const SPEED_MS = { dev: 10_000, other: 60_000 }

export async function mine(context: Context): Promise<number> {
  const { settings, output, signal } = context
  const planned = planOf(settings, context.origins)
  const plan =
    planned.network.name === 'dev'
      ? { ...planned, bits: devBits(planned.dataDir, settings['lxrhash.bits']) }
      : planned
  const machine = machineOf()
  if (settings['watchdog.test'])
    return testWatchdog(settings, {
      ...{ output, signal },
      dataDir: plan.dataDir,
      network: plan.network.name,
    })
  requireDataDir(plan.dataDir)
  const rivals = plan.network.name === 'dev' ? settings['network.rivals'] : 0
  const fact = factPrinter(output)
  const resources = openResources()
  try {
    fact(
      'pegminer',
      `${versionOf()}, Node.js ${process.versions.node}, ${process.platform} ${process.arch}; times are UTC`,
    )
    fact('cpu', `${machine.cpu}, ${machine.cores} ${machine.cores === 1 ? 'core' : 'cores'}`)
    fact('memory', `${bytesText(machine.memory)}, ${bytesText(machine.freeMemory)} free`)
    const nodes = memoryNodes()
    if (nodes > 1)
      fact('', `on ${nodes} nodes: numactl --interleave=all pegminer … spreads the ByteMap over them`)
    if (context.config) fact('settings', context.config.name)
    const terms = adjustableOf(settings, plan, machine.cores)
    const { threads } = terms
    // Threads may become as many as there are cores while it runs: their share of the memory is set aside now.
    const capacity = Math.max(threads, machine.cores)
    const open = (): Promise<OpenByteMap> =>
      openMap(context, {
        params: paramsOf({ 'lxrhash.bits': plan.bits }),
        slots: minerSlots({ threads, capacity }) + rivalSlots(rivals),
        beside: BESIDE.mining,
      })
    // Prices are asked for while the map is opened; but a chain of our own does not begin before a map is built.
    const isBuiltFirst = plan.network.name === 'dev' && !(await isBuilt(settings, plan))
    if (isBuiltFirst)
      await (await import('../network/dev-network.js')).requireDevNetwork(plan.dataDir, settings)
    const early = isBuiltFirst ? await open() : undefined
    const metrics = createMetrics({ version: versionOf(), network: plan.network.name })
    let tell: (event: MinerEvent) => void = () => {}
    const notice = (level: 'info' | 'warn' | 'error', code: string, message: string): void =>
      tell({ event: 'notice', level, code, message })
    const hooks: NodeHooks = {
      onCall: (call) => metrics.factomCall(call),
      onSwitch: ({ from, to, why }) => {
        metrics.tree.factom.switches.inc()
        const message = `from ${from} to ${to}: ${why}`
        notice('warn', 'E_FACTOM_SWITCHED', message)
      },
    }
    const around =
      plan.network.name === 'dev'
        ? await embed(context, plan, { resources, hooks })
        : await outside(context, plan, hooks)
    await checkHeight(context, plan.network, around.client)
    const behindClient = standIn(around.client)
    const client = behindClient.proxy
    resources.add(() => client.close())
    const openPrices = feedOpener(context, { metrics, dataDir: plan.dataDir })
    const behindPrices = standIn(openPrices(around.prices))
    const prices = behindPrices.proxy
    resources.add(() => prices.close())
    metrics.observePrices(prices)
    const stop = new AbortController()
    const ending = AbortSignal.any([signal, stop.signal])
    const warm = warmUp(prices, ending, (error) =>
      context.log.warn('prices were not asked for in advance', { error }),
    )
    const map = early ?? (await open())
    metrics.tree.miner.byteMapBytes.set(2 ** plan.bits)
    metrics.tree.miner.byteMapSeconds.set(map.milliseconds / 1000)
    metrics.tree.miner.hugePages.set(map.pages.share)
    fact('bytemap', mapText(map))
    fact('', tilde(map.file, homedir()))
    fact('', pagesText(map))
    fact('kernel', kernelText(map))
    fact('threads', threadsText(terms))

    const options: MinerOptions = {
      ...terms,
      network: plan.network,
      machineId: settings['miner.machineId'],
      capacity,
      dryRun: settings['miner.dryRun'],
      dataDir: plan.dataDir,
    }
    const tools = { client, ecKey: around.key, byteMap: map }
    const miner = createMiner(options, { ...tools, prices })
    if (rivals > 0) {
      const { network, dataDir } = plan
      const firstHasher = minerSlots(options)
      const outsiders = startRivals({
        ...tools,
        ...{ count: rivals, network, miner, firstHasher, dataDir, onNotice: notice },
      })
      resources.add(() => outsiders.stop())
    }
    metrics.observe(miner.view)
    const board = createBoard()
    const recorder = openRecorder(join(plan.dataDir, RECORDS_FILE), (message) => context.log.warn(message))
    resources.add(() => recorder.close())
    recorder.tell({
      level: 'info',
      code: 'start',
      message: `pegminer ${versionOf()} on ${plan.network.name}`,
    })
    const past = createPast(join(plan.dataDir, HISTORY_FILE), recorder)
    resources.add(() => past.close())
    const live = () => liveChecks(miner.view)
    const service = createService({ live })
    resources.add(() => service.close())
    const keeper = createMineKeeper({
      ...{ settings, miner, metrics, tell: notice },
      dataDir: plan.dataDir,
      network: plan.network.name,
      identity: () => reloader.given.settings['miner.identity'] ?? plan.identity,
    })
    resources.add(() => keeper.close())
    const clockSteps = noticeClockSteps({ metrics, tell: notice })
    resources.add(clockSteps.close)
    const reloader = createMineReloader(context, {
      ...{ plan, capacity, miner, hooks, openPrices, metrics, resources },
      cores: machine.cores,
      signal: ending,
      client: behindClient,
      prices: behindPrices,
      exchange: around.exchange,
      tell: notice,
      onBegin: service.reloading,
      onReload: (report) => {
        service.reloaded()
        output.event({ event: 'reload', ...report })
      },
      onApply: (next) => keeper.adjust(keeperSettingsOf(next.settings)),
    })
    resources.add(() => reloader.close())
    const tokenNow = () => reloader.given.settings['telemetry.token']
    const feedPage = settings['telemetry.feed']
    const feed = feedPage === undefined ? undefined : watchFeed({ url: feedPage })
    if (feed) resources.add(() => feed.close())
    const actions = {
      pause: () => keeper.holds.set('manual', true),
      resume: () => keeper.holds.set('manual', false),
      stop: () => {
        miner.stop()
        stop.abort()
      },
    }
    const { server, text: metricsText } = await serveMetrics(
      context,
      {
        metrics: () => metrics.render(),
        contentType: metrics.registry.contentType,
        live,
        ready: () => readyChecks(miner.view),
        api: createApi({
          facts: {
            version: versionOf(),
            network: plan.network.name,
            get identity() {
              return reloader.given.settings['miner.identity'] ?? plan.identity
            },
            get coinbase() {
              return reloader.given.settings['miner.coinbase'] ?? plan.coinbase
            },
            startedAt: wallMs(),
            get changeable() {
              return tokenNow() !== undefined
            },
          },
          view: miner.view,
          board,
          holds: () => keeper.holds.reasons,
          feed: feed && (() => feed.seen),
          past,
          settings: () => shownSettings(reloader.given, MINE_KEYS),
          actions,
        }),
      },
      { token: tokenNow, hosts: () => reloader.given.settings['telemetry.hosts'] },
    )
    if (server) resources.add(() => server.close())

    networkFacts(context, plan, { around, client, prices }).forEach(([label, value]) => fact(label, value))
    fact('status', metricsText)
    output.line()
    output.event({
      event: 'start',
      version: versionOf(),
      network: plan.network.name,
      threads,
      identity: plan.identity,
      coinbase: plan.coinbase,
      ecAddress: around.key.address,
      factomd: client.url,
      control: around.control ?? null,
      exchange: around.exchange ?? null,
      sources: prices.sourceNames,
      metrics: server ? `${server.url}/metrics` : null,
      dataDir: plan.dataDir,
      config: context.config?.name ?? null,
    })
    const view = createEventView({
      output,
      speedEveryMs: plan.network.name === 'dev' ? SPEED_MS.dev : SPEED_MS.other,
    })
    // With a pager or a log behind the output the terminal is not ours alone.
    if (!output.json && context.stdout.isTTY === true) {
      const hear = mineKeys({ view: miner.view, board, prices, actions, print: view.print })
      const keyboard = openKeyboard(context.stdin, hear)
      if (keyboard) resources.add(keyboard.close)
      if (keyboard) view.print(helpLine(MINE_KEY_HELP))
    }
    let explained: number | null = null
    tell = (event) => {
      output.event(event)
      view.show(event)
      const logged = minerLogLine(event)
      if (logged) recorder.tell(logged)
      // Once a block: the next attempts say in one line how many are missing still.
      if (event.event !== 'prices' || event.complete || explained === event.height) return board.hear(event)
      explained = event.height
      const taken = miner.view.prices
      if (taken) output.line(incompleteLine(taken, output))
      board.hear(event)
    }
    miner.on((event) => {
      if (event.event === 'entry') metrics.entryStep(event)
      if (event.event === 'skipped' && event.code === 'E_MINER_PRICES') metrics.tree.oracle.skipped.inc()
      if (event.event === 'prices' && !event.guarded) metrics.tree.oracle.unguarded.inc()
      if (event.event === 'job') service.ready(`mining block ${event.height}`)
      if (event.event === 'hashrate') recorder.measure('hashrate', event.total)
      if (event.event === 'hashrate') service.status(statusText(miner.view, event.total))
      tell(event)
    })
    ending.addEventListener('abort', service.stopping)
    try {
      keeper.start()
      // Blocks of ten minutes leave the sources time to answer in the block itself.
      if (plan.network.name === 'dev' || plan.network.name === 'local') await warm
      const { reason } = await miner.run(ending)
      if (stop.signal.aborted) return EXIT.done
      return { blocks: EXIT.done, asked: EXIT.done, interrupted: EXIT.interrupted, failed: EXIT.failure }[
        reason
      ]
    } finally {
      view.close()
    }
  } finally {
    await resources.close()
  }
}

async function isBuilt({ 'lxrhash.dir': dir }: Context['settings'], { bits }: MinePlan): Promise<boolean> {
  const { bytes, fileBytes } = await byteMapInfo(paramsOf({ 'lxrhash.bits': bits }), dir)
  return bytes === fileBytes
}

/** For `systemctl status`. */
const statusText = ({ state, height }: Miner['view'], hashrate: number): string =>
  `${state}, block ${height ?? 'unknown'}, ${rateText(hashrate)}`

/** Starts the embedded chain and exchange. Loaded only when they are wanted. */
async function embed(
  { settings, log, sections }: Context,
  plan: MinePlan,
  { resources, hooks }: { readonly resources: Resources; readonly hooks: NodeHooks },
): Promise<MineNetwork> {
  const { startDevNetwork } = await import('../network/dev-network.js')
  const { chain, exchange } = await startDevNetwork(
    {
      dataDir: plan.dataDir,
      bits: plan.bits,
      port: settings['network.port'] ?? 0,
      walletPort: settings['network.walletPort'] ?? 'off',
      settings,
      onError: (error) => log.error('the embedded chain stands still', { error }),
    },
    resources,
  )
  return {
    client: createFactomClient({ url: chain.url, ...hooks }),
    control: chain.control,
    key: ecKey(chain.keys.ecSecret),
    prices: sections.prices.at(exchange.url),
    exchange: exchange.url,
  }
}

async function outside(context: Context, { exchange }: MinePlan, hooks: NodeHooks): Promise<MineNetwork> {
  const key = await payerKey(context)
  if (key === undefined) throw new TypeError('the plan was made without a key')
  const around = { client: connect(context, hooks), key }
  const { sections } = context
  return exchange === undefined
    ? { ...around, prices: sections.prices.settings }
    : { ...around, prices: sections.prices.at(exchange.replace(/\/+$/, '')), exchange }
}

function feedOpener(
  { log }: Context,
  { metrics, dataDir }: { metrics: Metrics; dataDir: string },
): (settings: PriceSettings) => PriceFeed {
  const failing = new Set<string>()
  return priceOpener({
    dataDir,
    log,
    onPoll: (report) => {
      metrics.pricePoll(report)
      const { source, code, error } = report
      // Once when it begins and once when it ends: a source that is down is asked again and again.
      if (code === undefined && failing.delete(source))
        log.info('a price source gives prices again', { source })
      else if (code !== undefined && !failing.has(source)) {
        failing.add(source)
        log.info('a price source gives nothing', { source, code, error })
      }
    },
    onSnapshot: (_input, snapshot, milliseconds) => metrics.priceSnapshot(snapshot, milliseconds),
  })
}

function mapText({ params, origin, milliseconds }: OpenByteMap): string {
  const how = origin === 'built' ? 'built' : 'opened and checked'
  return `2^${params.bits} bytes (${bytesText(2 ** params.bits)}), ${how} in ${durationText(milliseconds)}`
}

function threadsText({ threads, cpus, nice }: { threads: number; cpus: readonly number[]; nice: number }) {
  const bound = cpus.slice(0, threads).join(' ')
  return [
    String(threads),
    ...(cpus.length === 0
      ? []
      : [`bound to processor${cpus.length === 1 || threads === 1 ? '' : 's'} ${bound}`]),
    ...(nice === 0 ? [] : [`nice ${nice}`]),
  ].join(', ')
}

function kernelText({ kernel }: OpenByteMap): string {
  return kernel === 'simd' ? 'SIMD' : 'scalar: no SIMD here, or PEGMINER_NO_SIMD is set; hashing is slower'
}

/** `huge pages 100 %`, or how many and why not more. */
function pagesText({ pages: { share, reason, fix } }: OpenByteMap): string {
  const why = reason === undefined ? '' : `: ${reason}`
  return `huge pages ${Math.round(share * 100)} %${why}${fix === undefined ? '' : `; to change that: ${fix}`}`
}

function networkFacts(
  { settings }: Context,
  plan: MinePlan,
  { around, client, prices }: { around: MineNetwork; client: FactomClient; prices: PriceFeed },
): [label: string, value: string][] {
  const { network, identity, coinbase, records, dataDir } = plan
  const dev = network.name === 'dev'
  const pace = dev ? `, blocks of ${settings['network.blockSeconds']} s` : ''
  const others = dev ? 0 : settings['factom.url'].length - 1
  const spare = others === 0 ? '' : `, ${plural(others, 'other node')} to fall back on`
  const rivals = dev && settings['network.rivals'] > 0 ? `, ${settings['network.rivals']} rivals` : ''
  return [
    ['network', `${network.name}${pace}${rivals}, factomd at ${client.url}${spare}`],
    ['identity', `${identity}, machine ${settings['miner.machineId']}, up to ${records} records a block`],
    ['coinbase', coinbase],
    [
      'paid by',
      `${around.key.address}${dev ? ' (a public test key)' : ''}${settings['miner.dryRun'] ? '; a dry run: nothing is sent' : ''}`,
    ],
    ['prices', prices.sourceNames.join(' ')],
    ...(around.exchange === undefined
      ? []
      : ([['', `all at the embedded exchange, ${around.exchange}`]] as [string, string][])),
    ...(around.control && settings['network.manual']
      ? ([['minutes', `end by advance-minute at ${around.control.url}, token ${around.control.token}`]] as [
          string,
          string,
        ][])
      : []),
    ['state', tilde(dataDir, homedir())],
  ]
}
