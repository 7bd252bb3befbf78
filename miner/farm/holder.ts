/**
 * The worker's side of its lease: the counters that it was handed out and has not begun, and until when it may hash.
 * Pure: time and what the threads have left are told.
 */
import type { Lease } from '../work/nonces.js'
import { sizeOf, withRange, type RangeSet } from './range-set.js'

export interface Holder {
  add(leases: readonly Lease[]): void
  /** A question that was asked then is answered. */
  renew(askedMs: number, lifeMs: number): void
  /** Whether the lease is gone: nothing may be hashed. */
  lapsed(nowMs: number): boolean
  /** The next range to hash; null if there is none. It is begun with that. */
  next(): Lease | null
  /** Drops what was not begun, and returns it. */
  drop(): Lease[]
  /** Counters that were not begun. */
  readonly size: bigint
}

export function createHolder(): Holder {
  let waiting: RangeSet = []
  let untilMs = -Infinity
  return {
    add(leases) {
      for (const lease of leases) waiting = withRange(waiting, lease)
    },
    renew(askedMs, lifeMs) {
      untilMs = Math.max(untilMs, askedMs + lifeMs)
    },
    lapsed: (nowMs) => nowMs >= untilMs,
    next() {
      const [first = null, ...rest] = waiting
      waiting = rest
      return first
    },
    drop() {
      const dropped = [...waiting]
      waiting = []
      return dropped
    },
    get size() {
      return waiting.reduce((sum, range) => sum + sizeOf(range), 0n)
    },
  }
}
