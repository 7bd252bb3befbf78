/**
 * Counters of the record that comes next: handed out before there is one, under a name. They count if that record is told
 * with this name, and if what was handed out under it is written down before; of another coordinator's record, which has
 * another name, they are nothing. Pure bookkeeping.
 */
import { randomBytes } from 'node:crypto'
import type { Answer } from './messages.js'
import { createRanges, type Grant, type Wish } from './ranges.js'

export type Ahead = ReturnType<typeof createAhead>

/** A worker that starts anew has lost what it was given. One that does so again and again would use up short nonces. */
const MOST_TIMES = 3

export function createAhead() {
  const name = randomBytes(8).toString('hex')
  const ranges = createRanges()
  /** All that was reserved, in its order. */
  const grants: Grant[] = []
  const times = new Map<string, number>()
  return {
    ...{ name, ranges, grants },
    /** For a worker that has none of this name. Null: it has, or has been given too many, or has no use for them. */
    take(wish: Wish, has: string | null): Answer['ahead'] {
      const before = times.get(wish.worker) ?? 0
      if (has === null || has === name || before >= MOST_TIMES) return null
      times.set(wish.worker, before + 1)
      const { granted, reserved } = ranges.take(wish)
      grants.push(...reserved)
      return { name, ranges: [...granted] }
    },
    /** The worker leaves: it will not hash them. */
    drop: (worker: string) => ranges.drop(worker),
    /** What is reserved for it and was not handed out is free again. */
    reclaim: (worker: string) => ranges.reclaim(worker),
  }
}
