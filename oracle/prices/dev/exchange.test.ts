import axios from 'axios'
import t from 'tap'

import { CLOCK } from '../../../base/index.js'
import { ASSETS } from '../../records/index.js'
import { devPrices } from '../defaults.js'
import { inlineExchanges } from '../exchange-host.js'
import { isExchange } from '../exchanges.js'
import { routePlanOf } from '../snapshot.js'
import { openSource } from '../sources.js'
import { readPrices } from '../validate.js'
import { books, decimal, VENUES } from './books.js'
import { parseTrouble, startDevExchange, TROUBLES, troubleFaults } from './index.js'
import { walk } from './walk.js'
import { assetOf, CURRENCIES, worth } from './world.js'
import { matchExactly } from '../../../test/fixtures/match-exactly.js'

const NOON = Date.UTC(2026, 10, 24, 12)
const DAY = 86_400_000
/** Markets that the defaults ask for and that venues have closed, never had, or list by a new name (EOS as A). */
const NOT_THERE = /^(binance (CRO|XMR)|okx (DASH|ZEC)|\w+ EOS)\/USDT$/

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
    const limit = /api$|frankfurter|fun|oer/.test(venue) && venue !== 'gold-api' ? 0.02 : 0.001
    const far = tops.filter(({ base, quote, last }) => {
      const truth = worth('s', assetOf(base), NOON) / worth('s', assetOf(quote), NOON)
      return Math.abs(Number(last) / truth - 1) >= limit
    })
    matchExactly(
      t,
      far,
      venue === 'binance' ? [{ base: 'XMR', trading: false }] : [],
      `${venue} is near the truth`,
    )
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

t.test(
  'each source of the defaults is answered at the embedded exchange, in all that it is asked for',
  async (t) => {
    const world = await startDevExchange({ seed: 's' })
    t.teardown(() => world.close())
    const exchanges = inlineExchanges()
    t.teardown(() => exchanges.close())
    const context = { keyAt: () => 'key', hasExchange: isExchange, now: NOON, overlay: devPrices(world.url) }
    const reading = readPrices(undefined, context)
    if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
    const { config } = reading.value
    const { symbols } = routePlanOf(config, ASSETS[5])
    t.ok(config.sources.length > 12)
    for (const source of config.sources) {
      const asked = symbols.get(source.name) ?? []
      t.ok(asked.length > 0, `${source.name} is asked for something`)
      const opened = openSource(source, { symbols: asked, key: 'key', exchanges, clock: CLOCK })
      const { quotes, absent } = await opened.poll(new AbortController().signal)
      await opened.close()
      t.equal(quotes.size + absent.size, asked.length, source.name)
      t.same(
        [...absent.keys()].filter((symbol) => !NOT_THERE.test(`${source.name} ${symbol}`)),
        [],
        `${source.name} has it all`,
      )
    }
  },
)

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
  matchExactly(t, await get('/kraken/0/public/Ticker?pair=NOSUCH'), [
    200,
    { error: ['EQuery:Unknown asset pair'] },
  ])
  matchExactly(t, await get('/binance/api/v3/ticker/24hr?symbol=NOSUCH'), [400, { code: -1121 }])
  matchExactly(t, await get('/binance/api/v3/ticker/24hr?symbols=nonsense'), [400, { code: -1121 }])
  matchExactly(t, await get('/binance/api/v3/ticker/24hr?symbol=BTCUSDT'), [200, { symbol: 'BTCUSDT' }])
  matchExactly(t, await get('/coinbase/api/v3/brokerage/market/products/NO-SUCH/ticker'), [
    404,
    { error: 'NOT_FOUND' },
  ])
  matchExactly(t, await get('/coinbase/api/v3/brokerage/market/products/BTC-USD/ticker'), [
    200,
    { best_bid: /^\d/ },
  ])
  matchExactly(t, await get('/frankfurter/v2/rates?base=usd&quotes=zz'), [422, {}])
  matchExactly(t, await get('/gold-api/price/NOP'), [404, {}])
  matchExactly(t, await get('/swissquote/public-quotes/bboquotes/instrument/NOP/USD'), [200, []])
  matchExactly(t, await get('/nowhere/at/all'), [404, { message: 'no venue called nowhere' }])
  matchExactly(t, await get('/kraken/0/private/Balance'), [404, { message: /nothing at/ }])
  matchExactly(t, await get('/'), [404, {}])
  matchExactly(t, await get('//'), [404, {}])
  const posted = await axios.post<unknown>(
    `${exchange.url}/kraken/0/public/Ticker`,
    {},
    { proxy: false, validateStatus: () => true },
  )
  t.equal(posted.status, 405)

  const port = Number(new URL(exchange.url).port)
  await t.rejects(startDevExchange({ port }), { code: 'E_PRICES_DEV', kind: 'usage' })
})

