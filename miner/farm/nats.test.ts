/** A farm over a real nats-server, with threads that hash something cheap. */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { jetstream } from '@nats-io/jetstream'
import type { Msg, NatsConnection, RequestOptions } from '@nats-io/transport-node'
import t, { type Test } from 'tap'
import { toHex } from '../../base/index.js'
import { fetchByteMap, lxrParams, openByteMap } from '../../lxrhash/index.js'
import { nonceOf, type Lease } from '../work/nonces.js'
import type { Job } from '../work/workforce.js'
import { connectFarm } from './connection.js'
import { readCredential } from './credentials.js'
import type { WorkerEvent } from './crew.js'
import { fakeDifficulty, fakeThreads } from './fixtures/fake-threads.js'
import { startWeakLink } from './fixtures/weak-link.js'
import { isMapOffered, offerMap, serverMap } from './maps.js'
import { SCHEMA, write, type FarmHit } from './messages.js'
import { createSending } from './sending.js'
import { hasNatsServer, startFarmServer, type FarmServer } from './server.js'
import { takeJournalOver } from './journal.js'
import { createLead } from './lead.js'
import { openStore, type FarmStore } from './store.js'
import { keyOf, readInherited, readRanking } from './takeover.js'
import {
  HITS_STREAM,
  hitsSubject,
  leaseSubject,
  MAP_PIECE_BYTES,
  MAP_STREAM,
  mapConfig,
  mapSubject,
  type WorkerId,
} from './table.js'
import { runWorker } from './worker.js'
import { createFarmWorkforce, type FarmWorkforce } from './workforce.js'
import { until } from '../../test/fixtures/until.js'

const NO_SERVER: FarmServer = {
  ...{ url: '', coordinator: '', worker: '', pid: undefined },
  close: () => Promise.resolve(),
}
const skip = !hasNatsServer() && 'no nats-server is installed (apt install nats-server)'
const server = skip === false ? await startFarmServer() : NO_SERVER
t.teardown(() => server.close())
const never = new AbortController().signal

const connection = (file: string, name: string, url = server.url) =>
  connectFarm({ servers: [url], credential: readCredential(file), name, signal: never })

const BYTE_MAP = { bits: 10, seed: 1n, passes: 5, hashBits: 256, sha256: '00'.repeat(32) }

interface Heard {
  readonly store: FarmStore
  deposed: boolean
  /** It dies: nothing more is said, nothing is given back. */
  die(): Promise<void>
  readonly notices: { code: string; message: string }[]
  readonly farm: FarmWorkforce
}

async function farmOf(
  t: Test,
  { lifeMs, inherits = false }: { lifeMs?: number; inherits?: boolean } = {},
): Promise<Heard> {
  const link = await connection(server.coordinator, 'coordinator')
  const store = await openStore(link)
  const notices: Heard['notices'] = []
  const heard = { deposed: false }
  const farm = createFarmWorkforce({
    inherited: inherits ? await readInherited(store.job) : null,
    onFault: () => undefined,
    onRefused: () => undefined,
    onDeposed: () => (heard.deposed = true),
    ...{
      connection: link,
      store: inherits ? slow(store) : store,
      network: 'dev',
      byteMap: BYTE_MAP,
      machineId: 0,
      lifeMs,
    },
    verifier: { difficulty: fakeDifficulty },
    onNotice: (_level, code, message) => notices.push({ code, message }),
  })
  t.teardown(async () => {
    await farm.stop()
    await link.close()
  })
  return Object.assign(heard, { farm, notices, store, die: () => link.close() })
}

interface Hand {
  readonly id: WorkerId
  readonly events: WorkerEvent[]
  readonly hashed: { readonly oprHash: string; readonly range: Lease }[]
  readonly ended: Promise<unknown>
  readonly link: Awaited<ReturnType<typeof connection>>
  stop(): Promise<unknown>
}

/** Who holds what is read after all else that a coordinator takes over. */
const slow = (store: FarmStore): FarmStore => ({
  ...store,
  leases: Object.assign(Object.create(store.leases) as FarmStore['leases'], {
    get: (key: string) => wait(SLOW_MS).then(() => store.leases.get(key)),
  }),
})
const SLOW_MS = 1_500

