/** Snapshots from made-up quotes: routes, ages, guards, policies; nothing is asked. */
import { readFileSync } from 'node:fs'
import t from 'tap'

import { ASSETS, decodeOpr, encodeOpr, priceToNumber } from '../records/index.js'
import { reasonText } from './reasons.js'
import { buildSnapshot, routePlanOf, type SnapshotInput, type SnapshotResult } from './snapshot.js'
import { snapshotLine } from './snapshot-json.js'
import type { AssetPrice, PriceMemory, Quote, QuoteKind, SourceView, WinnersView } from './types.js'
import { readPrices } from './validate.js'
import type { PriceConfig } from './config.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const NOW = Date.UTC(2026, 10, 24, 12)
const MINUTE = 60_000
const HOUR = 60 * MINUTE

const quote = (price: number, ageMs = 0, more: Partial<Quote> = {}): Quote => ({
  price,
  rule: 'mid',
  sourceTime: null,
  receivedAt: NOW - ageMs,
  ...more,
})
const view = (name: string, quotes: Record<string, Quote>, kind: QuoteKind = 'spot'): SourceView => ({
  name,
  origin: name,
  kind,
  ok: true,
  ageMs: 0,
  quotes: new Map(Object.entries(quotes)),
  absent: new Map([['GONE/USD', { code: 'not-listed', detail: 'not listed' }]]),
})

/** The defaults with something on top. */
function configOf(raw: Record<string, unknown> = {}): PriceConfig {
  const reading = readPrices(raw, { keyAt: () => undefined, hasExchange: () => true, now: NOW })
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
  return reading.value.config
}
const DEFAULTS = configOf()

interface SnapshotCase extends Partial<Omit<SnapshotInput, 'config'>> {
  readonly raw?: Record<string, unknown>
}
function take(
  assets: readonly string[],
  sources: readonly SourceView[],
  { raw, ...more }: SnapshotCase = {},
): SnapshotResult {
  const config = raw === undefined ? DEFAULTS : configOf(raw)
  return buildSnapshot({
    config,
    assets,
    height: 7,
    version: 5,
    now: NOW,
    sources,
    winners: null,
    memory: new Map(),
    ...more,
  })
}
const only = (result: SnapshotResult, asset: string): AssetPrice => {
  const price = result.snapshot.assets.get(asset)
  if (!price) throw new Error(`${asset} was not asked for`)
  return price
}
/** Bitcoin at some venues, as a price each. */
const bitcoin = (...prices: number[]): SourceView[] =>
  prices.map((price, k) => view(['kraken', 'coinbase', 'bitstamp'][k] ?? '', { 'BTC/USD': quote(price) }))

t.test('routes, conversion, triangulation', (t) => {
  const usdt = { 'USDT/USD': quote(0.9) }
  const result = take(
    ['DCR'],
    [
      view('kraken', { ...usdt, 'BTC/USD': quote(100_000) }),
      view('coinbase', { ...usdt, 'BTC/USD': quote(100_000) }),
      view('bitstamp', { 'BTC/USD': quote(100_000) }),
      view('kucoin', { 'DCR/USDT': quote(25) }),
      view('gate', { 'DCR/BTC': quote(0.000225) }),
    ],
    {
      raw: {
        assets: {
          DCR: {
            routes: ['kucoin:DCR/USDT * USDT/USD', 'gate:DCR/BTC * XBT', 'binance:DCR/USDT * USDT/USD'],
          },
        },
      },
    },
  )
  matchExactly(t, only(result, 'DCR'), {
    status: 'ok',
    units: 2_250_000_000n,
    votes: [
      {
        origins: ['kucoin'],
        legs: [
          { quote: 'kucoin:DCR/USDT', price: 25 },
          { quote: 'USDT/USD', price: 0.9 },
        ],
      },
      { origins: ['gate'], legs: [{ quote: 'gate:DCR/BTC' }, { quote: 'XBT', price: 100_000 }] },
    ],
    rejected: [{ route: 'binance:DCR/USDT * USDT/USD', reason: { code: 'not-asked' } }],
  })

  const lost = take(
    ['RVN'],
    [view('kucoin', { 'RVN/USDT': quote(0.008) }), view('gate', { 'RVN/USDT': quote(0.008) })],
  )
  matchExactly(
    t,
    only(lost, 'RVN').rejected.map(({ reason }) => reason.code),
    ['not-asked', 'not-asked', 'leg-unavailable', 'leg-unavailable'],
    'a Tether is never taken for a dollar',
  )
  t.match(
    lost.snapshot.missing.get('RVN'),
    /needs 2 sources, has 0; binance:RVN.*: not asked yet; .*USDT\/USD has no price/,
  )

  const none = take(['NEW'], [])
  t.equal(none.snapshot.missing.get('NEW'), 'nothing is configured for it')
  t.equal(none.snapshot.complete, false)
  t.end()
})

