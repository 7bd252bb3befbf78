/** `pegminer mine`: puts the rooms together, shows what happens, shuts down cleanly. */
import { join } from 'node:path'

import { wallMs } from '../../base/index.js'
import {
  createMiner,
  minerSlots,
  rivalSlots,
  startRivals,
  type Adjustable,
  type Miner,
  type MinerModules,
  type MinerOptions,
} from '../../miner/index.js'
import { ledgerFollowing } from '../../ledger/index.js'
import type { OpenByteMap } from '../../lxrhash/index.js'
import { HISTORY_FILE } from '../../oracle/index.js'
import {
  createBoard,
  liveChecks,
  type ApiActions,
  type FarmRead,
  type Metrics,
} from '../../telemetry/index.js'
import { devBits } from '../network/dev-bits.js'
import { EXIT } from '../program/context.js'
import type { Output } from '../program/output.js'
import { openResources, type Resources } from '../program/resources.js'
import { versionOf } from '../program/version.js'
import { noticeClockSteps } from '../service/clock-notice.js'
import { requireDataDir } from '../service/data-dir.js'
import { openKeyboard } from '../service/keyboard.js'
import { ledgerNumbers, ledgerReader, type LateLedger } from '../service/ledger-reader.js'
import { machineOf } from '../service/machine.js'
import { createPast, openRecorder, RECORDS_FILE } from '../service/past.js'
import type { ServedMetrics } from '../service/serve-metrics.js'
import { createService } from '../service/service.js'
import { startStakingBeside } from '../stake/beside.js'
import { createStandings } from '../stake/standings.js'
import { factPrinter } from '../view/facts.js'
import { helpLine } from '../view/keys.js'
import { createEventView } from '../view/stream.js'
import { createListener, createNews } from './events.js'
import { programFacts, mapFacts, networkFacts, threadsText, type FactLine } from './facts.js'
import { MINE_KEY_HELP, mineKeys } from './keys.js'
import { openParts, type MineParts, type Notice } from './parts.js'
import { planOf, type MinePlan } from './plan.js'
import { adjustableOf, createMineReloader, type MineContext } from './reload.js'
import { serveRun } from './serve.js'
import { createMineKeeper, testWatchdog } from './watch.js'

/** A speed line each minute; on dev a whole block may take less. */
const SPEED_MS = { dev: 10_000, other: 60_000 }

/** Mines with the threads of this machine. */
export const mine = (context: MineContext): Promise<number> => mineWith(context, ownThreads)

/** Mines, with whatever hashes. */
export async function mineWith(context: MineContext, open: OpenHashers): Promise<number> {
  const { settings, output, signal } = context
  const planned = planOf(settings, context.origins)
  const plan =
    planned.network.name === 'dev'
      ? { ...planned, bits: devBits(planned.dataDir, settings['lxrhash.bits']) }
      : planned
  const { dataDir, network } = plan
  if (settings['watchdog.test'])
    return testWatchdog(settings, { output, signal, dataDir, network: network.name })
  requireDataDir(dataDir)
  const resources = openResources()
  try {
    return await run(context, plan, { resources, open })
  } finally {
    await resources.close()
  }
}

/** A person or a test ends the minutes of `--manual`, and the miner takes part in the next one at once. */
const MANUAL_POLL_MS = 50

interface RunParts {
  readonly resources: Resources
  readonly open: OpenHashers
}

