/** Finds the kernel, its lanes and the number of threads that hash fastest on this machine. */
import { median } from '../base/index.js'
import type { KernelName, SharedByteMap } from '../lxrhash/index.js'
import {
  FIRST_WARM_UP_SECONDS,
  START_SECONDS,
  type CellPlan,
  type KernelChoice,
  type Timing,
} from './cells.js'
import { threadCounts } from './plan.js'
import { createBenchPool, type Work } from './pool.js'
import { mostThreads, openMap, type MapOptions } from './run.js'
import { verdictOf, type Rated, type Verdict } from './verdict.js'

export interface TuneOptions extends MapOptions {
  readonly bits: number
  readonly cores: number
  /** Of the machine before anything is measured: the mean number of runnable processes. */
  readonly load: number
  readonly kernel: KernelChoice
  /** Default: `TUNE_TIMING`. */
  readonly timing?: Timing
  /** In which the best are measured again. Default: `ROUNDS`. */
  readonly rounds?: number
  readonly onTrial?: (trial: Trial) => void
  /** After each round in which the best were measured again. */
  readonly onRound?: (round: number, rounds: number) => void
}

/** A kernel with its lanes. */
export interface Way {
  readonly kernel: KernelName
  readonly lanes: number
}

/** A setting that was tried. */
export interface Trial extends Way {
  readonly threads: number
  /** Median of the samples. */
  readonly hashesPerSecond: number
}

export interface TuneResult {
  readonly trials: readonly Trial[]
  /** Of the trials. Null if it was interrupted before anything was measured. */
  readonly best: Trial | null
  /** Of the best, measured again. Null if it was interrupted before that was done. */
  readonly verdict: Verdict | null
  readonly interrupted: boolean
}

/** Short, because there are many: some ten trials in a minute. */
const TUNE_TIMING: Timing = { seconds: 0.7, repeat: 3 }

/** The best are measured again in turns, so that all of them see the same machine: one outlier decides nothing. */
const FINALISTS = 3
const ROUNDS = 5
/** How much longer their samples are than those of the trials. */
const LONGER = 2
/** Differences below are noise: the setting with fewer threads is preferred. */
const NOISE = 0.01

/** Lanes that are tried, those that are usual for the kernel among them. */
const LANES: Readonly<Record<KernelName, readonly number[]>> = {
  native: [32, 80, 128],
  simd: [128, 256, 512],
  scalar: [128, 256, 512],
}

/** An upper bound in seconds, without opening the ByteMap. */
export function tuneSeconds(cores: number, { seconds, repeat }: Timing = TUNE_TIMING): number {
  const before = START_SECONDS + FIRST_WARM_UP_SECONDS
  const way = before + seconds + 0.1
  const trial = before + repeat * seconds + 0.1
  const again = before + LONGER * seconds + 0.1
  const ways = LANES.native.length + LANES.simd.length
  return way * ways * repeat + trial * threadCounts(cores).length + again * FINALISTS * ROUNDS
}

/**
 * First each kernel with its lanes, on all cores; then, with the best of them, each number of threads, and the best in
 * turns.
 */
export async function tune(options: TuneOptions): Promise<TuneResult> {
  const { bits, cores, load, kernel, onTrial, onRound, signal } = options
  const { timing = TUNE_TIMING, rounds = ROUNDS } = options
  const counts = threadCounts(cores)
  // Opened for the native kernel, a ByteMap has the faster of its ways.
  const opened = kernel === 'auto' ? 'native' : kernel
  const plans = counts.map((threads): CellPlan => ({
    bits,
    threads,
    kernel: opened,
    lanes: 'auto',
    pages: 'huge',
  }))
  const map = await openMap(plans, options)
  const pool = createBenchPool(map, mostThreads(plans))
  const measure = async (work: Work, times: Timing): Promise<readonly number[] | null> => {
    if (signal?.aborted) return null
    const samples = await pool.measure(work, { ...times, beside: false, ...(signal && { signal }) })
    return samples?.hashing ?? null
  }
  const trials: Trial[] = []
  const tried = (trial: Trial): void => {
    trials.push(trial)
    onTrial?.(trial)
  }
  const cut = (): TuneResult => ({ trials, best: bestOf(trials), verdict: null, interrupted: true })
  try {
    const ways = waysOf(kernel, map)
    const rates = await inTurns(ways, timing.repeat, (way) =>
      measure({ ...way, threads: cores }, { ...timing, repeat: 1 }),
    )
    if (rates === null) return cut()
    for (const [k, way] of ways.entries()) {
      if (signal?.aborted) return cut()
      tried({ ...way, threads: cores, hashesPerSecond: median(rates[k] as number[]) })
    }
    const { kernel: chosen, lanes } = bestOf(trials) as Trial
    const isChosen = (trial: Trial): boolean => trial.kernel === chosen && trial.lanes === lanes
    for (const threads of counts.filter((count) => count !== cores)) {
      const samples = await measure({ threads, lanes, kernel: chosen }, timing)
      if (samples === null) return cut()
      tried({ kernel: chosen, lanes, threads, hashesPerSecond: median(samples) })
    }
    const finals = finalistsOf(trials.filter(isChosen)).map(({ threads }) => threads)
    const longer = { ...timing, seconds: LONGER * timing.seconds, repeat: 1 }
    const again = await inTurns(
      finals,
      rounds,
      (threads) => measure({ threads, lanes, kernel: chosen }, longer),
      onRound,
    )
    if (again === null) return cut()
    const rated = finals.map((threads, k): Rated => ({ threads, samples: again[k] as number[] }))
    const best = bestOf(trials.filter(isChosen))
    return { trials, best, verdict: verdictOf(rated, { load, cores }), interrupted: false }
  } finally {
    await pool.close()
  }
}

/** What a kernel is asked for, or all that work here. */
function waysOf(kernel: KernelChoice, { kernel: opened, vectors }: SharedByteMap): Way[] {
  const portable = vectors ? 'simd' : 'scalar'
  const both: KernelName[] = opened === 'native' ? ['native', portable] : [portable]
  const kernels = kernel === 'auto' ? both : [kernel]
  return kernels.flatMap((name) => LANES[name].map((lanes) => ({ kernel: name, lanes })))
}

/** A sample of each, then the next of each, so that all of them see the same machine. Null if it was interrupted. */
async function inTurns<T>(
  rivals: readonly T[],
  rounds: number,
  measure: (rival: T) => Promise<readonly number[] | null>,
  onRound?: (round: number, rounds: number) => void,
): Promise<number[][] | null> {
  const rates = rivals.map((): number[] => [])
  for (let round = 1; round <= rounds; round++) {
    for (const [k, rival] of rivals.entries()) {
      const samples = await measure(rival)
      if (samples === null) return null
      rates[k]?.push(...samples)
    }
    onRound?.(round, rounds)
  }
  return rates
}

const byRate = (one: Trial, two: Trial): number => two.hashesPerSecond - one.hashesPerSecond

const finalistsOf = (trials: readonly Trial[]): Trial[] => [...trials].sort(byRate).slice(0, FINALISTS)

/** The fastest; among those that are as fast, fewest threads, then fewest lanes. */
export function bestOf(trials: readonly Trial[]): Trial | null {
  const [fastest] = [...trials].sort(byRate)
  if (fastest === undefined) return null
  const good = trials.filter(
    ({ hashesPerSecond }) => hashesPerSecond >= fastest.hashesPerSecond * (1 - NOISE),
  )
  return [...good].sort((one, two) => one.threads - two.threads || one.lanes - two.lanes)[0] ?? fastest
}
