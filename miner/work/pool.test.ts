import { mkdtempSync, rmSync } from 'node:fs'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createHasher, lxrParams, openByteMap } from '../../lxrhash/index.js'
import { epochOf, readSlot } from './control.js'
import { createCrew, type Crew, type CrewOptions } from './local.js'
import { computeKnownAnswers } from './known.js'
import type { Hit } from './loop.js'
import { nonceOf, noncePrefix } from './nonces.js'
import { placeThread, type PlacementSystem } from './placement.js'
import { createPool } from './pool.js'
import type { Pool, PoolOptions } from './pool-types.js'

const dir = mkdtempSync(join(tmpdir(), 'pegminer-pool-'))
t.teardown(() => rmSync(dir, { recursive: true }))
const byteMap = await openByteMap(lxrParams({ bits: 10 }), { dir, slots: 3 })
const verifier = createHasher(byteMap, 2)
const known = computeKnownAnswers(verifier)

const HASH_A = new Uint8Array(32).fill(1)
const HASH_B = new Uint8Array(32).fill(2)

interface Watched {
  pool: Pool
  hits: Hit[]
  notices: string[]
  lost: () => boolean
}

function watched(t: Test, options: Partial<PoolOptions> = {}): Watched {
  const hits: Hit[] = []
  const notices: string[] = []
  let lost = false
  const pool = createPool({
    byteMap,
    threads: 2,
    firstHasher: 0,
    machineId: 5,
    known,
    onHit: (hit) => hits.push(hit),
    onNotice: (_, code, message) => notices.push(`${code}: ${message}`),
    onLost: () => (lost = true),
    ...options,
    timing: { backOff: 10, ...options.timing },
  })
  t.teardown(() => pool.stop())
  return { pool, hits, notices, lost: () => lost }
}

