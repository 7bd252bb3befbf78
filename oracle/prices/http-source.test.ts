/** What a publisher of rates may answer, and what the source makes of it: an error with its code, or rates. */
import { createServer, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import t, { type Test } from 'tap'

import { listening } from '../../base/http-server.js'
import { HTTP_PRESETS, type PresetName } from './http-presets.js'
import { createHttpSource } from './http-source.js'

const NOW = Date.UTC(2026, 10, 24, 12)
const SIGNAL = new AbortController().signal

interface Reply {
  readonly status?: number
  readonly headers?: OutgoingHttpHeaders
  readonly body?: string
}

/** A source of this preset, whose publisher answers each request so. */
async function source(
  t: Test,
  preset: PresetName,
  symbols: readonly string[],
  answer: (request: IncomingMessage) => Reply,
) {
  const server = createServer((request, response) => {
    const { status = 200, headers = {}, body = '' } = answer(request)
    response.writeHead(status, headers).end(body)
  })
  const { url, close } = await listening(server, { port: 0 })
  t.teardown(close)
  const heard: string[] = []
  const made = createHttpSource({
    ...{ name: 'own', preset: HTTP_PRESETS[preset], url, key: 's3cret', symbols, timeoutMs: 20_000 },
    ...{ now: () => NOW, onReply: (asked) => heard.push(asked.replace(url, '')) },
  })
  t.teardown(() => made.close())
  return { ...made, heard }
}

const row = (quote: unknown, rate: unknown, more: object = {}) => ({
  date: '2026-11-24',
  base: 'USD',
  quote,
  rate,
  ...more,
})

t.test('rates, and what is wrong with some of them', async (t) => {
  const rows = [
    row('EUR', 0.8),
    row('GBP', '0.7', { date: 'soon' }),
    row('JPY', 'x'),
    row('KES', 1e13),
    row(5, 1),
    7,
  ]
  const own = await source(t, 'frankfurter', ['EUR', 'GBP', 'JPY', 'KES', 'TZS'], () => ({
    body: JSON.stringify(rows),
  }))
  const { quotes, absent } = await own.poll(SIGNAL)
  t.match(quotes.get('EUR'), {
    price: 0.8,
    rule: 'rate',
    sourceTime: Date.UTC(2026, 10, 24),
    receivedAt: NOW,
  })
  t.match(quotes.get('GBP'), { price: 0.7, sourceTime: null })
  const unusable = { code: 'no-price', detail: 'no usable rate' }
  t.same(
    [...absent],
    [
      ['JPY', unusable],
      ['KES', unusable],
      ['TZS', { code: 'not-listed', detail: 'not listed' }],
    ],
  )
  t.same(own.heard, ['/v2/rates?base=usd&quotes=eur,gbp,jpy,kes,tzs'])
})

t.test('replies that are none', async (t) => {
  const answered = (status: number, headers: OutgoingHttpHeaders = {}): Reply => ({ status, headers })
  const table: readonly (readonly [reply: Reply, code: string, message: RegExp])[] = [
    [{ body: '<html>' }, 'E_PRICES_REPLY', /^its reply is no table of rates$/],
    [{ body: '{}' }, 'E_PRICES_REPLY', /^its reply is no table of rates$/],
    [{ body: '[]' }, 'E_PRICES_REPLY', /^has a rate for none of 1 asked for$/],
    [
      { body: `[${'0,'.repeat(100_000)}0]` },
      'E_PRICES_REPLY',
      /^its reply is unusable: it holds more than 100000 values$/,
    ],
    [{ body: ' '.repeat(3 << 20) }, 'E_PRICES_REPLY', /maxContentLength/],
    [answered(302, { location: '/' }), 'E_PRICES_REPLY', /^answered with a redirect \(HTTP 302\)$/],
    [answered(404), 'E_PRICES_REPLY', /^answered with HTTP 404$/],
    [answered(503), 'E_PRICES_UNREACHABLE', /^reports trouble of its own \(HTTP 503\)$/],
    [answered(429, { 'retry-after': '20' }), 'E_PRICES_LIMITED', /./],
    [answered(401), 'E_PRICES_KEY', /./],
    [answered(451), 'E_PRICES_BLOCKED', /./],
  ]
  for (const [reply, code, message] of table) {
    const own = await source(t, 'frankfurter', ['EUR'], () => reply)
    await t.rejects(own.poll(SIGNAL), { code, message }, `${reply.status} ${reply.body?.slice(0, 20)}`)
  }
  const closed = await source(t, 'frankfurter', ['EUR'], () => ({}))
  await closed.close()
  await t.rejects(closed.poll(SIGNAL), { code: 'E_PRICES_CLOSED', message: 'own is closed' })
})

t.test('several requests: what one lacks leaves the others, and the oldest dates all', async (t) => {
  const date = (ms: number) => new Date(ms).toUTCString()
  const metals = await source(t, 'swissquote', ['XAU', 'XAG', 'XPT'], ({ url = '' }) => {
    if (url.includes('XPT')) return { status: 500 }
    const headers = { date: date(url.includes('XAG') ? NOW - 60_000 : NOW) }
    return { headers, body: JSON.stringify([{ ts: NOW, spreadProfilePrices: [{ bid: 9, ask: 11 }] }]) }
  })
  const { quotes, absent, replyTime } = await metals.poll(SIGNAL)
  t.match(
    [...quotes],
    [
      ['XAU', { price: 10, rule: 'mid', sourceTime: NOW }],
      ['XAG', { price: 10 }],
    ],
  )
  t.match([...absent], [['XPT', { code: 'unreachable' }]])
  t.equal(replyTime?.dateMs, NOW - 60_000 + 500)
})

t.test('a key goes where the publisher wants it, and is told to nobody', async (t) => {
  const headers: unknown[] = []
  const coin = await source(t, 'coinmarketcap', ['BTC'], (request) => {
    headers.push(request.headers['x-cmc_pro_api_key'])
    return { body: '{}' }
  })
  await t.rejects(coin.poll(SIGNAL), { code: 'E_PRICES_REPLY' })
  t.same(headers, ['s3cret'])
  const paths: unknown[] = []
  const hourly = await source(t, 'open-exchange-rates', ['EUR'], ({ url }) => {
    paths.push(url)
    return { body: JSON.stringify({ base: 'USD', rates: { EUR: 0.8 }, timestamp: 'x' }) }
  })
  t.match((await hourly.poll(SIGNAL)).quotes.get('EUR'), { price: 0.8, sourceTime: null })
  t.same([paths, hourly.heard], [['/api/latest.json?app_id=s3cret'], ['/api/latest.json?app_id=KEY']])
})

t.test('replies of another shape', (t) => {
  const usd = { USD: 1 }
  const table: readonly (readonly [preset: PresetName, replies: readonly unknown[]])[] = [
    [
      'er-api',
      [
        'x',
        {},
        { result: 'success', base_code: 'EUR', rates: usd },
        { result: 'success', base_code: 'USD', rates: [] },
      ],
    ],
    ['frankfurter', [{}]],
    ['currency-api', [[], { usd: 1 }]],
    ['exchangerate-fun', ['x', { base: 'EUR', rates: usd }, { base: 'USD', rates: 1 }]],
    ['coinbase-fx', ['x', {}, { data: { currency: 'EUR', rates: usd } }, { data: { currency: 'USD' } }]],
    ['gold-api', ['x', {}, { symbol: 'XAU', currency: 'EUR' }]],
    ['swissquote', [{}, [], [{}], [{ spreadProfilePrices: [] }], [5]]],
    ['coingecko', [[]]],
    ['coinmarketcap', ['x', {}, { data: 5 }]],
  ]
  for (const [preset, replies] of table)
    for (const reply of replies)
      t.equal(HTTP_PRESETS[preset].read(reply), null, `${preset} ${JSON.stringify(reply)}`)
  t.same(HTTP_PRESETS['coingecko'].read({ bitcoin: 5, factom: { usd: 2 } }), [
    { symbol: 'FCT', price: 2, time: null, rule: 'rate' },
  ])
  const swiss = (ask: unknown) =>
    HTTP_PRESETS['swissquote'].read([{ spreadProfilePrices: [{ bid: 9, ask }] }])
  for (const ask of ['11', 8]) t.match(swiss(ask), [{ price: undefined, time: null }], `${ask}`)
  t.match(
    HTTP_PRESETS['gold-api'].read({ symbol: 'XAU', price: 5 }),
    [{ price: 5, time: null }],
    'dollars unless it says otherwise',
  )
  t.end()
})