async function run(context: MineContext, plan: MinePlan, { resources, open }: RunParts): Promise<number> {
  const { settings, output } = context
  const { network, dataDir } = plan
  const machine = machineOf()
  const fact = factPrinter(output)
  const show = (facts: readonly FactLine[]): void => facts.forEach(([label, value]) => fact(label, value))
  show(programFacts(machine, context.config?.name))
  const terms = adjustableOf(settings, plan, machine.cores)
  // Threads may become as many as there are cores while it runs: their share of the memory is set aside now.
  const capacity = Math.max(terms.threads, machine.cores)
  const rivals = network.name === 'dev' ? settings['network.rivals'] : 0
  const news = createNews()
  const notice: Notice = (level, code, message) => news.emit({ event: 'notice', level, code, message })
  const stop = new AbortController()
  const ending = AbortSignal.any([context.signal, stop.signal])
  const hashers = await open({ plan, terms, capacity, resources, notice, output })
  const parts = await openParts(context, plan, {
    slots: hashers.slots + rivalSlots(rivals),
    ...{ resources, notice, signal: ending },
  })
  const { metrics, prices } = parts
  show([...mapFacts(parts.map), ...hashers.facts])

  const miner = startMiner(context, plan, { terms, capacity, rivals, parts, resources, notice, hashers })
  metrics.observe(miner.view)
  const board = createBoard()
  const recorder = openRecorder(join(dataDir, RECORDS_FILE), (message) => context.log.warn(message))
  resources.add(() => recorder.close())
  recorder.tell({ level: 'info', code: 'start', message: `pegminer ${versionOf()} on ${network.name}` })
  const past = createPast(join(dataDir, HISTORY_FILE), recorder)
  resources.add(() => past.close())
  const ledger = network.name === 'dev' ? openLedgerReader(dataDir, { miner, metrics, resources }) : null
  const service = createService({ live: () => liveChecks(miner.view) })
  resources.add(() => service.close())
  const keeper = createMineKeeper({ settings, miner, metrics, plan, tell: notice })
  resources.add(() => keeper.close())
  const clockSteps = noticeClockSteps({ metrics, tell: notice })
  resources.add(clockSteps.close)
  const reloader = createMineReloader(context, {
    ...parts,
    ...{ plan, capacity, miner, resources, cores: machine.cores, signal: ending, tell: notice },
    exchange: parts.around.exchange,
    onBegin: service.reloading,
    onReload: (report) => {
      service.reloaded()
      output.event({ event: 'reload', ...report })
    },
    onApply: (next) => keeper.adjust(next.settings),
  })
  resources.add(() => reloader.close())
  const actions: ApiActions = {
    pause: () => keeper.holds.set('manual', true),
    resume: () => keeper.holds.set('manual', false),
    stop: () => {
      miner.stop()
      stop.abort()
    },
  }
  const standings = createStandings(plan.stake.addresses)
  const served = await serveRun(context, {
    ...{ plan, miner, metrics, board, past, ledger, keeper, reloader, actions, resources, standings },
    ...{ kernel: parts.map.kernel, farm: hashers.farm },
  })

  show([...networkFacts(context, plan, parts), ['status', served.text]])
  output.line()
  output.event({ ...startEvent(context, plan, { parts, served }), ...hashers.started })
  const lines = createEventView({
    output,
    speedEveryMs: network.name === 'dev' ? SPEED_MS.dev : SPEED_MS.other,
  })
  // A pager or a log reads the output, so the terminal is not ours alone.
  if (!output.json && context.stdout.isTTY === true) {
    const hear = mineKeys({ view: miner.view, board, prices, actions, print: lines.print })
    const keyboard = openKeyboard(context.stdin, hear)
    if (keyboard) resources.add(keyboard.close)
    if (keyboard) lines.print(helpLine(MINE_KEY_HELP))
  }
  const { view } = miner
  news.listen(createListener({ view, metrics, service, recorder, board, output, lines }))
  miner.on(news.emit)
  ending.addEventListener('abort', service.stopping)
  startStakingBeside(context, plan, { miner, parts, rivals, resources, notice, lines, standings })
  try {
    keeper.start()
    // Blocks of ten minutes leave the sources time to answer in the block itself.
    if (network.name === 'dev' || network.name === 'local') await parts.warm
    const { reason } = await miner.run(ending)
    return stop.signal.aborted ? EXIT.done : EXITS[reason]
  } finally {
    lines.close()
  }
}

const EXITS = {
  blocks: EXIT.done,
  asked: EXIT.done,
  interrupted: EXIT.interrupted,
  failed: EXIT.failure,
} as const

/** What hashes for a run: the threads of this machine, or those of many. */
export interface Hashers {
  /** Slots of the ByteMap that it needs in this process, from the first on. */
  readonly slots: number
  readonly create: (
    options: MinerOptions,
    modules: MinerModules & { readonly byteMap: OpenByteMap },
    metrics: Pick<Metrics, 'tree'>,
  ) => Miner
  /** The machines of a farm, for the API. */
  readonly farm?: FarmRead
  /** For people, and for the event `start`. */
  readonly facts: readonly FactLine[]
  readonly started: { readonly threads: number } & Readonly<Record<string, unknown>>
}

