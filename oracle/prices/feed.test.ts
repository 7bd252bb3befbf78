import t, { type Test } from 'tap'

import { isCoded } from '../../config/index.js'
import { ASSETS } from '../records/index.js'
import {
  startDevExchange,
  type Book,
  type DevExchange,
  type Faults,
  type Trouble,
  type Venue,
} from './dev/index.js'
import { createExchange } from './ccxt-exchange.js'
import { createPriceFeed, type PriceFeed, type PriceFeedOptions } from './feed.js'
import type { PollReport } from './poller.js'
import { DEV_ROUTES } from './route-table.js'
import { defaultSources, devSources } from './sources.js'
import type { PriceSnapshot } from './types.js'

const V5 = ASSETS[5]
const MINUTE = 60_000
const EXCHANGES = ['kraken', 'coinbase', 'binance', 'bitstamp', 'kucoin']
const DEADLINE = { deadlineMs: 20_000 }

/** A development world whose clock, trouble and feed are the test's. */
interface World {
  readonly exchange: DevExchange
  readonly feed: PriceFeed
  readonly faults: { -readonly [K in keyof Faults]: Faults[K] }
  /** The last report of each source. */
  readonly reports: Map<string, PollReport>
  pass(ms: number): void
}

async function world(test: Test, options: Partial<PriceFeedOptions> = {}): Promise<World> {
  let time = Date.UTC(2026, 10, 24, 12)
  const now = (): number => time
  const faults: World['faults'] = {}
  const exchange = await startDevExchange({ now, faults })
  const reports = new Map<string, PollReport>()
  const feed = createPriceFeed({
    assets: V5,
    ...devSources(exchange.url),
    now,
    onPoll: (report) => reports.set(report.source, report),
    ...options,
  })
  test.teardown(async () => {
    await feed.close()
    await exchange.close()
  })
  return { exchange, feed, faults, reports, pass: (ms) => (time += ms) }
}

/** Relative distance of a snapshot's price from the truth. */
function off({ exchange }: World, snapshot: PriceSnapshot, asset: string): number {
  const units = snapshot.prices.get(asset)
  return units === undefined ? NaN : Math.abs(Number(units) / 1e8 / exchange.truth(asset) - 1)
}

/** Daily rates are of midnight; everything else is of now. */
const tolerance = (asset: string): number =>
  DEV_ROUTES[asset]?.some((route) => route.includes('frankfurter')) ? 0.01 : 0.001

function assertHonest(test: Test, at: World, snapshot: PriceSnapshot): void {
  const wrong = [...snapshot.prices.keys()].filter((asset) => !(off(at, snapshot, asset) <= tolerance(asset)))
  test.strictSame(wrong, [], 'every price is near the truth')
}

