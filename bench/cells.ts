/** What is measured: settings of a measurement, and what comes out of it. */
import type { KernelName } from '../lxrhash/index.js'

export const KERNELS = ['native', 'simd', 'scalar'] as const satisfies readonly KernelName[]

/** Whether huge pages are asked for; the cell has the share that was reached. */
export const PAGES = ['huge', 'small'] as const
export type PagesName = (typeof PAGES)[number]

/** Hashes in flight per thread; `auto` is what the miner uses. */
export type Lanes = number | 'auto'
/** `auto` is what the miner uses: the best that processor and Node.js have. */
export type KernelChoice = KernelName | 'auto'

/** One measurement to do. */
export interface CellPlan {
  readonly bits: number
  readonly threads: number
  readonly lanes: Lanes
  readonly kernel: KernelChoice
  readonly pages: PagesName
}

/** One measurement done. Rates are of all threads together. */
export interface BenchCell extends CellPlan {
  readonly lanes: number
  readonly kernel: KernelName
  /** Median of the samples. */
  readonly hashesPerSecond: number
  readonly min: number
  readonly max: number
  /** Hashes per second of the miner's loop, in the order of measuring. */
  readonly samples: readonly number[]
  /** Median rate of the same threads with the bare kernel, without the miner's loop around it. */
  readonly bareHashesPerSecond: number
  readonly bareSamples: readonly number[]
  /** Reads of the ByteMap that the median stands for. */
  readonly readsPerSecond: number
  /** Random reads per second of the same threads from the same memory when they do nothing else: the median. */
  readonly gatherLimit: number
  readonly gatherSamples: readonly number[]
  /** How much of the ByteMap lies in huge pages, 0 to 1. */
  readonly hugePages: number
  /** Of the hashes of a fixed range of nonces, 16 hex digits. */
  readonly checksum: string
  /** Whether it is the reference's; null if there is no reference for this size. */
  readonly checksumOk: boolean | null
}

/** Lengths of a measurement. */
export interface Timing {
  /** Of a sample of hashing. */
  readonly seconds: number
  /** Samples. */
  readonly repeat: number
  /**
   * Before the first sample; not counted: the compiler optimises, the caches fill. Default: `FIRST_WARM_UP_SECONDS`.
   */
  readonly warmUp?: number
}

export const FIRST_WARM_UP_SECONDS = 0.5
/** Whenever the miner's loop, the bare kernel and reading take turns. */
export const WARM_UP_SECONDS = 0.1
/** The miner's threads load their code and check themselves. */
export const START_SECONDS = 0.3

/** Samples of the bare kernel and of reading, which need less time. */
export const shortSeconds = (seconds: number): number => Math.min(seconds, Math.max(0.3, seconds / 4))

/** What one cell takes, in seconds, without opening its ByteMap. */
export function cellSeconds({ seconds, repeat }: Timing): number {
  const turns = seconds + 2 * shortSeconds(seconds) + 3 * WARM_UP_SECONDS
  return START_SECONDS + FIRST_WARM_UP_SECONDS + repeat * turns
}
