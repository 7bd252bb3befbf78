/** Kraken's public interface, as far as ccxt asks it for spot markets and tickers. */
import { levelsOf, type Book, type BookLevel } from './books.js'
import { ok, type Answer, type Reply } from './reply.js'

/** Kraken's codes of long ago; everything else is called as elsewhere. */
const KRAKEN_CODES: Readonly<Record<string, string>> = {
  BTC: 'XXBT',
  ETH: 'XETH',
  LTC: 'XLTC',
  XLM: 'XXLM',
  XMR: 'XXMR',
  ZEC: 'XZEC',
  ETC: 'XETC',
  DOGE: 'XXDG',
  USD: 'ZUSD',
  EUR: 'ZEUR',
  GBP: 'ZGBP',
  AUD: 'ZAUD',
  CAD: 'ZCAD',
  JPY: 'ZJPY',
}
const krakenCode = (code: string): string => KRAKEN_CODES[code] ?? code
const krakenName = (code: string): string => (KRAKEN_CODES[code] ?? ` ${code}`).slice(1)
const krakenId = (book: Book): string => krakenCode(book.base) + krakenCode(book.quote)

export const kraken: Answer = (path, query, books) => {
  const result = (entries: [string, unknown][]): Reply =>
    ok({ error: [], result: Object.fromEntries(entries) })
  switch (path) {
    case '/0/public/Assets': {
      const codes = new Set(books.flatMap((book) => [book.base, book.quote]))
      return result(
        [...codes].map((code) => [
          krakenCode(code),
          {
            aclass: 'currency',
            altname: krakenName(code),
            decimals: 10,
            display_decimals: 5,
            status: 'enabled',
          },
        ]),
      )
    }
    case '/0/public/AssetPairs':
      return result(books.map((book) => [krakenId(book), krakenPair(book)]))
    case '/0/public/Ticker': {
      const wanted = query.get('pair')?.split(',')
      const unknown = wanted?.find((id) => !books.some((book) => krakenId(book) === id))
      if (unknown !== undefined) return ok({ error: ['EQuery:Unknown asset pair'] })
      const shown = books.filter((book) => book.trading && (wanted?.includes(krakenId(book)) ?? true))
      return result(shown.map((book) => [krakenId(book), krakenTicker(book)]))
    }
    case '/0/public/Depth': {
      const book = books.find((each) => krakenId(each) === query.get('pair'))
      if (!book) return ok({ error: ['EQuery:Unknown asset pair'] })
      const { bids, asks } = levelsOf(book)
      const dated = ([price, amount]: BookLevel) => [price, amount, Math.floor(book.time / 1000)]
      return result([[krakenId(book), { asks: asks.map(dated), bids: bids.map(dated) }]])
    }
    default:
      return undefined
  }
}

const krakenPair = (book: Book): object => ({
  altname: krakenName(book.base) + krakenName(book.quote),
  wsname: `${krakenName(book.base)}/${krakenName(book.quote)}`,
  aclass_base: 'currency',
  base: krakenCode(book.base),
  aclass_quote: 'currency',
  quote: krakenCode(book.quote),
  lot: 'unit',
  cost_decimals: 5,
  pair_decimals: book.ask.split('.')[1]?.length ?? 0,
  lot_decimals: 8,
  lot_multiplier: 1,
  leverage_buy: [],
  leverage_sell: [],
  fees: [[0, 0.26]],
  fees_maker: [[0, 0.16]],
  fee_volume_currency: 'ZUSD',
  margin_call: 80,
  margin_stop: 40,
  ordermin: '0.0001',
  costmin: '0.5',
  tick_size: '0.00000001',
  status: book.trading ? 'online' : 'cancel_only',
})

const krakenTicker = ({ bid, ask, last }: Book): object => ({
  a: [ask, '1', '1.000'],
  b: [bid, '2', '2.000'],
  c: [last, '0.04408910'],
  v: ['4147.94474901', '8896.96086304'],
  p: [last, last],
  t: [3907, 10056],
  l: [bid, bid],
  h: [ask, ask],
  o: last,
})
