/** Prices as people read them: tables, what is missing and why, one asset in all detail. */
import t from 'tap'

import type { AssetPrice, PriceSnapshot, WinnersView } from '../../oracle/prices/index.js'
import { painter } from '../../telemetry/log.js'
import {
  compactTable,
  explainLines,
  incompleteLine,
  missingLines,
  priceTable,
  summaryLine,
  troubleLines,
  usdText,
} from './prices.js'

const paint = painter(false)
const STYLE = { paint, width: 120 }

type Vote = AssetPrice['votes'][number]
const voteOf = (route: string, price: number, more: Partial<Vote> = {}): Vote => ({
  ...{ route, origins: [route.split(':')[0] ?? ''], price, ageMs: 3000, seenAt: 0, live: true, polls: 0 },
  legs: [{ quote: route, price, ageMs: 3000 }],
  ...more,
})

const priceOf = (asset: string, more: Partial<AssetPrice> = {}): AssetPrice => ({
  ...{ asset, status: 'ok', units: 100_000_000n, votes: [], rejected: [], spread: 0, ageMs: 0 },
  ...{ deviation: null, ...more },
})

const failed = (asset: string): AssetPrice =>
  priceOf(asset, { status: 'failed', units: 0n, note: 'no source' })

function snapshotOf(prices: readonly AssetPrice[], more: Partial<PriceSnapshot> = {}): PriceSnapshot {
  const good = prices.filter(({ units }) => units > 0n)
  const missing = prices.filter(({ units }) => units === 0n)
  return {
    height: 9,
    assets: new Map(prices.map((price) => [price.asset, price])),
    prices: new Map(good.map(({ asset, units }) => [asset, units])),
    missing: new Map(missing.map(({ asset, note }) => [asset, note ?? ''])),
    sources: [],
    outliers: new Map(),
    ...more,
  } as PriceSnapshot
}

const silent = (name: string, error?: string): PriceSnapshot['sources'][number] =>
  ({ name, ok: false, ...(error === undefined ? {} : { error }) }) as PriceSnapshot['sources'][number]
const giving = { name: 'kraken', ok: true } as PriceSnapshot['sources'][number]

t.test('an amount has seven digits that count', (t) => {
  t.same([0n, 1n, 613_042n, 100_000_000n, 8_759_012_345_678n, 123_456_789_000_000_000n].map(usdText), [
    '–',
    '0.00000001',
    '0.00613042',
    '1.000000',
    '87,590.12',
    '1,234,567,890.00',
  ])
  t.end()
})

t.test('the table says how a price moved since the one before, and remarks where there is room', (t) => {
  const xbt = priceOf('XBT', { votes: [voteOf('kraken:BTC/USD', 1)], spread: 0.01 })
  const held = priceOf('ETH', { status: 'held', ageMs: 60_000, note: 'too few sources today' })
  const fixed = priceOf('USD', { status: 'policy', policy: 'fixed' })
  const now = snapshotOf([xbt, held, fixed, failed('TZS'), priceOf('PEG', { status: 'thin' })])
  const before = snapshotOf([
    priceOf('XBT', { units: 80_000_000n }),
    priceOf('ETH', { units: 125_000_000n }),
    priceOf('TZS'),
  ])
  t.same(priceTable(now, STYLE, before), [
    ' ASSET            USD    CHANGE  SOURCES    SPREAD     AGE  STATUS',
    ' XBT         1.000000  +25.00 %      1/1    1.00 %     0 s  ok',
    ' ETH         1.000000  -20.00 %                       60 s  held  too few sources today',
    ' USD         1.000000                                       policy  fixed',
    ' TZS                –                                       failed  no source',
    ' PEG         1.000000                                       thin',
  ])
  t.notMatch(priceTable(now, { paint, width: 70 }, before).join('\n'), 'too few sources', 'no room')
  t.match(priceTable(now, { paint, width: 80 }, before).join('\n'), /held {2}too few source…/)
  t.same(
    compactTable(now, { paint, columns: 80, rows: 2 }, before).map((line) => line.replace(/ +/g, ' ')),
    [
      ' XBT 1.000000 +25.00 % 1/1 ok TZS – fail',
      ' ETH 1.000000 -20.00 % held PEG 1.000000 thin',
      ' USD 1.000000 poli',
    ],
  )
  t.end()
})

