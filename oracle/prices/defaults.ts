/**
 * The configuration that holds without one of the user's, in the form that a user writes it. Prices all 62 assets
 * of record version 5 (versions 2 to 4 use a part of them) without a key. Symbols are ccxt's or the publishers' own:
 * PegNet's XBT is BTC there and XBC is BCH (ccxt's XBC is another coin); EOS has traded as `A` since its renaming to
 * Vaulta in 2025.
 */
import { PRICED_ASSETS } from '../../pegnet/index.js'
import type { IndexConfig, PriceConfig, Rules } from './config.js'

/** A raw section: what the validator reads, from here or from a file. */
export type RawPrices = Readonly<Record<string, unknown>>

const MINUTE = 60_000

/** Rules of a class that extends no other, as far as it does not say otherwise: those of a coin with deep markets. */
export const BASE_RULES: Rules = {
  minSources: 3,
  maxAge: 5 * MINUTE,
  liveMaxAge: 5 * MINUTE,
  weekendMaxAge: 5 * MINUTE,
  maxSpread: 0.015,
  madK: 5,
  floor: 0.003,
  cap: 0.05,
  maxDisagreement: 0.05,
  maxStep: 0.15,
  holdFor: 60 * MINUTE,
  hours: 'always',
}
export const BASE_BAND: IndexConfig['band'] = [0.97, 1.03]
export const BASE_SNAPSHOT: PriceConfig['snapshot'] = { deadlineSeconds: 25 }
export const BASE_WINNERS: PriceConfig['winners'] = { warn: 0.05, limit: 0.25, action: 'warn' }
/** A price that is this many times off the last winners may be of another coin of the same name. */
const BASE_FACTOR = 3

const words = (text: string): string[] => text.split(' ')

/** Venues that quote in USD, and those that quote in Tether; a Tether is never taken for a dollar. */
const inUsd = (venues: string, base: string): string[] => words(venues).map((venue) => `${venue}:${base}/USD`)
const inUsdt = (venues: string, base: string): string[] =>
  words(venues).map((venue) => `${venue}:${base}/USDT * USDT/USD`)

/** Coins with deep USD markets: without binance and okx there are five opinions. */
const major = (base: string): string[] => [
  ...inUsd('kraken coinbase bitstamp', base),
  ...inUsdt('binance okx kucoin gate', base),
]
/** Coins that bitstamp does not trade: four without binance and okx. */
const common = (base: string): string[] => [
  ...inUsd('kraken coinbase', base),
  ...inUsdt('binance okx kucoin gate', base),
]
/** Coins that trade against Tether only: two without binance and okx. */
const thin = (base: string): string[] => inUsdt('binance okx kucoin gate', base)

/**
 * Publishers give units per USD. Official rates: crypto markets in local currency carry premiums of several percent.
 */
const fiat = (code: string): string[] =>
  words('coinbase-fx exchangerate-fun oer er-api frankfurter currency-api').map(
    (source) => `1 / ${source}:${code}`,
  )
const FIAT = words('INR SGD CNY HKD KRW BRL PHP MXN NZD SEK NOK RUB ZAR TRY AED ARS TWD')
/** Currencies whose banks publish once a day, or whose official rate moves in jumps. */
const FRONTIER = words('RWF KES UGX TZS BIF ETB NGN')

const metal = (code: string): string[] => [
  `gold-api:${code}`,
  `swissquote:${code}`,
  `1 / exchangerate-fun:${code}`,
  `1 / oer:${code}`,
  `1 / frankfurter:${code}`,
  `1 / currency-api:${code}`,
]

