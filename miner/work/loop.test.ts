import t from 'tap'
import { createHash } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import {
  PAUSE,
  RUN,
  STOP,
  clearJob,
  createControl,
  epochOf,
  openControl,
  readJob,
  readLease,
  readSlot,
  awaitSeen,
  slotLine,
  takeLease,
  writeFloor,
  writeJob,
  writeState,
  type Control,
} from './control.js'
import { checkKnownAnswers, computeKnownAnswers } from './known.js'
import { createBatchSize, runLoop } from './loop.js'
import type { ReportCandidate, SearchRange } from '../../lxrhash/index.js'
import { nonceOf, WHOLE_SPACE } from './nonces.js'
import { createSwitchTimes, summaryOfSwitches } from './switch-times.js'
import type { Hit } from './workforce.js'

const HASH_A = new Uint8Array(32).fill(1)
const HASH_B = new Uint8Array(32).fill(2)

/** Difficulties from SHA-256, so that a loop can be tried without a ByteMap. `before` is called before each batch. */
function fakeHasher(before: (batch: number) => void = () => undefined) {
  let oprHash = new Uint8Array()
  let prefix = new Uint8Array()
  let batches = 0
  const searched: { start: bigint; count: number; floor: bigint; hash: number; left: boolean }[] = []
  function search(start: bigint, count: number, floor: bigint, report: ReportCandidate): void {
    for (let n = 0; n < count; n++) {
      const counter = start + BigInt(n)
      const found = difficulty(oprHash, nonceOf(prefix, counter))
      if (found > floor) report(counter, found)
    }
  }
  const difficulty = (hash: Uint8Array, nonce: Uint8Array): bigint =>
    createHash('sha256').update(hash).update(nonce).digest().readBigUInt64BE()
  return {
    lanes: 4,
    searched,
    difficulty,
    load(hash: Uint8Array, with_: Uint8Array) {
      oprHash = hash.slice()
      prefix = with_.slice()
    },
    search,
    /** Asks in the middle of each batch. */
    searchWhile({ start, count, floor }: SearchRange, report: ReportCandidate, goOn: () => boolean): number {
      before(++batches)
      const half = count / 2
      search(start, half, floor, report)
      const left = !goOn()
      if (!left) search(start + BigInt(half), half, floor, report)
      searched.push({ start, count: left ? half : count, floor, hash: oprHash[0] ?? -1, left })
      return left ? half : count
    },
  }
}

const control = (): Control => createControl({ slots: 2, machineId: 9 })
/** A clock that gains a millisecond at each look. */
function ticking(): () => bigint {
  let ns = 0n
  return () => (ns += 1_000_000n)
}

t.test('control: a job is read whole or not at all', (t) => {
  const c = control()
  const other = openControl(c.buffer)
  t.equal(other.slots, 2)
  const before = epochOf(c)
  const epoch = writeJob(
    c,
    { id: 1, oprHash: HASH_A, floor: (1n << 64n) - 1n, keep: 3 },
    { from: 5n, to: 9n },
  )
  t.ok(epoch > before && epoch % 2 === 0)
  t.equal(epochOf(other), epoch)
  t.match(readJob(other, epoch), { id: 1, floor: (1n << 64n) - 1n, keep: 3, oprHash: HASH_A })
  t.same(readLease(other), { from: 5n, to: 9n })
  t.equal(readJob(other, epoch - 1), null, 'odd: being written')
  writeFloor(c, 7n)
  t.equal(readJob(other, epoch), null, 'changed meanwhile')
  t.match(readJob(other, epochOf(c)), { id: 1, floor: 7n })
  clearJob(c)
  t.match(readJob(other, epochOf(c)), { id: 0 })
  t.end()
})

t.test('control: lines of slots do not touch each other', (t) => {
  const c = control()
  slotLine(c, 0).progress(5, 7n)
  slotLine(c, 1).best(9n)
  slotLine(c, 1).best(8n)
  t.match(readSlot(c, 0), { hashes: 5n, beatNs: 7n, best: 0n })
  t.match(readSlot(c, 1), { hashes: 0n, beatNs: 0n, best: 9n })
  t.end()
})