interface HandOptions {
  readonly perTick?: number
  readonly url?: string
  /** How many versions of the protocol it is ahead. */
  readonly ahead?: number
  /** Whether its questions get lost. */
  readonly isMute?: () => boolean
}

async function worker(t: Test, name: string, options: HandOptions = {}): Promise<Hand> {
  const { perTick = 50, url, ahead = 0, isMute = () => false } = options
  const link = await connection(server.worker, name, url)
  const id = { user: 'worker', name }
  const end = new AbortController()
  const events: WorkerEvent[] = []
  const hashed: Hand['hashed'] = []
  const ended = runWorker(
    {
      ...{
        connection: muted(ofVersion(link, ahead), isMute),
        id,
        about: { version: '0', host: 'h', cpu: 'c', threads: 1 },
      },
      open: fakeThreads(perTick, (oprHash, range) => hashed.push({ oprHash: toHex(oprHash), range })),
      onEvent: (event) => events.push(event),
    },
    end.signal,
  )
  const stop = async (): Promise<unknown> => {
    end.abort()
    const why = await ended
    await link.close()
    return why
  }
  t.teardown(stop)
  return { id, events, hashed, ended, link, stop }
}

/** As a worker hears and says it whose protocol is so many versions ahead. */
function ofVersion(link: NatsConnection, ahead: number): NatsConnection {
  if (ahead === 0) return link
  const shifted = (data: unknown, by: number): string =>
    String(data instanceof Uint8Array ? new TextDecoder().decode(data) : data).replace(
      /"v":(\d+)/,
      (_, version) => `"v":${Number(version) + by}`,
    )
  const heard = ({ headers, data }: Msg): Msg =>
    ({ headers, data: new TextEncoder().encode(shifted(data, -ahead)) }) as Msg
  return Object.assign(Object.create(link) as NatsConnection, {
    request: async (subject: string, data: unknown, options: RequestOptions) =>
      heard(await link.request(subject, shifted(data, ahead), options)),
    subscribe: (subject: string, { callback }: { callback: (error: Error | null, message: Msg) => void }) =>
      link.subscribe(subject, {
        callback: (error, message) => callback(error, error ? message : heard(message)),
      }),
  })
}

const muted = (link: NatsConnection, isMute: () => boolean): NatsConnection =>
  Object.assign(Object.create(link) as NatsConnection, {
    request: (...words: Parameters<NatsConnection['request']>) =>
      isMute() ? wait(100).then(() => Promise.reject(new Error('lost'))) : link.request(...words),
  })

const jobOf = (height: number, keep = 5): Job => ({
  height,
  oprHash: Uint8Array.from(randomBytes(32)),
  floor: 0n,
  keep,
})
const of = <K extends WorkerEvent['event']>(hand: Hand, kind: K) =>
  hand.events.filter((event): event is Extract<WorkerEvent, { event: K }> => event.event === kind)
const within = (counter: bigint, { from, to }: Lease): boolean => counter >= from && counter < to

