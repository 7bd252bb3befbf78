/** Publishers of currency, metal and coin prices: how each is asked and read. Most want no key. */
import { isMapping } from '../../base/index.js'
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
  /** How often to ask, ms, unless the configuration says otherwise. */
  readonly intervalMs: number
  /** Whether it answers only with a key. */
  readonly needsKey?: true
  /** Requests a month that are free; 31 days are counted. */
  readonly maxPerMonth?: number
  /** Paths to GET for some symbols; each reply is read by itself. */
  paths(symbols: readonly string[], key: string): readonly string[]
  headers?(key: string): Readonly<Record<string, string>>
  /** Rates of one reply, or null if it has not the publisher's shape. */
  read(reply: unknown): readonly Rate[] | null
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE

type Fields = Readonly<Record<string, unknown>>
const parseTime = (text: unknown): number | null => {
  const time = typeof text === 'string' ? Date.parse(text) : NaN
  return Number.isFinite(time) ? time : null
}
const unixTime = (seconds: unknown): number | null => (typeof seconds === 'number' ? seconds * 1000 : null)
const table = (rates: Fields, time: number | null): Rate[] =>
  Object.entries(rates).map(([symbol, price]) => ({ symbol, price, time, rule: 'rate' }))

/** open.er-api.com: one table a day, units per USD. */
const erApi: HttpPreset = {
  origin: 'er-api',
  kind: 'fx-daily',
  url: 'https://open.er-api.com',
  intervalMs: HOUR,
  paths: () => ['/v6/latest/USD'],
  read: (reply) => {
    if (
      !isMapping(reply) ||
      reply.result !== 'success' ||
      reply.base_code !== 'USD' ||
      !isMapping(reply.rates)
    )
      return null
    return table(reply.rates, unixTime(reply.time_last_update_unix))
  },
}

/** Frankfurter v2: central banks' fixings, blended, a day's date on each; units per USD, metals too. */
const frankfurter: HttpPreset = {
  origin: 'frankfurter',
  kind: 'fx-daily',
  url: 'https://api.frankfurter.dev',
  intervalMs: HOUR,
  paths: (symbols) => [`/v2/rates?base=usd&quotes=${symbols.join(',').toLowerCase()}`],
  read: (reply) => {
    if (!Array.isArray(reply)) return null
    return reply.flatMap((row: unknown): Rate[] =>
      isMapping(row) && row.base === 'USD' && typeof row.quote === 'string'
        ? [{ symbol: row.quote, price: row.rate, time: parseTime(row.date), rule: 'rate' }]
        : [],
    )
  },
}

/** fawazahmed0's currency-api: one file a day on a CDN, units per USD, codes in lower case, metals too. */
const currencyApi: HttpPreset = {
  origin: 'currency-api',
  kind: 'fx-daily',
  url: 'https://cdn.jsdelivr.net',
  intervalMs: HOUR,
  paths: () => ['/npm/@fawazahmed0/currency-api@latest/v1/currencies/usd.min.json'],
  read: (reply) => {
    if (!isMapping(reply) || !isMapping(reply.usd)) return null
    const time = parseTime(reply.date)
    return table(reply.usd, time).map((rate) => ({ ...rate, symbol: rate.symbol.toUpperCase() }))
  },
}

/** A table of units per USD with the time of its last change: Open Exchange Rates and exchangerate.fun, metals too. */
const hourly = (preset: Pick<HttpPreset, 'origin' | 'url' | 'paths'> & Partial<HttpPreset>): HttpPreset => ({
  kind: 'fx-hourly',
  intervalMs: HOUR,
  read: (reply) => {
    if (!isMapping(reply) || reply.base !== 'USD' || !isMapping(reply.rates)) return null
    return table(reply.rates, unixTime(reply.timestamp))
  },
  ...preset,
})

const openExchangeRates = hourly({
  origin: 'open-exchange-rates',
  url: 'https://openexchangerates.org',
  needsKey: true,
  maxPerMonth: 1000,
  paths: (_symbols, key) => [`/api/latest.json?app_id=${encodeURIComponent(key)}`],
})

const exchangerateFun = hourly({
  origin: 'exchangerate-fun',
  url: 'https://api.exchangerate.fun',
  intervalMs: HOUR / 2,
  paths: () => ['/latest?base=USD'],
})

/** Coinbase's own rates: units per USD as texts, renewed every minute, without a time. */
const coinbaseFx: HttpPreset = {
  origin: 'coinbase',
  kind: 'fx-live',
  url: 'https://api.coinbase.com',
  intervalMs: 2 * MINUTE,
  paths: () => ['/v2/exchange-rates?currency=USD'],
  read: (reply) => {
    const data = isMapping(reply) ? reply.data : undefined
    return isMapping(data) && data.currency === 'USD' && isMapping(data.rates)
      ? table(data.rates, null)
      : null
  },
}

/** gold-api.com: USD per troy ounce, one metal a request. */
const goldApi: HttpPreset = {
  origin: 'gold-api',
  kind: 'metal',
  url: 'https://api.gold-api.com',
  intervalMs: 2 * MINUTE,
  paths: (symbols) => symbols.map((symbol) => `/price/${symbol}`),
  read: (reply) => {
    if (!isMapping(reply) || typeof reply.symbol !== 'string' || (reply.currency ?? 'USD') !== 'USD')
      return null
    return [{ symbol: reply.symbol, price: reply.price, time: parseTime(reply.updatedAt), rule: 'rate' }]
  },
}