t.test('trouble by script and at random', async (t) => {
  const script = parseTrouble('binance:429@1m+2m, all:depeg@5m+30s,kraken:liar')
  const names = (time: number): string[] => script(time).map(({ venue, kind }) => `${venue}:${kind}`)
  t.same(names(0), ['kraken:liar'])
  t.same(names(60_000), ['binance:429', 'kraken:liar'])
  t.same(names(180_000), ['kraken:liar'])
  t.same(names(300_000), ['all:depeg', 'kraken:liar'])
  for (const wrong of [
    '',
    'binance',
    'binance:429@1m',
    'nowhere:429',
    'kraken:love',
    'random:@',
    'kraken:429@1x+2m',
  ])
    t.throws(() => parseTrouble(wrong), { code: 'E_PRICES_TROUBLE' }, wrong)

  const random = parseTrouble('random:seed')
  const kinds = new Set<string>()
  const venues = new Set<string>()
  const equal = parseTrouble('random:seed')
  let [strange, most] = [0, 0]
  for (let time = 0; time < 12 * 3_600_000; time += 29_000) {
    const now = random(time)
    if (JSON.stringify(now) !== JSON.stringify(equal(time))) strange++
    most = Math.max(most, now.filter(({ venue }) => venue !== 'all').length)
    now.forEach(({ kind, venue }) => (kinds.add(kind), venues.add(venue)))
  }
  t.equal(strange, 0, 'a pure function of seed and time')
  t.equal(most, 2, 'two venues at once at most')
  const passing = TROUBLES.filter((kind) => !/^(ban|429-|lockout)/.test(kind))
  t.same([...kinds].sort(), passing.sort(), 'each kind that passes, in half a day')
  t.equal(venues.size, VENUES.length + 1)

  let time = NOON
  const now = (): number => time
  const exchange = await startDevExchange({
    now,
    faults: troubleFaults(
      parseTrouble('okx:liar,gate:frozen,kucoin:delist,bitstamp:503,all:depeg@1m+1m'),
      now,
    ),
  })
  t.teardown(() => exchange.close())
  const get = async (path: string): Promise<Record<string, unknown>> => {
    const { data } = await axios.get<Record<string, unknown>>(exchange.url + path, { proxy: false })
    return data
  }
  const okx = async (): Promise<number> => {
    const { data } = (await get('/okx/api/v5/market/tickers?instType=SPOT')) as {
      data: { instId: string; last: string }[]
    }
    return Number(data.find(({ instId }) => instId === 'BTC-USDT')?.last)
  }
  const fair = exchange.truth('XBT') / exchange.truth('USDT')
  t.ok(Math.abs((await okx()) / fair - 1.2) < 0.01)
  await t.rejects(get('/bitstamp/api/v2/ticker/'), { message: /503/ })
  const listed = (await get('/kucoin/api/v2/symbols')) as { data: unknown[] }
  t.ok(listed.data.length < 26, 'some are gone')
  time += 60_000
  t.ok(Math.abs((await okx()) / (exchange.truth('XBT') / exchange.truth('USDT')) / 1.2 - 1 / 0.9) < 0.01)
})
