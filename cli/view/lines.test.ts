/** Lines of a run, and what its keys show. */
import t from 'tap'

import type { FeedSource, PriceSnapshot } from '../../oracle/prices/index.js'
import { sourceLines } from './keys.js'
import { entriesLine, jobLine, noticeLine, pricesLine, skippedLine } from './lines.js'

t.test('prices: what is held, and what is missing, eight of them by name', (t) => {
  const words = Array.from({ length: 9 }, (_, k) => `A${k}`)
  const event = {
    event: 'prices',
    height: 9,
    assets: 62,
    complete: true,
    missing: {},
    strong: 58,
    guarded: true,
  } as const
  const cases: [more: Partial<Parameters<typeof pricesLine>[0]>, style: string, text: string][] = [
    [{ held: {}, widest: null }, 'cyan', '62 assets, 58 from 3+ sources'],
    [
      { held: { TZS: 14_400_000 }, widest: { asset: 'RVN', spread: 0.008 } },
      'yellow',
      '62 assets, 58 from 3+ sources; held: TZS 4 h; widest spread RVN 0.80 %',
    ],
    [
      { complete: false, assets: 53, missing: Object.fromEntries(words.map((word) => [word, 'no source'])) },
      'yellow',
      '53 assets; 9 missing: A0 A1 A2 A3 A4 A5 A6 A7 …',
    ],
  ]
  for (const [more, style, text] of cases)
    t.same(pricesLine({ ...event, held: {}, widest: null, ...more }), {
      ...{ label: 'prices', style, text },
    })
  t.end()
})

t.test('a job: whose winners it names, and from which difficulty on it publishes', (t) => {
  const job = (winnersFrom: number | null, floor: string): string =>
    jobLine({ event: 'job', oprHash: 'ab'.repeat(32), winnersFrom, floor } as Parameters<typeof jobLine>[0])
      .text
  t.equal(job(null, '0'.repeat(16)), 'record abababababababab…, no winners yet, no floor')
  t.equal(job(8, 'ffffe00000000000'), 'record abababababababab…, winners of 8, floor ffffe000…')
  t.end()
})

t.test('notices by their level, and none longer than two lines', (t) => {
  const line = (level: 'info' | 'warn' | 'error', message = 'it is so') =>
    noticeLine({ event: 'notice', level, code: 'E_X', message })
  t.match(line('info'), { label: 'notice', style: 'dim', text: 'E_X: it is so' })
  t.match(line('warn'), { label: 'warn', style: 'yellow' })
  t.match(line('error'), { label: 'error', style: 'red' })
  const long = line('warn', 'x'.repeat(300)).text
  t.equal(long.length, 200)
  t.match(long, / …$/)
  t.match(
    skippedLine({ event: 'skipped', height: 9, code: 'E_X', reason: 'two\nlines' }).text,
    /^block 9: E_X: two.lines$/,
  )
  t.same(entriesLine({ landed: 2, missed: 1 }, ''), {
    ...{ label: 'entries', style: 'yellow', text: '2 landed, 1 missed' },
  })
  t.same(entriesLine({ revealed: 2 }, 'ffff'), {
    ...{ label: 'entries', style: 'cyan', text: '2 revealed; best difficulty ffff' },
  })
  t.end()
})

t.test('sources: what each gave, and what is left of its quota', (t) => {
  const source = (name: string, more: object = {}): FeedSource =>
    ({
      ...{ name, requests: 1200, maxPerMonth: null },
      ...{ state: { circuit: 'closed', restUntil: 0 }, ...more },
    }) as unknown as FeedSource
  const sources = [
    source('new'),
    source('kraken'),
    source('gate', { maxPerMonth: 9000 }),
    source('okx', { state: { circuit: 'open', restUntil: 65_000 } }),
  ]
  const taken = {
    sources: [
      { name: 'kraken', ok: true, ageMs: 2000 },
      { name: 'gate', ok: false, ageMs: null },
      { name: 'okx', ok: true, ageMs: null },
    ],
    takenAt: 0,
    prices: new Map([['XBT', 1n]]),
    missing: new Map([['ETH', 'no source']]),
  } as unknown as PriceSnapshot
  t.same(
    sourceLines(sources, taken, 5000).map(({ style, text }) => [style, text]),
    [
      ['cyan', '1 asset priced, 1 missing, 5 s ago'],
      ['yellow', 'new     not asked yet'],
      ['green', 'kraken  gives prices, 7 s old'],
      ['yellow', 'gate    gives nothing                   1,200 of 9,000 requests this month'],
      ['yellow', 'okx     left alone for 1 min 00 s'],
    ],
  )
  t.match(sourceLines(sources, { ...taken, missing: new Map() }, 5000)[0]?.text, '1 asset priced, 5 s ago')
  t.equal(sourceLines(sources, null, 5000)[0]?.text, 'none taken yet')
  t.end()
})