/**
 * Swissquote's public quotes: bid and ask in USD per troy ounce from several servers; the instrument is in the path
 * only.
 */
const swissquote: HttpPreset = {
  origin: 'swissquote',
  kind: 'metal',
  url: 'https://forex-data-feed.swissquote.com',
  intervalMs: 2 * MINUTE,
  paths: (symbols) => symbols.map((symbol) => `/public-quotes/bboquotes/instrument/${symbol}/USD`),
  read: (reply) => {
    const first: unknown = Array.isArray(reply) ? reply[0] : undefined
    const profiles =
      isMapping(first) && Array.isArray(first.spreadProfilePrices) ? first.spreadProfilePrices : []
    const best: unknown = profiles[0]
    if (!isMapping(first) || !isMapping(best)) return null
    const { bid, ask } = best
    const price =
      typeof bid === 'number' && typeof ask === 'number' && ask >= bid ? (bid + ask) / 2 : undefined
    return [{ symbol: '', price, time: typeof first.ts === 'number' ? first.ts : null, rule: 'mid' }]
  },
}

/** Exchanges' codes → CoinGecko's and CoinMarketCap's names of the coins that PegNet knows. */
const COINS: Readonly<Record<string, readonly [gecko: string, cap: number]>> = {
  BTC: ['bitcoin', 1],
  ETH: ['ethereum', 1027],
  LTC: ['litecoin', 2],
  RVN: ['ravencoin', 2577],
  BCH: ['bitcoin-cash', 1831],
  FCT: ['factom', 1087],
  BNB: ['binancecoin', 1839],
  XLM: ['stellar', 512],
  ADA: ['cardano', 2010],
  XMR: ['monero', 328],
  DASH: ['dash', 131],
  ZEC: ['zcash', 1437],
  DCR: ['decred', 1168],
  EOS: ['eos', 1765],
  LINK: ['chainlink', 1975],
  ATOM: ['cosmos', 3794],
  BAT: ['basic-attention-token', 1697],
  XTZ: ['tezos', 2011],
  HBAR: ['hedera-hashgraph', 4642],
  NEO: ['neo', 1376],
  CRO: ['crypto-com-chain', 3635],
  ETC: ['ethereum-classic', 1321],
  ONT: ['ontology', 2566],
  DOGE: ['dogecoin', 74],
  VET: ['vechain', 3077],
  HT: ['huobi-token', 2502],
  ALGO: ['algorand', 4030],
  DGB: ['digibyte', 109],
  PEG: ['pegnet', 4979],
}
const coinBy = (place: 0 | 1, id: string): string =>
  Object.entries(COINS).find(([, names]) => String(names[place]) === id)?.[0] ?? ''
const coinIds = (symbols: readonly string[], place: 0 | 1): string =>
  symbols.flatMap((symbol) => COINS[symbol]?.[place] ?? []).join(',')

/** CoinGecko's averages: made from other venues' prices. */
const coingecko: HttpPreset = {
  origin: 'coingecko',
  kind: 'spot',
  url: 'https://api.coingecko.com',
  intervalMs: 2 * MINUTE,
  paths: (symbols) => [
    `/api/v3/simple/price?ids=${coinIds(symbols, 0)}&vs_currencies=usd&include_last_updated_at=true`,
  ],
  read: (reply) => {
    if (!isMapping(reply)) return null
    return Object.entries(reply).flatMap(([id, row]): Rate[] =>
      isMapping(row)
        ? [{ symbol: coinBy(0, id), price: row.usd, time: unixTime(row.last_updated_at), rule: 'rate' }]
        : [],
    )
  },
}

const coinmarketcap: HttpPreset = {
  origin: 'coinmarketcap',
  kind: 'spot',
  url: 'https://pro-api.coinmarketcap.com',
  intervalMs: 5 * MINUTE,
  needsKey: true,
  maxPerMonth: 10_000,
  paths: (symbols) => [`/v2/cryptocurrency/quotes/latest?id=${coinIds(symbols, 1)}&convert=USD`],
  headers: (key) => ({ 'X-CMC_PRO_API_KEY': key }),
  read: (reply) => {
    const data = isMapping(reply) ? reply.data : undefined
    if (!isMapping(data)) return null
    return Object.entries(data).flatMap(([id, row]): Rate[] => {
      const usd = isMapping(row) && isMapping(row.quote) ? row.quote.USD : undefined
      return isMapping(usd)
        ? [{ symbol: coinBy(1, id), price: usd.price, time: parseTime(usd.last_updated), rule: 'rate' }]
        : []
    })
  },
}

export const HTTP_PRESETS = {
  'er-api': erApi,
  frankfurter,
  'currency-api': currencyApi,
  'exchangerate-fun': exchangerateFun,
  'open-exchange-rates': openExchangeRates,
  'coinbase-fx': coinbaseFx,
  'gold-api': goldApi,
  swissquote,
  coingecko,
  coinmarketcap,
} as const satisfies Readonly<Record<string, HttpPreset>>

export type PresetName = keyof typeof HTTP_PRESETS

export const presetOf = (name: PresetName): HttpPreset => HTTP_PRESETS[name]