export interface HashersParts {
  readonly plan: MinePlan
  readonly terms: ReturnType<typeof adjustableOf>
  /** Most threads that there is room for. */
  readonly capacity: number
  readonly resources: Resources
  readonly notice: Notice
  readonly output: Output
}

export type OpenHashers = (parts: HashersParts) => Promise<Hashers>

const ownThreads: OpenHashers = ({ terms, capacity }) =>
  Promise.resolve({
    slots: minerSlots({ threads: terms.threads, capacity }),
    create: (options, modules) => createMiner(options, modules),
    facts: [['threads', threadsText(terms)]],
    started: { threads: terms.threads },
  })

/** The ledger that the miner keeps, for its page, its API and its metrics. */
function openLedgerReader(
  dataDir: string,
  {
    miner,
    metrics,
    resources,
  }: { readonly miner: Miner; readonly metrics: Metrics; readonly resources: Resources },
): LateLedger {
  const reader = ledgerReader(join(dataDir, HISTORY_FILE))
  resources.add(() => reader.close())
  metrics.observeLedger(() => {
    const { height, node } = miner.view
    // The block at hand is not saved yet.
    const seen = { nodeHeight: height === null ? null : height - 1, trouble: null }
    const query = reader.query()
    const even = node.state === 'ok' && query?.about().height === seen.nodeHeight
    return ledgerNumbers(query, { ...seen, evenAt: even ? wallMs() : null })
  })
  return reader
}

interface MinerStart {
  readonly terms: Adjustable & { readonly threads: number }
  /** Most threads that there is room for. */
  readonly capacity: number
  readonly rivals: number
  readonly parts: MineParts
  readonly resources: Resources
  readonly notice: Notice
  readonly hashers: Hashers
}

/** The miner, which does nothing before it is run, and on the embedded network its rivals. */
function startMiner({ settings }: MineContext, plan: MinePlan, start: MinerStart): Miner {
  const { terms, capacity, rivals, parts, resources, hashers } = start
  const { network, dataDir } = plan
  const options: MinerOptions = {
    ...terms,
    ...{ network, capacity, dataDir },
    machineId: settings['miner.machineId'],
    dryRun: settings['miner.dryRun'],
    pollMs: settings['network.manual'] ? MANUAL_POLL_MS : undefined,
  }
  const tools = { client: parts.client, ecKey: parts.around.key, byteMap: parts.map }
  const modules = {
    ...{ ...tools, prices: parts.prices },
    // Elsewhere the ledger is followed by a command of its own: it may have years to catch up with.
    ...(network.name === 'dev' || plan.stake.addresses.length > 0
      ? {
          following: (difficulty: Parameters<NonNullable<MinerModules['following']>>[0]) =>
            ledgerFollowing({ network, difficulty, onBlock: (block) => parts.metrics.ledgerBlock(block) }),
        }
      : {}),
  }
  const miner = hashers.create(options, modules, parts.metrics)
  if (rivals > 0) {
    const firstHasher = hashers.slots
    const outsiders = startRivals({
      ...tools,
      ...{ count: rivals, network, miner, firstHasher, dataDir, onNotice: start.notice },
    })
    resources.add(() => outsiders.stop())
  }
  return miner
}

interface Started {
  readonly parts: MineParts
  readonly served: ServedMetrics
}

function startEvent({ config }: MineContext, plan: MinePlan, { parts, served }: Started) {
  const { around, client, prices, map } = parts
  return {
    event: 'start',
    version: versionOf(),
    network: plan.network.name,
    kernel: map.kernel,
    identity: plan.identity,
    coinbase: plan.coinbase,
    ecAddress: around.key.address,
    factomd: client.url,
    control: around.control ?? null,
    exchange: around.exchange ?? null,
    sources: prices.sourceNames,
    metrics: served.server ? `${served.server.url}/metrics` : null,
    dataDir: plan.dataDir,
    config: config?.name ?? null,
  }
}
