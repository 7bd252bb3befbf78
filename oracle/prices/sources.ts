/** Which sources there are, and how each is set up: for the world and for the embedded exchange. */
import { createCcxtSource } from './ccxt-source.js'
import { fail } from './errors.js'
import { HTTP_PRESETS, type PresetName } from './http-presets.js'
import { createHttpSource } from './http-source.js'
import { DEV_ROUTES, ROUTES } from './route-table.js'
import type { RouteTable } from './routes.js'
import type { Source } from './types.js'

interface Cadence {
  /** The name that routes call it by. */
  readonly name: string
  /** Asked again in the background when its quotes are older, ms. */
  readonly intervalMs: number
  /** Asked again for a snapshot when its quotes are older, ms. */
  readonly freshMs: number
}

/** An exchange through ccxt. */
export interface CcxtSourceConfig extends Cadence {
  readonly type: 'ccxt'
  readonly exchange: ExchangeName
  /** Base URL of an exchange of the same interface elsewhere, without a slash at its end. */
  readonly url?: string
  /** Pause between two requests, ms; the exchange's own if left out. */
  readonly rateLimit?: number
}

/** A publisher of rates over HTTP. */
export interface HttpSourceConfig extends Cadence {
  readonly type: 'http'
  readonly preset: PresetName
  readonly url?: string
}

export type SourceConfig = CcxtSourceConfig | HttpSourceConfig

/** What a price feed is made from. */
export interface PriceSources {
  readonly sources: readonly SourceConfig[]
  readonly routes: RouteTable
}

export type ExchangeName = 'kraken' | 'coinbase' | 'binance' | 'bitstamp' | 'kucoin'

/** ccxt's name of the URL that public requests go to, what follows a base URL, and what keeps it to spot markets. */
const EXCHANGES: Readonly<Record<ExchangeName, { section: string; path: string; options?: object }>> = {
  kraken: { section: 'public', path: '' },
  coinbase: { section: 'rest', path: '' },
  // Without the types it also loads futures, from other hosts.
  binance: { section: 'public', path: '/api/v3', options: { fetchMarkets: { types: ['spot'] } } },
  // It remembers its market list for a second, even if that is a page of HTML.
  bitstamp: { section: 'public', path: '/api', options: { fetchMarkets: { expires: -1 } } },
  kucoin: {
    section: 'public',
    path: '',
    options: { fetchMarkets: { types: ['spot'], fetchTickersFees: false } },
  },
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const LIVE = { intervalMs: MINUTE, freshMs: 15 * SECOND }
const PUBLISHED = { intervalMs: 2 * MINUTE, freshMs: MINUTE }
const DAILY = { intervalMs: 60 * MINUTE, freshMs: 60 * MINUTE }

const EXCHANGE_NAMES = Object.keys(EXCHANGES) as ExchangeName[]
const PUBLISHERS: readonly (Cadence & { preset: PresetName })[] = [
  { name: 'coinbase-fx', preset: 'coinbase-fx', ...PUBLISHED },
  { name: 'gold-api', preset: 'gold-api', ...PUBLISHED },
  { name: 'swissquote', preset: 'swissquote', ...PUBLISHED },
  { name: 'er-api', preset: 'er-api', ...DAILY },
  { name: 'frankfurter', preset: 'frankfurter', ...DAILY },
]

/** Sources of the real world, none of which wants a key. FCT, PEG and HT have no market and so no price there. */
export function defaultSources(): PriceSources {
  return {
    sources: [
      ...EXCHANGE_NAMES.map((exchange) => ({ type: 'ccxt' as const, name: exchange, exchange, ...LIVE })),
      ...PUBLISHERS.map((publisher) => ({ type: 'http' as const, ...publisher })),
    ],
    routes: ROUTES,
  }
}

/** The same sources at the embedded exchange whose URL this is; it prices all 62 assets. */
export function devSources(url: string): PriceSources {
  const { sources } = defaultSources()
  return {
    sources: sources.map((source) =>
      source.type === 'ccxt'
        ? // Nobody is spared by waiting between requests to loopback.
          { ...source, url: `${url}/${source.exchange}`, rateLimit: 1 }
        : { ...source, url: `${url}/${source.preset === 'coinbase-fx' ? 'coinbase' : source.preset}` },
    ),
    routes: DEV_ROUTES,
  }
}

export interface SourceContext {
  readonly symbols: readonly string[]
  readonly timeoutMs: number
  readonly now: () => number
}

/** Sets up one source; nothing is asked yet. Throws `E_PRICES_SOURCE`. */
export function openSource(config: SourceConfig, { symbols, timeoutMs, now }: SourceContext): Source {
  const { name, url } = config
  if (url !== undefined && !URL.canParse(url)) throw fail('E_PRICES_SOURCE', `${name}: "${url}" is no URL`)
  if (config.type === 'http') {
    const preset = HTTP_PRESETS[config.preset]
    return createHttpSource({ name, preset, symbols, timeoutMs, now, ...(url === undefined ? {} : { url }) })
  }
  const { section, path, options } = EXCHANGES[config.exchange]
  const settings = {
    timeoutMs,
    ...(url === undefined ? {} : { urls: { [section]: url + path }, within: url }),
    ...(config.rateLimit === undefined ? {} : { rateLimit: config.rateLimit }),
    ...(options === undefined ? {} : { options }),
  }
  return createCcxtSource({ name, exchange: config.exchange, symbols, settings, now })
}
