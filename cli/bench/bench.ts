/** `pegminer bench`: the hashrate of this machine, against the limit of its memory and against earlier results. */
import {
  cellSeconds,
  createTable,
  FORMAT,
  machineFacts,
  machineLines,
  openFolder,
  planCells,
  readReport,
  runBench,
  writeReport,
  type BenchCell,
  type BenchReport,
  type CellPlan,
  type EarlierReport,
  type MachineFacts,
} from '../../bench/index.js'
import { isCoded, monotonicMs, wallMs } from '../../base/index.js'
import type { Pages } from '../../lxrhash/index.js'
import { benchMaps, metricsOf, mapProgress, type BenchMetricsRun } from './parts.js'
import { pushMetrics } from './metrics.js'
import { EXIT, type CommandContext } from '../program/context.js'
import { durationText, plural } from '../view/format.js'
import type { BenchKey } from '../program/keys.js'
import { machineOf, threadsOf } from '../service/machine.js'
import { openResources } from '../program/resources.js'
import { versionOf } from '../program/version.js'
import { createStatus } from '../view/status.js'
import { cellText } from './view.js'
import { factPrinter } from '../view/facts.js'

type Context = CommandContext<BenchKey>

export async function bench(context: Context): Promise<number> {
  const { settings } = context
  if (settings['bench.tune']) return (await import('./tune.js')).benchTune(context)
  if (settings['bench.stress']) return (await import('./stress.js')).benchStress(context)
  if (settings['bench.farm'] !== undefined) return (await import('./farm.js')).benchFarm(context)
  return benchMatrix(context)
}

const STATUS_MS = 1000

async function benchMatrix(context: Context): Promise<number> {
  const { settings, output, signal } = context
  const { 'bench.compare': compare, 'bench.out': folder } = settings
  const earlier = compare === undefined ? undefined : await readReport(compare)
  if (folder !== undefined) await openFolder(folder)
  const { plan, machine } = await prepare(context)
  const resources = openResources()
  const progress = mapProgress(context)
  const status = createStatus(context)
  const table = createTable(plan, earlier?.cells)
  const cells: BenchCell[] = []
  let files: readonly string[] = []
  let current: { readonly cell: CellPlan; readonly begun: number } | undefined
  const started = new Date(wallMs())
  const begunMs = monotonicMs()
  try {
    const metrics = await metricsOf(context, resources)
    tellPlan(context, { plan, machine }, metrics, earlier)
    output.line()
    output.line(output.paint('bold', table.line(table.head)))
    const timer = setInterval(() => {
      if (current) status.show(statusText(current, cells.length, plan, timingOf(settings)))
    }, STATUS_MS)
    resources.add(() => clearInterval(timer))
    const { interrupted } = await runBench({
      ...timingOf(settings),
      cells: plan,
      signal,
      dir: settings['lxrhash.dir'],
      onByteMap: progress.show,
      onOpen: ({ params, pages }) => {
        progress.end()
        tellPages(context, params.bits, pages)
      },
      onStart: (cell) => {
        current = { cell, begun: performance.now() }
      },
      onCell: async (cell) => {
        current = undefined
        status.show('')
        cells.push(cell)
        const { gatherSamples: _reads, bareSamples: _hashes, ...event } = cell
        output.event({ event: 'bench.cell', ...event })
        const line = table.line(table.row(cell))
        output.line(cell.checksumOk === false ? output.paint('red', line) : line)
        metrics.metrics.cell(cell)
        await push(context, metrics)
        if (folder !== undefined)
          files = await writeReport(
            folder,
            reportOf(context, { cells, plan, machine, started, begunMs }),
            earlier,
          )
      },
    })
    return finish(context, cells, files, interrupted)
  } finally {
    progress.end()
    status.show('')
    await resources.close()
  }
}

const timingOf = (settings: Context['settings']) => ({
  seconds: settings['bench.seconds'],
  repeat: settings['bench.repeat'],
})

interface Prepared {
  readonly plan: readonly CellPlan[]
  readonly machine: MachineFacts
}

async function prepare(context: Context): Promise<Prepared> {
  const { settings } = context
  const machine = machineOf()
  const { cpu, cores, memory } = machine
  const { bits, skipped } = await benchMaps(context, machine)
  for (const size of skipped) context.output.event({ event: 'bench.skipped', ...size })
  const counts = settings['bench.threads']?.map((count) => threadsOf(count, cores))
  const plan = planCells(
    {
      bits,
      threads: counts === undefined ? undefined : [...new Set(counts)],
      lanes: [...new Set(settings['bench.lanes'])],
      kernels: [...new Set(settings['bench.kernel'])],
      pages: [...new Set(settings['bench.pages'])],
    },
    cores,
  )
  return { plan, machine: machineFacts({ cpu, cores, memory }) }
}

