import fs from 'node:fs'
import path from 'node:path'

import t from 'tap'
import type { Test } from 'tap'

import type { AckStatus } from './client.js'
import type { DeliveryClient } from './delivery.js'
import type { SettlementClient } from './settlement.js'
import { fail } from './errors.js'
import { FakeTiming, settled } from './fixtures/fake-timing.js'
import { until } from '../test/fixtures/until.js'
import * as factom from './index.js'
import type { Entry, PublisherOptions, PublishOptions, PublishResult } from './index.js'
import { readLines, type JournalContent } from './record.js'
import { matchExactly } from '../test/fixtures/match-exactly.js'

const code = (wanted: string) => ({ code: wanted })
const CHAIN = 'c1'.repeat(32)
const HEIGHT = 100
const key = factom.ecKey('Es2XT3jSxi1xqrDvS5JERM3W3jh1awRHuyoahn3hbQLyfEi1jvbq')
const refused = (rpcCode: number, message = 'refused') =>
  fail('E_FACTOM_RPC', message, { details: { rpcCode }, retryable: rpcCode === -32603 })
const unreachable = () => fail('E_FACTOM_UNREACHABLE', 'nobody there')

function records(count: number, first = 0): Entry[] {
  return Array.from({ length: count }, (_, i) => ({
    chainId: CHAIN,
    extIds: [Uint8Array.of(first + i)],
    content: new TextEncoder().encode('a price record'),
  }))
}
const hashOf = (entry: Entry) => factom.entryHash(factom.encodeEntry(entry))
const short = (hash: string) => hash.slice(0, 8)

type Method = 'commit' | 'reveal' | 'ack'
/** What happens to a call: it never arrives, or its reply is lost, or it is answered with an error. */
type Fault = 'lost' | 'reply lost' | 'hangs' | 'hangs after' | Error

/** A node that charges as the network does, and whose lines are as bad as a test wants them. */
class Node implements DeliveryClient, SettlementClient {
  readonly calls: { method: Method; hash: string; at: number }[] = []
  /** Entry hash to the txids that were paid for it. */
  readonly paid = new Map<string, Set<string>>()
  readonly messages = new Map<string, Set<string>>()
  readonly revealed = new Set<string>()
  readonly open = new Set<string>()
  funded = true
  /** Asked before each call. */
  fault: (method: Method, hash: string, call: number) => Fault | undefined = () => undefined
  ackOf: (hash: string) => AckStatus = (hash) => (this.isIn(hash) ? 'TransactionACK' : 'Unknown')
  /** Extra rounds that a call takes. */
  slowness: (call: number) => number = () => 0
  busy = 0
  busiest = 0
  /** Heights of saved blocks, by entry hash. */
  readonly places = new Map<string, number>()
  placeOf = (hash: string): number | null => this.places.get(hash) ?? null

  constructor(readonly timing: FakeTiming) {}

  /** Saves a block; `hashes` are the entries in it (default: all that are in and in no block yet). */
  save(height: number, hashes = [...this.revealed].filter((hash) => this.isIn(hash))): void {
    for (const hash of hashes) if (!this.places.has(hash)) this.places.set(hash, height)
  }

  isIn = (hash: string) => this.revealed.has(hash) && this.paid.has(hash)

  commitEntry = (message: Uint8Array, signal?: AbortSignal) => {
    const { entryHash, txid } = factom.decodeEntryCommit(message)
    this.messages.set(entryHash, (this.messages.get(entryHash) ?? new Set()).add(txid))
    return this.#call('commit', entryHash, signal, () => {
      const before = this.paid.get(entryHash)
      if (before && !this.revealed.has(entryHash)) throw refused(-32011)
      if (this.funded && !before) this.paid.set(entryHash, new Set([txid]))
      return { txid, entryHash }
    })
  }

  revealEntry = (raw: Uint8Array, signal?: AbortSignal) => {
    const entryHash = factom.entryHash(raw)
    return this.#call('reveal', entryHash, signal, () => {
      this.revealed.add(entryHash)
      return { entryHash, chainId: CHAIN }
    })
  }

  ack = (hash: string, _chainId: string, signal?: AbortSignal) =>
    this.#call('ack', hash, signal, () => ({
      commitTxid: '',
      entryHash: hash,
      commitStatus: this.paid.has(hash) ? ('TransactionACK' as const) : ('Unknown' as const),
      entryStatus: this.ackOf(hash),
    }))

  async #call<T>(method: Method, hash: string, signal: AbortSignal | undefined, run: () => T): Promise<T> {
    if (signal?.aborted) throw fail('E_FACTOM_ABORTED', 'ended')
    this.calls.push({ method, hash, at: this.timing.monotonicMs() })
    if (method !== 'ack') this.busiest = Math.max(this.busiest, ++this.busy)
    const fault = this.fault(method, hash, this.calls.length)
    const rounds = 1 + this.slowness(this.calls.length)
    try {
      for (let i = 0; i < rounds; i++) await settled()
      if (fault === 'lost') throw unreachable()
      if (fault instanceof Error) throw fault
      if (fault === 'hangs') await hang(signal)
      const outcome = run()
      if (fault === 'hangs after') await hang(signal)
      if (fault === 'reply lost') throw unreachable()
      return outcome
    } finally {
      if (method !== 'ack') this.busy--
    }
  }

  sent(method: Method): string[] {
    return this.calls.filter((call) => call.method === method).map(({ hash }) => hash)
  }
}

