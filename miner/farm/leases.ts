/**
 * Answers the workers: their leases are renewed, and counters handed out. What is reserved is written down first, for
 * all who asked within a few milliseconds together: an entry of the bucket, made only if there is none of that number.
 * So of two coordinators that take themselves for the active one only one can reserve.
 */
import type { KV } from '@nats-io/kv'
import type { Msg } from '@nats-io/transport-node'
import { messageOf, monotonicMs, sleep } from '../../base/index.js'
import { isWrongRevision } from './jobs.js'
import type { Machine, Machines } from './machines.js'
import {
  isRange,
  readAsk,
  SCHEMA,
  write,
  type Answer,
  type Ask,
  type GrantRound,
  type Wrong,
} from './messages.js'
import { createRanges, type Grant, type Ranges } from './ranges.js'
import { textOfWorker, workerOf } from './table.js'
import { keyOf, readRounds } from './takeover.js'

export interface LeasesParts {
  readonly bucket: Pick<KV, 'create' | 'get' | 'watch'>
  readonly machines: Machines
  readonly signal: AbortSignal
  /** How long a lease lasts without being renewed. Default: ten seconds. */
  readonly lifeMs?: number | undefined
  /** Of the job on the server. */
  readonly revision: () => number
  /** What is not above it is of no interest. */
  readonly floor: () => bigint
  /** A worker has been given counters of the record at hand for the first time. */
  readonly onFirst: (machine: Machine) => void
  /** A worker sent something that cannot be read. */
  readonly onMalformed: (text: string, wrong: Wrong) => void
  readonly onTrouble: (reason: string) => void
  readonly onDeposed: () => void
}

