/** Balances as they become within a block or a batch, over those of before. */
import type { Ticker } from '../tickers.js'

export interface Pending {
  balance(address: string, ticker: Ticker): bigint
  add(address: string, ticker: Ticker, amount: bigint): void
  /** False, and nothing is taken, if there is less. */
  take(address: string, ticker: Ticker, amount: bigint): boolean
  /** New balances, by address in the order of their first change. */
  readonly changes: ReadonlyMap<string, ReadonlyMap<Ticker, bigint>>
}

export function createPending(before: Pick<Pending, 'balance'>): Pending {
  const changes = new Map<string, Map<Ticker, bigint>>()
  /** What was asked of before: a batch asks for the same balances several times. */
  const read = new Map<string, bigint>()
  const balanceBefore = (address: string, ticker: Ticker): bigint => {
    const key = `${address} ${ticker}`
    const found = read.get(key) ?? before.balance(address, ticker)
    read.set(key, found)
    return found
  }
  const balance = (address: string, ticker: Ticker): bigint =>
    changes.get(address)?.get(ticker) ?? balanceBefore(address, ticker)
  const set = (address: string, ticker: Ticker, amount: bigint): void => {
    const own = changes.get(address)
    if (own) own.set(ticker, amount)
    else changes.set(address, new Map([[ticker, amount]]))
  }
  return {
    balance,
    add: (address, ticker, amount) => set(address, ticker, balance(address, ticker) + amount),
    take(address, ticker, amount) {
      const rest = balance(address, ticker) - amount
      if (rest < 0n) return false
      set(address, ticker, rest)
      return true
    },
    changes,
  }
}

/** Puts what became of a batch into the block. */
export function settle(from: Pending, into: Pending): void {
  for (const [address, balances] of from.changes)
    for (const [ticker, amount] of balances) into.add(address, ticker, amount - into.balance(address, ticker))
}