function hang(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(fail('E_FACTOM_ABORTED', 'ended'))
    if (signal?.aborted) end()
    signal?.addEventListener('abort', end)
  })
}

function setup(t: Test, options: Partial<PublisherOptions> = {}) {
  const timing = new FakeTiming()
  const node = new Node(timing)
  const journal = path.join(t.testdir(), 'state', 'published.jsonl')
  const open = (file = journal) => {
    const publisher = factom.createPublisher({ client: node, key, journal: file, timing, ...options })
    t.teardown(() => publisher.close())
    return publisher
  }
  return { timing, node, journal, open }
}

const states = (results: readonly PublishResult[]) => results.map(({ state }) => state)

t.test('25 records, the best first', async (t) => {
  const { node, open, timing } = setup(t)
  node.slowness = (call) => (call % 3 ? 0 : 2)
  const publisher = open()
  const entries = records(25)
  const heard: string[] = []
  const onStatus = ({ entryHash, state }: PublishResult) => heard.push(`${short(entryHash)} ${state}`)
  const results = await timing.run(
    publisher.publish(HEIGHT, entries, { onStatus, deadline: timing.monotonicMs() + 20_000 }),
  )

  t.same(
    results.map(({ entryHash }) => entryHash),
    entries.map(hashOf),
  )
  t.match(
    results,
    entries.map(() => ({ state: 'acknowledged', height: HEIGHT, credits: 1, sent: true })),
  )
  t.same(node.sent('reveal'), entries.map(hashOf), 'in order, each once')
  t.same(node.sent('commit').sort(), entries.map(hashOf).sort(), 'each is paid once')
  t.ok(node.busiest > 4 && node.busiest <= 8, `${node.busiest} calls at once`)
  t.same(publisher.published(HEIGHT), entries.map(hashOf))
  t.same(publisher.published(HEIGHT + 1), [])
  for (const entry of entries) {
    const steps = heard.filter((line) => line.startsWith(short(hashOf(entry)))).map((line) => line.slice(9))
    t.same(steps, ['composed', 'committed', 'revealed', 'acknowledged'])
  }
  const again = await timing.run(publisher.publish(HEIGHT, [...entries, ...entries]))
  t.same(states(again), Array(25).fill('acknowledged'))
  t.equal(node.sent('commit').length, 25, 'what is known is not sent again')
  t.notOk(publisher.unsettled(HEIGHT - 1))
  t.ok(publisher.unsettled(HEIGHT))
  t.same(states(publisher.unfinished()), Array(25).fill('acknowledged'))
  node.save(HEIGHT)
  const landed = await publisher.settle(HEIGHT, node.placeOf)
  t.same(states(landed), Array(25).fill('landed'))
  t.same(publisher.unfinished(), [])
  t.same([publisher.unsettled(HEIGHT), await publisher.settle(HEIGHT, node.placeOf)], [false, []])
  t.same(timing.pauses, [], 'no timer is left')
})

t.test('trouble on the line', (t) => {
  async function publish(t: Test, fault: Node['fault'], options: PublishOptions = {}, count = 1) {
    const setting = setup(t)
    setting.node.fault = fault
    const results = await setting.timing.run(setting.open().publish(HEIGHT, records(count), options))
    for (const txids of setting.node.paid.values()) t.equal(txids.size, 1, 'paid once')
    for (const txids of setting.node.messages.values()) t.equal(txids.size, 1, 'one commit was signed')
    return { ...setting, results }
  }
  const count = (node: Node, method: Method) => node.sent(method).length

  t.test('a lost commit', async (t) => {
    const { node, results } = await publish(t, (method, _, call) =>
      method === 'commit' && call < 5 ? 'lost' : undefined,
    )
    t.same(states(results), ['acknowledged'])
    t.equal(count(node, 'commit'), 4)
    const commits = node.calls.filter(({ method }) => method === 'commit')
    const pauses = commits.map(({ at }, i, all) => at - (all[i - 1]?.at ?? at))
    t.ok(
      [0, 250, 375, 562].every((least, i) => (pauses[i] ?? 0) >= least),
      `pauses ${pauses.join(', ')}`,
    )
    t.ok([0, 750, 1126, 1688].every((most, i) => (pauses[i] ?? 0) <= most))
  })

  t.test('the lost reply to a commit: -32011 means that it is in', async (t) => {
    const { node, results } = await publish(t, (_, __, call) => (call === 2 ? 'reply lost' : undefined))
    t.same(states(results), ['acknowledged'])
    t.equal(count(node, 'commit'), 2)
  })

  t.test('a lost reveal is retried alone', async (t) => {
    const { node, results } = await publish(t, (method, _, call) =>
      method === 'reveal' && call < 3 ? (call % 2 ? 'lost' : 'reply lost') : undefined,
    )
    t.same(states(results), ['acknowledged'])
    t.equal(count(node, 'commit'), 1)
    t.equal(count(node, 'reveal'), 3)
  })

  t.test('an internal error passes, a refusal stays', async (t) => {
    const passing = await publish(t, (_, __, call) => (call === 1 ? refused(-32603) : undefined))
    t.same(states(passing.results), ['acknowledged'])
    const staying = await publish(t, (method) =>
      method === 'commit' ? refused(-32602, 'Invalid Commit Entry') : undefined,
    )
    matchExactly(t, staying.results, [
      { state: 'missed', code: 'E_FACTOM_RPC', reason: 'Invalid Commit Entry', sent: true },
    ])
    t.same(
      staying.node.calls.map(({ method }) => method),
      ['reveal', 'commit'],
    )
  })

  t.test('a record that fails does not stop the others', async (t) => {
    const bad = hashOf(records(3)[1] as Entry)
    const { results } = await publish(t, (_, hash) => (hash === bad ? refused(-32602) : undefined), {}, 3)
    t.same(states(results), ['acknowledged', 'missed', 'acknowledged'])
  })

  t.test('without a deadline each step is tried for ten seconds', async (t) => {
    const never = await publish(t, () => 'lost')
    matchExactly(
      t,
      never.results,
      [{ state: 'missed', code: 'E_FACTOM_LATE', sent: false }],
      'nothing was paid',
    )
    const { node, results } = await publish(t, (method) => (method === 'commit' ? 'lost' : undefined))
    matchExactly(t, results, [{ state: 'composed' }], 'its block will tell what became of it')
    const took = (node.calls.at(-1)?.at ?? 0) - (node.calls[1]?.at ?? 0)
    t.ok(took >= 10_000 && took < 14_000, `${took} ms`)
  })

  t.test('a commit that was dropped after its success goes out again', async (t) => {
    const { node, timing, open } = setup(t)
    node.funded = false
    const publishing = open().publish(HEIGHT, records(1), { deadline: timing.monotonicMs() + 20_000 })
    await until(() => node.sent('ack').length > 0)
    node.funded = true
    t.same(states(await timing.run(publishing)), ['acknowledged'])
    t.equal(count(node, 'commit'), 2)
    t.equal(node.messages.get(hashOf(records(1)[0] as Entry))?.size, 1, 'the same bytes')
  })

  t.test('lost acknowledgements are asked for again', async (t) => {
    const { results } = await publish(t, (method, _, call) =>
      method === 'ack' && call < 6 ? 'lost' : undefined,
    )
    t.same(states(results), ['acknowledged'])
  })
  t.end()
})

