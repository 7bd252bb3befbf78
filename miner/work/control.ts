/**
 * The control block: one small SharedArrayBuffer through which the main thread steers all workers and reads their
 * counters, without messages.
 *
 * Int32 words, little-endian, 64 bytes a line:
 *
 *   line 0  [0] epoch, odd while the job is written  [1] state  [2] job id, 0 = no job  [3] machine id  [4] keep
 *           [5] changes whenever a slot has seen an epoch  [6] slots that are wanted; those above end
 *           [8] how many leases were written
 *   line 1  [16..23] record hash  [24..25] floor  [26..27] next counter that is free  [28..29] end of the lease
 *   line 2+ one line a slot, as 64-bit words: [0] hashes  [1] best difficulty  [2] last beat
 *           [3] job first seen at (both ns, process.hrtime)  [4] epoch seen, job id (Int32 each)
 *
 * Only the main thread writes lines 0 and 1, but for word 5 and the next counter, which slots move on when they take
 * their share of the lease; only its worker writes a slot's line.
 */
import type { Lease } from './nonces.js'

export const RUN = 0
export const PAUSE = 1
export const STOP = 2
export type ControlState = typeof RUN | typeof PAUSE | typeof STOP

const WORDS_PER_LINE = 16
const EPOCH = 0
const STATE = 1
const JOB = 2
const MACHINE = 3
const KEEP = 4
const SEEN = 5
const WANTED = 6
const LEASES = 8
const HASH_BYTE = 64
/** 64-bit words. */
const FLOOR = 12
const NEXT = 13
const END = 14
const SLOTS_LINE = 2

/** Offsets inside a slot's line, in 64-bit words. */
const HASHES = 0
const BEST = 1
const BEAT = 2
const JOB_AT = 3
/** Offsets inside a slot's line, in 32-bit words. */
const EPOCH_SEEN = 8
const JOB_SEEN = 9

/** A job as it stands in the control block. */
export interface PostedJob {
  /** Names the record within this control block; 0: there is none. */
  readonly id: number
  readonly oprHash: Uint8Array
  /** Difficulties above it are reported. */
  readonly floor: bigint
  /** Size of its ranking. */
  readonly keep: number
}

/** A job as a slot has read it. */
export interface LoadedJob extends PostedJob {
  /** The number of the lease that it came with. */
  readonly lease: number
}

/** Views on one control block; built on every thread that uses it. */
export interface Control {
  readonly buffer: SharedArrayBuffer
  readonly slots: number
  readonly words: Int32Array
  readonly longs: BigUint64Array
  readonly bytes: Uint8Array
}

export interface SlotCounters {
  readonly hashes: bigint
  readonly best: bigint
  /** 0 before the first. */
  readonly beatNs: bigint
  readonly jobSeenNs: bigint
  readonly epochSeen: number
  readonly jobSeen: number
}

/** @param options `slots` 1..256, all of them wanted; `machineId` 0..255 */
export function createControl(options: { slots: number; machineId: number }): Control {
  const { slots, machineId } = options
  const control = openControl(new SharedArrayBuffer((SLOTS_LINE + slots) * WORDS_PER_LINE * 4))
  control.words[MACHINE] = machineId
  control.words[WANTED] = slots
  return control
}

export function openControl(buffer: SharedArrayBuffer): Control {
  return {
    buffer,
    slots: buffer.byteLength / 64 - SLOTS_LINE,
    words: new Int32Array(buffer),
    longs: new BigUint64Array(buffer),
    bytes: new Uint8Array(buffer),
  }
}

export const epochOf = (c: Control): number => Atomics.load(c.words, EPOCH)
export const stateOf = (c: Control): ControlState => Atomics.load(c.words, STATE) as ControlState
export const machineOf = (c: Control): number => Atomics.load(c.words, MACHINE)
export const wantedOf = (c: Control): number => Atomics.load(c.words, WANTED)

/** Odd while the words change, even again afterwards; wakes the threads that wait. Returns the new epoch. */
function write(c: Control, change: () => void): number {
  Atomics.add(c.words, EPOCH, 1)
  change()
  const epoch = Atomics.add(c.words, EPOCH, 1) + 1
  Atomics.notify(c.words, EPOCH)
  return epoch
}

/**
 * Main thread: all slots turn to this job. With `lease` they share that range out among them, else they go on in the
 * one before. Returns the epoch that it stands behind.
 */
export function writeJob(c: Control, job: PostedJob, lease?: Lease): number {
  return write(c, () => {
    Atomics.store(c.words, JOB, job.id)
    c.bytes.set(job.oprHash, HASH_BYTE)
    Atomics.store(c.longs, FLOOR, job.floor)
    Atomics.store(c.words, KEEP, job.keep)
    if (lease === undefined) return
    // Before the range: who sees the same number afterwards has read one lease, not half of two.
    Atomics.add(c.words, LEASES, 1)
    Atomics.store(c.longs, NEXT, lease.from)
    Atomics.store(c.longs, END, lease.to)
  })
}

/** Main thread: same job, other floor; nonces go on. */
export function writeFloor(c: Control, floor: bigint): number {
  return write(c, () => Atomics.store(c.longs, FLOOR, floor))
}

/** Main thread: no job; slots wait. */
export function clearJob(c: Control): number {
  return write(c, () => Atomics.store(c.words, JOB, 0))
}

