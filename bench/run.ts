/** Hashrate against ByteMap size and thread count, with nothing but hashing going on. Returns data; printing is separate. */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { lxrParams, openByteMap, type ByteMapProgress, type SharedByteMap } from '../lxrhash/index.js'
import { createGauge, type Gauge } from './gauge.js'
import { summaryOf } from './statistics.js'
import type { BenchTask, BenchTaskResult } from './worker.js'

/** One measurement: a ByteMap size with a number of threads. Rates are hashes per second of all threads together. */
export interface BenchCell {
  readonly bits: number
  readonly threads: number
  /** Hashes in flight per thread. */
  readonly lanes: number
  /** Median of the samples. */
  readonly hashesPerSecond: number
  readonly min: number
  readonly max: number
  /** In the order of measuring. */
  readonly samples: readonly number[]
}

export interface BenchOptions {
  /** Map bits. Each map is opened once, or built if there is no file. */
  readonly bits: readonly number[]
  readonly threads: readonly number[]
  /** Length of a sample. */
  readonly seconds: number
  /** Samples per cell. */
  readonly repeat: number
  /** Of the ByteMap files. Default: ~/.lxrhash. */
  readonly dir?: string
  /** Ends the measuring; what is finished is kept. */
  readonly signal?: AbortSignal
  readonly onByteMap?: (bits: number, progress: ByteMapProgress) => void
  readonly onCell?: (cell: BenchCell) => void
}

export interface BenchResult {
  /** Size by size, in the given order of threads. */
  readonly cells: readonly BenchCell[]
  readonly interrupted: boolean
}

/** Not counted: the compiler optimises, the caches fill. Begins when all threads hash. */
const WARM_UP_SECONDS = 0.5
const START_POLL_MS = 5

/** Throws E_LXR_… for sizes that do not exist or ByteMaps that cannot be opened. */
export async function runBench(options: BenchOptions): Promise<BenchResult> {
  const { bits, threads, signal, onByteMap, onCell } = options
  const cells: BenchCell[] = []
  for (const size of bits) {
    const byteMap = await openByteMap(lxrParams({ bits: size }), {
      ...(options.dir === undefined ? {} : { dir: options.dir }),
      ...(signal === undefined ? {} : { signal }),
      slots: Math.max(...threads),
      onProgress: (progress) => onByteMap?.(size, progress),
    })
    const pool = createPool(Math.max(...threads))
    try {
      for (const count of threads) {
        const cell = await measure({ pool, byteMap, threads: count }, options)
        if (cell === null) return { cells, interrupted: true }
        cells.push(cell)
        onCell?.(cell)
      }
    } finally {
      // With its threads, a pool lets go of its ByteMap.
      await pool.destroy()
    }
  }
  return { cells, interrupted: false }
}

type Pool = Piscina<BenchTask, BenchTaskResult>

function createPool(threads: number): Pool {
  return new Piscina({
    filename: fileURLToPath(new URL('./worker.js', import.meta.url)),
    minThreads: threads,
    maxThreads: threads,
    recordTiming: false,
  })
}

interface Setting {
  readonly pool: Pool
  readonly byteMap: SharedByteMap
  readonly threads: number
}

/** Null if it was interrupted. */
async function measure(
  { pool, byteMap: { memory, module, params, slots }, threads }: Setting,
  timing: SampleTiming,
): Promise<BenchCell | null> {
  const byteMap: SharedByteMap = { memory, module, params, slots }
  const gauge = createGauge(threads)
  const work = Promise.all(
    Array.from({ length: threads }, (_, slot) => pool.run({ byteMap, slot, gauge: gauge.buffer })),
  )
  try {
    // The work ends before the samples are taken only by failing.
    const samples = await Promise.race([takeSamples(gauge, threads, timing), work.then(() => null)])
    gauge.stop()
    const [first] = await work
    if (samples === null || first === undefined) return null
    return { bits: params.bits, threads, lanes: first.lanes, ...summaryOf(samples) }
  } finally {
    gauge.stop()
    await work.catch(() => undefined)
  }
}

interface SampleTiming {
  readonly seconds: number
  readonly repeat: number
  readonly signal?: AbortSignal
}

/** Hashes per second of all slots together, `repeat` times in a row. Null if it was interrupted. */
async function takeSamples(
  gauge: Gauge,
  threads: number,
  { seconds, repeat, signal }: SampleTiming,
): Promise<number[] | null> {
  const now = () => {
    let hashes = 0
    for (let slot = 0; slot < threads; slot++) hashes += gauge.hashes(slot)
    return { hashes, at: performance.now() }
  }
  const samples: number[] = []
  try {
    while (!gauge.allStarted(threads)) await sleep(START_POLL_MS, undefined, { signal })
    await sleep(WARM_UP_SECONDS * 1000, undefined, { signal })
    let before = now()
    while (samples.length < repeat) {
      await sleep(seconds * 1000, undefined, { signal })
      const after = now()
      samples.push(((after.hashes - before.hashes) * 1000) / (after.at - before.at))
      before = after
    }
    return samples
  } catch (error) {
    if (signal?.aborted) return null
    throw error
  }
}
