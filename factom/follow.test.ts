import { readFileSync } from 'node:fs'

import t from 'tap'
import type { Test } from 'tap'

import { fromHex } from './bytes.js'
import type { CurrentMinute } from './client.js'
import { fail } from './errors.js'
import { FakeTiming, settled } from './fixtures/fake-timing.js'
import { until } from '../test/fixtures/until.js'
import { healthOf } from './health.js'
import * as factom from './index.js'
import type { HealthNews, MinuteEvent, NodeHealth } from './index.js'
import { matchExactly } from '../test/fixtures/match-exactly.js'

const code = (wanted: string) => ({ code: wanted })
const refused = (rpcCode: number) => fail('E_FACTOM_RPC', 'refused', { details: { rpcCode } })
const unreachable = () => fail('E_FACTOM_UNREACHABLE', 'nobody there')

t.test('minute clock', (t) => {
  type State = Pick<CurrentMinute, 'directoryBlockHeight' | 'minute'> & Partial<CurrentMinute>

  /** A clock on a node whose state is what `stateAt` says; runs until the teardown. */
  function start(
    t: Test,
    stateAt: () => State | Error,
    options: { pollMs?: number; timing?: FakeTiming; manual?: boolean } = {},
  ) {
    const timing = options.timing ?? new FakeTiming()
    const abort = new AbortController()
    const errors: Error[] = []
    const healths: NodeHealth[] = []
    const news: HealthNews[] = []
    const newsOf = factom.createHealthNews()
    const events: (MinuteEvent & { at: number })[] = []
    let polls = 0
    const client = {
      currentMinute(): Promise<CurrentMinute> {
        polls++
        const state = stateAt()
        if (state instanceof Error) return Promise.reject(state)
        return Promise.resolve({
          leaderHeight: state.directoryBlockHeight,
          blockStart: 0,
          minuteStart: 0,
          nodeTime: timing.wallMs(),
          blockSeconds: 20,
          stallDetected: false,
          ...state,
        })
      },
    }
    const clock = factom.createMinuteClock(client, {
      signal: abort.signal,
      timing,
      pollMs: options.pollMs,
      onError: (error) => errors.push(error),
      onHealth: (health, monotonicMs) => {
        healths.push(health)
        const item = newsOf(health, monotonicMs)
        if (item) news.push(item)
      },
    })
    const ended = options.manual
      ? Promise.resolve()
      : (async () => {
          for await (const event of clock) events.push({ ...event, at: timing.monotonicMs() })
        })()
    t.teardown(async () => {
      abort.abort()
      await ended
    })
    const pairs = () => events.map(({ height, minute }) => `${height}/${minute}`)
    return { abort, clock, ended, errors, events, healths, news, pairs, timing, polls: () => polls }
  }

  t.test('five blocks of a real node', async (t) => {
    interface Recorded {
      atMs: number
      currentMinute: {
        directoryblockheight: number
        leaderheight: number
        minute: number
        currentminutestarttime: number
      }
    }
    const recorded = JSON.parse(
      readFileSync(new URL('./fixtures/minutes.json', import.meta.url), 'utf8'),
    ) as Recorded[]
    const first = recorded[0]?.atMs ?? 0
    const last = recorded.at(-1)?.atMs ?? 0
    const timing = new FakeTiming(first)
    const begin = timing.monotonicMs()
    const { events, errors, healths, news, polls } = start(
      t,
      () => {
        const { currentMinute: state } = recorded.findLast(({ atMs }) => atMs <= timing.wallMs()) as Recorded
        return {
          directoryBlockHeight: state.directoryblockheight,
          leaderHeight: state.leaderheight,
          minute: state.minute,
          minuteStart: state.currentminutestarttime / 1e6,
        }
      },
      { timing },
    )
    await settled()
    await timing.advance(last - first + 1000)
    const steps = recorded
      .map(({ currentMinute }) => currentMinute)
      .filter(
        (state, i, all) =>
          state.minute !== all[i - 1]?.minute ||
          state.directoryblockheight !== all[i - 1]?.directoryblockheight,
      )
    t.same(
      events.map(({ height, minute }) => [height, minute]),
      steps.map((state) => [state.directoryblockheight + 1, state.minute]),
    )
    t.equal(errors.length, 0)
    t.same(news, [], 'a node that is well is no news')
    t.same([...new Set(healths.map(({ state }) => state))], ['ok'])
    for (const { at, endsAt, height, minute } of events) {
      const next = recorded.find(
        ({ currentMinute: state }) =>
          state.directoryblockheight === height - 1 && state.minute === minute + 1,
      )
      if (next && minute > 0 && minute < 9)
        t.ok(
          Math.abs(endsAt - begin - (next.atMs - first)) < 150,
          `minute ${minute} ends ${endsAt - at} ms later, as told`,
        )
    }
    const delays = events.map(({ at, height, minute }) => {
      const step = recorded.find(
        ({ currentMinute: state }) => state.directoryblockheight === height - 1 && state.minute === minute,
      )
      return at - (step?.atMs ?? 0)
    })
    t.ok(Math.max(...delays) < 90, `each minute is told within ${Math.ceil(Math.max(...delays))} ms`)
    t.ok(polls() < 6 * steps.length, `with ${polls()} polls`)
  })

  t.test('torn reads are never told', async (t) => {
    const script: State[] = [
      { directoryBlockHeight: 4, minute: 9 },
      { directoryBlockHeight: 4, minute: 9 },
      { directoryBlockHeight: 4, minute: 0 },
      { directoryBlockHeight: 4, minute: 0 },
      { directoryBlockHeight: 4, minute: 1 }, // torn: the new minute with the old height
      { directoryBlockHeight: 5, minute: 1 },
      { directoryBlockHeight: 5, minute: 1 },
      { directoryBlockHeight: 5, minute: 9 }, // torn, then back
      { directoryBlockHeight: 5, minute: 1 },
    ]
    const { pairs, timing, polls } = start(t, () => (script.length > 1 ? script.shift() : script[0]) as State)
    await settled()
    await timing.advance(5000)
    t.same(pairs(), ['5/9', '5/0', '6/1'])
    t.ok(polls() > 9)
  })

  t.test('minute 10, jumps and a node that catches up', async (t) => {
    const state = { directoryBlockHeight: 7, minute: 8 }
    const { pairs, timing } = start(t, () => ({ ...state }))
    for (const [directoryBlockHeight, minute] of [
      [7, 9],
      [7, 10],
      [7, 0],
      [8, 2],
      [11, 0],
      [15, 0],
      [15, 1],
    ] as const) {
      await timing.advance(1100)
      Object.assign(state, { directoryBlockHeight, minute })
    }
    await timing.advance(1100)
    t.same(pairs(), ['8/8', '8/9', '8/10', '8/0', '9/2', '12/0', '16/0', '16/1'])
  })

  t.test('an outage of an hour is told once a minute and outlasted', async (t) => {
    let down = true
    const { healths, news, pairs, timing } = start(t, () =>
      down ? unreachable() : { directoryBlockHeight: 1, minute: 3 },
    )
    await settled()
    await timing.advance(3_600_000)
    const outages = healths.filter((health) => health.state === 'unreachable')
    const pauses = outages.slice(1).map(({ downMs }, i) => downMs - (outages[i]?.downMs ?? 0))
    t.ok(
      (pauses[0] ?? 0) <= 150 && Math.max(...pauses) <= 15_000 && Math.max(...pauses) > 5000,
      'pauses grow to 10 s',
    )
    t.same(
      outages.slice(0, 3).map(({ failures }) => failures),
      [1, 2, 3],
    )
    t.ok((outages.at(-1)?.downMs ?? 0) > 3_500_000)
    t.match(news[0], { level: 'warn', code: 'E_FACTOM_UNREACHABLE', message: 'nobody there' })
    t.match(news.at(-1)?.message, /^nobody there \(for (58|59|60) min\)$/)
    t.ok(news.length >= 50 && news.length <= 61, `${news.length} messages in an hour`)
    t.same(pairs(), [])
    down = false
    await timing.advance(20_000)
    t.same(pairs(), ['2/3'])
    t.match(news.at(-1), {
      level: 'info',
      code: 'E_FACTOM_RECOVERED',
      message: /well again after 60 min, at minute 3 of block 2/,
    })

    down = true
    const before = healths.length
    await timing.advance(60_000)
    const later = healths.slice(before)
    t.match(later[0], { state: 'unreachable', failures: 1 }, 'the count begins anew')
    t.ok(later.length > 18, 'with blocks of 20 s a pause is never longer than 2 s')
  })

  t.test('a failure that passes at once is no news', async (t) => {
    let polls = 0
    const { news, timing } = start(t, () =>
      ++polls % 7 === 0 ? unreachable() : { directoryBlockHeight: 1, minute: 3 },
    )
    await timing.advance(60_000)
    t.ok(polls > 50)
    t.same(news, [])
  })

  t.test('a saved height that goes back', async (t) => {
    const state = { directoryBlockHeight: 50, minute: 4 }
    const { errors, news, pairs, timing } = start(t, () => ({ ...state }))
    await timing.advance(1000)
    state.directoryBlockHeight = 3
    await timing.advance(5000)
    matchExactly(t, errors, [code('E_FACTOM_BACKWARDS')])
    t.equal(errors.length, 1, 'is reported once')
    matchExactly(t, news, [{ code: 'E_FACTOM_LAGGING', message: /at height 3, 50 was seen/ }])
    Object.assign(state, { directoryBlockHeight: 51, minute: 1 })
    await timing.advance(1000)
    t.same(pairs(), ['51/4', '52/1'])
    t.match(news.at(-1), code('E_FACTOM_RECOVERED'))
  })

  t.test('a node that catches up from far behind is waited for', async (t) => {
    const state = { directoryBlockHeight: 500, minute: 4, leaderHeight: 500 }
    const { errors, pairs, timing } = start(t, () => ({ ...state }))
    await timing.advance(1000)
    Object.assign(state, { minute: 0 })
    for (let height = 3; height < 500; height += 4) {
      Object.assign(state, { directoryBlockHeight: height, leaderHeight: height })
      await timing.advance(2000)
    }
    t.same(pairs(), ['501/4'], 'not a word in 250 s')
    matchExactly(t, errors, [code('E_FACTOM_BACKWARDS')])
    Object.assign(state, { directoryBlockHeight: 501, leaderHeight: 501, minute: 2 })
    await timing.advance(1000)
    t.same(pairs(), ['501/4', '502/2'])
  })

  t.test('a network that was reset is gone on with after a block', async (t) => {
    const state = { directoryBlockHeight: 500, minute: 4 }
    const { errors, events, news, pairs, timing } = start(t, () => ({ ...state }))
    await timing.advance(1000)
    let passed = 0
    for (let height = 2; height < 5; height++)
      for (let minute = 0; minute < 10; minute++) {
        const leaderHeight = minute === 0 ? height : height
        Object.assign(state, {
          directoryBlockHeight: minute === 0 ? height - 1 : height,
          leaderHeight,
          minute,
        })
        await timing.advance(2000)
        if (events.length === 1) passed += 2
      }
    t.ok(passed >= 20 && passed <= 26, `believed after ${passed} s of blocks of 20 s`)
    matchExactly(t, errors, [code('E_FACTOM_BACKWARDS'), code('E_FACTOM_RESET')])
    t.match(events[1], { height: 3, health: { state: 'ok' } }, 'a node that is well')
    t.equal(pairs().at(-1), '5/9')
    t.match(news.at(-1), code('E_FACTOM_RECOVERED'))
  })

  t.test('a stall', async (t) => {
    const state = { directoryBlockHeight: 50, minute: 4, stallDetected: false }
    const { events, news, timing } = start(t, () => ({ ...state }))
    await timing.advance(1000)
    state.stallDetected = true
    await timing.advance(5000)
    matchExactly(t, news, [code('E_FACTOM_STALLED')])
    t.equal(news.length, 1, 'is told once')
    state.minute = 5
    await timing.advance(1000)
    matchExactly(t, events, [
      { minute: 4, health: { state: 'ok' } },
      { minute: 5, health: { state: 'stalled' } },
    ])
  })

  t.test('how a node is', (t) => {
    const now = 1_700_000_000_000
    const state = (change: Partial<CurrentMinute>): CurrentMinute => ({
      leaderHeight: 100,
      directoryBlockHeight: 100,
      minute: 3,
      blockStart: now - 200_000,
      minuteStart: now - 20_000,
      nodeTime: now,
      blockSeconds: 600,
      stallDetected: false,
      ...change,
    })
    const of = (change: Partial<CurrentMinute>, best = -1) => healthOf(state(change), best).state
    t.equal(of({}), 'ok')
    t.equal(of({ minute: 0, leaderHeight: 101 }), 'ok', 'the block before is not saved yet')
    t.equal(of({ minute: 0 }), 'syncing', 'whole blocks come in')
    t.equal(of({ minute: 0, leaderHeight: 0, directoryBlockHeight: 0 }), 'ok', 'the first block of a network')
    t.equal(of({ leaderHeight: 103 }), 'syncing')
    t.equal(of({}, 101), 'ok', 'another node was a moment ahead')
    t.equal(of({}, 102), 'lagging')
    t.equal(of({ minuteStart: now - 90_000 }), 'ok')
    t.equal(of({ minuteStart: now - 91_000 }), 'stalled', '1.5 minutes')
    t.equal(of({ minuteStart: 0 }), 'ok', 'a node that has not begun one')
    t.equal(of({ minuteStart: now - 6000, blockSeconds: 15 }), 'ok', 'a busy machine is late by seconds')
    t.equal(of({ minuteStart: now - 7000, blockSeconds: 15 }), 'stalled')
    t.equal(of({ stallDetected: true }), 'stalled')
    t.end()
  })

  t.test('clocks that are set, ours and that of the node, change nothing', async (t) => {
    for (const hours of [-5, 5]) {
      const timing = new FakeTiming()
      const begin = timing.monotonicMs()
      const minute = 60_000
      let nodeStep = 0
      const minuteStarts = new Map<number, number>()
      const { events, healths, news } = start(
        t,
        () => {
          const steps = Math.floor((timing.monotonicMs() - begin) / minute)
          const nodeTime = timing.monotonicMs() - begin + 1_800_000_000_000 + nodeStep
          const minuteStart = minuteStarts.get(steps) ?? nodeTime
          minuteStarts.set(steps, minuteStart)
          const directoryBlockHeight = 9 + (steps > 9 ? 1 : 0)
          return {
            directoryBlockHeight,
            minute: steps % 10,
            minuteStart,
            nodeTime,
            blockSeconds: 600,
            leaderHeight: 10,
          }
        },
        { timing },
      )
      await timing.advance(minute * 2.5)
      timing.clock.step(hours * 3_600_000)
      await timing.advance(minute)
      nodeStep = hours * 3_600_000
      await timing.advance(minute * 4)
      t.same(new Set(healths.map(({ state }) => state)), new Set(['ok']))
      t.same(news, [])
      t.equal(events.length, 8, 'each minute is told')
      for (const { at, endsAt } of events.slice(1))
        t.ok(endsAt > at + minute - 1_100 && endsAt <= at + minute)
    }
  })

  t.test('blocks of 15 and of 600 seconds', async (t) => {
    for (const blockSeconds of [15, 600]) {
      const timing = new FakeTiming(1_800_000_000_000)
      const from = timing.wallMs()
      const minute = blockSeconds * 100
      const { events, news } = start(
        t,
        () => {
          const steps = Math.floor((timing.wallMs() - from) / minute)
          const height = 10 + Math.floor(steps / 10)
          const saved = steps % 10 === 0 ? height - 2 : height - 1
          return {
            directoryBlockHeight: saved,
            leaderHeight: height - 1,
            minute: steps % 10,
            minuteStart: from + steps * minute + 300_000,
            nodeTime: timing.wallMs() + 300_000, // its clock is five minutes ahead
            blockSeconds,
          }
        },
        { timing },
      )
      await settled()
      await timing.advance(minute * 35.5)
      t.equal(events.length, 36, `each minute of ${blockSeconds} s blocks`)
      t.same(news, [])
      for (const { at, endsAt } of events.slice(1))
        t.ok(endsAt > at + minute - 60 && endsAt <= at + minute, 'ends are in time of this machine')
    }
  })

  t.test('polls', async (t) => {
    const at = (blockSeconds: number, pollMs?: number) => {
      const run = start(t, () => ({ directoryBlockHeight: 1, minute: 1, blockSeconds }), { pollMs })
      return settled()
        .then(() => run.timing.advance(10))
        .then(() => run.timing.pauses)
    }
    t.same(await at(20), [500])
    t.same(await at(600), [1000])
    t.same(await at(15), [375])
    t.same(await at(20, 123), [123])
  })

  t.test('a slow listener is told the present, not the past', async (t) => {
    const state = { directoryBlockHeight: 1, minute: 1 }
    const { clock, timing } = start(t, () => ({ ...state }), { manual: true })
    t.match((await timing.run(clock.next())).value, { height: 2, minute: 1 })
    Object.assign(state, { directoryBlockHeight: 2, minute: 9 })
    await timing.advance(25_000)
    t.match((await timing.run(clock.next())).value, { height: 3, minute: 9 })
  })

  t.test('ends with its signal, whatever it does', async (t) => {
    for (const answer of [{ directoryBlockHeight: 1, minute: 1 }, unreachable()]) {
      const { abort, ended, timing } = start(t, () => answer)
      await settled()
      await timing.advance(100)
      abort.abort()
      await ended
      t.same(timing.pauses, [], 'no timer is left')
    }
  })
  t.end()
})