t.test(
  'three workers, one record: the best of all that was hashed, nothing twice, nothing lost',
  async (t) => {
    const { farm, notices } = await farmOf(t)
    const hands = [await worker(t, 'w1'), await worker(t, 'w2'), await worker(t, 'w3', { perTick: 10 })]
    await until(() => farm.view.members.length === 3)
    const job = jobOf(1)
    farm.assign(job)
    await until(() => hands.every(({ hashed }) => hashed.length > 20))
    await until(() => farm.view.jobSwitchMs.length === 1)
    const late = await worker(t, 'late')
    await until(() => late.hashed.length > 5)
    t.equal(of(late, 'job')[0]?.height, 1, 'a late joiner has the job')
    farm.pause()
    const all = [...hands, late]
    const counted = () => all.reduce((sum, { hashed }) => sum + hashed.length, 0)
    await until(async () => {
      const before = counted()
      await wait(50)
      return counted() === before
    })
    farm.resume()
    const paused = counted()
    await until(() => counted() > paused + 20)
    // What is found while the hits are collected may come too late.
    const taken = difficultiesOf(all, 'taken')
    const best = await farm.collect(AbortSignal.timeout(5000))

    const oprHash = toHex(job.oprHash)
    const ranges = all
      .flatMap((hand) => hand.hashed.map(({ range }) => range))
      .sort((a, b) => (a.from < b.from ? -1 : 1))
    t.notOk(
      ranges.find(({ from }, at) => at > 0 && from < (ranges[at - 1] as Lease).to),
      'no counter is hashed twice',
    )
    for (const hand of all) {
      const leases = of(hand, 'lease').map(({ from, to }) => ({ from: BigInt(from), to: BigInt(to) }))
      t.ok(
        hand.hashed.every(({ range }) =>
          leases.some((held) => within(range.from, held) && range.to <= held.to),
        ),
        `${hand.id.name} hashed what it held`,
      )
    }
    t.equal(best.length, 5)
    const hits = new Set(all.flatMap((hand) => of(hand, 'hit').map(({ nonce }) => nonce)))
    t.ok(
      best.every(
        ({ nonce, difficulty }) =>
          hits.has(toHex(nonce)) && fakeDifficulty(job.oprHash, nonce) === difficulty,
      ),
    )
    t.ok(taken.length > 5, `${taken.length} were taken`)
    t.same(missing(taken, best), [], 'the best that were sent before are in')
    t.ok(of(hands[0] as Hand, 'lease').every((event) => event.oprHash === oprHash))
    t.same(notices, [])
    for (const hand of hands.slice(1)) t.equal(await hand.stop(), 'interrupted')
    await until(() => farm.machines.all.filter(({ state }) => state === 'left').length === 2)
    t.equal(
      farm.view.hashes,
      farm.view.members.reduce((sum, { hashes }) => sum + hashes, 0n),
    )
  },
)

t.test('a liar, a flooder and a stranger: counted, then refused; the others go on', { skip }, async (t) => {
  const { farm, notices } = await farmOf(t)
  const honest = await worker(t, 'honest')
  await until(() => farm.view.members.length === 1)
  const job = jobOf(2, 50)
  farm.assign(job)
  await until(() => honest.hashed.length > 5)
  const link = await connection(server.worker, 'liar')
  t.teardown(() => link.close())

  /** A worker that asks for a lease and then sends what it likes. */
  async function villain(name: string) {
    const id = { user: 'worker', name }
    const question = write({
      health: {
        ...{ version: '0', host: 'h', cpu: 'c', threads: 1, bits: 10, hugePages: 0, kernel: '', hashes: 0n },
        rate: { s10: null, s60: null, m15: null },
      },
      ...{ v: SCHEMA, oprHash: job.oprHash, left: 0n, rate: 0, freed: [], leaves: false },
      ...{ run: '', number: 0, ahead: null, hashedMs: null },
    })
    const ask = async () =>
      (await link.request(leaseSubject(id), question, { timeout: 5000 })).json<{
        refused: string | null
        granted: { from: string }[]
      }>()
    const { granted } = await ask()
    const first = BigInt((granted[0] as { from: string }).from)
    const standing = () => {
      const machine = farm.machines.all.find(({ text }) => text === `worker.${name}`)
      if (machine === undefined) throw new Error('it has asked')
      return machine.standing
    }
    const send = (hit: Partial<FarmHit>): void =>
      link.publish(
        hitsSubject(id),
        write({
          v: SCHEMA,
          oprHash: job.oprHash,
          nonce: nonceOf(new Uint8Array(), first),
          difficulty: 1n,
          ...hit,
        }),
      )
    return { first, standing, send, ask, raw: (text: string) => link.publish(hitsSubject(id), text) }
  }

  const liar = await villain('liar')
  for (let n = 0n; n < 8n; n++)
    liar.send({ nonce: nonceOf(new Uint8Array(), liar.first + n), difficulty: (1n << 64n) - 1n - n })
  await until(() => liar.standing().refused !== null)
  t.match(liar.standing().refused, /5 hits of one record were false/)
  t.match((await liar.ask()).refused, /false/)

  const thief = await villain('thief')
  // What the honest one holds, with the right difficulty.
  for (let n = 1n; n < 30n; n++) {
    const nonce = nonceOf(new Uint8Array(), n)
    thief.send({ nonce, difficulty: fakeDifficulty(job.oprHash, nonce) })
  }
  await until(() => thief.standing().refused !== null)
  t.match(thief.standing().refused, /20 hits of one record were from ranges that it did not hold/)

  const stranger = await villain('stranger')
  for (let n = 0; n < 5; n++) stranger.raw(n % 2 === 0 ? 'no hit' : '{"v":1}')
  await until(() => stranger.standing().refused !== null)
  t.match(stranger.standing().refused, /malformed/)

  const late = await villain('late')
  for (let n = 0; n < 3; n++) late.send({ oprHash: new Uint8Array(32) })
  await until(() => late.standing().faults.stale === 3)
  t.equal(late.standing().refused, null)

  const flooder = await villain('flooder')
  await until(async () => {
    for (let n = 0; n < 2000; n++) flooder.send({ oprHash: new Uint8Array(32) })
    await wait(10)
    return flooder.standing().refused !== null
  })
  t.match(flooder.standing().refused, /more than its rate allows|of a record that is over/)

  const before = honest.hashed.length
  await until(() => honest.hashed.length > before + 20)
  const best = await farm.collect(AbortSignal.timeout(5000))
  t.equal(best.length, 50)
  const theirs = new Set(of(honest, 'hit').map(({ nonce }) => nonce))
  t.ok(
    best.every(({ nonce }) => theirs.has(toHex(nonce))),
    "only the honest one's hits",
  )
  t.equal(liar.standing().faults.false, 5)
  t.equal(farm.view.computeErrors, 0, 'it is not this machine that is wrong')
  const refused = notices
    .filter(({ code }) => code === 'E_FARM_REFUSED')
    .map(({ message }) => message.split(' ')[0])
  t.same(refused, ['worker.liar', 'worker.thief', 'worker.stranger', 'worker.flooder'], 'each is named, once')
  const { manager } = await openStore(
    await connection(server.coordinator, 'looks').then((looks) => (t.teardown(() => looks.close()), looks)),
  )
  await until(async () => (await manager.streams.info(HITS_STREAM)).state.messages === 0)
  t.pass('every message of theirs is done with')
})

