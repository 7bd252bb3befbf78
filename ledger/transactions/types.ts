/** What an entry of the transaction chain says. */
import type { Ticker } from '../tickers.js'

export interface Output {
  /** RCD hash, hex. */
  readonly address: string
  readonly amount: bigint
}

export interface Input extends Output {
  readonly ticker: Ticker
}

/** Moves the whole input to other addresses. */
export interface Transfer {
  readonly kind: 'transfer'
  readonly input: Input
  readonly outputs: readonly Output[]
}

/** Turns the input into another token of the same address. */
export interface Conversion {
  readonly kind: 'conversion'
  readonly input: Input
  readonly target: Ticker
}

export type LedgerTransaction = Transfer | Conversion

/** All of an entry's transactions: one input address, all or nothing. */
export interface Batch {
  /** Entry hash, hex. */
  readonly hash: string
  readonly transactions: readonly LedgerTransaction[]
}
