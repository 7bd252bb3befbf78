/** What a coordinator makes of what the server says, without a server: lost replies, another coordinator, wrong hits. */
import { JetStreamApiError } from '@nats-io/jetstream'
import t from 'tap'

import { createRecordAccounts } from './accounts.js'
import { fakeDifficulty } from './fixtures/fake-threads.js'
import { createHits } from './hits.js'
import { createJobPlace, type JobPlaceParts } from './jobs.js'
import { createMachines } from './machines.js'
import { readBest, SCHEMA, write, type Ask, type FarmJob } from './messages.js'
import { createRounds, type RoundsParts } from './rounds.js'
import { farmStatus } from './status.js'
import { openHandover, readInherited, readRanking, readRounds } from './takeover.js'
import { hitsSubject } from './table.js'
import { nonceOf } from '../work/nonces.js'
import { until } from '../../test/fixtures/until.js'

const HASH = new Uint8Array(32).fill(7)
const OTHER = new Uint8Array(32).fill(8)
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const wrongRevision = (): Error =>
  new JetStreamApiError({ code: 400, err_code: 10_071, description: 'wrong last sequence' })

const jobOf = (height: number): FarmJob => ({
  ...{ v: SCHEMA, state: 'open', network: 'dev', machineId: 0 },
  byteMap: { bits: 30, seed: 1n, passes: 5, hashBits: 256, sha256: 'ab'.repeat(32) },
  record: { height, oprHash: HASH, floor: 0n, keep: 25, ahead: '' },
})

/** What the server has under one key; `fails` are the errors of the next writes, those with a text after it was written. */
function store(fails: (Error | 'lost')[] = []) {
  let entry: { text: string; revision: number } | null = null
  const put = (text: string): Promise<number> => {
    const failure = fails.shift()
    if (failure instanceof Error) return Promise.reject(failure)
    entry = { text, revision: (entry?.revision ?? 0) + 1 }
    // Its reply does not arrive: the client tries again, and the server says that it has another revision.
    return failure === 'lost' ? Promise.reject(wrongRevision()) : Promise.resolve(entry.revision)
  }
  const get = () =>
    Promise.resolve(
      entry && {
        revision: entry.revision,
        operation: 'PUT',
        value: bytes(entry.text),
        string: () => entry?.text,
      },
    )
  return {
    get,
    create: (_: string, text: string) => put(text),
    update: (_: string, text: string) => put(text),
    put,
  }
}

/** Events of a place of the job, and the place. */
function placing(bucket: object, signal = new AbortController().signal) {
  const events: string[] = []
  const place = createJobPlace({
    bucket: bucket as JobPlaceParts['bucket'],
    signal,
    onPlaced: () => events.push('placed'),
    onTrouble: (reason) => events.push(reason),
    onDeposed: () => events.push('deposed'),
  })
  return { place, events }
}

t.test('a job whose reply was lost has been placed', async (t) => {
  const { place, events } = placing(store(['lost']))
  t.equal(place.revision, 0, 'before the first')
  await place.idle()
  place.put(jobOf(1))
  await place.idle()
  t.same([events, place.revision], [['placed'], 1])
  place.put(jobOf(2))
  place.put(jobOf(3))
  await place.idle()
  t.same([events.length, place.revision], [3, 3])
})

t.test('a job in whose place another stands, and one that nobody waits for', async (t) => {
  const end = new AbortController()
  const bucket = store()
  await bucket.put(write(jobOf(9)))
  let there = 0
  const other = {
    ...bucket,
    get: () => (there++ === 1 ? Promise.reject(new Error('away')) : bucket.get()),
    update: () => Promise.reject(wrongRevision()),
  }
  const { place, events } = placing(other, end.signal)
  place.put(jobOf(1))
  await until(() => events.includes('deposed'))
  end.abort()
  await place.idle()
  t.same(events, ['deposed'], 'where the server does not say what is there it is asked again')
  const late = new AbortController()
  const ended = placing(
    { ...bucket, update: () => (late.abort(), Promise.reject(new Error('closed'))) },
    late.signal,
  )
  ended.place.put(jobOf(1))
  await ended.place.idle()
  t.same(ended.events, [], 'an end is no trouble')
})