t.test('a Tether that loses its peg between two polls', (t) => {
  const venue = (name: string, peg: number, coins: number): SourceView =>
    ['kraken', 'coinbase', 'bitstamp'].includes(name)
      ? view(name, { 'USDT/USD': quote(peg), 'BTC/USD': quote(100_000) })
      : view(name, { 'BTC/USDT': quote(100_000 / coins), 'RVN/USDT': quote(0.01 / coins) })
  const names = ['kraken', 'coinbase', 'bitstamp', 'binance', 'kucoin', 'gate']
  const world = (peg: number, coins = peg): SourceView[] => names.map((name) => venue(name, peg, coins))
  const before = take(['RVN', 'XBT'], world(1))
  t.match(only(before, 'RVN'), { status: 'ok', units: 1_000_000n })

  const torn = take(['RVN', 'XBT'], world(1, 0.9), { memory: before.memory })
  t.match(torn.snapshot.indices.get('USDT/USD'), { status: 'failed', note: /what it buys elsewhere/ })
  t.match(only(torn, 'RVN'), { status: 'held', units: 1_000_000n }, 'never at the old worth of Tether')
  t.match(only(torn, 'XBT'), { status: 'ok', units: 10_000_000_000_000n })

  const lost = take(['RVN', 'XBT'], world(0.9), { memory: before.memory })
  t.match(
    lost.snapshot.indices.get('USDT/USD'),
    { status: 'failed', note: /moved by 10\.00 %/ },
    'an index is never held',
  )
  t.match(only(lost, 'RVN'), { status: 'held', units: 1_000_000n })
  const later = world(0.9).map((each) => ({
    ...each,
    quotes: new Map(
      [...each.quotes].map(([symbol, found]) => [symbol, { ...found, receivedAt: NOW + MINUTE }]),
    ),
  }))
  const again = take(['RVN', 'XBT'], later, { memory: lost.memory, now: NOW + MINUTE })
  t.match(again.snapshot.indices.get('USDT/USD'), {
    status: 'ok',
    units: 90_000_000n,
    note: /confirmed by 3 sources/,
  })
  t.match(only(again, 'RVN'), { status: 'ok', units: 1_000_000n })
  t.end()
})

t.test('how old, how wide, how far', (t) => {
  const old = (ms: number, more: Partial<Quote> = {}): SourceView =>
    view('kraken', { 'BTC/USD': quote(100, ms, more) })
  const reason = (source: SourceView): string => {
    const price = only(take(['XBT'], [source]), 'XBT')
    const found = price.rejected.find(({ route }) => route === 'kraken:BTC/USD')
    return found === undefined ? 'counts' : reasonText(found.reason)
  }
  const bounds = { raw: { assets: { XBT: { bounds: [1, 1000] } } } }
  const inBounds = (source: SourceView): string => {
    const found = only(take(['XBT'], [source], bounds), 'XBT').rejected.find(
      ({ route }) => route === 'kraken:BTC/USD',
    )
    return found === undefined ? 'counts' : reasonText(found.reason)
  }
  t.equal(reason(old(0)), '100 is beyond the bounds 1000 to 10000000')
  t.equal(inBounds(old(0)), 'counts')
  t.equal(inBounds(old(5 * MINUTE)), 'counts')
  t.equal(inBounds(old(6 * MINUTE)), '6 min old, limit 5 min')
  t.equal(inBounds(old(0, { sourceTime: NOW - 6 * MINUTE })), '6 min old, limit 5 min')
  t.equal(inBounds(old(0, { sourceTime: NOW + MINUTE })), 'counts', 'clocks differ')
  t.equal(inBounds(old(0, { sourceTime: NOW + 6 * MINUTE })), 'dated 6 min in the future', 'that is not new')
  t.equal(inBounds(old(0, { spread: 0.02 })), 'bid and ask are 2.00 % apart, limit 1.50 %')
  const down: SourceView = { ...old(6 * MINUTE), ok: false, trouble: { code: 'timeout', detail: 'no reply' } }
  t.equal(inBounds(down), 'no reply', 'why it is old')

  const tiny = take(['DGB'], [view('gate', { 'DGB/USD': quote(9e-9) })], {
    raw: { assets: { DGB: { routes: ['gate:DGB/USD'], allowSingle: true, bounds: [1e-12, 1e13] } } },
  })
  t.match(
    only(tiny, 'DGB'),
    { status: 'failed', units: 0n, note: 'no record can hold 9e-9 USD' },
    'never a price of 0',
  )
  t.end()
})

