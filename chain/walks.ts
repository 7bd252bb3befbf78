/** Which blocks are walked for which consumers: each of them misses those behind the last one that it has taken. */

export interface Reader {
  /** The last block that it has taken; null: none yet. */
  readonly height: number | null
}

export interface Walk<R> {
  readonly from: number
  readonly to: number
  readonly readers: readonly R[]
}

/**
 * The walks from the one that is farthest behind up to `last`, lowest first: as long as one of several catches up, only
 * what it wants is fetched, then the next joins in. `start`: the first block of the chain.
 */
export function walksOf<R extends Reader>(readers: readonly R[], start: number, last: number): Walk<R>[] {
  const nextOf = ({ height }: Reader): number => (height === null ? start : height + 1)
  const begins = [...new Set(readers.map(nextOf))].filter((next) => next <= last).sort((a, b) => a - b)
  return begins.map((from, k) => ({
    from,
    to: (begins[k + 1] ?? last + 1) - 1,
    readers: readers.filter((reader) => nextOf(reader) <= from),
  }))
}
