/** What daemons of 2020 ask for their prices, over HTTP and HTTPS. */
import { X509Certificate } from 'node:crypto'
import { get as getPlain } from 'node:http'
import { get as getSecure } from 'node:https'
import { PassThrough, Readable } from 'node:stream'
import t, { type Test } from 'tap'

import { selfSigned } from '../../base/http-server.js'
import { readStubPrices, stubReply, type StubPrices } from '../../komodo/index.js'
import { until } from '../../test/fixtures/until.js'
import { runProgram } from '../program/program.js'
import { rateOf } from './oracle-prices.js'

const INDEX = 'BTC_USD=11250/BTC_GBP=9000/BTC_EUR=10000'

t.test('the shapes of the two APIs, of fixed and of scripted prices, and of those of the oracle', (t) => {
  const prices = readStubPrices(`${INDEX}/KMD_BTC=0:0.00008,100s:0.00006/ETH_BTC=oracle`) as StubPrices
  const reply = (url: string, second = 0, oracle: number | null = 0.02) =>
    stubReply(url, (feed) => {
      const from = prices.get(feed)
      return from === 'oracle' ? oracle : from?.(second)
    })
  t.match(reply('/v1/bpi/currentprice.json'), {
    status: 200,
    body: {
      bpi: { USD: { rate_float: 11_250 }, GBP: { rate_float: 9_000 }, EUR: { rate_float: 10_000 } },
    },
  })
  const ticker = '/api/v1/ticker/price?symbol=KMDBTC'
  t.same(reply(ticker).body, { symbol: 'KMDBTC', price: '0.00008000' })
  t.same(reply(ticker, 50).body, { symbol: 'KMDBTC', price: '0.00007000' })
  const ether = '/api/v3/ticker/price?symbol=ETHBTC'
  t.same(reply(ether).body, { symbol: 'ETHBTC', price: '0.02000000' })
  t.equal(reply(ether, 0, null).status, 503, 'never a price of 0')
  t.equal(stubReply('/v1/bpi/currentprice.json', () => null).status, 503)
  for (const url of [
    '/api/v1/ticker/price?symbol=XYZBTC',
    '/',
    '//',
    '/api/v1/ticker/price',
    'http://[',
    ' ',
  ])
    t.equal(reply(url).status, 404, url)
  for (const [text, why] of [
    ['', /is no feed with a price/],
    ['BTC_USD=x', /"BTC_USD=x" is no feed/],
    ['BTC_USD=1', /BTC_GBP, BTC_EUR is missing/],
    [`${INDEX}/BTC_USD=1`, /BTC_USD stands there twice/],
  ] as const)
    t.match(readStubPrices(text), why, text)
  t.equal(
    rateOf(
      new Map([
        ['XBT', 60_000n],
        ['EUR', 2n],
      ]),
      'BTC_EUR',
    ),
    30_000,
  )
  t.equal(rateOf(new Map([['XBT', 60_000n]]), 'BTC_EUR'), null)
  t.end()
})

t.test('a certificate of its own', (t) => {
  const cert = new X509Certificate(selfSigned(['api.one.com', 'api.two.com'], Date.UTC(2026, 0, 2)).cert)
  t.ok(cert.verify(cert.publicKey))
  t.ok(cert.checkHost('api.two.com'))
  t.equal(new Date(cert.validFrom).getTime(), Date.UTC(2026, 0, 1))
  t.end()
})

/** The command as it stands, until it is ended. */
async function serve(t: Test, prices: string, ...more: string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const end = new AbortController()
  const io = { stdin: Readable.from([]), stdout, stderr, env: {}, interrupted: end.signal }
  const ports = ['--http-port', '0', '--https-port', '0', '--data-dir', t.testdir()]
  let said = ''
  stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ready = new Promise<void>((resolve) =>
    stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('--dport 443')) resolve()
    }),
  )
  const running = runProgram(['pegs', 'price-stub', '--prices', prices, ...ports, ...more], io)
  await Promise.race([ready, running])
  const [, http = '', https = ''] = /(http:\S+)\s+(https:[^\s\u001b]+)/.exec(said) ?? []
  const close = () => (end.abort(), running)
  return { said, http, https, close }
}

const ask = (url: string) =>
  new Promise<string>((resolve, reject) => {
    const call = url.startsWith('https') ? getSecure(url, { rejectUnauthorized: false }) : getPlain(url)
    call.on('error', reject)
    call.on('response', (reply) => {
      let text = ''
      reply.on('data', (chunk: Buffer) => (text += chunk.toString()))
      reply.on('end', () => resolve(`${reply.statusCode} ${text}`))
    })
  })

/** On a busy machine the sources may answer only to a later question. */
const priced = (url: string): Promise<string> =>
  until(async () => {
    const reply = await ask(url)
    return !reply.startsWith('503') && reply
  }, 200)

t.test('the command serves both, and says how a node is pointed at it', async (t) => {
  const { said, http, https, close } = await serve(t, INDEX)
  t.match(said, /echo '127\.0\.0\.1 api\.coindesk\.com api\.binance\.com' >> \/etc\/hosts/)
  t.match(await ask(`${http}/v1/bpi/currentprice.json`), /^200 .*"rate_float":11250/)
  t.match(await ask(`${https}/v1/bpi/currentprice.json`), /^200 .*"rate_float":11250/)
  t.match(await ask(`${https}/api/v1/ticker/price?symbol=KMDBTC`), /^404 /)
  t.equal(await close(), 130)
})

t.test('prices of our own oracle, here of the embedded exchange', async (t) => {
  const feeds = ['BTC_USD', 'BTC_GBP', 'BTC_EUR', 'ETH_BTC'].map((feed) => `${feed}=oracle`).join('/')
  const { http, https, close } = await serve(t, `${feeds}/KMD_BTC=0.00008`, '--network', 'dev')
  const index = await priced(`${https}/v1/bpi/currentprice.json`)
  const [usd = 0, gbp = 0, eur = 0] = [...index.matchAll(/"rate_float":([\d.]+)/g)].map(([, rate]) =>
    Number(rate),
  )
  t.ok(usd > 1_000 && gbp > 1_000 && eur > 1_000 && new Set([usd, gbp, eur]).size === 3, index)
  const ether = /"price":"([\d.]+)"/.exec(await priced(`${http}/api/v1/ticker/price?symbol=ETHBTC`))
  t.ok(Number(ether?.[1]) > 0 && Number(ether?.[1]) < 1, `${ether?.[0]}`)
  t.match(await ask(`${http}/api/v1/ticker/price?symbol=KMDBTC`), /"price":"0\.00008000"/)
  t.equal(await close(), 130)
  const strange = await serve(t, `${INDEX}/KMD_BTC=oracle`, '--network', 'dev')
  t.match(strange.said, /the oracle has no price for KMD_BTC: give one, such as KMD_BTC=1\.5/)
})
