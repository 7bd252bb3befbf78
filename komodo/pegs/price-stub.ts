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

export type StubPrices = ReadonlyMap<string, PricePath>

/** `BTC_USD=11250/KMD_BTC=0:0.00008,1h:0.00006`: a price, or a script, for each feed. A text says what is wrong. */
export function readStubPrices(text: string): StubPrices | string {
  const prices = new Map<string, PricePath>()
  for (const word of text.split('/')) {
    const [, feed, value = ''] = /^\s*([A-Z0-9]{2,10}_[A-Z]{3})=(\S+)\s*$/.exec(word) ?? []
    const points = readScript(value.includes(':') ? value : `0:${value}`)
    if (feed === undefined || points === null)
      return `"${word.trim()}" is no feed with a price, such as BTC_USD=11250 or KMD_BTC=0:0.00008,1h:0.00006`
    if (prices.has(feed)) return `${feed} stands there twice`
    prices.set(feed, through(points))
  }
  const missing = INDEX_FEEDS.filter((feed) => !prices.has(feed))
  if (missing.length > 0) return `${missing.join(', ')} is missing: a daemon mines nothing without it`
  return prices
}

/** What a request is answered with; null: there is no such thing. `second`: since the start. */
export function stubReply(url: string, prices: StubPrices, second: number): object | null {
  const asked = `http://stub${url}`
  if (!URL.canParse(asked)) return null
  const { pathname, searchParams } = new URL(asked)
  if (pathname === INDEX_PATH) return indexReply(prices, second)
  if (!TICKER_PATHS.includes(pathname)) return null
  const symbol = searchParams.get('symbol') ?? ''
  const path = prices.get(`${symbol.slice(0, -3)}_${symbol.slice(-3)}`)
  return path === undefined ? null : { symbol, price: path(second).toFixed(8) }
}

function indexReply(prices: StubPrices, second: number): object {
  const bpi = CURRENCIES.map((code) => {
    const rate = Number((prices.get(`BTC_${code}`)?.(second) ?? 0).toFixed(4))
    return [code, { code, rate: rate.toFixed(4), rate_float: rate }]
  })
  return { chartName: 'Bitcoin', bpi: Object.fromEntries(bpi) as object }
}
