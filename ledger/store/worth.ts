/** What amounts and holders are worth in USD by the last rates. */
import { inPlaceOf } from '../engine/averages.js'
import { inDollars, type InDollars } from '../engine/dollars.js'
import { rulesOf, type LedgerRules } from '../rules.js'
import { ledgerNetwork } from './about.js'
import { createHoldings } from './holdings.js'
import type { LedgerQueries } from './queries.js'

export type Worths = ReturnType<typeof createWorths>

/** Both are kept until another program has written something: the holdings of 100,000 addresses take 20 ms. */
export function createWorths(query: LedgerQueries) {
  const rules = rulesOf(ledgerNetwork(query.about()))
  const holdings = createHoldings(query)
  const kept = <T>(read: () => T): (() => T) => {
    let known: { readonly version: bigint; readonly value: T } | null = null
    return () => {
      const version = query.dataVersion()
      if (known?.version !== version) known = { version, value: read() }
      return known.value
    }
  }
  const dollarsAt = (height: number): InDollars | null => dollarsOf(query, rules, height)
  const dollars = kept(() => dollarsAt(query.about().height))
  const holders = kept(() => {
    const prices = dollars()
    if (prices === null) return null
    holdings.refresh()
    return holdings.valued(prices)
  })
  return {
    /** Null: there are no rates yet. */
    dollars,
    /** By the last rates up to a height. */
    dollarsAt,
    /** Holdings by these prices; null: there are none yet. */
    holders,
  }
}

function dollarsOf(query: LedgerQueries, rules: LedgerRules, height: number): InDollars | null {
  const dated = query.ratesHeight(height)
  if (dated === null) return null
  const rates = query.ratesAt(dated) ?? new Map<string, bigint>()
  const averaged = height >= rules.averages
  const averages = averaged ? inPlaceOf(query.averagesAt(dated), rates, rules) : new Map<string, bigint>()
  return inDollars({ rates, averages }, averaged)
}