t.test(
  'of hits that wait the best goes first, and what is worth nothing by then does not go',
  { skip },
  async (t) => {
    const [link, looks] = [
      await connection(server.worker, 'many'),
      await connection(server.coordinator, 'looks'),
    ]
    t.teardown(() => Promise.all([link.close(), looks.close()]))
    await openStore(looks)
    const id = { user: 'worker', name: 'many' }
    const seen: bigint[] = []
    looks.subscribe(hitsSubject(id), {
      callback: (_, message) =>
        void seen.push(BigInt(`0x${message.json<{ difficulty: string }>().difficulty}`)),
    })
    await looks.flush()
    const sending = createSending(link, id, never)
    const oprHash = Uint8Array.from(randomBytes(32))
    for (let n = 1n; n <= 60n; n++)
      sending.send({ oprHash, nonce: nonceOf(new Uint8Array(), n), difficulty: n }, () => n > 40n || n <= 8n)
    await sending.idle()
    await looks.flush()
    t.same(seen.slice(0, 8), [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n], 'a few go at once')
    t.same(
      seen.slice(8),
      Array.from({ length: 20 }, (_, at) => 60n - BigInt(at)),
    )
    t.equal(sending.sent, 28)
  },
)

t.test(
  'a lease that is not renewed lapses: nothing is hashed until there is one again',
  { skip },
  async (t) => {
    const first = await farmOf(t, { lifeMs: 600 })
    const hand = await worker(t, 'w')
    await until(() => first.farm.view.members.length > 0)
    const job = jobOf(3)
    first.farm.assign(job)
    await until(() => hand.hashed.length > 5)
    const notices = (code: string) => of(hand, 'notice').filter((event) => event.code === code)
    // Renewed each two seconds only, it lapses in between.
    await until(() => notices('E_FARM_LAPSED').length > 0)
    const stopped = hand.hashed.length
    const [freed] = of(hand, 'freed')
    t.ok(freed, 'what it had is given back')
    await until(() => hand.hashed.length > stopped)
    const again = of(hand, 'lease').find(({ from }) => from === freed?.from)
    t.ok(again, 'and handed out again, the lowest first')
    const ranges = hand.hashed.map(({ range }) => range).sort((a, b) => (a.from < b.from ? -1 : 1))
    t.notOk(
      ranges.find(({ from }, at) => at > 0 && from < (ranges[at - 1] as Lease).to),
      'nothing is hashed twice',
    )
  },
)

