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

export type Hashing = ReturnType<typeof createHashing>

const NOW = AbortSignal.abort()
const NOTHING: NonNullable<Answer['ahead']> = { name: '', ranges: [] }

export function createHashing({ local, onBegin, onFreed, onLapsed }: HashingParts) {
  const holder = createHolder()
  let record: FarmRecord | null = null
  /** The range that the threads share; null: they wait. */
  let current: Lease | null = null
  let floor = 0n
  let freed: Lease[] = []
  let ahead: NonNullable<Answer['ahead']> = NOTHING
  let begunMs: number | null = null

  /** Counters that it was handed out ahead of this record are hashed, once, if the lease holds. */
  function useAhead(nowMs: number): void {
    if (ahead.name === '' || record?.ahead !== ahead.name || holder.lapsed(nowMs)) return
    holder.add(ahead.ranges)
    ahead = NOTHING
  }

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
    /** Turns to a record, or to none. The same record again goes on. */
    turn(next: FarmRecord | null, nowMs: number): void {
      if (record !== null && next !== null && Buffer.compare(record.oprHash, next.oprHash) === 0) return
      // Counters of a record that is over are of no use to any machine.
      stop()
      freed = []
      record = next
      floor = next?.floor ?? 0n
      begunMs = null
      useAhead(nowMs)
    },
    /** An answer to a question that was asked then, about a record, or none. */
    heard(
      answer: Pick<Answer, 'granted' | 'lifeMs' | 'floor' | 'ahead'>,
      about: FarmRecord | null,
      askedMs: number,
    ): void {
      const isOurs = about !== null && about === record
      holder.renew(askedMs, answer.lifeMs)
      if (answer.ahead !== null) ahead = answer.ahead
      useAhead(askedMs)
      if (!isOurs) return
      holder.add(answer.granted)
      if (answer.floor <= floor) return
      floor = answer.floor
      if (current !== null) assign(current)
    },
    /** Begins the next range when the one before is used up; stops when the lease is gone. */
    tick(nowMs: number): void {
      if (record === null) return
      if (holder.lapsed(nowMs)) {
        if (current === null && holder.size === 0n) return
        giveBack()
        return onLapsed()
      }
      if (current !== null && sizeOf(local.left) > 0n) return
      current = holder.next()
      if (current === null) return
      begunMs ??= nowMs
      onBegin(record, current)
      assign(current)
    },
    /** Stops, and gives back what is not hashed. */
    halt: giveBack,
    /** What was given back since the last call. */
    takeFreed(): Lease[] {
      const taken = freed
      freed = []
      return taken
    },
    /** It could not be told: the next call gives it once more. */
    keepFreed(ranges: readonly Lease[], of: FarmRecord | null): void {
      if (of !== null && record !== null && toHex(of.oprHash) === toHex(record.oprHash)) freed.push(...ranges)
    },
    get record(): FarmRecord | null {
      return record
    },
    /** What is not above it is of no interest to the coordinator. */
    get floor(): bigint {
      return floor
    },
    /** Names the counters that it has of a record that is still to come; empty: it has none. */
    get ahead(): string {
      return ahead.name
    },
    /** When it began to hash the record at hand; null: not yet. */
    get begunMs(): number | null {
      return begunMs
    },
    /** Counters that are not hashed yet. */
    get left(): bigint {
      return (current === null ? 0n : sizeOf(local.left)) + holder.size
    },
  }
}
