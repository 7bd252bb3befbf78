/**
 * Takes the workers' hits from the stream: each is checked and hashed again, and acknowledged once it does not count or
 * the ranking that it is part of is stored. What does not count is held against its sender.
 */
import type { Consumer, JsMsg } from '@nats-io/jetstream'
import type { KV } from '@nats-io/kv'
import { setImmediate as breathe } from 'node:timers/promises'
import { messageOf, monotonicMs, sleep, toHex } from '../../base/index.js'
import type { Hasher } from '../../lxrhash/index.js'
import type { RecordAccounts } from './accounts.js'
import { createHitChecker, type HitChecker } from '../work/hits.js'
import { noncePrefix } from '../work/nonces.js'
import type { Job } from '../work/workforce.js'
import type { Machines, Sender } from './machines.js'
import { readHit, SCHEMA, write, type FarmHit } from './messages.js'
import { forever, persist } from './persist.js'
import type { Fault } from './standing.js'
import { textOfWorker, workerOf, type WorkerId } from './table.js'
import { keyOf, readRanking } from './takeover.js'

export interface HitsParts {
  readonly consumer: Consumer
  readonly best: Pick<KV, 'get' | 'put'>
  readonly machines: Machines
  readonly difficulty: Hasher['difficulty']
  readonly machineId: number
  /** Of the record at hand. */
  readonly accounts: RecordAccounts
  /** Whether the worker held the counter. */
  readonly holds: (worker: string, counter: bigint) => boolean
  readonly signal: AbortSignal
  readonly onFault: (worker: string, fault: Fault) => void
  readonly onRefused: (sender: Sender, reason: string) => void
  readonly onTrouble: (reason: string) => void
}

/** Looking at hits, the program does nothing else for so long at most. */
const SLICE_MS = 10
const LOOK_MS = 5
const RETRY_MS = 500
const PULL = 1_000
/** A ranking is read in milliseconds. */
const SOON_MS = 500

export function createHits(parts: HitsParts) {
  const { accounts, consumer, machines, signal } = parts
  const prefix = noncePrefix(parts.machineId)
  const checker = createHitChecker({
    difficulty: parts.difficulty,
    onThreshold: () => undefined,
    onKept: () => (changed = true),
  })
  let job: Pick<Job, 'oprHash' | 'floor' | 'keep'> | null = null
  /** Whether the last hit changed the ranking. */
  let changed = false
  /** Hits that are part of a ranking that is not stored yet. */
  let unstored: JsMsg[] = []
  let storing: Promise<void> | null = null
  let begin: (restored: Promise<unknown>) => void = () => undefined
  /** Hits are taken from the first record on, once it is known what was found of it and who holds what. */
  const begun = new Promise<unknown>((resolve) => (begin = resolve))

  function take(message: JsMsg): void {
    const read = readHit(message.data)
    const sender = senderOf(workerOf(message.subject), read, parts)
    changed = false
    // One that is refused is not listened to, nor one that never asks for a lease.
    if (sender !== null && machines.refusal(sender.id) === null) {
      const fault = faultOf(sender, read)
      if (fault !== null) note(sender, fault)
    }
    if (!changed) return message.ack()
    unstored.push(message)
    storing ??= store()
  }

  /** Null: it counts, or is nothing to hold against its sender. */
  function faultOf(sender: Sender, read: ReturnType<typeof readHit>): Fault | null {
    if (!sender.standing.mayHit(monotonicMs(), job?.keep ?? 1)) return 'flood'
    if ('wrong' in read) return read.wrong === 'malformed' ? 'malformed' : null
    const { message: hit } = read
    if (job === null || Buffer.compare(job.oprHash, hit.oprHash) !== 0) return 'stale'
    const counter = counterOf(hit.nonce, prefix)
    if (counter === null || !parts.holds(sender.text, counter)) return 'foreign'
    const { threshold } = checker
    if (checker.take(hit) !== null) return 'false'
    if (!changed) return null
    sender.standing.accept(monotonicMs())
    accounts.add(sender.text, threshold)
    return null
  }

  function note(sender: Sender, fault: Fault): void {
    parts.onFault(sender.text, fault)
    const reason = sender.standing.fault(fault)
    if (reason === null) return
    machines.refuse(sender)
    parts.onRefused(sender, reason)
  }

  /** What comes in while the server writes goes down with the next one. */
  async function store(): Promise<void> {
    while (unstored.length > 0 && job !== null && !signal.aborted) {
      const stored = unstored
      unstored = []
      try {
        await parts.best.put(
          keyOf(job.oprHash),
          write({ v: SCHEMA, best: checker.best(), accounts: accounts.list() }),
        )
        for (const message of stored) message.ack()
      } catch (error) {
        unstored = [...stored, ...unstored]
        if (signal.aborted) break
        parts.onTrouble(messageOf(error))
        await sleep(RETRY_MS, signal)
      }
    }
    storing = null
  }

  return {
    /**
     * Hits of this record count from now on. `inherited`: another coordinator has stored some of them, and none is looked
     * at before `holdersKnown`: a hit whose sender seems to hold nothing would be held against it, and lost.
     */
    open(
      next: Pick<Job, 'oprHash' | 'floor' | 'keep'>,
      inherited: boolean,
      holdersKnown: Promise<unknown>,
    ): void {
      if (job === null || Buffer.compare(job.oprHash, next.oprHash) !== 0) accounts.reset([])
      job = next
      checker.open(next)
      begin(
        inherited ? Promise.all([restore(parts, checker, next.oprHash), holdersKnown]) : Promise.resolve(),
      )
    },
    /** Resolves when all that the stream has are looked at, or the signal is aborted. */
    async settle(soon: AbortSignal): Promise<void> {
      await Promise.race([begun, sleep(SOON_MS, soon)])
      while (!soon.aborted && !signal.aborted) {
        const info = await consumer.info().catch(() => null)
        // What was looked at is acknowledged, or waits for being stored.
        if (info?.num_pending === 0 && info.num_ack_pending === unstored.length) return
        await sleep(LOOK_MS, soon)
      }
    },
    /** None counts any more. */
    shut: () => checker.shut(),
    checker,
    /** Until the signal is aborted. */
    async run(): Promise<void> {
      await Promise.race([begun, aborted(signal)])
      await forever(() => consume(parts, take), RETRY_MS, parts)
    },
  }
}

