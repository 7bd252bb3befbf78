/** Which part of the whole each token should be. Pure. */
import type { Rates, Ticker } from '../../ledger/index.js'
import type { Basket } from './file.js'

/** All parts together. */
export const WHOLE = 100_000_000n

/** Least standard deviation from block to block that counts: a token that does not move at all would be the whole. */
const LEAST_MOVE = 1e-4

/** Parts of `WHOLE` by token. `past`: rates of the last blocks, oldest first; only volatility asks for them. */
export function partsOf(
  { holdings, weights }: Pick<Basket, 'holdings' | 'weights'>,
  past: readonly Rates[],
): ReadonlyMap<Ticker, bigint> {
  const raw = [...holdings].map(([ticker, weight]): [Ticker, number] => {
    if (weight === 0 || weights === 'fixed') return [ticker, weight]
    return [ticker, weights === 'equal' ? 1 : 1 / Math.max(LEAST_MOVE, moveOf(ticker, past))]
  })
  const sum = raw.reduce((total, [, weight]) => total + weight, 0)
  const parts = raw.map(([ticker, weight]): [Ticker, bigint] => [
    ticker,
    BigInt(Math.floor((weight / sum) * Number(WHOLE))),
  ])
  // What rounding has left goes to the first that has a part.
  const rest = WHOLE - parts.reduce((total, [, part]) => total + part, 0n)
  const first = parts.findIndex(([, part]) => part > 0n)
  return new Map(parts.map(([ticker, part], k) => [ticker, k === first ? part + rest : part]))
}

/** The standard deviation of the price's logarithm from block to block. */
function moveOf(ticker: Ticker, past: readonly Rates[]): number {
  const prices = past.map((rates) => Number(rates.get(ticker) ?? 0n)).filter((price) => price > 0)
  const moves = prices.slice(1).map((price, k) => Math.log(price / (prices[k] as number)))
  if (moves.length < 2) return 0
  const mean = moves.reduce((sum, move) => sum + move, 0) / moves.length
  return Math.sqrt(moves.reduce((sum, move) => sum + (move - mean) ** 2, 0) / (moves.length - 1))
}
