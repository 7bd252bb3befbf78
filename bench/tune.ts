/** Finds the number of threads that hash fastest on this machine, with the lanes that the miner takes. */
import { median } from '../base/index.js'
import {
  FIRST_WARM_UP_SECONDS,
  START_SECONDS,
  type CellPlan,
  type KernelChoice,
  type Timing,
} from './cells.js'
import { threadCounts } from './plan.js'
import { createCrew } from './pool.js'
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
  readonly onTrial?: (trial: Trial) => void
  /** After each round in which the best were measured again. */
  readonly onRound?: (round: number, rounds: number) => void
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
  /** Of the trials. Null if it was interrupted before anything was measured. */
  readonly best: Trial | null
  /** Of the best, measured again. Null if it was interrupted before that was done. */
  readonly verdict: Verdict | null
  readonly interrupted: boolean
}

/** Short, because there are many: some ten trials in half a minute. */
export const TUNE_TIMING: Timing = { seconds: 0.7, repeat: 3 }

/** The best are measured again in turns, so that all of them see the same machine: one outlier decides nothing. */
const FINALISTS = 3
const ROUNDS = 5
/** How much longer their samples are than those of the trials. */
const LONGER = 2
/** Differences below are noise: the setting with fewer threads is preferred. */
const NOISE = 0.01

/** An upper bound in seconds, without opening the ByteMap. */
export function tuneSeconds(cores: number, { seconds, repeat }: Timing = TUNE_TIMING): number {
  const before = START_SECONDS + FIRST_WARM_UP_SECONDS
  const trial = before + repeat * seconds + 0.1
  const again = before + LONGER * seconds + 0.1
  return trial * threadCounts(cores).length + again * FINALISTS * ROUNDS
}

/** First each number of threads, then the best of them in turns. */
export async function tune(options: TuneOptions): Promise<TuneResult> {
  const { bits, cores, load, kernel, onTrial, onRound, signal, timing = TUNE_TIMING } = options
  const counts = threadCounts(cores)
  const plan = (threads: number): CellPlan => ({ bits, threads, kernel, lanes: 'auto', pages: 'huge' })
  const plans = counts.map(plan)
  const crew = createCrew(await openMap(plans, options), mostThreads(plans))
  const measure = (threads: number, times: Timing) =>
    signal?.aborted
      ? null
      : crew.measure(
          { threads, lanes: 'auto', kernel },
          { ...times, beside: false, ...(signal && { signal }) },
        )
  const trials: Trial[] = []
  const cut = (): TuneResult => ({ trials, best: bestOf(trials), verdict: null, interrupted: true })
  try {
    for (const threads of counts) {
      const samples = await measure(threads, timing)
      if (samples === null) return cut()
      const trial = { threads, lanes: samples.lanes, hashesPerSecond: median(samples.hashing) }
      trials.push(trial)
      onTrial?.(trial)
    }
    const finals = new Map(finalistsOf(trials).map(({ threads }): [number, number[]] => [threads, []]))
    for (let round = 1; round <= ROUNDS; round++) {
      for (const [threads, rates] of finals) {
        const samples = await measure(threads, { ...timing, seconds: LONGER * timing.seconds, repeat: 1 })
        if (samples === null) return cut()
        rates.push(...samples.hashing)
      }
      onRound?.(round, ROUNDS)
    }
    const rated = [...finals].map(([threads, samples]): Rated => ({ threads, samples }))
    return { trials, best: bestOf(trials), verdict: verdictOf(rated, { load, cores }), interrupted: false }
  } finally {
    await crew.close()
  }
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
