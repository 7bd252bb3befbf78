/** The middle one, or the mean of the two in the middle. At least one sample. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((one, two) => one - two)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2
}
