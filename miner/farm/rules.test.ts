/** The decisions of a farm, without a server: who may hash what, whose hits count, what is understood. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import fc from 'fast-check'
import { type Lease, nonceOf } from '../work/nonces.js'
import type { Job } from '../work/workforce.js'
import { createLedger, createRecordAccounts, hashesOf } from './accounts.js'
import { fakeDifficulty } from './fixtures/fake-threads.js'
import { createRanking, reportThreshold } from '../work/ranking.js'
import { createAhead } from './ahead.js'
import { createHashing } from './hashing.js'
import { counterOf } from './hits.js'
import { createMachines } from './machines.js'
import {
  isRange,
  readAnswer,
  readAsk,
  readHit,
  readJob,
  SCHEMA,
  write,
  type Ask,
  type FarmJob,
} from './messages.js'
import { commonWith, contains, withoutRange, withRange, type RangeSet } from './range-set.js'
import { createRanges } from './ranges.js'
import { keepRefusal, readRefusals } from './refusals.js'
import { createStanding, type Fault } from './standing.js'
import { farmStatus } from './status.js'
import {
  ACCOUNTS_DAYS,
  BUCKETS,
  HITS_STREAM,
  JOB_SUBJECT,
  JOURNAL_STREAM,
  leaseSubject,
  MAP_STREAM,
  permissionsOf,
} from './table.js'
import { until } from '../../test/fixtures/until.js'

const HASH = new Uint8Array(32).fill(7)
const lease = (from: number, to: number): Lease => ({ from: BigInt(from), to: BigInt(to) })
const countersOf = (ranges: RangeSet): bigint[] =>
  ranges.flatMap(({ from, to }) => Array.from({ length: Number(to - from) }, (_, n) => from + BigInt(n)))

const QUESTION: Ask = {
  health: {
    ...{ version: '1', host: 'h', cpu: 'c', threads: 1, bits: 10, hugePages: 0, kernel: 'simd', hashes: 0n },
    rate: { s10: null, s60: null, m15: null },
  },
  ...{ v: SCHEMA, oprHash: null, left: 5n, rate: 0, freed: [], leaves: false },
  ...{ run: '', number: 0, ahead: null, hashedMs: null },
}

const anyRange = fc.tuple(fc.nat(60), fc.nat(12)).map(([from, size]) => lease(from, from + size))

t.test('sets of counters do what sets do', (t) => {
  const step = fc.record({ adds: fc.boolean(), range: anyRange })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), anyRange, (steps, asked) => {
      let set: RangeSet = []
      const model = new Set<bigint>()
      for (const { adds, range } of steps) {
        set = adds ? withRange(set, range) : withoutRange(set, range)
        for (const counter of countersOf([range])) model[adds ? 'add' : 'delete'](counter)
      }
      const inOrder = [...model].sort((a, b) => (a < b ? -1 : 1))
      if (countersOf(set).join() !== inOrder.join()) return false
      if (set.some(({ to }, at) => set[at + 1] !== undefined && (set[at + 1] as Lease).from <= to))
        return false
      const within = countersOf([asked]).filter((counter) => model.has(counter))
      return (
        countersOf(commonWith(set, asked)).join() === within.join() &&
        countersOf([lease(0, 80)]).every((counter) => contains(set, counter) === model.has(counter))
      )
    }),
  )
  t.end()
})

t.test('whatever workers ask for, give back or lose, no counter is handed out twice', (t) => {
  const worker = fc.constantFrom('a.1', 'a.2', 'b.1')
  const step = fc.oneof(
    fc.record({
      do: fc.constant('take' as const),
      worker,
      count: fc.integer({ min: 1, max: 40 }),
      reserve: fc.nat(90),
    }),
    fc.record({ do: fc.constant('free' as const), worker, range: anyRange }),
    fc.record({ do: fc.constant('reclaim' as const), worker }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ranges = createRanges()
      /** Counters that are out, and who has them. */
      const out = new Map<bigint, string>()
      const logged = createRanges()
      for (const one of steps) {
        if (one.do === 'take') {
          const { granted, reserved } = ranges.take({
            worker: one.worker,
            count: BigInt(one.count),
            reserve: BigInt(one.reserve),
          })
          logged.replay({ v: SCHEMA, next: ranges.next, grants: reserved })
          if (countersOf(granted).length !== one.count) return false
          for (const counter of countersOf(granted)) {
            if (out.has(counter) || !ranges.holds(one.worker, counter) || !logged.holds(one.worker, counter))
              return false
            out.set(counter, one.worker)
          }
        } else if (one.do === 'free') {
          ranges.release(one.worker, [one.range])
          // Only what is its own counts.
          for (const counter of countersOf([one.range]))
            if (out.get(counter) === one.worker) out.delete(counter)
        } else ranges.reclaim(one.worker)
      }
      return [...out].every(([counter, holder]) => ranges.holds(holder, counter))
    }),
  )
  t.end()
})

