/** Samples in, one line out. */

export interface Summary {
  /** Median of the samples. */
  readonly hashesPerSecond: number
  readonly min: number
  readonly max: number
  readonly samples: readonly number[]
}

/** At least one sample. */
export function summaryOf(samples: readonly number[]): Summary {
  return { hashesPerSecond: median(samples), min: Math.min(...samples), max: Math.max(...samples), samples }
}

/** The middle one, or the mean of the two in the middle. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((one, two) => one - two)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2
}
