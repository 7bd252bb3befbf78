/** What the venues of the embedded exchange answer, each in its own words: halted markets, unknown ones, wrong paths. */
import t from 'tap'

import { matchExactly } from '../../../test/fixtures/match-exactly.js'
import { binance } from './binance.js'
import { bitstamp } from './bitstamp.js'
import type { Book } from './books.js'
import { coinbase } from './coinbase.js'
import { gate } from './gate.js'
import { kraken } from './kraken.js'
import { kucoin } from './kucoin.js'
import { okx } from './okx.js'
import {
  currencyApi,
  erApi,
  exchangerateFun,
  frankfurter,
  goldApi,
  openExchangeRates,
  swissquote,
} from './publishers.js'
import type { Answer } from './reply.js'
import { troubleFaults } from './trouble.js'

const NOON = Date.UTC(2026, 10, 24, 12)
const book = (base: string, quote: string, more: Partial<Book> = {}): Book => ({
  ...{ base, quote, bid: '9', ask: '11', last: '10', time: NOON - 1000, trading: true },
  ...more,
})
const HALTED = [book('BTC', 'USD', { trading: false })]
const EUR = [book('USD', 'EUR', { last: '0.8' })]

type Row = readonly [
  venue: string,
  answer: Answer,
  path: string,
  books: readonly Book[],
  reply: object | undefined,
]

function answers(rows: readonly Row[]): void {
  for (const [venue, answer, words, books, reply] of rows) {
    const [path = '', query] = words.split('?', 2)
    const found = answer(path, new URLSearchParams(query), books, NOON)
    const name = `${venue} ${words}`
    if (reply === undefined) t.equal(found, undefined, name)
    else t.match(found, reply, name)
  }
}

const body = (value: unknown): object => ({ status: undefined, body: value })

t.test('clocks', (t) => {
  answers([
    ['binance', binance, '/api/v3/time', [], body({ serverTime: NOON })],
    [
      'coinbase',
      coinbase,
      '/v2/time',
      [],
      body({ data: { iso: '2026-11-24T12:00:00.000Z', epoch: NOON / 1000 } }),
    ],
    ['kucoin', kucoin, '/api/v1/timestamp', [], body({ code: '200000', data: NOON })],
    ['kucoin', kucoin, '/api/v1/market/allTickers', [], body({ data: { time: NOON, ticker: [] } })],
    ['kucoin', kucoin, '/api/v1/market/allTickers', HALTED, body({ data: { time: NOON - 1000 } })],
  ])
  t.end()
})

t.test('a market that is halted', (t) => {
  answers([
    ['binance', binance, '/api/v3/exchangeInfo', HALTED, body({ symbols: [{ status: 'BREAK' }] })],
    ['bitstamp', bitstamp, '/api/v2/markets/', HALTED, body([{ trading: 'Disabled' }])],
    ['bitstamp', bitstamp, '/api/v2/ticker/', HALTED, body([])],
    [
      'coinbase',
      coinbase,
      '/api/v3/brokerage/market/products',
      HALTED,
      body({ products: [{ status: 'delisted' }] }),
    ],
    ['gate', gate, '/api/v4/spot/currency_pairs', HALTED, body([{ trade_status: 'untradable' }])],
    [
      'kraken',
      kraken,
      '/0/public/AssetPairs',
      HALTED,
      body({ result: { XXBTZUSD: { status: 'cancel_only' } } }),
    ],
    ['kraken', kraken, '/0/public/Ticker', HALTED, body({ error: [], result: {} })],
    ['kucoin', kucoin, '/api/v2/symbols', HALTED, body({ data: [{ enableTrading: false }] })],
    ['okx', okx, '/api/v5/public/instruments?instType=SPOT', HALTED, body({ data: [{ state: 'suspend' }] })],
    ['okx', okx, '/api/v5/market/tickers?instType=SPOT', HALTED, body({ data: [] })],
  ])
  t.end()
})