const twice = (hands: readonly Hand[]): Lease | undefined => {
  const ranges = hands
    .flatMap(({ hashed }) => hashed.map(({ range }) => range))
    .sort((a, b) => (a.from < b.from ? -1 : 1))
  return ranges.find(({ from }, at) => at > 0 && from < (ranges[at - 1] as Lease).to)
}

t.test('a partition: what is cut off stops in time, others get nothing that it had', { skip }, async (t) => {
  const { farm } = await farmOf(t, { lifeMs: 3000 })
  const wire = await startWeakLink(Number(new URL(server.url).port))
  t.teardown(() => wire.close())
  const far = await worker(t, 'far', { url: `nats://127.0.0.1:${wire.port}` })
  const near = await worker(t, 'near')
  await until(() => farm.view.members.length === 2)
  farm.assign(jobOf(30))
  await until(() => far.hashed.length > 20 && near.hashed.length > 20)
  wire.cut()
  const stateOf = (hand: Hand) => farm.machines.all.find(({ id }) => id.name === hand.id.name)?.state
  await until(() => stateOf(far) === 'missing')
  const stopped = far.hashed.length
  t.ok(
    of(far, 'notice').some(({ code }) => code === 'E_FARM_LAPSED'),
    'before the coordinator gives up its lease, it has stopped',
  )
  const meanwhile = near.hashed.length
  await until(() => near.hashed.length > meanwhile + 100)
  t.equal(far.hashed.length, stopped, 'cut off, it hashes nothing')
  wire.mend()
  await until(() => far.hashed.length > stopped + 20)
  t.equal(stateOf(far), 'here')
  t.notOk(twice([far, near]), 'no counter is hashed twice')
})

t.test('a machine hashes the next record without a question: it has counters of it', { skip }, async (t) => {
  const { farm, store, notices, ...heard } = await farmOf(t)
  let isMute = false
  const hands = [await worker(t, 'n1', { isMute: () => isMute }), await worker(t, 'n2')]
  await until(() => farm.view.members.length === 2)
  farm.assign(jobOf(40))
  const began = (height: number) => () =>
    hands.every((hand) => of(hand, 'lease').some((event) => event.height === height))
  await until(began(40))
  // The answer to a question that was asked about this record brings counters of the next one.
  const asked = farm.machines.all.map(({ questions }) => questions)
  await until(() => farm.machines.all.every(({ questions }, at) => questions > (asked[at] as number) + 2))
  isMute = true
  farm.assign(jobOf(41))
  await until(began(41))
  isMute = false
  await until(() => farm.view.jobSwitchMs.length === 2)
  t.pass('and tells it later')

  // A coordinator that died has written down what it handed out of a record that it had not told.
  const next = jobOf(42)
  const grants = [{ worker: 'worker.dead', from: 1n, to: 1_000n }]
  await store.leases.create(`${keyOf(next.oprHash)}.0`, write({ v: SCHEMA, next: 1_000n, grants }))
  farm.assign(next)
  await until(began(42))
  const first = hands.flatMap((hand) => of(hand, 'lease').filter(({ height }) => height === 42))
  t.ok(
    first.every(({ from }) => BigInt(from) >= 1_000n),
    'what it has handed out counts',
  )
  t.notOk(heard.deposed)
  for (const height of [40, 41, 42]) {
    const ranges = hands.flatMap((hand) => of(hand, 'lease').filter((event) => event.height === height))
    const sorted = ranges.map(({ from, to }) => ({ from: BigInt(from), to: BigInt(to) }))
    sorted.sort((a, b) => (a.from < b.from ? -1 : 1))
    t.notOk(
      sorted.find(({ from }, at) => at > 0 && from < (sorted[at - 1] as Lease).to),
      'no counter is hashed twice',
    )
  }
  t.same(notices, [])
})