t.test('short nonces go out first, also those that were given back', (t) => {
  const ranges = createRanges()
  const take = (worker: string, count: bigint, reserve = 0n) => ranges.take({ worker, count, reserve })
  t.same(take('a.1', 10n, 100n), { granted: [lease(1, 11)], reserved: [{ worker: 'a.1', ...lease(1, 101) }] })
  t.same(take('a.2', 5n).granted, [lease(101, 106)])
  t.same(
    take('a.1', 10n),
    { granted: [lease(11, 21)], reserved: [] },
    'of what is reserved, nothing is written',
  )
  ranges.release('a.1', [lease(18, 21), lease(101, 103)])
  t.notOk(ranges.holds('a.1', 19n))
  t.ok(ranges.holds('a.2', 101n), "another's is not given back")
  ranges.reclaim('a.1')
  t.notOk(ranges.holds('a.1', 50n))
  t.same(take('a.2', 3n).granted, [lease(18, 21)], 'the lowest that are free')
  const next = createRanges()
  next.replay({ v: SCHEMA, next: 101n, grants: [{ worker: 'a.1', ...lease(1, 101) }] })
  next.replay({ v: SCHEMA, next: 101n, grants: [{ worker: 'a.2', ...lease(18, 101) }] })
  t.ok(next.holds('a.1', 17n) && !next.holds('a.1', 18n) && next.holds('a.2', 18n))
  t.same(next.take({ worker: 'a.1', count: 1n, reserve: 0n }).granted, [lease(101, 102)], 'all of it is out')
  t.end()
})

t.test('a worker hashes while its lease holds, and not a moment longer', (t) => {
  const calls: string[] = []
  let left = lease(0, 0)
  const hashing = createHashing({
    local: {
      assign: (job: Job) => {
        left = job.lease as Lease
        calls.push(`hash ${left.from}-${left.to} above ${job.floor}`)
      },
      collect: () => {
        calls.push('stop')
        return Promise.resolve([])
      },
      get left() {
        return left
      },
    },
    onBegin: (_, { from, to }) => calls.push(`begin ${from}-${to}`),
    onFreed: (_, { from, to }) => calls.push(`free ${from}-${to}`),
    onLapsed: () => calls.push('lapsed'),
  })
  const heard = (): string[] => calls.splice(0)
  const grant = (granted: Lease[], askedMs: number, floor = 0n): void =>
    hashing.heard({ granted, lifeMs: 1000, floor, ahead: null }, hashing.record, askedMs)
  const record = { height: 5, oprHash: HASH, floor: 3n, keep: 2, ahead: '' }

  hashing.tick(0)
  hashing.turn(record, 0)
  hashing.tick(0)
  t.same(heard(), ['stop'], 'nothing without counters')
  grant([lease(1, 10)], 0)
  hashing.tick(10)
  t.same(heard(), ['begin 1-10', 'hash 1-10 above 3'])
  grant([lease(10, 20), lease(50, 60)], 100, 9n)
  t.same(heard(), ['hash 1-10 above 9'], 'another floor, the same range')
  hashing.tick(200)
  t.same(heard(), [], 'something is left of it')
  t.equal(hashing.left, 29n)
  left = lease(10, 10)
  hashing.tick(300)
  t.same(heard(), ['begin 10-20', 'hash 10-20 above 9'])
  hashing.turn({ ...record }, 300)
  t.same(heard(), [], 'the same record goes on')
  left = lease(14, 20)
  hashing.tick(1100)
  t.same(heard(), ['stop', 'free 14-20', 'free 50-60', 'lapsed'], 'a second after it asked')
  hashing.tick(1200)
  grant([], 1000)
  hashing.tick(1300)
  t.same(heard(), [], 'a lease without counters is nothing to hash')
  const freed = hashing.takeFreed()
  t.same(freed, [lease(14, 20), lease(50, 60)])
  t.same(hashing.takeFreed(), [], 'told once')
  hashing.keepFreed(freed, record)
  t.same(hashing.takeFreed(), freed, 'unless the coordinator did not hear it')
  grant([lease(80, 90)], 1300)
  hashing.tick(1400)
  t.same(heard(), ['begin 80-90', 'hash 80-90 above 9'])
  hashing.turn({ ...record, oprHash: new Uint8Array(32) }, 1400)
  t.same(heard(), ['stop'], 'another record: its counters are of no use')
  t.equal(hashing.left, 0n)
  hashing.keepFreed(freed, record)
  t.same(hashing.takeFreed(), [])

  const ahead = (name: string, ...ranges: Lease[]) => ({
    granted: [],
    lifeMs: 1000,
    floor: 0n,
    ahead: { name, ranges },
  })
  const next = (height: number, name: string) => ({
    ...record,
    height,
    oprHash: HASH.with(0, height),
    ahead: name,
  })
  hashing.heard(ahead('aa', lease(5, 9)), hashing.record, 1400)
  t.equal(hashing.ahead, 'aa')
  hashing.tick(1450)
  t.same(heard(), [], 'what is of the next record is not hashed for this one')
  hashing.turn(next(6, 'bb'), 1500)
  hashing.tick(1500)
  t.same(heard(), ['stop'], 'nor for one of another name')
  hashing.turn(null, 1500)
  hashing.turn(next(7, 'aa'), 1500)
  t.equal(hashing.begunMs, null)
  hashing.tick(1510)
  t.same(heard(), ['stop', 'stop', 'begin 5-9', 'hash 5-9 above 3'], 'its own it begins without a question')
  t.equal(hashing.begunMs, 1510)
  hashing.turn(null, 1520)
  hashing.turn(next(7, 'aa'), 1520)
  hashing.tick(1530)
  t.same(heard(), ['stop', 'stop'], 'and that once')
  hashing.turn(next(8, 'cc'), 1540)
  hashing.heard(ahead('cc', lease(2, 4)), null, 1540)
  hashing.tick(1550)
  t.same(heard(), ['stop', 'begin 2-4', 'hash 2-4 above 3'], 'also if they come after their record')
  hashing.heard(ahead('dd', lease(1, 3)), null, 1600)
  hashing.turn(next(9, 'dd'), 3000)
  hashing.tick(3000)
  t.same(heard(), ['stop'], 'but not when the lease is gone')
  hashing.heard({ granted: [], lifeMs: 1000, floor: 0n, ahead: null }, null, 3000)
  hashing.tick(3010)
  t.same(heard(), ['begin 1-3', 'hash 1-3 above 3'], 'until there is one again')
  t.end()
})

