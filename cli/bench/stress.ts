/** `pegminer bench --stress`: is this machine sound under load? */
import { runStress, type CellPlan } from '../../bench/index.js'
import { benchMaps, mapProgress, metricsOf } from './parts.js'
import { EXIT, type CommandContext } from '../program/context.js'
import { countText, durationText, plural } from '../view/format.js'
import type { BenchKey } from '../program/keys.js'
import { machineOf, threadsOf } from '../service/machine.js'
import { openResources } from '../program/resources.js'
import { cellText, stressText } from './view.js'
import { factPrinter } from '../view/facts.js'

const REPORT_SECONDS = 10

export async function benchStress(context: CommandContext<BenchKey>): Promise<number> {
  const { settings, output, signal } = context
  const machine = machineOf()
  const { bits } = await benchMaps(context, machine)
  const counts = settings['bench.threads']?.map((count) => threadsOf(count, machine.cores))
  const plan: CellPlan = {
    bits: Math.max(...bits),
    threads: Math.max(...(counts ?? [machine.cores])),
    lanes: settings['bench.lanes'][0] ?? 'auto',
    kernel: settings['bench.kernel'][0] ?? 'auto',
    pages: settings['bench.pages'][0] ?? 'huge',
  }
  const fact = factPrinter(output)
  const progress = mapProgress(context)
  const resources = openResources()
  try {
    const { metrics, text } = await metricsOf(context, resources)
    fact('machine', `${machine.cpu}, ${plural(machine.cores, 'core')}`)
    fact('stress', `${cellText(plan)}; every hash is checked; Ctrl-C ends it`)
    fact('metrics', text)
    output.line()
    const last = await runStress({
      plan,
      signal,
      dir: settings['lxrhash.dir'],
      reportSeconds: REPORT_SECONDS,
      onByteMap: progress.show,
      onStart: () => output.event({ event: 'bench.stressing', ...plan }),
      onReport: (report) => {
        progress.end()
        for (const { thread, errors } of report.threads) metrics.stressed(thread, errors)
        output.event({ event: 'bench.stress', ...report })
        const line = stressText(report)
        output.line(report.errors > 0 ? output.paint('red', line) : line)
      },
    })
    output.event({ event: 'bench.stressed', ...last })
    output.line()
    output.line(`${durationText(last.seconds * 1000)}, ${plural(last.errors, 'error')}`)
    for (const { thread, hashes, rounds, errors } of last.threads)
      output.line(
        `  thread ${thread}: ${countText(hashes)} hashes, ${plural(rounds, 'check')}, ${plural(errors, 'error')}`,
      )
    return last.errors > 0 ? EXIT.failure : EXIT.interrupted
  } finally {
    progress.end()
    await resources.close()
  }
}
