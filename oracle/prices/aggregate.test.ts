import fc from 'fast-check'
import t from 'tap'

import { isCoded } from '../../config/index.js'
import { ASSETS } from '../records/index.js'
import { aggregate, median, type Verdict } from './aggregate.js'
import { DEV_ROUTES, ROUTES } from './route-table.js'
import { parseRoute, planRoutes, type RouteTable } from './routes.js'
import { buildSnapshot, unitsOf, type SourceView } from './snapshot.js'
import type { PriceSnapshot, Quote, QuoteKind, Vote } from './types.js'

const NOW = Date.UTC(2026, 10, 24, 12)
const MINUTE = 60_000

const vote = (price: number, origin: string, live = true): Vote => ({
  route: `${origin}:X/USD`,
  origins: [origin],
  price,
  ageMs: 0,
  live,
})
const decide = (prices: readonly number[], minSources = 2): Verdict =>
  aggregate(
    prices.map((price, index) => vote(price, `venue${index}`)),
    { minSources },
  )

t.test('one price from many', (t) => {
  const priced = (prices: number[], price: number, kept: number): void => {
    const verdict = decide(prices)
    t.match(verdict, { ok: true }, prices.join(', '))
    if (verdict.ok) t.ok(Math.abs(verdict.price - price) < 1e-9, `${verdict.price} is ${price}`)
    t.equal(verdict.kept.length, kept)
  }
  priced([100, 100.1, 99.9], 100, 3)
  priced([100, 100.1, 99.9, 120], 100, 3)
  priced([100, 100.1, 110], 100.05, 2)
  priced([100, 100, 100, 100.2], 100, 4)
  priced([100, 100, 100, 101], 100, 3)
  priced([NaN, 0, -1, 5, 5.001], 5.0005, 2)

  t.match(decide([100, 100.1, 99.9, 120]).rejected, [
    { route: 'venue3:X/USD', reason: '19.94 % off the median, limit 0.74 %' },
  ])
  t.match(decide([100, 100.2, 110, 110.2]), { ok: false, reason: 'sources disagree by 9.71 %' })
  t.match(decide([100, 107]), { ok: false, reason: 'sources disagree by 6.76 %' })
  t.match(decide([100]), { ok: false, reason: 'needs 2 sources, has 1' })
  t.match(decide([]), { ok: false, reason: 'needs 2 sources, has 0' })
  t.ok(Number.isNaN(median([])))

  const twice = aggregate([vote(100, 'binance'), vote(100, 'binance'), vote(100.2, 'other')], {
    minSources: 2,
  })
  t.match(twice, { ok: true, rejected: [{ reason: 'binance has voted already' }] })
  t.ok(twice.ok && Math.abs(twice.price - 100.1) < 1e-9)

  const live = [vote(100, 'a'), vote(100.1, 'b'), vote(99.9, 'c')]
  const daily = [vote(100.5, 'd', false), vote(100.6, 'e', false)]
  t.match(aggregate([...live, ...daily], { minSources: 2 }), { ok: true, price: 100, kept: live })
  t.equal(
    aggregate([...live.slice(1), ...daily], { minSources: 2 }).kept.length,
    4,
    'two live votes want company',
  )
  t.end()
})

t.test('what holds for any votes', (t) => {
  const honest = fc.array(fc.double({ min: 0.9985, max: 1.0015, noNaN: true }), {
    minLength: 3,
    maxLength: 9,
  })
  const anything = fc.oneof(
    fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
    fc.double({ min: 0.9, max: 1.1, noNaN: true }),
  )

  fc.assert(
    fc.property(fc.array(anything, { maxLength: 9 }), (prices) => {
      const verdict = decide(prices)
      if (!verdict.ok) return true
      const kept = verdict.kept.map(({ price }) => price)
      return verdict.price >= Math.min(...kept) && verdict.price <= Math.max(...kept)
    }),
  )
  fc.assert(
    fc.property(
      fc.array(anything, { minLength: 2, maxLength: 7 }),
      fc.infiniteStream(fc.nat()),
      (prices, keys) => {
        const shuffled = prices
          .map((price) => ({ price, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ price }) => price)
        const [one, other] = [decide(prices), decide(shuffled)]
        return one.ok === other.ok && (!one.ok || !other.ok || one.price === other.price)
      },
    ),
  )
  fc.assert(
    fc.property(honest, anything, fc.nat(), (prices, lie, at) => {
      const votes = prices.toSpliced(at % (prices.length + 1), 0, lie)
      const verdict = decide(votes)
      return verdict.ok && verdict.price >= Math.min(...prices) && verdict.price <= Math.max(...prices)
    }),
  )
  t.pass('within the kept votes, whatever their order, no matter one liar')
  t.end()
})

