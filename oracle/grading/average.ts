/**
 * Averages and grades. Places are decided by the last bit of these doubles, so the order of every operation is
 * consensus: sums run over the list as it stands, products from left to right, no power function
 * (docs/protocol/records-and-grading.md#averages).
 */

/** The average of each asset over `count` lists of values, the lists in their current order. */
export type Average = (lists: readonly (readonly number[])[]) => number[]

const assetsOf = (lists: readonly (readonly number[])[]) => lists[0]?.length ?? 0

/** Plain mean (versions 1 to 4). Negative prices, possible in version 1 only, count as positive. */
export const mean: Average = (lists) => {
  const sums = new Array<number>(assetsOf(lists)).fill(0)
  for (const values of lists) {
    values.forEach((value, k) => {
      const sum = sums[k] as number
      sums[k] = value >= 0 ? sum + value : sum - value
    })
  }
  return sums.map((sum) => sum / lists.length)
}

/**
 * Mean without the extremes (version 5): a tenth and one more are left out at each end, the rest is added up in
 * ascending order. Of three values or fewer, the middle one.
 */
export const trimmedMean: Average = (lists) => {
  const count = lists.length
  const cut = Math.trunc(count * 0.1) + 1
  const sorted = new Float64Array(count)
  const averages = new Array<number>(assetsOf(lists))
  for (let k = 0; k < averages.length; k++) {
    sortAsset(lists, k, sorted)
    let sum = 0
    for (let at = cut; at < count - cut; at++) sum += sorted[at] as number
    averages[k] = count <= 3 ? (sorted[Math.floor(count / 2)] as number) : sum / (count - 2 * cut)
  }
  return averages
}

/** Sorts by insertion, which for the at most 50 values is several times as fast as the array's own sort. */
function sortAsset(lists: readonly (readonly number[])[], asset: number, sorted: Float64Array): void {
  for (let k = 0; k < sorted.length; k++) {
    const value = (lists[k] as readonly number[])[asset] as number
    let at = k
    for (; at > 0 && (sorted[at - 1] as number) > value; at--) sorted[at] = sorted[at - 1] as number
    sorted[at] = value
  }
}

/**
 * How far a record lies from the averages: the sum of what each asset costs it. Assets whose average is 0 do not
 * count.
 */
export function gradeOf(values: readonly number[], averages: readonly number[], band: number): number {
  let grade = 0
  averages.forEach((average, k) => {
    if (average > 0) grade += costOf(values[k] as number, average, band)
  })
  return grade
}

/** The fourth power of the relative distance, lessened by the band. */
function costOf(value: number, average: number, band: number): number {
  const distance = Math.abs((value - average) / average)
  const d = distance <= band ? 0 : distance - band
  return d * d * d * d
}

/** How one asset's price compares to the average: the relative distance with its sign, and its part of the grade. */
export interface Distance {
  readonly distance: number
  readonly cost: number
}

/** The distance of each asset, record order; 0 where the average is 0. What a grade is made of. */
export function distancesOf(
  values: readonly number[],
  averages: readonly number[],
  band: number,
): Distance[] {
  return averages.map((average, k) => {
    const value = values[k] as number
    if (!(average > 0)) return { distance: 0, cost: 0 }
    return { distance: (value - average) / average, cost: costOf(value, average, band) }
  })
}
