/** The tokens that balances are kept in (docs/protocol/ledger.md#tickers). */
import { STAKING_ASSETS } from '../pegnet/index.js'

/** `PEG`, or `p` and the code of an asset; letters' case counts. */
export type Ticker = string

/** The ticker of an asset, as rates are kept under it: also `pPNT`, `pXPD`, `pXPT` of version 1, which nothing is held in. */
export const tickerOf = (asset: string): Ticker => (asset === 'PEG' ? asset : `p${asset}`)

/** All 62, in the order in which the rules go through them. They may be named at every height. */
export const TICKERS: readonly Ticker[] = STAKING_ASSETS.map(tickerOf)

const KNOWN = new Set(TICKERS)

export const isTicker = (text: string): boolean => KNOWN.has(text)

/** What the parser takes a missing ticker for; nothing is held in it (docs/protocol/ledger.md#json). */
export const NO_TICKER: Ticker = ''
