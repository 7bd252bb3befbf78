/** Coinbase's public interfaces (v2 rates, v3 market products), as far as ccxt and a rate poller ask them. */
import type { Book } from './books.js'
import { ok, type Answer } from './reply.js'
import { CURRENCIES } from './world.js'

const coinbaseId = (book: Book): string => `${book.base}-${book.quote}`

export const coinbase: Answer = (path, query, books, now) => {
  const single = /^\/api\/v3\/brokerage\/market\/products\/([^/]+)\/ticker$/.exec(path)
  if (single) {
    const book = books.find((each) => coinbaseId(each) === single[1])
    return book
      ? ok(coinbaseTicker(book))
      : { status: 404, body: { error: 'NOT_FOUND', error_details: 'valid product_id is required' } }
  }
  switch (path) {
    case '/v2/currencies':
      return ok({
        data: ['USD', ...CURRENCIES].map((id) => ({ id, name: `${id} currency`, min_size: '0.01' })),
      })
    case '/v2/currencies/crypto':
      return ok({ data: books.map((book, index) => coinbaseCoin(book.base, index)) })
    case '/v2/exchange-rates':
      return ok({ data: { currency: query.get('currency') ?? 'USD', rates: coinbaseRates(books) } })
    case '/api/v3/brokerage/market/products': {
      if (query.get('product_type') === 'FUTURE') return ok({ products: [], num_products: 0 })
      const wanted = query.getAll('product_ids')
      const shown = books.filter((book) => book.quote === 'USD' && book.base !== 'USD')
      const products = shown.filter((book) => wanted.length === 0 || wanted.includes(coinbaseId(book)))
      return ok({ products: products.map(coinbaseProduct), num_products: products.length })
    }
    case '/v2/time':
      return ok({ data: { iso: new Date(now).toISOString(), epoch: Math.floor(now / 1000) } })
    default:
      return undefined
  }
}

/** Units per USD: fiat books are listed that way round, coins the other. */
function coinbaseRates(books: readonly Book[]): Record<string, string> {
  const rates = books.map(({ base, quote, last }): [string, string] =>
    base === 'USD' ? [quote, last] : [base, String(1 / Number(last))],
  )
  return { USD: '1', ...Object.fromEntries(rates) }
}

const coinbaseCoin = (code: string, index: number): object => ({
  asset_id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  code,
  name: code,
  color: '#0433FF',
  sort_index: 100 + index,
  exponent: 8,
  type: 'crypto',
  address_regex: '^.*$',
})

const coinbaseProduct = (book: Book): object => ({
  product_id: coinbaseId(book),
  price: book.last,
  price_percentage_change_24h: '0.5',
  volume_24h: '10967.87426597',
  volume_percentage_change_24h: '1.5',
  base_increment: '0.00000001',
  quote_increment: '0.01',
  quote_min_size: '1',
  quote_max_size: '150000000',
  base_min_size: '0.00000001',
  base_max_size: '3400',
  base_name: book.base,
  quote_name: 'US Dollar',
  watched: false,
  is_disabled: !book.trading,
  new: false,
  status: book.trading ? 'online' : 'delisted',
  cancel_only: false,
  limit_only: false,
  post_only: false,
  trading_disabled: !book.trading,
  auction_mode: false,
  product_type: 'SPOT',
  quote_currency_id: book.quote,
  base_currency_id: book.base,
  fcm_trading_session_details: null,
  mid_market_price: '',
  alias: '',
  alias_to: [],
  base_display_symbol: book.base,
  quote_display_symbol: book.quote,
  view_only: false,
  price_increment: '0.00000001',
  display_name: coinbaseId(book),
  product_venue: 'CBE',
})

const coinbaseTicker = (book: Book): object => ({
  trades: [
    {
      trade_id: '518078013',
      product_id: coinbaseId(book),
      price: book.last,
      size: '0.00659179',
      time: new Date(book.time).toISOString(),
      side: 'BUY',
      bid: '',
      ask: '',
    },
  ],
  best_bid: book.bid,
  best_ask: book.ask,
})
