/**
 * The threads of a measurement: the miner's workforce, and beside it threads that hash with the bare kernel, read, and
 * check.
 */
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { threadEnvironment } from '../base/index.js'
import {
  createHasher,
  sharedByteMap,
  type HasherOptions,
  type KernelName,
  type SharedByteMap,
} from '../lxrhash/index.js'
import type { KernelChoice, Lanes, Timing } from './cells.js'
import { createGauge, type Gauge } from './gauge.js'
import { startProduct } from './product.js'
import { takeSamples, type Rates } from './samples.js'
import type { BenchTask, BenchTaskResult } from './worker.js'

export type BenchPool = ReturnType<typeof createBenchPool>

export interface Work {
  readonly threads: number
  readonly lanes: Lanes
  readonly kernel: KernelChoice
}

export interface CrewTiming extends Timing {
  readonly beside: boolean
  readonly signal?: AbortSignal
}

export interface Samples extends Rates {
  readonly lanes: number
  readonly kernel: KernelName
}

/** Hasher slots of a pool: its own threads', those of the miner's, and one to check what these find. */
export const poolSlots = (threads: number): number => 2 * threads + 1

/** A pool lets go of its ByteMap when it lets go of its threads. @param map has `poolSlots(most)` slots */
export function createBenchPool(map: SharedByteMap, most: number) {
  const byteMap = sharedByteMap(map)
  /** Begins with the first work: what measures the miner's loop alone has no use for threads beside it. */
  let pool: Piscina<BenchTask, BenchTaskResult> | undefined
  const threadsBeside = (): Piscina<BenchTask, BenchTaskResult> =>
    (pool ??= new Piscina({
      filename: fileURLToPath(new URL('./worker.js', import.meta.url)),
      minThreads: most,
      maxThreads: most,
      recordTiming: false,
      env: threadEnvironment(),
    }))
  const start = (kind: BenchTask['kind'], work: Work, gauge: Gauge): Promise<BenchTaskResult[]> =>
    Promise.all(
      Array.from({ length: work.threads }, (_, slot) =>
        threadsBeside().run({
          kind,
          byteMap,
          slot,
          threads: work.threads,
          hasher: hasherOptions(work),
          gauge: gauge.buffer,
        }),
      ),
    )
  return {
    /** Throws E_LXR_INPUT if the kernel does not have these lanes. Errors of threads would come without their codes. */
    check: (work: Work) => void createHasher(byteMap, 0, hasherOptions(work)),
    /** The checksum of the fixed range of nonces, each thread doing a part. */
    checksum: async (work: Work) => {
      const parts = await start('checksum', work, createGauge(work.threads))
      return parts.reduce((sum, { checksum }) => sum ^ checksum, 0n)
    },
    /** Samples of the miner's loop and, with `beside`, of the bare kernel and of reading only. Null if interrupted. */
    measure: async (work: Work, { beside, signal, ...timing }: CrewTiming) => {
      const { threads } = work
      const { lanes, kernel } = createHasher(byteMap, most, hasherOptions(work))
      const gauge = createGauge(threads)
      gauge.setMode('rest')
      const product = startProduct(byteMap, { threads, firstHasher: most, hasher: hasherOptions(work) })
      const running = beside ? start('measure', work, gauge) : null
      try {
        const sampling = takeSamples({ product, beside: beside ? { gauge, threads } : null, timing, signal })
        // If the work beside ends before the samples are taken, it has failed.
        const rates = await (running === null ? sampling : Promise.race([sampling, running.then(() => null)]))
        return rates && { lanes, kernel, ...rates }
      } finally {
        gauge.setMode('stop')
        await Promise.all([product.stop(), running?.catch(() => undefined)])
      }
    },
    /** Self-checking hashing until the gauge says stop. Rejects if a thread fails. */
    stress: async (work: Work, gauge: Gauge) => {
      await start('stress', work, gauge)
    },
    close: async () => pool?.destroy(),
  }
}

function hasherOptions({ lanes, kernel }: Work): HasherOptions {
  return { ...(lanes === 'auto' ? {} : { lanes }), ...(kernel === 'auto' ? {} : { kernel }) }
}