t.test('what a venue does not list, and questions that it does not take', (t) => {
  const symbols = (text: string) => `/api/v3/ticker/24hr?symbols=${encodeURIComponent(text)}`
  const invalid = { status: 400, body: { code: -1121, msg: 'Invalid symbol.' } }
  const unknown = body({ error: ['EQuery:Unknown asset pair'] })
  answers([
    ['binance', binance, '/api/v3/ticker/24hr', HALTED, body([{ symbol: 'BTCUSD' }])],
    ['binance', binance, symbols('["BTCUSD"]'), HALTED, body([{ symbol: 'BTCUSD', lastPrice: '10' }])],
    ['binance', binance, symbols('["XXX"]'), HALTED, invalid],
    ['binance', binance, symbols('{}'), HALTED, invalid],
    ['binance', binance, symbols('['), HALTED, invalid],
    ['coinbase', coinbase, '/api/v3/brokerage/market/products/XXX-USD/ticker', HALTED, { status: 404 }],
    [
      'gate',
      gate,
      '/api/v4/spot/order_book?currency_pair=XXX_USDT',
      HALTED,
      { status: 400, body: { label: 'INVALID_CURRENCY_PAIR' } },
    ],
    ['kraken', kraken, '/0/public/Depth?pair=XXX', HALTED, unknown],
    ['kraken', kraken, '/0/public/Ticker?pair=XXX', HALTED, unknown],
    ['okx', okx, '/api/v5/public/instruments?instType=SWAP', HALTED, body({ data: [] })],
    ['okx', okx, '/api/v5/market/tickers?instType=SWAP', HALTED, body({ data: [] })],
    ['frankfurter', frankfurter, '/v2/rates', EUR, { status: 422, body: { message: 'invalid currency' } }],
    ['frankfurter', frankfurter, '/v2/rates?base=usd&quotes=eu', EUR, { status: 422 }],
    [
      'frankfurter',
      frankfurter,
      '/v2/rates?base=usd',
      EUR,
      body([{ date: '2026-11-24', quote: 'EUR', rate: 0.8 }]),
    ],
    ['oer', openExchangeRates, '/api/latest.json', EUR, { status: 401, body: { message: 'missing_app_id' } }],
    ['exchangerate-fun', exchangerateFun, '/latest?base=EUR', EUR, { status: 401 }],
    [
      'exchangerate-fun',
      exchangerateFun,
      '/latest?base=USD',
      [],
      body({ timestamp: NOON / 1000, rates: { USD: 1 } }),
    ],
    [
      'currency-api',
      currencyApi,
      '/npm/@fawazahmed0/currency-api@latest/v1/currencies/usd.min.json',
      [],
      body({ date: '2026-11-24' }),
    ],
    ['gold-api', goldApi, '/price/XAU', [book('XAU', 'USD')], body({ name: 'Gold', price: 10 })],
    ['gold-api', goldApi, '/price/XPT', [book('XPT', 'USD')], body({ name: 'XPT' })],
    ['gold-api', goldApi, '/price/XAU', [], { status: 404, body: { error: 'Symbol not found' } }],
    ['swissquote', swissquote, '/public-quotes/bboquotes/instrument/XAU/USD', [], body([])],
  ])
  const nothing = {
    binance,
    bitstamp,
    coinbase,
    gate,
    kraken,
    kucoin,
    okx,
    currencyApi,
    erApi,
    exchangerateFun,
    frankfurter,
    goldApi,
    swissquote,
  }
  answers(Object.entries(nothing).map(([venue, answer]) => [venue, answer, '/other', EUR, undefined]))
  t.end()
})

t.test('trouble with books: each market as the venue then believes it to be', (t) => {
  const deep = book('BTC', 'USDT', { levels: { bids: [['9', '1']], asks: [['11', '0']] } })
  const shown = (kind: string, one: Book) => {
    const faults = troubleFaults(
      () => [{ venue: 'all', kind, from: 0, until: 1 }],
      () => NOON,
    )
    return faults.books('kraken', [one], () => [book('BTC', 'USDT', { last: '7' })])
  }
  const levels = (scale: string, other: string) => ({
    levels: { bids: [[scale, '1']], asks: [[other, '0']] },
  })
  matchExactly(t, shown('liar', deep), [{ last: '12', ...levels('10.8', '13.2') }])
  matchExactly(t, shown('liar', book('BTC', 'USDT', { last: '0' })), [{ last: '0', bid: '10.8' }])
  matchExactly(t, shown('depeg', book('USDT', 'USD')), [{ last: '9', bid: '8.1' }])
  matchExactly(t, shown('depeg', book('BTC', 'EUR')), [{ last: '10' }])
  matchExactly(t, shown('frozen', deep), [{ last: '7' }])
  t.end()
})
