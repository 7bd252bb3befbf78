/** `pegminer bench --tune`: the threads and lanes that hash fastest here. */
import { tune, tuneSeconds, type Trial } from '../bench/index.js'
import { benchMaps, mapProgress } from './bench-parts.js'
import { EXIT, type CommandContext } from './context.js'
import { durationText, rateText } from './format.js'
import type { BenchKey } from './keys.js'
import { machineOf } from './machine.js'
import { createStatus, TRIAL_HEAD, trialText } from './view/bench.js'
import { factPrinter } from './view/facts.js'

export async function benchTune(context: CommandContext<BenchKey>): Promise<number> {
  const { settings, output, signal } = context
  const machine = machineOf()
  const { cpu, cores } = machine
  const { bits: sizes } = await benchMaps(context, machine)
  const bits = Math.max(...sizes)
  const fact = factPrinter(output)
  fact('machine', `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}`)
  fact('tuning', `with a ByteMap of 2^${bits}, at most ${durationText(tuneSeconds(cores) * 1000)}`)
  output.line()
  output.line(output.paint('bold', TRIAL_HEAD))
  const progress = mapProgress(context)
  const status = createStatus(context)
  const dir = settings['lxrhash.dir']
  let tried = 0
  try {
    const { best, interrupted } = await tune({
      bits,
      cores,
      kernel: settings['bench.kernel'][0] ?? 'auto',
      signal,
      ...(dir === undefined ? {} : { dir }),
      onByteMap: progress.show,
      onTrial: (trial) => {
        progress.end()
        status.show('')
        output.event({ event: 'bench.trial', bits, ...trial })
        output.line(trialText(trial))
        status.show(`${++tried} tried`)
      },
    })
    status.show('')
    output.event({ event: 'bench.tuned', bits, best, interrupted })
    if (best !== null) tell(context, bits, best)
    return interrupted ? EXIT.interrupted : EXIT.done
  } finally {
    progress.end()
    status.show('')
  }
}

/** What to set. The user's own file is not touched. */
function tell({ output }: CommandContext<BenchKey>, bits: number, best: Trial): void {
  output.line()
  output.line(`best: ${best.threads} × ${best.lanes} lanes, ${rateText(best.hashesPerSecond)} with 2^${bits}`)
  output.line(`  PEGMINER_MINER_THREADS=${best.threads}`)
  output.line(`  or: pegminer mine --threads ${best.threads}`)
}
