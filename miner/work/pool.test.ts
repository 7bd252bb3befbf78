import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createHasher, lxrParams, openByteMap } from '../../lxrhash/index.js'
import { epochOf, readLease, readSlot } from './control.js'
import { createLocalWorkforce, type LocalOptions, type LocalWorkforce } from './local.js'
import { computeKnownAnswers } from './known.js'
import { placeThread, type PlacementSystem } from './placement.js'
import { createPool } from './pool.js'
import type { Pool, PoolOptions } from './pool-types.js'
import type { Hit, Job } from './workforce.js'
import '../../test/fixtures/gently.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'
import { until } from '../../test/fixtures/until.js'

const dir = mkdtempSync(join(tmpdir(), 'pegminer-pool-'))
t.teardown(() => rmSync(dir, { recursive: true }))
const byteMap = await openByteMap(lxrParams({ bits: 10 }), { dir, slots: 3 })
const verifier = createHasher(byteMap, 2)
const known = computeKnownAnswers(verifier)

const HASH_A = new Uint8Array(32).fill(1)
const HASH_B = new Uint8Array(32).fill(2)

interface Watched {
  pool: Pool
  hits: (Hit & { slot: number })[]
  notices: string[]
  lost: () => boolean
}

function watched(t: Test, options: Partial<PoolOptions> = {}): Watched {
  const hits: (Hit & { slot: number })[] = []
  const notices: string[] = []
  let lost = false
  const pool = createPool({
    byteMap,
    threads: 2,
    firstHasher: 0,
    machineId: 5,
    known,
    onHit: (hit, slot) => hits.push({ ...hit, slot }),
    onNotice: (_, code, message) => notices.push(`${code}: ${message}`),
    onLost: () => (lost = true),
    ...options,
    timing: { backOff: 10, ...options.timing },
  })
  t.teardown(() => pool.stop())
  return { pool, hits, notices, lost: () => lost }
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
  const isOf = (oprHash: Uint8Array, hit: Hit): boolean => hit.oprHash[0] === oprHash[0]
  const isTrue = ({ oprHash, nonce, difficulty }: Hit): boolean =>
    nonce[0] === 0 && nonce[1] === 5 && difficulty === verifier.difficulty(oprHash, nonce)
  t.ok(hits.every((hit) => isOf(HASH_A, hit) && isTrue(hit)))
  const names = hits.map(({ nonce }) => Buffer.from(nonce).toString('hex'))
  t.equal(new Set(names).size, names.length, 'no nonce is hashed by two threads')

  const second = pool.publish({ oprHash: HASH_B, floor: 0n, keep: 4 })
  t.not(second, first)
  await until(() => hits.some((hit) => isOf(HASH_B, hit)))
  const switched = hits.filter((hit) => isOf(HASH_B, hit))
  t.ok(switched.every(isTrue))
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
  const { from: next } = readLease(pool.control)
  pool.resume()
  await until(() => pool.hashes > still)
  pool.clear()
  await until(seen)

  const begun = performance.now()
  await pool.stop()
  const ms = performance.now() - begun
  t.ok(ms < 20_000, `stopped in ${ms.toFixed(1)} ms`)
  t.notOk(
    hits.some(
      (hit) => isOf(HASH_B, hit) && BigInt(`0x${Buffer.from(hit.nonce.slice(2)).toString('hex')}`) >= next,
    ),
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
  matchExactly(t, notices, [/^E_MINER_KNOWN_ANSWER: thread \d is left out: nonce 1: /])
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
  matchExactly(t, placeThread({ cpu: 3 }, { ...system, platform: 'darwin' }), [/Linux only/])
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
  matchExactly(t, notices, [
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
  matchExactly(t, notices.slice(0, 2), [
    /^E_MINER_SILENT: thread 0 has been silent for \d+ ms/,
    /no sign of life/,
  ])
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
  const begun = new Set<number>()
  await until(() => {
    pool.slots().forEach(({ state }, slot) => state === 'starting' && begun.add(slot))
    return begun.size === 2
  }, 1)
  await until(() => pool.slots().every(({ state }) => state === 'mining'))
  t.equal(pool.restarts, 1, 'another place is no failure')
  t.same(notices, [])
})

const job = (oprHash: Uint8Array, floor = 0n): Job => ({ height: 7, oprHash, floor, keep: 5 })

interface Force {
  workforce: LocalWorkforce
  notices: string[]
  collect: () => ReturnType<LocalWorkforce['collect']>
}

function forceOf(t: Test, options: Partial<LocalOptions> = {}): Force {
  const notices: string[] = []
  const workforce = createLocalWorkforce({
    byteMap,
    verifier,
    threads: 2,
    firstHasher: 0,
    machineId: 5,
    onNotice: (_, code) => notices.push(code),
    onLost: () => notices.push('lost'),
    ...options,
  })
  t.teardown(() => workforce.stop())
  return { workforce, notices, collect: () => workforce.collect(new AbortController().signal) }
}

t.test('workforce: the best nonces of a record, with few messages', async (t) => {
  const { workforce, collect } = forceOf(t)
  workforce.assign(job(HASH_A))
  await until(() => workforce.view.hashes > 20_000n && workforce.view.bestDifficulty > 0n)
  const first = await collect()
  t.equal(first.length, 5)
  t.equal(new Set(first.map(({ nonce }) => Buffer.from(nonce).toString('hex'))).size, 5)
  for (const { nonce, difficulty } of first) t.equal(verifier.difficulty(HASH_A, nonce), difficulty)
  t.same(
    first,
    first.toSorted((a, b) => (a.difficulty > b.difficulty ? -1 : 1)),
    'best first',
  )
  t.ok(workforce.view.hits < 400, `${workforce.view.hits} hits for ${workforce.view.hashes} hashes`)
  t.equal(workforce.view.computeErrors, 0)

  const hashes = workforce.view.hashes
  workforce.assign(job(HASH_A))
  await until(() => workforce.view.hashes > hashes + 20_000n)
  const second = await collect()
  t.ok(
    (second[4]?.difficulty ?? 0n) >= (first[4]?.difficulty ?? 1n),
    'the same record again: the ranking is kept',
  )
  t.equal(second[0]?.difficulty, workforce.view.bestDifficulty)

  workforce.assign(job(HASH_B, (1n << 64n) - 1n))
  t.same(await collect(), [], 'another record begins with nothing')
})

t.test('workforce: false claims are never ranked', async (t) => {
  const { workforce, notices, collect } = forceOf(t, { threads: 1, worker: fixture('lying-worker') })
  workforce.assign(job(HASH_A))
  await until(() => workforce.view.computeErrors >= 5)
  t.same(await collect(), [])
  t.equal(workforce.view.hits, 0)
  t.ok(notices.includes('E_MINER_COMPUTE'))
})

t.test('workforce: a lease is hashed and no more; short nonces first, none twice', async (t) => {
  const { workforce, collect } = forceOf(t)
  const leased = (from: bigint, to: bigint): Job => ({ ...job(HASH_A), keep: 1000, lease: { from, to } })
  workforce.assign(leased(1n, 301n))
  // A batch is counted behind its hits.
  await until(() => workforce.view.hits === 300 && workforce.view.hashes >= 300n)
  t.equal(workforce.view.hashes, 300n)
  workforce.assign(leased(70_000n, 70_010n))
  await until(() => workforce.view.hits === 310)
  const nonces = (await collect()).map(({ nonce }) => Buffer.from(nonce).toString('hex'))
  t.equal(new Set(nonces).size, 310)
  const lengths = [6, 8, 10].map((length) => nonces.filter((nonce) => nonce.length === length).length)
  t.same(lengths, [255, 45, 10])
})

t.test('threads that are ended while they load do not take the process with them', async (t) => {
  const home = new URL('../../', import.meta.url)
  const code = `
    import { Piscina } from 'piscina'
    import { threadEnvironment } from './dist/base/index.js'
    for (let round = 0; round < 50; round++) {
      const pool = new Piscina({
        ...{ filename: process.cwd() + '/dist/miner/work/claims-worker.js', minThreads: 2, maxThreads: 2 },
        env: threadEnvironment(),
      })
      await new Promise((resolve) => setTimeout(resolve, 40 + ((round * 7) % 60)))
      await pool.destroy()
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { cwd: home, stdio: 'ignore' })
  t.same(await once(child, 'exit'), [0, null])
})
