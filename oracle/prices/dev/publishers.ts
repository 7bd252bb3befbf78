/** What the publishers of currency and metal rates answer: open.er-api.com, Frankfurter v2, gold-api.com, Swissquote. */
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
