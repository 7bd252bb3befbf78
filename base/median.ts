/** The middle of some numbers, of two if they are even. NaN for none. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const right = sorted[sorted.length >> 1] ?? NaN
  const left = sorted[(sorted.length - 1) >> 1] ?? NaN
  return left + (right - left) / 2
}
