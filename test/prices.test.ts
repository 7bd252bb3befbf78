/** Whole runs of `pegminer prices` on the embedded exchange, in trouble and out of it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

import { runHere } from './fixtures/in-process.js'
import { start, type Event } from './fixtures/program.js'
import { matchExactly } from './fixtures/match-exactly.js'

const dir = t.testdir()
const prices = (...words: string[]) =>
  runHere(['prices', '--network', 'dev', '--data-dir', join(dir, 'data'), ...words])
const eventsOf = ({ stdout }: { stdout: string }): Event[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event)

t.test('one snapshot, kept, recomputed, and explained', async (t) => {
  const file = join(dir, 'kept.jsonl')
  const taken = await prices('--json', '--keep', file)
  t.match(taken, { code: 0, stderr: '' })
  const events = eventsOf(taken)
  const each = events.filter(({ event }) => event === 'price')
  t.equal(each.length, 62)
  const voteless = each.filter((event) => (event['votes'] as unknown[]).length < 2)
  matchExactly(t, voteless, [
    { asset: 'USD', usd: '1', units: '100000000', status: 'policy', policy: 'fixed' },
  ])
  t.equal(voteless.length, 1, 'everything else comes with its votes')
  t.match(events.at(-1), { event: 'snapshot', complete: true, priced: 62, version: 5, missing: {} })

  for (const height of [[], ['0']])
    t.match(await prices('replay', file, ...height), {
      ...{ code: 0, stdout: ' 1 snapshot: 1 identical to the byte\n' },
    })
  t.match(await prices('replay', file, '7'), { code: 2, stderr: /holds no snapshot of block 7\n$/ })
  const text = readFileSync(file, 'utf8')
  const changed = join(dir, 'changed.jsonl')
  writeFileSync(changed, text.replace(/"BTC\/USD":\{"price":(\d)/, '"BTC/USD":{"price":1$1'))
  const differs = await prices('replay', changed, '--json')
  t.equal(differs.code, 5)
  const [replayed] = eventsOf(differs)
  t.match(replayed, { event: 'replay', identical: false })
  t.ok((replayed?.['differences'] as { at: string }[]).some(({ at }) => at === 'assets.XBT.units'))
  const shown = (await prices('replay', changed)).stdout
  t.match(
    shown,
    /^ .* block 0: \d+ differences\n {3}indices\..*\n {5}stored {4}[\d.]+\n {5}computed {2}[\d.]+\n/,
  )
  t.match(shown, /\n 1 snapshot: 0 identical to the byte, 1 different\n$/)
  writeFileSync(changed, text.replaceAll(/"price":(\d)/g, '"price":1$1'))
  t.match((await prices('replay', changed)).stdout, /\n {3}and \d+ more; --json shows all\n/)
  const nothing = join(dir, 'nothing.jsonl')
  writeFileSync(nothing, '')
  t.match(await prices('replay', nothing), { code: 2, stderr: /nothing\.jsonl holds no snapshot\n$/ })
  t.match(await prices('replay', join(dir, 'none')), { code: 2, stderr: /E_PRICES_STORED/ })

  const explained = await prices('explain', 'xbt')
  t.equal(explained.code, 0)
  for (const form of [
    /^ XBT {2}[\d,.]+ USD {2}ok: median of 7 votes, spread 0\.\d\d %$/m,
    /^ {3}\+ binance:BTC\/USDT \* USDT\/USD$/m,
    /^ {9}binance:BTC\/USDT = [\d.]+ \(mid\), \d+ s old$/m,
    /^ {9}USDT\/USD = 0\.99\d+, \d+ s old$/m,
    /^ Last winners: not known here/m,
  ])
    t.match(explained.stdout, form)
})

t.test('trouble is told, and what it does', async (t) => {
  const liar = await prices('--trouble', 'kraken:liar', '--assets', 'XBT,EUR')
  t.equal(liar.code, 0)
  t.match(liar.stdout, /kraken is far off the others on EUR XBT; it does not count there/)
  const lost = await prices('--trouble', 'binance:451,okx:html,gate:503', '--assets', 'DGB,USD')
  t.equal(lost.code, 3)
  t.match(
    lost.stdout,
    / DGB +needs 2 sources, has 1\n +kucoin:DGB\/USDT \* USDT\/USD +0\.0\d+, \d+ s old, accepted\n/,
  )
  t.match(
    lost.stdout,
    /binance:DGB\/USDT \* USDT\/USD +refused the request \(HTTP 451\) \(next try in 60 min\)/,
  )
  t.match(lost.stdout, /-> if it lasts, add another source: prices\.assets\.DGB\.routes\n/)
  t.notMatch(lost.stdout, /allowSingle/, 'no advice weakens the oracle')
  const doctor = await prices('doctor', '--trouble', 'binance:451,okx:html,gate:503', '--json')
  t.equal(doctor.code, 3)
  const events = eventsOf(doctor)
  t.match(
    events.find(({ name }) => name === 'binance'),
    { event: 'source', ok: false, error: /HTTP 451/ },
  )
  t.match(
    events.find(({ name }) => name === 'kraken'),
    { ok: true, markets: 30, absent: {} },
  )
  matchExactly(t, events.at(-1), {
    event: 'doctor',
    ok: false,
    short: ['RVN', 'DCR', 'EOS', 'NEO', 'ONT', 'DGB'],
  })
})

t.test('sources, recording, watching', async (t) => {
  const sources = await prices('sources', '--json')
  t.equal(sources.code, 0)
  t.match(
    eventsOf(sources).find(({ name }) => name === 'EOS'),
    { event: 'routes', class: 'thin', minSources: 2, policy: 'fail' },
  )
  const folder = join(dir, 'recorded')
  t.equal((await prices('record', folder, '--assets', 'XAU,USD')).code, 0)
  const index = JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as {
    replies: { source: string; file: string }[]
  }
  t.ok(
    index.replies.some(({ file }) => file.endsWith('0_public_AssetPairs')),
    'market lists too',
  )
  for (const { file } of index.replies) JSON.parse(readFileSync(join(folder, file), 'utf8'))
  t.ok(readdirSync(folder).includes('gold-api'))

  const watching = start(['prices', '--watch', '--json', '--assets', 'XBT', '--data-dir', join(dir, 'data')])
  t.teardown(() => watching.kill())
  const first = await watching.event('snapshot')
  await watching.event('snapshot', ({ takenAt }) => takenAt !== first['takenAt'])
  watching.child.kill('SIGINT')
  t.match(await watching.ended, { code: 130, stderr: '' })
})

t.test('ten mistakes in one file, ten lines at once', async (t) => {
  const file = join(dir, 'pegminer.yaml')
  writeFileSync(
    file,
    `prices:
  sources:
    krakn: { type: ccxt }
    kraken: { interval: often }
    mine: { type: http, preset: nonsense }
    cmc: { type: http, preset: coinmarketcap }
    oer: { interval: 5m, key: { env: PATH } }
  defaults:
    crypto: { maxSpread: lots }
  assets:
    XBTT: { routes: ["kraken:BTC/USD"] }
    XBT: { routes: ["kraken:BTC/USD", "coinbase:BTC/USD", "coinbase:ETH/USD"] }
    XBC: { routes: ["kraken:XBC/USD", "coinbase:BCH/USD", "gate:BCH/USD"] }
    DGB: { routes: ["gate:DGB/USDT * USDT/USD"] }
    FCT: { policy: manual, value: 0.03, until: 2020-01-01 }
  winners: { action: panic }
`,
  )
  const { code, stderr, stdout } = await runHere(['prices', 'sources', '--config', file])
  t.equal(code, 2)
  t.equal(stdout, '')
  const lines = stderr.trim().split('\n')
  t.equal(lines.length, 12, stderr)
  for (const [line, form] of [
    [3, 'sources.krakn: ccxt has no exchange'],
    [4, 'sources.kraken.interval: must be a duration'],
    [5, 'sources.mine.preset: must be one of'],
    [6, 'sources.cmc.key: .* answers only with a key'],
    [7, 'sources.oer.interval: asks 8928 times a month'],
    [9, 'defaults.crypto.maxSpread: must be a share'],
    [11, 'assets.XBTT: PegNet has no asset'],
    [12, 'assets.XBT.routes\\[2\\]: asks for none of BTC'],
    [13, 'assets.XBC.routes\\[0\\]: XBC is Bitcoin Plus'],
    [14, 'assets.DGB.routes: DGB needs 2 independent sources'],
    [15, 'assets.FCT.until: lies in the past'],
    [16, 'winners.action: must be one of'],
  ] as const)
    t.ok(
      lines.some((text) =>
        new RegExp(`^pegminer: E_CONFIG_SECTION: .*pegminer\\.yaml:${line}: prices\\.${form}`).test(text),
      ),
      `${line}: ${form}`,
    )
})