t.test('loop: hashes the job, counts, reports what may be ranked', (t) => {
  const c = control()
  writeJob(c, { id: 1, oprHash: HASH_A, floor: 0n, keep: 3 }, WHOLE_SPACE)
  const hits: Hit[] = []
  const hasher = fakeHasher((batch) => {
    if (batch === 20) writeState(c, STOP)
  })
  const result = runLoop({ control: c, slot: 1, hasher, report: (hit) => hits.push(hit), now: ticking() })
  const counted = hasher.searched.reduce((sum, { count }) => sum + count, 0)
  t.same(result, { slot: 1, hashes: BigInt(counted) })
  t.match(readSlot(c, 1), { hashes: BigInt(counted) })
  const last = hasher.searched.at(-1)
  t.equal(
    readLease(c).from,
    BigInt(counted) + 1n + BigInt(last?.count ?? 0),
    'the half of the last batch is given up',
  )
  t.equal(hasher.searched[0]?.start, 1n)
  hasher.searched.reduce((next, { start, count }) => {
    if (start !== next) t.fail(`a gap before ${start}`)
    return start + BigInt(count)
  }, 1n)
  const all = Array.from({ length: counted }, (_, n) =>
    hasher.difficulty(HASH_A, nonceOf(Uint8Array.of(0, 9), BigInt(n + 1))),
  )
  const top = all.toSorted((a, b) => (a > b ? -1 : 1)).slice(0, 3)
  const reported = hits.map(({ difficulty }) => difficulty).toSorted((a, b) => (a > b ? -1 : 1))
  t.same(reported.slice(0, 3), top, 'the best three are among the hits')
  t.ok(hits.length < 40, `few hits for ${counted} hashes: ${hits.length}`)
  t.ok(hits.every(({ oprHash, nonce, difficulty }) => hasher.difficulty(oprHash, nonce) === difficulty))
  t.ok(
    hits.every(({ oprHash, nonce }) => oprHash[0] === HASH_A[0] && nonce[1] === 9),
    'whole nonces',
  )
  t.equal(readSlot(c, 1).best, top[0])
  t.end()
})

t.test('loop: another job, another floor, a pause, no job', (t) => {
  const c = control()
  writeJob(c, { id: 1, oprHash: HASH_A, floor: 0n, keep: 2 }, WHOLE_SPACE)
  const floor = (1n << 63n) + (1n << 62n)
  const waits: number[] = []
  const hasher = fakeHasher((batch) => {
    if (batch === 2) writeFloor(c, 1n)
    if (batch === 3) writeFloor(c, floor)
    if (batch === 5)
      writeJob(c, { id: 2, oprHash: HASH_B, floor: 0n, keep: 2 }, { ...WHOLE_SPACE, from: 1000n })
    if (batch === 7) {
      clearJob(c)
      writeState(c, PAUSE)
      // The loop sleeps now, on this very thread: another thread must wake it, with the job of before.
      const wake = `
        const { workerData } = require('node:worker_threads')
        const words = new Int32Array(workerData)
        const set = (word, value) => { Atomics.store(words, word, value); Atomics.add(words, 0, 2); Atomics.notify(words, 0) }
        Atomics.wait(words, 7, 0, 20)
        set(2, 2)
        Atomics.wait(words, 7, 0, 20)
        set(1, ${RUN})
      `
      const worker = new Worker(wake, { eval: true, workerData: c.buffer })
      t.teardown(() => worker.terminate())
      waits.push(batch)
    }
    if (batch === 9) writeState(c, STOP)
  })
  const hits: Hit[] = []
  runLoop({ control: c, slot: 0, hasher, report: (hit) => hits.push(hit) })
  const { searched } = hasher
  t.equal(searched.length, 9)
  t.ok((searched[2]?.floor as bigint) > 1n, 'what a slot has found itself still counts')
  t.ok((searched[3]?.floor as bigint) >= floor, 'the floor is raised')
  t.equal(
    searched[3]?.start,
    (searched[2]?.start as bigint) + BigInt(searched[2]?.count ?? 0),
    'nonces go on',
  )
  t.same(
    searched.map(({ left }) => left),
    [false, false, false, false, true, false, true, false, true],
    'a batch is left when its job is over, not for another floor',
  )
  t.match(searched[5], { start: 1000n, hash: 2 }, 'the new job starts where it says')
  t.equal(
    searched[7]?.start,
    (searched[6]?.start as bigint) + BigInt(searched[6]?.count ?? 0),
    'goes on after the pause',
  )
  t.same(waits, [7])
  t.ok([HASH_A, HASH_B].every((hash) => hits.some(({ oprHash }) => oprHash[0] === hash[0])))
  t.end()
})