export interface Leases {
  /**
   * Counters of this record are handed out from now on. `inherited`: another coordinator has leased some of them.
   * Resolves when it is known who holds what.
   */
  open(oprHash: Uint8Array, inherited: boolean): Promise<void>
  /** Nothing is handed out. */
  shut(): void
  answer(message: Msg): void
  /** Machines that were not heard of for too long lose what is reserved for them. */
  look(): void
  holds(worker: string, counter: bigint): boolean
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
const GATHER_MS = 3
const RETRY_MS = 250

export function createLeases(parts: LeasesParts): Leases {
  const { bucket, machines, signal, lifeMs = LIFE_MS } = parts
  let ranges: Ranges = createRanges()
  let oprHash: Uint8Array | null = null
  let isOpen = false
  /** Number of the next entry. */
  let round = 0
  let begun = new Set<string>()
  let reserved: Grant[] = []
  let waiting: (() => void)[] = []
  let writing = false

  function answer(message: Msg): void {
    const id = workerOf(message.subject)
    const read = readAsk(message.data)
    if ('wrong' in read) {
      parts.onMalformed(textOfWorker(id), read.wrong)
      // By the version of the answer the other one sees what is the matter, too.
      return read.wrong === 'malformed' ? undefined : reply(message, [])
    }
    const machine = machines.hear(id, read.message, monotonicMs())
    const refused = machines.refusal(id)
    if (machine === null || refused !== null)
      return reply(message, [], refused ?? 'the coordinator knows too many machines')
    const current = isOpen && isSame(oprHash, read.message.oprHash)
    if (isSame(oprHash, read.message.oprHash))
      ranges.release(machine.text, read.message.freed.filter(isRange))
    if (read.message.leaves) {
      ranges.reclaim(machine.text)
      return reply(message, [])
    }
    if (!current) return reply(message, [])
    handOut(machine, read.message, message)
  }

  function handOut(machine: Machine, ask: Ask, message: Msg): void {
    const wanted = wantedBy(ask)
    if (wanted.count <= 0n) return reply(message, [])
    const taken = ranges.take({ worker: machine.text, ...wanted })
    const send = (): void => {
      reply(message, taken.granted)
      machine.counters += wanted.count
      if (begun.has(machine.text)) return
      begun.add(machine.text)
      parts.onFirst(machine)
    }
    if (taken.reserved.length === 0) return send()
    reserved.push(...taken.reserved)
    waiting.push(send)
    if (!writing) void writeDown()
  }

  /** Nothing is handed out before it is known what is out already. */
  async function takeOver(hash: Uint8Array): Promise<void> {
    while (!signal.aborted && isSame(oprHash, hash)) {
      try {
        const rounds = await readRounds(bucket, hash)
        if (!isSame(oprHash, hash)) return
        rounds.forEach((one) => ranges.replay(one))
        round = rounds.length
        isOpen = true
        return
      } catch (error) {
        if (!signal.aborted) parts.onTrouble(messageOf(error))
        await sleep(RETRY_MS, signal)
      }
    }
  }

  async function writeDown(): Promise<void> {
    writing = true
    // Others ask in the same moment: a new record wakes all of them.
    await sleep(GATHER_MS, signal)
    while (waiting.length > 0 && !signal.aborted) {
      const [sends, of] = [waiting, begun]
      const entry: GrantRound = { v: SCHEMA, next: ranges.next, grants: reserved }
      const key = `${keyOf(oprHash as Uint8Array)}.${round++}`
      waiting = []
      reserved = []
      const end = await writeOnce(bucket, { key, text: write(entry) }, parts)
      if (end === 'taken') parts.onDeposed()
      // With another record at hand, the answers are for nothing.
      if (end === 'written' && begun === of) sends.forEach((send) => send())
    }
    writing = false
  }

  function reply(message: Msg, granted: Answer['granted'], refused: string | null = null): void {
    const answered: Answer = {
      ...{ v: SCHEMA, revision: parts.revision(), granted, refused },
      ...{ lifeMs, floor: parts.floor() },
    }
    message.respond(write(answered))
  }

  return {
    open(hash, inherited) {
      isOpen = !inherited
      if (isSame(oprHash, hash)) return Promise.resolve()
      oprHash = hash.slice()
      ranges = createRanges()
      round = 0
      begun = new Set()
      reserved = []
      waiting = []
      machines.begin()
      return inherited ? takeOver(hash) : Promise.resolve()
    },
    shut() {
      isOpen = false
    },
    answer,
    look() {
      for (const { text } of machines.lapsed(monotonicMs(), lifeMs * LAPSE_SHARE)) ranges.reclaim(text)
    },
    holds: (worker, counter) => ranges.holds(worker, counter),
  }
}

/** How many counters a worker is to be handed out, and how many are reserved for it at once. */
function wantedBy({ rate, left }: Pick<Ask, 'rate' | 'left'>): { count: bigint; reserve: bigint } {
  const bounded = Math.min(rate, FASTEST)
  const count = BigInt(Math.ceil(Math.max(bounded * AHEAD_SECONDS, FIRST_COUNTERS))) - left
  return { count, reserve: BigInt(Math.ceil(bounded * RESERVE_SECONDS)) }
}

const isSame = (one: Uint8Array | null, other: Uint8Array | null): boolean =>
  one !== null && other !== null && Buffer.compare(one, other) === 0

/** Until the server has it. `taken`: there is another entry with that key. */
async function writeOnce(
  bucket: LeasesParts['bucket'],
  { key, text }: { readonly key: string; readonly text: string },
  { signal, onTrouble }: Pick<LeasesParts, 'signal' | 'onTrouble'>,
): Promise<'written' | 'taken' | 'ended'> {
  while (!signal.aborted) {
    try {
      await bucket.create(key, text)
      return 'written'
    } catch (error) {
      if (signal.aborted) break
      // An attempt whose reply was lost may have written it.
      const there = isWrongRevision(error) ? await bucket.get(key).catch(() => null) : null
      if (there !== null) return there.string() === text ? 'written' : 'taken'
      onTrouble(messageOf(error))
      await sleep(RETRY_MS, signal)
    }
  }
  return 'ended'
}