t.test('the summary names six of a kind', (t) => {
  const thin = Array.from({ length: 7 }, (_, k) => priceOf(`A${k}`, { status: 'thin', spread: k / 100 }))
  t.equal(
    summaryLine(snapshotOf([...thin, failed('TZS')])),
    '7 of 8 assets have a price, 0 from 3 sources or more; 7 thin (A0, A1, A2, A3, A4, A5 …); widest spread A6 6.00 %',
  )
  t.equal(summaryLine(snapshotOf([])), '0 of 0 assets have a price, 0 from 3 sources or more')
  t.end()
})

t.test('sources in trouble', (t) => {
  const assets = Array.from({ length: 10 }, (_, k) => `A${k}`)
  const outliers = new Map([
    ['one', ['XBT']],
    ['liar', assets],
  ])
  t.same(
    troubleLines(
      snapshotOf([], { sources: [silent('okx'), silent('gate', 'HTTP 503'), giving], outliers }),
      STYLE,
    ),
    [
      ' okx gives nothing: not asked yet',
      ' gate gives nothing: HTTP 503',
      ' liar is far off the others on A0 A1 A2 A3 A4 A5 A6 A7 and 2 more; it does not count there',
    ],
  )
  t.end()
})

t.test('what is missing, why, and what to do', (t) => {
  t.same(missingLines(snapshotOf([priceOf('XBT')]), STYLE), [])
  const two = [failed('XBT'), failed('ETH')]
  const whys: [sources: PriceSnapshot['sources'], why: string][] = [
    [[silent('okx'), silent('gate', 'HTTP 503')], '1 of 2 sources are being asked for the first time'],
    [
      [silent('gate', 'HTTP 503')],
      'no source can be reached, the first says "HTTP 503"; check the network of this machine',
    ],
  ]
  for (const [sources, why] of whys) {
    const snapshot = snapshotOf(two, { sources })
    t.same(missingLines(snapshot, STYLE), [` 2 of 2 assets have no price: ${why}`])
    t.equal(incompleteLine(snapshot, STYLE), ` Block 9: 2 of 2 assets have no price yet: ${why}`)
  }
  t.match(
    incompleteLine(snapshotOf(two, { sources: [giving, silent('gate', 'HTTP 503')] }), STYLE),
    /: pegminer prices doctor says why; it is tried again for two minutes of the block$/,
  )

  const poor = priceOf('DGB', {
    ...{ status: 'failed', units: 0n, note: 'needs 2 sources, has 1' },
    votes: [voteOf('kucoin:DGB/USDT', 0.01)],
    rejected: [{ route: 'okx:DGB/USDT', reason: { code: 'stale', ageMs: 90_000, limitMs: 60_000 } }],
  })
  const { note: _, ...mute } = failed('A1')
  const lines = missingLines(
    snapshotOf([poor, mute, ...['A2', 'A3', 'A4', 'A5', 'A6', 'A7'].map(failed)], { sources: [giving] }),
    STYLE,
  )
  t.same(lines.slice(0, 3), [
    ' 8 of 8 assets have no price:',
    '   DGB   needs 2 sources, has 1',
    '           kucoin:DGB/USDT  0.01, 3 s old, accepted',
  ])
  t.match(lines[3], /^ {11}okx:DGB\/USDT {5}90 s old, limit /)
  t.same(
    lines.slice(4, 7).map((line) => line.trim()),
    [
      '-> if it lasts, add another source: prices.assets.DGB.routes',
      'A1',
      '-> choose what to publish: prices.assets.A1.policy = chain, or manual with value and until',
    ],
  )
  t.same(lines.slice(-2), ['   and A6 A7', ' Details: pegminer prices explain DGB'])
  t.end()
})