/** What will be done and how long it takes, before it begins. */
function tellPlan(
  context: Context,
  { plan, machine }: Prepared,
  metrics: BenchMetricsRun,
  earlier: EarlierReport | undefined,
): void {
  const { settings, output } = context
  const fact = factPrinter(output)
  const timing = timingOf(settings)
  fact(
    'pegminer',
    `${versionOf()}, offline: nothing is sent anywhere${settings['bench.push'] ? ' but to the Pushgateway' : ''}`,
  )
  machineLines(machine).forEach((line, k) => fact(k === 0 ? 'machine' : '', line))
  const expected = durationText(plan.length * cellSeconds(timing) * 1000)
  fact(
    'measuring',
    `${plural(plan.length, 'cell')} of ${plural(timing.repeat, 'sample')} of ${timing.seconds} s, about ${expected}`,
  )
  fact('metrics', metrics.text)
  if (earlier) fact('compared', `with ${earlier.machine}, ${earlier.started.slice(0, 10)}`)
  if (settings['bench.out'] === undefined)
    fact('files', 'none; --out DIR writes JSON, Markdown and two plots')
  output.event({ event: 'machine', version: versionOf(), ...machine })
}

/** Small maps are as fast without huge pages. */
const PAGES_MATTER_BITS = 24

/** Why part of the ByteMap is not in huge pages, and what would change that. */
function tellPages({ settings, log }: Context, bits: number, { share, reason, fix }: Pages): void {
  const wanted = settings['bench.pages'].includes('huge')
  if (!wanted || reason === undefined || bits < PAGES_MATTER_BITS) return
  const remedy = fix === undefined ? {} : { fix }
  log.warn(`huge pages ${Math.round(100 * share)} % of 2^${bits}`, { reason, ...remedy })
}

/** `3 of 14  2^24 (16 MiB), 2 threads  2 min 10 s left`. */
function statusText(
  { cell, begun }: { readonly cell: CellPlan; readonly begun: number },
  done: number,
  plan: readonly CellPlan[],
  timing: ReturnType<typeof timingOf>,
): string {
  const whole = (plan.length - done) * cellSeconds(timing) * 1000
  const left = Math.max(0, whole - (performance.now() - begun))
  return `${done + 1} of ${plan.length}  ${cellText(cell)}  ${durationText(left)} left`
}

interface Progressing extends Prepared {
  readonly cells: readonly BenchCell[]
  readonly started: Date
  readonly begunMs: number
}

function reportOf(
  { settings }: Context,
  { cells, plan, machine, started, begunMs }: Progressing,
): BenchReport {
  return {
    format: FORMAT,
    version: versionOf(),
    started: started.toISOString(),
    minutes: Math.round((monotonicMs() - begunMs) / 600) / 100,
    planned: plan.length,
    ...timingOf(settings),
    machine,
    cells,
  }
}

/** Measuring goes on when the Pushgateway does not answer. */
async function push({ settings, log }: Context, { metrics }: BenchMetricsRun): Promise<void> {
  const gateway = settings['bench.push']
  if (gateway === undefined) return
  try {
    await pushMetrics(gateway, metrics)
  } catch (error) {
    if (!isCoded(error)) throw error
    log.warn(error.message, { code: error.code })
  }
}

function finish(
  { output, log }: Context,
  cells: readonly BenchCell[],
  files: readonly string[],
  interrupted: boolean,
): number {
  output.event({ event: 'bench.done', files, cells: cells.length, interrupted })
  if (files.length > 0) {
    output.line()
    files.forEach((file, k) => output.line(`${k === 0 ? 'written' : '       '}  ${file}`))
  }
  const wrong = cells.filter(({ checksumOk }) => checksumOk === false)
  for (const cell of wrong) {
    log.error(`wrong checksum: ${cellText(cell)}; do not mine before it is found out why`, {
      code: 'E_BENCH_CHECKSUM',
      checksum: cell.checksum,
    })
  }
  if (wrong.length > 0) return EXIT.failure
  return interrupted ? EXIT.interrupted : EXIT.done
}
