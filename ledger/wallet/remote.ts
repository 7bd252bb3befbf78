/** The ledger of a running pegnetd, or of `pegminer ledger serve`, as a wallet asks it. */
import type { Pegnetd } from '../diff/pegnetd.js'
import { averagesAt, inPlaceOf, PERIOD } from '../engine/averages.js'
import type { DatedRates, Rates } from '../engine/types.js'
import type { LedgerRules } from '../rules.js'
import type { LedgerAction } from '../store/pages.js'
import { addressText } from '../transactions/address.js'
import type { LastPrices, LedgerSource } from './source.js'

/** So many lines of a history are read, at most: 50 come at once. */
const MOST_LINES = 100_000
/** How far back rates are looked for: a chain without records for a week has no price to go by. */
const MOST_BLOCKS = 1008
const AT_ONCE = 72

export function remoteSource(remote: Pegnetd, name: string, rules: LedgerRules): LedgerSource {
  /** Rates of the blocks up to a height do not change. */
  let known: { readonly height: number; readonly prices: LastPrices | null } | null = null
  return {
    name,
    network: null,
    height: () => remote.height(),
    async balances(address) {
      const { held } = await remote.balances([addressText(address)])
      return new Map([...(held[0] ?? [])].filter(([, amount]) => amount > 0n))
    },
    async prices() {
      const height = await remote.height()
      if (known?.height !== height) known = { height, prices: await pricesAt(remote, height, rules) }
      return known.prices
    },
    statusOf: (hash) => remote.statusOf(hash),
    passedBy: () => Promise.resolve(null),
    async history(address, { from = 0, to = Infinity, last = MOST_LINES }) {
      const found: LedgerAction[] = []
      for (let offset = 0; found.length < last && offset < MOST_LINES;) {
        const page = await remote.actions(addressText(address), offset)
        found.push(...page.filter(({ height }) => height >= from && height <= to))
        if (page.length === 0 || page.every(({ height }) => height < from)) break
        offset += page.length
      }
      return found.slice(0, last).reverse()
    },
    close: () => remote.close(),
  }
}

/** Averages are worked out here: pegnetd does not tell its own. */
async function pricesAt(remote: Pegnetd, tip: number, rules: LedgerRules): Promise<LastPrices | null> {
  const averaged = tip + 1 >= rules.averages
  const found: DatedRates[] = []
  for (let to = tip; to > 0 && to > tip - MOST_BLOCKS; to -= AT_ONCE) {
    const heights = Array.from({ length: Math.min(AT_ONCE, to) }, (_, k) => to - k)
    const rates = await remote.rates(heights)
    heights.forEach((height, k) => rates[k] && found.push({ height, rates: rates[k] }))
    const [last] = found
    if (last && (!averaged || to - AT_ONCE < last.height - PERIOD)) break
  }
  const [last] = found
  if (!last) return null
  const { height, rates } = last
  const ascending = found.reverse()
  const ratesFrom = (first: number, end: number): DatedRates[] =>
    ascending.filter((dated) => dated.height >= first && dated.height <= end)
  const averages: Rates = averaged ? averagesAt({ ratesFrom }, height) : new Map()
  return { height, rates, averages: inPlaceOf(averages, rates, rules) }
}
