import fc from 'fast-check'
import t from 'tap'

import { median } from '../../base/index.js'
import { aggregate, FROZEN_POLLS, type AggregateRules, type Verdict } from './aggregate.js'
import { holidaysOf } from './holidays.js'
import { closedUntil, isOpen, openTime } from './hours.js'
import { reasonText } from './reasons.js'
import { parseRoute, planRoutes } from './routes.js'
import { unitsOf } from './snapshot.js'
import type { Vote } from './types.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const NOW = Date.UTC(2026, 10, 24, 12)
const HOUR = 3_600_000

const vote = (price: number, origin: string, more: Partial<Vote> = {}): Vote => ({
  route: `${origin}:X/USD`,
  origins: [origin],
  price,
  ageMs: 0,
  seenAt: NOW,
  live: true,
  legs: [],
  polls: 1,
  ...more,
})
const RULES: AggregateRules = { minSources: 2, madK: 5, floor: 0.003, cap: 0.05, maxDisagreement: 0.05 }
const decide = (prices: readonly number[], minSources = 2): Verdict =>
  aggregate(
    prices.map((price, index) => vote(price, `venue${index}`)),
    { ...RULES, minSources },
  )
const texts = (verdict: Verdict): string[] => verdict.rejected.map(({ reason }) => reasonText(reason))

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

  const liar = decide([100, 100.1, 99.9, 120])
  matchExactly(t, liar.rejected, [{ route: 'venue3:X/USD', reason: { code: 'outlier' } }])
  t.same(texts(liar), ['19.94 % off the median, limit 0.74 %'])
  t.ok(liar.ok && Math.abs(liar.spread - 0.002) < 1e-12)
  t.match(decide([100, 100.2, 110, 110.2]), { ok: false, reason: 'sources disagree by 9.71 %' })
  t.match(decide([100, 107]), { ok: false, reason: 'sources disagree by 6.76 %' })
  t.match(decide([100]), { ok: false, reason: 'needs 2 sources, has 1' })
  t.match(decide([]), { ok: false, reason: 'needs 2 sources, has 0' })
  t.ok(Number.isNaN(median([])))

  const twice = aggregate([vote(100, 'binance'), vote(100, 'binance'), vote(100.2, 'other')], RULES)
  matchExactly(t, texts(twice), ['binance has voted already'])
  t.ok(twice.ok && Math.abs(twice.price - 100.1) < 1e-9)
  t.end()
})

t.test('daily rates beside live ones', (t) => {
  const daily = (price: number, origin: string): Vote => vote(price, origin, { live: false })
  const fx = { ...RULES, minSources: 3 }
  const live = [vote(100, 'a'), vote(100.1, 'b'), vote(99.9, 'c')]
  t.match(aggregate([...live, daily(100.5, 'd'), daily(100.6, 'e')], fx), {
    ok: true,
    price: 100,
    kept: live,
  })

  const few = aggregate([...live.slice(0, 2), daily(101, 'd'), daily(101, 'e'), daily(101, 'f')], fx)
  t.ok(few.ok && Math.abs(few.price - 100.05) < 1e-9, 'yesterday’s majority does not outvote today')
  t.same(new Set(few.rejected.map(({ reason }) => reason.code)), new Set(['daily']))

  const lonely = aggregate([vote(100, 'a'), daily(100.2, 'd'), daily(100.1, 'e')], fx)
  t.ok(lonely.ok && lonely.price === 100.1 && lonely.kept.length === 3, 'one live vote is one of many')
  const liar = aggregate([vote(120, 'a'), vote(100, 'b'), daily(100.2, 'd'), daily(100.1, 'e')], fx)
  t.ok(liar.ok && liar.price < 100.3, 'a live liar is outvoted by the daily ones')
  const alone = aggregate([...live.slice(0, 2), daily(120, 'd')], fx)
  t.equal(alone.ok, false, 'two live votes without a witness are not three')
  t.end()
})

