/** What amounts are worth in USD: what a conversion into pUSD would give. */
import type { Ticker } from '../tickers.js'
import { convert, type Price } from './convert.js'
import type { Prices } from './execute.js'

/** Null: the token has no price. */
export type InDollars = (amount: bigint, ticker: Ticker) => bigint | null

const NONE: Price = { rate: 0n, average: 0n }

/** `averaged`: averages count too (`LedgerRules`). */
export function inDollars({ rates, averages }: Prices, averaged: boolean): InDollars {
  const prices = new Map<Ticker, Price>(
    [...rates].map(([ticker, rate]) => [ticker, { rate, average: averages.get(ticker) ?? 0n }]),
  )
  const dollar = prices.get('pUSD') ?? NONE
  return (amount, ticker) => convert(amount, prices.get(ticker) ?? NONE, dollar, averaged)
}
