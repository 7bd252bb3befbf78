import { readFileSync } from 'node:fs'

import t from 'tap'
import type { Test } from 'tap'

import { fromHex } from './bytes.js'
import type { CurrentMinute, EntryBlock, FactomClient } from './client.js'
import { fail } from './errors.js'
import { FakeTiming, settled, until } from './fixtures/fake-timing.js'
import * as factom from './index.js'
import type { Entry, FollowOptions, MinuteEvent } from './index.js'

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
    const errors: { error: unknown; failures: number; downMs: number }[] = []
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
          nodeTime: timing.now(),
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
      onError: (error, outage) => errors.push({ error, ...outage }),
    })
    const ended = options.manual
      ? Promise.resolve()
      : (async () => {
          for await (const event of clock) events.push({ ...event, at: timing.now() })
        })()
    t.teardown(async () => {
      abort.abort()
      await ended
    })
    const pairs = () => events.map(({ height, minute }) => `${height}/${minute}`)
    return { abort, clock, ended, errors, events, pairs, timing, polls: () => polls }
  }

  t.test('five blocks of a real node', async (t) => {
    interface Recorded {
      atMs: number
      currentMinute: { directoryblockheight: number; minute: number; currentminutestarttime: number }
    }
    const recorded = JSON.parse(
      readFileSync(new URL('./fixtures/minutes.json', import.meta.url), 'utf8'),
    ) as Recorded[]
    const first = recorded[0]?.atMs ?? 0
    const last = recorded.at(-1)?.atMs ?? 0
    const timing = new FakeTiming(first)
    const { events, errors, polls } = start(
      t,
      () => {
        const { currentMinute: state } = recorded.findLast(({ atMs }) => atMs <= timing.now()) as Recorded
        return {
          directoryBlockHeight: state.directoryblockheight,
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

  t.test('an outage is reported and outlasted', async (t) => {
    let down = true
    const { errors, pairs, timing } = start(t, () =>
      down ? unreachable() : { directoryBlockHeight: 1, minute: 3 },
    )
    await settled()
    await timing.advance(3_600_000)
    const pauses = errors.slice(1).map(({ downMs }, i) => downMs - (errors[i]?.downMs ?? 0))
    t.ok(
      (pauses[0] ?? 0) <= 150 && Math.max(...pauses) <= 15_000 && Math.max(...pauses) > 5000,
      'pauses grow to 10 s',
    )
    t.same(
      errors.slice(0, 3).map(({ failures }) => failures),
      [1, 2, 3],
    )
    t.ok((errors.at(-1)?.downMs ?? 0) > 3_500_000)
    t.same(pairs(), [])
    down = false
    await timing.advance(20_000)
    t.same(pairs(), ['2/3'])

    down = true
    const before = errors.length
    await timing.advance(60_000)
    const later = errors.slice(before)
    t.equal(later[0]?.failures, 1, 'the count begins anew')
    t.ok(later.length > 18, 'with blocks of 20 s a pause is never longer than 2 s')
  })

  t.test('a saved height that goes back', async (t) => {
    const state = { directoryBlockHeight: 50, minute: 4 }
    const { errors, pairs, timing } = start(t, () => ({ ...state }))
    await timing.advance(1000)
    state.directoryBlockHeight = 3
    await timing.advance(5000)
    t.equal(errors.length, 1, 'is reported once')
    t.match(errors[0]?.error, code('E_FACTOM_BACKWARDS'))
    Object.assign(state, { directoryBlockHeight: 51, minute: 1 })
    await timing.advance(1000)
    t.same(pairs(), ['51/4', '52/1'])
  })

  t.test('a stall', async (t) => {
    const state = { directoryBlockHeight: 50, minute: 4, stallDetected: false }
    const { errors, events, timing } = start(t, () => ({ ...state }))
    await timing.advance(1000)
    state.stallDetected = true
    await timing.advance(5000)
    t.equal(errors.length, 1, 'is reported once')
    t.match(errors[0]?.error, code('E_FACTOM_STALLED'))
    state.minute = 5
    await timing.advance(1000)
    t.match(events, [
      { minute: 4, stalled: false },
      { minute: 5, stalled: true },
    ])
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

/** A node with one chain, in memory. */
class Chain implements Pick<FactomClient, 'chainHead' | 'entryBlock' | 'entry' | 'rawData'> {
  readonly chainId = 'c1'.repeat(32)
  readonly entries = new Map<string, Entry>()
  readonly raw = new Map<string, Uint8Array>()
  readonly keyMrs: string[] = []
  pending = false
  busy = 0
  busiest = 0
  asked = 0

  /** Adds a block with so many entries. */
  add(height: number, count: number, chainId = this.chainId): string {
    const hashes = Array.from({ length: count }, (_, i) => {
      const entry = { chainId, extIds: [Uint8Array.of(i & 255, i >> 8)], content: Buffer.from(`${height}`) }
      const raw = factom.encodeEntry(entry)
      this.entries.set(factom.entryHash(raw), factom.decodeEntry(raw))
      return factom.entryHash(raw)
    })
    const previous = this.keyMrs.at(-1)
    const before =
      previous === undefined ? null : factom.decodeEntryBlock(this.raw.get(previous) ?? new Uint8Array())
    const raw = factom.encodeEntryBlock({
      chainId: this.chainId,
      prevKeyMr: before?.keyMr ?? '0'.repeat(64),
      prevFullHash: before?.fullHash ?? '0'.repeat(64),
      sequence: this.keyMrs.length,
      height,
      entries: hashes.map((hash) => ({ hash, minute: 9 })),
    })
    const { keyMr } = factom.decodeEntryBlock(raw)
    this.raw.set(keyMr, raw)
    this.keyMrs.push(keyMr)
    return keyMr
  }

  chainHead = () =>
    Promise.resolve(
      this.keyMrs.length > 0 || this.pending
        ? { head: this.keyMrs.at(-1) ?? '', inProcessList: this.pending }
        : null,
    )

  entryBlock = (keyMr: string): Promise<EntryBlock> => {
    const raw = this.raw.get(keyMr)
    if (!raw) return Promise.reject(refused(-32008))
    const block = factom.decodeEntryBlock(raw)
    const timestamp = 1000 * block.height
    return Promise.resolve({
      ...block,
      timestamp,
      entries: block.entries.map(({ hash }) => ({ hash, timestamp })),
    })
  }

  entry = async (hash: string): Promise<Entry> => {
    this.asked++
    this.busiest = Math.max(this.busiest, ++this.busy)
    await settled()
    this.busy--
    const entry = this.entries.get(hash)
    if (!entry) throw refused(-32008)
    return entry
  }

  rawData = (hash: string): Promise<Uint8Array> =>
    Promise.resolve(this.raw.get(hash) ?? Promise.reject(refused(-32008)))

  follow = (options: Partial<FollowOptions> = {}) =>
    factom.followChain(this, { chainId: this.chainId, ...options })
}

t.test('follower', (t) => {
  function chainOf(...blocks: [height: number, count: number][]): Chain {
    const chain = new Chain()
    for (const [height, count] of blocks) chain.add(height, count)
    return chain
  }
  const known = (chain: Chain, index: number) => {
    const keyMr = chain.keyMrs[index] ?? ''
    return { keyMr, height: factom.decodeEntryBlock(chain.raw.get(keyMr) ?? new Uint8Array()).height }
  }

  t.test('new blocks, oldest first', async (t) => {
    const chain = chainOf([3, 1], [4, 40], [9, 2])
    const blocks = await chain.follow()
    t.same(
      blocks.map(({ height, entries }) => [height, entries.length]),
      [
        [3, 1],
        [4, 40],
        [9, 2],
      ],
    )
    t.match(blocks[0], { sequence: 0, prevKeyMr: '0'.repeat(64), timestamp: 3000, verified: true })
    t.equal(blocks[2]?.prevKeyMr, blocks[1]?.keyMr)
    const order = blocks[1]?.entries.map(({ entry }) => entry.extIds[0]?.[0])
    t.same(
      order,
      Array.from({ length: 40 }, (_, i) => i),
      'entries in the order of the block',
    )
    t.ok(chain.busiest > 3 && chain.busiest <= 8, `${chain.busiest} entries at once`)

    t.same(await chain.follow({ after: known(chain, 2) }), [])
    chain.add(12, 3)
    t.match(await chain.follow({ after: known(chain, 2) }), [{ height: 12, keyMr: chain.keyMrs[3] }])
    t.same(
      (await chain.follow({ limit: 2 })).map(({ height }) => height),
      [3, 4],
    )
  })

  t.test('one block at a time', async (t) => {
    const chain = chainOf([1, 1], [2, 1], [3, 1])
    const heights: number[] = []
    for await (const { height } of factom.chainBlocks(chain, { chainId: chain.chainId })) {
      heights.push(height)
      t.equal(chain.asked, heights.length, 'nothing is fetched ahead')
    }
    t.same(heights, [1, 2, 3])
  })

  t.test('no chain yet', async (t) => {
    const chain = new Chain()
    t.same(await chain.follow(), [])
    chain.pending = true
    t.same(await chain.follow(), [])
    const lost = { keyMr: '11'.repeat(32), height: 5 }
    await t.rejects(chain.follow({ after: lost }), code('E_FACTOM_LINK'), 'but it was followed before')
  })

  t.test('a known block that is not on the chain', async (t) => {
    const chain = chainOf([1, 1], [5, 1], [9, 1])
    for (const height of [0, 1, 5, 7, 9, 20]) {
      const after = { keyMr: '11'.repeat(32), height }
      await t.rejects(chain.follow({ after }), code('E_FACTOM_LINK'), `at height ${height}`)
    }
    t.equal(chain.asked, 0, 'no entry was fetched')
    const { entryBlock } = chain
    let walked = 0
    chain.entryBlock = (keyMr) => {
      walked++
      return entryBlock(keyMr)
    }
    const after = { keyMr: '11'.repeat(32), height: 7 }
    await t.rejects(chain.follow({ after }), code('E_FACTOM_LINK'))
    t.equal(walked, 2, 'the walk ends where the known block should have been')
  })

  t.test('nothing half-delivered', async (t) => {
    const chain = chainOf([1, 2], [2, 30], [3, 2])
    const [second] = factom
      .decodeEntryBlock(chain.raw.get(chain.keyMrs[1] ?? '') ?? new Uint8Array())
      .entries.slice(7)
    const entry = chain.entries.get(second?.hash ?? '') as Entry
    chain.entries.delete(second?.hash ?? '')
    t.same(
      (await chain.follow()).map(({ height }) => height),
      [1],
      'the whole blocks before come',
    )
    await t.rejects(
      chain.follow({ after: known(chain, 0) }),
      { code: 'E_FACTOM_RPC', details: { rpcCode: -32008 } },
      'then the error',
    )
    chain.entries.set(second?.hash ?? '', entry)
    t.same(
      (await chain.follow({ after: known(chain, 0) })).map(({ height }) => height),
      [2, 3],
    )
  })

  t.test('lies', async (t) => {
    const lie = (change: (chain: Chain) => void) => {
      const chain = chainOf([1, 2], [2, 2])
      change(chain)
      return chain.follow()
    }
    const other = chainOf([1, 2], [2, 3])
    const header =
      (change: Partial<EntryBlock>) =>
      (chain: Chain): void => {
        const { entryBlock } = chain
        chain.entryBlock = async (keyMr) => ({ ...(await entryBlock(keyMr)), ...change })
      }
    await t.rejects(
      lie(header({ chainId: '22'.repeat(32) })),
      code('E_FACTOM_HASH'),
      'a block of another chain',
    )
    await t.rejects(lie(header({ height: 2 })), code('E_FACTOM_LINK'), 'heights that do not fall')
    await t.rejects(lie(header({ sequence: 1 })), code('E_FACTOM_LINK'), 'numbers that do not fall')
    await t.rejects(lie(header({ sequence: 0 })), code('E_FACTOM_LINK'), 'a first block with a link back')
    await t.rejects(lie(header({ prevKeyMr: '0'.repeat(64) })), code('E_FACTOM_LINK'), 'an end in the middle')
    await t.rejects(
      lie((chain) => (chain.rawData = () => other.rawData(other.keyMrs[1] ?? ''))),
      code('E_FACTOM_HASH'),
      'another raw block',
    )
    await t.rejects(
      lie((chain) => (chain.rawData = () => Promise.resolve(new Uint8Array(200)))),
      code('E_FACTOM_BLOCK'),
      'a raw block that is none',
    )
    await t.rejects(
      lie((chain) => {
        const { entry } = chain
        chain.entry = async (hash) => ({ ...(await entry(hash)), chainId: '22'.repeat(32) })
      }),
      code('E_FACTOM_HASH'),
      'an entry of another chain',
    )
  })

  t.test('a circle ends', async (t) => {
    const chain = chainOf([1, 1], [2, 1])
    const { entryBlock } = chain
    let walked = 0
    chain.entryBlock = async (keyMr) => {
      walked++
      const block = await entryBlock(keyMr)
      return { ...block, sequence: 100 - walked, height: 200 - walked, prevKeyMr: chain.keyMrs[1] ?? '' }
    }
    await t.rejects(chain.follow(), code('E_FACTOM_LINK'))
    t.ok(walked <= 101)
  })

  t.test('a node without raw-data', async (t) => {
    const chain = chainOf([1, 2], [2, 2])
    chain.rawData = () => Promise.reject(refused(-32601))
    t.match(await chain.follow(), [
      { height: 1, verified: false, entries: { length: 2 } },
      { height: 2, verified: false, entries: { length: 2 } },
    ])
  })

  t.test('abort', async (t) => {
    const chain = chainOf([1, 2], [2, 2])
    const abort = new AbortController()
    const { entry } = chain
    chain.entry = (hash) => {
      if (chain.asked === 2) abort.abort()
      return abort.signal.aborted ? Promise.reject(fail('E_FACTOM_ABORTED', 'ended')) : entry(hash)
    }
    await t.rejects(chain.follow({ signal: abort.signal }), code('E_FACTOM_ABORTED'), 'no half of a result')
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
    t.match(client.commits, [
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
