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
  /** Unified symbols. */
  readonly symbols: readonly string[]
}

/** Loads market tables of exchanges. */
export interface TableLoader {
  /**
   * The markets among those asked for that the exchange lists, trading or not. Throws a coded error (`E_PRICES_…`) if
   * it lists none of them, which is what a page of HTML looks like. Ends soon after `signal` is aborted.
   */
  load(request: TableRequest, signal: AbortSignal): Promise<readonly CcxtMarket[]>
  close(): Promise<void>
}

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

/** Loads one table in this process. A table of thousands of markets takes tens of MB until it is let go. */
export async function loadMarketTable(
  { exchange, settings, symbols }: TableRequest,
  signal: AbortSignal,
  hooks: ExchangeHooks = {},
): Promise<readonly CcxtMarket[]> {
  const from = await createExchange(exchange, settings, hooks)
  const abandon = (): void => from.abandon()
  signal.addEventListener('abort', abandon, { once: true })
  try {
    signal.throwIfAborted()
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
    throw codedError(error)
  } finally {
    signal.removeEventListener('abort', abandon)
    await from.shut()
  }
}

function reduced(market: Readonly<Record<string, unknown>>): CcxtMarket {
  const kept = FIELDS.flatMap((field) => (market[field] === undefined ? [] : [[field, market[field]]]))
  return { ...Object.fromEntries(kept), info: {} } as CcxtMarket
}

/** A loader in this process: for programs of a moment, and for tests. */
export function inlineTables(hooks: ExchangeHooks = {}): TableLoader {
  return {
    load: (request, signal) => loadMarketTable(request, signal, hooks),
    close: () => Promise.resolve(),
  }
}
