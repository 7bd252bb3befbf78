/** Binance's spot interface, as far as ccxt asks it for markets and tickers. */
import type { Book } from './books.js'
import { ok, type Answer } from './reply.js'

const DAY = 86_400_000

export const binance: Answer = (path, query, books, now) => {
  const id = (book: Book): string => book.base + book.quote
  switch (path) {
    case '/api/v3/exchangeInfo':
      return ok({
        timezone: 'UTC',
        serverTime: now,
        rateLimits: [{ rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 6000 }],
        exchangeFilters: [],
        symbols: books.map(binanceMarket),
      })
    case '/api/v3/ticker/24hr': {
      const one = query.get('symbol')
      const wanted = one === null ? binanceSymbols(query.get('symbols')) : [one]
      if (wanted?.some((symbol) => !books.some((book) => id(book) === symbol)))
        return { status: 400, body: { code: -1121, msg: 'Invalid symbol.' } }
      const rows = books.filter((book) => wanted?.includes(id(book)) ?? true).map(binanceTicker)
      return ok(one === null ? rows : rows[0])
    }
    case '/api/v3/time':
      return ok({ serverTime: now })
    default:
      return undefined
  }
}

/** `symbols=["BTCUSDT","ETHUSDT"]`; null for all. */
function binanceSymbols(text: string | null): string[] | null {
  if (text === null) return null
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? parsed.map(String) : ['']
  } catch {
    return ['']
  }
}

const binanceMarket = (book: Book): object => ({
  symbol: book.base + book.quote,
  status: book.trading ? 'TRADING' : 'BREAK',
  baseAsset: book.base,
  baseAssetPrecision: 8,
  quoteAsset: book.quote,
  quotePrecision: 8,
  quoteAssetPrecision: 8,
  orderTypes: ['LIMIT', 'MARKET'],
  icebergAllowed: true,
  isSpotTradingAllowed: book.trading,
  isMarginTradingAllowed: false,
  filters: [
    {
      filterType: 'PRICE_FILTER',
      minPrice: '0.00000001',
      maxPrice: '1000000.00000000',
      tickSize: '0.00000001',
    },
    { filterType: 'LOT_SIZE', minQty: '0.00001000', maxQty: '9000.00000000', stepSize: '0.00001000' },
  ],
  permissions: ['SPOT'],
})

const binanceTicker = (book: Book): object => ({
  symbol: book.base + book.quote,
  priceChange: '0.00000000',
  priceChangePercent: '0.000',
  weightedAvgPrice: book.last,
  prevClosePrice: book.last,
  lastPrice: book.last,
  lastQty: '0.00731000',
  bidPrice: book.bid,
  bidQty: '7.15931000',
  askPrice: book.ask,
  askQty: '0.09592000',
  openPrice: book.last,
  highPrice: book.ask,
  lowPrice: book.bid,
  volume: '14741.41491000',
  quoteVolume: '1744744.80640740',
  openTime: book.time - DAY,
  closeTime: book.time,
  firstId: 5116031635,
  lastId: 5117964946,
  count: 1933312,
})