t.test('metals and currencies over a weekend, through both changes of the clock', (t) => {
  const WEEKENDS: [what: string, friday: number, opens: number][] = [
    ['March, to summer time', Date.UTC(2026, 2, 6, 22), Date.UTC(2026, 2, 8, 22)],
    ['November, from summer time', Date.UTC(2026, 9, 30, 21), Date.UTC(2026, 10, 1, 23)],
    ['any', Date.UTC(2026, 0, 9, 22), Date.UTC(2026, 0, 11, 23)],
  ]
  for (const [what, closes, opens] of WEEKENDS) {
    const at = (now: number, quoted: number): string => {
      const sources = ['gold-api', 'swissquote'].map((name) =>
        view(name, { XAU: { ...quote(4000), sourceTime: quoted, receivedAt: now } }, 'metal'),
      )
      const price = only(take(['XAU'], sources, { now }), 'XAU')
      return price.status
    }
    const last = closes - 5 * MINUTE
    t.equal(at(closes + 12 * HOUR, last), 'ok', `${what}: Friday's last price stands on Saturday`)
    t.equal(at(opens - MINUTE, last), 'ok', 'and until the market opens')
    t.equal(at(opens + 24 * MINUTE, last), 'ok', 'and some minutes more')
    t.equal(at(opens + 26 * MINUTE, last), 'failed', 'but no longer than half an hour of trading')
    t.equal(at(closes + 12 * HOUR, closes - 31 * MINUTE), 'failed', 'what was old at the close stays old')
    t.equal(at(closes - 40 * MINUTE, closes - 71 * MINUTE), 'failed', 'while the market is open')
  }
  const daily = (ageHours: number, now: number): string => {
    const names = ['er-api', 'frankfurter', 'currency-api']
    const sources = names.map((name) =>
      view(name, { TZS: { ...quote(2450), sourceTime: now - ageHours * HOUR, receivedAt: now } }, 'fx-daily'),
    )
    return only(take(['TZS'], sources, { now }), 'TZS').status
  }
  const wednesday = Date.UTC(2026, 10, 25, 12)
  const monday = Date.UTC(2026, 10, 23, 12)
  t.equal(daily(36, wednesday), 'ok')
  t.equal(daily(37, wednesday), 'failed')
  t.equal(daily(84, monday), 'ok', 'Friday’s fixing on Monday')
  t.equal(daily(121, monday), 'failed')
  t.end()
})

t.test('metals on holidays: the last price stands, whatever is dated before it', (t) => {
  const utc = (text: string): number => Date.parse(`${text}Z`)
  const HOLIDAYS: [what: string, closes: string, opens: string][] = [
    ['Good Friday 2027', '2027-03-25T21:00', '2027-03-28T22:00'],
    ['Christmas 2026', '2026-12-24T18:45', '2026-12-27T23:00'],
    ['New Year 2027', '2026-12-31T22:00', '2027-01-03T23:00'],
  ]
  for (const [what, closes, opens] of HOLIDAYS)
    for (let now = utc(closes); now < utc(opens) + 20 * MINUTE; now += 30 * MINUTE) {
      const still = { sourceTime: utc(closes) - MINUTE, receivedAt: now }
      const dated = { sourceTime: utc(closes.slice(0, 10) + 'T00:00'), receivedAt: now }
      const sources = [
        view('gold-api', { XAG: { ...quote(50), ...still } }, 'metal'),
        view('swissquote', { XAG: { ...quote(50), ...still } }, 'metal'),
        view('exchangerate-fun', { XAG: { ...quote(1 / 50), ...still } }, 'fx-hourly'),
        view('frankfurter', { XAG: { ...quote(1 / 50), ...dated } }, 'fx-daily'),
      ]
      const { status, votes, rejected } = only(take(['XAG'], sources, { now }), 'XAG')
      const counted = votes.length + rejected.filter(({ reason }) => reason.code === 'daily').length
      if (status !== 'ok' || counted < 4)
        t.fail(`${what}: ${status} by ${counted} at ${new Date(now).toISOString()}`)
    }
  t.pass('silver keeps four sources')
  t.end()
})