t.test("commits are dated with the network's time, however wrong our clock is", async (t) => {
  const { open, timing, node } = setup(t)
  const networkMs = timing.wallMs()
  timing.clock.step(-5 * 3_600_000)
  const dates: number[] = []
  const { commitEntry } = node
  node.commitEntry = (message, signal) => {
    dates.push(factom.decodeEntryCommit(message).timeMs)
    return commitEntry(message, signal)
  }
  t.same(states(await timing.run(open().publish(HEIGHT, records(1), { networkMs }))), ['acknowledged'])
  t.same(dates, [networkMs])
})

t.test('the deadline', (t) => {
  t.test('nothing is sent after it', async (t) => {
    const { node, timing, open } = setup(t, { parallel: 1 })
    node.fault = (method) => (method === 'commit' ? 'lost' : undefined)
    const publisher = open()
    const deadline = timing.monotonicMs() + 5000
    const publishing = publisher.publish(HEIGHT, records(3), { deadline })
    await until(() => node.calls.length > 0)
    for (let i = 0; i < 12; i++) await timing.advance(1000)
    const results = await publishing
    matchExactly(t, results, [
      { state: 'composed' },
      { state: 'missed', code: 'E_FACTOM_LATE', sent: false },
      { state: 'missed', code: 'E_FACTOM_LATE', sent: false },
    ])
    node.save(HEIGHT)
    const settled = await publisher.settle(HEIGHT, node.placeOf)
    matchExactly(t, settled, [
      { state: 'missed', code: 'E_FACTOM_LATE', reason: /took its commit/, sent: true },
    ])

    const sent = node.calls.filter(({ method }) => method !== 'ack')
    t.ok(sent.every(({ at, hash }) => at < deadline && hash === results[0]?.entryHash))
    t.same(publisher.published(HEIGHT), [results[0]?.entryHash], 'those that never left are not counted')
    t.same(timing.pauses, [])
  })

  t.test('a call under way is cut', async (t) => {
    const { node, timing, open } = setup(t)
    node.fault = (method) => (method === 'commit' ? 'hangs after' : undefined)
    const publisher = open()
    const publishing = publisher.publish(HEIGHT, records(1), { deadline: timing.monotonicMs() + 5000 })
    await until(() => node.sent('commit').length > 0)
    await timing.advance(5000)
    matchExactly(t, await publishing, [{ state: 'composed' }], 'its block will tell')
    node.save(HEIGHT, [])
    node.ackOf = () => 'Unknown'
    matchExactly(t, await publisher.settle(HEIGHT, node.placeOf), [
      { state: 'missed', code: 'E_FACTOM_LATE', reason: /^paid, but .* took its reveal$/, sent: true },
    ])
  })

  t.test('a reveal under way is cut, and nothing is paid', async (t) => {
    const { node, timing, open } = setup(t)
    node.fault = (method) => (method === 'reveal' ? 'hangs' : undefined)
    const publishing = open().publish(HEIGHT, records(9), { deadline: timing.monotonicMs() + 5000 })
    await until(() => node.sent('reveal').length > 0)
    await timing.advance(5000)
    t.match(await publishing, Array(9).fill({ state: 'missed', code: 'E_FACTOM_LATE', sent: false }))
    t.equal(node.paid.size, 0)
  })

  t.test('no commit without time for its reveal', async (t) => {
    const { node, timing, open } = setup(t, { parallel: 2 })
    const { commitEntry } = node
    node.commitEntry = async (message, signal) => {
      await timing.sleep(400, signal)
      return commitEntry(message, signal)
    }
    const results = await timing.run(
      open().publish(HEIGHT, records(6), { deadline: timing.monotonicMs() + 1000 }),
      900,
    )
    t.equal(results[0]?.state, 'acknowledged')
    t.match(results.at(-1), { state: 'missed', code: 'E_FACTOM_LATE', sent: false })
    const there = states(results).filter((state) => state === 'acknowledged').length
    t.equal(node.paid.size, there, 'nothing is paid in vain')
  })

  t.test('passed already', async (t) => {
    const { node, timing, open } = setup(t)
    const results = await open().publish(HEIGHT, records(2), { deadline: timing.monotonicMs() })
    matchExactly(t, results, [
      { code: 'E_FACTOM_LATE', sent: false },
      { code: 'E_FACTOM_LATE', sent: false },
    ])
    t.same(node.calls, [])
  })

  t.test('revealed, but never acknowledged', async (t) => {
    const reasons = async (prepare: (node: Node) => void) => {
      const { node, timing, open } = setup(t)
      prepare(node)
      const publisher = open()
      const publishing = publisher.publish(HEIGHT, records(1), { deadline: timing.monotonicMs() + 12_000 })
      await until(() => node.sent('ack').length > 0)
      for (let i = 0; i < 13; i++) await timing.advance(1000)
      matchExactly(t, await publishing, [{ state: 'revealed' }], 'it may be in its block all the same')
      node.save(HEIGHT, [])
      const [result] = await publisher.settle(HEIGHT, node.placeOf)
      t.match(result, { state: 'missed', code: 'E_FACTOM_UNCONFIRMED', sent: true })
      return result?.reason
    }
    t.match(await reasons((node) => (node.funded = false)), /neither .* entry credits/)
    t.match(await reasons((node) => (node.ackOf = () => 'NotConfirmed')), /did not take its entry/)
  })

  t.test('without one, the acknowledgement is waited for a minute', async (t) => {
    const { node, timing, open } = setup(t)
    node.ackOf = () => 'Unknown'
    matchExactly(t, await timing.run(open().publish(HEIGHT, records(1))), [{ state: 'revealed' }])
  })
  t.end()
})