t.test('rounds of reserved counters', async (t) => {
  const end = new AbortController()
  const entries = new Map<string, string>()
  const reasons: string[] = []
  let failure: Error | null = null
  const bucket = {
    create(key: string, text: string) {
      if (entries.has(key)) return Promise.reject(wrongRevision())
      entries.set(key, text)
      const lost = failure
      failure = null
      return lost === null ? Promise.resolve(1) : Promise.reject(lost)
    },
    get: (key: string) =>
      Promise.resolve(
        entries.has(key) ? { string: () => entries.get(key), value: bytes(entries.get(key) ?? '') } : null,
      ),
    watch: ({ key }: { key: string }) => {
      const found = [...entries].filter(([name]) => name.startsWith(key.slice(0, -1)))
      return Promise.resolve(
        found.map(([name, text], k) => ({ key: name, value: bytes(text), delta: found.length - k - 1 })),
      )
    },
  }
  const open = (more: object = {}) => {
    const rounds = createRounds({
      bucket: { ...bucket, ...more } as unknown as RoundsParts['bucket'],
      ...{ signal: end.signal, next: () => 5n },
      ...{ onTrouble: (reason) => reasons.push(reason), onDeposed: () => reasons.push('deposed') },
    })
    rounds.begin(HASH)
    return rounds
  }
  const grant = (worker: string) => ({ worker, from: 1n, to: 5n })
  const [first, second] = [open(), open()]
  t.same(await first.read(), [])
  t.equal(await first.write([grant('a.1')]), 'written')
  t.equal(await second.write([grant('a.1')]), 'written', 'the same text is what it wrote itself')
  failure = wrongRevision()
  t.equal(await first.write([grant('a.2')]), 'written', 'its reply was lost')
  t.equal(await second.write([grant('b.1')]), 'taken')
  let answered = false
  second.begin(HASH)
  second.add([grant('b.1')], () => (answered = true))
  await until(() => reasons.includes('deposed'))
  t.equal(answered, false, 'nobody is given what another has reserved')
  t.match(await open().read(), [{ grants: [grant('a.1')] }, { grants: [grant('a.2')] }])
  entries.set('damaged', 'x')
  t.equal((await readRounds(bucket as never, HASH)).length, 2)

  const changing = open({ get: () => (changing.begin(OTHER), Promise.resolve(null)) })
  t.same(await changing.read(), [], 'another record is at hand meanwhile')
  const closing = open({ create: () => (end.abort(), Promise.reject(new Error('closed'))) })
  t.equal(await closing.write([grant('c.1')]), 'ended')
  t.equal(await first.write([grant('c.1')]), 'ended')
  t.same(await first.read(), [])
  t.same(reasons, ['deposed'])
})

t.test('what a coordinator that takes over finds, or does not', async (t) => {
  const wrong = (error: unknown) => t.error(error)
  const holding = (text: string | null, operation = 'PUT') =>
    ({
      get: () => Promise.resolve(text === null ? null : { value: bytes(text), operation }),
      put: () => Promise.resolve(1),
    }) as never
  t.equal(await readInherited(holding(null)), null)
  t.equal(await readInherited(holding('x')), null)
  t.equal(await readInherited(holding(write(jobOf(4)), 'DEL')), null)
  t.match(await readInherited(holding(write(jobOf(4)))), { record: { height: 4 } })
  for (const text of [null, 'x']) t.same(await readRanking(holding(text), HASH), { best: [], accounts: [] })
  const basis = { height: 4, oprHash: HASH, winners: [], winnersFrom: null, floor: 0n, prices: [1n] }
  const found = await openHandover(holding(write({ v: SCHEMA, ...basis })), jobOf(4), wrong)
  t.match(found.recall(4), { height: 4, prices: [1n] })
  t.equal(found.recall(5), null)
  for (const text of [null, 'x'])
    t.equal((await openHandover(holding(text), jobOf(4), wrong)).recall(4), null)
  t.equal((await openHandover(holding('x'), null, wrong)).recall(4), null)
  const troubles: unknown[] = []
  const away = { get: () => Promise.resolve(null), put: () => Promise.reject(new Error('away')) } as never
  const kept = await openHandover(away, null, (error) => troubles.push(error))
  kept.keep(basis)
  await until(() => troubles.length > 0)
  t.match(troubles, [{ message: 'away' }])
})

