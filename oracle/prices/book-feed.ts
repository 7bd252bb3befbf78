/** Order books of markets at several exchanges, asked for together. An exchange that fails leaves the others. */
import { CLOCK, type Clock } from '../../base/index.js'
import type { CcxtSourceConfig, PriceConfig } from './config.js'
import { fail } from './errors.js'
import type { ExchangeHost } from './exchange-host.js'
import { isExchange } from './exchanges.js'
import { createPoller } from './poller.js'
import { createQuota } from './quota.js'
import { reasonText } from './reasons.js'
import { createRests, type Rests } from './rests.js'
import { exchangeSettings } from './sources.js'
import type { OrderBook, Source } from './types.js'

export interface BookMarket {
  /** Name of a source of the configuration, or ccxt's id of an exchange. */
  readonly exchange: string
  /** Unified symbol. */
  readonly symbol: string
}

export interface BookFeedOptions {
  readonly config: PriceConfig
  readonly markets: readonly BookMarket[]
  readonly exchanges: ExchangeHost
  /** Whether exchanges may be asked that are no sources of the configuration. */
  readonly others: boolean
  readonly rests?: Rests
  readonly clock?: Clock
}

export interface BookView<M extends BookMarket = BookMarket> {
  readonly books: readonly (M & { readonly book: OrderBook })[]
  /** What is lacking, and why, one line each. Without a symbol nothing of that exchange is known. */
  readonly troubles: readonly {
    readonly exchange: string
    readonly symbol: string | null
    readonly reason: string
  }[]
}

export interface BookFeed<M extends BookMarket = BookMarket> {
  /** The books of now. Never rejects; exchanges that asked to be left alone are. */
  look(): Promise<BookView<M>>
  /** Ends what is under way; the exchanges are the caller's. */
  close(): Promise<void>
}

/** For all books of an exchange, ms: its first poll loads its market list. */
const POLL_MS = 60_000
const DEADLINE_MS = 15_000

/** Throws `E_PRICES_SOURCE` for an exchange that cannot be asked. */
export function createBookFeed<M extends BookMarket>(
  options: Omit<BookFeedOptions, 'markets'> & { readonly markets: readonly M[] },
): BookFeed<M> {
  const { markets, clock = CLOCK, rests = createRests() } = options
  const names = [...new Set(markets.map(({ exchange }) => exchange))]
  const asked = names.map((name) => {
    const own = markets.filter(({ exchange }) => exchange === name)
    let books: ReadonlyMap<string, OrderBook> = new Map()
    const source = bookSource(sourceOf(name, options), own, options.exchanges, (found) => (books = found))
    const poller = createPoller(source, { timeoutMs: POLL_MS, clock, quota: createQuota(), rests })
    return { name, own, poller, books: () => books }
  })
  return {
    async look() {
      await Promise.all(asked.map(({ poller }) => poller.refresh(0)))
      const at = { wall: clock.wallMs(), monotonic: clock.monotonicMs(), agreed: null }
      const views = asked.map(({ name, own, poller, books }): BookView<M> => {
        const { trouble, absent } = poller.view(at)
        const found = books()
        if (trouble)
          return { books: [], troubles: [{ exchange: name, symbol: null, reason: reasonText(trouble) }] }
        return {
          books: own.flatMap((market) => {
            const book = found.get(market.symbol)
            return book ? [{ ...market, book }] : []
          }),
          troubles: [...absent].map(([symbol, why]) => ({ exchange: name, symbol, reason: reasonText(why) })),
        }
      })
      return {
        books: views.flatMap(({ books }) => books),
        troubles: views.flatMap(({ troubles }) => troubles),
      }
    },
    close: async () => void (await Promise.all(asked.map(({ poller }) => poller.close()))),
  }
}

function sourceOf(
  name: string,
  { config, others }: Pick<BookFeedOptions, 'config' | 'others'>,
): CcxtSourceConfig {
  const known = config.sources.find((source) => source.name === name)
  if (known?.type === 'ccxt') return known
  if (known === undefined && others && isExchange(name))
    return { type: 'ccxt', name, exchange: name, intervalMs: 0, freshMs: 0, deadlineMs: DEADLINE_MS }
  throw fail('E_PRICES_SOURCE', `${name} is no exchange of prices.sources that can be asked here`)
}

function bookSource(
  config: CcxtSourceConfig,
  markets: readonly BookMarket[],
  exchanges: ExchangeHost,
  keep: (books: ReadonlyMap<string, OrderBook>) => void,
): Source {
  const { name, exchange } = config
  const symbols = [...new Set(markets.map(({ symbol }) => symbol))]
  const request = { name, exchange, settings: exchangeSettings(config), symbols, books: true }
  return {
    ...{ name, origin: exchange, kind: 'spot' },
    async poll(signal) {
      const poll = await exchanges.poll(request, signal)
      keep(poll.books ?? new Map<string, OrderBook>())
      return poll
    },
    close: () => Promise.resolve(),
  }
}
