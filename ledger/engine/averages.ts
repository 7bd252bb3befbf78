/** Average rates (docs/protocol/ledger.md#averages). */
import type { LedgerRules } from '../rules.js'
import type { Ticker } from '../tickers.js'
import type { LedgerView, Rates } from './types.js'

/** Of so many heights the rates make an average. */
export const PERIOD = 288
const REQUIRED = PERIOD / 2

/**
 * `window`: the rates of the last 288 heights, as a node has them that was just started. `incremental`: as one has them
 * that was never stopped: behind a gap it goes on from that window height by height, and keeps rates that are older until
 * there are 288 of them.
 */
export type AverageForm = 'window' | 'incremental'

/** The averages that conversions use in a block with these rates, by those of the blocks up to `since`. */
export function averagesFor(
  view: Pick<LedgerView, 'ratesFrom'>,
  since: number,
  { rates, height, rules }: { readonly rates: Rates; readonly height: number; readonly rules: LedgerRules },
  form?: AverageForm,
): Rates {
  // Before averages count none is read.
  if (height < rules.averages) return new Map()
  return inPlaceOf(averagesAt(view, since, form), rates, rules)
}

/** The averages, or the rates where there are none yet and the rules allow that. */
export function inPlaceOf(averages: Rates, rates: Rates, { rateForAverage }: LedgerRules): Rates {
  if (!rateForAverage) return averages
  return new Map([...rates].map(([ticker, rate]) => [ticker, averages.get(ticker) || rate]))
}

/** The averages of the blocks up to this height; 0 where there are too few rates above 0. */
export function averagesAt(
  view: Pick<LedgerView, 'ratesFrom'>,
  height: number,
  form: AverageForm = 'window',
): Rates {
  const found = form === 'window' ? windowAt(view, height) : keptAt(view, height)
  return new Map([...found].map(([ticker, rates]) => [ticker, averageOf(rates)]))
}

function averageOf(rates: readonly bigint[]): bigint {
  const some = rates.filter((rate) => rate !== 0n).length
  return some < REQUIRED ? 0n : rates.reduce((sum, rate) => sum + rate, 0n) / BigInt(rates.length)
}

type Lists = Map<Ticker, bigint[]>

function windowAt(view: Pick<LedgerView, 'ratesFrom'>, height: number): Lists {
  const lists: Lists = new Map()
  for (const { rates } of view.ratesFrom(Math.max(1, height - PERIOD + 1), height)) append(lists, rates)
  return lists
}

/** Behind 288 heights in a row nothing is left of what was before them: that is the window again. */
function keptAt(view: Pick<LedgerView, 'ratesFrom'>, height: number): Lists {
  const run = view.ratesFrom(Math.max(1, height - PERIOD + 1), height)
  let first = run.length - 1
  while (first > 0 && run[first - 1]?.height === (run[first]?.height ?? 0) - 1) first--
  const begun = run[first]?.height ?? height
  if (height - begun + 1 >= PERIOD) return windowAt(view, height)
  const lists = windowAt(view, begun)
  for (const { rates } of run.slice(first + 1)) {
    for (const list of lists.values()) list.splice(0, Math.max(0, list.length - PERIOD + 1))
    append(lists, rates)
  }
  return lists
}

function append(lists: Lists, rates: Rates): void {
  for (const [ticker, rate] of rates) {
    const list = lists.get(ticker)
    if (list) list.push(rate)
    else lists.set(ticker, [rate])
  }
}
