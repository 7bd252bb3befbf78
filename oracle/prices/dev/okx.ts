/** OKX's public interface, as far as ccxt asks it for spot markets and tickers. */
import type { Book } from './books.js'
import { ok, type Answer, type Reply } from './reply.js'

export const okx: Answer = (path, query, books) => {
  const data = (rows: readonly object[]): Reply => ok({ code: '0', msg: '', data: rows })
  const spot = query.get('instType') === 'SPOT'
  switch (path) {
    case '/api/v5/public/instruments':
      return data(spot ? books.map(okxInstrument) : [])
    case '/api/v5/market/tickers':
      return data(spot ? books.filter((book) => book.trading).map(okxTicker) : [])
    default:
      return undefined
  }
}

const okxInstrument = (book: Book): object => ({
  alias: '',
  baseCcy: book.base,
  category: '1',
  ctMult: '',
  ctType: '',
  ctVal: '',
  ctValCcy: '',
  expTime: '',
  instFamily: '',
  instId: `${book.base}-${book.quote}`,
  instType: 'SPOT',
  lever: '10',
  listTime: '1548133413000',
  lotSz: '0.00000001',
  maxLmtSz: '9999999999',
  maxMktSz: '1000000',
  minSz: '0.00001',
  optType: '',
  quoteCcy: book.quote,
  settleCcy: '',
  state: book.trading ? 'live' : 'suspend',
  stk: '',
  tickSz: '0.00000001',
  uly: '',
})

const okxTicker = (book: Book): object => ({
  instType: 'SPOT',
  instId: `${book.base}-${book.quote}`,
  last: book.last,
  lastSz: '0.0115',
  askPx: book.ask,
  askSz: '1.3',
  bidPx: book.bid,
  bidSz: '0.7',
  open24h: book.last,
  high24h: book.ask,
  low24h: book.bid,
  volCcy24h: '388517126.09',
  vol24h: '6123.19',
  ts: String(book.time),
  sodUtc0: book.last,
  sodUtc8: book.last,
})
