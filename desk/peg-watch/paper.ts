/**
 * A paper account: what the trades that are told of would have earned. One is bought at the orders of one look, converted
 * by the prices of the block that carries it out, and sold at the orders of a later look. Pure steps: `paper-file.ts` keeps
 * the account.
 */
import { array, bigint, literal, nullable, number, object, string, type InferOutput } from 'valibot'

import { pricesOfBlock, previewOf, type LedgerRules, type Ticker } from '../../ledger/index.js'
import { usdMoney, type Look, type LookRules, type PegHistory } from './look.js'
import type { Market, MarketName, Step } from './market.js'
import { gainOf, upTo } from './size.js'
import { conversionOf, tradesOf } from './trades.js'

const MARKET = object({ exchange: string(), symbol: string(), token: string() })
const AMOUNTS = object({ output: bigint(), refund: bigint() })

/** Amounts in 1e-8, money in 1e-16 USD. */
const TRADE = object({
  ...{ buy: MARKET, sell: MARKET, boughtAt: number(), input: bigint(), cost: bigint() },
  /** The block that carried the conversion out; null: none yet. */
  convertedAt: nullable(number()),
  /** What is not sold yet: what it was converted into, and what was given back of it. */
  left: AMOUNTS,
  proceeds: bigint(),
  /** The last block after which some of it was sold, or should have been. */
  triedAt: number(),
})

export const PAPER = object({
  version: literal(1),
  /** Which network it is about: another must not go on with it. */
  subject: string(),
  ...{ capital: bigint(), cash: bigint() },
  /** The block after which a trade was looked for last. */
  last: number(),
  open: array(TRADE),
  /** How many are over, what they have gained together, and the last of them. */
  ...{ count: number(), gained: bigint(), done: array(TRADE) },
  /** What it was worth after a block. */
  worth: array(object({ height: number(), money: bigint() })),
})

export type PaperAccount = InferOutput<typeof PAPER>
export type PaperTrade = InferOutput<typeof TRADE>

export interface PaperEvent {
  readonly stage: 'bought' | 'converted' | 'sold'
  readonly trade: PaperTrade
}

export const newPaper = (subject: string, usd: number): PaperAccount => ({
  ...{ version: 1, subject, capital: usdMoney(usd), cash: usdMoney(usd), last: 0 },
  ...{ open: [], count: 0, gained: 0n, done: [], worth: [] },
})

/** What it is worth after the last block that it knows. */
export const worthNow = ({ worth, cash }: Pick<PaperAccount, 'worth' | 'cash'>): bigint =>
  worth.at(-1)?.money ?? cash

const KEPT = 100
const POINTS = 1000

export interface PaperTerms {
  readonly look: Look
  readonly ledger: PegHistory
  readonly rules: LedgerRules
  readonly limits: LookRules
}

/** The account after a look. Where the look is of the same block as the one before, nothing is bought or sold. */
export function paperStep(
  before: PaperAccount,
  terms: PaperTerms,
): { readonly account: PaperAccount; readonly events: readonly PaperEvent[] } {
  const events: PaperEvent[] = []
  const tell = (stage: PaperEvent['stage'], trade: PaperTrade): PaperTrade => {
    events.push({ stage, trade })
    return trade
  }
  let { cash, count, gained } = before
  const open: PaperTrade[] = []
  const done = [...before.done]
  for (const trade of before.open) {
    const converted = trade.convertedAt === null ? convertedOf(trade, terms) : null
    const now = converted === null ? trade : tell('converted', converted)
    const sold = soldOf(now, terms)
    cash += sold.proceeds - now.proceeds
    if (sold.convertedAt === null || sold.left.output + sold.left.refund > 0n) open.push(sold)
    else {
      done.push(tell('sold', sold))
      count++
      gained += gainOf(sold)
    }
  }
  const { height } = terms.look
  const bought = height > before.last ? boughtOf(cash, open, terms) : null
  if (bought !== null) {
    cash -= bought.cost
    open.push(tell('bought', bought))
  }
  const money = cash + open.reduce((sum, trade) => sum + worthOf(trade, terms.look), 0n)
  return {
    events,
    account: {
      ...{
        ...before,
        cash,
        open,
        count,
        gained,
        done: done.slice(-KEPT),
        last: Math.max(before.last, height),
      },
      worth: height > before.last ? withPoint(before.worth, { height, money }) : before.worth,
    },
  }
}

