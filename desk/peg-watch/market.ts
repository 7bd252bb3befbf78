/**
 * A market in exact amounts: prices in 1e-8 USD a token, rounded against the one who trades, amounts in 1e-8. An amount
 * times a price is money: 1e-16 USD. Pure.
 */
import type { Ticker } from '../../ledger/index.js'
import type { OrderBook } from '../../oracle/prices/index.js'

export interface MarketName {
  readonly exchange: string
  /** Unified symbol: the currency behind the slash is what is paid with. */
  readonly symbol: string
  readonly token: Ticker
}

export interface Step {
  readonly amount: bigint
  readonly price: bigint
  /** With the fee: what a buyer pays, what a seller is paid. */
  readonly net: bigint
}

export interface Market extends MarketName {
  /** Of the token, 1e-8: what the exchange keeps when some of it is withdrawn. Null: it is not known. */
  readonly withdrawal: bigint | null
  readonly asks: readonly Step[]
  readonly bids: readonly Step[]
}

const PLACES = 12
/** Of fees: parts in a million. */
const MILLION = 1_000_000n

/** A double as it stands, in 1e-12. */
const exact = (value: number): bigint => BigInt(value.toFixed(PLACES).replace('.', ''))
const amountOf = (value: number): bigint => exact(value) / 10n ** BigInt(PLACES - 8)

export interface MarketTerms {
  /** Of one unit of what is paid with, in 1e-8 USD. */
  readonly quoteUsd: bigint
  /** A part of 1. */
  readonly fee: number
  readonly withdrawal: bigint | null
}

export function marketOf(
  { exchange, symbol, token, book }: MarketName & { readonly book: OrderBook },
  { quoteUsd, fee, withdrawal }: MarketTerms,
): Market {
  const parts = BigInt(Math.round(fee * Number(MILLION)))
  const scale = 10n ** BigInt(PLACES)
  const steps = (levels: OrderBook['bids'], divide: Divide, share: bigint): Step[] =>
    levels
      .map(([price, amount]) => ({
        amount: amountOf(amount),
        price: divide(exact(price) * quoteUsd, scale),
        net: divide(exact(price) * quoteUsd * share, scale * MILLION),
      }))
      .filter(({ amount, net }) => amount > 0n && net > 0n)
  return {
    ...{ exchange, symbol, token, withdrawal },
    asks: steps(book.asks, upwards, MILLION + parts),
    bids: steps(book.bids, downwards, MILLION - parts),
  }
}

type Divide = (dividend: bigint, divisor: bigint) => bigint
const downwards: Divide = (dividend, divisor) => dividend / divisor
export const upwards: Divide = (dividend, divisor) => (dividend + divisor - 1n) / divisor
