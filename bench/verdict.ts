/** Which number of threads `bench --tune` recommends, or why it recommends none. Pure. */
import { median } from '../base/index.js'

/** A number of threads and its hashes per second, measured in turns with the others. */
export interface Rated {
  readonly threads: number
  readonly samples: readonly number[]
}

export interface Rating {
  readonly threads: number
  /** Median of the samples. */
  readonly hashesPerSecond: number
  readonly min: number
  readonly max: number
}

export interface Verdict {
  readonly ratings: readonly Rating[]
  /** Threads; null if the machine is too busy to tell. */
  readonly recommended: number | null
  /** Why this number or none, for a person. */
  readonly reason: string
}

/** Rates this near are the same, and of those the fewest threads are recommended. */
const SAME = 0.01
/** Samples of a quiet machine lie within this share of their median. */
const STEADY = 0.03
/** Waiting processes a processor: with more before the first measurement, others share the machine. */
const QUIET_LOAD = 0.25

/** `load` is that of the machine before anything was measured: the mean number of runnable processes. */
export function verdictOf(
  rated: readonly Rated[],
  { load, cores }: { load: number; cores: number },
): Verdict {
  const ratings = rated.flatMap(({ threads, samples }) =>
    samples.length === 0
      ? []
      : [{ threads, hashesPerSecond: median(samples), min: Math.min(...samples), max: Math.max(...samples) }],
  )
  const none = (reason: string): Verdict => ({ ratings, recommended: null, reason })
  const [fastest] = [...ratings].sort((one, two) => two.hashesPerSecond - one.hashesPerSecond)
  if (fastest === undefined) return none('nothing was measured')
  if (load > QUIET_LOAD * cores)
    return none(
      `other programs share the machine: its load was ${load.toFixed(1)} before the first measurement`,
    )
  if (ratings.length === 1 && !isSteady(fastest)) return none('the samples spread too far')
  const doubtful = ratings.find((rating) => rating !== fastest && !canTell(fastest, rating))
  if (doubtful !== undefined)
    return none(
      `the samples of ${fastest.threads} and of ${doubtful.threads} threads spread wider than the two differ`,
    )
  const best = ratings
    .filter(({ hashesPerSecond }) => hashesPerSecond >= fastest.hashesPerSecond * (1 - SAME))
    .reduce((one, two) => (two.threads < one.threads ? two : one))
  return {
    ratings,
    recommended: best.threads,
    reason: best === fastest ? 'the fastest' : `as fast as ${fastest.threads}, with fewer threads`,
  }
}

/** Either they differ by more than each spreads, or both are so steady that their medians can be compared. */
const canTell = (fast: Rating, slow: Rating): boolean =>
  fast.hashesPerSecond - slow.hashesPerSecond > Math.max(fast.max - fast.min, slow.max - slow.min) ||
  (isSteady(fast) && isSteady(slow))

const isSteady = ({ hashesPerSecond, min, max }: Rating): boolean => max - min <= STEADY * hashesPerSecond
