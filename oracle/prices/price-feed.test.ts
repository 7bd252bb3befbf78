import { appendFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'

import { FakeClock } from '../../base/fixtures/fake-clock.js'
import { ASSETS } from '../records/index.js'
import {
  startDevExchange,
  type Book,
  type DevExchange,
  type Faults,
  type Trouble,
  type Venue,
} from './dev/index.js'
import { alarmsOf } from './alarms.js'
import { createExchange } from './ccxt-exchange.js'
import { decimal } from './dev/books.js'
import { devPrices } from './defaults.js'
import { isExchange } from './exchanges.js'
import { createPriceFeed, type PriceFeed, type PriceFeedOptions } from './price-feed.js'
import { processExchanges } from './exchange-fork.js'
import { inlineExchanges } from './exchange-host.js'
import type { PollReport } from './poller.js'
import { createQuota } from './quota.js'
import { createRests } from './rests.js'
import { reasonText } from './reasons.js'
import { replay, type StoredSnapshot } from './snapshot-json.js'
import { createSnapshotStore, readSnapshotFile } from './snapshot-store.js'
import type { PriceSnapshot, Reason } from './types.js'
import { readPrices, type PriceSettings } from './validate.js'
import { LONG } from '../../test/fixtures/long.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'
import { until } from '../../test/fixtures/until.js'

const V5 = ASSETS[5]
const MINUTE = 60_000
const EXCHANGES = ['kraken', 'coinbase', 'binance', 'bitstamp', 'kucoin', 'okx', 'gate']
const DEADLINE = { deadlineMs: 20_000 }
const NOON = Date.UTC(2026, 10, 24, 12)

/** A development world whose clock, trouble and feed are the test's. */
interface World {
  readonly exchange: DevExchange
  readonly feed: PriceFeed
  readonly faults: { -readonly [K in keyof Faults]: Faults[K] }
  /** The last report of each source. */
  readonly reports: Map<string, PollReport>
  /** Of this machine. */
  readonly clock: FakeClock
  pass(ms: number): void
}

interface WorldOptions extends Partial<PriceFeedOptions> {
  /** On top of the configuration of a development network. */
  readonly raw?: Record<string, unknown>
  /** How far the exchange's clock is ahead of the feed's, ms. */
  readonly ahead?: number
}

function settingsAt(url: string, raw: unknown): PriceSettings {
  const reading = readPrices(raw, {
    keyAt: () => undefined,
    hasExchange: isExchange,
    now: NOON,
    overlay: devPrices(url),
  })
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
  return reading.value
}

async function world(test: Test, { raw, ahead = 0, ...options }: WorldOptions = {}): Promise<World> {
  const clock = new FakeClock(NOON)
  const began = clock.monotonicMs()
  const faults: World['faults'] = {}
  // Time passes everywhere; a step of the clock here is none there.
  const exchange = await startDevExchange({
    now: () => NOON + ahead + clock.monotonicMs() - began,
    faults,
  })
  const reports = new Map<string, PollReport>()
  const feed = createPriceFeed({
    ...settingsAt(exchange.url, raw),
    assets: V5,
    clock,
    retryMs: 10,
    exchanges: inlineExchanges({ clock }),
    onPoll: (report) => reports.set(report.source, report),
    ...options,
  })
  test.teardown(async () => {
    await feed.close()
    await exchange.close()
  })
  return { exchange, feed, faults, reports, clock, pass: (ms) => clock.advance(ms) }
}

/** All sources with one deadline of their own. */
const deadlines = (deadline: string): Record<string, unknown> => ({
  sources: Object.fromEntries([...EXCHANGES, ...PUBLISHERS].map((name) => [name, { deadline }])),
})
const PUBLISHERS = [
  'coinbase-fx',
  'exchangerate-fun',
  'er-api',
  'frankfurter',
  'currency-api',
  'gold-api',
  'swissquote',
]

/** What each route of an asset that did not count says. */
const rejections = (snapshot: PriceSnapshot, asset: string): Map<string, Reason> =>
  new Map(snapshot.assets.get(asset)?.rejected.map(({ route, reason }) => [route, reason]))
const votesOf = (snapshot: PriceSnapshot, asset: string): string[] =>
  snapshot.assets.get(asset)?.votes.map(({ route }) => route) ?? []

/** Relative distance of a snapshot's price from the truth. */
function off({ exchange }: World, snapshot: PriceSnapshot, asset: string): number {
  const units = snapshot.prices.get(asset)
  return units === undefined ? NaN : Math.abs(Number(units) / 1e8 / exchange.truth(asset) - 1)
}

/** Daily and hourly rates are of a while ago; everything else is of now. */
const tolerance = (snapshot: PriceSnapshot, asset: string): number =>
  votesOf(snapshot, asset).some((route) => /frankfurter|exchangerate/.test(route)) ? 0.005 : 0.001

function assertHonest(test: Test, at: World, snapshot: PriceSnapshot): void {
  const wrong = [...snapshot.prices.keys()].filter(
    (asset) => !(off(at, snapshot, asset) <= tolerance(snapshot, asset)),
  )
  test.strictSame(wrong, [], 'every price is near the truth')
}

t.test('all 62 assets through ccxt and publishers', async (t) => {
  const at = await world(t)
  t.strictSame(at.feed.sourceNames, [
    ...EXCHANGES.slice(0, 2),
    'bitstamp',
    'binance',
    'okx',
    'kucoin',
    'gate',
    ...PUBLISHERS,
  ])
  await at.feed.start()
  const asked = at.exchange.log.length
  const snapshot = await at.feed.snapshot(DEADLINE)
  t.equal(at.exchange.log.length, asked, 'quotes just taken are fresh')

  t.strictSame([...snapshot.missing], [])
  t.ok(snapshot.complete)
  t.strictSame([...snapshot.prices.keys()], V5)
  t.equal(snapshot.prices.get('USD'), 100_000_000n)
  assertHonest(t, at, snapshot)
  const alone = V5.filter((asset) => votesOf(snapshot, asset).length < 2)
  t.strictSame(alone, ['USD'], 'everything else has two votes or more')
  t.ok(snapshot.sources.every(({ ok, ageMs }) => ok && ageMs === 0))
  t.match(snapshot.assets.get('RVN'), {
    status: 'ok',
    votes: [
      {
        route: 'binance:RVN/USDT * USDT/USD',
        origins: ['binance'],
        live: true,
        legs: [{ quote: 'binance:RVN/USDT', rule: 'mid', ageMs: 0 }, { quote: 'USDT/USD' }],
      },
    ],
  })
  matchExactly(t, snapshot.assets.get('XBT')?.rejected, [])
  t.match(snapshot.indices.get('USDT/USD'), { status: 'ok' })

  at.pass(20_000)
  const later = await at.feed.snapshot(DEADLINE)
  const again = at.exchange.log.slice(asked)
  t.strictSame(
    again.map((line) => line.split('/')[1]).sort(),
    [...EXCHANGES].sort(),
    'one call each once they are old',
  )
  t.not(later.prices.get('XBT'), snapshot.prices.get('XBT'), 'markets move')
  assertHonest(t, at, later)
})

t.test('exchanges are asked in a process of their own', async (t) => {
  process.env['SECRET_OF_THE_MINER'] = 'x'
  t.teardown(() => delete process.env['SECRET_OF_THE_MINER'])
  const fixture = (name: string): URL => new URL(`./fixtures/${name}.mjs`, import.meta.url)
  const request = {
    name: 'kraken',
    exchange: 'kraken',
    settings: { timeoutMs: 1000 },
    symbols: ['BTC/USD', 'ETH/USD'],
  }
  const never = new AbortController().signal
  const host = processExchanges(fixture('exchange-echo'))
  const { quotes, absent } = await host.poll(request, never)
  t.strictSame([...quotes.keys()], ['BTC/USD', 'ETH/USD'])
  const variables = absent.get('environment') as { detail: string }
  t.notMatch(variables.detail, /SECRET_OF/, 'no variable of ours')
  t.match(variables.detail, /\bPATH\b/)
  await t.rejects(
    host.poll({ ...request, exchange: 'blocked' }, never),
    { code: 'E_PRICES_LIMITED', details: { retryAfterMs: 5 } },
    'errors keep their codes',
  )
  const given = new AbortController()
  const pending = t.rejects(host.poll({ ...request, exchange: 'silent' }, given.signal), {
    code: 'E_PRICES_CLOSED',
  })
  given.abort()
  await pending
  const beside = t.rejects(host.poll({ ...request, exchange: 'deaf' }, never), {
    code: 'E_PRICES_UNREACHABLE',
  })
  await t.rejects(host.poll({ ...request, exchange: 'crash' }, never), {
    code: 'E_PRICES_UNREACHABLE',
    message: /ended/,
  })
  await beside
  t.equal((await host.poll(request, never)).quotes.size, 2, 'another one is started')

  const late = new AbortController()
  const hung = t.rejects(host.poll({ ...request, exchange: 'hang' }, late.signal), {
    code: 'E_PRICES_UNREACHABLE',
    message: /hung/,
  })
  late.abort()
  await hung
  t.equal((await host.poll(request, never)).quotes.size, 2, 'one that hangs is replaced')

  const cut = t.rejects(host.poll({ ...request, exchange: 'deaf' }, never), { code: 'E_PRICES_CLOSED' })
  await host.close()
  await host.close()
  await cut
  await t.rejects(host.poll(request, never), { code: 'E_PRICES_CLOSED' })
  const nothing = processExchanges(fixture('no-such-file'))
  await t.rejects(nothing.poll(request, never), { code: 'E_PRICES_UNREACHABLE' })
  await nothing.close()
})

t.test('an end in the midst of questions is orderly, however the channel breaks', async (t) => {
  const request = { name: 'a', exchange: 'deaf', settings: { timeoutMs: 1000 }, symbols: [] }
  for (let round = 0; round < (LONG ? 20 : 6); round++) {
    const host = processExchanges(new URL('./fixtures/exchange-echo.mjs', import.meta.url))
    const calls = Array.from({ length: 5 }, () => {
      const given = new AbortController()
      return { given, ended: host.poll(request, given.signal).catch((error: unknown) => error) }
    })
    const closed = host.close()
    // What is given up now is said to a process that is being killed.
    for (const { given } of calls) given.abort()
    await closed
    for (const { ended } of calls) t.match(await ended, { code: 'E_PRICES_CLOSED' })
  }
})

t.test('assets of the older versions', async (t) => {
  const at = await world(t)
  for (const version of [2, 4, 5] as const) {
    const snapshot = await at.feed.snapshot({ ...DEADLINE, version, height: 7 })
    t.ok(snapshot.complete, `version ${version} without start()`)
    t.match(snapshot, { version, height: 7 })
    t.strictSame([...snapshot.prices.keys()], ASSETS[version], 'in the order of the record')
  }
})

t.test('a Tether that is not a dollar', async (t) => {
  const at = await world(t)
  const scaled = (book: Book, by: number): Book => {
    const scale = (text: string): string => (Number(text) * by).toFixed(8)
    return { ...book, bid: scale(book.bid), ask: scale(book.ask), last: scale(book.last) }
  }
  at.faults.books = (_venue, books) =>
    books.map((book) =>
      book.base === 'USDT' ? scaled(book, 0.9) : book.quote === 'USDT' ? scaled(book, 1 / 0.9) : book,
    )
  const snapshot = await at.feed.snapshot(DEADLINE)
  t.ok(snapshot.complete)
  assertHonest(t, at, snapshot)
  t.ok(Math.abs(Number(snapshot.indices.get('USDT/USD')?.units) / 0.9e8 - 1) < 0.002)
  t.notOk(
    votesOf(snapshot, 'XBT').some((route) => route.includes('USDT')),
    'venues in USD are preferred',
  )
  t.equal(rejections(snapshot, 'XBT').get('binance:BTC/USDT * USDT/USD')?.code, 'degraded')
  t.equal(votesOf(snapshot, 'RVN').length, 4, 'where there is nothing else, its true worth is reckoned with')
})

/** What each trouble is called, by exchanges and by publishers. */
const MATRIX: [name: string, trouble: Trouble, codes: RegExp][] = [
  ['401', { kind: 'status', status: 401 }, /KEY/],
  ['403', { kind: 'status', status: 403 }, /BLOCKED/],
  ['503', { kind: 'status', status: 503 }, /UNREACHABLE/],
  ['429', { kind: 'status', status: 429, headers: { 'retry-after': '120' } }, /LIMITED/],
  ['451', { kind: 'status', status: 451 }, /BLOCKED/],
  [
    'redirect',
    { kind: 'status', status: 302, headers: { location: 'http://127.0.0.1:1/' } },
    /UNREACHABLE|REPLY/,
  ],
  ['redirect to nowhere', { kind: 'status', status: 301 }, /REPLY/],
  ['HTML', { kind: 'body', type: 'text/html', text: '<html><body>maintenance</body></html>' }, /REPLY/],
  ['JSON of another shape', { kind: 'body', type: 'application/json', text: '{"message":"hello"}' }, /REPLY/],
  ['null', { kind: 'body', type: 'application/json', text: 'null' }, /REPLY/],
  ['empty', { kind: 'body', type: 'application/json', text: '' }, /REPLY/],
  ['truncated', { kind: 'truncated' }, /UNREACHABLE|REPLY/],
  ['reset', { kind: 'reset' }, /UNREACHABLE/],
  ['stalled headers', { kind: 'stall-headers' }, /TIMEOUT/],
  ['stalled body', { kind: 'stall-body' }, /TIMEOUT/],
]

/** The reason that each route of an asset gives then. */
const REASONS: Readonly<Record<string, readonly Reason['code'][]>> = {
  '401': ['unauthorised'],
  '403': ['blocked-region'],
  '503': ['unreachable'],
  '429': ['rate-limited'],
  '451': ['blocked-region'],
  'redirect to nowhere': ['bad-reply'],
  HTML: ['bad-reply'],
  'JSON of another shape': ['bad-reply'],
  null: ['bad-reply'],
  empty: ['bad-reply'],
  truncated: ['unreachable', 'bad-reply'],
  reset: ['unreachable'],
  'stalled headers': ['timeout'],
  'stalled body': ['timeout'],
}

/** A snapshot with every source in it. A busy machine may be late for the short deadlines of some, and asks again. */
async function whole(at: World): Promise<PriceSnapshot> {
  for (let tries = 10; ; tries--) {
    const snapshot = await at.feed.snapshot(DEADLINE)
    if (tries === 0 || snapshot.sources.every(({ ok }) => ok)) return snapshot
    at.pass(61 * MINUTE)
  }
}

/** Lets one kind of trouble befall all sources, then heals them. */
async function suffer(
  t: Test,
  at: World,
  { row: [name, trouble, code], asset }: { row: (typeof MATRIX)[number]; asset: string },
): Promise<void> {
  at.faults.reply = () => trouble
  const began = performance.now()
  const snapshot = await at.feed.snapshot(DEADLINE)
  t.ok(performance.now() - began < 60_000, `${name}: bounded in time`)
  t.equal(snapshot.complete, false)
  t.equal(snapshot.prices.get('USD'), 100_000_000n, 'what needs no source has its price')
  t.notOk(snapshot.prices.has(asset))
  const reports = at.feed.sourceNames.map((source) => at.reports.get(source))
  const strange = reports.filter(
    (report) => !code.test(report?.code ?? '') || /\n|<html/.test(report?.error ?? ''),
  )
  t.strictSame(strange, [], `${name}: each source says so, in one line without bodies`)
  t.ok(snapshot.sources.every(({ ok }) => !ok))
  const why = new Set([...rejections(snapshot, asset).values()].map((reason) => reason.code))
  const expected =
    name === 'redirect'
      ? ['unreachable', 'bad-reply', 'leg-unavailable']
      : [...(REASONS[name] ?? []), 'leg-unavailable']
  t.ok(
    [...why].every((reason) => expected.includes(reason)),
    `${name}: ${[...why].join(' ')}`,
  )

  at.faults.reply = undefined
  at.pass(61 * MINUTE)
  const healed = await whole(at)
  t.strictSame([...healed.missing], [], `${name}: whole again`)
  t.strictSame(
    healed.sources.filter(({ ok }) => !ok),
    [],
  )
  assertHonest(t, at, healed)
}
/** Short where a reply is waited for in vain. */
const patience = ([, trouble]: (typeof MATRIX)[number]): WorldOptions =>
  trouble.kind.startsWith('stall') ? { raw: deadlines('3s') } : {}

t.test('trouble at the first request, and recovery without a restart', async (t) => {
  for (const row of MATRIX) {
    // Gold is priced by two exchanges and all publishers; two rows are suffered by all exchanges.
    const all = row[0] === 'HTML' || row[0] === 'truncated'
    const at = await world(t, { ...patience(row), assets: all ? V5 : ['XAU', 'EUR', 'USD'] })
    await suffer(t, at, { row, asset: 'XAU' })
    await at.feed.close()
  }
})

t.test('trouble in mid-run, and recovery without a restart', async (t) => {
  const at = await world(t, { raw: deadlines('3s') })
  t.ok((await whole(at)).complete)
  // All of them were there at the first request.
  for (const row of MATRIX.filter((_, k) => LONG || k % 3 === 0)) {
    at.pass(61 * MINUTE)
    await suffer(t, at, { row, asset: 'XBT' })
  }
})

t.test('sources in trouble are not felt by assets with enough others', async (t) => {
  const at = await world(t)
  const down =
    (...venues: Venue[]): Faults['reply'] =>
    (venue) =>
      venues.includes(venue) ? { kind: 'status', status: 503 } : undefined
  at.faults.reply = down('binance')
  const one = await at.feed.snapshot(DEADLINE)
  t.ok(one.complete, 'one of four is down')
  t.match(reasonText(rejections(one, 'DGB').get('binance:DGB/USDT * USDT/USD') as Reason), /503/)
  t.match(
    one.sources.find(({ name }) => name === 'binance'),
    { ok: false, ageMs: null, error: /503/ },
  )
  assertHonest(t, at, one)

  const cold = await world(t)
  cold.faults.reply = down('binance', 'okx', 'gate')
  const three = await cold.feed.snapshot(DEADLINE)
  t.strictSame([...three.missing.keys()].sort(), ['DCR', 'DGB', 'EOS', 'NEO', 'ONT', 'RVN'])
  t.match(
    three.missing.get('DGB'),
    /^needs 2 sources, has 1; kucoin:DGB\/USDT \* USDT\/USD: 0\.\d+; binance:.*503/,
  )
  assertHonest(t, cold, three)
  cold.faults.reply = undefined
  cold.pass(60_000)
  t.ok((await cold.feed.snapshot(DEADLINE)).complete)

  cold.faults.reply = (venue) => (venue === 'binance' ? { kind: 'reset' } : undefined)
  cold.pass(20_000)
  const old = await cold.feed.snapshot(DEADLINE)
  t.ok(old.complete, 'quotes of 20 s ago are still good')
  t.match(
    old.sources.find(({ name }) => name === 'binance'),
    { ok: false, ageMs: 20_000 },
  )
  t.ok(votesOf(old, 'DGB').some((route) => route.startsWith('binance')))
})

t.test('the last good price stands in for a while', async (t) => {
  const at = await world(t, { assets: ['DGB', 'TZS', 'USD'] })
  const before = await at.feed.snapshot(DEADLINE)
  t.ok(before.complete)
  at.faults.reply = () => ({ kind: 'status', status: 503 })
  at.pass(50 * MINUTE)
  const held = await at.feed.snapshot(DEADLINE)
  t.ok(held.complete)
  t.match(held.assets.get('DGB'), { status: 'held', units: before.prices.get('DGB'), ageMs: 50 * MINUTE })
  t.match(held.assets.get('DGB')?.note, /^needs 2 sources, has 0; held since 50 min$/)
  t.match(held.assets.get('TZS'), { status: 'ok' }, 'daily rates are good for longer')
  at.pass(11 * MINUTE)
  const gone = await at.feed.snapshot(DEADLINE)
  t.strictSame([...gone.missing.keys()], ['DGB'], 'an hour is too long for a coin')
})

t.test('a source that keeps failing is left alone for a while', async (t) => {
  const at = await world(t, { assets: ['XAG'] })
  at.faults.reply = (venue) =>
    venue === 'gold-api' ? { kind: 'body', type: 'text/html', text: '<html>' } : undefined
  const asked = (): number => at.exchange.log.filter((line) => line.includes('gold-api')).length
  const attempts = []
  for (let k = 0; k < 6; k++) {
    await at.feed.snapshot(DEADLINE)
    attempts.push(asked())
    at.pass(10_000)
  }
  t.strictSame(attempts, [1, 2, 3, 3, 3, 4], 'three times, then after 30 s')

  at.faults.reply = undefined
  at.pass(MINUTE)
  await at.feed.snapshot(DEADLINE)
  t.equal(at.reports.get('gold-api')?.code, undefined)
})

t.test('what may pass is tried twice at once', async (t) => {
  const at = await world(t, { assets: ['XAG'] })
  let refused = 0
  at.faults.reply = (venue) => (venue === 'swissquote' && refused++ < 1 ? { kind: 'reset' } : undefined)
  await at.feed.snapshot(DEADLINE)
  t.equal(at.reports.get('swissquote')?.code, undefined)
  t.equal(refused, 2)
})

t.test('a month’s requests', async (t) => {
  const open = (path: string) => createQuota(path, (now) => ({ wall: now, steady: now, run: 'one' }))
  const quota = open(join(t.testdir(), 'quota', 'counts.json'))
  const raw = { sources: { 'gold-api': { interval: '20m', maxPerMonth: 4600 } } }
  const at = await world(t, { assets: ['XAG', 'XAU'], raw, quota })
  // It is asked for one metal at a time, so that a poll is two requests.
  quota.add('gold-api', NOON, 4597)
  await at.feed.snapshot(DEADLINE)
  t.equal(at.reports.get('gold-api')?.code, undefined)
  at.pass(21 * MINUTE)
  await at.feed.snapshot(DEADLINE)
  t.match(at.reports.get('gold-api'), {
    code: 'E_PRICES_QUOTA',
    error: '4599 requests this month, 4600 are allowed',
  })
  t.match(
    at.feed.sources().find(({ name }) => name === 'gold-api'),
    {
      requests: 4599,
      maxPerMonth: 4600,
      state: { circuit: 'open', restUntil: Date.UTC(2026, 11, 1) },
    },
  )
  const file = join(t.testdirName, 'quota', 'counts.json')
  t.equal(open(file).used('gold-api', NOON), 4599, 'a restart does not begin anew')
  t.equal(open(file).used('gold-api', Date.UTC(2026, 11, 1)), 0, 'a month does')
  t.equal(open(file).used('gold-api', NOON), 4599, 'nor does a clock that was in December for a while')
  writeFileSync(file, JSON.stringify({ month: '2026-11', counts: { 'gold-api': 7, other: 'x' } }))
  t.equal(open(file).used('gold-api', NOON), 7, 'a file of an older version is taken over')
  writeFileSync(file, '{')
  t.equal(open(file).used('gold-api', NOON), 0, 'a damaged file is done without')
})

t.test('a source that asks for peace gets it', async (t) => {
  const at = await world(t, { assets: ['XAG'] })
  const status = (status: number, headers = {}): Trouble => ({ kind: 'status', status, headers })
  at.faults.reply = (venue) =>
    venue === 'gold-api'
      ? status(429, { 'retry-after': '90' })
      : venue === 'swissquote'
        ? status(451)
        : undefined
  const asked = (venue: string): number => at.exchange.log.filter((line) => line.includes(venue)).length
  const after = async (minutes: number, venue: string): Promise<boolean> => {
    const before = asked(venue)
    at.pass(minutes * MINUTE)
    await at.feed.snapshot(DEADLINE)
    return asked(venue) > before
  }
  await at.feed.snapshot(DEADLINE)
  t.notOk(await after(1, 'gold-api'), 'Retry-After: 90')
  t.ok(await after(1, 'gold-api'))
  t.notOk(await after(50, 'swissquote'), 'a block lasts')
  t.ok(await after(10, 'swissquote'))
})

t.test('market tables are renewed, and old ones kept when that fails', async (t) => {
  const at = await world(t, { assets: ['XMR'] })
  t.ok((await at.feed.snapshot(DEADLINE)).complete)
  const tables = (): number => at.exchange.log.filter((line) => line.includes('/AssetPairs')).length
  const html: Trouble = { kind: 'body', type: 'text/html', text: '<html></html>' }
  at.faults.reply = (_venue, path) => (/AssetPairs|symbols|pairs/.test(path) ? html : undefined)
  at.pass(7 * 60 * MINUTE)
  const kept = await at.feed.snapshot(DEADLINE)
  t.equal(tables(), 2)
  t.ok(kept.complete, 'the old table still tells what to ask for')

  at.faults.reply = undefined
  at.faults.books = (venue, books) => books.filter(({ base }) => venue !== 'kraken' || base !== 'XMR')
  at.pass(11 * MINUTE)
  const delisted = await at.feed.snapshot(DEADLINE)
  t.equal(tables(), 3)
  t.equal(rejections(delisted, 'XMR').get('kraken:XMR/USD')?.code, 'not-listed')
})

t.test('replies without end', async (t) => {
  const at = await world(t, { assets: ['XMR', 'XAG'] })
  const text = JSON.stringify('x'.repeat(33 << 20))
  at.faults.reply = (venue) =>
    venue === 'kraken' || venue === 'frankfurter'
      ? { kind: 'body', type: 'application/json', text }
      : undefined
  const snapshot = await at.feed.snapshot(DEADLINE)
  t.match(at.reports.get('kraken'), { code: 'E_PRICES_REPLY' })
  t.match(at.reports.get('frankfurter'), { code: 'E_PRICES_REPLY', error: /maxContentLength/ })
  t.ok(snapshot.prices.has('XAG'), 'the others were heard')
})

t.test('markets that are missing, halted, frozen or nonsense', async (t) => {
  const RUINED: [name: string, ruin: (book: Book) => Book | null, code: Reason['code'][]][] = [
    ['missing', () => null, ['not-listed', 'no-ticker']],
    ['halted', (book) => ({ ...book, trading: false }), ['not-trading']],
    ['zero', (book) => ({ ...book, bid: '0', ask: '0', last: '0' }), ['no-price']],
    ['negative', (book) => ({ ...book, bid: '-5', ask: '-4', last: '-4.5' }), ['no-price']],
    ['no number', (book) => ({ ...book, bid: 'NaN', ask: 'Infinity', last: 'many' }), ['no-price']],
    ['frozen', (book) => ({ ...book, time: book.time - 10 * MINUTE }), ['stale']],
    ['wide', (book) => ({ ...book, bid: decimal(Number(book.bid) * 0.9) }), ['spread']],
    [
      'inverted',
      (book) => ({
        ...book,
        bid: decimal(1 / Number(book.ask)),
        ask: decimal(1 / Number(book.bid)),
        last: decimal(1 / Number(book.last)),
      }),
      ['bounds'],
    ],
  ]
  const at = await world(t, { assets: ['ETH', 'XBT'] })
  for (const [name, ruin, codes] of RUINED) {
    at.faults.books = (asked, books) =>
      books.flatMap((book) => {
        if (asked !== 'binance' || book.base !== 'ETH') return [book]
        const ruined = ruin(book)
        return ruined ? [ruined] : []
      })
    // Beyond six hours market tables are loaded anew.
    at.pass(361 * MINUTE)
    const snapshot = await at.feed.snapshot(DEADLINE)
    t.ok(snapshot.complete, name)
    assertHonest(t, at, snapshot)
    const reason = rejections(snapshot, 'ETH').get('binance:ETH/USDT * USDT/USD')
    t.ok(reason && codes.includes(reason.code), `${name}: ${reason?.code}`)
    t.equal(votesOf(snapshot, 'ETH').length, 6)
    t.equal(votesOf(snapshot, 'XBT').length, 7, 'the same venue’s other markets count')
  }

  const routes = ['binance:XMR/USDT * USDT/USD']
  const dead = await world(t, { assets: ['XMR'], raw: { assets: { XMR: { routes, allowSingle: true } } } })
  const snapshot = await dead.feed.snapshot(DEADLINE)
  t.match(
    snapshot.missing.get('XMR'),
    /listed but not trading/,
    'a market closed in 2024 that still has a ticker',
  )
})

t.test('a book that stands still while others move', async (t) => {
  const at = await world(t, { assets: ['ETH'] })
  const first = new Map<string, Book>()
  at.faults.books = (venue, books) =>
    books.map((book) => {
      if (venue !== 'kraken' || book.base !== 'ETH') return book
      const kept = first.get(venue) ?? book
      first.set(venue, kept)
      return { ...kept, time: book.time }
    })
  for (let poll = 0; poll < 5; poll++) {
    const { assets } = await at.feed.snapshot(DEADLINE)
    t.ok(assets.get('ETH')?.votes.some(({ route }) => route.startsWith('kraken')))
    at.pass(MINUTE)
  }
  const snapshot = await at.feed.snapshot(DEADLINE)
  t.match(rejections(snapshot, 'ETH').get('kraken:ETH/USD'), { code: 'frozen', polls: 6 })
})

t.test('a clock that is three minutes off, here or there', async (t) => {
  for (const ahead of [3 * MINUTE, -3 * MINUTE, 7 * MINUTE, -7 * MINUTE]) {
    const at = await world(t, { assets: ['ETH', 'XBT'], ahead })
    const snapshot = await at.feed.snapshot(DEADLINE)
    t.ok(snapshot.complete, `${ahead / MINUTE} min ahead`)
    const ages = snapshot.assets.get('ETH')?.votes.map(({ ageMs }) => ageMs) ?? []
    t.ok(ages.length === 7 && ages.every((age) => age < 2000), `ages are true: ${ages.join(' ')}`)
    const [alarm] = alarmsOf(snapshot, at.feed.sources(), { warnAt: 0.05, guarded: true })
    t.match(alarm, { code: 'E_PRICES_CLOCK', message: ahead > 0 ? /behind/ : /ahead of/ })
    // A book that a venue froze ten minutes ago is old by whatever clock.
    at.faults.books = (venue, books) =>
      books.map((book) => (venue === 'okx' ? { ...book, time: book.time - 10 * MINUTE } : book))
    at.pass(20_000)
    const later = await at.feed.snapshot(DEADLINE)
    t.equal(rejections(later, 'ETH').get('okx:ETH/USDT * USDT/USD')?.code, 'stale')
  }
})

t.test('a clock that is set while prices are taken', async (t) => {
  const HOUR = 60 * MINUTE
  for (const step of [-5 * HOUR, 5 * HOUR, -40 * MINUTE]) {
    // Four exchanges are too few to tell the time; with all of them it is known.
    const at = await world(t, { assets: ['ETH', 'XBT', 'XAU', 'EUR'] })
    t.ok((await at.feed.snapshot(DEADLINE)).complete)
    at.faults.reply = (venue) => (venue === 'kraken' ? { kind: 'status', status: 503 } : undefined)
    for (let k = 0; k < 3; k++) {
      at.pass(61_000)
      await at.feed.snapshot(DEADLINE)
    }
    const kraken = (): number => at.exchange.log.filter((line) => line.includes('/kraken/')).length
    const before = kraken()
    at.clock.step(step)
    at.faults.reply = undefined
    at.pass(31_000)
    const found = await at.feed.snapshot(DEADLINE)
    t.ok(kraken() > before, `${step / HOUR} h: a source that rests is asked again after 30 s`)
    t.ok(found.complete)
    assertHonest(t, at, found)
    t.ok(
      found.sources
        .filter(({ name }) => EXCHANGES.includes(name))
        .every(({ ok, ageMs }) => ok && ageMs === 0),
      'all were asked',
    )
    at.pass(61_000)
    const later = await at.feed.snapshot(DEADLINE)
    t.not(later.prices.get('ETH'), found.prices.get('ETH'), 'prices move on')
    assertHonest(t, at, later)
    await at.feed.close()
  }
})

t.test('prices that stood still are not fresh after the clock went back', async (t) => {
  const at = await world(t, { assets: ['ETH', 'XBT'] })
  t.ok((await at.feed.snapshot(DEADLINE)).complete)
  at.faults.reply = () => ({ kind: 'status', status: 503 })
  at.pass(MINUTE)
  at.clock.step(-5 * 60 * MINUTE)
  at.pass(6 * MINUTE)
  const { assets } = await at.feed.snapshot(DEADLINE)
  t.match(assets.get('ETH'), { status: 'held', ageMs: 7 * MINUTE, note: /held since 7 min/ })
  at.pass(54 * MINUTE)
  t.match((await at.feed.snapshot(DEADLINE)).assets.get('ETH'), { status: 'failed' }, 'an hour is an hour')
})

t.test('replies that cost more than they tell', async (t) => {
  const at = await world(t, { assets: ['XMR', 'XAG'] })
  const floods = { brackets: ['[', 10 << 20], objects: ['{},', 3_000_000] } as const
  for (const [unit, times] of Object.values(floods)) {
    at.faults.reply = (venue) =>
      venue === 'kraken' || venue === 'frankfurter' ? { kind: 'flood', unit, times } : undefined
    at.pass(61 * MINUTE)
    const began = process.cpuUsage().user
    const snapshot = await at.feed.snapshot(DEADLINE)
    const ms = (process.cpuUsage().user - began) / 1000
    t.match(at.reports.get('kraken'), {
      code: 'E_PRICES_REPLY',
      error: /nested deeper|holds more than|no table|none of/,
    })
    t.match(at.reports.get('frankfurter'), { code: 'E_PRICES_REPLY' })
    t.ok(snapshot.prices.has('XAG'), 'the others were heard')
    t.ok(ms < 3000, `${Math.round(ms)} ms of processor time, most of it to send them`)
  }
})

t.test('replies that never end', async (t) => {
  const at = await world(t, { assets: ['XMR', 'XAG'], raw: deadlines('2s') })
  at.faults.reply = (venue) =>
    venue === 'kraken' || venue === 'frankfurter' || venue === 'gold-api' ? { kind: 'drip' } : undefined
  at.pass(61 * MINUTE)
  const began = performance.now()
  await at.feed.snapshot(DEADLINE)
  t.ok(performance.now() - began < 15_000, 'one deadline for the whole of a reply')
  for (const name of ['kraken', 'frankfurter', 'gold-api'])
    t.equal(at.reports.get(name)?.code, 'E_PRICES_TIMEOUT', name)
})

t.test('tables out of a cache are as old as they say', async (t) => {
  const stale = ['exchangerate-fun', 'er-api', 'frankfurter', 'currency-api']
  for (const tells of [true, false]) {
    const at = await world(t, { assets: ['EUR', 'KES', 'XAG'] })
    at.faults.reply = (venue) =>
      stale.includes(venue) || venue === 'coinbase'
        ? { kind: 'stored', ageMs: 5 * 24 * 60 * MINUTE, tells }
        : undefined
    const snapshot = await at.feed.snapshot(DEADLINE)
    const why = rejections(snapshot, 'KES')
    for (const name of stale) t.match(why.get(`1 / ${name}:KES`), { code: 'stale' }, name)
    t.match(why.get('1 / coinbase-fx:KES'), { code: 'stale' }, 'one without a time of its own')
    const skew = at.feed.sources().find(({ name }) => name === 'er-api')?.state.skewMs ?? 0
    t.ok(tells ? Math.abs(skew) < 2000 : skew < -4 * 24 * 60 * MINUTE, `Date and Age tell the time: ${skew}`)
    await at.feed.close()
  }
})

t.test('bans in every form are kept to, also after a restart', async (t) => {
  const HOUR = 60 * MINUTE
  const file = join(t.testdir(), 'rests.json')
  const banned = (until: number): string => `{"code":-1003,"msg":"IP banned until ${until}."}`
  type Banning = 'binance' | 'kraken' | 'gold-api'
  const cases: [name: string, venue: Banning, trouble: Trouble, ms: number][] = [
    [
      'three days',
      'binance',
      { kind: 'status', status: 418, headers: { 'retry-after': '259200' } },
      72 * HOUR,
    ],
    ['a text', 'binance', { kind: 'status', status: 429, text: banned(NOON + 72 * HOUR) }, 72 * HOUR],
    [
      'a date',
      'gold-api',
      { kind: 'status', status: 429, headers: { 'retry-after': new Date(NOON + 6 * HOUR).toUTCString() } },
      6 * HOUR,
    ],
    ['an odd value', 'gold-api', { kind: 'status', status: 429, headers: { 'retry-after': 'soon' } }, HOUR],
    [
      '503 with a time',
      'gold-api',
      { kind: 'status', status: 503, headers: { 'retry-after': '7200' } },
      2 * HOUR,
    ],
    [
      '403 with a time',
      'gold-api',
      { kind: 'status', status: 403, headers: { 'retry-after': '259200' } },
      72 * HOUR,
    ],
    [
      'said twice',
      'gold-api',
      { kind: 'status', status: 429, headers: { 'retry-after': ['60', '7200'] } },
      2 * HOUR,
    ],
    [
      'a lockout',
      'kraken',
      { kind: 'body', type: 'application/json', text: '{"error":["EGeneral:Temporary lockout"]}' },
      15 * MINUTE,
    ],
  ]
  /** What the venue is asked for. */
  const assets = { binance: ['DGB'], kraken: ['XMR'], 'gold-api': ['XAG'] } as const
  for (const [name, banning, trouble, ms] of cases) {
    const options = { assets: assets[banning], rests: createRests(file) }
    const at = await world(t, options)
    at.faults.reply = (venue) => (venue === banning ? trouble : undefined)
    const asked = (): number => at.exchange.log.filter((line) => line.includes(`/${banning}/`)).length
    await at.feed.snapshot(DEADLINE)
    const once = asked()
    const { state } = at.feed.sources().find((source) => source.name === banning) ?? {}
    t.match(state, { circuit: 'open' }, name)
    const wanted = NOON + ms
    t.ok(
      Math.abs((state?.restUntil ?? 0) - wanted) <= 1000,
      `${name}: until ${state?.restUntil}, not ${wanted}`,
    )
    at.pass(ms - 2 * MINUTE)
    await at.feed.snapshot(DEADLINE)
    t.equal(asked(), once, `${name}: left alone`)
    t.ok(createRests(file).left(banning, NOON) >= ms - 1000, `${name}: kept`)

    const again = await world(t, { ...options, rests: createRests(file) })
    await again.feed.snapshot(DEADLINE)
    t.notOk(
      again.exchange.log.some((line) => line.includes(`/${banning}/`)),
      `${name}: after a restart too`,
    )
    again.pass(ms + MINUTE)
    await again.feed.snapshot(DEADLINE)
    t.ok(
      again.exchange.log.some((line) => line.includes(`/${banning}/`)),
      `${name}: and then asked again`,
    )
    t.equal(createRests(file).left(banning, NOON), 0)
    await at.feed.close()
    await again.feed.close()
  }
})

t.test('one that asks for fewer requests again and again is asked ever less', async (t) => {
  const at = await world(t, { assets: ['XAG'] })
  at.faults.reply = (venue) => (venue === 'gold-api' ? { kind: 'status', status: 429 } : undefined)
  const rests: number[] = []
  for (let k = 0; k < 8; k++) {
    await at.feed.snapshot(DEADLINE)
    const until = at.feed.sources().find(({ name }) => name === 'gold-api')?.state.restUntil ?? 0
    rests.push(Math.round((until - at.clock.wallMs()) / MINUTE))
    at.pass(until - at.clock.wallMs() + 1000)
  }
  t.strictSame(rests, [1, 2, 4, 8, 16, 32, 60, 60])
})

t.test('rests, whatever becomes of the clock and the file', (t) => {
  const file = join(t.testdir(), 'rests.json')
  createRests(file).keep('kraken', NOON, 90 * MINUTE)
  const left = (now: number): number => createRests(file).left('kraken', now)
  t.equal(left(NOON + 30 * MINUTE), 60 * MINUTE)
  t.equal(left(NOON + 91 * MINUTE), 0)
  t.equal(left(NOON - 5 * 60 * MINUTE), 90 * MINUTE, 'a clock that went back prolongs no rest')
  createRests(file, { readOnly: true }).keep('kraken', NOON, 0)
  t.equal(left(NOON), 90 * MINUTE, 'one that looks changes nothing')
  for (const text of [
    '',
    '{',
    '[]',
    'null',
    '{"rests":{"kraken":7}}',
    '{"rests":{"kraken":{"at":0,"ms":1e18}}}',
  ]) {
    writeFileSync(file, text)
    t.equal(left(NOON), 0, text)
  }
  t.end()
})

t.test('rates that cannot be divided by', async (t) => {
  for (const rate of ['0', '-1', 'NaN', '1e999', '']) {
    const at = await world(t, { assets: ['KES', 'TZS'] })
    at.faults.books = (venue, books) =>
      books.map((book) => (venue === 'coinbase' && book.quote === 'KES' ? { ...book, last: rate } : book))
    const snapshot = await at.feed.snapshot(DEADLINE)
    t.ok(snapshot.complete)
    assertHonest(t, at, snapshot)
    t.match(rejections(snapshot, 'KES').get('1 / coinbase-fx:KES'), {
      code: 'no-price',
      detail: 'no usable rate',
    })
  }
})

t.test('a liar, 20 % off on all its markets, from the start and in mid-run', async (t) => {
  const lie = (text: string): string => decimal(Number(text) * 1.2)
  const at = await world(t)
  for (const liar of [
    'kraken',
    'coinbase',
    'binance',
    'gate',
    'er-api',
    'exchangerate-fun',
    'gold-api',
  ] as const) {
    const books: Faults['books'] = (venue, tops) =>
      venue === liar
        ? tops.map((book) => ({ ...book, bid: lie(book.bid), ask: lie(book.ask), last: lie(book.last) }))
        : tops
    // The first lies from the start; the others after all were honest for a while.
    if (liar !== 'kraken') {
      at.faults.books = undefined
      at.pass(61 * MINUTE)
      t.ok((await at.feed.snapshot(DEADLINE)).complete)
      at.pass(61 * MINUTE)
    }
    at.faults.books = books
    const snapshot = await at.feed.snapshot(DEADLINE)
    t.strictSame([...snapshot.missing], [], liar)
    assertHonest(t, at, snapshot)
    t.ok(
      (snapshot.outliers.get(liar === 'coinbase' ? 'coinbase-fx' : liar)?.length ?? 0) >= 2,
      `${liar} is named`,
    )
    t.match(alarmsOf(snapshot, at.feed.sources(), { warnAt: 0.05, guarded: true }), [
      { code: 'E_PRICES_LIAR', message: new RegExp(`^${liar}`) },
    ])
  }
})

t.test('a snapshot is kept, and recomputed to the byte', async (t) => {
  const dir = t.testdir()
  const store = createSnapshotStore({ dir, fileBytes: 150_000, files: 2 })
  const at = await world(t, { onSnapshot: (input, snapshot) => store.add(input, snapshot) })
  const said = new Map(V5.map((asset, k) => [asset, BigInt(k + 1) * 1000n]))
  const winners = { height: 6, records: 1, best: said, median: said }
  for (let height = 7; height < 15; height++) {
    if (height === 9) at.faults.reply = (venue) => (venue === 'kraken' ? { kind: 'reset' } : undefined)
    await at.feed.snapshot({ ...DEADLINE, height, version: height % 2 === 0 ? 5 : 4, winners })
    at.pass(10 * MINUTE)
  }
  const kept = readdirSync(dir).sort()
  t.equal(kept.length, 3, kept.join(' '))
  const stored = kept.flatMap((name) => readSnapshotFile(join(dir, name)))
  t.ok(stored.length >= 3 && stored.length < 8, 'the oldest are gone')
  for (const each of stored) t.same(replay(each).differences, [])
  const last = store.last()
  const good = [...replay(stored.at(-1) as StoredSnapshot).snapshot.assets.values()].filter(
    ({ status }) => status === 'ok',
  )
  t.ok(good.length > 30 && good.every(({ asset }) => last?.memory.has(asset)), 'what was good is remembered')
  t.equal(last?.winners?.height, 6)

  const newest = stored.at(-1)
  if (!newest) throw new Error('there are some')
  const { input, snapshot } = newest
  const view = input.sources.find(({ name }) => name === 'coinbase')
  const quote = view?.quotes.get('BTC/USD')
  if (!view || !quote) throw new Error('coinbase has a price of Bitcoin')
  const quotes = new Map(view.quotes).set('BTC/USD', { ...quote, price: quote.price * 1.001 })
  const changed = {
    ...input,
    sources: input.sources.map((each) => (each === view ? { ...view, quotes } : each)),
  }
  const { differences } = replay({ input: changed, snapshot })
  t.ok(differences.some(({ at: where }) => where === 'assets.XBT.votes.coinbase:BTC/USD.price'))
  t.ok(
    differences.some(
      ({ at: where, stored: was, computed }) => where === 'assets.XBT.units' && was !== computed,
    ),
  )
  t.notOk(differences.some(({ at: where }) => where.startsWith('assets.EUR')))

  const file = join(dir, 'snapshots.jsonl')
  const before = readSnapshotFile(file).length
  appendFileSync(file, '{"format":1,"input":{"conf')
  t.equal(readSnapshotFile(file).length, before, 'a line that a crash cut off is passed over')
  t.equal(store.last()?.takenAt, input.now)
  for (const text of ['', 'x\n', '{"format":2}\n', '{"format":1,"input":3,"snapshot":4}\n', '[]\n']) {
    writeFileSync(join(dir, 'other'), text)
    if (text === '') t.same(readSnapshotFile(join(dir, 'other')), [])
    else t.throws(() => readSnapshotFile(join(dir, 'other')).map(replay), { code: 'E_PRICES_STORED' }, text)
  }
  t.throws(() => readSnapshotFile(join(dir, 'none')), { code: 'E_PRICES_STORED' })
  const nowhere = createSnapshotStore({ dir: join(file, 'below') })
  t.throws(() => nowhere.add(input, replay(newest).snapshot), { code: 'E_PRICES_STORE' })
})

/** Connections of this process; the embedded exchange's ends of them count. */
const connections = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'TCPSocketWrap').length