t.test('stopped and taken up again', async (t) => {
  const { node, timing, open } = setup(t, { parallel: 4 })
  const first = open()
  const abort = new AbortController()
  node.fault = (method) => (method === 'reveal' ? 'hangs' : undefined)
  const publishing = first.publish(HEIGHT, records(6), { signal: abort.signal })
  await until(() => node.sent('reveal').length === 4)
  abort.abort()
  const stopped = await publishing
  t.same(states(stopped), Array(6).fill('composed'))
  await first.close()
  await t.rejects(first.publish(HEIGHT, records(1, 50)), code('E_FACTOM_JOURNAL'), 'a closed publisher')

  node.fault = () => undefined
  const second = open()
  t.equal(second.published(HEIGHT).length, 6)
  const heard: string[] = []
  const results = await timing.run(second.resume(HEIGHT, { onStatus: ({ state }) => heard.push(state) }))
  t.same(states(results), Array(6).fill('acknowledged'))
  t.same(
    results.map(({ entryHash }) => entryHash),
    records(6).map(hashOf),
  )
  t.equal(heard.length, 3 * 6)
  t.same(node.sent('commit').sort(), records(6).map(hashOf).sort(), 'each commit was sent once')
  t.same(await second.resume(HEIGHT), results, 'there is nothing left to do')
})

t.test('a client that is closed leaves the records as they are', async (t) => {
  const { node, timing, open } = setup(t)
  node.fault = (method) => (method === 'reveal' ? fail('E_FACTOM_ABORTED', 'closed') : undefined)
  t.same(states(await timing.run(open().publish(HEIGHT, records(1)))), ['composed'])
})

t.test('a node that refuses reveals is paid nothing', async (t) => {
  const { node, timing, open } = setup(t)
  let taken = 0
  node.fault = (method) => (method === 'reveal' && taken >= 3 ? refused(-32602, 'Invalid Entry') : undefined)
  const { revealEntry } = node
  node.revealEntry = async (raw, signal) => {
    const reply = await revealEntry(raw, signal)
    taken++
    return reply
  }
  const publisher = open()
  const deadline = () => timing.monotonicMs() + 20_000
  const results = await timing.run(publisher.publish(HEIGHT, records(25), { deadline: deadline() }))
  const there = states(results).filter((state) => state === 'acknowledged').length
  t.ok(there >= 3 && there <= 10, `${there} were on their way`)
  t.same(new Set(node.sent('commit')), new Set([...node.revealed]), 'only what was taken is paid')
  t.match(results.at(-1), { state: 'missed', code: 'E_FACTOM_RPC', reason: 'Invalid Entry', sent: false })
  await timing.run(publisher.publish(HEIGHT + 1, records(25, 50), { deadline: deadline() }))
  t.equal(node.paid.size, there, 'nor in the next block')
  t.equal(publisher.published(HEIGHT + 1).length, 0)
})