t.test('loop: a worker that is started again goes on in the same job', (t) => {
  const c = control()
  writeJob(c, { id: 1, oprHash: HASH_A, floor: 0n, keep: 2 }, WHOLE_SPACE)
  const crash = fakeHasher((batch) => {
    if (batch === 4) throw new Error('crash')
  })
  t.throws(
    () => runLoop({ control: c, slot: 0, hasher: crash, report: () => undefined, now: ticking() }),
    /crash/,
  )
  const { from: next } = readLease(c)
  const again = fakeHasher(() => writeState(c, STOP))
  runLoop({ control: c, slot: 0, hasher: again, report: () => undefined, now: ticking() })
  t.equal(again.searched[0]?.start, next)
  t.ok(next > 1n)
  t.end()
})

t.test('loop: a lease is shared out, hashed to its end and no further; another one goes on', (t) => {
  const c = control()
  const post = (from: bigint, to: bigint) =>
    writeJob(c, { id: 1, oprHash: HASH_A, floor: 0n, keep: 20 }, { from, to })
  post(250n, 260n)
  t.same(takeLease(c, 4), { from: 250n, to: 254n }, "another slot's share")
  const hasher = fakeHasher((batch) => {
    if (batch === 2) post(1000n, 1004n)
    if (batch !== 3) return
    // All is hashed then, and the loop sleeps on this very thread: another thread must end it.
    const end = `
      const words = new Int32Array(require('node:worker_threads').workerData)
      Atomics.wait(words, 7, 0, 20)
      Atomics.store(words, 1, ${STOP})
      Atomics.add(words, 0, 2)
      Atomics.notify(words, 0)
    `
    const worker = new Worker(end, { eval: true, workerData: c.buffer })
    t.teardown(() => worker.terminate())
  })
  const nonces: string[] = []
  const report = ({ nonce }: Hit) => nonces.push(Buffer.from(nonce).toString('hex'))
  const { hashes } = runLoop({ control: c, slot: 0, hasher, report, now: ticking() })
  t.same(
    hasher.searched.map(({ start, count }) => [start, count]),
    [
      [254n, 4],
      [258n, 2],
      [1000n, 4],
    ],
  )
  t.equal(hashes, 10n)
  t.equal(takeLease(c, 4), null, 'used up')
  const counters = [254, 255, 256, 257, 258, 259, 1000, 1001, 1002, 1003]
  t.same(
    nonces,
    counters.map((counter) => Buffer.from(nonceOf(Uint8Array.of(0, 9), BigInt(counter))).toString('hex')),
    'each once, whole',
  )
  t.end()
})

t.test('loop: half a million batches leave the engine whole', (t) => {
  // V8 11.3 has aborted on hot loops over 64-bit integers; this one runs for months.
  const c = control()
  writeJob(c, { id: 1, oprHash: HASH_A, floor: 0n, keep: 2 }, WHOLE_SPACE)
  let batches = 0
  const hasher = {
    lanes: 64,
    load: () => undefined,
    searchWhile: ({ start, count, floor }: SearchRange, report: ReportCandidate): number => {
      if (++batches % 1000 === 0) writeFloor(c, BigInt(batches))
      if (batches % 500 === 0) report(start, floor + 10n)
      if (batches === 500_000) writeState(c, STOP)
      return count
    },
  }
  const { hashes } = runLoop({ control: c, slot: 0, hasher, report: () => undefined, now: () => 1n })
  t.equal(readLease(c).from, hashes + 1n)
  t.end()
})

t.test('batches take between one and three milliseconds', (t) => {
  for (const perMs of [10, 180, 5000]) {
    const batch = createBatchSize(64)
    for (let n = 0; n < 60; n++) batch.took(batch.size / perMs)
    const ms = batch.size / perMs
    t.ok(batch.size === 64 || (ms > 1 && ms < 3), `${perMs} hashes/ms: ${batch.size}, ${ms.toFixed(1)} ms`)
    t.equal(batch.size % 64, 0)
    const before = batch.size
    batch.took(1000)
    t.ok(batch.size >= before / 2, 'one interruption changes little')
    for (let n = 0; n < 200; n++) batch.took(0)
    t.ok(batch.size <= 1 << 16)
  }
  t.end()
})

