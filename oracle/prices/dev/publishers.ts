/** What the publishers of currency and metal rates answer, each in its own shape. */
import type { Book } from './books.js'
import { ok, type Answer } from './reply.js'

const DAY = 86_400_000
const seconds = (ms: number): number => Math.floor(ms / 1000)
const date = (ms: number): string => new Date(ms).toISOString().slice(0, 10)

export const erApi: Answer = (path, _query, books, now) => {
  if (path !== '/v6/latest/USD') return undefined
  const updated = now - (now % DAY)
  return ok({
    result: 'success',
    provider: 'https://www.exchangerate-api.com',
    documentation: 'https://www.exchangerate-api.com/docs/free',
    terms_of_use: 'https://www.exchangerate-api.com/terms',
    time_last_update_unix: seconds(updated),
    time_last_update_utc: new Date(updated).toUTCString(),
    time_next_update_unix: seconds(updated + DAY),
    time_next_update_utc: new Date(updated + DAY).toUTCString(),
    time_eol_unix: 0,
    base_code: 'USD',
    rates: { USD: 1, ...Object.fromEntries(books.map((book) => [book.quote, Number(book.last)])) },
  })
}

export const frankfurter: Answer = (path, query, books) => {
  if (path !== '/v2/rates') return undefined
  const base = (query.get('base') ?? 'eur').toUpperCase()
  const quotes = query.get('quotes')?.toUpperCase().split(',')
  if (base !== 'USD' || quotes?.some((code) => !/^[A-Z]{3}$/.test(code)))
    return { status: 422, body: { message: 'invalid currency' } }
  const shown = books.filter((book) => quotes?.includes(book.quote) ?? true)
  return ok(
    shown.map((book) => ({ date: date(book.time), base, quote: book.quote, rate: Number(book.last) })),
  )
}

/** exchangerate.fun, and Open Exchange Rates for those who have a key: one table an hour. */
const hourly =
  (where: string, allowed: (query: URLSearchParams) => boolean): Answer =>
  (path, query, books, now) => {
    if (path !== where) return undefined
    if (!allowed(query)) return { status: 401, body: { error: true, status: 401, message: 'missing_app_id' } }
    const rates = Object.fromEntries(books.map((book) => [book.quote, Number(book.last)]))
    return ok({ timestamp: seconds(books[0]?.time ?? now), base: 'USD', rates: { USD: 1, ...rates } })
  }
export const exchangerateFun = hourly('/latest', (query) => query.get('base') === 'USD')
export const openExchangeRates = hourly('/api/latest.json', (query) => (query.get('app_id') ?? '') !== '')

export const currencyApi: Answer = (path, _query, books, now) => {
  if (path !== '/npm/@fawazahmed0/currency-api@latest/v1/currencies/usd.min.json') return undefined
  const rates = books.map((book): [string, number] => [book.quote.toLowerCase(), Number(book.last)])
  return ok({ date: date(books[0]?.time ?? now), usd: { usd: 1, ...Object.fromEntries(rates) } })
}

const METALS: Readonly<Record<string, string>> = { XAU: 'Gold', XAG: 'Silver' }

export const goldApi: Answer = (path, _query, books) => {
  const book = bySymbol(books, /^\/price\/([A-Z]{3})$/.exec(path)?.[1])
  if (!book)
    return path.startsWith('/price/') ? { status: 404, body: { error: 'Symbol not found' } } : undefined
  return ok({
    currency: 'USD',
    currencySymbol: '$',
    exchangeRate: 1,
    name: METALS[book.base] ?? book.base,
    price: Number(book.last),
    symbol: book.base,
    updatedAt: new Date(book.time).toISOString(),
    updatedAtReadable: 'a few seconds ago',
  })
}

export const swissquote: Answer = (path, _query, books) => {
  const match = /^\/public-quotes\/bboquotes\/instrument\/([A-Z]{3})\/USD$/.exec(path)
  if (!match) return undefined
  const book = bySymbol(books, match[1])
  if (!book) return ok([])
  const spreadProfilePrices = ['premium', 'prime', 'standard'].map((spreadProfile) => ({
    spreadProfile,
    bidSpread: 1.5,
    askSpread: 1.5,
    bid: Number(book.bid),
    ask: Number(book.ask),
  }))
  return ok([
    { topo: { platform: 'SwissquoteLtd', server: 'Live5' }, spreadProfilePrices, ts: book.time },
    { topo: { platform: 'MT5', server: 'Live1' }, spreadProfilePrices, ts: book.time },
  ])
}

const bySymbol = (books: readonly Book[], symbol: string | undefined): Book | undefined =>
  books.find((book) => book.base === symbol)