t.test('votes that lean on something doubtful', (t) => {
  const degraded = { code: 'degraded', leg: 'USDT/USD', price: 0.9 } as const
  const usd = [vote(100, 'a'), vote(100.1, 'b')]
  const tether = [vote(97, 'c', { degraded }), vote(97.1, 'd', { degraded })]
  t.match(aggregate([...usd, ...tether], RULES), { ok: true, kept: usd }, 'USD venues decide')
  t.match(aggregate(tether, RULES), { ok: true, kept: tether }, 'better than nothing')

  const frozen = vote(101, 'dead', { polls: FROZEN_POLLS })
  const moved = aggregate([frozen, ...usd], RULES)
  t.match(moved, { ok: true, kept: usd })
  matchExactly(t, texts(moved), ['unchanged for 6 polls while others moved'])
  const still = [frozen, vote(101, 'b', { polls: 9 })]
  t.match(aggregate(still, RULES), { ok: true, kept: still }, 'a market where nothing moves at all')
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
  matchExactly(t, parseRoute('binance:ETH/USDT  *  USDT/USD'), {
    text: 'binance:ETH/USDT * USDT/USD',
    factors: [
      { invert: false, term: { type: 'quote', source: 'binance', symbol: 'ETH/USDT' } },
      { invert: false, term: { type: 'name', name: 'USDT/USD' } },
    ],
  })
  matchExactly(t, parseRoute('1 / er-api:JPY').factors, [
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
  const circle = planRoutes({ Y: ['2 * X'], X: ['3 * Y'] }, ['Y', 'X'], both)
  matchExactly(t, circle.circles, [{ path: 'X', message: /X → Y → X/ }])
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

t.test('holidays', (t) => {
  const utc = (text: string): number => Date.parse(`${text}Z`)
  const METALS: [what: string, close: string, open: string][] = [
    ['Good Friday 2024', '2024-03-28T21:00', '2024-03-31T22:00'],
    ['Good Friday 2027', '2027-03-25T21:00', '2027-03-28T22:00'],
    ['Memorial Day 2026', '2026-05-25T18:30', '2026-05-25T22:00'],
    ['Presidents Day 2027', '2027-02-15T19:30', '2027-02-15T23:00'],
    ['Juneteenth 2028, a Monday', '2028-06-19T18:30', '2028-06-19T22:00'],
    ['Juneteenth 2026, a Friday', '2026-06-19T17:00', '2026-06-21T22:00'],
    ['Juneteenth 2027, a Saturday', '2027-06-18T17:00', '2027-06-20T22:00'],
    ['Christmas Eve 2026', '2026-12-24T18:45', '2026-12-27T23:00'],
    ['Independence Day 2026, a Saturday', '2026-07-03T17:00', '2026-07-05T22:00'],
    ['Labor Day 2026', '2026-09-07T18:30', '2026-09-07T22:00'],
    ['Thanksgiving 2026', '2026-11-26T19:30', '2026-11-26T23:00'],
    ['the Friday after it', '2026-11-27T18:45', '2026-11-29T23:00'],
    ['Christmas 2025', '2025-12-24T18:45', '2025-12-25T23:00'],
    ['Christmas 2027, a Saturday', '2027-12-23T22:00', '2027-12-26T23:00'],
    ['Christmas 2022, a Sunday', '2022-12-23T22:00', '2022-12-26T23:00'],
    ['New Year 2026', '2025-12-31T22:00', '2026-01-01T23:00'],
    ['New Year 2028, a Saturday', '2027-12-31T22:00', '2028-01-02T23:00'],
    ['New Year 2023, a Sunday', '2022-12-30T22:00', '2023-01-02T23:00'],
  ]
  for (const [what, close, open] of METALS) {
    t.ok(isOpen('metals', utc(close) - 1), `${what}: open before`)
    t.equal(closedUntil('metals', utc(close)), utc(open), `${what}: closed until`)
    t.equal(closedUntil('metals', utc(open) - 1), utc(open))
    t.ok(isOpen('metals', utc(open)))
    t.equal(openTime('metals', utc(close) - HOUR, utc(open) + HOUR), 2 * HOUR)
  }
  t.ok(isOpen('fx', utc('2027-03-26T15:00')), 'currencies trade on Good Friday')
  t.notOk(isOpen('fixings', utc('2027-03-26T15:00')), 'but no bank fixes them')
  t.notOk(isOpen('fixings', utc('2027-03-29T15:00')), 'nor on Easter Monday')
  t.notOk(isOpen('fx', utc('2028-12-25T15:00')))
  t.equal(closedUntil('always', utc('2027-03-26T15:00')), null)

  // The dates of Easter that the U.S. Census Bureau lists.
  const EASTERS: Record<number, string> = {
    2024: '3-31',
    2025: '4-20',
    2026: '4-5',
    2027: '3-28',
    2028: '4-16',
    2029: '4-1',
    2030: '4-21',
    2031: '4-13',
    2038: '4-25',
  }
  for (const [year, date] of Object.entries(EASTERS)) {
    const [month = 0, day = 0] = date.split('-').map(Number)
    const friday = new Date(Date.UTC(Number(year), month - 1, day - 2))
    const found = holidaysOf('metals', Number(year))
    t.ok(
      found.some((each) => each.month === friday.getUTCMonth() && each.day === friday.getUTCDate()),
      year,
    )
  }
  t.end()
})

t.test('market hours follow New York through its daylight saving time', (t) => {
  const utc = (text: string): number => Date.parse(`${text}Z`)
  const CLOSES: [what: string, close: string, fxOpens: string][] = [
    ['winter', '2026-01-09T22:00', '2026-01-11T22:00'],
    ['summer', '2026-07-10T21:00', '2026-07-12T21:00'],
    // On the second Sunday of March the clock goes forward between close and opening.
    ['March', '2026-03-06T22:00', '2026-03-08T21:00'],
    // On the first Sunday of November it goes back.
    ['November', '2026-10-30T21:00', '2026-11-01T22:00'],
    ['a year’s end', '2027-12-31T22:00', '2028-01-02T22:00'],
  ]
  for (const [what, close, opens] of CLOSES) {
    const [from, to] = [utc(close), utc(opens)]
    t.ok(isOpen('fx', from - 1), `${what}: open until Friday 17:00`)
    t.notOk(isOpen('fx', from), `${what}: closed from then on`)
    t.notOk(isOpen('fx', to - 1), `${what}: closed until Sunday 17:00`)
    t.ok(isOpen('fx', to), `${what}: open again`)
    t.notOk(isOpen('metals', to), 'metals an hour later')
    t.ok(isOpen('metals', to + HOUR))
    t.equal(openTime('fx', from - HOUR, to + HOUR), 2 * HOUR, `${what}: the weekend does not count`)
    t.equal(openTime('fx', from + HOUR, to - HOUR), 0)
    t.equal(openTime('always', from, to), to - from)
  }
  t.equal(openTime('fx', utc('2026-03-02T00:00'), utc('2026-03-16T00:00')), 14 * 24 * HOUR - (47 + 48) * HOUR)
  t.equal(openTime('fx', NOW, NOW - HOUR), 0)
  t.ok(isOpen('always', utc('2026-01-10T12:00')))
  t.end()
})
