/** KuCoin's spot interface, as far as ccxt asks it for markets and tickers. */
import type { Book } from './books.js'
import { ok, type Answer, type Reply } from './reply.js'

export const kucoin: Answer = (path, _query, books, now) => {
  const data = (value: unknown): Reply => ok({ code: '200000', data: value })
  switch (path) {
    case '/api/v3/currencies': {
      const codes = [...new Set(books.flatMap((book) => [book.base, book.quote]))]
      return data(codes.map(kucoinCurrency))
    }
    case '/api/v2/symbols':
      return data(books.map(kucoinMarket))
    case '/api/v1/market/allTickers':
      return data({
        time: Math.max(0, ...books.map((book) => book.time)) || now,
        ticker: books.map(kucoinTicker),
      })
    case '/api/v1/timestamp':
      return data(now)
    default:
      return undefined
  }
}

const kucoinCurrency = (code: string): object => ({
  currency: code,
  name: code,
  fullName: code,
  precision: 8,
  confirms: null,
  contractAddress: null,
  isMarginEnabled: false,
  isDebitEnabled: false,
  chains: [],
})

const kucoinMarket = (book: Book): object => ({
  symbol: `${book.base}-${book.quote}`,
  name: `${book.base}-${book.quote}`,
  baseCurrency: book.base,
  quoteCurrency: book.quote,
  feeCurrency: book.quote,
  market: 'USDS',
  baseMinSize: '0.1',
  quoteMinSize: '0.01',
  baseMaxSize: '10000000000',
  quoteMaxSize: '99999999',
  baseIncrement: '0.0001',
  quoteIncrement: '0.000001',
  priceIncrement: '0.00000001',
  priceLimitRate: '0.1',
  isMarginEnabled: false,
  enableTrading: book.trading,
})

const kucoinTicker = (book: Book): object => ({
  symbol: `${book.base}-${book.quote}`,
  symbolName: `${book.base}-${book.quote}`,
  buy: book.bid,
  bestBidSize: '1.5',
  sell: book.ask,
  bestAskSize: '2.5',
  changeRate: '0.0000',
  changePrice: '0',
  high: book.ask,
  low: book.bid,
  vol: '2282.70993217',
  volValue: '25984946.157790431',
  last: book.last,
  averagePrice: book.last,
  takerFeeRate: '0.001',
  makerFeeRate: '0.001',
  takerCoefficient: '1',
  makerCoefficient: '1',
})