t.test('blocks that are over', async (t) => {
  const { node, timing, open, journal } = setup(t)
  const abort = new AbortController()
  node.fault = (method, hash) =>
    hash === hashOf(records(2)[0] as Entry) && method === 'reveal' ? 'hangs' : undefined
  node.ackOf = () => 'Unknown'
  const publisher = open()
  const publishing = publisher.publish(HEIGHT, records(2), { signal: abort.signal })
  await until(() => node.sent('reveal').length === 2 && node.sent('ack').length === 1)
  abort.abort()
  t.same(states(await publishing), ['composed', 'revealed'])

  node.fault = () => undefined
  node.ackOf = () => 'TransactionACK'
  const heard: PublishResult[] = []
  const calls = node.calls.length
  t.same(await publisher.resume(HEIGHT + 1), [])
  t.equal(node.calls.length, calls, 'nothing of them is sent any more')
  node.save(HEIGHT, [])
  node.save(HEIGHT + 1, [hashOf(records(2)[1] as Entry)])
  await publisher.settle(HEIGHT + 1, node.placeOf, { onStatus: (status) => heard.push(status) })
  matchExactly(t, heard, [
    { height: HEIGHT, state: 'missed', code: 'E_FACTOM_LATE', reason: /took its entry in after/, sent: true },
    { height: HEIGHT, state: 'missed', code: 'E_FACTOM_LATE', reason: /block 101 instead/, sent: true },
  ])

  for (let height = HEIGHT + 1; height < HEIGHT + 25; height++) {
    await timing.run(publisher.publish(height, records(1, height - 90)))
  }
  await publisher.close()
  const reopened = open()
  t.same(reopened.published(HEIGHT), [], 'old blocks are forgotten')
  t.equal(reopened.published(HEIGHT + 24).length, 1)
  t.ok(fs.readFileSync(journal, 'utf8').split('\n').length < 25, 'and the file is short')
})

t.test('a crash at any step neither pays twice nor forgets', async (t) => {
  const entries = records(3)
  /** Publishes, and "crashes" at the given call: all that is left is the node and what the disk holds. */
  async function crashAt(call: number, fault: Fault, torn: string) {
    const { node, timing, open, journal } = setup(t)
    const abort = new AbortController()
    let crashed = false
    node.fault = (_, __, number) => {
      if (number === call) crashed = true
      return crashed ? fault : undefined
    }
    const publishing = open().publish(HEIGHT, entries, { signal: abort.signal })
    let finished = false
    const done = timing.run(publishing).then(() => (finished = true))
    await until(() => crashed || finished)
    await settled()
    const copy = `${journal}.copy`
    fs.copyFileSync(journal, copy)
    fs.appendFileSync(copy, torn)
    abort.abort()
    await done

    node.fault = () => undefined
    const restarted = open(copy)
    t.equal(restarted.published(HEIGHT).length, entries.length)
    const results = await timing.run(restarted.resume(HEIGHT))
    t.same(
      states(results),
      entries.map(() => 'acknowledged'),
      `call ${call}, ${String(fault)}`,
    )
    for (const entry of entries) {
      t.equal(node.paid.get(hashOf(entry))?.size, 1)
      t.equal(node.messages.get(hashOf(entry))?.size, 1, 'no second commit was signed')
    }
    return crashed
  }
  for (const fault of ['hangs', 'hangs after'] as const) {
    for (let call = 1; call <= 9; call++) {
      t.ok(await crashAt(call, fault, call % 2 ? '' : '{"hash":"8a'))
    }
  }
  t.equal(await crashAt(100, 'hangs', ''), false, 'there are fewer calls')
})

t.test('another process takes over at any step, with the mirror of the journal alone', async (t) => {
  const entries = records(3)
  for (let call = 1; call <= 9; call++) {
    const lines: string[] = []
    /** Who may write to the mirror: the process that has taken over last. */
    let owner = 0
    const mirrorOf = (process: number) => ({
      kept: lines.flatMap((text) => text.split('\n').filter(Boolean)),
      append: (added: readonly string[]) => {
        if (owner !== process) return Promise.reject(new Error('another process has it'))
        lines.push(...added)
        return Promise.resolve()
      },
    })
    const { node, timing } = setup(t)
    const open = (process: number, limits = {}) => {
      const journal = path.join(t.testdir(), `${process}.jsonl`)
      const publisher = factom.createPublisher({
        client: node,
        key,
        journal,
        timing,
        limits,
        mirror: mirrorOf(process),
      })
      t.teardown(() => publisher.close())
      return publisher
    }
    const abort = new AbortController()
    let crashed = false
    node.fault = (_, __, number) => {
      if (number === call) crashed = true
      return crashed ? 'hangs after' : undefined
    }
    const first = open(0)
    const publishing = first.publish(HEIGHT, entries, { signal: abort.signal })
    const done = timing.run(publishing)
    await until(() => crashed)
    await settled()
    owner = 1
    abort.abort()
    await done
    node.fault = () => undefined
    const before = node.calls.length
    await t.rejects(
      first.publish(HEIGHT, records(2, 50)),
      { code: 'E_FACTOM_JOURNAL' },
      'the old one is shut out',
    )
    t.equal(node.calls.length, before, 'and has sent nothing')

    const second = open(1, { day: 4 })
    const results = await timing.run(second.resume(HEIGHT))
    t.same(states(results), ['acknowledged', 'acknowledged', 'acknowledged'], `call ${call}`)
    for (const entry of entries) {
      t.equal(node.paid.get(hashOf(entry))?.size, 1)
      t.equal(node.messages.get(hashOf(entry))?.size, 1, 'no second commit was signed')
    }
    const more = await timing.run(second.publish(HEIGHT, [...entries, ...records(3, 20)]))
    t.equal(more.filter(({ state }) => state === 'acknowledged').length, 4, "the old one's spending counts")
  }
})

