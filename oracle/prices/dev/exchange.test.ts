import axios from 'axios'
import t from 'tap'

import { ASSETS } from '../../records/index.js'
import { books, decimal, type Venue } from './books.js'
import { startDevExchange } from './index.js'
import { walk } from './walk.js'
import { assetOf, CURRENCIES, worth } from './world.js'

const NOON = Date.UTC(2026, 10, 24, 12)
const DAY = 86_400_000
const VENUES: Venue[] = [
  'kraken',
  'coinbase',
  'binance',
  'bitstamp',
  'kucoin',
  'er-api',
  'frankfurter',
  'gold-api',
  'swissquote',
]

t.test('walks', (t) => {
  t.equal(walk('s', 'XBT', NOON, 0.02), walk('s', 'XBT', NOON, 0.02), 'pure')
  t.not(walk('s', 'XBT', NOON, 0.02), walk('other', 'XBT', NOON, 0.02))
  t.not(walk('s', 'XBT', NOON, 0.02), walk('s', 'ETH', NOON, 0.02))
  t.equal(walk('s', 'XBT', NOON, 0), 0)

  const changes = Array.from({ length: 1000 }, (_, day) => {
    const time = NOON + day * DAY
    return walk('s', 'XBT', time + DAY, 0.02) - walk('s', 'XBT', time, 0.02)
  })
  const deviation = Math.sqrt(changes.reduce((sum, change) => sum + change * change, 0) / changes.length)
  t.ok(deviation > 0.01 && deviation < 0.04, `a day's change is ${deviation}`)

  const steps = Array.from({ length: 5000 }, (_, k) => {
    const time = NOON + k * 997
    return Math.abs(walk('s', 'XBT', time + 1000, 0.02) - walk('s', 'XBT', time, 0.02))
  })
  t.ok(Math.max(...steps) < 0.0005, 'no jumps')
  t.ok(steps.filter((step) => step > 0).length > 4900, 'never still')
  t.end()
})

t.test('what things are worth', (t) => {
  t.ok(ASSETS[5].every((asset) => worth('s', asset, NOON) > 1e-5))
  t.equal(worth('s', 'USD', NOON), 1)
  t.ok(Number.isNaN(worth('s', 'NOTHING', NOON)))
  t.equal(CURRENCIES.length, 30)

  const change = (asset: string, day: number): number =>
    Math.log(worth('s', asset, NOON + (day + 1) * DAY) / worth('s', asset, NOON + day * DAY))
  const days = Array.from({ length: 300 }, (_, day) => change('ETH', day) * change('LTC', day))
  t.ok(days.reduce((sum, product) => sum + product, 0) > 0, 'coins move together')

  for (const venue of VENUES) {
    const tops = books('s', venue, NOON)
    t.ok(tops.every(({ bid, ask, last }) => Number(bid) < Number(ask) && Number(last) > 0))
    const limit = venue === 'er-api' || venue === 'frankfurter' ? 0.02 : 0.001
    const far = tops.filter(({ base, quote, last }) => {
      const truth = worth('s', assetOf(base), NOON) / worth('s', assetOf(quote), NOON)
      return Math.abs(Number(last) / truth - 1) >= limit
    })
    t.match(far, venue === 'binance' ? [{ base: 'XMR', trading: false }] : [], `${venue} is near the truth`)
    t.equal(far.length, venue === 'binance' ? 1 : 0)
  }
  t.equal(decimal(88412.3456), '88412.35')
  t.equal(decimal(0.000343212345), '0.0003432123')
  t.end()
})

t.test('a restart goes on where it was', async (t) => {
  let time = NOON
  const options = { seed: 'again', now: () => time }
  const first = await startDevExchange(options)
  const url = '/kraken/0/public/Ticker?pair=XXBTZUSD'
  const { data: before } = await axios.get<unknown>(first.url + url, { proxy: false })
  await first.close()
  const second = await startDevExchange(options)
  t.teardown(() => second.close())
  const { data: after } = await axios.get<unknown>(second.url + url, { proxy: false })
  t.strictSame(after, before)
  t.equal(second.truth('XBT'), worth('again', 'XBT', NOON))
  time += 1000
  const { data: later } = await axios.get<unknown>(second.url + url, { proxy: false })
  t.not(JSON.stringify(later), JSON.stringify(before))
  t.equal(second.log.at(-1), `GET ${url}`)
})

t.test('answers that are no prices', async (t) => {
  const exchange = await startDevExchange({ now: () => NOON })
  t.teardown(() => exchange.close())
  const get = async (path: string): Promise<[number, unknown]> => {
    const { status, data } = await axios.get<unknown>(exchange.url + path, {
      proxy: false,
      validateStatus: () => true,
    })
    return [status, data]
  }
  t.match(await get('/kraken/0/public/Ticker?pair=NOSUCH'), [200, { error: ['EQuery:Unknown asset pair'] }])
  t.match(await get('/binance/api/v3/ticker/24hr?symbol=NOSUCH'), [400, { code: -1121 }])
  t.match(await get('/binance/api/v3/ticker/24hr?symbols=nonsense'), [400, { code: -1121 }])
  t.match(await get('/binance/api/v3/ticker/24hr?symbol=BTCUSDT'), [200, { symbol: 'BTCUSDT' }])
  t.match(await get('/coinbase/api/v3/brokerage/market/products/NO-SUCH/ticker'), [
    404,
    { error: 'NOT_FOUND' },
  ])
  t.match(await get('/coinbase/api/v3/brokerage/market/products/BTC-USD/ticker'), [200, { best_bid: /^\d/ }])
  t.match(await get('/frankfurter/v2/rates?base=usd&quotes=zz'), [422, {}])
  t.match(await get('/gold-api/price/NOP'), [404, {}])
  t.match(await get('/swissquote/public-quotes/bboquotes/instrument/NOP/USD'), [200, []])
  t.match(await get('/nowhere/at/all'), [404, { message: 'no venue called nowhere' }])
  t.match(await get('/kraken/0/private/Balance'), [404, { message: /nothing at/ }])
  t.match(await get('/'), [404, {}])
  t.match(await get('//'), [404, {}])
  const posted = await axios.post<unknown>(
    `${exchange.url}/kraken/0/public/Ticker`,
    {},
    { proxy: false, validateStatus: () => true },
  )
  t.equal(posted.status, 405)

  const port = Number(new URL(exchange.url).port)
  await t.rejects(startDevExchange({ port }), { code: 'E_PRICES_DEV', kind: 'usage' })
})