const QUESTION: Ask = {
  health: {
    ...{ version: '1', host: 'h', cpu: 'c', threads: 1, bits: 10, hugePages: 0, kernel: 'simd', hashes: 0n },
    rate: { s10: 5, s60: null, m15: null },
  },
  ...{ v: SCHEMA, oprHash: null, left: 5n, rate: 0, freed: [], leaves: false },
  ...{ run: '', number: 0, ahead: null, hashedMs: null },
}

t.test('hits: those that count are stored, the others are held against their sender', async (t) => {
  const end = new AbortController()
  const machines = createMachines()
  const worker = (name: string) => ({ user: 'u', name })
  const [good, bad] = [machines.hear(worker('good'), QUESTION, 0), machines.hear(worker('bad'), QUESTION, 0)]
  const stored: string[] = []
  const faults: string[] = []
  const acknowledged: string[] = []
  const nonce = (counter: bigint) => nonceOf(new Uint8Array(), counter)
  const hit = (counter: bigint, more: object = {}) =>
    write({
      v: SCHEMA,
      oprHash: HASH,
      nonce: nonce(counter),
      difficulty: fakeDifficulty(HASH, nonce(counter)),
      ...more,
    })
  const sent: readonly (readonly [name: string, text: string])[] = [
    ['good', hit(1n)],
    // The same once more counts once.
    ['good', hit(1n)],
    ['bad', 'x'],
    ['bad', hit(2n).replace(`"v":${SCHEMA}`, `"v":${SCHEMA + 1}`)],
    ['bad', hit(2n, { oprHash: OTHER })],
    ['bad', hit(200n)],
    ['bad', hit(3n, { difficulty: 1n })],
    // Of one that never asked it is known that it holds the counter, or nothing is.
    ['absent', hit(4n)],
    ['absent', hit(201n)],
    ['nobody', 'x'],
  ]
  const messages = sent.map(([name, text], k) => ({
    ...{ subject: hitsSubject(worker(name)), data: bytes(text) },
    ack: () => acknowledged.push(`${k} ${name}`),
  }))
  const consumer = {
    info: () => Promise.resolve({ num_pending: 0, num_ack_pending: 0 }),
    consume: () => {
      let close = (): void => undefined
      const closed = new Promise<void>((resolve) => (close = resolve))
      async function* all() {
        yield* messages
        await closed
      }
      return Promise.resolve(Object.assign(all(), { close: () => close() }))
    },
  }
  const hits = createHits({
    consumer: consumer as never,
    best: {
      get: () => Promise.resolve(null),
      put: (_: string, text: string) => (stored.push(text), Promise.resolve(1)),
    },
    ...{
      machines,
      difficulty: fakeDifficulty,
      machineId: 0,
      accounts: createRecordAccounts(),
      signal: end.signal,
    },
    holds: (_, counter) => counter < 100n,
    onFault: (name, fault) => faults.push(`${name} ${fault}`),
    ...{
      onRefused: (_: unknown, reason: string) => t.fail(reason),
      onTrouble: (reason: string) => t.fail(reason),
    },
  })
  hits.open({ oprHash: HASH, floor: 0n, keep: 2 }, false, Promise.resolve())
  const running = hits.run()
  await until(() => acknowledged.length === sent.length)
  await hits.settle(AbortSignal.timeout(10_000))
  t.same(faults, ['u.bad malformed', 'u.bad stale', 'u.bad foreign', 'u.bad false'])
  const read = readBest(bytes(stored.at(-1) ?? ''))
  t.match(read, {
    message: {
      best: { length: 2 },
      accounts: [
        { worker: 'u.good', hits: 1 },
        { worker: 'u.absent', hits: 1 },
      ],
    },
  })

  if (good === null || good === 'late' || bad === null || bad === 'late') throw new Error('there is room')
  for (let k = 0; k < 5; k++) bad.standing.fault('false')
  machines.hear(worker('gone'), { ...QUESTION, leaves: true }, 0)
  good.lagMs = 12.4
  const status = farmStatus(machines.all, 1_000)
  t.match(status.machines, [
    { worker: 'u.good', state: 'here', lagMs: 12, accepted: 1 },
    { worker: 'u.bad', state: 'refused', refused: /false/, lastHitSeconds: null },
    { worker: 'u.gone', state: 'left', lease: { seconds: 0, nonces: '0' } },
  ])
  t.match(status, { active: true, here: 1, hashrate: 5 })
  t.same(farmStatus(null, 0), { active: false, here: 0, missing: 0, hashrate: 0, machines: [] })
  end.abort()
  await running
})