t.test('switch times: from publishing to the last slot', (t) => {
  const c = control()
  const times = createSwitchTimes(c)
  const see = (slot: number, id: number, ns: bigint) => slotLine(c, slot).sawJob({ id }, ns)
  const from = process.hrtime.bigint()
  times.begin(1, [0, 1])
  // In some minutes, since a busy machine takes a while from one line to the next.
  see(0, 1, from + 100_000_000_000n)
  t.same(times.samples(), [], 'one slot is still at the old job')
  see(1, 1, from + 400_000_000_000n)
  const [sample] = times.samples()
  t.ok(sample !== undefined && sample <= 400_000 && sample > 100_000, `${sample} ms`)
  times.begin(2, [])
  times.begin(3, [0])
  times.cancel()
  see(0, 3, from)
  writeState(c, PAUSE)
  times.begin(4, [0])
  see(0, 4, from)
  t.equal(times.samples().length, 1, 'a pause is no measure')
  t.end()
})

t.test('switch times: the summary', (t) => {
  t.equal(summaryOfSwitches([]), null)
  t.same(summaryOfSwitches([3]), { count: 1, p50: 3, p99: 3, max: 3 })
  const hundred = Array.from({ length: 100 }, (_, k) => 100 - k)
  t.same(summaryOfSwitches(hundred), { count: 100, p50: 50, p99: 99, max: 100 })
  t.equal(hundred[0], 100, 'the samples stay as they are')
  t.end()
})

t.test('the main thread waits for slots that have not seen an epoch', (t) => {
  const c = control()
  slotLine(c, 0).sawEpoch(2)
  t.equal(awaitSeen(c, [], 2, 0), true, 'nobody to wait for')
  t.equal(awaitSeen(c, [0], 2, 0), true)
  t.equal(awaitSeen(c, [0, 1], 2, 5), false, 'not for ever')
  slotLine(c, 1).sawEpoch(2)
  t.equal(awaitSeen(c, [0, 1], 2, 60_000), true)
  t.equal(awaitSeen(c, [0, 1], 4, 0), false, 'another epoch')
  t.end()
})

t.test('a lease that is written while a slot takes its share of the one before loses nothing', (t) => {
  const post = (c: Control, from: bigint, to: bigint): void =>
    void writeJob(c, { id: 1, oprHash: HASH_A, floor: 0n, keep: 20 }, { from, to })
  const { load } = Atomics
  t.teardown(() => (Atomics.load = load))
  /** Takes a share while `meanwhile` happens behind the step of that number; whether there was such a step. */
  const taken = (c: Control, step: number, meanwhile: () => void) => {
    let steps = 0
    Atomics.load = ((...where: Parameters<typeof load>) => {
      const word = load(...where)
      if (++steps === step) meanwhile()
      return word
    }) as typeof load
    const share = takeLease(c, 4)
    Atomics.load = load
    return { share, reached: steps >= step }
  }
  for (const [from, to] of [
    [301n, 301n],
    [290n, 301n],
  ] as const) {
    let step = 1
    for (; ; step++) {
      const c = control()
      post(c, from, to)
      const { share, reached } = taken(c, step, () => post(c, 70_000n, 70_010n))
      if (!reached) break
      if (share !== null) t.same(share, { from, to: from + 4n }, `step ${step}: taken before`)
      t.same(readLease(c), { from: 70_000n, to: 70_010n }, `step ${step}: the new one is whole`)
    }
    t.ok(step > 3, `${step} steps`)
  }
  const c = control()
  post(c, 1n, 301n)
  for (let step = 1; step <= 5; step++) taken(c, step, () => void writeFloor(c, BigInt(step)))
  t.same(readLease(c), { from: 21n, to: 301n }, 'another floor takes nothing away')
  t.end()
})

t.test('known answers', (t) => {
  const hasher = fakeHasher()
  const known = computeKnownAnswers(hasher)
  t.equal(checkKnownAnswers(hasher, known), null)
  const [first, ...rest] = known.answers
  const wrong = { ...known, answers: [...rest, { counter: first?.counter ?? 0n, difficulty: 1n }] }
  t.match(checkKnownAnswers(hasher, wrong), /nonce 1: difficulty [0-9a-f]{16} instead of 0{15}1/)
  t.end()
})
