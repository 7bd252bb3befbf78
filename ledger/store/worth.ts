/** What amounts and holders are worth in USD by the last rates. */
import { networkOf } from '../../pegnet/index.js'
import { inPlaceOf } from '../engine/averages.js'
import { inDollars, type InDollars } from '../engine/dollars.js'
import { rulesOf, type LedgerRules } from '../rules.js'
import type { LedgerQueries } from './queries.js'

export interface Worth {
  readonly address: string
  readonly usd: bigint
}

export interface Worths {
  /** Null: there are no rates yet. */
  dollars(): InDollars | null
  /** All that are worth anything, the largest first. Not `complete`: a token that is held has no price, and counts as 0. */
  holders(): { readonly list: readonly Worth[]; readonly complete: boolean }
}

/**
 * Both are kept until another program has written something: the list takes a second where there are 100,000 holders,
 * averages of 288 blocks 40 ms.
 */
export function createWorths(query: LedgerQueries): Worths {
  const rules = rulesOf(networkOf(query.about().network))
  const kept = <T>(read: () => T): (() => T) => {
    let known: { readonly version: bigint; readonly value: T } | null = null
    return () => {
      const version = query.dataVersion()
      if (known?.version !== version) known = { version, value: read() }
      return known.value
    }
  }
  const dollars = kept(() => dollarsOf(query, rules))
  return { dollars, holders: kept(() => holdersOf(query, dollars())) }
}

function dollarsOf(query: LedgerQueries, rules: LedgerRules): InDollars | null {
  const { height } = query.about()
  const dated = query.ratesHeight(height)
  if (dated === null) return null
  const rates = query.ratesAt(dated) ?? new Map<string, bigint>()
  const averaged = height >= rules.averages
  const averages = averaged ? inPlaceOf(query.averagesAt(dated), rates, rules) : new Map<string, bigint>()
  return inDollars({ rates, averages }, averaged)
}

function holdersOf(query: LedgerQueries, dollars: InDollars | null): ReturnType<Worths['holders']> {
  if (dollars === null) return { list: [], complete: true }
  let complete = true
  const list = query.holders().map(([address, held]): Worth => {
    let usd = 0n
    for (const [ticker, amount] of held) {
      const worth = dollars(amount, ticker)
      if (worth === null) complete = false
      usd += worth ?? 0n
    }
    return { address, usd }
  })
  const some = list.filter(({ usd }) => usd > 0n)
  return { list: some.sort((a, b) => (a.usd === b.usd ? 0 : a.usd < b.usd ? 1 : -1)), complete }
}
