/**
 * What a worker's threads do: they hash the counters that the coordinator handed out, one range after the other, for as
 * long as the lease holds. The time is told, so that it can be tried without a clock.
 */
import { toHex } from '../../base/index.js'
import type { LocalWorkforce } from '../work/local.js'
import type { Lease } from '../work/nonces.js'
import { createHolder } from './holder.js'
import type { Answer, FarmRecord } from './messages.js'
import { sizeOf } from './range-set.js'

export interface HashingParts {
  readonly local: Pick<LocalWorkforce, 'assign' | 'collect' | 'left'>
  /** A range is hashed from now on. */
  readonly onBegin: (record: FarmRecord, range: Lease) => void
  /** A range will not be hashed here. */
  readonly onFreed: (record: FarmRecord, range: Lease) => void
  /** The lease is gone, and nothing is hashed until there is one again. */
  readonly onLapsed: () => void
}

export interface Hashing {
  /** Turns to a record, or to none. The same record again goes on. */
  turn(record: FarmRecord | null): void
  /** An answer to a question that was asked then, about the record at hand. */
  granted(answer: Pick<Answer, 'granted' | 'lifeMs' | 'floor'>, askedMs: number): void
  /** Begins the next range when the one before is used up; stops when the lease is gone. */
  tick(nowMs: number): void
  /** Stops, and gives back what is not hashed. */
  halt(): void
  /** What was given back since the last call. */
  takeFreed(): Lease[]
  /** It could not be told: the next call gives it once more. */
  keepFreed(ranges: readonly Lease[], of: FarmRecord | null): void
  readonly record: FarmRecord | null
  /** What is not above it is of no interest to the coordinator. */
  readonly floor: bigint
  /** Counters that are not hashed yet. */
  readonly left: bigint
}

const NOW = AbortSignal.abort()

export function createHashing({ local, onBegin, onFreed, onLapsed }: HashingParts): Hashing {
  const holder = createHolder()
  let record: FarmRecord | null = null
  /** The range that the threads share; null: they wait. */
  let current: Lease | null = null
  let floor = 0n
  let freed: Lease[] = []

  function assign(range: Lease): void {
    const { height, oprHash, keep } = record as FarmRecord
    local.assign({ height, oprHash, floor, keep, lease: range })
  }

  /** No thread takes anything any more when it returns: what is left then is not hashed. */
  function stop(): Lease[] {
    void local.collect(NOW)
    const rest = current === null ? [] : [local.left].filter((range) => sizeOf(range) > 0n)
    current = null
    return [...rest, ...holder.drop()]
  }

  function giveBack(): void {
    const ranges = stop()
    if (record === null) return
    for (const range of ranges) onFreed(record, range)
    freed.push(...ranges)
  }

  return {
    turn(next) {
      if (record !== null && next !== null && Buffer.compare(record.oprHash, next.oprHash) === 0) return
      // Counters of a record that is over are of no use to any machine.
      stop()
      freed = []
      record = next
      floor = next?.floor ?? 0n
    },
    granted(answer, askedMs) {
      holder.granted(answer.granted, askedMs, answer.lifeMs)
      if (answer.floor <= floor || record === null) return
      floor = answer.floor
      if (current !== null) assign(current)
    },
    tick(nowMs) {
      if (record === null) return
      if (holder.lapsed(nowMs)) {
        if (current === null && holder.size === 0n) return
        giveBack()
        return onLapsed()
      }
      if (current !== null && sizeOf(local.left) > 0n) return
      current = holder.next()
      if (current === null) return
      onBegin(record, current)
      assign(current)
    },
    halt: giveBack,
    takeFreed() {
      const taken = freed
      freed = []
      return taken
    },
    keepFreed(ranges, of) {
      if (of !== null && record !== null && toHex(of.oprHash) === toHex(record.oprHash)) freed.push(...ranges)
    },
    get record() {
      return record
    },
    get floor() {
      return floor
    },
    get left() {
      return (current === null ? 0n : sizeOf(local.left)) + holder.size
    },
  }
}