/** The older half of too many points is told by every second of them. */
function withPoint(
  worth: PaperAccount['worth'],
  point: PaperAccount['worth'][number],
): PaperAccount['worth'] {
  const kept = worth.length < POINTS ? worth : worth.filter((_, k) => k > POINTS / 2 || k % 2 === 0)
  return [...kept, point]
}

const isSame = (one: MarketName, two: MarketName): boolean =>
  one.exchange === two.exchange && one.symbol === two.symbol

/** Its orders are not there twice: a market at which a trade is open is left alone. */
function boughtOf(
  cash: bigint,
  open: readonly PaperTrade[],
  { look, limits }: PaperTerms,
): PaperTrade | null {
  const { most } = look.terms
  const uses = (market: MarketName): boolean =>
    open.some(({ buy, sell }) => isSame(buy, market) || isSame(sell, market))
  const trades = tradesOf(look.markets, {
    ...{ ...look.terms, most: most !== null && most < cash ? most : cash },
    // Its risk is not asked for.
    past: () => new Map(),
  })
  const found = trades.find(
    (trade) =>
      trade.closed === null &&
      gainOf(trade) >= usdMoney(limits.least) &&
      !uses(trade.buy) &&
      !uses(trade.sell),
  )
  return found
    ? {
        ...{ buy: found.buy, sell: found.sell, boughtAt: look.height, input: found.input, cost: found.cost },
        ...{ convertedAt: null, left: { output: 0n, refund: 0n }, proceeds: 0n, triedAt: look.height },
      }
    : null
}

/** Null: no block has carried it out yet. What a rule refuses stays what it was. */
function convertedOf(trade: PaperTrade, { ledger, rules, limits, look }: PaperTerms): PaperTrade | null {
  for (let at = trade.boughtAt + limits.waits.convert; at <= look.height; at++) {
    const prices = pricesOfBlock(ledger, at, rules)
    if (prices === null) continue
    const { buy, sell, input } = trade
    const batch = conversionOf(buy.token, sell.token, input)
    const preview = previewOf(batch, {
      height: at - 1,
      prices,
      rules,
      available: new Map([[buy.token, input]]),
    })
    const [converted] = preview.kind === 'executed' ? preview.converted : []
    const left = converted
      ? { output: converted.amount, refund: converted.refund ?? 0n }
      : { output: 0n, refund: input }
    return { ...trade, convertedAt: at, left }
  }
  return null
}

/** As much of it as is bid for now. */
function soldOf(trade: PaperTrade, { look, limits }: PaperTerms): PaperTrade {
  const { convertedAt, triedAt, left, sell, buy, proceeds } = trade
  if (convertedAt === null || look.height < convertedAt + limits.waits.sell || look.height <= triedAt)
    return trade
  const [output, refund] = [sale(left.output, sell, look.markets), sale(left.refund, buy, look.markets)]
  return {
    ...{ ...trade, triedAt: look.height, proceeds: proceeds + output.money + refund.money },
    left: { output: left.output - output.amount, refund: left.refund - refund.amount },
  }
}

function sale(amount: bigint, at: MarketName, markets: readonly Market[]): { amount: bigint; money: bigint } {
  const steps: Step[] = upTo(markets.find((market) => isSame(market, at))?.bids ?? [], amount)
  return steps.reduce(
    (sum, step) => ({ amount: sum.amount + step.amount, money: sum.money + step.amount * step.net }),
    { amount: 0n, money: 0n },
  )
}

/** By the oracle's prices. */
function worthOf({ buy, sell, input, convertedAt, left }: PaperTrade, { terms }: Look): bigint {
  const rate = (token: Ticker): bigint => terms.prices.rates.get(token) ?? 0n
  return convertedAt === null
    ? input * rate(buy.token)
    : left.output * rate(sell.token) + left.refund * rate(buy.token)
}
