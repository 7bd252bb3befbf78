/** An exchange as a price source: its market table is kept true, its tickers become quotes. */
import { isCoded, type Clock } from '../../base/index.js'
import {
  codedError,
  createExchange,
  type CcxtMarket,
  type CcxtTicker,
  type ExchangeHooks,
  type HardenedExchange,
} from './ccxt-exchange.js'
import { fail } from './errors.js'
import { loadMarketTable, type TableRequest } from './market-table.js'
import { BOOK_LEVELS, readBook } from './order-book.js'
import { reasonOf, reasonText } from './reasons.js'
import type { OrderBook, Poll, Quote, Reason, Source } from './types.js'

export interface CcxtSourceOptions extends TableRequest {
  readonly name: string
  /** Order books are asked for, not quotes: one request each. */
  readonly books?: boolean
  readonly clock: Clock
  readonly onReply?: ExchangeHooks['onReply']
}

const HOUR = 3_600_000
/** How long a market table is good for, and when to try again if its renewal failed. */
const TABLE_AGE = 6 * HOUR
const TABLE_RETRY = HOUR / 6

/** One instance per exchange and process: ccxt's rate limit counts by instance. */
export function createCcxtSource(options: CcxtSourceOptions): Source {
  const { name, symbols, clock, settings } = options
  const hooks: ExchangeHooks = { now: clock.wallMs, onReply: options.onReply }
  let opened: Promise<HardenedExchange> | undefined
  let loading: Promise<readonly CcxtMarket[]> | undefined
  let renewAt = -Infinity
  const closing = new AbortController()

  async function exchange(): Promise<HardenedExchange> {
    opened ??= createExchange(options.exchange, settings, hooks)
    try {
      return await opened
    } catch (error) {
      opened = undefined
      throw error
    }
  }

  /** One load at a time. A poll that gives up does not end it: on a busy machine the next one finds it done. */
  function loadTable(): Promise<readonly CcxtMarket[]> {
    const request = { exchange: options.exchange, settings, symbols }
    loading ??= loadMarketTable(request, closing.signal, hooks).finally(() => (loading = undefined))
    return loading
  }

  /** Renews the market table when it is due; an old one is better than none. */
  async function renewMarkets(
    on: HardenedExchange,
    signal: AbortSignal,
  ): Promise<NonNullable<HardenedExchange['markets']>> {
    const old = on.markets
    if (old !== undefined && clock.monotonicMs() < renewAt) return old
    try {
      const listed = await Promise.race([loadTable(), abortOf(signal)])
      on.markets = undefined
      on.setMarkets(listed)
      renewAt = clock.monotonicMs() + TABLE_AGE
    } catch (error) {
      if (old === undefined) throw error
      renewAt = clock.monotonicMs() + TABLE_RETRY
    }
    return on.markets ?? {}
  }

  async function poll(signal: AbortSignal): Promise<Poll> {
    if (closing.signal.aborted) throw fail('E_PRICES_CLOSED', `${name} is closed`)
    const from = await exchange()
    const abandon = (): void => from.abandon()
    signal.addEventListener('abort', abandon, { once: true })
    try {
      signal.throwIfAborted()
      const markets = await renewMarkets(from, signal)
      const absent = new Map<string, Reason>()
      const asked = symbols.filter((symbol) => {
        const market = Object.hasOwn(markets, symbol) ? markets[symbol] : undefined
        // One unknown symbol would fail the whole batch; dead markets still have tickers at some venues.
        if (market === undefined) absent.set(symbol, { code: 'not-listed', detail: 'not listed' })
        else if (market.active === false)
          absent.set(symbol, { code: 'not-trading', detail: 'listed but not trading' })
        return market !== undefined && market.active !== false
      })
      if (options.books) return await pollBooks(from, asked, absent)
      const tickers = asked.length > 0 ? await from.fetchTickers(asked) : {}
      const receivedAt = clock.wallMs()
      const quotes = new Map<string, Quote>()
      for (const symbol of asked) {
        const read = readTicker(tickers[symbol], receivedAt)
        if ('code' in read) absent.set(symbol, read)
        else quotes.set(symbol, read)
      }
      if (quotes.size === 0) throw fail('E_PRICES_REPLY', `has a price for none of ${symbols.length} markets`)
      return { quotes, absent, replyTime: from.replyTime }
    } catch (error) {
      throw codedError(error, from.serverNow())
    } finally {
      signal.removeEventListener('abort', abandon)
    }
  }

  /** What is wrong with one market leaves the others; what is wrong with the exchange ends the poll. */
  async function pollBooks(
    from: HardenedExchange,
    asked: readonly string[],
    absent: Map<string, Reason>,
  ): Promise<Poll> {
    const books = new Map<string, OrderBook>()
    for (const symbol of asked) {
      const read = await from.fetchOrderBook(symbol, BOOK_LEVELS).then(
        (book) => readBook(book, clock.wallMs(), from.serverNow()),
        (cause: unknown) => {
          const error = codedError(cause, from.serverNow())
          if (isCoded(error) && error.code === 'E_PRICES_REPLY') return reasonOf(error)
          throw error
        },
      )
      if ('code' in read) absent.set(symbol, read)
      else books.set(symbol, read)
    }
    if (books.size === 0) {
      const [why] = [...absent].map(([symbol, reason]) => `${symbol}: ${reasonText(reason)}`)
      throw fail('E_PRICES_REPLY', `has an order book of none of ${symbols.length} markets (${why})`)
    }
    return { quotes: new Map(), absent, books, replyTime: from.replyTime }
  }

  return {
    name,
    origin: options.exchange,
    kind: 'spot',
    poll,
    close: async () => {
      closing.abort()
      await loading?.catch(() => undefined)
      const from = await opened?.catch(() => undefined)
      await from?.shut()
    },
  }
}

/** Rejects when the signal is aborted; never resolves. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(fail('E_PRICES_TIMEOUT', 'its market list is not there yet'))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}

const isPrice = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0

function readTicker(ticker: CcxtTicker | undefined, receivedAt: number): Quote | Reason {
  if (!ticker) return { code: 'no-ticker', detail: 'no ticker in the reply' }
  const { bid, ask, last, timestamp } = ticker
  const sourceTime = Number.isFinite(timestamp) ? (timestamp ?? null) : null
  if (isPrice(bid) && isPrice(ask) && ask >= bid) {
    const price = bid + (ask - bid) / 2
    return { price, rule: 'mid', sourceTime, receivedAt, spread: (ask - bid) / price }
  }
  return isPrice(last)
    ? { price: last, rule: 'last', sourceTime, receivedAt }
    : { code: 'no-price', detail: 'no usable price' }
}
