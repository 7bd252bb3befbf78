/** `pegminer bench`: the hashrate of this machine. */
import { formatBenchTable, runBench, type BenchCell } from '../bench/index.js'
import { EXIT, type CommandContext } from './context.js'
import { bytesText, durationText } from './format.js'
import type { BenchKey } from './keys.js'
import { machineOf, threadsOf } from './machine.js'
import { createProgress, type Progress } from './progress.js'
import { versionOf } from './version.js'
import { factPrinter } from './view/facts.js'

export async function bench(context: CommandContext<BenchKey>): Promise<number> {
  const { settings, output, signal, stderr } = context
  const machine = machineOf()
  const bits = settings['bench.bits']
  const wanted = settings['bench.threads'] ?? [{ count: 1 }, { percent: 100 }]
  const threads = [...new Set(wanted.map((count) => threadsOf(count, machine.cores)))]
  const { 'bench.seconds': seconds, 'bench.repeat': repeat, 'lxrhash.dir': dir } = settings
  const fact = factPrinter(output)
  fact('pegminer', `${versionOf()}, Node.js ${process.versions.node}, ${process.platform} ${process.arch}`)
  fact('cpu', `${machine.cpu}, ${machine.cores} ${machine.cores === 1 ? 'core' : 'cores'}`)
  fact('memory', `${bytesText(machine.memory)}, ${bytesText(machine.freeMemory)} free`)
  const total = bits.length * threads.length
  fact(
    'measuring',
    `${total} × ${repeat} samples of ${seconds} s, ${durationText(total * repeat * seconds * 1000)}`,
  )
  output.event({ event: 'machine', version: versionOf(), node: process.versions.node, ...machine })

  const cells: BenchCell[] = []
  let progress: { readonly bits: number; readonly bar: Progress } | undefined
  const say = status(stderr)
  const { interrupted } = await runBench({
    bits,
    threads,
    seconds,
    repeat,
    signal,
    ...(dir === undefined ? {} : { dir }),
    onByteMap: (size, state) => {
      if (progress?.bits !== size)
        progress = { bits: size, bar: createProgress(context, `ByteMap 2^${size} (${bytesText(2 ** size)})`) }
      progress.bar.show(state)
    },
    onCell: (cell) => {
      cells.push(cell)
      output.event({ event: 'bench', ...cell })
      say(`${cells.length} of ${total} measured`)
    },
  }).finally(() => {
    progress?.bar.end()
    say('')
  })
  if (cells.length > 0) {
    output.line()
    output.line(formatBenchTable(cells))
  }
  return interrupted ? EXIT.interrupted : EXIT.done
}

/** A line that is replaced by the next one, on a terminal only. */
function status(stderr: CommandContext<never>['stderr']): (text: string) => void {
  return (text) => {
    if (stderr.isTTY) stderr.write(`\r\u001b[K${text}`)
  }
}
