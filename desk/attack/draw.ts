/** What chance decides about a block: proofs of work and honest prices. */

export type Random = () => number

/** Above 0, so that it has a logarithm. */
const above0 = (random: Random): number => 1 - random()

/**
 * The best `count` of so many hashes: how far each lies below the greatest difficulty, as a part of all difficulties,
 * ascending. Exact: the greatest of n equally distributed numbers is one such number to the power 1/n, and the others are
 * distributed below it as n - 1 of them are below 1.
 */
export function bestHashes(hashes: number, count: number, random: Random): number[] {
  const found: number[] = []
  let logarithm = 0
  for (let left = hashes; found.length < count && left >= 1; left--) {
    logarithm += Math.log(above0(random)) / left
    found.push(-Math.expm1(logarithm))
  }
  return found
}

/** The order of so many things by chance. */
export function shuffled(count: number, random: Random): number[] {
  const order = Array.from({ length: count }, (_, k) => k)
  for (let k = count - 1; k > 0; k--) {
    const other = Math.floor(random() * (k + 1))
    ;[order[k], order[other]] = [order[other] as number, order[k] as number]
  }
  return order
}
