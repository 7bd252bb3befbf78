/** What a line of the history changes in the balances of one address. Pure. */
import type { LedgerAction } from '../store/pages.js'
import type { Ticker } from '../tickers.js'

/** Units by token, below 0 for what was given away; nothing while it waits, or where it was refused. */
export function changesOf(action: LedgerAction, address: string): ReadonlyMap<Ticker, bigint> {
  const changes = new Map<Ticker, bigint>()
  const add = (ticker: Ticker, amount: bigint): void => {
    const sum = (changes.get(ticker) ?? 0n) + amount
    if (sum === 0n) changes.delete(ticker)
    else changes.set(ticker, sum)
  }
  const { kind, status, ticker, amount, target, result, refund, outputs } = action
  if (status <= 0) return changes
  const own = action.address === address
  switch (kind) {
    case 'coinbase':
    case 'burn':
      if (own) add(target, result)
      return changes
    case 'conversion':
      if (!own) return changes
      add(ticker, -amount + (refund ?? 0n))
      add(target, result)
      return changes
    case 'transfer':
      if (own) add(ticker, -amount)
      for (const output of outputs) if (output.address === address) add(ticker, output.amount)
      return changes
  }
}