t.test('against our own last price', (t) => {
  const memory = (price: number, ageMs: number, more: object = {}): PriceMemory =>
    new Map([['XBT', { price, at: NOW - ageMs, ...more }]])
  const three = bitcoin(120_000, 120_050, 119_950)
  const step = (kept: PriceMemory, sources = three): SnapshotResult =>
    take(['XBT'], sources, { memory: kept })

  t.match(only(step(memory(110_000, MINUTE)), 'XBT'), { status: 'ok' }, '9 % is within a day’s work')
  const first = step(memory(100_000, 10 * MINUTE))
  t.match(only(first, 'XBT'), { status: 'held', units: 10_000_000_000_000n, ageMs: 10 * MINUTE })
  t.match(
    only(first, 'XBT').note,
    /moved by 20\.00 % in 10 min, limit 15\.00 %; 4 sources must confirm it in two polls/,
  )
  t.match(first.memory.get('XBT'), {
    price: 100_000,
    at: NOW - 10 * MINUTE,
    step: { price: 120_000, since: NOW },
  })

  const again = step(first.memory)
  t.match(only(again, 'XBT'), { status: 'held' }, 'the same quotes once more are no confirmation')
  const waiting = { step: { price: 120_000, since: NOW - 2 * MINUTE, at: NOW - 2 * MINUTE } }
  t.match(
    only(step(memory(100_000, 10 * MINUTE, waiting)), 'XBT'),
    { status: 'held' },
    'three votes are not enough',
  )
  const usdt = { 'USDT/USD': quote(1) }
  const four = [...three, view('gate', { 'BTC/USDT': quote(120_000) }), view('x', {})].map((each) =>
    each.name === 'kraken' || each.name === 'coinbase'
      ? { ...each, quotes: new Map([...each.quotes, ...Object.entries(usdt)]) }
      : each,
  )
  const confirmed = step(memory(100_000, 10 * MINUTE, waiting), four)
  t.match(only(confirmed, 'XBT'), {
    status: 'ok',
    units: 12_000_000_000_000n,
    note: /confirmed by 4 sources/,
  })
  t.same(confirmed.memory.get('XBT'), { price: 120_000, at: NOW })
  const other = { step: { price: 140_000, since: NOW - 2 * MINUTE, at: NOW - 2 * MINUTE } }
  t.match(
    only(step(memory(100_000, 10 * MINUTE, other), four), 'XBT'),
    { status: 'held' },
    'another step confirms nothing',
  )

  t.match(
    only(step(memory(100_000, 61 * MINUTE)), 'XBT'),
    { status: 'failed', note: /moved by 20/ },
    'too old to be held',
  )
  const lasting = { step: { price: 120_000, since: NOW - 61 * MINUTE, at: NOW - MINUTE } }
  t.match(
    only(step(memory(100_000, 62 * MINUTE, lasting)), 'XBT'),
    { status: 'ok' },
    'for an hour the usual number has said so',
  )
  t.match(only(step(memory(1, 25 * HOUR)), 'XBT'), { status: 'ok' }, 'yesterday says nothing')
  t.match(only(take(['XBT'], [], { memory: memory(100_000, 59 * MINUTE) }), 'XBT'), { status: 'held' })
  t.match(only(take(['XBT'], [], { memory: memory(100_000, 61 * MINUTE) }), 'XBT'), { status: 'failed' })
  t.end()
})

/** Winners who all say the same of every asset, but for some. */
function winnersOf(prices: Record<string, bigint>, fallback = 100_000_000n): WinnersView {
  const said = new Map(ASSETS[5].map((asset) => [asset, prices[asset] ?? fallback]))
  return { height: 6, records: 3, best: said, median: said }
}