t.test('workers are upgraded one after the other under a running coordinator', { skip }, async (t) => {
  const { farm, notices } = await farmOf(t)
  const same = await worker(t, 'same')
  const newer = await worker(t, 'newer', { ahead: 1 })
  const older = await worker(t, 'older', { ahead: -1 })
  await until(() => farm.view.members.length === 1)
  farm.assign(jobOf(31))
  const versionNotices = (hand: Hand) =>
    of(hand, 'notice')
      .filter(({ code }) => code === 'E_FARM_VERSION')
      .map(({ message }) => message)
  await until(
    () => [newer, older].every((hand) => versionNotices(hand).length > 0) && same.hashed.length > 20,
  )
  t.match(versionNotices(newer)[0], /is of an older version of this program; it waits/)
  t.match(versionNotices(older)[0], /is of a newer version of this program; it waits/)
  await until(() => notices.filter(({ code }) => code === 'E_FARM_VERSION').length === 2)
  t.same(
    notices.map(({ message }) => message.split(' is ')[0]).sort(),
    ['the question of worker.newer', 'the question of worker.older'],
    'the coordinator names each, once',
  )
  t.same([newer.hashed, older.hashed], [[], []], 'neither hashes anything')
  for (const hand of [newer, older]) {
    t.equal(await hand.stop(), 'interrupted')
    const before = same.hashed.length
    const upgraded = await worker(t, `${hand.id.name}-upgraded`)
    await until(() => upgraded.hashed.length > 5 && same.hashed.length > before)
    t.notOk(twice([same, upgraded]), `${upgraded.id.name} hashes what it alone has`)
  }
})

t.test(
  'a second coordinator that knows nothing of the first cannot lease what is leased',
  { skip },
  async (t) => {
    const first = await farmOf(t)
    const hand = await worker(t, 'w')
    await until(() => first.farm.view.members.length > 0)
    first.farm.assign(jobOf(4))
    await until(() => hand.hashed.length > 5)
    const second = await farmOf(t)
    second.farm.assign(jobOf(5))
    await until(() => of(hand, 'job').some(({ height }) => height === 5))
    first.farm.assign(jobOf(6))
    await until(() => first.deposed)
    t.equal(second.deposed, false, 'only the first is told')
  },
)

t.test('a coordinator dies in a block: the next one has its job, leases and hits', { skip }, async (t) => {
  const first = await farmOf(t)
  const hands = [await worker(t, 'd1'), await worker(t, 'd2')]
  const gone = await worker(t, 'd3')
  await until(() => first.farm.view.members.length === 3)
  const job = jobOf(7, 20)
  first.farm.assign(job)
  await until(() => first.farm.view.hits > 60 && [...hands, gone].every(({ hashed }) => hashed.length > 10))
  const best = first.farm.view.bestDifficulty
  await first.die()
  await gone.link.close()
  const last = await lastHit(t, gone, job.oprHash)
  const second = await farmOf(t, { inherits: true })
  const accounted = (of: readonly { hits: number }[]) => of.reduce((sum, { hits }) => sum + hits, 0)
  const { accounts } = await readRanking(second.store.best, job.oprHash)
  const left = accounted(accounts.filter(({ worker }) => worker !== 'worker.d3'))
  t.ok(left > 20, `${left} hits are accounted`)
  const before = hands.map(({ hashed }) => hashed.length)
  await until(() => hands.every(({ hashed }, at) => hashed.length > (before[at] as number)))
  t.pass('meanwhile the workers hash on')
  second.farm.assign(job)
  await until(() => second.farm.view.members.length === 2)
  const taken = difficultiesOf([...hands, gone], 'taken')
  const collected = await second.farm.collect(AbortSignal.timeout(10_000))
  t.ok(second.farm.view.bestDifficulty >= best, 'hits that the first one acknowledged are not lost')
  const kept = collected.map(({ difficulty }) => difficulty)
  t.same(missing([...taken, last], collected), [], 'nor those that it had not looked at')
  t.ok(kept.includes(last), 'among them one of a worker that has died as well')
  const found = new Set([...difficultiesOf([...hands, gone], 'hit'), last])
  t.same([kept.length, kept.filter((difficulty) => !found.has(difficulty))], [20, []])
  const faults = second.farm.machines.all.map(({ standing }) => standing.faults.foreign)
  t.same(faults, [0, 0], 'no hit was held against its sender before it was known who holds what')
  const added = second.farm.machines.all.reduce((sum, { standing }) => sum + standing.accepted, 0)
  const days = await until(() => {
    const found = second.farm.accounts().filter(({ worker }) => /^worker\.d[12]$/.test(worker))
    return accounted(found) >= left + added && found
  })
  t.equal(accounted(days), left + added, 'each hit is accounted once, under whichever coordinator')
  t.same(days.map(({ worker }) => worker).sort(), ['worker.d1', 'worker.d2'])
  t.equal(second.deposed, false)
  second.farm.assign(job)
  const granted = () => hands.map((hand) => of(hand, 'lease').length)
  const before2 = granted()
  await until(() => granted().every((count, at) => count > (before2[at] as number)))
  const ranges = hands
    .flatMap(({ hashed }) => hashed.map(({ range }) => range))
    .sort((a, b) => (a.from < b.from ? -1 : 1))
  t.notOk(
    ranges.find(({ from }, at) => at > 0 && from < (ranges[at - 1] as Lease).to),
    'nothing is hashed twice',
  )
})

