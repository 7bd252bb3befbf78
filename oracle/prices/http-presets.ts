/** Publishers of currency and metal rates that want no key: how each is asked and read. */
import type { QuoteKind } from './types.js'

/** One rate of a reply. `price` as it came: it is checked by the source. */
export interface Rate {
  readonly symbol: string
  readonly price: unknown
  /** ms; null if the publisher does not say. */
  readonly time: number | null
  readonly rule: 'mid' | 'rate'
}

export interface HttpPreset {
  readonly origin: string
  readonly kind: QuoteKind
  readonly url: string
  /** Paths to GET for some symbols; each reply is read by itself. */
  paths(symbols: readonly string[]): readonly string[]
  /** Rates of one reply, or null if it has not the publisher's shape. */
  read(reply: unknown): readonly Rate[] | null
}

type Fields = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const parseTime = (text: unknown): number | null => {
  const time = typeof text === 'string' ? Date.parse(text) : NaN
  return Number.isFinite(time) ? time : null
}
const table = (rates: Fields, time: number | null): Rate[] =>
  Object.entries(rates).map(([symbol, price]) => ({ symbol, price, time, rule: 'rate' }))

/** open.er-api.com: one table a day, units per USD. */
const erApi: HttpPreset = {
  origin: 'er-api',
  kind: 'fx-daily',
  url: 'https://open.er-api.com',
  paths: () => ['/v6/latest/USD'],
  read: (reply) => {
    if (!isObject(reply) || reply.result !== 'success' || reply.base_code !== 'USD' || !isObject(reply.rates))
      return null
    const updated = reply.time_last_update_unix
    return table(reply.rates, typeof updated === 'number' ? updated * 1000 : null)
  },
}

/** Frankfurter v2: central banks' fixings, blended, a day's date on each; units per USD, metals too. */
const frankfurter: HttpPreset = {
  origin: 'frankfurter',
  kind: 'fx-daily',
  url: 'https://api.frankfurter.dev',
  paths: (symbols) => [`/v2/rates?base=usd&quotes=${symbols.join(',').toLowerCase()}`],
  read: (reply) => {
    if (!Array.isArray(reply)) return null
    return reply.flatMap((row: unknown): Rate[] =>
      isObject(row) && row.base === 'USD' && typeof row.quote === 'string'
        ? [{ symbol: row.quote, price: row.rate, time: parseTime(row.date), rule: 'rate' }]
        : [],
    )
  },
}

/** Coinbase's own rates: units per USD as texts, renewed every minute, without a time. */
const coinbaseFx: HttpPreset = {
  origin: 'coinbase',
  kind: 'fx-live',
  url: 'https://api.coinbase.com',
  paths: () => ['/v2/exchange-rates?currency=USD'],
  read: (reply) => {
    const data = isObject(reply) ? reply.data : undefined
    return isObject(data) && data.currency === 'USD' && isObject(data.rates) ? table(data.rates, null) : null
  },
}

/** gold-api.com: USD per troy ounce, one metal a request. */
const goldApi: HttpPreset = {
  origin: 'gold-api',
  kind: 'metal',
  url: 'https://api.gold-api.com',
  paths: (symbols) => symbols.map((symbol) => `/price/${symbol}`),
  read: (reply) => {
    if (!isObject(reply) || typeof reply.symbol !== 'string' || (reply.currency ?? 'USD') !== 'USD')
      return null
    return [{ symbol: reply.symbol, price: reply.price, time: parseTime(reply.updatedAt), rule: 'rate' }]
  },
}

/** Swissquote's public quotes: bid and ask in USD per troy ounce from several servers; the instrument is in the path only. */
const swissquote: HttpPreset = {
  origin: 'swissquote',
  kind: 'metal',
  url: 'https://forex-data-feed.swissquote.com',
  paths: (symbols) => symbols.map((symbol) => `/public-quotes/bboquotes/instrument/${symbol}/USD`),
  read: (reply) => {
    const first: unknown = Array.isArray(reply) ? reply[0] : undefined
    const profiles =
      isObject(first) && Array.isArray(first.spreadProfilePrices) ? first.spreadProfilePrices : []
    const best: unknown = profiles[0]
    if (!isObject(first) || !isObject(best)) return null
    const { bid, ask } = best
    const price =
      typeof bid === 'number' && typeof ask === 'number' && ask >= bid ? (bid + ask) / 2 : undefined
    return [{ symbol: '', price, time: typeof first.ts === 'number' ? first.ts : null, rule: 'mid' }]
  },
}

export type PresetName = 'er-api' | 'frankfurter' | 'coinbase-fx' | 'gold-api' | 'swissquote'

export const HTTP_PRESETS: Readonly<Record<PresetName, HttpPreset>> = {
  'er-api': erApi,
  frankfurter,
  'coinbase-fx': coinbaseFx,
  'gold-api': goldApi,
  swissquote,
}