t.test('a mirror that is new is given what the journal holds', async (t) => {
  const { node, timing, open, journal } = setup(t)
  const before = open()
  await timing.run(before.publish(HEIGHT, records(1)))
  await before.close()
  const lines: string[] = []
  const append = (added: readonly string[]) => Promise.resolve(void lines.push(...added))
  const mirrored = factom.createPublisher({
    client: node,
    key,
    journal,
    timing,
    mirror: { kept: [], append },
  })
  await timing.run(mirrored.publish(HEIGHT, records(1, 5)))
  await mirrored.close()
  const found = readLines(lines.map((line) => line.trimEnd())) as JournalContent
  t.equal(found.records.size, 2)
})

t.test('settling', async (t) => {
  const { node, timing, open } = setup(t)
  const publisher = open()
  const deadline = () => timing.monotonicMs() + 20_000
  await timing.run(publisher.publish(HEIGHT, records(3), { deadline: deadline() }))
  await timing.run(publisher.publish(HEIGHT + 1, records(3, 10), { deadline: deadline() }))
  const hashes = [...records(3), ...records(3, 10)].map(hashOf)
  node.save(HEIGHT, hashes.slice(0, 2))
  node.save(HEIGHT + 1, hashes.slice(2))
  const settled = await publisher.settle(HEIGHT + 1, node.placeOf)
  t.same(states(settled), ['landed', 'landed', 'missed', 'landed', 'landed', 'landed'])
  t.match(settled[2], { code: 'E_FACTOM_LATE', reason: /came into block 101/ })
  await publisher.close()
  t.notOk(open().unsettled(HEIGHT + 1), 'it is in the journal')
})

t.test('a network that was reset', async (t) => {
  const { node, timing, open, journal } = setup(t)
  const publisher = open()
  await timing.run(publisher.publish(HEIGHT, records(3), { deadline: timing.monotonicMs() + 20_000 }))
  node.save(HEIGHT)
  await publisher.settle(HEIGHT, node.placeOf)
  await timing.run(publisher.publish(HEIGHT + 1, records(2, 10), { deadline: timing.monotonicMs() + 20_000 }))
  const heard: PublishResult[] = []
  await publisher.reset(5, { onStatus: (status) => heard.push(status) })
  t.match(heard, Array(2).fill({ height: HEIGHT + 1, state: 'missed', code: 'E_FACTOM_RESET' }))
  t.same(publisher.published(HEIGHT), [], 'the new chain has a block of this height for us')
  await timing.run(publisher.publish(5, records(1, 50), { deadline: timing.monotonicMs() + 20_000 }))
  await publisher.close()
  const text = fs.readFileSync(journal, 'utf8')
  t.match(text, /^\{"day":"2023-11-14","credits":5\}\n/, 'what was spent stays in the books')
  t.equal(open().published(5).length, 1, 'low heights are not taken for old ones')
})

t.test('limits of spending', async (t) => {
  const { node, timing, open } = setup(t, { limits: { block: 4, day: 6 } })
  const publisher = open()
  const publish = (height: number, count: number, first: number) =>
    timing.run(publisher.publish(height, records(count, first), { deadline: timing.monotonicMs() + 20_000 }))
  const heard: (string | undefined)[] = []
  const first = await timing.run(
    publisher.publish(HEIGHT, records(6), {
      deadline: timing.monotonicMs() + 20_000,
      onStatus: ({ state, code }) => state === 'missed' && heard.push(code),
    }),
  )
  t.same(states(first), [...Array<string>(4).fill('acknowledged'), 'missed', 'missed'], 'the best are in')
  t.match(first[5], { code: 'E_FACTOM_SPENDING', reason: /4 entry credits a block/, sent: false, txid: '' })
  t.same(heard, ['E_FACTOM_SPENDING', 'E_FACTOM_SPENDING'])
  t.same(states(await publish(HEIGHT, 1, 20)), ['missed'], 'a second call has no more')
  const second = await publish(HEIGHT + 1, 3, 30)
  t.same(states(second), ['acknowledged', 'acknowledged', 'missed'])
  t.match(second[2]?.reason, /6 entry credits a day/)
  t.equal(node.paid.size, 6)
  for (let height = HEIGHT + 2; height < HEIGHT + 30; height++) await publish(height, 1, height)
  await publisher.close()
  const again = open()
  matchExactly(t, await timing.run(again.publish(HEIGHT + 40, records(1, 200))), [
    { code: 'E_FACTOM_SPENDING' },
  ])
  await timing.advance(86_400_000)
  const tomorrow = await timing.run(again.publish(HEIGHT + 41, records(2, 210)))
  t.same(states(tomorrow), ['acknowledged', 'acknowledged'], 'a new day')
  await again.close()
  const third = open()
  t.equal(third.published(HEIGHT).length, 0, 'old blocks are forgotten, not what they cost')
})