const difficultiesOf = (hands: readonly Hand[], kind: 'hit' | 'taken'): bigint[] =>
  hands.flatMap((hand) => of(hand, kind)).map(({ difficulty }) => BigInt(`0x${difficulty}`))

/** What would be among the best, and is not. */
const missing = (all: readonly bigint[], best: readonly { readonly difficulty: bigint }[]): bigint[] => {
  const kept = best.map(({ difficulty }) => difficulty)
  return all.filter((difficulty) => difficulty > (kept.at(-1) ?? 0n) && !kept.includes(difficulty))
}

/** Sends the best of the last nonces that a worker holds and has not hashed; its difficulty. */
async function lastHit(t: Test, hand: Hand, oprHash: Uint8Array): Promise<bigint> {
  const to = BigInt(of(hand, 'lease').at(-1)?.to ?? 0n)
  const nonces = Array.from({ length: 60_000 }, (_, back) =>
    nonceOf(new Uint8Array(), to - 1n - BigInt(back)),
  )
  const ranked = nonces.map((nonce) => ({ nonce, difficulty: fakeDifficulty(oprHash, nonce) }))
  const best = ranked.reduce((most, one) => (one.difficulty > most.difficulty ? one : most))
  const link = await connection(server.worker, 'beside')
  t.teardown(() => link.close())
  await jetstream(link).publish(hitsSubject(hand.id), write({ v: SCHEMA, oprHash, ...best }))
  return best.difficulty
}