t.test('closing leaves no connection behind', async (t) => {
  const before = connections()
  const at = await world(t)
  t.ok((await at.feed.snapshot(DEADLINE)).complete)
  t.ok(connections() > before, 'connections are kept for the next snapshot')
  await at.feed.close()
  await until(() => connections() <= before, 10)
  t.ok(connections() <= before)
})

t.test('a deadline holds while sources hang, and closing ends them', async (t) => {
  const at = await world(t, { raw: deadlines('60s'), pollTimeoutMs: 60_000 })
  at.faults.reply = (venue) =>
    venue === 'kraken' || venue === 'frankfurter'
      ? { kind: venue === 'kraken' ? 'stall-headers' : 'stall-body' }
      : undefined
  const began = performance.now()
  const first = await at.feed.snapshot({ deadlineMs: 2500 })
  const took = performance.now() - began
  t.ok(took >= 2400 && took < 20_000, `took ${took} ms`)
  t.ok(first.prices.has('USD'), 'what needs nobody is there')
  t.equal(rejections(first, 'XMR').get('kraken:XMR/USD')?.code, 'not-asked')

  const abort = new AbortController()
  const called = at.feed.snapshot({ deadlineMs: 60_000, signal: abort.signal })
  abort.abort()
  await t.rejects(called, { code: 'E_PRICES_CLOSED' })

  const pending = t.rejects(at.feed.snapshot({ deadlineMs: 60_000 }), { code: 'E_PRICES_CLOSED' })
  const closing = performance.now()
  await at.feed.close()
  await at.feed.close()
  t.ok(performance.now() - closing < 30_000, 'closes at once')
  await pending
  await t.rejects(at.feed.snapshot(DEADLINE), { code: 'E_PRICES_CLOSED' })
  await t.rejects(at.feed.start(), { code: 'E_PRICES_CLOSED' })
})