t.test('as many records of a block as are wanted and can be paid', async (t) => {
  const { node, timing, open } = setup(t, { limits: { block: 6 } })
  const publisher = open()
  const publish = (count: number, first: number, options: PublishOptions) =>
    timing.run(publisher.publish(HEIGHT, records(count, first), options))
  t.same(
    states(await publish(5, 0, { records: 3, credits: 2 })),
    Array(2).fill('acknowledged'),
    'no more than there are credits; of the others nothing is told',
  )
  const sealed = records(5, 1).map(factom.sealEntry)
  t.equal(sealed.map(factom.sealEntry)[0], sealed[0], 'sealed once')
  const more = await timing.run(publisher.publish(HEIGHT, sealed, { records: 4, credits: 9 }))
  t.same(
    more.map(({ entryHash }) => entryHash),
    records(3, 1).map(hashOf),
    'those of earlier calls count, and are not sent again',
  )
  t.same(await publish(2, 20, { records: 4, credits: 9 }), [])
  t.same(states(await publish(5, 30, { records: 7, credits: 9 })), ['acknowledged', 'acknowledged', 'missed'])
  t.equal(node.paid.size, 6)
})

t.test('how many records: each bound, and which of the limits', (t) => {
  const free = { records: Infinity, credits: Infinity, block: Infinity, day: Infinity }
  const none = { records: 0, block: 0, day: 0 }
  const numbers = (bounds: object, used: object = {}, costs = [1, 1, 1, 1]) => {
    const { publish, refuse } = factom.allot(costs, { ...free, ...bounds }, { ...none, ...used })
    return [publish, refuse]
  }
  t.same(numbers({}), [4, 0])
  t.same(numbers({ records: 3 }), [3, 0])
  t.same(numbers({ records: 3 }, { records: 2 }), [1, 0])
  t.same(numbers({ records: 3 }, { records: 5 }), [0, 0])
  t.same(numbers({ credits: 2 }), [2, 0])
  t.same(numbers({ credits: 3 }, {}, [2, 2, 1]), [1, 0], 'in order: none is passed over for a cheaper one')
  t.same(numbers({ block: 3 }, { block: 1 }), [2, 2])
  t.same(numbers({ credits: 3, day: 2 }, { day: 1 }), [1, 2])
  t.same(numbers({ day: 2 }, { day: 5 }), [0, 4])
  const { limit } = factom.allot([1], { ...free, block: 9, day: 3 }, { ...none, day: 2 })
  t.equal(limit, '3 entry credits a day')
  t.end()
})

t.test('a clock that is wrong for a while does not give the day’s limit twice', async (t) => {
  const HOUR = 3_600_000
  for (const step of [-13 * HOUR, 13 * HOUR, Date.UTC(2030, 0) - Date.UTC(2023, 10)]) {
    const { node, timing, open } = setup(t, { limits: { day: 5 } })
    const moment = () => ({ wall: timing.wallMs(), steady: timing.monotonicMs(), run: 'one' })
    Object.assign(timing, { moment })
    const publish = (publisher: factom.Publisher, count: number, first: number) =>
      timing.run(publisher.publish(HEIGHT + first, records(count, first)))
    const paid = async (publisher: factom.Publisher, count: number, first: number) =>
      states(await publish(publisher, count, first)).filter((state) => state === 'acknowledged').length
    const first = open()
    t.equal(await paid(first, 4, 0), 4)
    timing.clock.step(step)
    t.equal(await paid(first, 4, 10), 1, `the clock is off by ${step / HOUR} h: what is left of the day`)
    await first.close()
    timing.clock.step(-step)
    const again = open()
    for (let k = 30; k < 60; k += 10) t.equal(await paid(again, 4, k), 0, 'right again, after a restart')
    await timing.advance(24 * HOUR)
    t.equal(await paid(again, 6, 100), 5, 'the next day')
    t.equal(node.paid.size, 10)
    await again.close()
  }
})

t.test('a dry run does everything but send', async (t) => {
  const { node, open, timing, journal } = setup(t, { dryRun: true })
  const publisher = open()
  const results = await timing.run(
    publisher.publish(HEIGHT, records(3), { deadline: timing.monotonicMs() + 9000 }),
  )
  t.match(
    results,
    Array(3).fill({ state: 'missed', code: 'E_FACTOM_DRY_RUN', sent: false, txid: /^\w{64}$/ }),
  )
  t.same(node.calls, [])
  t.equal(fs.readFileSync(journal, 'utf8').split('\n').length, 7)
  t.same(publisher.published(HEIGHT), [])
})

