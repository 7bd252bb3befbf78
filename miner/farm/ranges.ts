/**
 * Who may hash which counters of a record. Counters are reserved for a worker in large ranges, which are written down
 * before anything of them is handed out, and handed out in small ones. What was handed out is never given to another
 * worker, unless its holder says that it has not hashed it; what is only reserved is reclaimed when its holder leaves or
 * its lease lapses. So no two workers ever hold the same counter, and none is hashed twice. The lowest counters that are
 * free go out first: short nonces are cheaper. Pure bookkeeping.
 */
import { WHOLE_SPACE, type Lease } from '../work/nonces.js'
import { MOST_LEASES, type GrantRound } from './messages.js'
import { commonWith, contains, sizeOf, withoutRange, withRange, type RangeSet } from './range-set.js'

export type Grant = GrantRound['grants'][number]

export interface Wish {
  readonly worker: string
  /** How many counters it is to be handed out. */
  readonly count: bigint
  /** How many are reserved for it at once if it has no rest, at least `count`. */
  readonly reserve: bigint
}

export interface Taken {
  /** For the worker, once `reserved` is written down; less than it wished for if that would be too many pieces. */
  readonly granted: readonly Lease[]
  readonly reserved: readonly Grant[]
}

export type Ranges = ReturnType<typeof createRanges>

interface Holder {
  /** All that was reserved for it and not taken away again. */
  held: RangeSet
  /** What of it was not handed out. */
  rest: RangeSet
}

export function createRanges() {
  const holders = new Map<string, Holder>()
  let free: RangeSet = []
  let { from: next } = WHOLE_SPACE

  function holderOf(worker: string): Holder {
    const known = holders.get(worker)
    if (known !== undefined) return known
    const holder: Holder = { held: [], rest: [] }
    holders.set(worker, holder)
    return holder
  }

  /** The lowest free counters, in one piece. */
  function reserve(worker: string, count: bigint): Grant {
    const [lowest] = free
    const from = lowest?.from ?? next
    const end = from + count
    const to = lowest === undefined || end < lowest.to ? end : lowest.to
    if (lowest === undefined) next = to
    else free = withoutRange(free, { from, to })
    const holder = holderOf(worker)
    holder.held = withRange(holder.held, { from, to })
    holder.rest = withRange(holder.rest, { from, to })
    return { worker, from, to }
  }

  function handOut(holder: Holder, count: bigint): Lease {
    const [first] = holder.rest as [Lease]
    const to = sizeOf(first) > count ? first.from + count : first.to
    const granted = { from: first.from, to }
    holder.rest = withoutRange(holder.rest, granted)
    return granted
  }

  function takeAway(holder: Holder, range: Lease): void {
    holder.held = withoutRange(holder.held, range)
    holder.rest = withoutRange(holder.rest, range)
  }

  function release(worker: string, freed: readonly Lease[]): void {
    const holder = holders.get(worker)
    if (holder === undefined) return
    for (const range of freed.flatMap((asked) => commonWith(holder.held, asked))) {
      takeAway(holder, range)
      free = withRange(free, range)
    }
  }

  return {
    take({ worker, count, reserve: atOnce }: Wish): Taken {
      const holder = holderOf(worker)
      const granted: Lease[] = []
      const reserved: Grant[] = []
      for (let wanted = count; wanted > 0n && granted.length < MOST_LEASES;) {
        if (holder.rest.length === 0) reserved.push(reserve(worker, atOnce > wanted ? atOnce : wanted))
        const piece = handOut(holder, wanted)
        granted.push(piece)
        wanted -= sizeOf(piece)
      }
      return { granted, reserved }
    },
    /** The worker will not hash these; only what it holds counts. */
    release,
    /** What is reserved for it and was not handed out is free again. */
    reclaim: (worker: string) => release(worker, holders.get(worker)?.rest ?? []),
    /** It will hash nothing of all that it holds. */
    drop: (worker: string) => release(worker, holders.get(worker)?.held ?? []),
    holds: (worker: string, counter: bigint) => contains(holders.get(worker)?.held ?? [], counter),
    /** Takes over a round that another coordinator wrote: all of it counts as handed out. */
    replay({ next: after, grants }: GrantRound): void {
      for (const { worker, from, to } of grants) {
        const range = { from, to }
        // Freed before, and given to another one.
        if (from < next) for (const holder of holders.values()) takeAway(holder, range)
        const holder = holderOf(worker)
        holder.held = withRange(holder.held, range)
        if (to > next) next = to
      }
      if (after > next) next = after
    },
    /** The first counter that was never reserved. */
    get next(): bigint {
      return next
    },
  }
}
