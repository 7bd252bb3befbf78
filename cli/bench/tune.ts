/** `pegminer bench --tune`: the kernel, the lanes and the threads that hash fastest here. */
import { loadavg } from 'node:os'
import { tune, tuneSeconds, type Verdict, type Way } from '../../bench/index.js'
import { benchMaps, mapProgress } from './parts.js'
import { EXIT, type CommandContext } from '../program/context.js'
import { durationText, plural } from '../view/format.js'
import type { BenchKey } from '../program/keys.js'
import { machineOf } from '../service/machine.js'
import { createStatus } from '../view/status.js'
import { ratingText, TRIAL_HEAD, trialText } from './view.js'
import { factPrinter } from '../view/facts.js'

export async function benchTune(context: CommandContext<BenchKey>): Promise<number> {
  const { settings, output, signal } = context
  // Before the ByteMap is built: that work would count as load of this program.
  const load = loadavg()[0] ?? 0
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
  let tried = 0
  try {
    const { best, verdict, interrupted } = await tune({
      bits,
      cores,
      load,
      kernel: settings['bench.kernel'][0] ?? 'auto',
      signal,
      dir: settings['lxrhash.dir'],
      onByteMap: progress.show,
      onTrial: (trial) => {
        progress.end()
        status.show('')
        output.event({ event: 'bench.trial', bits, ...trial })
        output.line(trialText(trial))
        status.show(`${++tried} tried`)
      },
      onRound: (round, rounds) => status.show(`the best again, in turns: ${round} of ${rounds}`),
    })
    status.show('')
    const { ratings = [], recommended = null, reason = 'interrupted' } = verdict ?? {}
    output.event({ event: 'bench.tuned', bits, best, recommended, reason, ratings, interrupted })
    if (verdict !== null && best !== null) tell(context, verdict, best)
    return interrupted ? EXIT.interrupted : EXIT.done
  } finally {
    progress.end()
    status.show('')
  }
}

/** What to set. The user's own file is not touched. */
function tell(
  { output }: CommandContext<BenchKey>,
  { ratings, recommended, reason }: Verdict,
  { kernel, lanes }: Way,
): void {
  output.line()
  output.line(`the best again, in turns, ${kernel} with ${lanes} lanes:`)
  for (const rating of ratings) output.line(ratingText(rating))
  output.line()
  if (recommended === null) {
    output.line(`too busy to judge: ${reason}`)
    output.line('  End what else runs, wait a minute, and try again.')
    return
  }
  output.line(`best: ${plural(recommended, 'thread')}, ${reason}`)
  output.line(
    `  PEGMINER_MINER_THREADS=${recommended} PEGMINER_LXRHASH_KERNEL=${kernel} PEGMINER_LXRHASH_LANES=${lanes}`,
  )
  output.line(`  or: pegminer mine --threads ${recommended} --kernel ${kernel} --lanes ${lanes}`)
}
