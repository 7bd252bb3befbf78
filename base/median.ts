/** The median; NaN for an empty list. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const right = sorted[sorted.length >> 1] ?? NaN
  const left = sorted[(sorted.length - 1) >> 1] ?? NaN
  return left + (right - left) / 2
}
