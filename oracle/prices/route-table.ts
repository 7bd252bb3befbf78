/**
 * How each of the 62 assets of record version 5 is priced (versions 2 to 4 use a part of them). Symbols are ccxt's
 * or the publishers' own: PegNet's XBT is BTC there and XBC is BCH (ccxt's XBC is another coin); EOS has traded as
 * `A` since its renaming to Vaulta.
 */
import type { RouteTable } from './routes.js'

const words = (text: string): string[] => text.split(' ')

/** Venues that quote in USD, and those that quote in Tether; a Tether is never taken for a dollar. */
const inUsd = (venues: string, base: string): string[] => words(venues).map((venue) => `${venue}:${base}/USD`)
const inUsdt = (venues: string, base: string): string[] =>
  words(venues).map((venue) => `${venue}:${base}/USDT * USDT/USD`)

/** Coins with deep USD markets. */
const major = (base: string): string[] => [
  ...inUsd('kraken coinbase bitstamp', base),
  ...inUsdt('binance kucoin', base),
]
/** Coins that bitstamp is not asked for. */
const common = (base: string): string[] => [
  ...inUsd('kraken coinbase', base),
  ...inUsdt('binance kucoin', base),
]
/** Coins that trade against Tether only. */
const thin = (base: string): string[] => inUsdt('binance kucoin', base)

/** Publishers give units per USD. Official rates: crypto markets in local currency carry premiums of several percent. */
const fiat = (code: string): string[] => [
  `1 / coinbase-fx:${code}`,
  `1 / er-api:${code}`,
  `1 / frankfurter:${code}`,
]
const FIAT = words(
  'EUR JPY GBP CAD CHF INR SGD CNY HKD KRW BRL PHP MXN AUD NZD SEK NOK RUB ZAR TRY AED ARS TWD RWF KES UGX TZS BIF ETB NGN',
)

const metal = (code: string): string[] => [
  `gold-api:${code}`,
  `swissquote:${code}`,
  `1 / frankfurter:${code}`,
]

export const ROUTES: RouteTable = {
  ...Object.fromEntries(FIAT.map((code) => [code, fiat(code)])),
  USD: ['1'],
  // Kraken has real order books for six currencies, three of them the other way round.
  EUR: ['kraken:EUR/USD', ...fiat('EUR')],
  GBP: ['kraken:GBP/USD', ...fiat('GBP')],
  AUD: ['kraken:AUD/USD', ...fiat('AUD')],
  CAD: ['1 / kraken:USD/CAD', ...fiat('CAD')],
  CHF: ['1 / kraken:USD/CHF', ...fiat('CHF')],
  JPY: ['1 / kraken:USD/JPY', ...fiat('JPY')],

  // PAXG is a token of one ounce of gold: a third voice, within about 1 % of it.
  XAU: [...metal('XAU'), ...inUsd('kraken coinbase', 'PAXG')],
  XAG: metal('XAG'),

  'USDT/USD': [
    ...inUsd('kraken coinbase bitstamp', 'USDT'),
    // What Tether must be worth if a Bitcoin costs the same everywhere; counts when a venue above is silent.
    'kraken:BTC/USD / binance:BTC/USDT',
    'coinbase:BTC/USD / binance:BTC/USDT',
    'bitstamp:BTC/USD / binance:BTC/USDT',
  ],

  XBT: major('BTC'),
  ETH: major('ETH'),
  LTC: major('LTC'),
  XBC: major('BCH'),
  XLM: major('XLM'),
  ADA: major('ADA'),
  LINK: major('LINK'),
  DASH: common('DASH'),
  ZEC: common('ZEC'),
  ATOM: common('ATOM'),
  BAT: common('BAT'),
  XTZ: common('XTZ'),
  HBAR: common('HBAR'),
  ETC: common('ETC'),
  DOGE: common('DOGE'),
  ALGO: common('ALGO'),
  BNB: [...inUsd('kraken', 'BNB'), ...inUsdt('binance kucoin', 'BNB')],
  CRO: [...inUsd('kraken coinbase', 'CRO'), ...inUsdt('kucoin', 'CRO')],
  VET: [...inUsd('coinbase', 'VET'), ...inUsdt('binance kucoin', 'VET')],
  // Binance closed its XMR market in 2024 and still answers with the last price.
  XMR: [...inUsd('kraken', 'XMR'), ...inUsdt('kucoin', 'XMR')],
  RVN: thin('RVN'),
  DCR: thin('DCR'),
  DGB: thin('DGB'),
  NEO: thin('NEO'),
  ONT: thin('ONT'),
  EOS: thin('A'),

  // No market trades these any more, and their tickers belong to other coins elsewhere.
  FCT: [],
  PEG: [],
  HT: [],
}

/** The embedded exchange lists what no other does, so that a development network has all 62 prices. */
const inDevelopment = (base: string): string[] => [
  ...inUsd('kraken coinbase', base),
  ...inUsdt('binance', base),
]
export const DEV_ROUTES: RouteTable = {
  ...ROUTES,
  FCT: inDevelopment('FCT'),
  PEG: inDevelopment('PEG'),
  HT: inDevelopment('HT'),
}
