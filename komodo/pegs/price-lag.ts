/**
 * How the price of a chain follows the market: by at most 1 % a block, then the middle of a window of blocks (a day on
 * real chains), then the average of a window of those. docs/protocol/pegs.md#prices
 */

/** The number of the next block, where the one before had `last`. */
export function stepTowards(last: number, wanted: number): number {
  if (last === 0) return wanted
  const step = Math.max(1, Math.floor(last / 100))
  return Math.max(last - step, Math.min(last + step, wanted))
}

/** Is given the price of each block, and gives the smoothed one. Begins as if the first had stood for two windows. */
export function createLag(window: number, first: number): (raw: number) => number {
  const raws = Array.from({ length: window }, () => first)
  const sorted = [...raws]
  const middles = [...raws]
  let sum = first * window
  let at = 0
  return (raw) => {
    sorted.splice(placeOf(sorted, raws[at] as number), 1)
    sorted.splice(placeOf(sorted, raw), 0, raw)
    const half = Math.floor(window / 2)
    const upper = sorted[half] as number
    const middle = Math.floor(window % 2 === 1 ? upper : (upper + (sorted[half - 1] as number)) / 2)
    sum += middle - (middles[at] as number)
    raws[at] = raw
    middles[at] = middle
    at = (at + 1) % window
    return Math.floor(sum / window)
  }
}

/** The first place in a list in order whose value is not below. */
function placeOf(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as number) < value) low = middle + 1
    else high = middle
  }
  return low
}