t.test('counters of a record to come: nothing twice, none of another name, an end of them', (t) => {
  const ahead = createAhead()
  const take = (worker: string, has: string | null = '') =>
    ahead.take({ worker, count: 10n, reserve: 30n }, has)
  t.same(take('a.1'), { name: ahead.name, ranges: [lease(1, 11)] })
  t.equal(take('a.1', ahead.name), null, 'it has them')
  t.equal(take('a.2', null), null, 'it has no use for any')
  t.same(take('a.2', createAhead().name)?.ranges, [lease(31, 41)], 'what it has of another name is nothing')
  t.same(take('a.1')?.ranges, [lease(11, 21)], 'it was started again')
  take('a.1')
  t.equal(take('a.1'), null, 'it is started again and again')
  ahead.drop('a.1')
  t.same(take('b.1')?.ranges, [lease(1, 11)], 'one that left hashes nothing of it')
  const replayed = createRanges()
  replayed.replay({ v: SCHEMA, next: ahead.ranges.next, grants: ahead.grants })
  t.ok(replayed.holds('b.1', 5n) && !replayed.holds('a.1', 5n) && replayed.holds('a.2', 35n))
  t.end()
})

t.test('hits that do not count are held against their sender, until it is refused', (t) => {
  const limits: Record<Fault, number> = { false: 5, malformed: 5, foreign: 20, stale: 1000, flood: 1000 }
  for (const [fault, limit] of Object.entries(limits) as [Fault, number][]) {
    const standing = createStanding()
    for (let n = 1; n < limit; n++) if (standing.fault(fault) !== null) t.fail(`${fault} ${n}`)
    t.equal(standing.refused, null)
    standing.begin()
    for (let n = 1; n < limit; n++) standing.fault(fault)
    t.equal(standing.refused, null, 'they are forgotten with the record')
    t.match(standing.fault(fault), /^\d+ hits of one record were /)
    t.equal(standing.fault(fault), null, 'said once')
    t.match(standing.refused, /^\d+ hits/)
    t.equal(standing.faults[fault], 2 * limit)
  }
  const busy = createStanding()
  const burst = (nowMs: number): number => {
    let taken = 0
    while (busy.mayHit(nowMs, 25)) taken++
    return taken
  }
  t.equal(burst(0), 700, 'what the best 25 of a record need, and more')
  t.equal(burst(1000), 10)
  t.equal(burst(3_600_000), 700)
  t.end()
})