t.test('chains', (t) => {
  const key = factom.ecKey('Es2XT3jSxi1xqrDvS5JERM3W3jh1awRHuyoahn3hbQLyfEi1jvbq')
  const extIds = ['PegNet', 'MainNet'].map((text) => new TextEncoder().encode(text))
  const chainId = '8fdfdccf605b1196825ff59ec291009cb47321cb8f8aa7bb4300ead81373aa0e'

  /** A node on which the chain shows up `after` so many reveals that followed a commit. */
  function node(
    faults: { commit?: Error[]; reveal?: Error[]; head?: Error[]; after?: number; balance?: number } = {},
  ) {
    const calls: string[] = []
    const commits: factom.ChainCommit[] = []
    let reveals = 0
    const fault = (errors: Error[] | undefined) => {
      const error = errors?.shift()
      return error ? Promise.reject(error) : null
    }
    return {
      calls,
      commits,
      chainHead: () => {
        calls.push('head')
        const head = reveals >= (faults.after ?? 1) ? { head: '', inProcessList: true } : null
        return fault(faults.head) ?? Promise.resolve(head)
      },
      entryCreditBalance: () => Promise.resolve(faults.balance ?? 11),
      commitChain: (message: Uint8Array) => {
        calls.push('commit')
        commits.push(factom.decodeChainCommit(message))
        return fault(faults.commit) ?? Promise.resolve({ txid: '', entryHash: '' })
      },
      revealChain: (raw: Uint8Array) => {
        calls.push('reveal')
        const failed = fault(faults.reveal)
        if (failed) return failed
        reveals++
        return Promise.resolve({ entryHash: factom.entryHash(raw), chainId: factom.decodeEntry(raw).chainId })
      },
    }
  }
  const ensure = (client: ReturnType<typeof node>, timing = new FakeTiming(), signal?: AbortSignal) =>
    timing.run(factom.ensureChain(client, key, extIds, { timing, signal }))

  t.test('is left alone if it exists', async (t) => {
    const client = node({ after: 0 })
    t.same(await ensure(client), { chainId, created: false, credits: 0 })
    t.same(client.calls, ['head'])
  })

  t.test('is created', async (t) => {
    const client = node()
    t.same(await ensure(client), { chainId, created: true, credits: 11 })
    t.same(client.calls, ['head', 'commit', 'reveal', 'head'])
    matchExactly(t, client.commits, [
      { credits: 11, entryHash: 'efe4f1743697aa980b3eb4339d7e89a701ce28dbea878074e6753a54a1a98043' },
    ])
  })

  t.test('commit and reveal are both retried', async (t) => {
    const down = () => Array.from({ length: 3 }, unreachable)
    const client = node({ commit: [...down(), refused(-32011)], reveal: down(), head: down() })
    t.match(await ensure(client), { created: true })
    const sent = client.calls.filter((call) => call !== 'head')
    t.same(sent, [...Array<string>(4).fill('commit'), ...Array<string>(4).fill('reveal')])
    t.equal(new Set(client.commits.map(({ txid }) => txid)).size, 1, 'the same bytes again')
  })

  t.test('a commit that was dropped is signed anew', async (t) => {
    const client = node({ after: 2 })
    t.match(await ensure(client), { created: true })
    t.same(
      client.calls.filter((call) => call !== 'head'),
      ['commit', 'reveal', 'commit', 'reveal'],
    )
    t.equal(new Set(client.commits.map(({ txid }) => txid)).size, 2)
  })

  t.test('interrupted and taken up again: paid once', async (t) => {
    const file = `${t.testdir()}/pending.json`
    const timing = new FakeTiming()
    const first = node({ reveal: [fail('E_FACTOM_ABORTED', 'ended')] })
    const options = () => ({ timing, pending: factom.openPending(file) })
    await t.rejects(timing.run(factom.ensureChain(first, key, extIds, options())), code('E_FACTOM_ABORTED'))
    const second = node({ balance: 0 })
    t.match(await timing.run(factom.ensureChain(second, key, extIds, options())), { created: true })
    t.equal(
      second.commits[0]?.txid,
      first.commits[0]?.txid,
      'the same commit, though nothing is left to pay with',
    )
    t.equal(readFileSync(file, 'utf8'), '{}\n')

    await t.rejects(
      timing.run(factom.ensureChain(node({ reveal: [refused(-32602)] }), key, extIds, options())),
      code('E_FACTOM_RPC'),
    )
    await timing.advance(3_600_000)
    const third = node({ balance: 0 })
    await t.rejects(
      timing.run(factom.ensureChain(third, key, extIds, options())),
      code('E_FACTOM_CREDITS'),
      'the network has dropped it after an hour',
    )
  })

  t.test('what cannot be done', async (t) => {
    await t.rejects(ensure(node({ balance: 10 })), { code: 'E_FACTOM_CREDITS', message: /10 entry credits/ })
    await t.rejects(ensure(node({ after: Infinity })), code('E_FACTOM_CHAIN'), 'it never shows up')
    await t.rejects(ensure(node({ commit: [refused(-32602)] })), code('E_FACTOM_RPC'), 'a refusal')
    const down = Array.from({ length: 1000 }, unreachable)
    await t.rejects(ensure(node({ head: down })), { code: 'E_FACTOM_CHAIN', message: /nobody there/ })
  })

  t.test('abort', async (t) => {
    const timing = new FakeTiming()
    const abort = new AbortController()
    const client = node({ after: Infinity })
    const ending = factom.ensureChain(client, key, extIds, { timing, signal: abort.signal })
    await until(() => timing.pauses.length > 0)
    abort.abort()
    await t.rejects(ending, code('E_FACTOM_ABORTED'))
    t.same(timing.pauses, [])
  })
  t.end()
})

t.test('bytes of hex', (t) => {
  t.equal(fromHex('0'), null)
  t.equal(fromHex('0g'), null)
  t.same(fromHex('aB'), Uint8Array.of(0xab))
  t.end()
})
