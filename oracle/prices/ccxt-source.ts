/** An exchange as a price source: its market table is kept true, its tickers become quotes. */
import { codedError, createExchange, type ExchangeSettings, type HardenedExchange } from './ccxt-exchange.js'
import type { CcxtTicker } from './ccxt-exchange.js'
import { fail } from './errors.js'
import type { Poll, Quote, Source } from './types.js'

export interface CcxtSourceOptions {
  readonly name: string
  /** ccxt's id of the exchange. */
  readonly exchange: string
  /** Unified symbols (`BTC/USD`) to ask for. */
  readonly symbols: readonly string[]
  readonly settings: ExchangeSettings
  readonly now: () => number
}

const HOUR = 3_600_000
/** How long a market table is good for, and when to try again if its renewal failed. */
const TABLE_AGE = 6 * HOUR
const TABLE_RETRY = HOUR / 6
/** Bid and ask further apart than this, as a fraction of their middle, are no market. */
const MAX_SPREAD = 0.04

/** One instance per exchange and process: ccxt's rate limit counts by instance. */
export function createCcxtSource(options: CcxtSourceOptions): Source {
  const { name, symbols, now } = options
  let opened: Promise<HardenedExchange> | undefined
  let renewAt = -Infinity
  let closed = false

  async function exchange(): Promise<HardenedExchange> {
    opened ??= createExchange(options.exchange, options.settings)
    try {
      return await opened
    } catch (error) {
      opened = undefined
      throw error
    }
  }

  /** Renews the market table when it is due; an old one is better than none. */
  async function loadMarkets(from: HardenedExchange): Promise<NonNullable<HardenedExchange['markets']>> {
    const old = from.markets
    if (old !== undefined && now() < renewAt) return old
    try {
      // `true`: a load that failed before is kept by ccxt, and would fail again without a request.
      await from.loadMarkets(true)
      const table = from.markets ?? {}
      // A page of HTML is an empty table to ccxt.
      if (!symbols.some((symbol) => Object.hasOwn(table, symbol)))
        throw fail('E_PRICES_REPLY', `its market list has none of the ${symbols.length} markets asked for`)
      renewAt = now() + TABLE_AGE
      return table
    } catch (error) {
      from.markets = undefined
      if (old === undefined) throw error
      from.setMarkets(Object.values(old))
      renewAt = now() + TABLE_RETRY
      return from.markets ?? old
    }
  }

  async function poll(signal: AbortSignal): Promise<Poll> {
    if (closed) throw fail('E_PRICES_CLOSED', `${name} is closed`)
    const from = await exchange()
    const abandon = (): void => from.abandon()
    signal.addEventListener('abort', abandon, { once: true })
    try {
      signal.throwIfAborted()
      const markets = await loadMarkets(from)
      const absent = new Map<string, string>()
      const asked = symbols.filter((symbol) => {
        const market = Object.hasOwn(markets, symbol) ? markets[symbol] : undefined
        // One unknown symbol would fail the whole batch; dead markets still have tickers at some venues.
        if (market === undefined) absent.set(symbol, 'not listed')
        else if (market.active === false) absent.set(symbol, 'listed but not trading')
        return market !== undefined && market.active !== false
      })
      const tickers = asked.length > 0 ? await from.fetchTickers(asked) : {}
      const receivedAt = now()
      const quotes = new Map<string, Quote>()
      for (const symbol of asked) {
        const read = readTicker(tickers[symbol], receivedAt)
        if (typeof read === 'string') absent.set(symbol, read)
        else quotes.set(symbol, read)
      }
      if (quotes.size === 0) throw fail('E_PRICES_REPLY', `has a price for none of ${symbols.length} markets`)
      return { quotes, absent }
    } catch (error) {
      throw codedError(error)
    } finally {
      signal.removeEventListener('abort', abandon)
    }
  }

  return {
    name,
    origin: options.exchange,
    kind: 'spot',
    poll,
    close: async () => {
      closed = true
      const from = await opened?.catch(() => undefined)
      await from?.shut()
    },
  }
}

const isPrice = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0

function readTicker(ticker: CcxtTicker | undefined, receivedAt: number): Quote | string {
  if (!ticker) return 'no ticker in the reply'
  const { bid, ask, last, timestamp } = ticker
  const sourceTime = typeof timestamp === 'number' && Number.isFinite(timestamp) ? timestamp : null
  if (isPrice(bid) && isPrice(ask) && ask >= bid) {
    const price = bid + (ask - bid) / 2
    if (ask - bid <= MAX_SPREAD * price) return { price, rule: 'mid', sourceTime, receivedAt }
  }
  return isPrice(last) ? { price: last, rule: 'last', sourceTime, receivedAt } : 'no usable price'
}