t.test(
  'accounts tell who hashed how much, also of one that hashes the beginning of each record alone',
  (t) => {
    const RECORDS = 40
    const HASHES = 3_000
    const KEEP = 25
    const sums = new Map<string, { hits: number; hashes: number }>()
    for (let record = 0; record < RECORDS; record++) {
      const accounts = createRecordAccounts()
      const ranking = createRanking(KEEP)
      const oprHash = Uint8Array.of(record)
      for (let n = 1; n <= HASHES; n++) {
        // One hashes the first tenth, the other the rest.
        const worker = n <= HASHES / 10 ? 'early' : 'late'
        const nonce = nonceOf(new Uint8Array(), BigInt(n))
        const difficulty = fakeDifficulty(oprHash, nonce)
        const threshold = reportThreshold(0n, ranking)
        if (difficulty <= threshold) continue
        ranking.offer(nonce, difficulty)
        accounts.add(worker, threshold)
      }
      for (const { worker, hits, hashes } of accounts.list()) {
        const sum = sums.get(worker) ?? { hits: 0, hashes: 0 }
        sums.set(worker, { hits: sum.hits + hits, hashes: sum.hashes + Number(hashes) })
      }
    }
    const of = (worker: string) => sums.get(worker) ?? { hits: 0, hashes: 0 }
    const near = (found: number, truth: number): boolean => Math.abs(found / truth - 1) < 0.1
    t.ok(near(of('early').hashes, (RECORDS * HASHES) / 10), `early: ${of('early').hashes}`)
    t.ok(near(of('late').hashes, (RECORDS * HASHES * 9) / 10), `late: ${of('late').hashes}`)
    t.ok(
      of('early').hits > of('late').hits,
      'by hits alone it would be paid more than the one that did nine times as much',
    )
    t.equal(hashesOf(0n), 1n)
    t.equal(hashesOf((1n << 64n) - 2n), 1n << 64n)
    t.end()
  },
)

t.test('what a record adds to its day counts once, however often it is written down', async (t) => {
  const end = new AbortController()
  const entries: { key: string; value: Uint8Array; revision: number }[] = []
  let wake = (): void => undefined
  let refuse = true
  const bucket = {
    get: (key: string) => Promise.resolve(entries.findLast((entry) => entry.key === key) ?? null),
    create: (key: string, text: string) => writeDown(key, text),
    update: (key: string, text: string) => writeDown(key, text),
    watch: () => Promise.resolve(Object.assign(follow(), { stop: () => end.abort() })),
  }
  function writeDown(key: string, text: string): Promise<number> {
    if (refuse) {
      refuse = false
      return Promise.reject(new Error('the server is away'))
    }
    entries.push({ key, value: new TextEncoder().encode(text), revision: entries.length + 1 })
    wake()
    return Promise.resolve(entries.length)
  }
  async function* follow() {
    for (let at = 0; !end.signal.aborted; at++) {
      while (at >= entries.length && !end.signal.aborted)
        await new Promise<void>((resolve) => (wake = resolve))
      const entry = entries[at]
      if (entry !== undefined) yield { ...entry, operation: 'PUT' }
    }
  }
  const troubles: string[] = []
  const ledger = createLedger({
    bucket: bucket as unknown as Parameters<typeof createLedger>[0]['bucket'],
    ...{ signal: end.signal, onTrouble: (reason: string) => troubles.push(reason) },
  })
  void ledger.run()
  const account = (worker: string, hits: number) => ({ worker, hits, hashes: BigInt(10 * hits) })
  await ledger.keep(HASH, [account('a.1', 3)])
  t.same(troubles, ['the server is away'], 'tried until it is there')
  await ledger.keep(HASH, [account('a.1', 4), account('b.1', 1)])
  await ledger.keep(HASH, [account('a.1', 2)])
  t.equal(entries.length, 2, 'a coordinator that knows less changes nothing')
  await ledger.keep(new Uint8Array(32), [account('b.1', 9)])
  await ledger.keep(new Uint8Array(32).fill(1), [])
  await until(() => ledger.days().length >= 2)
  t.match(ledger.days(), [
    { day: /^\d{4}-\d\d-\d\d$/, worker: 'b.1', hits: 10, hashes: '100' },
    { worker: 'a.1', hits: 4, hashes: '40' },
  ])
  end.abort()
  wake()
})