t.test('journal', (t) => {
  t.test('what is composed is on disk before anything is sent', async (t) => {
    const { node, timing, open, journal } = setup(t)
    let lines = 0
    node.fault = (_, __, call) => {
      if (call === 1) lines = fs.readFileSync(journal, 'utf8').split('\n').length - 1
      return undefined
    }
    await timing.run(open().publish(HEIGHT, records(5)))
    t.equal(lines, 5)
    t.equal(fs.statSync(journal).mode & 0o777, 0o600)
    t.notMatch(fs.readFileSync(journal, 'utf8'), /Es2XT3|0d26b92b985aaca8/, 'no secret in it')
  })

  t.test('a full disk before anything is sent', async (t) => {
    const { node, timing, open, journal } = setup(t)
    const publisher = open()
    await timing.run(publisher.publish(HEIGHT, records(1)))
    const before = fs.readFileSync(journal)
    const restore = fillDisk(20)
    await t.rejects(publisher.publish(HEIGHT, records(2, 10)), {
      code: 'E_FACTOM_JOURNAL',
      message: /ENOSPC/,
    })
    restore()
    t.same(fs.readFileSync(journal), before, 'half a line was taken off again')
    t.equal(node.sent('commit').length, 1, 'nothing was sent')
    t.same(states(await timing.run(publisher.publish(HEIGHT, records(2, 10)))), [
      'acknowledged',
      'acknowledged',
    ])
    await publisher.close()
    t.equal(open().published(HEIGHT).length, 3)
  })

  t.test('a full disk later on', async (t) => {
    const errors: unknown[] = []
    const { node, timing, open, journal } = setup(t, { onError: (error) => errors.push(error) })
    const publisher = open()
    let restore = () => undefined as void
    node.fault = (_, __, call) => {
      if (call === 1) restore = fillDisk(5)
      return undefined
    }
    t.same(states(await timing.run(publisher.publish(HEIGHT, records(1)))), ['acknowledged'])
    restore()
    matchExactly(t, errors, [code('E_FACTOM_JOURNAL'), code('E_FACTOM_JOURNAL')])
    await publisher.close()
    t.equal(fs.readFileSync(journal, 'utf8').split('\n').length, 2, 'only the composed line is there')
    const restarted = open()
    t.same(states(await timing.run(restarted.resume(HEIGHT))), ['acknowledged'])
    t.equal(node.paid.get(hashOf(records(1)[0] as Entry))?.size, 1)
  })

  t.test('places where it cannot be kept', (t) => {
    const { open } = setup(t)
    const folder = t.testdir({ file: 'text', folder: { published: {} } })
    for (const place of ['file/published.jsonl', 'folder/published']) {
      t.throws(() => open(path.join(folder, place)), code('E_FACTOM_JOURNAL'), place)
    }
    t.end()
  })

  t.test('one publisher at a time', async (t) => {
    const { open, journal } = setup(t)
    const publisher = open()
    t.throws(() => open(), code('E_FACTOM_JOURNAL_LOCKED'))
    await publisher.close()
    await open().close()
    t.same(fs.readdirSync(path.dirname(journal)), [path.basename(journal)])
  })

  t.test('damage', async (t) => {
    const { timing, open, journal } = setup(t)
    const publisher = open()
    await timing.run(publisher.publish(HEIGHT, records(2)))
    await publisher.close()
    const text = fs.readFileSync(journal, 'utf8')
    const lines = text.split('\n').slice(0, -1)
    const [whole = '', second = '', ...stages] = lines
    t.equal(lines.length, 6)
    t.equal((readLines(lines) as JournalContent).records.size, 2)
    matchExactly(t, readLines(['{"day":"2026-11-26","credits":7}']), { spent: new Map([['2026-11-26', 7]]) })
    const at = (index: number, line: string) => lines.with(index, line)
    const parsed = JSON.parse(whole) as Record<string, unknown>
    const altered = (change: object) => JSON.stringify({ ...parsed, ...change })
    const damaged: [string, string[], number][] = [
      ['not JSON', at(2, '{"hash":'), 3],
      ['null', at(0, 'null'), 1],
      ['a number', at(1, '7'), 2],
      ['a step of an unknown record', stages, 1],
      ['an unknown state', at(0, altered({ state: 'paid' })), 1],
      ['a failure without reason', at(0, altered({ state: 'missed' })), 1],
      ['a negative sum', at(0, '{"day":"2026-11-26","credits":-7}'), 1],
      ['a height that is none', at(0, altered({ height: -1 })), 1],
      ['an entry that is no hex', at(0, altered({ entry: 'xyz' })), 1],
      ['an entry that is none', at(0, altered({ entry: '0011' })), 1],
      ['a commit that is none', at(0, altered({ commit: '00' })), 1],
      [
        'a commit for another entry',
        at(0, altered({ commit: (JSON.parse(second) as { commit: string }).commit })),
        1,
      ],
      ['a step backwards', [...lines, stages[0] ?? ''], 7],
    ]
    for (const [what, text, line] of damaged) t.same(readLines(text), { damaged: line }, what)

    fs.writeFileSync(journal, [...at(3, 'garbage'), ''].join('\n'))
    t.throws(() => open(), { code: 'E_FACTOM_JOURNAL', message: /line 4 / })
    t.match(fs.readFileSync(journal, 'utf8'), /garbage/, 'the file is left as it is')
    for (const end of ['garbage', '\0\0\0\0', '{"hash":"8a\0\0', '7']) {
      for (const content of [end, `${text}${end}`]) {
        fs.writeFileSync(journal, content)
        t.throws(() => open(), { code: 'E_FACTOM_JOURNAL', message: /line \d+ of .* is damaged/ })
        t.equal(fs.readFileSync(journal, 'utf8'), content, 'not taken as empty, and left as it is')
      }
    }
    fs.writeFileSync(journal, text.trimEnd())
    const complete = open()
    matchExactly(t, await complete.resume(HEIGHT), [{ state: 'acknowledged' }, { state: 'acknowledged' }])
    await complete.close()
    fs.writeFileSync(journal, `${text}{"hash":"`)
    t.equal(open().published(HEIGHT).length, 2, 'a line that was cut off at the end is dropped')
  })
  t.end()
})

/** Lets each write put down at most so many bytes and then fail. The returned function frees the disk. */
function fillDisk(bytes: number): () => void {
  const { writeSync } = fs
  let left = bytes
  fs.writeSync = ((fd: number, data: Buffer, offset: number, length: number, position: number) => {
    if (left === 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    const count = Math.min(left, length)
    left -= count
    return writeSync(fd, data, offset, count, position)
  }) as typeof fs.writeSync
  return () => {
    fs.writeSync = writeSync
  }
}
