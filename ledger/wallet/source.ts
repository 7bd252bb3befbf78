/** Where a wallet learns what the ledger says: from its tables, or from a program that answers as pegnetd does. */
import type { NetworkName } from '../../pegnet/index.js'
import { inPlaceOf } from '../engine/averages.js'
import type { Balances, Rates } from '../engine/types.js'
import type { LedgerRules } from '../rules.js'
import type { LedgerAction } from '../store/pages.js'
import type { HistoryRange, LedgerQueries } from '../store/queries.js'

/** The last rates, and the averages that conversions in the next block use. */
export interface LastPrices {
  /** Of the block that they are from. */
  readonly height: number
  readonly rates: Rates
  readonly averages: Rates
}

export interface LedgerSource {
  /** For people. */
  readonly name: string
  /** Null: it does not say. */
  readonly network: NetworkName | null
  /** The last block that it knows. */
  height(): Promise<number>
  /** RCD hash, hex. */
  balances(address: string): Promise<Balances>
  /** Null: no block had rates yet. */
  prices(): Promise<LastPrices | null>
  /** The block that a batch is in, and its status (`LedgerAction`); null if it is in none. */
  statusOf(hash: string): Promise<{ readonly height: number; readonly status: number } | null>
  /** The block that an entry is in of which the ledger has read no transaction; null if there is none, or it does not say. */
  passedBy(hash: string): Promise<number | null>
  /** Oldest first. */
  history(address: string, range: HistoryRange): Promise<readonly LedgerAction[]>
  close(): void
}

/** The prices that conversions in the block of this height use; null if it has no rates. */
export function pricesOfBlock(
  query: Pick<LedgerQueries, 'ratesAt' | 'ratesHeight' | 'averagesAt'>,
  height: number,
  rules: LedgerRules,
): LastPrices | null {
  const rates = query.ratesAt(height)
  if (rates === null) return null
  const averages =
    height >= rules.averages
      ? query.averagesAt(query.ratesHeight(height - 1) ?? 0)
      : new Map<string, bigint>()
  return { height, rates, averages: inPlaceOf(averages, rates, rules) }
}

/** The last rates, and the averages for the block behind the tip; null: no block had rates yet. */
export function pricesAfter(
  query: Pick<LedgerQueries, 'ratesAt' | 'ratesHeight' | 'averagesAt'>,
  tip: number,
  rules: LedgerRules,
): LastPrices | null {
  const height = query.ratesHeight(tip)
  const rates = height === null ? null : query.ratesAt(height)
  if (height === null || rates === null) return null
  const averages = tip + 1 >= rules.averages ? query.averagesAt(height) : new Map<string, bigint>()
  return { height, rates, averages: inPlaceOf(averages, rates, rules) }
}

export function tablesSource(query: LedgerQueries, name: string, rules: LedgerRules): LedgerSource {
  const height = (): Promise<number> => Promise.resolve(query.about().height)
  return {
    name,
    network: query.about().network,
    height,
    balances: (address) => Promise.resolve(query.balancesOf(address)),
    prices: () => Promise.resolve(pricesAfter(query, query.about().height, rules)),
    statusOf: (hash) => Promise.resolve(query.statusOf(hash)),
    passedBy(hash) {
      const entry = query.entryBy(hash)
      // Asked for behind the entry: both come with the same block.
      return Promise.resolve(entry !== null && query.statusOf(hash) === null ? entry.height : null)
    },
    history: (address, range) => Promise.resolve(query.historyOf(address, range)),
    close: () => query.close(),
  }
}
