/**
 * Answers the workers: their leases are renewed, and counters handed out. What is reserved is written down first, for
 * all who asked within a few milliseconds together: an entry of the bucket, made only if there is none of that number.
 * So of two coordinators that take themselves for the active one only one can reserve. Counters of the next record are
 * handed out with the answers before it, and written down when it is there: so a thousand machines that hear of it in the
 * same moment need not ask in the same moment, too.
 */
import type { Msg } from '@nats-io/transport-node'
import { monotonicMs } from '../../base/index.js'
import { createAhead, type Ahead } from './ahead.js'
import type { Machine, Machines } from './machines.js'
import { isRange, readAsk, SCHEMA, write, type Answer, type Ask, type Wrong } from './messages.js'
import { createRanges, type Ranges, type Wish } from './ranges.js'
import { createRounds, type RoundsParts } from './rounds.js'
import { textOfWorker, workerOf } from './table.js'

export interface LeasesParts {
  readonly bucket: RoundsParts['bucket']
  readonly machines: Machines
  readonly signal: AbortSignal
  /** How long a lease lasts without being renewed. Default: ten seconds. */
  readonly lifeMs?: number | undefined
  /** Of the job on the server. */
  readonly revision: () => number
  /** What is not above it is of no interest. */
  readonly floor: () => bigint
  /** A worker has begun to hash the record at hand, so long ago. */
  readonly onFirst: (machine: Machine, agoMs: number) => void
  /** A worker sent something that cannot be read. */
  readonly onMalformed: (text: string, wrong: Wrong) => void
  readonly onTrouble: (reason: string) => void
  readonly onDeposed: () => void
}

/** A worker may hash for so long after it asked; it asks every two seconds. */
export const LIFE_MS = 10_000
/** The worker has stopped by then: it counts from when it asked, the coordinator from when it heard. */
const LAPSE_SHARE = 1.1
/** Work that is handed out ahead: a coordinator that takes over has five seconds. */
const AHEAD_SECONDS = 8
/** Work that is reserved at once, so that few entries are written. */
const RESERVE_SECONDS = 30
/** For a worker that does not know its rate yet. */
const FIRST_COUNTERS = 100_000
/** No machine hashes faster: a wish beyond it would use up the short nonces. */
const FASTEST = 1e9

export function createLeases(parts: LeasesParts) {
  const { machines, lifeMs = LIFE_MS } = parts
  let ranges: Ranges = createRanges()
  let oprHash: Uint8Array | null = null
  /** Whether counters are to be handed out, and whether it is known who holds what. */
  let isShut = true
  let isReady = false
  let opened = Promise.resolve('')
  let ahead = createAhead()
  let begun = new Set<string>()
  const rounds = createRounds({ ...parts, next: () => ranges.next })

  function answer(message: Msg): void {
    const id = workerOf(message.subject)
    const read = readAsk(message.data)
    if ('wrong' in read) {
      parts.onMalformed(textOfWorker(id), read.wrong)
      // By the version of the answer the other one sees what is the matter, too.
      return read.wrong === 'malformed' ? undefined : reply(message, {})
    }
    const { message: ask } = read
    const machine = machines.hear(id, ask, monotonicMs())
    if (machine === 'late') return
    const refused = machines.refusal(id)
    if (machine === null || refused !== null)
      return reply(message, { refused: refused ?? 'the coordinator knows too many machines' })
    const isAbout = isSame(oprHash, ask.oprHash)
    // Which question was the last before is not known of the first: what it gives back may be given back already.
    if (isAbout && machine.questions > 1) ranges.release(machine.text, ask.freed.filter(isRange))
    if (ask.leaves) {
      ranges.reclaim(machine.text)
      ahead.drop(machine.text)
      return reply(message, {})
    }
    if (isAbout && ask.hashedMs !== null) first(machine, ask.hashedMs)
    const wish = wishOf(ask)
    const soon = ahead.take({ ...wish, worker: machine.text }, ask.ahead)
    const wanted = wish.count - ask.left
    if (isShut || !isReady || !isAbout || wanted <= 0n) return reply(message, { ahead: soon })
    const taken = ranges.take({ ...wish, worker: machine.text, count: wanted })
    const send = (): void => {
      reply(message, { granted: taken.granted, ahead: soon })
      machine.counters += wanted
      first(machine, 0)
    }
    if (taken.reserved.length === 0) send()
    else rounds.add(taken.reserved, send)
  }

  function first(machine: Machine, agoMs: number): void {
    if (begun.has(machine.text)) return
    begun.add(machine.text)
    parts.onFirst(machine, agoMs)
  }

  /** Nothing is handed out before it is known what is out already. */
  async function takeOver(hash: Uint8Array): Promise<string> {
    const known = await rounds.read()
    if (isSame(oprHash, hash)) {
      known.forEach((one) => ranges.replay(one))
      isReady = true
    }
    return ''
  }

  /** What was handed out ahead of this record counts when it is written down. */
  async function begin(hash: Uint8Array, { name, grants, ...used }: Ahead): Promise<string> {
    ranges = used.ranges
    const end = await rounds.write(grants)
    if (!isSame(oprHash, hash) || end === 'ended') return ''
    if (end === 'taken') {
      // A coordinator that died has begun the same record: what it has handed out counts.
      ranges = createRanges()
      return takeOver(hash)
    }
    isReady = true
    return name
  }

  function reply(message: Msg, given: Partial<Pick<Answer, 'granted' | 'refused' | 'ahead'>>): void {
    const answered: Answer = {
      ...{ v: SCHEMA, revision: parts.revision(), granted: [], refused: null, ahead: null },
      ...{ lifeMs, floor: parts.floor(), ...given },
    }
    message.respond(write(answered))
  }

  return {
    /**
     * Counters of this record are handed out from now on. `inherited`: another coordinator has leased some of them.
     * Resolves when it is known who holds what, with the name of the counters that were handed out ahead of it.
     */
    open(hash: Uint8Array, inherited: boolean): Promise<string> {
      isShut = false
      if (isSame(oprHash, hash)) return opened
      isReady = false
      oprHash = hash.slice()
      ranges = createRanges()
      begun = new Set()
      rounds.begin(hash)
      machines.begin()
      if (inherited) return (opened = takeOver(hash))
      const used = ahead
      ahead = createAhead()
      return (opened = begin(hash, used))
    },
    /** Nothing is handed out. */
    shut: () => void (isShut = true),
    answer,
    /** Machines that were not heard of for too long lose what is reserved for them. */
    look(): void {
      for (const { text } of machines.lapsed(monotonicMs(), lifeMs * LAPSE_SHARE)) {
        ranges.reclaim(text)
        ahead.reclaim(text)
      }
    },
    holds: (worker: string, counter: bigint) => ranges.holds(worker, counter),
  }
}

const isSame = (one: Uint8Array | null, other: Uint8Array | null): boolean =>
  one !== null && other !== null && Buffer.compare(one, other) === 0

/** How many counters a worker is to have, and how many are reserved for it at once. */
function wishOf({ rate }: Ask): Pick<Wish, 'count' | 'reserve'> {
  const bounded = Math.min(rate, FASTEST)
  return {
    count: BigInt(Math.ceil(Math.max(bounded * AHEAD_SECONDS, FIRST_COUNTERS))),
    reserve: BigInt(Math.ceil(bounded * RESERVE_SECONDS)),
  }
}