t.test('routes as text', (t) => {
  t.match(parseRoute('binance:ETH/USDT  *  USDT/USD'), {
    text: 'binance:ETH/USDT * USDT/USD',
    factors: [
      { invert: false, term: { type: 'quote', source: 'binance', symbol: 'ETH/USDT' } },
      { invert: false, term: { type: 'name', name: 'USDT/USD' } },
    ],
  })
  t.match(parseRoute('1 / er-api:JPY').factors, [
    { invert: false, term: { type: 'number', value: 1 } },
    { invert: true, term: { type: 'quote', source: 'er-api', symbol: 'JPY' } },
  ])
  const wrong = [
    '',
    '1 /',
    '* 2',
    'kraken:BTC/USD kraken:ETH/USD',
    'kraken:',
    '0',
    '-1',
    '1e5',
    'Kraken:BTC/USD',
    '2 + 2',
  ]
  for (const text of wrong) t.throws(() => parseRoute(text), { code: 'E_PRICES_ROUTE' }, text)

  const both = new Set(['a', 'b'])
  const plan = planRoutes({ X: ['b:X/Y * Y', 'c:X/USD'], Y: ['a:Y/USD'], Z: ['a:Z/USD'] }, ['X'], both)
  t.strictSame(plan.order, ['Y', 'X'], 'what is leaned on comes first, what is not needed not at all')
  t.strictSame(plan.routes.get('X')?.length, 1, 'routes over sources that are not there are left out')
  t.strictSame(
    plan.symbols,
    new Map([
      ['a', ['Y/USD']],
      ['b', ['X/Y']],
    ]),
  )

  try {
    planRoutes({ X: ['Y', 'a:'], Y: ['2 * X', 'NOTHING'] }, ['X'], both)
    t.fail('planned a circle')
  } catch (error) {
    const problems = isCoded(error) ? (error.details.problems as string[]) : []
    t.match(problems.sort(), [/^X: route "a:"/, /^Y: nothing is called NOTHING/, /^circle: X → Y → X/])
  }
  t.end()
})

t.test('the route tables', (t) => {
  const code: Record<string, string> = { XBT: 'BTC', XBC: 'BCH', EOS: 'A' }
  const named = (asset: string): RegExp =>
    new RegExp(`[:/](${code[asset] ?? asset}|${asset === 'XAU' ? 'PAXG' : '-'})(/|$| )`)
  const table = Object.entries(DEV_ROUTES).filter(([asset]) => asset !== 'USD' && asset !== 'USDT/USD')
  const all = table.flatMap(([asset, routes]) => routes.map((route): [string, string] => [asset, route]))
  const astray = all.filter(([asset, route]) => !named(asset).test(route))
  t.strictSame(astray, [], 'every route asks for its own asset')
  const unconverted = all.filter(([, route]) => /\/USDT\b/.test(route) && !route.endsWith(' * USDT/USD'))
  t.strictSame(unconverted, [], 'Tether is converted')
  t.strictSame(
    Object.keys(ROUTES).filter((name) => !ASSETS[5].includes(name)),
    ['USDT/USD'],
  )
  const unpriced = ASSETS[5].filter((asset) => (ROUTES[asset]?.length ?? 0) < 2 && asset !== 'USD')
  t.strictSame(unpriced, ['PEG', 'FCT', 'HT'], 'no market trades these')
  t.end()
})

