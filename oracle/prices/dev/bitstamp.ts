/** Bitstamp's public interface, as far as ccxt asks it for markets and tickers. */
import type { Book } from './books.js'
import { ok, type Answer } from './reply.js'

export const bitstamp: Answer = (path, _query, books) => {
  switch (path) {
    case '/api/v2/markets/':
      return ok(books.map(bitstampMarket))
    case '/api/v2/ticker/':
      return ok(books.filter((book) => book.trading).map(bitstampTicker))
    default:
      return undefined
  }
}

const bitstampMarket = (book: Book): object => ({
  name: `${book.base}/${book.quote}`,
  market_symbol: (book.base + book.quote).toLowerCase(),
  base_currency: book.base,
  base_decimals: 8,
  counter_currency: book.quote,
  counter_decimals: 5,
  minimum_order_value: '10',
  trading: book.trading ? 'Enabled' : 'Disabled',
  instant_order_counter_decimals: 2,
  instant_and_market_orders: 'Enabled',
  description: `${book.base} / ${book.quote}`,
  market_type: 'SPOT',
})

const bitstampTicker = (book: Book): object => ({
  timestamp: String(Math.floor(book.time / 1000)),
  open: book.last,
  high: book.ask,
  low: book.bid,
  last: book.last,
  volume: '3563.13819902',
  vwap: book.last,
  bid: book.bid,
  ask: book.ask,
  side: '0',
  open_24: book.last,
  percent_change_24: '0.00',
  market_type: 'SPOT',
  market: `${book.base}/${book.quote}`,
  pair: `${book.base}/${book.quote}`,
})
