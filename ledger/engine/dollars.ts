/** What amounts are worth in USD: what a conversion into pUSD would give. */
import type { Ticker } from '../tickers.js'
import { convert, ratioOf, type Price } from './convert.js'
import type { Prices } from './execute.js'

export interface InDollars {
  /** Null: the token has no price, or the result is too large. */
  (amount: bigint, ticker: Ticker): bigint | null
  /** About what one unit is worth; null: the token has no price. */
  readonly ratio: (ticker: Ticker) => number | null
}

const NONE: Price = { rate: 0n, average: 0n }

/** `averaged`: averages count too (`LedgerRules`). */
export function inDollars({ rates, averages }: Prices, averaged: boolean): InDollars {
  const prices = new Map<Ticker, Price>(
    [...rates].map(([ticker, rate]) => [ticker, { rate, average: averages.get(ticker) ?? 0n }]),
  )
  const priceOf = (ticker: Ticker): Price => prices.get(ticker) ?? NONE
  const dollar = priceOf('pUSD')
  return Object.assign(
    (amount: bigint, ticker: Ticker) => convert(amount, priceOf(ticker), dollar, averaged),
    {
      ratio(ticker: Ticker): number | null {
        const ratio = ratioOf(priceOf(ticker), dollar, averaged)
        return ratio && Number(ratio.from) / Number(ratio.to)
      },
    },
  )
}
