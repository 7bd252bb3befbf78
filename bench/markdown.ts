/** The results as `bench.md`. Pure. */
import type { MachineFacts } from './machine.js'
import type { BenchReport, EarlierReport } from './report.js'
import { createTable } from './table.js'

/** File names of the plots, in the same folder. */
export interface PlotFiles {
  readonly bySize: string
  readonly byThreads: string
}

export function formatMarkdown(report: BenchReport, plots: PlotFiles, earlier?: EarlierReport): string {
  const { machine, cells, planned } = report
  const table = createTable(cells, earlier?.cells)
  const row = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`
  return [
    `# LXRHash on ${machine.cpu}`,
    '',
    ...machineLines(machine).map((line) => `- ${line}`),
    `- pegminer ${report.version}, ${report.started.slice(0, 16).replace('T', ' ')} UTC; ${report.repeat} samples of ` +
      `${report.seconds} s, the median counts`,
    ...(cells.length < planned ? [`- interrupted: ${cells.length} of ${planned} measurements`] : []),
    ...(earlier === undefined ? [] : [`- ratio: to ${earlier.machine}, ${earlier.started.slice(0, 10)}`]),
    '',
    row(table.head),
    row(table.head.map(() => '---:')),
    ...cells.map((cell) => row(table.row(cell))),
    '',
    `Rates are of all threads together. \`kH/s\`: by the miner's own loop and threads; \`bare\`: by the kernel alone.`,
    '`limit`: millions of bytes a second that the same threads reach when they only read the ByteMap at random; `of it`:',
    'how much of that the hashing reads. `huge`: how much of the ByteMap lies in huge pages. `check`: the checksum of',
    '4,096 nonces against the reference.',
    '',
    `![Hashrate by ByteMap size](${plots.bySize})`,
    '',
    `![Hashrate by number of threads](${plots.byThreads})`,
    '',
  ].join('\n')
}

/** Facts of the machine, a line each. */
export function machineLines(machine: MachineFacts): string[] {
  const { cpu, cores, memory, caches, system, hugePagesMode, node, v8, load } = machine
  const cacheText = caches.map(
    ({ level, bytes, sharedBy }) => `L${level} ${bytesText(bytes)}${sharedBy > 1 ? ` for ${sharedBy}` : ''}`,
  )
  return [
    `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${bytesText(memory)} of memory`,
    `caches: ${cacheText.join(', ') || 'unknown'}`,
    `${system}, transparent huge pages: ${hugePagesMode ?? 'none'}`,
    `Node.js ${node}, V8 ${v8}, load before ${load.toFixed(2)}`,
  ]
}

/** `32 KiB`, `23.4 GiB`. */
export function bytesText(bytes: number): string {
  const step = Math.min(3, Math.floor(Math.log2(Math.max(1, bytes)) / 10))
  const value = bytes / 1024 ** step
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${['B', 'KiB', 'MiB', 'GiB'][step] as string}`
}
