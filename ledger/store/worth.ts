/** What amounts and holders are worth in USD by the last rates. */
import { inPlaceOf } from '../engine/averages.js'
import { inDollars, type InDollars } from '../engine/dollars.js'
import { rulesOf, type LedgerRules } from '../rules.js'
import { ledgerNetwork } from './about.js'
import { createHoldings, type Valued } from './holdings.js'
import type { LedgerQueries } from './queries.js'

export interface Worths {
  /** Null: there are no rates yet. */
  dollars(): InDollars | null
  /** By the last rates up to a height. */
  dollarsAt(height: number): InDollars | null
  /** Holdings by these prices; null: there are none yet. */
  holders(): Valued | null
}

/** Both are kept until another program has written something: the holdings of 100,000 addresses take 20 ms. */
export function createWorths(query: LedgerQueries): Worths {
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
  return { dollars, dollarsAt, holders }
}

function dollarsOf(query: LedgerQueries, rules: LedgerRules, height: number): InDollars | null {
  const dated = query.ratesHeight(height)
  if (dated === null) return null
  const rates = query.ratesAt(dated) ?? new Map<string, bigint>()
  const averaged = height >= rules.averages
  const averages = averaged ? inPlaceOf(query.averagesAt(dated), rates, rules) : new Map<string, bigint>()
  return inDollars({ rates, averages }, averaged)
}
