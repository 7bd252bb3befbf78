/** One look at the pegs: markets beside the oracle, and what could be earned. Pure. */
import {
  pricesAfter,
  tickerOf,
  type LedgerQueries,
  type LedgerRules,
  type Rates,
  type Ticker,
} from '../../ledger/index.js'
import type { BookView, PriceSnapshot } from '../../oracle/prices/index.js'
import { marketOf, type Market, type MarketName } from './market.js'
import type { Past, Waits } from './risk.js'
import { scenariosOf, standingOf, type PegLimits, type Scenario, type Standing } from './scenario.js'
import { gainOf } from './size.js'
import { tradesOf, type Trade, type TradeTerms } from './trades.js'

/** What is asked of the ledger. */
export interface PegHistory extends Pick<
  LedgerQueries,
  'ratesHeight' | 'ratesAt' | 'averagesAt' | 'ratesOver'
> {
  /** The last block. */
  height(): number
}

export interface LookRules extends PegLimits {
  /** Parts of 1, by exchange, and of the others. */
  readonly fees: Readonly<Record<string, number>>
  readonly fee: number
  /** By exchange and token, 1e-8: what is kept of a withdrawal. Of others it is not known. */
  readonly withdrawals: Readonly<Record<string, Readonly<Record<Ticker, bigint>>>>
  /** USD: what a trade must gain, and what it may cost. */
  readonly least: number
  readonly most: number | null
  readonly waits: Waits
  /** Blocks of the past by which the risk is told. */
  readonly window: number
}

export interface LookTerms {
  readonly ledger: PegHistory
  readonly rules: LedgerRules
  readonly view: BookView<MarketName>
  /** Our own prices: those that the next block is expected to have. Null: they are not known. */
  readonly own: PriceSnapshot | null
  readonly limits: LookRules
}

export interface TokenLook extends Standing {
  /** Of the block that is to come. Null: it is not known. */
  readonly expected: bigint | null
  readonly scenario: Scenario | null
}

export interface Look {
  /** The last block, and the last that has rates. */
  readonly height: number
  readonly ratesHeight: number
  readonly tokens: readonly TokenLook[]
  /** The best first. */
  readonly trades: readonly Trade[]
  /** The best of those that a rule forbids, where it would gain more than all others. */
  readonly closed: Trade | null
  readonly troubles: BookView['troubles']
  /** What the trades were found with. */
  readonly terms: TradeTerms
  readonly markets: readonly Market[]
}

const USD = 100_000_000n
/** 1e-16 USD. */
export const usdMoney = (usd: number): bigint => BigInt(Math.round(usd * 1e8)) * USD

/** Null: no block has rates yet. */
export function lookAt({ ledger, rules, view, own, limits }: LookTerms): Look | null {
  const height = ledger.height()
  // A conversion would be in the block before the one that carries it out.
  const last = pricesAfter(ledger, height + limits.waits.convert - 1, rules)
  if (last === null) return null
  const expected: Rates = new Map([...(own?.prices ?? [])].map(([asset, price]) => [tickerOf(asset), price]))
  const { markets, troubles } = marketsOf(view, limits, usdOf(last.rates, own))
  const tokens = [...new Set(markets.map(({ token }) => token))]
  const standings = tokens.flatMap(
    (token) =>
      standingOf(
        token,
        last.rates.get(token) ?? 0n,
        markets.filter((market) => market.token === token),
        limits,
      ) ?? [],
  )
  const cases = scenariosOf(standings, limits)
  const terms: TradeTerms = {
    ...{ height, rules, past: pastOf(ledger, height, limits.window), waits: limits.waits },
    prices: { ...last, rates: new Map([...last.rates, ...expected]) },
    most: limits.most === null ? null : usdMoney(limits.most),
  }
  const trades = tradesOf(markets, terms).filter((trade) => gainOf(trade) >= usdMoney(limits.least))
  const open = trades.filter(({ closed }) => closed === null)
  const [first] = trades
  return {
    ...{ height, ratesHeight: last.height, markets, terms },
    tokens: standings.map((standing) => ({
      ...standing,
      expected: expected.get(standing.token) ?? null,
      scenario: cases.get(standing.token) ?? null,
    })),
    trades: open,
    closed: first && first.closed !== null ? first : null,
    troubles: [...view.troubles, ...troubles],
  }
}

/** Codes of exchanges that PegNet writes otherwise. */
const PEGNET_CODES: Readonly<Record<string, string>> = { BTC: 'XBT', BCH: 'XBC' }

/** 1e-8 USD of what markets are paid in; null: it is not known. */
function usdOf(rates: Rates, own: PriceSnapshot | null): (code: string) => bigint | null {
  return (code) => {
    if (code === 'USD') return USD
    const asset = PEGNET_CODES[code] ?? code
    return (
      own?.indices.get(`${code}/USD`)?.units || own?.prices.get(asset) || rates.get(tickerOf(asset)) || null
    )
  }
}

function marketsOf(
  { books }: LookTerms['view'],
  { fees, fee, withdrawals }: LookRules,
  usd: (code: string) => bigint | null,
): Pick<Look, 'markets' | 'troubles'> {
  const markets: Market[] = []
  const troubles: Look['troubles'][number][] = []
  for (const book of books) {
    const quote = book.symbol.split('/')[1] ?? ''
    const quoteUsd = usd(quote)
    if (quoteUsd === null)
      troubles.push({ exchange: book.exchange, symbol: book.symbol, reason: `${quote} has no price` })
    else
      markets.push(
        marketOf(book, {
          ...{ quoteUsd, fee: fees[book.exchange] ?? fee },
          withdrawal: withdrawals[book.exchange]?.[book.token] ?? null,
        }),
      )
  }
  return { markets, troubles }
}

/** Each token is read once. */
function pastOf(ledger: PegHistory, height: number, window: number): Past {
  const heights = Array.from({ length: window }, (_, k) => height - window + 1 + k).filter((at) => at > 0)
  const known = new Map<Ticker, ReadonlyMap<number, bigint>>()
  return (token) => {
    const found =
      known.get(token) ??
      new Map(ledger.ratesOver(token, heights).map((dated) => [dated.height, dated.amount] as const))
    known.set(token, found)
    return found
  }
}