t.test(
  'the ByteMap on the server: offered once, gone on with, checked by who fetches it',
  { skip },
  async (t) => {
    const [link, reader] = [await connection(server.coordinator, 'c'), await connection(server.worker, 'r')]
    t.teardown(() => Promise.all([link.close(), reader.close()]))
    const { manager } = await openStore(link)
    const params = lxrParams({ bits: 20 })
    const dir = t.testdir({ maps: {}, fetched: {}, wrong: {} })
    const byteMap = await openByteMap(params, { dir: join(dir, 'maps'), slots: 1 })
    const offered = (sha256: string) => isMapOffered(reader, sha256)
    t.notOk(await offered(byteMap.sha256), 'nothing is offered')
    const troubles: string[] = []
    const parts = {
      connection: link,
      manager,
      signal: never,
      onTrouble: (text: string) => troubles.push(text),
    }
    const other = { ...byteMap, sha256: 'ab'.repeat(32) }
    await offerMap({ ...parts, byteMap: other })
    t.ok(await offered(other.sha256))
    await offerMap({ ...parts, byteMap })
    t.notOk(await offered(other.sha256), 'there is one at a time')
    const stateOf = async () => (await manager.streams.info(MAP_STREAM)).state
    t.match(await stateOf(), { messages: 2, last_seq: 2 })
    await manager.streams.delete(MAP_STREAM)
    await manager.streams.add(mapConfig(byteMap.sha256, 2 ** 20))
    const half = readFileSync(byteMap.file).subarray(0, MAP_PIECE_BYTES)
    await jetstream(link).publish(mapSubject(byteMap.sha256, 0), half)
    const source = serverMap(reader, byteMap.sha256)
    const fetched = fetchByteMap(params, source, { dir: join(dir, 'fetched') })
    await offerMap({ ...parts, byteMap })
    t.equal(await fetched, 'fetched', 'a worker waits for pieces that are on their way')
    t.match(await stateOf(), { messages: 2 }, 'what is there is not put there again')
    t.same(troubles, [])

    await jetstream(link).publish(mapSubject(byteMap.sha256, 1), Buffer.alloc(MAP_PIECE_BYTES))
    await t.rejects(fetchByteMap(params, source, { dir: join(dir, 'wrong') }), {
      code: 'E_LXR_FETCH',
      message: /its SHA-256 is not/,
    })
  },
)

t.test('one of several coordinators is active; the next shuts it out of the journal', { skip }, async (t) => {
  const links = [
    await connection(server.coordinator, 'a'),
    await connection(server.coordinator, 'b'),
  ] as const
  t.teardown(() => Promise.all(links.map((link) => link.close())))
  const stores = [await openStore(links[0]), await openStore(links[1])] as const
  const waited: string[] = []
  /** While it is closed, the first one cannot write. */
  let gate = Promise.resolve()
  let open: () => void = () => undefined
  const slow: FarmStore['lead'] = Object.assign(Object.create(stores[0].lead) as FarmStore['lead'], {
    update: async (...words: Parameters<FarmStore['lead']['update']>) => {
      await gate
      return stores[0].lead.update(...words)
    },
  })
  const leadOf = (at: 0 | 1) =>
    createLead({
      bucket: at === 0 ? slow : stores[1].lead,
      name: 'ab'[at] as string,
      onWait: (active) => waited.push(`${'ab'[at]} waits for ${active}`),
      onTrouble: () => undefined,
    })
  const leads = [leadOf(0), leadOf(1)] as const
  const journalOf = (at: 0 | 1, lost = never) =>
    takeJournalOver({ connection: links[at], manager: stores[at].manager, name: 'ab'[at] as string, lost })
  await leads[0].acquire(never)
  const first = await journalOf(0, leads[0].lost)
  t.same(first.kept, [])
  await first.append(Array.from({ length: 450 }, (_, n) => `line ${n}\n`))
  const second = leads[1].acquire(never)
  await until(() => waited.length > 0)
  t.same(waited, ['b waits for a'])
  const diedMs = performance.now()
  gate = new Promise((resolve) => (open = resolve))
  await second
  const tookMs = performance.now() - diedMs
  t.ok(tookMs < 20_000, `the next one has taken over after ${Math.round(tookMs)} ms`)
  t.equal(leads[0].lost.aborted, false)
  open()
  await until(() => leads[0].lost.aborted)
  await t.rejects(
    first.append(['late\n']),
    { code: 'E_FARM_DEPOSED' },
    'as soon as it can write, the first one knows',
  )
  const after = await journalOf(1)
  t.equal(after.kept.length, 450)
  t.equal(after.kept[449], 'line 449')
  await after.append(['mine\n'])

  // One that was merely paused writes behind what it knows, and is refused.
  const next = await journalOf(1)
  t.same(next.kept.slice(-1), ['mine'])
  await t.rejects(after.append(['too late\n']), { code: 'E_FARM_DEPOSED' })
  await next.append(['in time\n'])
  await leads[1].release()
  const releasedMs = performance.now()
  const last = leadOf(1)
  await last.acquire(never)
  t.ok(performance.now() - releasedMs < 3_000, 'one that ends lets go before it would be taken for dead')
  t.equal(waited.length, 1)
  await last.release()
})