t.test('against the last winners', (t) => {
  const sources = bitcoin(130_000, 130_050, 129_950)
  const guard = (action: string, median: bigint): AssetPrice =>
    only(take(['XBT'], sources, { winners: winnersOf({ XBT: median }), raw: { winners: { action } } }), 'XBT')
  const near = guard('skip', 129_000_00000000n)
  t.match(near, { status: 'ok', note: undefined })
  t.ok(Math.abs((near.deviation ?? 0) - 1 / 129) < 1e-9)
  t.match(guard('skip', 120_000_00000000n), {
    status: 'ok',
    note: /^8\.33 % above the last winners' 120000$/,
  })
  t.match(guard('warn', 100_000_00000000n), { status: 'ok', note: /^30\.00 % above/ })
  t.match(guard('skip', 100_000_00000000n), { status: 'failed', note: /^30\.00 % above/ })
  t.match(guard('adopt', 100_000_00000000n), {
    status: 'policy',
    units: 100_000_00000000n,
    policy: /winners/,
  })
  t.match(guard('hold', 100_000_00000000n), { status: 'failed' }, 'nothing to hold')
  t.match(guard('skip', 300_000_00000000n), { status: 'failed', note: /below/ })

  const collision = take(
    ['EOS'],
    [
      view('kraken', { 'USDT/USD': quote(1) }),
      view('coinbase', { 'USDT/USD': quote(1) }),
      view('gate', { 'A/USDT': quote(5) }),
      view('kucoin', { 'A/USDT': quote(5) }),
    ],
    {
      winners: winnersOf({ EOS: 20_000_000n }),
    },
  )
  t.match(only(collision, 'EOS'), { status: 'failed' }, 'another coin of that name')
  t.equal(only(collision, 'EOS').rejected.filter(({ reason }) => reason.code === 'winners').length, 2)
  t.end()
})

/** EOS, which trades as `A`, at some venues: a price each, seen `later` ms after NOW. */
const vaulta = (prices: Record<string, number>, later = 0, polls = 1): SourceView[] => [
  ...['kraken', 'coinbase'].map((name) => view(name, { 'USDT/USD': quote(1, -later) })),
  ...Object.entries(prices).map(([name, price]) => view(name, { 'A/USDT': quote(price, -later, { polls }) })),
]

t.test('a coin that truly left the last winners behind', (t) => {
  const winners = winnersOf({ EOS: 20_000_000n })
  const eos = (
    prices: Record<string, number>,
    given: SnapshotCase & { later?: number } = {},
  ): SnapshotResult => {
    const { later = 0, ...more } = given
    return take(['EOS'], vaulta(prices, later), { winners, now: NOW + later, ...more })
  }
  for (const price of [0.05, 0.7, 40])
    t.match(
      only(eos({ gate: price, kucoin: price, okx: price }), 'EOS'),
      { status: 'ok', votes: { length: 3 } },
      `${price}: one witness more than usual`,
    )

  const few = { gate: 0.7, kucoin: 0.7 }
  let last = eos(few)
  t.match(only(last, 'EOS'), {
    status: 'failed',
    note: /^3\.5 times off the last winners' 0\.2, limit 3; 3 sources must confirm it in two polls/,
  })
  for (let minutes = 10; minutes < 60; minutes += 10) {
    last = eos(few, { later: minutes * MINUTE, memory: last.memory })
    t.equal(only(last, 'EOS').status, 'failed', `${minutes} min: not yet`)
  }
  last = eos(few, { later: HOUR, memory: last.memory })
  t.match(only(last, 'EOS'), { status: 'ok', units: 70_000_000n, note: /confirmed by 2 sources/ }, 'an hour')
  last = eos(few, { later: HOUR + 10 * MINUTE, memory: last.memory })
  t.match(only(last, 'EOS'), { status: 'ok' }, 'and from then on, though the winners say so still')
  last = eos({ gate: 0.05, kucoin: 0.05 }, { later: HOUR + 20 * MINUTE, memory: last.memory })
  t.match(only(last, 'EOS'), { status: 'held', units: 70_000_000n }, 'the other way is news again')

  const two = take(['EOS'], vaulta({ gate: 0.21, kucoin: 0.21, okx: 5, binance: 5 }), { winners })
  t.match(only(two, 'EOS'), { status: 'ok', units: 21_000_000n }, 'two coins of a name: ours is the near one')
  t.equal(only(two, 'EOS').rejected.filter(({ reason }) => reason.code === 'winners').length, 2)
  const dead = take(
    ['EOS'],
    [...vaulta({ gate: 0.2, kucoin: 0.2 }, 0, 9), ...vaulta({ okx: 0.7, binance: 0.7 }).slice(2)],
    { winners, memory: new Map([['EOS', { price: 0.7, at: NOW - MINUTE }]]) },
  )
  t.match(only(dead, 'EOS'), { status: 'ok', units: 70_000_000n }, 'but not if its markets are dead')
  t.end()
})

