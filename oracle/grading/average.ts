/**
 * Averages and grades. Places are decided by the last bit of these doubles, so the order of every operation is
 * consensus: sums run over the list as it stands, products from left to right, no power function.
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
  return Array.from({ length: assetsOf(lists) }, (_, k) => {
    const sorted = Float64Array.from(lists, (values) => values[k] as number).sort()
    if (count <= 3) return sorted[Math.floor(count / 2)] as number
    let sum = 0
    for (let at = cut; at < count - cut; at++) sum += sorted[at] as number
    return sum / (count - 2 * cut)
  })
}

/**
 * How far a record lies from the averages: the sum of the fourth powers of the relative distances, each lessened
 * by the band. Assets whose average is 0 do not count.
 */
export function gradeOf(values: readonly number[], averages: readonly number[], band: number): number {
  let grade = 0
  averages.forEach((average, k) => {
    if (!(average > 0)) return
    const distance = Math.abs(((values[k] as number) - average) / average)
    const d = distance <= band ? 0 : distance - band
    grade += d * d * d * d
  })
  return grade
}
