/** Sets of counters as sorted ranges that neither overlap nor touch. Pure. */
import type { Lease } from '../work/nonces.js'

export type RangeSet = readonly Lease[]

export function withRange(set: RangeSet, added: Lease): RangeSet {
  if (added.from >= added.to) return set
  const apart = set.filter(({ from, to }) => to < added.from || from > added.to)
  const near = set.filter(({ from, to }) => to >= added.from && from <= added.to)
  const from = near.reduce((least, range) => (range.from < least ? range.from : least), added.from)
  const to = near.reduce((most, range) => (range.to > most ? range.to : most), added.to)
  return [...apart, { from, to }].sort((a, b) => (a.from < b.from ? -1 : 1))
}

export function withoutRange(set: RangeSet, removed: Lease): RangeSet {
  if (removed.from >= removed.to) return set
  return set.flatMap(({ from, to }) =>
    [
      { from, to: removed.from < to ? removed.from : to },
      { from: removed.to > from ? removed.to : from, to },
    ].filter((rest) => rest.from < rest.to),
  )
}

/** What of a range is in the set. */
export function commonWith(set: RangeSet, range: Lease): Lease[] {
  return set
    .map(({ from, to }) => ({
      from: from > range.from ? from : range.from,
      to: to < range.to ? to : range.to,
    }))
    .filter(({ from, to }) => from < to)
}

export function contains(set: RangeSet, counter: bigint): boolean {
  let [low, high] = [0, set.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const { from, to } = set[middle] as Lease
    if (counter < from) high = middle
    else if (counter >= to) low = middle + 1
    else return true
  }
  return false
}

export const sizeOf = ({ from, to }: Lease): bigint => (to > from ? to - from : 0n)