t.test('all 62 assets through ccxt and publishers', async (t) => {
  const at = await world(t)
  t.equal(at.feed.sourceNames.length, 10)
  await at.feed.start()
  const asked = at.exchange.log.length
  const snapshot = await at.feed.snapshot(DEADLINE)
  t.equal(at.exchange.log.length, asked, 'quotes just taken are fresh')

  t.strictSame([...snapshot.missing], [])
  t.ok(snapshot.complete)
  t.strictSame([...snapshot.prices.keys()], V5)
  t.equal(snapshot.prices.get('USD'), 100_000_000n)
  assertHonest(t, at, snapshot)
  const alone = V5.filter((asset) => (snapshot.votes.get(asset)?.length ?? 0) < 2)
  t.strictSame(alone, ['USD'], 'everything else has two votes or more')
  t.ok(snapshot.sources.every(({ ok, ageMs }) => ok && ageMs === 0))
  t.match(snapshot.votes.get('RVN')?.[0], {
    route: 'binance:RVN/USDT * USDT/USD',
    origins: ['binance'],
    live: true,
  })
  t.match(snapshot.rejected.get('XBT'), [])

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

t.test('assets of the older versions', async (t) => {
  for (const version of [2, 4] as const) {
    const at = await world(t, { assets: ASSETS[version] })
    const snapshot = await at.feed.snapshot(DEADLINE)
    t.ok(snapshot.complete, `version ${version} without start()`)
    t.strictSame([...snapshot.prices.keys()], ASSETS[version])
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
})

/** What each trouble is called, by exchanges and by publishers. */
const MATRIX: [name: string, trouble: Trouble, codes: RegExp][] = [
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

/** Lets one kind of trouble befall all sources, then heals them. */
async function suffer(t: Test, at: World, [name, trouble, code]: (typeof MATRIX)[number]): Promise<void> {
  at.faults.reply = () => trouble
  const began = performance.now()
  const snapshot = await at.feed.snapshot(DEADLINE)
  t.ok(performance.now() - began < 10_000, `${name}: bounded in time`)
  t.equal(snapshot.complete, false)
  t.equal(snapshot.prices.get('USD'), 100_000_000n, 'what needs no source has its price')
  t.notOk(snapshot.prices.has('XBT'))
  const reports = at.feed.sourceNames.map((source) => at.reports.get(source))
  const strange = reports.filter(
    (report) => !code.test(report?.code ?? '') || /\n|<html/.test(report?.error ?? ''),
  )
  t.strictSame(strange, [], `${name}: each source says so, in one line without bodies`)
  t.ok(snapshot.sources.every(({ ok }) => !ok))

  at.faults.reply = undefined
  at.pass(61 * MINUTE)
  const healed = await at.feed.snapshot(DEADLINE)
  t.strictSame([...healed.missing], [], `${name}: whole again`)
  t.strictSame(
    healed.sources.filter(({ ok }) => !ok),
    [],
  )
  assertHonest(t, at, healed)
}
/** Short where a reply is waited for in vain. */
const patience = ([, trouble]: (typeof MATRIX)[number]): Partial<PriceFeedOptions> =>
  trouble.kind.startsWith('stall') ? { requestTimeoutMs: 1000 } : {}

t.test('trouble at the first request, and recovery without a restart', async (t) => {
  for (const row of MATRIX) {
    const at = await world(t, patience(row))
    await suffer(t, at, row)
    await at.feed.close()
  }
})

t.test('trouble in mid-run, and recovery without a restart', async (t) => {
  const at = await world(t, { requestTimeoutMs: 1000 })
  t.ok((await at.feed.snapshot(DEADLINE)).complete)
  for (const row of MATRIX) {
    at.pass(61 * MINUTE)
    await suffer(t, at, row)
  }
})

t.test('one source in trouble is not felt by assets with two others', async (t) => {
  const at = await world(t)
  at.faults.reply = (venue) => (venue === 'binance' ? { kind: 'status', status: 503 } : undefined)
  const snapshot = await at.feed.snapshot(DEADLINE)
  t.strictSame([...snapshot.missing.keys()].sort(), ['DCR', 'DGB', 'EOS', 'NEO', 'ONT', 'RVN'])
  t.match(snapshot.missing.get('DGB'), /^needs 2 sources, has 1; binance:DGB\/USDT \* USDT\/USD: .*503/)
  t.match(
    snapshot.sources.find(({ name }) => name === 'binance'),
    { ok: false, ageMs: null, error: /503/ },
  )
  assertHonest(t, at, snapshot)

  at.faults.reply = undefined
  at.pass(20_000)
  t.ok((await at.feed.snapshot(DEADLINE)).complete)

  at.faults.reply = (venue) => (venue === 'binance' ? { kind: 'reset' } : undefined)
  at.pass(20_000)
  const held = await at.feed.snapshot(DEADLINE)
  t.ok(held.complete, 'quotes of 20 s ago are still good')
  t.match(
    held.sources.find(({ name }) => name === 'binance'),
    { ok: false, ageMs: 20_000 },
  )
})

t.test('a source that keeps failing is left alone for a while', async (t) => {
  const at = await world(t, { assets: ['XAG'] })
  at.faults.reply = (venue) => (venue === 'gold-api' ? { kind: 'status', status: 500 } : undefined)
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
  at.faults.reply = (_venue, path) => (/AssetPairs|symbols/.test(path) ? html : undefined)
  at.pass(7 * 60 * MINUTE)
  const kept = await at.feed.snapshot(DEADLINE)
  t.equal(tables(), 2)
  t.ok(kept.complete, 'the old table still tells what to ask for')

  at.faults.reply = undefined
  at.faults.books = (venue, books) => books.filter(({ base }) => venue !== 'kraken' || base !== 'XMR')
  at.pass(11 * MINUTE)
  const delisted = await at.feed.snapshot(DEADLINE)
  t.equal(tables(), 3)
  t.match(delisted.missing.get('XMR'), /kraken:XMR\/USD: not listed/)
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
  const RUINED: [name: string, ruin: (book: Book) => Book | null, reason: RegExp][] = [
    ['missing', () => null, /not listed|no ticker/],
    ['halted', (book) => ({ ...book, trading: false }), /not trading/],
    ['zero', (book) => ({ ...book, bid: '0', ask: '0', last: '0' }), /no usable price/],
    ['negative', (book) => ({ ...book, bid: '-5', ask: '-4', last: '-4.5' }), /no usable price/],
    ['no number', (book) => ({ ...book, bid: 'NaN', ask: 'Infinity', last: 'many' }), /no usable price/],
    ['frozen', (book) => ({ ...book, time: book.time - 10 * MINUTE }), /10 min old, limit 5 min/],
  ]
  for (const [name, ruin, reason] of RUINED) {
    const at = await world(t, { assets: ['ETH', 'XBT'] })
    const venue: Venue = 'binance'
    at.faults.books = (asked, books) =>
      books.flatMap((book) => {
        if (asked !== venue || book.base !== 'ETH') return [book]
        const ruined = ruin(book)
        return ruined ? [ruined] : []
      })
    const snapshot = await at.feed.snapshot(DEADLINE)
    t.ok(snapshot.complete, name)
    assertHonest(t, at, snapshot)
    const rejection = snapshot.rejected.get('ETH')?.find(({ route }) => route.startsWith(venue))
    t.match(rejection?.reason, reason, `${name}: ${rejection?.reason}`)
    t.equal(snapshot.votes.get('ETH')?.length, 4)
    t.equal(snapshot.votes.get('XBT')?.length, 5, 'the same venue’s other markets count')
  }

  const dead = await world(t, {
    assets: ['XMR'],
    routes: { ...DEV_ROUTES, XMR: ['binance:XMR/USDT * USDT/USD'] },
  })
  const snapshot = await dead.feed.snapshot(DEADLINE)
  t.match(
    snapshot.missing.get('XMR'),
    /listed but not trading/,
    'a market closed in 2024 that still has a ticker',
  )
})

t.test('rates that cannot be divided by', async (t) => {
  for (const rate of ['0', '-1', 'NaN', '1e999', '']) {
    const at = await world(t, { assets: ['KES', 'TZS'] })
    at.faults.books = (venue, books) =>
      books.map((book) => (venue === 'coinbase' && book.quote === 'KES' ? { ...book, last: rate } : book))
    const snapshot = await at.feed.snapshot(DEADLINE)
    t.ok(snapshot.complete)
    assertHonest(t, at, snapshot)
    t.match(snapshot.rejected.get('KES'), [{ route: '1 / coinbase-fx:KES', reason: 'no usable rate' }])
  }
})

t.test('a liar, 20 % off on all its markets, from the start and in mid-run', async (t) => {
  for (const liar of ['kraken', 'coinbase', 'binance', 'er-api', 'gold-api'] as const) {
    const at = await world(t)
    const lie = (text: string): string => (Number(text) * 1.2).toFixed(8)
    const books: Faults['books'] = (venue, tops) =>
      venue === liar
        ? tops.map((book) => ({ ...book, bid: lie(book.bid), ask: lie(book.ask), last: lie(book.last) }))
        : tops
    if (liar === 'binance') {
      t.ok((await at.feed.snapshot(DEADLINE)).complete)
      at.pass(61 * MINUTE)
    }
    at.faults.books = books
    const snapshot = await at.feed.snapshot(DEADLINE)
    assertHonest(t, at, snapshot)
    const lost = [...snapshot.missing.keys()]
    for (const asset of lost) {
      const routes = DEV_ROUTES[asset]?.length ?? 0
      t.equal(routes, 2, `${asset} has only two sources, of which neither can be believed`)
      t.match(snapshot.missing.get(asset), /disagree/)
    }
  }
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
  while (connections() > before) await new Promise((resolve) => setTimeout(resolve, 10))
  t.equal(connections(), before)
})

t.test('a deadline holds while sources hang, and closing ends them', async (t) => {
  const at = await world(t, { requestTimeoutMs: 60_000, pollTimeoutMs: 60_000 })
  at.faults.reply = (venue) =>
    venue === 'kraken' || venue === 'frankfurter'
      ? { kind: venue === 'kraken' ? 'stall-headers' : 'stall-body' }
      : undefined
  const began = performance.now()
  const first = await at.feed.snapshot({ deadlineMs: 2500 })
  const took = performance.now() - began
  t.ok(took >= 2400 && took < 6000, `took ${took} ms`)
  t.ok(first.prices.has('XBT'), 'the others were heard')
  t.match(first.missing.get('XMR'), /kraken:XMR\/USD: not asked yet/)

  const abort = new AbortController()
  const called = at.feed.snapshot({ deadlineMs: 60_000, signal: abort.signal })
  abort.abort()
  await t.rejects(called, { code: 'E_PRICES_CLOSED' })

  const pending = t.rejects(at.feed.snapshot({ deadlineMs: 60_000 }), { code: 'E_PRICES_CLOSED' })
  const closing = performance.now()
  await at.feed.close()
  await at.feed.close()
  t.ok(performance.now() - closing < 2000, 'closes at once')
  await pending
  await t.rejects(at.feed.snapshot(DEADLINE), { code: 'E_PRICES_CLOSED' })
  await t.rejects(at.feed.start(), { code: 'E_PRICES_CLOSED' })
})

t.test('background refresh, until it is closed', async (t) => {
  const options = { assets: ['XAG'], refresh: '* * * * * *' }
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
  const feed = createPriceFeed({ assets: V5, ...defaultSources() })
  t.equal(feed.sourceNames.length, 10)
  await feed.close()
})

t.test('options that cannot work', (t) => {
  const sources = defaultSources()
  const thrown = (options: Partial<PriceFeedOptions>): string | undefined => {
    try {
      createPriceFeed({ assets: ['XBT'], ...sources, ...options })
      return undefined
    } catch (error) {
      return isCoded(error) ? error.code : String(error)
    }
  }
  const [first] = sources.sources
  if (!first) throw new Error('there are sources')
  t.equal(thrown({}), undefined)
  t.equal(thrown({ refresh: 'now and then' }), 'E_PRICES_SCHEDULE')
  t.equal(thrown({ sources: [first, first] }), 'E_PRICES_SOURCE')
  t.equal(thrown({ sources: [{ ...first, url: 'nowhere' }] }), 'E_PRICES_SOURCE')
  t.equal(thrown({ routes: { XBT: ['kraken:BTC/USD *'] } }), 'E_PRICES_ROUTE')
  t.end()
})
