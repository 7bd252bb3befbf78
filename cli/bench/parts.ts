/** What the three kinds of `pegminer bench` share: sizes, progress of ByteMaps, metrics. */
import { DEFAULT_BITS, defaultSizes, type SkippedSize } from '../../bench/index.js'
import { isCoded } from '../../base/index.js'
import { byteMapInfo, lxrParams, type ByteMapProgress } from '../../lxrhash/index.js'
import { createBenchMetrics, serveBenchMetrics, type BenchMetrics } from './metrics.js'
import type { CommandContext } from '../program/context.js'
import { bytesText } from '../view/format.js'
import type { BenchKey } from '../program/keys.js'
import type { Machine } from '../service/machine.js'
import { BESIDE, requireMemory } from '../service/memory.js'
import { createProgress, type Progress } from '../view/progress.js'
import type { Resources } from '../program/resources.js'
import { factPrinter } from '../view/facts.js'

type Context = CommandContext<BenchKey>

/** The sizes to measure: what the user says, else what this machine has or builds in seconds. Says what is left out. */
export async function benchMaps(
  { settings, output, log }: Context,
  { freeMemory }: Pick<Machine, 'freeMemory'>,
): Promise<{ readonly bits: readonly number[]; readonly skipped: readonly SkippedSize[] }> {
  const wanted = settings['bench.bits']
  if (wanted !== undefined) {
    const map = 2 ** Math.max(...wanted)
    requireMemory({ map, beside: BESIDE.hashing }, (text) => log.warn(text))
    return { bits: wanted, skipped: [] }
  }
  const maps = await Promise.all(
    DEFAULT_BITS.map(async (bits) => {
      const { bytes, fileBytes } = await byteMapInfo(lxrParams({ bits }), settings['lxrhash.dir'])
      return { bits, exists: bytes === fileBytes }
    }),
  )
  const sizes = defaultSizes(maps, freeMemory)
  const fact = factPrinter(output)
  for (const { bits, reason, command } of sizes.skipped)
    fact('left out', `2^${bits}: ${reason}${command === null ? '' : `; to have it: ${command}`}`)
  return sizes
}

/** One bar after the other, for each ByteMap that is built or opened. */
export function mapProgress(context: Context) {
  let current: { readonly bits: number; readonly bar: Progress } | undefined
  return {
    show: (bits: number, state: ByteMapProgress) => {
      if (current?.bits !== bits) {
        current?.bar.end()
        current = { bits, bar: createProgress(context, `ByteMap 2^${bits} (${bytesText(2 ** bits)})`) }
      }
      current.bar.show(state)
    },
    end: () => {
      current?.bar.end()
      current = undefined
    },
  }
}

export interface BenchMetricsRun {
  readonly metrics: BenchMetrics
  /** Where the metrics are, as text for people. */
  readonly text: string
}

/** Serves the metrics unless they are switched off. The default port may be taken, by a miner for instance. */
export async function metricsOf(
  { settings, origins }: Context,
  resources: Resources,
): Promise<BenchMetricsRun> {
  const metrics = createBenchMetrics()
  const port = settings['telemetry.port']
  if (port === 'off') return { metrics, text: 'off' }
  try {
    const server = await serveBenchMetrics(port, metrics)
    resources.add(() => server.close())
    return { metrics, text: `${server.url}/metrics` }
  } catch (error) {
    if (!isCoded(error) || origins['telemetry.port'] !== 'default') throw error
    return { metrics, text: `not served: ${error.message}` }
  }
}
