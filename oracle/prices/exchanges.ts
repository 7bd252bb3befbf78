/** Exchanges that are known well, and what ccxt needs to be told about each. Others are used as ccxt makes them. */
import { readdirSync } from 'node:fs'

interface KnownExchange {
  /** ccxt's own `urls.api` for an exchange of the same interface at another base URL, where that is known. */
  readonly urls?: (base: string) => object
  /** Options that restrict it to spot markets. */
  readonly options?: object
}

const SPOT = { fetchMarkets: { types: ['spot'] } }

const EXCHANGES: Readonly<Record<string, KnownExchange>> = {
  kraken: { urls: (base) => ({ public: base }) },
  coinbase: { urls: (base) => ({ rest: base }) },
  // Without the types it also loads futures, from other hosts.
  binance: { urls: (base) => ({ public: `${base}/api/v3` }), options: SPOT },
  // It remembers its market list for a second, even if that is a page of HTML.
  bitstamp: { urls: (base) => ({ public: `${base}/api` }), options: { fetchMarkets: { expires: -1 } } },
  kucoin: {
    urls: (base) => ({ public: base }),
    options: { fetchMarkets: { types: ['spot'], fetchTickersFees: false } },
  },
  okx: { urls: (base) => ({ rest: base }), options: SPOT },
  gate: {
    urls: (base) => {
      const public_ = Object.fromEntries(['spot', 'margin', 'wallet'].map((part) => [part, `${base}/api/v4`]))
      return { public: public_ }
    },
    options: SPOT,
  },
  bybit: { options: SPOT },
  htx: { options: { fetchMarkets: { types: { spot: true, linear: false, inverse: false } } } },
  bitget: { options: SPOT },
}

/** Undefined for an exchange that cannot be asked at another URL. */
export const exchangeUrls = (id: string, base: string): object | undefined => EXCHANGES[id]?.urls?.(base)
export const exchangeOptions = (id: string): object | undefined => EXCHANGES[id]?.options

let ids: ReadonlySet<string> | undefined

/** Whether ccxt has an exchange of this id: each has a file of its name, so ccxt itself need not be loaded. */
export function isExchange(id: string): boolean {
  ids ??= new Set(
    readdirSync(new URL('./src/', import.meta.resolve('ccxt'))).flatMap(
      (name) => /^([a-z][a-z0-9]*)\.js$/.exec(name)?.[1] ?? [],
    ),
  )
  return ids.has(id)
}
