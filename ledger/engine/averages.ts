/** Average rates (docs/protocol/ledger.md#averages). */
import type { LedgerRules } from '../rules.js'
import type { Ticker } from '../tickers.js'
import type { LedgerView, Rates } from './types.js'

const PERIOD = 288
const REQUIRED = PERIOD / 2

/** The averages that conversions use in a block with these rates, by those of the blocks up to `since`. */
export function averagesFor(
  view: Pick<LedgerView, 'ratesFrom'>,
  since: number,
  { rates, height, rules }: { readonly rates: Rates; readonly height: number; readonly rules: LedgerRules },
): Rates {
  // Before averages count none is read.
  if (height < rules.averages) return new Map()
  return inPlaceOf(averagesAt(view, since), rates, rules)
}

/** The averages, or the rates where there are none yet and the rules allow that. */
export function inPlaceOf(averages: Rates, rates: Rates, { rateForAverage }: LedgerRules): Rates {
  if (!rateForAverage) return averages
  return new Map([...rates].map(([ticker, rate]) => [ticker, averages.get(ticker) || rate]))
}

/** The averages of the blocks up to this height; 0 where there are too few rates above 0. */
export function averagesAt(view: Pick<LedgerView, 'ratesFrom'>, height: number): Rates {
  const sums = new Map<Ticker, { sum: bigint; count: number; zeros: number }>()
  for (const { rates } of view.ratesFrom(Math.max(1, height - PERIOD + 1), height))
    for (const [ticker, rate] of rates) {
      const { sum, count, zeros } = sums.get(ticker) ?? { sum: 0n, count: 0, zeros: 0 }
      sums.set(ticker, { sum: sum + rate, count: count + 1, zeros: zeros + (rate === 0n ? 1 : 0) })
    }
  return new Map(
    [...sums].map(([ticker, { sum, count, zeros }]) => [
      ticker,
      count - zeros < REQUIRED ? 0n : sum / BigInt(count),
    ]),
  )
}