t.test('background refresh, until it is closed', async (t) => {
  const options = { assets: ['XAG'], refreshMs: 100 }
  const closed = await world(t, options)
  const open = await world(t, options)
  await closed.feed.start()
  await open.feed.start()
  const polls = async (at: World, more: number): Promise<void> => {
    for (const enough = at.exchange.log.length + more; at.exchange.log.length < enough; at.pass(MINUTE))
      await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await Promise.all([polls(closed, 2), polls(open, 2)])
  await closed.feed.close()
  const asked = closed.exchange.log.length
  closed.pass(61 * MINUTE)
  await polls(open, 3)
  t.equal(closed.exchange.log.length, asked, 'nothing is asked after closing')
})

t.test('exchanges that are not on the internet stay off it', async (t) => {
  const at = await world(t)
  // Without a URL of its own coinbase would ask api.coinbase.com.
  const coinbase = await createExchange('coinbase', {
    timeoutMs: 1000,
    within: at.exchange.url,
    rateLimit: 1,
  })
  t.teardown(() => coinbase.shut())
  await t.rejects(coinbase.loadMarkets(true), { code: 'E_PRICES_UNREACHABLE', message: /kept from asking/ })
  for (const id of ['../ccxt', 'Kraken', ''])
    await t.rejects(createExchange(id, { timeoutMs: 1000 }), { code: 'E_PRICES_SOURCE' })
})

t.test('the real world’s sources are set up without being asked', async (t) => {
  const reading = readPrices(undefined, { keyAt: () => undefined, hasExchange: isExchange, now: NOON })
  if (!reading.ok) throw new Error('the defaults are right')
  const feed = createPriceFeed(reading.value)
  t.equal(feed.sourceNames.length, 14)
  await feed.close()
})
