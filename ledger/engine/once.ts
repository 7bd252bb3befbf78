/** What the rules do once, at one height (docs/protocol/ledger.md#one-off-events). Balances are those of the block before. */
import type { LedgerRules } from '../rules.js'
import { BURN_ADDRESS, MINT_ADDRESS, MINTED, ZERO_ADDRESS } from '../special.js'
import { TICKERS, type Ticker } from '../tickers.js'
import { madeHash, type Paying } from './rewards.js'
import type { LedgerView } from './types.js'

export function happenOnce(view: LedgerView, rules: LedgerRules, paying: Paying): void {
  const { height } = paying.block
  if (height === rules.emptyZero) emptyZero(view, paying)
  if (height === rules.emptyBurn) empty(view, BURN_ADDRESS, TICKERS, paying)
  if (height === rules.mint) mint(paying)
  if (height === rules.unmint)
    empty(
      view,
      MINT_ADDRESS,
      MINTED.map(([ticker]) => ticker),
      paying,
    )
}

function empty(
  view: LedgerView,
  address: string,
  tickers: readonly Ticker[],
  { pending, tell }: Paying,
): void {
  for (const ticker of tickers) {
    const amount = view.balance(address, ticker)
    pending.take(address, ticker, amount)
    if (amount > 0n) tell({ type: 'destroyed', address, ticker, amount })
  }
}

function mint({ pending, tell }: Paying): void {
  for (const [ticker, amount] of MINTED) {
    pending.add(MINT_ADDRESS, ticker, amount)
    tell({ type: 'minted', address: MINT_ADDRESS, ticker, amount })
  }
}

/**
 * The zero address, which nothing was ever credited to, is emptied with a line in the history for each token. They stop
 * at the first token that it holds, and at the one whose made hash is that of a payment to five holders or more.
 */
function emptyZero(view: LedgerView, { pending, block, tell }: Paying): void {
  for (const [k, ticker] of TICKERS.entries()) {
    const amount = view.balance(ZERO_ADDRESS, ticker)
    pending.take(ZERO_ADDRESS, ticker, amount)
    if (amount > 0n) tell({ type: 'destroyed', address: ZERO_ADDRESS, ticker, amount })
    const hash = madeHash(block.height - k)
    const taken = view.hasAction(hash, k % 10)
    tell({
      ...{ type: 'credited', action: 'coinbase', hash, order: 0, seconds: block.seconds },
      credits: taken || amount > 0n ? [] : [{ index: k % 10, address: ZERO_ADDRESS, ticker, amount: 0n }],
    })
    if (taken || amount > 0n) return
  }
}