/**
 * Null: it holds nothing. After a change of coordinators a worker may have died before it asked the new one: its hits
 * count all the same, since it is known what it held.
 */
function senderOf(
  id: WorkerId,
  read: ReturnType<typeof readHit>,
  { machines, machineId, holds }: Pick<HitsParts, 'machines' | 'machineId' | 'holds'>,
): Sender | null {
  const text = textOfWorker(id)
  const machine = machines.find(text)
  if (machine !== undefined) return machine
  const counter = 'wrong' in read ? null : counterOf(read.message.nonce, noncePrefix(machineId))
  return counter !== null && holds(text, counter) ? machines.absent(id) : null
}

/** Hands over each message of the stream, until the stream or the signal ends it. */
async function consume(
  { consumer, signal }: Pick<HitsParts, 'consumer' | 'signal'>,
  onMessage: (message: JsMsg) => void,
): Promise<void> {
  const messages = await consumer.consume({ max_messages: PULL })
  const end = (): void => void messages.close()
  signal.addEventListener('abort', end, { once: true })
  let slice = monotonicMs()
  for await (const message of messages) {
    onMessage(message)
    if (monotonicMs() - slice < SLICE_MS) continue
    await breathe()
    slice = monotonicMs()
  }
  signal.removeEventListener('abort', end)
}

/** What another coordinator has acknowledged is in no stream any more. */
async function restore(
  parts: Pick<HitsParts, 'accounts' | 'best' | 'signal' | 'onTrouble'>,
  checker: Pick<HitChecker, 'take'>,
  oprHash: Uint8Array,
): Promise<void> {
  const known = await persist(() => readRanking(parts.best, oprHash), RETRY_MS, parts)
  if (known === null) return
  for (const ranked of known.best) checker.take({ oprHash, ...ranked })
  parts.accounts.reset(known.accounts)
}

const aborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(null)
    signal.addEventListener('abort', resolve, { once: true })
  })

/** The counter in a nonce; null if it is not one of this machine id. */
export function counterOf(nonce: FarmHit['nonce'], prefix: Uint8Array): bigint | null {
  const own = Buffer.compare(nonce.subarray(0, prefix.length), prefix) === 0
  const tail = nonce.subarray(prefix.length)
  if (!own || tail.length === 0 || tail.length > 8 || tail[0] === 0) return null
  return BigInt(`0x${toHex(tail)}`)
}