/** Wide: they catch inverted rates, grams, satoshis, not markets. USD per unit. */
const BOUNDS: Readonly<Record<string, readonly [number, number]>> = {
  USD: [1, 1],
  EUR: [0.5, 2],
  JPY: [0.002, 0.05],
  GBP: [0.5, 3],
  CAD: [0.3, 1.5],
  CHF: [0.5, 3],
  INR: [0.002, 0.05],
  SGD: [0.3, 1.5],
  CNY: [0.05, 0.5],
  // Held between 7.75 and 7.85 to the dollar.
  HKD: [0.1265, 0.1305],
  KRW: [0.0002, 0.002],
  BRL: [0.05, 0.6],
  PHP: [0.005, 0.05],
  MXN: [0.01, 0.15],
  AUD: [0.3, 1.5],
  NZD: [0.3, 1.5],
  SEK: [0.03, 0.3],
  NOK: [0.03, 0.3],
  RUB: [0.003, 0.05],
  ZAR: [0.015, 0.2],
  TRY: [0.001, 0.2],
  // Pegged at 3.6725 to the dollar.
  AED: [0.27, 0.275],
  ARS: [0.00002, 0.02],
  TWD: [0.01, 0.1],
  RWF: [0.0001, 0.003],
  KES: [0.002, 0.03],
  UGX: [0.00005, 0.001],
  TZS: [0.0001, 0.002],
  BIF: [0.00005, 0.002],
  ETB: [0.001, 0.05],
  NGN: [0.0001, 0.005],
  XAU: [1000, 20_000],
  XAG: [10, 500],
  XPD: [200, 20_000],
  XPT: [200, 20_000],
  XBT: [1000, 10_000_000],
  ETH: [50, 200_000],
  LTC: [3, 5000],
  XBC: [20, 30_000],
  BNB: [20, 50_000],
  XMR: [10, 20_000],
  DASH: [1, 10_000],
  ZEC: [2, 30_000],
  DCR: [0.5, 5000],
  NEO: [0.2, 1000],
  LINK: [0.5, 1000],
  ATOM: [0.1, 500],
  ETC: [0.5, 1000],
}
/** Coins of cents. */
const SMALL_COIN = [0.00001, 50] as const

/** Names that other coins have too. */
const COLLIDING = words('EOS CRO HT FCT PEG')

const coin = (kind: 'crypto' | 'thin', routes: readonly string[]): object => ({ class: kind, routes })
const many = (kind: 'crypto' | 'thin', routes: (base: string) => string[], bases: string): object =>
  Object.fromEntries(words(bases).map((base) => [base, coin(kind, routes(base))]))

const SECTIONS: Readonly<Record<string, object>> = {
  USD: { class: 'fx', policy: 'fixed', value: 1 },
  ...Object.fromEntries(FIAT.map((code) => [code, { class: 'fx', routes: fiat(code) }])),
  ...Object.fromEntries(FRONTIER.map((code) => [code, { class: 'frontier', routes: fiat(code) }])),
  // Kraken has real order books for six currencies, three of them the other way round.
  EUR: { class: 'fx', routes: ['kraken:EUR/USD', ...fiat('EUR')] },
  GBP: { class: 'fx', routes: ['kraken:GBP/USD', ...fiat('GBP')] },
  AUD: { class: 'fx', routes: ['kraken:AUD/USD', ...fiat('AUD')] },
  CAD: { class: 'fx', routes: ['1 / kraken:USD/CAD', ...fiat('CAD')] },
  CHF: { class: 'fx', routes: ['1 / kraken:USD/CHF', ...fiat('CHF')] },
  JPY: { class: 'fx', routes: ['1 / kraken:USD/JPY', ...fiat('JPY')] },

  // PAXG is a token of one ounce of gold: voices among others, within about 1 % of it.
  XAU: { class: 'metal', routes: [...metal('XAU'), ...inUsd('kraken coinbase', 'PAXG')] },
  XAG: { class: 'metal', routes: metal('XAG') },

  XBT: coin('crypto', major('BTC')),
  XBC: coin('crypto', major('BCH')),
  ...many('crypto', major, 'ETH LTC XLM ADA LINK'),
  ...many('crypto', common, 'ATOM XTZ HBAR ETC DOGE ALGO'),
  ...many('thin', common, 'BAT DASH ZEC CRO'),
  BNB: coin('thin', [...inUsd('kraken', 'BNB'), ...inUsdt('binance okx kucoin gate', 'BNB')]),
  VET: coin('thin', [...inUsd('coinbase', 'VET'), ...inUsdt('binance kucoin gate', 'VET')]),
  // Binance and okx closed their XMR markets in 2024; Binance still answers with the last price.
  XMR: coin('thin', [...inUsd('kraken', 'XMR'), ...inUsdt('kucoin gate', 'XMR')]),
  ...many('thin', thin, 'RVN DCR DGB NEO ONT'),
  EOS: coin('thin', [...thin('A'), ...inUsdt('okx kucoin gate', 'EOS')]),

  // No market trades these any more (Factom became Accumulate, HT was swapped), and their tickers belong to other coins.
  FCT: { class: 'thin', policy: 'chain' },
  PEG: { class: 'thin', policy: 'chain' },
  HT: { class: 'thin', policy: 'chain' },
}

