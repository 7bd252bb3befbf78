/**
 * The worker's side of its lease: the counters that it was handed out and has not begun, and until when it may hash.
 * Pure: time and what the threads have left are told.
 */
import type { Lease } from '../work/nonces.js'
import { sizeOf, withRange, type RangeSet } from './range-set.js'

export type Holder = ReturnType<typeof createHolder>

export function createHolder() {
  let waiting: RangeSet = []
  let untilMs = -Infinity
  return {
    add(leases: readonly Lease[]): void {
      for (const lease of leases) waiting = withRange(waiting, lease)
    },
    /** A question that was asked then is answered. */
    renew(askedMs: number, lifeMs: number): void {
      untilMs = Math.max(untilMs, askedMs + lifeMs)
    },
    /** Whether the lease is gone: nothing may be hashed. */
    lapsed: (nowMs: number) => nowMs >= untilMs,
    /** The next range to hash; null if there is none. It is begun with that. */
    next(): Lease | null {
      const [first = null, ...rest] = waiting
      waiting = rest
      return first
    },
    /** Drops what was not begun, and returns it. */
    drop(): Lease[] {
      const dropped = [...waiting]
      waiting = []
      return dropped
    },
    /** Counters that were not begun. */
    get size(): bigint {
      return waiting.reduce((sum, range) => sum + sizeOf(range), 0n)
    },
  }
}
