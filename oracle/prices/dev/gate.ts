/** Gate's spot interface, as far as ccxt asks it for markets and tickers. Its tickers tell no time. */
import { levelsOf, type Book } from './books.js'
import { ok, type Answer } from './reply.js'

export const gate: Answer = (path, query, books, now) => {
  switch (path) {
    case '/api/v4/spot/currencies': {
      const codes = [...new Set(books.flatMap((book) => [book.base, book.quote]))]
      return ok(codes.map(gateCurrency))
    }
    case '/api/v4/spot/currency_pairs':
      return ok(books.map(gatePair))
    case '/api/v4/margin/currency_pairs':
      return ok([])
    case '/api/v4/spot/tickers':
      return ok(books.map(gateTicker))
    case '/api/v4/spot/order_book': {
      const pair = query.get('currency_pair')
      const book = books.find(({ base, quote }) => `${base}_${quote}` === pair)
      if (!book)
        return {
          status: 400,
          body: { label: 'INVALID_CURRENCY_PAIR', message: `Invalid currency pair ${pair}` },
        }
      return ok({ id: Math.floor(now), current: now, update: book.time, ...levelsOf(book) })
    }
    default:
      return undefined
  }
}

const gateCurrency = (code: string): object => ({
  currency: code,
  name: code,
  delisted: false,
  withdraw_disabled: false,
  withdraw_delayed: false,
  deposit_disabled: false,
  trade_disabled: false,
  chain: code,
  chains: [
    { name: code, addr: '', withdraw_disabled: false, withdraw_delayed: false, deposit_disabled: false },
  ],
})

const gatePair = (book: Book): object => ({
  id: `${book.base}_${book.quote}`,
  base: book.base,
  base_name: book.base,
  quote: book.quote,
  quote_name: book.quote,
  fee: '0.2',
  min_base_amount: '0.001',
  min_quote_amount: '3',
  amount_precision: 6,
  precision: 8,
  trade_status: book.trading ? 'tradable' : 'untradable',
  sell_start: 0,
  buy_start: 0,
  type: 'normal',
})

const gateTicker = (book: Book): object => ({
  currency_pair: `${book.base}_${book.quote}`,
  last: book.last,
  lowest_ask: book.ask,
  lowest_size: '2.5',
  highest_bid: book.bid,
  highest_size: '1.5',
  change_percentage: '0.1',
  base_volume: '10000.5',
  quote_volume: '884000.25',
  high_24h: book.ask,
  low_24h: book.bid,
})
