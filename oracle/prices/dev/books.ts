/** What the venues of the development world list, and their order books' tops at a moment. */
import { walk } from './walk.js'
import { assetOf, CURRENCIES, worth } from './world.js'

/** One market of a venue. Prices are texts because that is what venues send, nonsense included. */
export interface Book {
  readonly base: string
  readonly quote: string
  readonly bid: string
  readonly ask: string
  readonly last: string
  /** When the venue says that this was so, ms. */
  readonly time: number
  /** False: listed, but halted or delisted. */
  readonly trading: boolean
  /** All its orders, the best first; without them it has one on each side. */
  readonly levels?: BookLevels
}

export type BookLevel = readonly [price: string, amount: string]
export interface BookLevels {
  readonly bids: readonly BookLevel[]
  readonly asks: readonly BookLevel[]
}

export const levelsOf = ({ bid, ask, levels }: Book): BookLevels =>
  levels ?? { bids: [[bid, '2.000']], asks: [[ask, '1.000']] }

/** What a venue lists besides, in place of a market of the same name. */
export const withListed = (all: readonly Book[], listed: readonly Book[]): Book[] => [
  ...all.filter(({ base, quote }) => !listed.some((book) => book.base === base && book.quote === quote)),
  ...listed,
]

const pairs = (bases: string, quote: string): string[] => bases.split(' ').map((base) => `${base}/${quote}`)

/**
 * No exchange trades FCT, PEG or HT any more (FCT became ACME, HT was swapped, PEG's markets are gone). A
 * development world may have them all the same: without a price for each of the 62 no record can be built.
 */
const GONE = 'FCT PEG HT'
const TETHER_COINS =
  'BTC ETH LTC BCH BNB XLM ADA DASH ZEC LINK ATOM BAT XTZ HBAR CRO ETC DOGE ALGO RVN DCR DGB NEO ONT VET A'
const RATES = CURRENCIES.map((code) => `USD/${code}`)
const RATES_AND_METALS = [...CURRENCIES, 'XAU', 'XAG'].map((code) => `USD/${code}`)

const LISTINGS = {
  kraken: [
    ...pairs('BTC ETH LTC BCH BNB XLM ADA XMR DASH ZEC LINK ATOM BAT XTZ HBAR CRO ETC DOGE ALGO', 'USD'),
    ...pairs(`PAXG USDT EUR GBP AUD ${GONE}`, 'USD'),
    ...['USD/CAD', 'USD/CHF', 'USD/JPY'],
  ],
  coinbase: [
    ...pairs('BTC ETH LTC BCH XLM ADA DASH ZEC LINK ATOM BAT XTZ HBAR CRO ETC DOGE ALGO VET', 'USD'),
    ...pairs(`PAXG USDT ${GONE}`, 'USD'),
    ...RATES,
  ],
  binance: pairs(`${TETHER_COINS.replace('CRO ', '')} XMR ${GONE}`, 'USDT'),
  bitstamp: pairs('BTC ETH LTC BCH XLM ADA LINK USDT', 'USD'),
  kucoin: pairs(`${TETHER_COINS} XMR`, 'USDT'),
  okx: pairs(TETHER_COINS.replace('DASH ZEC ', ''), 'USDT'),
  gate: pairs(`${TETHER_COINS} XMR ${GONE}`, 'USDT'),
  'er-api': RATES,
  frankfurter: RATES_AND_METALS,
  'exchangerate-fun': RATES_AND_METALS,
  oer: RATES_AND_METALS,
  'currency-api': RATES_AND_METALS,
  'gold-api': ['XAU/USD', 'XAG/USD'],
  swissquote: ['XAU/USD', 'XAG/USD'],
} satisfies Readonly<Record<string, readonly string[]>>
export type Venue = keyof typeof LISTINGS

/** All venues. */
export const VENUES = Object.keys(LISTINGS) as readonly Venue[]

/** Binance's public interface still answers for markets that it closed, with their last prices. */
const CLOSED: Readonly<Record<string, number>> = { 'binance XMR/USDT': Date.UTC(2024, 1, 20, 3) }
const HOUR = 3_600_000
/** Publishers of one rate a day, at midnight UTC, or one an hour. */
const PERIOD: Partial<Record<Venue, number>> = {
  'er-api': 24 * HOUR,
  frankfurter: 24 * HOUR,
  'currency-api': 24 * HOUR,
  'exchangerate-fun': HOUR,
  oer: HOUR,
}

/** Seven significant digits and at least two places, never an exponent. */
export function decimal(price: number): string {
  const places = 6 - Math.floor(Math.log10(price))
  return price.toFixed(Math.min(20, Math.max(2, places)))
}

/** The tops of all books of a venue. Venues differ by a few hundredths of a percent from the truth, smoothly. */
export function books(seed: string, venue: Venue, now: number): Book[] {
  return LISTINGS[venue].map((symbol) => {
    const [base = '', quote = ''] = symbol.split('/')
    const closed = CLOSED[`${venue} ${symbol}`]
    const time = closed ?? now - (now % (PERIOD[venue] ?? 1))
    const truth = worth(seed, assetOf(base), time) / worth(seed, assetOf(quote), time)
    const mid = truth * Math.exp(walk(seed, `${venue} ${symbol}`, time, 0.00005))
    const half = 0.00015
    const last = mid * Math.exp(half * Math.sin(time / 7_000))
    return {
      base,
      quote,
      bid: decimal(mid * (1 - half)),
      ask: decimal(mid * (1 + half)),
      last: decimal(last),
      time,
      trading: closed === undefined,
    }
  })
}