t.test('no guard lasts longer than it takes to confirm a price', (t) => {
  const winners = winnersOf({ XBT: 100_000_00000000n })
  const usdt = (later: number): Record<string, Quote> => ({ 'USDT/USD': quote(1, -later) })
  const world = (price: number, later: number): SourceView[] => [
    ...['kraken', 'coinbase', 'bitstamp'].map((name) =>
      view(name, { 'BTC/USD': quote(price, -later), ...usdt(later) }),
    ),
    view('gate', { 'BTC/USDT': quote(price, -later) }),
  ]
  const FIRST = { hold: 'failed', skip: 'failed', adopt: 'policy' } as const
  for (const action of ['hold', 'skip', 'adopt'] as const) {
    const raw = { winners: { action } }
    let price = 130_000
    let memory: PriceMemory = new Map()
    const at = (later: number): AssetPrice => {
      const result = take(['XBT'], world(price, later), { raw, winners, memory, now: NOW + later })
      memory = result.memory
      return only(result, 'XBT')
    }
    t.match(at(0), { status: FIRST[action] }, `${action}: at first sight`)
    t.match(at(MINUTE), { status: 'ok', note: /confirmed by 4 sources/ }, 'confirmed by the next poll')
    price = 131_000
    t.match(at(2 * MINUTE), { status: 'ok', note: /^31\.00 % above/ }, 'and not asked about again')
    price = 90_000
    t.match(at(3 * MINUTE), { status: 'held' }, 'a step back waits for confirmation')
    t.match(at(4 * MINUTE), { status: 'ok', units: 90_000_00000000n })
  }
  t.end()
})

t.test('policies for what no market trades', (t) => {
  const policy = (section: object, given: SnapshotCase = {}, sources: SourceView[] = []): AssetPrice =>
    only(take(['FCT'], sources, { raw: { assets: { FCT: section } }, ...given }), 'FCT')
  const winners = winnersOf({ FCT: 3_120_001n })
  t.match(policy({}), { status: 'failed', note: /assets\.FCT\.seed/ }, 'nobody has won yet')
  t.match(policy({}, { winners }), {
    status: 'policy',
    units: 3_120_001n,
    policy: 'chain: the best record of block 6',
  })
  const seed = { value: 0.03, until: '2027-03-31' }
  t.match(policy({ seed }), { status: 'policy', units: 3_000_000n, policy: /seed until 2027-03-31/ })
  t.match(policy({ seed }, { winners }), { units: 3_120_001n }, 'the chain comes first')
  t.match(policy({ seed }, { now: Date.UTC(2027, 3, 1) }), { status: 'failed' }, 'expired')
  t.match(policy({ policy: 'manual', value: 0.04 }), {
    status: 'policy',
    units: 4_000_000n,
    policy: 'manual',
  })
  t.match(policy({ policy: 'manual', value: 0.04, until: '2027-01-01' }, { now: Date.UTC(2027, 0, 1) }), {
    status: 'failed',
    note: /expired/,
  })
  t.match(policy({ policy: 'fail', routes: ['gate:FCT/USD'], allowSingle: true }), { status: 'failed' })

  const acme = [
    view('gate', { 'ACME/USDT': quote(0.006) }),
    view('kraken', { 'USDT/USD': quote(1) }),
    view('coinbase', { 'USDT/USD': quote(1) }),
  ]
  const derive = { policy: 'derive', route: '5 * gate:ACME/USDT * USDT/USD' }
  t.match(policy(derive, {}, acme), {
    status: 'policy',
    units: 3_000_000n,
    policy: `derived: ${derive.route}`,
  })
  t.match(policy(derive), { status: 'failed', note: /not asked yet/ })

  const routes = ['gate:FCT/USD', 'kucoin:FCT/USD']
  const market = [view('gate', { 'FCT/USD': quote(0.05) }), view('kucoin', { 'FCT/USD': quote(0.05) })]
  t.match(
    policy({ routes }, {}, market),
    { status: 'ok', units: 5_000_000n },
    'a market comes before a policy',
  )
  t.match(policy({ routes, seed }, {}, market.slice(1)), { status: 'policy', note: 'needs 2 sources, has 1' })
  t.match(policy({ routes, allowSingle: true }, {}, market.slice(1)), { status: 'thin', units: 5_000_000n })
  const held = new Map([['FCT', { price: 0.0333, at: NOW - MINUTE }]])
  t.match(
    policy({ routes, seed }, { memory: held }, market.slice(1)),
    { status: 'held', units: 3_330_000n },
    'and so does the last good price',
  )
  t.match(only(take(['USD'], []), 'USD'), { status: 'policy', units: 100_000_000n, policy: 'fixed' })
  t.end()
})

