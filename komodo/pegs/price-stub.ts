/**
 * What the two web APIs answered that a daemon of 2020 asks for its prices, and that are gone: the index of CoinDesk and
 * the tickers of Binance. Pure.
 */
import { readScript, through, type PricePath } from './simulation-paths.js'

/** Hosts and paths that are written into the daemon. */
export const STUB_HOSTS = ['api.coindesk.com', 'api.binance.com'] as const
const INDEX_PATH = '/v1/bpi/currentprice.json'
const TICKER_PATHS = ['/api/v1/ticker/price', '/api/v3/ticker/price']

/** Those of -ac_cbopret=5. */
const CURRENCIES = ['USD', 'GBP', 'EUR'] as const
const INDEX_FEEDS = CURRENCIES.map((currency) => `BTC_${currency}`)

/** Where the price of a feed comes from: a path from the start on, or the oracle. */
export type StubPrices = ReadonlyMap<string, PricePath | 'oracle'>

/** `BTC_USD=oracle/KMD_BTC=0:0.00008,1h:0.00006`: where each feed has its price from. A text says what is wrong. */
export function readFeedPrices(text: string): StubPrices | string {
  const prices = new Map<string, PricePath | 'oracle'>()
  for (const word of text.split('/')) {
    const [, feed, value = ''] = /^\s*([A-Z0-9]{2,10}_[A-Z]{3})=(\S+)\s*$/.exec(word) ?? []
    const points = readScript(value.includes(':') ? value : `0:${value}`)
    const price = value === 'oracle' ? value : points && through(points)
    if (feed === undefined || price === null)
      return `"${word.trim()}" is no feed with a price, such as BTC_USD=11250, BTC_USD=oracle or KMD_BTC=0:0.00008,1h:0.00006`
    if (prices.has(feed)) return `${feed} stands there twice`
    prices.set(feed, price)
  }
  return prices
}

/** The same, of which a daemon can live: with all of the index. */
export function readStubPrices(text: string): StubPrices | string {
  const prices = readFeedPrices(text)
  if (typeof prices === 'string') return prices
  const missing = INDEX_FEEDS.filter((feed) => !prices.has(feed))
  return missing.length === 0 ? prices : `${missing.join(', ')} is missing: a daemon mines nothing without it`
}

export interface StubReply {
  /** 503: what it asks for has no price now. A price of 0 would stop the mining. */
  readonly status: 200 | 404 | 503
  readonly body: object
}

/** `priceOf`: undefined if there is no such feed, null if it has no price now. */
export function stubReply(url: string, priceOf: (feed: string) => number | null | undefined): StubReply {
  const asked = `http://stub${url}`
  if (!URL.canParse(asked)) return UNKNOWN
  const { pathname, searchParams } = new URL(asked)
  if (pathname === INDEX_PATH) return indexReply(priceOf)
  if (!TICKER_PATHS.includes(pathname)) return UNKNOWN
  const symbol = searchParams.get('symbol') ?? ''
  const price = priceOf(`${symbol.slice(0, -3)}_${symbol.slice(-3)}`)
  if (price === undefined) return UNKNOWN
  return price === null ? UNPRICED : { status: 200, body: { symbol, price: price.toFixed(8) } }
}

const UNKNOWN: StubReply = { status: 404, body: { code: -1121, msg: 'Invalid symbol.' } }
const UNPRICED: StubReply = { status: 503, body: { code: -1001, msg: 'No price now.' } }

function indexReply(priceOf: (feed: string) => number | null | undefined): StubReply {
  const bpi: Record<string, object> = {}
  for (const code of CURRENCIES) {
    const price = priceOf(`BTC_${code}`)
    if (typeof price !== 'number') return UNPRICED
    const rate = Number(price.toFixed(4))
    bpi[code] = { code, rate: rate.toFixed(4), rate_float: rate }
  }
  return { status: 200, body: { chartName: 'Bitcoin', bpi } }
}