/** Main thread. PAUSE and STOP bump the epoch too: a worker looks at the state only when the epoch has moved. */
export function writeState(c: Control, state: ControlState): number {
  return write(c, () => Atomics.store(c.words, STATE, state))
}

/** Main thread: slots from this number on return from their loops, those below may be started. */
export function writeWanted(c: Control, slots: number): number {
  return write(c, () => Atomics.store(c.words, WANTED, slots))
}

/** Worker: the job behind an even epoch, or null if it was changed meanwhile (then read the epoch again). */
export function readJob(c: Control, epoch: number): LoadedJob | null {
  if (epoch & 1) return null
  const job = {
    id: Atomics.load(c.words, JOB),
    oprHash: c.bytes.slice(HASH_BYTE, HASH_BYTE + 32),
    floor: Atomics.load(c.longs, FLOOR),
    keep: Atomics.load(c.words, KEEP),
    lease: leaseNumber(c),
  }
  return epochOf(c) === epoch ? job : null
}

/** Worker: whether this job is still to be worked on; another floor makes no difference. */
export function isCurrent(c: Control, jobId: number): boolean {
  return Atomics.load(c.words, JOB) === jobId && Atomics.load(c.words, STATE) === RUN
}

/** What is left of the lease. */
export function readLease(c: Control): Lease {
  return { from: Atomics.load(c.longs, NEXT), to: Atomics.load(c.longs, END) }
}

const leaseNumber = (c: Control): number => Atomics.load(c.words, LEASES)

/**
 * Worker: the next counters of the lease of this number, at most `count` of them; null if it is used up, or another one
 * was written meanwhile. Of that one nothing is taken: only what was seen of the own lease is moved on.
 */
export function takeLease(c: Control, count: number, lease = leaseNumber(c)): Lease | null {
  for (;;) {
    const { from, to: end } = readLease(c)
    if (from >= end || leaseNumber(c) !== lease) return null
    const next = from + BigInt(count)
    const to = next < end ? next : end
    if (Atomics.compareExchange(c.longs, NEXT, from, to) === from)
      return leaseNumber(c) === lease ? { from, to } : null
  }
}

/** Worker: sleeps until the epoch is another one, at most `timeoutMs`. */
export function awaitEpoch(c: Control, epoch: number, timeoutMs: number): void {
  Atomics.wait(c.words, EPOCH, epoch, timeoutMs)
}

/**
 * Main thread: sleeps until these slots have seen the epoch, at most `timeoutMs`; whether they have. Sleeping, not
 * polling: on a machine with as many slots as processors one of them may wait for this very thread's.
 */
export function awaitSeen(c: Control, slots: readonly number[], epoch: number, timeoutMs: number): boolean {
  const end = performance.now() + timeoutMs
  for (;;) {
    const seen = Atomics.load(c.words, SEEN)
    if (slots.every((slot) => Atomics.load(c.words, longOf(slot) * 2 + EPOCH_SEEN) === epoch)) return true
    const left = end - performance.now()
    if (left <= 0) return false
    Atomics.wait(c.words, SEEN, seen, left)
  }
}

/** The worker's side of its line. */
export function slotLine(c: Control, slot: number) {
  const long = longOf(slot)
  const word = long * 2
  return {
    /** The slot has loaded the job. A thread that takes another's place in the same job changes nothing. */
    sawJob({ id }: Pick<PostedJob, 'id'>, nowNs: bigint): void {
      if (Atomics.load(c.words, word + JOB_SEEN) === id) return
      Atomics.store(c.longs, long + BEST, 0n)
      Atomics.store(c.longs, long + JOB_AT, nowNs)
      Atomics.store(c.words, word + JOB_SEEN, id)
    },
    sawEpoch(epoch: number): void {
      Atomics.store(c.words, word + EPOCH_SEEN, epoch)
      Atomics.add(c.words, SEEN, 1)
      Atomics.notify(c.words, SEEN)
    },
    progress(count: number, nowNs: bigint): void {
      Atomics.add(c.longs, long + HASHES, BigInt(count))
      Atomics.store(c.longs, long + BEAT, nowNs)
    },
    beat(nowNs: bigint): void {
      Atomics.store(c.longs, long + BEAT, nowNs)
    },
    best(difficulty: bigint): void {
      if (difficulty > Atomics.load(c.longs, long + BEST)) Atomics.store(c.longs, long + BEST, difficulty)
    },
    get hashes(): bigint {
      return Atomics.load(c.longs, long + HASHES)
    },
  }
}

/** Any thread: what a slot's worker has written. */
export function readSlot(c: Control, slot: number): SlotCounters {
  const long = longOf(slot)
  return {
    hashes: Atomics.load(c.longs, long + HASHES),
    best: Atomics.load(c.longs, long + BEST),
    beatNs: Atomics.load(c.longs, long + BEAT),
    jobSeenNs: Atomics.load(c.longs, long + JOB_AT),
    epochSeen: Atomics.load(c.words, long * 2 + EPOCH_SEEN),
    jobSeen: Atomics.load(c.words, long * 2 + JOB_SEEN),
  }
}

function longOf(slot: number): number {
  return ((SLOTS_LINE + slot) * WORDS_PER_LINE) / 2
}