t.test('a MainNet whose dead coins live on in the records', (t) => {
  const sources = everything(DEFAULTS)
  const small = BigInt(Math.round(Math.sqrt(0.00001 * 50) * 1e8))
  const winners = winnersOf({ FCT: 3_120_000n, PEG: 214_000n, HT: 20_860_000n, EOS: small, CRO: small })
  const input: SnapshotInput = {
    config: DEFAULTS,
    assets: ASSETS[5],
    height: 500_000,
    version: 5,
    now: NOW,
    sources,
    winners,
    memory: new Map(),
  }
  const { snapshot } = buildSnapshot(input)
  t.same([...snapshot.missing], [])
  t.equal(snapshot.prices.size, 62)
  matchExactly(
    t,
    ['FCT', 'PEG', 'HT'].map((asset) => snapshot.prices.get(asset)),
    [3_120_000n, 214_000n, 20_860_000n],
  )

  const line = snapshotLine(input, snapshot)
  t.equal(snapshotLine(input, buildSnapshot(input).snapshot), line, 'equal inputs, equal bytes')
  t.equal(
    snapshotLine(input, buildSnapshot({ ...input, sources: [...sources].reverse() }).snapshot),
    snapshotLine(input, { ...snapshot, sources: [...snapshot.sources].reverse() }),
    'in whatever order sources come',
  )

  const few = sources.filter(({ name }) => !['binance', 'okx'].includes(name))
  const without = buildSnapshot({ ...input, sources: few }).snapshot
  t.same([...without.missing], [], 'without binance and okx')
  t.end()
})

/** One price for every symbol that is asked for: what routes make of it is of no interest here. */
function everything(config: PriceConfig): SourceView[] {
  const plan = routePlanOf(config, ASSETS[5])
  const middle = (asset: string): number =>
    Math.sqrt((config.assets[asset]?.bounds[0] ?? 1) * (config.assets[asset]?.bounds[1] ?? 1))
  const code: Record<string, string> = { BTC: 'XBT', BCH: 'XBC', A: 'EOS', PAXG: 'XAU' }
  const worth = (symbol: string): number =>
    symbol === 'USDT' || symbol === 'USD' ? 1 : middle(code[symbol] ?? symbol)
  return config.sources.map(({ name, type }) => {
    const quotes = (plan.symbols.get(name) ?? []).map((symbol): [string, Quote] => {
      const [base = '', other] = symbol.split('/')
      if (other !== undefined) return [symbol, quote(worth(base) / worth(other))]
      return [symbol, quote(name === 'gold-api' || name === 'swissquote' ? worth(base) : 1 / worth(base))]
    })
    const kind: QuoteKind =
      type === 'ccxt' ? 'spot' : /^(er-api|frankfurter|currency-api)$/.test(name) ? 'fx-daily' : 'fx-live'
    return view(name, Object.fromEntries(quotes), kind)
  })
}

t.test('units and order are those of a record of the Go encoder', (t) => {
  const file = new URL('../records/fixtures/contents.json', import.meta.url)
  const contents = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
  for (const version of [2, 4, 5] as const) {
    const text = contents[`v${version}`]
    if (text === undefined) continue
    const content = new Uint8Array(Buffer.from(text, 'hex'))
    const opr = decodeOpr(version, content)
    const assets = ASSETS[version]
    const value = (asset: string): number => priceToNumber(opr.prices[assets.indexOf(asset)] ?? 0n)
    const fixed = Object.fromEntries(
      assets.map((asset) => [asset, { policy: 'fixed', value: value(asset) || 1 }]),
    )
    const { snapshot } = take(assets, [], { version, raw: { assets: fixed } })
    const prices = assets.map((asset, k) =>
      (opr.prices[k] ?? 0n) === 0n ? 0n : (snapshot.prices.get(asset) ?? -1n),
    )
    t.same(encodeOpr({ ...opr, prices }), content, `version ${version}`)
  }
  t.end()
})
