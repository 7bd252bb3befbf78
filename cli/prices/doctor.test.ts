/** What the doctor says of sources, assets and clocks. */
import t from 'tap'

import type { AssetPrice } from '../../oracle/prices/index.js'
import { painter } from '../../telemetry/index.js'
import { tellDoctor, type Examined } from './doctor.js'

/** A Wednesday, on which all markets are open. */
const NOON = Date.UTC(2026, 10, 25, 12)

const priceOf = (asset: string, more: object = {}): AssetPrice =>
  ({
    ...{ asset, status: 'ok', votes: [], rejected: [], ageMs: 0, ...more },
  }) as unknown as AssetPrice

const vote = (origin: string) => ({ origins: [origin] })

const sourceOf = (name: string, skewMs: number | null, more: object = {}) => ({
  ...{ name, requests: 7, maxPerMonth: null },
  ...{ state: { circuit: 'closed', restUntil: 0, failures: 0, skewMs }, ...more },
})

const quotes = (...rules: string[]) => new Map(rules.map((rule, k) => [`M${k}`, { rule }]))

function verdictOf(facts: {
  prices?: AssetPrice[]
  sources?: object[]
  views?: object[]
  at?: number
  asked?: string[]
}) {
  const { prices = [], sources = [], views = [], at = NOON, asked = [] } = facts
  const lines: string[] = []
  const events: { event: string; [key: string]: unknown }[] = []
  const code = tellDoctor(
    {
      output: {
        paint: painter(false),
        line: (text = '') => void lines.push(text),
        event: (event: (typeof events)[number]) => void events.push(event),
      },
    } as unknown as Parameters<typeof tellDoctor>[0],
    {
      snapshot: { takenAt: at, assets: new Map(prices.map((price) => [price.asset, price])) },
      reports: new Map(asked.map((name) => [name, { milliseconds: 120.4 }])),
      input: { sources: views },
      config: {
        assets: {
          XBT: { routes: [1], allowSingle: false, rules: { minSources: 2 } },
          DGB: { routes: [1], allowSingle: true, rules: { minSources: 2 } },
          USD: { routes: [], allowSingle: false, rules: { minSources: 2 } },
        },
      },
      sources,
    } as unknown as Examined,
  )
  return { code, lines: lines.slice(1), events }
}

const EVERY = ' Every asset has the sources that it needs, or a policy.'

t.test('a source: its answer, its clock, its markets', (t) => {
  const first = (skewMs: number | null, view?: object, more?: object, asked: string[] = ['s']): string[] => {
    const views =
      view === undefined ? [] : [{ name: 's', ok: true, quotes: quotes(), absent: new Map(), ...view }]
    const { lines } = verdictOf({ sources: [sourceOf('s', skewMs, more)], views, asked })
    return lines.slice(0, lines.indexOf('')).map((line) => line.trim().replace(/ {2,}/g, '  '))
  }
  const blank = (text: string): string => text
  t.same(first(null, undefined, undefined, []), [blank('s  none  n/a  no answer in time')])
  t.same(first(100, { quotes: quotes('mid', 'mid') }), ['s  120 ms  right  2 of 2'])
  t.same(first(4000, { quotes: quotes('last', 'last') }), ['s  120 ms  +4 s  2 of 2'], 'all of one kind')
  const thin = { quotes: quotes('mid', 'last'), absent: new Map([['PEG', { code: 'daily' }]]) }
  t.same(first(-3000, thin, { maxPerMonth: 9 }), [
    's  120 ms  -3 s  2 of 3',
    'PEG: published once a day: a witness, the live votes decide',
    'last trade only: M1',
    '7 of 9 requests this month',
  ])
  const resting = { state: { circuit: 'open', restUntil: NOON, failures: 3, skewMs: null } }
  const trouble = { ok: false, trouble: { code: 'blocked-region', detail: 'HTTP 451' } }
  t.same(first(null, trouble, resting), ['s  120 ms  n/a  HTTP 451', 'left alone until 2026-11-25 12:00 UTC'])
  t.end()
})

t.test('an asset has enough sources, just as many as it needs, or too few', (t) => {
  const two = [vote('a'), vote('b')]
  const rich = verdictOf({ prices: [priceOf('XBT', { votes: [...two, vote('c')] })] })
  t.match(rich, { code: 0, lines: ['', EVERY] })
  t.match(rich.events[0], {
    event: 'asset',
    asset: 'XBT',
    ok: true,
    sources: 3,
    needed: 2,
    origins: ['a', 'b', 'c'],
  })
  const barely = verdictOf({
    prices: [
      priceOf('XBT', { votes: two }),
      priceOf('DGB', { status: 'thin', votes: [vote('a')] }),
      priceOf('USD', { status: 'policy', policy: 'fixed' }),
    ],
  })
  t.match(barely, { code: 0, lines: ['', ' Just as many sources as needed: XBT DGB', EVERY] })
  const stale = { route: 'okx:DGB/USDT', reason: { code: 'daily' } }
  const poor = verdictOf({
    prices: [
      priceOf('XBT', { status: 'held', ageMs: 90_000, note: 'too few today' }),
      priceOf('DGB', { status: 'policy', policy: 'the chain', rejected: [stale] }),
      priceOf('USD', { status: 'failed', note: 'no source' }),
      priceOf('ETH', { status: 'failed' }),
    ],
  })
  t.match(poor, {
    code: 3,
    lines: [
      '',
      ' XBT   held since 90 s: too few today',
      ' DGB   the chain',
      '         okx:DGB/USDT: published once a day: a witness, the live votes decide',
      ' USD   no source',
      ' ETH   ',
      ' 4 assets without enough sources: XBT DGB USD ETH',
    ],
  })
  t.match(poor.events.at(-1), { event: 'doctor', ok: false, short: ['XBT', 'DGB', 'USD', 'ETH'] })
  t.end()
})

t.test('clocks, and what is closed by them', (t) => {
  const clocks = (...skews: number[]) => {
    const { lines, events } = verdictOf({ sources: skews.map((skew, k) => sourceOf(`s${k}`, skew)) })
    return { lines: lines.slice(lines.indexOf('') + 1, -1), event: events.at(-1) }
  }
  t.same(clocks(0, 100, -100).lines, [])
  t.same(clocks(9000, 9100, 9200).lines, [' The clock of this machine is 9.1 s behind: set it.'])
  t.same(clocks(-9000, -9100, -9200).lines, [' The clock of this machine is 9.1 s ahead: set it.'])
  const { lines, event } = clocks(0, -600_000, 100, 0, 600_000)
  t.match(lines, [/^ s1 dates its replies 10 min back: /, /^ s4 dates its replies 10 min ahead: /])
  t.match(event, { clockSkewMs: 0, clocksOff: ['s1', 's4'], closed: [] })

  const { lines: sunday, events } = verdictOf({ at: Date.UTC(2026, 10, 29, 12) })
  t.match(sunday, [
    '',
    / Closed until 2026-11-29 2\d:00 UTC: currencies; the last prices stand\./,
    / Closed until 2026-11-29 2\d:00 UTC: metals; /,
  ])
  t.match(events.at(-1), { closed: [{ market: 'currencies' }, { market: 'metals' }] })
  t.match(
    verdictOf({ at: Date.UTC(2040, 10, 28, 12) }).lines.join('\n'),
    / known up to 2031: update the program\./,
  )
  t.end()
})