t.test('a snapshot from quotes', (t) => {
  const quote = (price: number, ageMs = 0): Quote => ({
    price,
    rule: 'mid',
    sourceTime: null,
    receivedAt: NOW - ageMs,
  })
  const source = (name: string, quotes: Record<string, Quote>, kind: QuoteKind = 'spot'): SourceView => ({
    name,
    origin: name,
    kind,
    ok: true,
    ageMs: 0,
    poll: { quotes: new Map(Object.entries(quotes)), absent: new Map([['GONE/USD', 'not listed']]) },
  })
  const take = (table: RouteTable, assets: string[], ...sources: SourceView[]): PriceSnapshot =>
    buildSnapshot(assets, planRoutes(table, assets, new Set(sources.map(({ name }) => name))), {
      sources,
      now: NOW,
    })

  const fixed = take({ USD: ['1'], HALF: ['1 / 2'] }, ['USD', 'HALF'])
  t.match(fixed, {
    complete: true,
    prices: new Map([
      ['USD', 100_000_000n],
      ['HALF', 50_000_000n],
    ]),
  })

  const crossed = take(
    { X: ['a:X/Y * Y', 'b:X/Y * Y'], Y: ['1 / a:USD/Y', 'b:Y/USD'] },
    ['X'],
    source('a', { 'X/Y': quote(3), 'USD/Y': quote(0.25) }),
    source('b', { 'X/Y': quote(3), 'Y/USD': quote(4) }),
  )
  t.match(crossed, { complete: true, prices: new Map([['X', 1_200_000_000n]]) })
  t.match(
    crossed.votes.get('X'),
    [{ origins: ['a'] }, { origins: ['b'] }],
    'both lean on Y and are two opinions still',
  )

  const table = { X: ['a:X/USD', 'b:X/USD', 'c:GONE/USD', 'd:X/USD'], Y: [], Z: ['Y', 'a:X/USD'] }
  const down: SourceView = { ...source('d', {}), ok: false, poll: null, ageMs: null, error: 'HTTP 503' }
  const stale = take(
    table,
    ['X', 'Y', 'Z'],
    source('a', { 'X/USD': quote(5) }),
    source('b', { 'X/USD': quote(5, 6 * MINUTE) }),
    source('c', {}),
    down,
  )
  t.equal(stale.complete, false)
  t.equal(
    stale.missing.get('X'),
    'needs 2 sources, has 1; b:X/USD: 6 min old, limit 5 min; c:GONE/USD: not listed; d:X/USD: HTTP 503',
  )
  t.equal(stale.missing.get('Y'), 'no source has a route to it')
  t.equal(stale.prices.get('Z'), 500_000_000n, 'one source is enough where the routes know no second one')
  t.match(stale.rejected.get('Z'), [{ route: 'Y', reason: 'Y has no price' }])
  t.match(stale.sources[3], { name: 'd', ok: false, ageMs: null, error: 'HTTP 503' })

  const weekend = { XAU: ['m:XAU'], EUR: ['1 / f:EUR'] }
  const old = (hours: number): PriceSnapshot =>
    take(
      weekend,
      ['XAU', 'EUR'],
      source('m', { XAU: quote(4000, hours * 60 * MINUTE) }, 'metal'),
      source('f', { EUR: quote(0.8, hours * 60 * MINUTE) }, 'fx-daily'),
    )
  t.ok(old(72).complete, 'metals and daily rates outlast a weekend')
  t.match(old(130).missing.get('XAU'), /130 h old, limit 96 h/)

  const tiny = take({ X: ['a:X/USD'] }, ['X'], source('a', { 'X/USD': quote(9e-9) }))
  t.match(tiny.missing.get('X'), /no record can hold 9e-9 USD/, 'never a price of 0')
  const huge = take({ X: ['a:X/USD'] }, ['X'], source('a', { 'X/USD': quote(1e300) }))
  t.match(huge.missing.get('X'), /no record can hold/)
  const unknown = take({}, ['NEW'])
  t.equal(unknown.missing.get('NEW'), 'no source has a route to it')
  t.end()
})

t.test('exact units', (t) => {
  const VECTORS: [number, bigint][] = [
    [0.29, 29_000_000n],
    [73380.65, 7_338_065_000_000n],
    [0.00028, 28_000n],
    [1e-7, 10n],
    [1.9e-8, 1n],
    [9.9e-9, 0n],
    [0.1 + 0.2, 30_000_000n],
    [1, 100_000_000n],
    [99_999_999_999.5, 9_999_999_999_950_000_000n],
    [1e11, 0n],
    [1e21, 0n],
  ]
  for (const [price, units] of VECTORS) t.equal(unitsOf(price), units, String(price))
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 999_999_999_999_999n }), (units) => {
      const digits = units.toString().padStart(9, '0')
      return unitsOf(Number(`${digits.slice(0, -8)}.${digits.slice(-8)}`)) === units
    }),
  )
  t.end()
})