const winners = (median: bigint): WinnersView => ({
  ...{ height: 8, records: 25, best: new Map() },
  median: new Map([['XBT', median]]),
})

t.test('one asset: how it came about', (t) => {
  const first = (more: Partial<AssetPrice>): string | undefined =>
    explainLines(priceOf('XBT', more), STYLE)[0]?.trim()
  const vote = voteOf('kraken:BTC/USD', 1)
  const heads: [price: Partial<AssetPrice>, head: string][] = [
    [{ votes: [vote] }, 'XBT  1.000000 USD  ok: one vote'],
    [{ votes: [vote, vote], spread: 0.01 }, 'XBT  1.000000 USD  ok: median of 2 votes, spread 1.00 %'],
    [{ votes: [vote], status: 'thin' }, 'XBT  1.000000 USD  thin: one vote'],
    [{ status: 'policy', policy: 'fixed' }, 'XBT  1.000000 USD  policy: fixed'],
    [{ status: 'held', note: 'nobody answers' }, 'XBT  1.000000 USD  held: nobody answers'],
    [{ status: 'failed', units: 0n }, 'XBT  – USD  failed'],
  ]
  for (const [price, head] of heads) t.equal(first(price), head)

  const price = priceOf('XBT', {
    note: 'three of seven',
    votes: [
      voteOf('kraken:BTC/USD', 1.02),
      voteOf('ecb:BTC/EUR * EUR/USD', 0.98, {
        live: false,
        legs: [
          { quote: 'ecb:BTC/EUR', price: 0.9, ageMs: 3000, rule: 'mid' },
          { quote: 'EUR/USD', price: 1.1, ageMs: 60_000 },
        ],
      }),
    ],
    rejected: [
      { route: 'okx:BTC/USDT', reason: { code: 'daily' }, price: 2 },
      { route: 'gate:BTC/USDT', reason: { code: 'daily' } },
    ],
  })
  const lines = explainLines(price, STYLE)
  t.same(lines.slice(1, 10), [
    ' three of seven',
    '',
    ' Votes that count',
    '   + kraken:BTC/USD',
    '       1.02                     +2.00 %   3 s old',
    '   + ecb:BTC/EUR * EUR/USD',
    '       0.98                     -2.00 %   3 s old, published once a day',
    '         ecb:BTC/EUR = 0.9 (mid), 3 s old',
    '         EUR/USD = 1.1, 60 s old',
  ])
  t.match(lines[12], /^ {3}- okx:BTC\/USDT: .*\(said 2\)$/)
  t.notMatch(lines[13], /said/)
  t.match(
    explainLines({ ...price, status: 'failed', units: 0n }, STYLE)[4],
    /^ {7}1\.02 +3 s old$/,
    'without a price there is nothing to be off from',
  )
  t.end()
})

t.test('one asset: what the last winners said', (t) => {
  const last = (deviation: number | null, view: WinnersView | null | undefined): string | undefined =>
    explainLines(priceOf('XBT', { deviation }), STYLE, view).at(-1)
  const unknown = ' Last winners: not known here; pegminer mine reads them from the chain'
  t.equal(last(null, undefined), unknown)
  t.equal(last(null, null), unknown)
  t.equal(last(0, { ...winners(1n), median: new Map() }), unknown, 'they had no such asset')
  t.equal(last(null, winners(100_000_000n)), ' Last winners (block 8): 1.000000 USD')
  t.match(last(0, winners(100_000_000n)), / 1\.000000 USD; ours is 0\.00 % above, which costs nothing$/)
  t.match(
    last(-0.2, winners(125_000_000n)),
    / 1\.250000 USD; ours is 20\.00 % below, which adds \d\.\d\de-\d to the grade$/,
  )
  t.end()
})
