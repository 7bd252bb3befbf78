/** What daemons of 2020 ask for their prices, over HTTP and HTTPS. */
import { X509Certificate } from 'node:crypto'
import { get as getPlain } from 'node:http'
import { get as getSecure } from 'node:https'
import { PassThrough, Readable } from 'node:stream'
import t from 'tap'

import { selfSigned } from '../../base/http-server.js'
import { readStubPrices, stubReply, type StubPrices } from '../../komodo/index.js'
import { runProgram } from '../program/program.js'

const INDEX = 'BTC_USD=11250/BTC_GBP=9000/BTC_EUR=10000'

t.test('the shapes of the two APIs, of fixed and of scripted prices', (t) => {
  const prices = readStubPrices(`${INDEX}/KMD_BTC=0:0.00008,100s:0.00006`) as StubPrices
  t.match(stubReply('/v1/bpi/currentprice.json', prices, 0), {
    bpi: { USD: { rate_float: 11_250 }, GBP: { rate_float: 9_000 }, EUR: { rate_float: 10_000 } },
  })
  const ticker = '/api/v1/ticker/price?symbol=KMDBTC'
  t.same(stubReply(ticker, prices, 0), { symbol: 'KMDBTC', price: '0.00008000' })
  t.same(stubReply(ticker, prices, 50), { symbol: 'KMDBTC', price: '0.00007000' })
  for (const url of [
    '/api/v1/ticker/price?symbol=XYZBTC',
    '/',
    '//',
    '/api/v1/ticker/price',
    'http://[',
    ' ',
  ])
    t.equal(stubReply(url, prices, 0), null, url)
  for (const [text, why] of [
    ['', /is no feed with a price/],
    ['BTC_USD=x', /"BTC_USD=x" is no feed/],
    ['BTC_USD=1', /BTC_GBP, BTC_EUR is missing/],
    [`${INDEX}/BTC_USD=1`, /BTC_USD stands there twice/],
  ] as const)
    t.match(readStubPrices(text), why, text)
  t.end()
})

t.test('a certificate of its own', (t) => {
  const cert = new X509Certificate(selfSigned(['api.one.com', 'api.two.com'], Date.UTC(2026, 0, 2)).cert)
  t.ok(cert.verify(cert.publicKey))
  t.ok(cert.checkHost('api.two.com'))
  t.equal(new Date(cert.validFrom).getTime(), Date.UTC(2026, 0, 1))
  t.end()
})

t.test('the command serves both, and says how a node is pointed at it', async (t) => {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const end = new AbortController()
  const io = { stdin: Readable.from([]), stdout, stderr, env: {}, interrupted: end.signal }
  const words = ['pegs', 'price-stub', '--prices', INDEX, '--http-port', '0', '--https-port', '0']
  const lines: string[] = []
  const ready = new Promise<void>((resolve) =>
    stdout.on('data', (chunk: Buffer) => {
      lines.push(chunk.toString())
      if (lines.join('').includes('--dport 443')) resolve()
    }),
  )
  const running = runProgram(words, io)
  await Promise.race([ready, running])
  const said = lines.join('')
  t.match(said, /echo '127\.0\.0\.1 api\.coindesk\.com api\.binance\.com' >> \/etc\/hosts/)
  const [, http = '', https = ''] = /(http:\S+)\s+(https:[^\s\u001b]+)/.exec(said) ?? []
  const ask = (url: string) =>
    new Promise<string>((resolve, reject) => {
      const options = { rejectUnauthorized: false }
      const call = url.startsWith('https') ? getSecure(url, options) : getPlain(url)
      call.on('error', reject)
      call.on('response', (reply) => {
        let text = ''
        reply.on('data', (chunk: Buffer) => (text += chunk.toString()))
        reply.on('end', () => resolve(`${reply.statusCode} ${text}`))
      })
    })
  t.match(await ask(`${http}/v1/bpi/currentprice.json`), /^200 .*"rate_float":11250/)
  t.match(await ask(`${https}/v1/bpi/currentprice.json`), /^200 .*"rate_float":11250/)
  t.match(await ask(`${https}/api/v1/ticker/price?symbol=KMDBTC`), /^404 /)
  end.abort()
  t.equal(await running, 130)
})