/** Waits for a condition; the test's own time limit ends it if it never comes. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await wait(2)
}

const fixture = (name: string): URL => new URL(`./fixtures/${name}.js`, import.meta.url)

t.test('mines, switches jobs, pauses, resumes, stops', async (t) => {
  const { pool, hits, notices } = watched(t)
  await pool.ready
  t.same(
    pool.slots().map(({ state }) => state),
    ['mining', 'mining'],
  )
  t.equal(pool.hashes, 0n, 'nothing without a job')

  const first = pool.publish({ oprHash: HASH_A, floor: 0n, keep: 4 })
  await until(() => pool.slots().every(({ hashes }) => hashes > 0n) && hits.length >= 8)
  const isTrue = (oprHash: Uint8Array, { slot, counter, difficulty }: Hit): boolean =>
    difficulty === verifier.difficulty(oprHash, nonceOf(noncePrefix(5, slot), counter))
  t.ok(hits.every((hit) => hit.jobId === first && isTrue(HASH_A, hit)))

  const second = pool.publish({ oprHash: HASH_B, floor: 0n, keep: 4 })
  t.not(second, first)
  await until(() => hits.some(({ jobId }) => jobId === second))
  const switched = hits.filter(({ jobId }) => jobId === second)
  t.ok(switched.every((hit) => isTrue(HASH_B, hit)))
  await until(() => pool.switchMs.length === 2)

  t.equal(pool.publish({ oprHash: HASH_B, floor: 0n, keep: 4 }), second, 'the same record keeps its job')
  pool.setFloor((1n << 64n) - 1n)
  pool.pause()
  t.ok(pool.paused)
  // Each slot ends the batch that it is in and then waits.
  const seen = (): boolean =>
    [0, 1].every((slot) => readSlot(pool.control, slot).epochSeen === epochOf(pool.control))
  await until(seen)
  const still = pool.hashes
  const next = [0, 1].map((slot) => readSlot(pool.control, slot).next)
  pool.resume()
  await until(() => pool.hashes > still)
  pool.clear()
  await until(seen)

  const begun = performance.now()
  await pool.stop()
  const ms = performance.now() - begun
  t.ok(ms < 1000, `stopped in ${ms.toFixed(1)} ms`)
  t.notOk(
    hits.some(({ jobId, slot, counter }) => jobId === second && counter >= (next[slot] as bigint)),
    'nothing is above the highest floor',
  )
  t.same(notices, [])
  t.same(
    pool.slots().map(({ state }) => state),
    ['stopped', 'stopped'],
  )
  await pool.stop()
})

t.test('stops at once while threads are starting', async (t) => {
  const { pool } = watched(t)
  const begun = performance.now()
  await pool.stop()
  t.ok(performance.now() - begun < 20_000)
  await pool.ready
})

t.test('a slot that computes wrong answers is left out', async (t) => {
  const wrong = { ...known, answers: known.answers.map((answer) => ({ ...answer, difficulty: 1n })) }
  const { pool, notices, lost } = watched(t, { threads: 1, known: wrong })
  await pool.ready
  t.same(
    pool.slots().map(({ state }) => state),
    ['refused'],
  )
  t.ok(lost(), 'and nobody is left')
  t.match(notices, [/^E_MINER_KNOWN_ANSWER: thread \d is left out: nonce 1: /])
  t.equal(pool.restarts, 0, 'it is not tried again')
})

t.test('where threads run', async (t) => {
  const calls: string[] = []
  const system: PlacementSystem = {
    platform: 'linux',
    bind: (cpu) => void calls.push(`bind ${cpu}`),
    nice: (value) => void calls.push(`nice ${value}`),
  }
  t.same(placeThread({}, system), [])
  t.same(placeThread({ cpu: 3, nice: 10 }, system), [])
  t.same(calls, ['bind 3', 'nice 10'])
  const refuse = (): never => {
    throw new Error('EPERM\nmore')
  }
  t.same(placeThread({ cpu: 3, nice: 10 }, { ...system, bind: refuse, nice: refuse }), [
    'it cannot be bound to processor 3: EPERM',
    'its nice value cannot be 10: EPERM',
  ])
  t.match(placeThread({ cpu: 3 }, { ...system, platform: 'darwin' }), [/Linux only/])
  t.equal(calls.length, 2)

  const linux = process.platform === 'linux'
  const { pool, notices } = watched(t, { cpus: [1023], nice: 1, worker: fixture('placed-worker') })
  await pool.ready
  pool.publish({ oprHash: HASH_A, floor: 0n, keep: 4 })
  await until(() => pool.hashes > 0n)
  await pool.stop()
  const words = new Int32Array(pool.control.buffer)
  t.equal(words[15], linux ? getPriority() + 1 : 0, 'nice, as the thread itself sees it')
  t.equal(notices.length, 2, 'no machine has that processor, said for each thread')
  t.match(notices[0], /E_MINER_PLACEMENT: thread \d: it cannot be bound to processor 1023/)
})

t.test('a crashed worker is started again and goes on', async (t) => {
  const { pool, notices, hits } = watched(t, { threads: 1, worker: fixture('crashing-worker') })
  pool.publish({ oprHash: HASH_A, floor: 0n, keep: 4 })
  await until(() => hits.length > 0)
  t.equal(pool.restarts, 2)
  t.match(notices, [
    /^E_MINER_WORKER: thread 0 ended \(worker exited with code: 3\); again in 10 ms/,
    /^E_MINER_WORKER: thread 0 ended \(out of luck\); again in 20 ms/,
  ])
})

t.test('a module that cannot be loaded is not tried for ever', async (t) => {
  const { pool, notices, lost } = watched(t, { threads: 1, worker: fixture('broken-worker') })
  await pool.ready
  t.ok(lost())
  t.match(notices.at(-1), /does not start and is left out: this module cannot be loaded/)
})

t.test('threads do not see the variables that may hold secrets', async (t) => {
  process.env['PEGMINER_FACTOM_EC_KEY'] = 'a secret'
  t.teardown(() => delete process.env['PEGMINER_FACTOM_EC_KEY'])
  const { pool, notices } = watched(t, { threads: 1, worker: fixture('telling-worker') })
  await pool.ready
  const seen = notices.at(-1) ?? ''
  t.match(seen, /\bPATH\b/)
  t.notMatch(seen, /PEGMINER/)
})

t.test('a silent worker is replaced', async (t) => {
  const { pool, notices, hits } = watched(t, {
    threads: 1,
    worker: fixture('silent-worker'),
    timing: { watch: 20, silent: 3000 },
  })
  pool.publish({ oprHash: HASH_A, floor: 0n, keep: 4 })
  await until(() => hits.length > 0)
  t.match(notices.slice(0, 2), [/^E_MINER_SILENT: thread 0 has been silent for \d+ ms/, /no sign of life/])
  t.ok(pool.restarts >= 1)
})

t.test('threads that do not hear STOP are ended', async (t) => {
  const { pool } = watched(t, { worker: fixture('deaf-worker') })
  await pool.ready
  const begun = performance.now()
  await pool.stop()
  t.ok(performance.now() - begun < 20_000, 'soon all the same')
})

t.test('more threads, fewer threads, another thread in the place of one', async (t) => {
  const { pool, hits, notices } = watched(t, { threads: 1, capacity: 2 })
  await pool.ready
  pool.publish({ oprHash: HASH_A, floor: 0n, keep: 4 })
  const hashesOf = (slot: number): bigint => readSlot(pool.control, slot).hashes
  await until(() => hashesOf(0) > 0n)
  t.equal(pool.slots().length, 1)

  pool.resize(2)
  await until(() => hits.some(({ slot }) => slot === 1))
  t.same(
    pool.slots().map(({ state }) => state),
    ['mining', 'mining'],
    'the second one has joined in the same job',
  )
  pool.resize(1)
  t.equal(pool.slots().length, 1)
  const epoch = epochOf(pool.control)
  await until(() => readSlot(pool.control, 0).epochSeen >= epoch)
  const all = pool.hashes
  pool.resize(2)
  pool.resize(1)
  pool.resize(2)
  const before = hashesOf(1)
  await until(() => hashesOf(1) > before && hashesOf(0) > 0n)
  t.ok(pool.hashes >= all, 'what a slot has hashed stays counted')
  pool.resize(99)
  t.equal(pool.slots().length, 2, 'not beyond the capacity')
  t.equal(pool.restarts, 0)

  pool.restart(1)
  const beat = hashesOf(1)
  await until(() => pool.slots()[1]?.state === 'mining' && hashesOf(1) > beat)
  t.equal(pool.restarts, 1)
  pool.place([], 1)
  await until(() => pool.slots().every(({ state }) => state === 'starting'))
  await until(() => pool.slots().every(({ state }) => state === 'mining'))
  t.equal(pool.restarts, 1, 'another place is no failure')
  t.same(notices, [])
})

function crewOf(t: Test, options: Partial<CrewOptions> = {}): { crew: Crew; notices: string[] } {
  const notices: string[] = []
  const crew = createCrew({
    byteMap,
    verifier,
    threads: 2,
    firstHasher: 0,
    machineId: 5,
    onNotice: (_, code) => notices.push(code),
    onLost: () => notices.push('lost'),
    ...options,
  })
  t.teardown(() => crew.pool.stop())
  return { crew, notices }
}

t.test('crew: the best nonces of a record, with few messages', async (t) => {
  const { crew } = crewOf(t)
  crew.mine({ oprHash: HASH_A, floor: 0n, keep: 5 })
  await until(() => crew.pool.hashes > 20_000n && crew.bestDifficulty > 0n)
  const first = crew.rest()
  t.equal(first.length, 5)
  t.equal(new Set(first.map(({ nonce }) => Buffer.from(nonce).toString('hex'))).size, 5)
  for (const { nonce, difficulty } of first) t.equal(verifier.difficulty(HASH_A, nonce), difficulty)
  t.same(
    first,
    first.toSorted((a, b) => (a.difficulty > b.difficulty ? -1 : 1)),
    'best first',
  )
  t.ok(crew.hits < 400, `${crew.hits} hits for ${crew.pool.hashes} hashes`)
  t.equal(crew.computeErrors, 0)

  const hashes = crew.pool.hashes
  crew.mine({ oprHash: HASH_A, floor: 0n, keep: 5 })
  await until(() => crew.pool.hashes > hashes + 20_000n)
  const second = crew.rest()
  t.ok(
    (second[4]?.difficulty ?? 0n) >= (first[4]?.difficulty ?? 1n),
    'the same record again: the ranking is kept',
  )
  t.equal(second[0]?.difficulty, crew.bestDifficulty)

  crew.mine({ oprHash: HASH_B, floor: (1n << 64n) - 1n, keep: 5 })
  t.same(crew.rest(), [], 'another record begins with nothing')
})

t.test('crew: false claims are never ranked', async (t) => {
  const { crew, notices } = crewOf(t, { threads: 1, worker: fixture('lying-worker') })
  crew.mine({ oprHash: HASH_A, floor: 0n, keep: 5 })
  await until(() => crew.computeErrors >= 5)
  t.same(crew.rest(), [])
  t.equal(crew.hits, 0)
  t.ok(notices.includes('E_MINER_COMPUTE'))
})
