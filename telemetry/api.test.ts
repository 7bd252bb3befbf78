import { once } from 'node:events'
import { createServer, request, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import t from 'tap'

import { startDripping } from '../base/fixtures/dripping.js'
import { FakeClock } from '../base/fixtures/fake-clock.js'
import { missedText } from './alarms/records.js'
import { ACTION_NAMES, API_NAMES } from './api-types.js'
import { assetOf } from './assets.js'
import { standingNotices, type BoardNotice } from './board.js'
import {
  createApi,
  createBoard,
  createFeedApi,
  createFeedBoard,
  createMetrics,
  startTelemetry,
  watchFeed,
  type BoardEntry,
  type GatewayNumbers,
  type LedgerReads,
  type MinerNews,
  type Past,
  type TelemetryOptions,
} from './index.js'
import type { SeenFeed } from './feed-watch.js'
import { misfits } from './fixtures/misfits.js'
import { clientOf, createBudget, createClientBudgets, hasToken } from './limits.js'
import { API_SCHEMAS, FEED_SCHEMAS, openApi } from './openapi.js'
import type { MinerNumbers } from './sources.js'
import type { StakingView } from './staking.js'
import { matchExactly } from '../test/fixtures/match-exactly.js'
import { until } from '../test/fixtures/until.js'

const HASH = 'ab'.repeat(32)
const TOKEN = 'a-token-of-16-characters-or-more'

const XBT = {
  status: 'ok',
  units: 6_512_345_000_001n,
  votes: [{ route: 'kraken:BTC/USD' }, null, { x: 1 }],
  rejected: [],
  spread: 0.001,
  ageMs: 40,
  deviation: -0.002,
} as const

const numbers: MinerNumbers = {
  state: 'mining',
  threads: [
    { slot: 0, hashes: 2n ** 60n, beatAgeMs: 5 },
    { slot: 1, hashes: 7n, beatAgeMs: 11_000 },
  ],
  height: 12,
  minute: 3,
  entries: { committed: 3, revealed: 3, acknowledged: 2, landed: 2, missed: 1 },
  hits: 9,
  computeErrors: 1,
  restarts: 0,
  blocks: 1,
  places: 2,
  reward: 36_050_000_000n,
  bestDifficulty: 2n ** 63n,
  jobSwitchMs: [],
  prices: {
    takenAt: 1_000,
    assets: new Map([['XBT', XBT]]),
    prices: new Map([
      ['USD', 100_000_000n],
      ['XBT', XBT.units],
    ]),
    indices: new Map(),
    outliers: new Map(),
    missing: new Map([['PEG', 'no vote']]),
    complete: false,
    sources: [{ name: 'kraken', ok: true, ageMs: 5 }],
  },
  skipped: null,
  entryCredits: 500,
  creditDays: 4,
  creditsSpent: 7,
  networkHashrate: 1000,
  expected: { place: 10, seconds: 120 },
  node: { state: 'ok' },
}

/** Blocks 11 to 1, each with a record of ours at every other height. */
const past: Past = {
  totals: () => ({ since: 1, records: 60, landed: 55, places: 5, reward: 180_000_000_000n }),
  blocks: ({ below, most }) =>
    heightsBelow(below, most)
      .filter((height) => height !== 10)
      .map((height) => ({
        ...{ height, time: height, records: 30, valid: 30, gradable: true, network: 5, places: [1] },
        reward: 36_000_000_000n,
      })),
  entries: ({ below, heights }) =>
    heightsBelow(below, 11)
      .filter((height) => height % 2 === 1)
      .slice(0, heights)
      .map((height) => ({
        ...{ height, entryHash: `own ${height}`, time: height, difficulty: 'f', status: 'landed' },
        ...{ reason: null, place: 1, payout: '360' },
      })),
  stakes: (address) =>
    address === 'FA1'
      ? {
          ...{ records: 3, winners: 2, paid: 36_000_000_000n },
          last: { height: 7, status: 'landed', reason: null, place: 4, payout: 18_000_000_000n },
        }
      : null,
  block: (height) =>
    height > 11
      ? null
      : {
          ...{ height, time: 1, version: 5, records: 30, valid: 30, gradable: true, network: null },
          ...{ winnersFrom: 10, winners: [], graded: 30, refusals: [{ reason: 'x', count: 2 }], own: [] },
        },
  names: () => ['hashrate'],
  points: (name, { from, points }) => (name === 'hashrate' ? [{ time: from, value: points }] : null),
  lines: ({ below, most }) =>
    heightsBelow(below, most).map((id) => ({ id, time: id, level: 'info', code: 'graded', message: 'x' })),
}
const heightsBelow = (below: number, most: number): number[] =>
  Array.from({ length: 11 }, (_, k) => 11 - k)
    .filter((height) => height < below)
    .slice(0, most)

function news(board: ReturnType<typeof createBoard>): void {
  const windows = { s10: 10, s60: null, m15: null, max: 12 }
  const all: MinerNews[] = [
    { event: 'hashrate', total: 10, threads: [4, 6], windows },
    { event: 'block' },
    { event: 'entry', height: 11, entryHash: HASH, difficulty: 'ff', status: 'committed' },
    { event: 'entry', height: 11, entryHash: HASH, difficulty: '', status: 'acknowledged' },
    { event: 'entry', height: 11, entryHash: 'cd', difficulty: 'fe', status: 'missed', reason: 'too late' },
    {
      event: 'graded',
      height: 11,
      records: 50,
      valid: 49,
      gradable: true,
      mine: [{ entryHash: HASH, place: 3, payout: '200' }],
      reward: '200',
    },
    { event: 'skipped', height: 10, code: 'E_X', reason: 'no prices' },
    { event: 'notice', level: 'info', code: 'E_I', message: 'nothing to see' },
    { event: 'notice', level: 'warn', code: 'E_W', message: 'look' },
  ]
  for (const item of all) board.hear(item)
}

t.test('board: the past, within limits', (t) => {
  let time = 0
  const board = createBoard(() => ++time)
  t.same(board.windows, { s10: null, s60: null, m15: null, max: 0 })
  news(board)
  matchExactly(t, board.blocks(), [
    { height: 11, records: 50, valid: 49, places: [4], reward: '200', skipped: null },
    { height: 10, records: null, skipped: { code: 'E_X', reason: 'no prices' } },
  ])
  matchExactly(t, board.entries(), [
    { entryHash: 'cd', status: 'missed', reason: 'too late', place: null },
    { entryHash: HASH, status: 'acknowledged', difficulty: 'ff', place: 4, payout: '200' },
  ])
  t.equal(board.version, 7, 'hashrates and minutes are no news')
  for (let k = 0; k < 2000; k++) {
    board.hear({ event: 'entry', height: k, entryHash: String(k), difficulty: 'f', status: 'committed' })
    board.hear({ event: 'skipped', height: k, code: 'E', reason: '' })
    board.hear({ event: 'notice', level: 'info', code: 'E', message: '' })
    board.hear({ event: 'hashrate', total: k, threads: [], windows: board.windows })
  }
  t.same(
    [board.entries().length, board.blocks().length, board.notices().length, board.hashrates.length],
    [500, 200, 50, 720],
  )
  t.equal(board.blocks()[0]?.height, 1999, 'the newest stay')
  t.equal(board.entries()[0]?.entryHash, '1999')
  t.end()
})

t.test('limits', (t) => {
  let now = 0
  const budget = createBudget(10, 3, () => now)
  const take = (n: number) => Array.from({ length: n }, () => budget.take())
  t.same(take(4), [true, true, true, false])
  now = 100
  t.same(take(2), [true, false])
  now = 1e9
  t.same(take(4), [true, true, true, false], 'no more is saved up than the burst')

  const budgets = createClientBudgets({ perSecond: 1, burst: 2 }, 2, () => now)
  const asked = (...clients: string[]) => clients.map((client) => budgets.take(client))
  t.same(asked('a', 'a', 'a', 'b'), [true, true, false, true], 'each client has a budget of its own')
  t.same(asked('c', 'b', 'b', 'a'), [true, true, false, true], 'those that asked last are remembered')

  const clients: readonly (readonly [
    remote: string,
    forwarded: string | undefined,
    client: string | null,
  ])[] = [
    ['127.0.0.1', undefined, null],
    ['::1', '', null],
    ['127.0.0.1', '6.6.6.6, 10.1.2.3', '10.1.2.3'],
    ['::ffff:127.0.0.1', '::ffff:10.1.2.3', '10.1.2.3'],
    ['10.1.2.3', '6.6.6.6', '10.1.2.3'],
    ['127.0.0.1', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2:ffff::1', undefined, '2001:db8:1:2'],
    ['127.0.0.1', 'x'.repeat(1000), 'x'.repeat(45)],
  ]
  for (const [remote, forwarded, client] of clients)
    t.equal(clientOf(remote, forwarded), client, forwarded ?? remote)

  t.equal(hasToken(`Bearer ${TOKEN}`, TOKEN), true)
  for (const wrong of [
    undefined,
    '',
    TOKEN,
    `Bearer ${TOKEN}x`,
    `bearer ${TOKEN}`,
    `Bearer  ${TOKEN}`,
    'Bearer ',
    `Bearer ${'x'.repeat(2000)}`,
  ])
    t.equal(hasToken(wrong, TOKEN), false, String(wrong).slice(0, 30))
  t.end()
})

interface Got {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}

async function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Got> {
  const { method = 'GET', headers = {}, body = '' } = options
  const sent = request(url, { method, headers, agent: false })
  sent.end(body)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return { status: response.statusCode ?? 0, headers: response.headers, body: text }
}

interface Served {
  readonly token?: string
  readonly view?: MinerNumbers
  readonly burst?: number
  readonly perClient?: { readonly perSecond: number; readonly burst: number }
  readonly feed?: () => SeenFeed
  readonly ledger?: () => LedgerReads | null
  readonly staking?: StakingView
}

async function serve(
  t: { teardown(close: () => Promise<void>): void },
  { token, view = numbers, burst = 1000, perClient, feed, ledger, staking }: Served = {},
  options: TelemetryOptions = {},
) {
  const board = createBoard()
  news(board)
  const done: string[] = []
  const metrics = createMetrics({ version: '1', network: 'dev', process: false })
  const clock = new FakeClock(0)
  const api = createApi({
    facts: {
      version: '1.2.3',
      network: 'dev',
      identity: 'me',
      coinbase: 'FA',
      kernel: 'simd',
      startedAt: 0,
      changeable: false,
    },
    view,
    board,
    holds: () => ['schedule'],
    feed,
    ledger,
    addresses: () => ['FA1', 'FA2'],
    staking,
    past,
    settings: () => [{ key: 'miner.nice', value: '0', origin: 'default', place: '' }],
    actions: {
      pause: () => done.push('pause'),
      resume: () => done.push('resume'),
      stop: () => done.push('stop'),
    },
    clock,
  })
  clock.advance(61_000)
  const server = await startTelemetry(
    0,
    { metrics: () => metrics.render(), contentType: 'text/plain', live: () => [], ready: () => [], api },
    {
      token: () => token,
      version: '1.2.3',
      requests: { perSecond: 0.001, burst, holdMs: 1, ...(perClient ? { perClient } : {}) },
      ...options,
    },
  )
  t.teardown(() => server.close())
  return { server, board, done }
}
t.test('the API: every answer is what its description says', async (t) => {
  const { server } = await serve(t)
  for (const name of API_NAMES) {
    const got = await ask(`${server.url}/api/v1/${name}${name === 'block' ? '?height=11' : ''}`)
    t.equal(got.status, 200, name)
    t.match(got.headers['content-type'], /application\/json/)
    t.same(misfits(API_SCHEMAS[name] as Record<string, unknown>, JSON.parse(got.body)), [], name)
  }
  const of = async (name: string) => JSON.parse((await ask(`${server.url}/api/v1/${name}`)).body) as unknown
  matchExactly(t, await of('summary'), {
    uptimeSeconds: 61,
    hashrate: { now: 10, s10: 10, s60: null, max: 12 },
    reward: '360.5',
    bestDifficulty: '8000000000000000',
    alerts: [
      { level: 'error', message: '1 wrong hashes: check the memory', runbook: 'ComputeErrors' },
      { message: 'threads: stalled: 1', runbook: 'ThreadStalled' },
      { message: 'prices: 2 assets, 1 missing', runbook: 'PricesMissing' },
      { message: '1 of 1 records missed their blocks, of the last 10; too late', runbook: 'EntriesFailing' },
      { message: 'E_W: look', runbook: null },
    ],
  })
  matchExactly(t, await of('threads'), {
    threads: [{ hashes: '1152921504606846976', hashrate: 4, stalled: false }, { stalled: true }],
  })
  matchExactly(t, await of('prices'), {
    ageSeconds: 60,
    assets: [
      { asset: 'USD', usd: '1', routes: [] },
      { asset: 'XBT', usd: '65123.45000001', status: 'ok', routes: ['kraken:BTC/USD'], deviation: -0.002 },
      { asset: 'PEG', usd: null, missing: 'no vote' },
    ],
  })
  const described = JSON.parse((await ask(`${server.url}/api/v1/openapi.json`)).body) as { paths: object }
  t.same(described, openApi('1.2.3', { program: 'mine' }))
  t.same(
    Object.keys(described.paths).sort(),
    [...API_NAMES, ...ACTION_NAMES, 'events'].map((name) => `/api/v1/${name}`).sort(),
  )
  const empty = await serve(t, {
    view: { ...numbers, prices: null, height: null, minute: null, entryCredits: null, threads: [] },
  })
  for (const name of API_NAMES.filter((name) => name !== 'block'))
    t.same(
      misfits(
        API_SCHEMAS[name] as Record<string, unknown>,
        JSON.parse((await ask(`${empty.server.url}/api/v1/${name}`)).body),
      ),
      [],
      `${name} at the start`,
    )
})

t.test('the API: holdings, where a ledger is kept', async (t) => {
  const held: Record<string, object> = {
    FA1: { address: 'FA1', height: 7, usd: '1.5', balances: [{ ticker: 'PEG', amount: '3', usd: '1.5' }] },
    FA2: { address: 'FA2', height: 7, usd: '0.00000001', balances: [] },
  }
  const balances = (query: URLSearchParams) => held[query.get('address') ?? ''] ?? {}
  const ledger = () => ({ balances }) as unknown as LedgerReads
  const { server } = await serve(t, { ledger })
  const answer = await ask(`${server.url}/api/v1/holdings`)
  t.same(JSON.parse(answer.body), { height: 7, usd: '1.50000001', addresses: [held['FA1'], held['FA2']] })
  t.same(misfits(API_SCHEMAS.holdings as Record<string, unknown>, JSON.parse(answer.body)), [])
  t.equal((await ask(`${server.url}/api/v1/ledger/balances?address=FA1`)).status, 200)
  const none = await serve(t, { ledger: () => null })
  t.same(JSON.parse((await ask(`${none.server.url}/api/v1/holdings`)).body), {
    ...{ height: null, usd: null, addresses: [] },
  })
  t.match(await ask(`${none.server.url}/api/v1/ledger/status`), { status: 503, body: /no ledger yet/ })
})

t.test('the API: what is not known is null', (t) => {
  const balances = () => ({ address: 'FA1', height: 7, usd: null, balances: [] })
  const { read } = createApi({
    facts: {} as Parameters<typeof createApi>[0]['facts'],
    view: { ...numbers, prices: { ...numbers.prices!, takenAt: 1e15 } },
    board: createBoard(),
    ...{ holds: () => [], settings: () => [], addresses: () => ['FA1'] },
    ledger: () => ({ balances }) as unknown as LedgerReads,
    farm: {
      status: () => ({ active: true, here: 0, missing: 0, hashrate: 0, machines: [] }),
      accounts: () => [{ day: '2026-11-30', worker: 'w1', hits: 2, hashes: '7' }],
    },
    actions: { pause: () => undefined, resume: () => undefined, stop: () => undefined },
    clock: new FakeClock(0),
  })
  const of = (name: (typeof API_NAMES)[number], words = '') => read[name]?.(new URLSearchParams(words))
  t.match(of('holdings'), { height: 7, usd: null }, 'before the first rates')
  t.match(of('summary'), { hashrate: { now: null, s10: null } })
  t.match(of('threads'), { threads: [{ hashrate: null }, { hashrate: null }], history: [] })
  t.match(of('prices'), { ageSeconds: null }, 'taken in the future: the clock was set')
  const accounts = [{ day: '2026-11-30', worker: 'w1', hits: 2, hashes: '7' }]
  t.same(of('accounts'), { accounts })
  t.match(of('accounts', 'format=csv'), { text: /^day,worker,hits,hashes\r?\n2026-11-30,w1,2,7\r?\n$/ })
  t.end()
})

t.test('the API: addresses that stake', async (t) => {
  const standing = { height: 8, rank: 3, balance: '12.5', entitled: true, payout: '180' }
  const skip = { height: 8, code: 'E_MINER_STAKE_HOLDER', reason: 'it is not among the 100' }
  const staking = {
    addresses: ['FA1', 'FA2'],
    standing: (address: string) => (address === 'FA1' ? standing : null),
    skipped: (address: string) => (address === 'FA1' ? null : skip),
  }
  const { server } = await serve(t, { staking })
  const answer = JSON.parse((await ask(`${server.url}/api/v1/staking`)).body) as object
  const last = { height: 7, status: 'landed', reason: null, place: 4, payout: '180' }
  t.same(answer, {
    addresses: [
      { ...{ address: 'FA1', standing, skipped: null, last }, records: 3, winners: 2, paid: '360' },
      { ...{ address: 'FA2', standing: null, skipped: skip, last: null }, records: 0, winners: 0, paid: '0' },
    ],
  })
  t.same(misfits(API_SCHEMAS.staking as Record<string, unknown>, answer), [])
  const none = await serve(t)
  t.same(JSON.parse((await ask(`${none.server.url}/api/v1/staking`)).body), { addresses: [] })
})

t.test('the API: pages of the past, and requests out of bounds', async (t) => {
  const { server } = await serve(t)
  const of = async (words: string) => {
    const { status, body } = await ask(`${server.url}/api/v1/${words}`)
    return { status, ...(JSON.parse(body) as Record<string, unknown>) }
  }
  t.match(await of('summary'), { allTime: { since: 1, records: 60, landed: 55, places: 5, reward: '1800' } })
  matchExactly(t, await of('blocks?limit=3'), {
    blocks: [
      { height: 11, places: [1], reward: '360', skipped: null },
      { height: 10, skipped: { reason: 'no prices' } },
      { height: 9, gradable: true, records: 30 },
    ],
    more: true,
  })
  matchExactly(t, await of('blocks?before=4&limit=3'), {
    blocks: [{ height: 3 }, { height: 2 }, { height: 1 }],
    more: false,
  })
  matchExactly(t, await of('entries?heights=2'), {
    entries: [
      { height: 11, entryHash: 'own 11' },
      { height: 11, entryHash: HASH, status: 'acknowledged', place: 4 },
      { height: 11, entryHash: 'cd', status: 'missed' },
      { height: 9, entryHash: 'own 9', status: 'landed' },
    ],
    more: true,
  })
  matchExactly(t, await of('series'), { names: ['hashrate'], name: null, points: [] })
  matchExactly(t, await of('series?name=hashrate&hours=1'), {
    name: 'hashrate',
    points: [{ time: 61_000 - 3_600_000, value: 400 }],
  })
  matchExactly(t, await of('log?before=3&limit=1'), { log: [{ id: 2 }], more: true })
  for (const words of [
    'blocks?limit=0',
    'blocks?limit=101',
    'blocks?limit=1e9',
    'blocks?before=-1',
    'entries?heights=21',
    'block',
    'block?height=',
    'block?height=77',
    'series?name=none',
    'series?name=%00',
    `series?name=${'x'.repeat(81)}`,
    'series?name=hashrate&hours=87601',
    'log?before=x',
  ])
    t.match(await of(words), { status: 400, error: /./ }, words)
})

t.test('an alert for records that missed their blocks lately', (t) => {
  const entry = (height: number, status: string, reason: string | null = null): BoardEntry => ({
    ...{ height, status, reason, entryHash: `${height} ${status}`, time: 0, difficulty: '' },
    ...{ place: null, payout: null },
  })
  t.equal(missedText([]), null)
  t.equal(missedText([entry(5, 'landed'), entry(6, 'committed')]), null)
  t.equal(
    missedText([entry(1, 'missed', 'old'), entry(11, 'missed', 'too late'), entry(12, 'landed')]),
    '1 of 2 records missed their blocks, of the last 10; too late',
  )
  t.equal(
    missedText([entry(12, 'missed')]),
    '1 of 1 records missed their blocks, of the last 10',
    'no reason',
  )
  t.end()
})

t.test('the API of a feed', async (t) => {
  const board = createFeedBoard(() => 5)
  const header = { gateway: 'main', height: 7, txid: HASH, why: 'live' }
  board.header({ ...header, payload: 'not for here' } as typeof header)
  board.notice({ level: 'info', code: 'E_I', message: 'nothing to see' })
  board.notice({ level: 'error', code: 'E_F', message: 'look' })
  board.notice({ level: 'warn', code: 'E_FEED_BLOCKED', message: 'held' })
  const gateway: GatewayNumbers = {
    name: 'main',
    asset: 'PEGS',
    reference: 'KMD',
    state: 'funds',
    trouble: 'no coins',
    daemons: { asset: 'hung', reference: 'up' },
    headers: {
      ...{ tip: 20, published: 7, target: 10, lag: 3, lagSeconds: 60, gaps: 0, sent: 4, lastPass: 9 },
    },
    funds: {
      ...{ perBlock: 0, outputs: 0, oracle: '0.00000000', wallet: null, headersLeft: 0, hoursLeft: null },
      alarm: 'the wallet is empty',
    },
    withdrawals: {
      ...{ signer: true, paid: 1, refused: 0, states: { done: 1, held: 2 } },
      open: [
        {
          ...{ txid: HASH, state: 'held', amount: '1.50000000', to: 'R', seenAt: 4, changedAt: 5 },
          ...{ message: '', waitsFor: 'you', payoutTxid: null, markTxid: null },
        },
      ],
      done: [],
      blockedBy: HASH,
    },
  }
  const bare: GatewayNumbers = {
    ...gateway,
    ...{ trouble: null, headers: null, daemons: { asset: 'up', reference: 'up' } },
    funds: { ...gateway.funds, alarm: null, oracle: null },
    withdrawals: { signer: null, paid: 0, refused: 0, states: {}, open: [], done: [], blockedBy: null },
  }
  let gateways = [gateway]
  let stopped = 0
  const ready = () => [{ name: 'main lag', ok: gateways[0] !== gateway, found: '3 headers' }]
  const clock = new FakeClock(0)
  const server = await startTelemetry(
    0,
    {
      ...{ metrics: () => Promise.resolve(''), contentType: 'text/plain', live: () => [], ready },
      api: createFeedApi({
        facts: { version: '1.2.3', network: 'dev', startedAt: 0, changeable: true },
        ...{ gateways: () => gateways, live: () => [], ready, board, clock },
        settings: () => [{ key: 'feed.depth', value: '3', origin: 'file', place: 'pegminer.yaml:4' }],
        stop: () => stopped++,
      }),
    },
    { token: () => TOKEN, version: '1.2.3' },
  )
  clock.advance(61_000)
  t.teardown(() => server.close())
  const of = async (name: string) => JSON.parse((await ask(`${server.url}/api/v1/${name}`)).body) as object
  const fits = async (when: string) => {
    for (const [name, schema] of Object.entries(FEED_SCHEMAS))
      t.same(misfits(schema, await of(name)), [], `${name} ${when}`)
  }
  await fits('in trouble')
  matchExactly(t, await of('summary'), {
    program: 'feed',
    uptimeSeconds: 61,
    state: 'waiting',
    alerts: [
      { message: 'main lag: 3 headers', runbook: 'FeedLagging' },
      { message: 'main: no coins', runbook: 'FeedBlocked' },
      { message: 'main funds: the wallet is empty', runbook: 'FeedFundsLow' },
      { message: 'main: the asset daemon is hung', runbook: 'FeedDaemonHung' },
      { message: 'main: 2 withdrawals held', runbook: 'FeedWithdrawalNeedsHand' },
      { level: 'warn', message: 'E_FEED_BLOCKED: held', time: 5 },
      { level: 'error', message: 'E_F: look', time: 5 },
    ],
  })
  t.same(await of('feed'), {
    ...{ running: true, gateways: [gateway] },
    recent: [{ time: 5, ...header }],
  })
  gateways = [bare]
  await fits('at the start')
  const { alerts, ...summary } = (await of('summary')) as { alerts: { message: string }[]; state: string }
  t.equal(summary.state, 'relaying')
  t.same(
    alerts.map(({ message }) => message),
    ['E_F: look'],
    'nothing is blocked any more',
  )
  t.same(
    Object.keys(((await of('openapi.json')) as { paths: object }).paths).sort(),
    ['config', 'events', 'feed', 'log', 'series', 'stop', 'summary'].map((name) => `/api/v1/${name}`),
  )
  for (const name of ['threads', 'prices'])
    t.equal((await ask(`${server.url}/api/v1/${name}`)).status, 404, `${name} is a miner's`)
  const headers = { authorization: `Bearer ${TOKEN}` }
  const post = (name: string) => ask(`${server.url}/api/v1/${name}`, { method: 'POST', headers })
  t.equal((await post('pause')).status, 405, 'only a miner pauses')
  t.equal((await post('stop')).status, 200)
  t.equal(stopped, 1)
  for (let k = 0; k < 100; k++) board.header({ ...header, height: k })
  t.same([board.headers().length, board.headers()[0]?.height], [50, 99])
})

t.test('notices that a person should still look at', (t) => {
  const HOUR = 3_600_000
  const at = (time: number, code: string, level: 'info' | 'warn' | 'error' = 'warn') => ({
    ...{ time, level, code },
    message: code,
  })
  const codes = (list: readonly BoardNotice[], now: number) =>
    standingNotices([...list].reverse(), now).map(({ code }) => code)
  const stalled = at(1, 'E_FACTOM_STALLED')
  const recovered = at(2, 'E_FACTOM_RECOVERED', 'info')
  const journal = at(1, 'E_FACTOM_JOURNAL', 'error')
  t.same(codes([stalled], 3), ['E_FACTOM_STALLED'])
  t.same(codes([stalled, recovered], 3), [], 'the node is well again')
  t.same(codes([stalled, recovered, at(3, 'E_FACTOM_TIMEOUT')], 4), ['E_FACTOM_TIMEOUT'], 'and ill once more')
  t.same(codes([journal, recovered], 3), ['E_FACTOM_JOURNAL'], 'which a well node does not mend')
  t.same(codes([stalled, journal], HOUR + 2), ['E_FACTOM_JOURNAL'], 'an error stands for a day')
  t.same(codes([stalled, journal], 24 * HOUR + 2), [])
  t.end()
})

t.test('a feed that a miner watches', async (t) => {
  const gateway = {
    ...{ name: 'main', trouble: null, headers: null, daemons: { asset: 'hung', reference: 'up' } },
    funds: { alarm: null },
    withdrawals: { states: { held: 1 }, open: [] },
  }
  let answer: string | undefined = JSON.stringify({ running: true, gateways: [gateway], recent: [] })
  const asked: (string | undefined)[] = []
  const other = createServer((request, response) => {
    asked.push(request.url)
    if (answer === undefined) return void request.socket.destroy()
    response.setHeader('content-type', 'application/json')
    response.end(answer)
  }).listen(0, '127.0.0.1')
  t.teardown(() => void other.close())
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const watch = watchFeed({ url: `http://127.0.0.1:${port}/`, everyMs: 5 })
  t.teardown(() => watch.close())
  const { server } = await serve(t, { feed: () => watch.seen })
  const of = async (name: string) => JSON.parse((await ask(`${server.url}/api/v1/${name}`)).body) as object
  const alerts = async () => (await of('summary')) as { alerts: { message: string }[] }
  const seen = (holds: (seen: SeenFeed) => boolean) => until(() => holds(watch.seen))
  await seen(({ running }) => running)
  t.equal(asked[0], '/api/v1/feed')
  t.same(await of('feed'), { running: true, trouble: null, gateways: [gateway], recent: [] })
  matchExactly(t, (await alerts()).alerts.slice(-2), [
    { message: 'main: the asset daemon is hung' },
    { message: 'main: 1 withdrawal held' },
  ])
  const wrong = ['{}', '[]', '"x"', '{"running":true,"gateways":[1],"recent":[]}', 'x'.repeat(3 << 20)]
  const deep = '['.repeat(1 << 20)
  for (const text of [undefined, ...wrong, deep]) {
    answer = JSON.stringify({ running: true, gateways: [], recent: [] })
    await seen(({ running, gateways }) => running && gateways.length === 0)
    answer = text
    await seen(({ running }) => !running)
    const { trouble } = watch.seen
    t.match(
      trouble,
      /^(the feed does not answer: |what answers there is no feed$)/,
      text?.slice(0, 50) ?? 'cut off',
    )
    matchExactly(t, await of('feed'), { running: false, trouble, gateways: [] })
    t.equal((await alerts()).alerts.at(-1)?.message, `feed: ${trouble}`)
  }
  t.match(watch.seen.trouble, /nested deeper/, 'brackets are counted, not parsed')
})

t.test('changes need the token', async (t) => {
  const { server, done } = await serve(t, { token: TOKEN })
  const post = (name: string, headers: Record<string, string> = {}, body = '') =>
    ask(`${server.url}/api/v1/${name}`, { method: 'POST', headers, body })
  const bearer = { authorization: `Bearer ${TOKEN}` }
  for (const name of ACTION_NAMES) {
    t.match(await post(name), { status: 401, headers: { 'www-authenticate': 'Bearer' } })
    t.equal((await post(name, { authorization: 'Bearer wrong' })).status, 401)
    t.equal((await ask(`${server.url}/api/v1/${name}`, { headers: bearer })).status, 405, 'not by GET')
  }
  t.same(done, [])
  for (const name of ACTION_NAMES)
    t.match(await post(name, bearer), { status: 200, body: '{"state":"mining"}\n' })
  t.same(done, ['pause', 'resume', 'stop'])
  t.equal((await post('pause', bearer, 'x'.repeat(5000))).status, 413)
  t.equal((await post('summary', bearer)).status, 405)
  t.equal(done.length, 3)
  const open = await serve(t)
  const refused = await ask(`${open.server.url}/api/v1/stop`, { method: 'POST', headers: bearer })
  t.match(refused, { status: 403, body: /telemetry\.token is not set/ })
  t.same(open.done, [])
})

t.test('what comes from elsewhere is kept out', async (t) => {
  const { server } = await serve(t)
  for (const path of ['/', '/api/v1/summary', '/metrics', '/nothing', '/page.js']) {
    const { headers } = await ask(`${server.url}${path}`)
    t.match(headers, {
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'content-security-policy': /default-src 'none'/,
    })
    t.equal(headers['access-control-allow-origin'], undefined, 'no CORS')
  }
  // Whatever it listens on: rebound names arrive there too.
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    const hosts = ['miner.example']
    const open = await serve(t, {}, { host, hosts: () => hosts })
    const status = async (name: string): Promise<number> =>
      (await ask(`http://127.0.0.1:${open.server.port}/metrics`, { headers: { host: name } })).status
    t.equal(await status('evil.example'), 403)
    t.equal(await status('miner.example:9468'), 200, 'behind a proxy that passes the name on')
    t.equal(await status('10.1.2.3:9468'), 200, 'a scrape by address')
    hosts.push('evil.example')
    t.equal(await status('evil.example'), 200, 'the list may change')
  }
  for (const path of [
    '/../package.json',
    '/%2e%2e/package.json',
    '/page',
    '/toString',
    '/__proto__',
    '/api/v1/constructor',
  ])
    t.equal((await ask(`${server.url}${path}`)).status, 404, path)
  t.equal((await ask(`${server.url}/${'x'.repeat(10_000)}`)).status, 431, 'a header too long')

  const slow = connect(server.port, '127.0.0.1')
  slow.write('POST /api/v1/stop HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n')
  slow.on('error', () => {})
  const [answer] = (await once(slow, 'data')) as [Buffer]
  t.match(answer.toString(), /^HTTP\/1\.1 413/, 'answered before the body is there')
  // Whether the end arrives as such or as a broken pipe depends on who is faster.
  const closed = new Promise((resolve) => slow.on('close', resolve))
  slow.write('x'.repeat(2 * 1024 * 1024))
  await closed
  t.pass('and cut off')

  const busy = await serve(t, { burst: 20 })
  const statuses = []
  for (let k = 0; k < 30; k++) statuses.push((await ask(`${busy.server.url}/live`)).status)
  t.same(statuses, [...Array.from({ length: 20 }, () => 200), ...Array.from({ length: 10 }, () => 429)])
  t.match(await ask(`${busy.server.url}/live`), { status: 429, headers: { 'retry-after': '1' } })

  const shared = await serve(t, { perClient: { perSecond: 1e-9, burst: 2 } })
  const from = async (client: string) =>
    (await ask(`${shared.server.url}/live`, { headers: { 'x-forwarded-for': client } })).status
  t.same([await from('10.0.0.1'), await from('10.0.0.1'), await from('10.0.0.1')], [200, 200, 429])
  t.equal(await from('10.0.0.2'), 200, 'what one asks too often another does not feel')
})

t.test('events', async (t) => {
  const { server } = await serve(t)
  const open = async () => {
    const sent = request(`${server.url}/api/v1/events`, { agent: false })
    sent.on('error', () => {})
    sent.end()
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    return response
  }
  const first = await open()
  t.match(first.headers['content-type'], 'text/event-stream')
  let text = ''
  for await (const chunk of first) {
    text += String(chunk)
    if ((text.match(/event: summary/g) ?? []).length === 2) break
  }
  t.match(text, /^retry: 2000\n\nevent: summary\ndata: \{.*"height":12.*\}\n\n/, 'at once, and again')
  const many = await Promise.all(Array.from({ length: 17 }, open))
  const last = many.at(-1)!
  let refused = ''
  for await (const chunk of last) refused += String(chunk)
  t.equal(refused, 'retry: 10000\n\n', 'no more than sixteen')
  for (const response of many) response.destroy()
})

t.test('the page is whole and needs nothing from elsewhere', (t) => {
  const text = (path: string) => assetOf(path)?.body.toString() ?? ''
  const html = text('/')
  const [, ...links] = [...html.matchAll(/(?:href|src)="([^"#]*)"/g)].map(([, link]) => link ?? '')
  const files = [...new Set(links.filter((link) => !/^\/(metrics|api)/.test(link)))]
  t.ok(files.length >= 4)
  for (const file of files) t.ok(assetOf(file), file)
  t.ok(assetOf('/uplot.js'), 'what the script imports')
  for (const path of ['/', '/page.js', '/page.css'])
    t.notMatch(text(path), /https?:\/\/(?!www\.w3\.org)/, `${path} names no server`)
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
  t.equal(new Set(ids).size, ids.length)
  for (const [, id] of text('/page.js').matchAll(/(?:\$|set|fillRows)\(\s*'([\w-]+)'/g))
    t.ok(ids.includes(id ?? ''), `#${id}`)
  t.notMatch(text('/page.js'), /innerHTML|document\.write|eval\(/)
  t.end()
})

t.test('a feed that drips its answer does not run', async (t) => {
  const dripping = await startDripping()
  t.teardown(dripping.close)
  const watch = watchFeed({ url: dripping.url, everyMs: 5, timeoutMs: 50 })
  t.teardown(() => watch.close())
  await until(() => dripping.asked() >= 3)
  t.match(watch.seen, { running: false, trouble: 'the feed does not answer: it was not done within 50 ms' })
})
