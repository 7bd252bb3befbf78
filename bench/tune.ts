/** Finds the number of threads and lanes that hash fastest on this machine. */
import { isCoded } from '../config/index.js'
import { cellSeconds, FIRST_WARM_UP_SECONDS, type CellPlan, type KernelChoice, type Timing } from './cells.js'
import { threadCounts } from './plan.js'
import { createCrew, type Crew, type Work } from './pool.js'
import { openMap, type MapOptions } from './run.js'
import { median } from './statistics.js'

export interface TuneOptions extends MapOptions {
  readonly bits: number
  readonly cores: number
  readonly kernel: KernelChoice
  /** Default: `TUNE_TIMING`. */
  readonly timing?: Timing
  readonly onTrial?: (trial: Trial) => void
}

/** A setting that was tried. */
export interface Trial {
  readonly threads: number
  readonly lanes: number
  /** Median of the samples. */
  readonly hashesPerSecond: number
}

export interface TuneResult {
  readonly trials: readonly Trial[]
  /** Null if it was interrupted before anything was measured. */
  readonly best: Trial | null
  readonly interrupted: boolean
}

/** Short, because there are many: some 20 trials in about a minute. */
export const TUNE_TIMING: Timing = { seconds: 0.7, repeat: 3 }

/** What a kernel has: multiples of 8; few lanes leave the memory idle, many outgrow the first cache. */
const LANES = [16, 32, 64, 96, 128, 192, 256, 384, 512] as const
/** The lanes that are tried with each number of threads. */
const FINALISTS = 2
/** Differences below are noise: the setting with fewer threads is preferred. */
const NOISE = 0.01

/** An upper bound in seconds, without opening the ByteMap. */
export function tuneSeconds(cores: number, { seconds, repeat }: Timing = TUNE_TIMING): number {
  const trials = LANES.length + FINALISTS * threadCounts(cores).length
  return trials * Math.min(cellSeconds({ seconds, repeat }), FIRST_WARM_UP_SECONDS + repeat * seconds + 0.1)
}

/** First all lanes with one thread a core, then the best of them with each number of threads. */
export async function tune(options: TuneOptions): Promise<TuneResult> {
  const { bits, cores, kernel, onTrial, signal, timing = TUNE_TIMING } = options
  const counts = threadCounts(cores)
  const plan = (threads: number): CellPlan => ({ bits, threads, kernel, lanes: 'auto', pages: 'huge' })
  const crew = createCrew(await openMap(counts.map(plan), options))
  const trials: Trial[] = []
  const attempt = async (threads: number, lanes: number): Promise<boolean> => {
    if (trials.some((trial) => trial.threads === threads && trial.lanes === lanes)) return true
    const work = { threads, lanes, kernel }
    if (!exists(crew, work)) return true
    const samples = signal?.aborted
      ? null
      : await crew.measure(work, { ...timing, gather: false, ...(signal ? { signal } : {}) })
    if (samples === null) return false
    const trial = { threads, lanes, hashesPerSecond: median(samples.hashing) }
    trials.push(trial)
    onTrial?.(trial)
    return true
  }
  try {
    for (const lanes of LANES) if (!(await attempt(cores, lanes))) return ended(trials, true)
    const finalists = [...trials].sort(byRate).slice(0, FINALISTS)
    for (const { lanes } of finalists) {
      for (const threads of counts) if (!(await attempt(threads, lanes))) return ended(trials, true)
    }
    return ended(trials, false)
  } finally {
    await crew.close()
  }
}

const byRate = (one: Trial, two: Trial): number => two.hashesPerSecond - one.hashesPerSecond

function ended(trials: readonly Trial[], interrupted: boolean): TuneResult {
  return { trials, best: bestOf(trials), interrupted }
}

/** The fastest; among those that are as fast, fewest threads, then fewest lanes. */
export function bestOf(trials: readonly Trial[]): Trial | null {
  const [fastest] = [...trials].sort(byRate)
  if (fastest === undefined) return null
  const good = trials.filter(
    ({ hashesPerSecond }) => hashesPerSecond >= fastest.hashesPerSecond * (1 - NOISE),
  )
  return [...good].sort((one, two) => one.threads - two.threads || one.lanes - two.lanes)[0] ?? fastest
}

function exists(crew: Crew, work: Work): boolean {
  try {
    crew.check(work)
    return true
  } catch (error) {
    if (isCoded(error) && error.code === 'E_LXR_INPUT') return false
    throw error
  }
}
