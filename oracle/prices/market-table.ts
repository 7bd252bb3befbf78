/** An exchange's market table, reduced to the markets that are asked for. */
import {
  codedError,
  createExchange,
  type CcxtMarket,
  type ExchangeHooks,
  type ExchangeSettings,
} from './ccxt-exchange.js'
import { fail } from './errors.js'

export interface TableRequest {
  /** ccxt's id of the exchange. */
  readonly exchange: string
  readonly settings: ExchangeSettings
  /** Unified symbols (`BTC/USD`) to ask for. */
  readonly symbols: readonly string[]
}

/** Binance's has some 800,000 values. */
const MAX_VALUES = 2_000_000
/** A table comes in several replies; this is the time for all of them, ms. Nothing else would stop endless pages. */
const DEADLINE_MS = 120_000

/** Fields of ccxt's markets that its parsers of tickers may look at. */
const FIELDS = [
  'id',
  'lowercaseId',
  'symbol',
  'base',
  'quote',
  'baseId',
  'quoteId',
  'type',
  'spot',
  'active',
  'altname',
  'wsId',
]

/**
 * The markets among those asked for that the exchange lists, trading or not. Throws a coded error (`E_PRICES_…`) if it
 * lists none of them, which is what a page of HTML looks like. Ends soon after `signal` is aborted. A table of
 * thousands of markets takes tens of MB until it is let go.
 */
export async function loadMarketTable(
  { exchange, settings, symbols }: TableRequest,
  signal: AbortSignal,
  hooks: ExchangeHooks = {},
): Promise<readonly CcxtMarket[]> {
  const from = await createExchange(exchange, { maxValues: MAX_VALUES, ...settings }, hooks)
  const abandon = (): void => void from.shut()
  const timer = setTimeout(abandon, DEADLINE_MS)
  signal.addEventListener('abort', abandon, { once: true })
  try {
    if (signal.aborted) throw fail('E_PRICES_CLOSED', 'given up')
    await from.loadMarkets(true)
    const table = from.markets ?? {}
    const listed = symbols.flatMap((symbol) => {
      const market = Object.hasOwn(table, symbol)
        ? (table[symbol] as Readonly<Record<string, unknown>>)
        : undefined
      return market === undefined ? [] : [reduced(market)]
    })
    if (listed.length === 0)
      throw fail('E_PRICES_REPLY', `its market list has none of the ${symbols.length} markets asked for`)
    return listed
  } catch (error) {
    throw codedError(error, from.serverNow())
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abandon)
    await from.shut()
  }
}

function reduced(market: Readonly<Record<string, unknown>>): CcxtMarket {
  const kept = FIELDS.flatMap((field) => (market[field] === undefined ? [] : [[field, market[field]]]))
  return { ...Object.fromEntries(kept), info: {} } as CcxtMarket
}
