/** One hash for who holds what. */
import { createHash } from 'node:crypto'

import type { Balances } from '../engine/types.js'
import { TICKERS } from '../tickers.js'

/**
 * SHA-256 of a line `address ticker units` for each balance above 0, addresses in hex, sorted by address and then in the
 * order of the tickers (docs/protocol/ledger.md#state-hash).
 */
export function stateHash(balances: ReadonlyMap<string, Balances>): string {
  const hash = createHash('sha256')
  for (const address of [...balances.keys()].sort())
    for (const ticker of TICKERS) {
      const amount = balances.get(address)?.get(ticker) ?? 0n
      if (amount > 0n) hash.update(`${address} ${ticker} ${amount}\n`)
    }
  return hash.digest('hex')
}