/** What each asset is checked against besides its routes. */
const detailed = (asset: string, section: object): object => ({
  bounds: BOUNDS[asset] ?? SMALL_COIN,
  ...(COLLIDING.includes(asset) ? { maxFactor: BASE_FACTOR } : {}),
  ...section,
})

const EXCHANGES = words('kraken coinbase bitstamp binance okx kucoin gate')

export const DEFAULT_PRICES: RawPrices = {
  sources: {
    ...Object.fromEntries(EXCHANGES.map((name) => [name, { type: 'ccxt' }])),
    'coinbase-fx': { type: 'http', preset: 'coinbase-fx' },
    'exchangerate-fun': { type: 'http', preset: 'exchangerate-fun' },
    oer: { type: 'http', preset: 'open-exchange-rates', key: { env: 'OER_APP_ID' }, optional: true },
    'er-api': { type: 'http', preset: 'er-api' },
    frankfurter: { type: 'http', preset: 'frankfurter' },
    'currency-api': { type: 'http', preset: 'currency-api' },
    'gold-api': { type: 'http', preset: 'gold-api' },
    swissquote: { type: 'http', preset: 'swissquote' },
  },
  indices: {
    'USDT/USD': {
      class: 'stable',
      routes: [
        ...inUsd('kraken coinbase bitstamp', 'USDT'),
        // What Tether must be worth if a Bitcoin costs the same everywhere; counts when a venue above is silent.
        ...words('kraken coinbase bitstamp').flatMap((venue) =>
          words('binance kucoin gate').map((other) => `${venue}:BTC/USD / ${other}:BTC/USDT`),
        ),
      ],
    },
  },
  defaults: {
    crypto: {},
    thin: { extends: 'crypto', minSources: 2, maxSpread: '4%', maxStep: '30%' },
    stable: { extends: 'crypto', minSources: 2, maxStep: '5%', holdFor: '15m' },
    fx: {
      extends: 'crypto',
      minSources: 3,
      maxAge: '36h',
      liveMaxAge: '30m',
      weekendMaxAge: '96h',
      maxStep: '3%',
      holdFor: '6h',
      hours: 'fx',
    },
    frontier: { extends: 'fx', weekendMaxAge: '120h', maxStep: '10%', holdFor: '24h' },
    metal: {
      extends: 'crypto',
      minSources: 2,
      maxAge: '36h',
      liveMaxAge: '30m',
      weekendMaxAge: '96h',
      maxStep: '5%',
      holdFor: '2h',
      hours: 'metals',
    },
  },
  assets: Object.fromEntries(PRICED_ASSETS.map((asset) => [asset, detailed(asset, SECTIONS[asset] ?? {})])),
}

/** The embedded exchange lists what no other does, so that a development network has markets for all 62. */
const inDevelopment = (base: string): object => ({
  class: 'thin',
  routes: [...inUsd('kraken coinbase', base), ...inUsdt('binance gate', base)],
})

/**
 * What changes when all sources are the embedded exchange at this URL: their addresses, no pauses between requests
 * to loopback, and markets for what has none in the world.
 */
export function devPrices(url: string): RawPrices {
  const sources = Object.entries(DEFAULT_PRICES['sources'] as Record<string, Record<string, unknown>>)
  return {
    sources: Object.fromEntries(
      sources.map(([name, source]) => {
        const place = name === 'coinbase-fx' ? 'coinbase' : name
        return [
          name,
          { url: `${url}/${place}`, deadline: '15s', ...(source['type'] === 'ccxt' ? { rateLimit: 1 } : {}) },
        ]
      }),
    ),
    assets: Object.fromEntries(words('FCT PEG HT').map((asset) => [asset, inDevelopment(asset)])),
  }
}