t.test('machines come, leave, and are refused', (t) => {
  const machines = createMachines()
  const { health } = QUESTION
  const question = (given: Partial<Ask>): Ask => ({ ...QUESTION, ...given })
  const hear = (user: string, name: string, hashes: bigint, nowMs: number, leaves = false) =>
    machines.hear({ user, name }, question({ health: { ...health, hashes }, leaves }), nowMs)
  hear('a', '1', 100n, 0)
  hear('a', '2', 50n, 500)
  t.equal(machines.hashes, 150n)
  hear('a', '1', 90n, 900)
  t.equal(machines.hashes, 150n, 'a counter does not go back')
  t.same(machines.members(), [
    { slot: 0, hashes: 100n, beatAgeMs: 0 },
    { slot: 1, hashes: 50n, beatAgeMs: 0 },
  ])
  t.same(
    machines.lapsed(2000, 1200).map(({ text }) => text),
    ['a.2'],
  )
  t.same(machines.lapsed(2000, 1200), [])
  t.equal(farmStatus(machines.all, 2000).missing, 1)
  t.match(farmStatus(machines.all, 2000).machines, [
    { worker: 'a.1', lagMs: null, lease: { seconds: 9, nonces: '5' } },
    { worker: 'a.2', state: 'missing', lease: { seconds: 9 } },
  ])
  t.match(farmStatus(machines.all, 20_000).machines[0]?.lease, { seconds: 0, nonces: '0' })
  hear('b', '0', 0n, 2000, true)
  t.equal(machines.all.length, 3, 'what is missing is shown for a while')
  hear('b', '1', 7n, 2_000_000)
  t.same(
    machines.all.map(({ text }) => text),
    ['a.1', 'b.1', 'b.0'],
    'it takes the place',
  )
  t.equal(machines.hashes, 157n, 'what was hashed is not forgotten')
  hear('b', '1', 7n, 2100, true)
  t.equal(machines.find('b.1')?.state, 'left')
  for (let n = 0; n < 20; n++) {
    t.equal(machines.refusal({ user: 'liar', name: 'new' }), null)
    const machine = hear('liar', String(n), 0n, 3000)
    if (machine === null || machine === 'late') throw new Error('there is room')
    for (let bad = 0; bad < 5; bad++) machine.standing.fault('false')
    machines.refuse(machine)
    t.match(machines.refusal(machine.id), n < 19 ? /hits of one record were false/ : /too many/)
  }
  t.match(machines.refusal({ user: 'liar', name: 'new' }), /too many machines/, 'names cost nothing')
  t.equal(machines.refusal({ user: 'a', name: '1' }), null)

  const ask = (run: string, number: number, hashes: bigint) =>
    machines.hear({ user: 'c', name: '1' }, question({ run, number, health: { ...health, hashes } }), 4000)
  const before = machines.hashes
  t.match(ask('aa', 4, 100n), { questions: 1 }, 'which one was before it is not known')
  t.match(ask('aa', 6, 200n), { questions: 2 })
  t.equal(ask('aa', 5, 150n), 'late', 'another way through the servers took longer')
  t.match(ask('bb', 1, 10n), { questions: 1, health: { hashes: 10n } }, 'its program was started again')
  t.equal(machines.hashes - before, 210n, 'and counts from nothing')
  t.equal(ask('aa', 7, 300n), 'late', 'the one before has ended')
  t.end()
})

t.test('what one coordinator has refused, the next one refuses', async (t) => {
  const kept = new Map<string, { value: Uint8Array }>()
  let isAway = true
  const bucket = {
    put(key: string, text: string) {
      if (isAway) {
        isAway = false
        return Promise.reject(new Error('the server is away'))
      }
      kept.set(key, { value: new TextEncoder().encode(text) })
      return Promise.resolve(1)
    },
    keys: () => Promise.resolve(kept.keys()),
    get: (key: string) => Promise.resolve(kept.get(key) ?? null),
  }
  const troubles: string[] = []
  const parts = {
    bucket,
    signal: new AbortController().signal,
    onTrouble: (text: string) => troubles.push(text),
  }
  for (let n = 0; n < 20; n++) await keepRefusal(`liar.${n}`, 'its hits were false', parts)
  t.same(troubles, ['the server is away'], 'tried until it is there')
  kept.set('liar.damaged', { value: Uint8Array.of(1) })
  const refused = await readRefusals(bucket as unknown as Parameters<typeof readRefusals>[0])
  t.equal(refused.size, 20)
  const first = new Map([...refused].slice(0, 1))
  const machines = createMachines(first)
  const machine = machines.hear({ user: 'liar', name: '0' }, QUESTION, 0)
  t.match(machine, { standing: { refused: 'its hits were false' } })
  t.equal(machines.refusal({ user: 'liar', name: '1' }), null)
  t.match(createMachines(refused).refusal({ user: 'liar', name: 'new' }), /too many machines of liar/)
})

