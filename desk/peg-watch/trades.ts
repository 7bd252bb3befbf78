/**
 * Trades that would earn: a token is bought at one market, converted, and what it became is sold at another. What a
 * conversion gives, and whether there is one, says the engine of the ledger. Pure.
 */
import {
  previewOf,
  ratioOf,
  refusalText,
  type LastPrices,
  type LedgerRules,
  type LedgerTransaction,
  type Ratio,
  type Ticker,
} from '../../ledger/index.js'
import { upwards, type Market, type MarketName } from './market.js'
import { riskOf, type Past, type Risk, type Waits } from './risk.js'
import { behind, bestSize, gainOf, payable, sizeOf, upTo, type Size } from './size.js'

export interface TradeTerms {
  /** The last block. */
  readonly height: number
  /** What the conversion is expected to use: rates of the block that is to come, averages up to the last one. */
  readonly prices: LastPrices
  readonly rules: LedgerRules
  readonly past: Past
  readonly waits: Waits
  /** 1e-16 USD: what a trade may cost. Null: what the books allow. */
  readonly most: bigint | null
}

/** The rule that makes less of a conversion than the rates would. */
export type Reduced = 'average' | 'bank'

export interface Trade extends Size {
  readonly buy: MarketName
  readonly sell: MarketName
  /** What is bought besides, since the exchange keeps it at the withdrawal. Null: that is not known, and nothing is. */
  readonly kept: bigint | null
  readonly reduced: readonly Reduced[]
  /** Why it cannot be done: the conversion is refused. Null: it can. */
  readonly closed: string | null
  readonly risk: Risk | null
}

/** What one token is converted into another by. */
interface Route {
  readonly ratio: Ratio
  readonly reduced: readonly Reduced[]
  readonly closed: string | null
  /** Null: as much as one likes. */
  readonly mostOutput: bigint | null
}

/** Those that gain, the best first; of each pair of tokens the best pair of markets. */
export function tradesOf(markets: readonly Market[], terms: TradeTerms): Trade[] {
  const best = new Map<string, Trade>()
  const routes = new Map<string, Route | null>()
  for (const buy of markets)
    for (const sell of markets) {
      if (buy.token === sell.token) continue
      const pair = `${buy.token} ${sell.token}`
      if (!routes.has(pair)) routes.set(pair, routeOf(buy.token, sell.token, terms))
      const route = routes.get(pair)
      const trade = route ? tradeOf(buy, sell, route, terms) : null
      const before = best.get(pair)
      if (trade && (!before || gainOf(trade) > gainOf(before))) best.set(pair, trade)
    }
  return [...best.values()].sort((one, two) => Number(gainOf(two) - gainOf(one)))
}

/** It only names whose batch it is. */
const ADDRESS = '00'.repeat(32)
/** More than a bank has. */
const MUCH = 10n ** 13n

export const conversionOf = (ticker: Ticker, target: Ticker, amount: bigint): LedgerTransaction[] => [
  { kind: 'conversion', input: { address: ADDRESS, ticker, amount }, target },
]

function previewed(from: Ticker, to: Ticker, amount: bigint, { height, prices, rules, waits }: TradeTerms) {
  return previewOf(conversionOf(from, to, amount), {
    ...{ height: height + waits.convert - 1, prices, rules },
    available: new Map([[from, amount]]),
  })
}

/** Null: one of both has no price. */
function routeOf(from: Ticker, to: Ticker, terms: TradeTerms): Route | null {
  const { prices, rules, height, waits } = terms
  const price = (ticker: Ticker) => ({
    rate: prices.rates.get(ticker) ?? 0n,
    average: prices.averages.get(ticker) ?? 0n,
  })
  const averaged = height + waits.convert >= rules.averages
  const [plain, ratio] = [false, averaged].map((with_) => ratioOf(price(from), price(to), with_))
  if (!plain) return null
  if (!ratio) return { ratio: plain, reduced: [], mostOutput: null, closed: 'one of both has no average yet' }
  const preview = previewed(from, to, upwards(MUCH * ratio.to, ratio.from), terms)
  const [converted] = preview.kind === 'executed' ? preview.converted : []
  const isBank = (converted?.refund ?? 0n) > 0n
  const isWorse = ratio.from * plain.to < plain.from * ratio.to
  return {
    ratio,
    reduced: [...(isWorse ? (['average'] as const) : []), ...(isBank ? (['bank'] as const) : [])],
    mostOutput: isBank ? (converted?.amount ?? 0n) : null,
    closed: preview.kind === 'refused' ? refusalText(preview.status).replace('refused: ', '') : null,
  }
}

function tradeOf(buy: Market, sell: Market, route: Route, terms: TradeTerms): Trade | null {
  const { ratio, closed, mostOutput, reduced } = route
  const { withdrawal: kept } = buy
  // What is kept is bought as well, before the rest.
  const asks = behind(terms.most === null ? buy.asks : payable(buy.asks, terms.most), kept ?? 0n)
  const bids = mostOutput === null ? sell.bids : upTo(sell.bids, mostOutput)
  const found = bestSize(asks, bids, ratio)
  if (!found) return null
  const { input } = found
  const output = closed === null ? executed(input, buy.token, sell.token, terms) : found.output
  const size = sizeOf(input + (kept ?? 0n), output, buy.asks, sell.bids)
  if (!size || gainOf(size) <= 0n) return null
  const needed = Number((size.cost * 1_000_000n) / size.proceeds) / 1e6
  const risk = riskOf(terms.past(buy.token), terms.past(sell.token), terms.waits, needed)
  return { ...size, input, kept, buy: nameOf(buy), sell: nameOf(sell), reduced, closed, risk }
}

/** What the engine makes of it. */
function executed(input: bigint, from: Ticker, to: Ticker, terms: TradeTerms): bigint {
  const preview = previewed(from, to, input, terms)
  const [converted] = preview.kind === 'executed' ? preview.converted : []
  return converted?.amount ?? 0n
}

const nameOf = ({ exchange, symbol, token }: Market): MarketName => ({ exchange, symbol, token })