t.test('messages come back as they were sent; anything else is told apart', (t) => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
  const job: FarmJob = {
    ...{ v: SCHEMA, state: 'open', network: 'dev', machineId: 3 },
    byteMap: { bits: 30, seed: 0xfafaececfafaececn, passes: 5, hashBits: 256, sha256: 'ab'.repeat(32) },
    record: { height: 9, oprHash: HASH, floor: (1n << 64n) - 1n, keep: 25, ahead: '0123456789abcdef' },
  }
  t.same(readJob(bytes(write(job))), { message: job })
  const earlier = write(job).replace(/,"ahead":"\w+"/, '')
  t.match(readJob(bytes(earlier)), { message: { record: { ahead: '' } } }, 'of an earlier coordinator')
  t.same(readJob(bytes(write({ ...job, record: null }))), { message: { ...job, record: null } })
  const newer = write({ ...job, v: SCHEMA + 1 } as unknown as FarmJob)
  t.same(readJob(bytes(newer)), { wrong: 'newer' })
  const later = write({ ...job, added: 'by a later version that an old worker may read' } as FarmJob)
  t.same(readJob(bytes(later)), { message: job })
  for (const text of [
    '',
    'null',
    '{',
    '[]',
    '{"v":1}',
    `${'['.repeat(100)}`,
    write(job).replace('"open"', '"maybe"'),
  ])
    t.same(readJob(bytes(text)), { wrong: 'malformed' }, text.slice(0, 20))
  const answer = {
    v: SCHEMA,
    revision: 4,
    granted: [lease(1, 5)],
    lifeMs: 1000,
    floor: 2n,
    refused: null,
    ahead: { name: '0123456789abcdef', ranges: [lease(7, 9)] },
  } as const
  t.same(readAnswer(bytes(write(answer))), { message: answer })
  const hit = { v: SCHEMA, oprHash: HASH, nonce: Uint8Array.of(1, 2), difficulty: 5n } as const
  t.same(readHit(bytes(write(hit))), { message: hit })
  t.same(readHit(bytes(write({ ...hit, nonce: new Uint8Array(11) }))), { wrong: 'malformed' })
  t.same(readAsk(bytes(write(hit))), { wrong: 'malformed' })
  t.ok(
    isRange(lease(1, 2)) &&
      !isRange(lease(0, 2)) &&
      !isRange(lease(2, 2)) &&
      !isRange({ from: 1n, to: 1n << 64n }),
  )
  t.same(
    [[1, 2], [0, 1], [], [0, 3, 1], [0, 3, 0, 1], [0, 4, 1]].map((nonce) =>
      counterOf(Uint8Array.from(nonce), Uint8Array.of(0, 3)),
    ),
    [null, null, null, 1n, null, null],
  )
  t.equal(counterOf(Uint8Array.of(1, 0), new Uint8Array()), 256n)
  t.same(permissionsOf('worker', 'w').subscribe, ['pegminer.job.job', '_INBOX.w.>'])
  t.end()
})

t.test('docs/farm.md lists what a farm has on the server, and nothing else', (t) => {
  const text = readFileSync(new URL('../../docs/farm.md', import.meta.url), 'utf8')
  const rows = [...text.matchAll(/^\| (bucket|stream|subject) \| `([^`]+)` \|/gm)]
  const kept = [
    ...Object.keys(BUCKETS).map((name) => `bucket pegminer_${name}`),
    ...[HITS_STREAM, JOURNAL_STREAM, MAP_STREAM].map((name) => `stream ${name}`),
    ...[JOB_SUBJECT, leaseSubject({ user: 'USER', name: 'NAME' })].map((name) => `subject ${name}`),
  ]
  t.same(rows.map(([, kind, name]) => `${kind} ${name}`).sort(), kept.sort())
  t.match(text, `hits of each worker have counted; for ${ACCOUNTS_DAYS} days`)
  t.end()
})
