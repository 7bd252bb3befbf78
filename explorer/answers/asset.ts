/** A token: its price, how long that has not moved, its supply, who holds it. What changed over time is in `series`. */
import { Csv, unitsText } from '../../base/index.js'
import { tickerOf } from '../search.js'
import { asking, textOf, type Answer, type Reader } from './parts.js'

const HOLDERS = 25
/** How far back it is looked for a movement, blocks with rates: 30 days. */
const STILL_BLOCKS = 4_320

export const asset: Answer = (reader, name, asked) => {
  const { query, reads } = reader
  const ticker = tickerOf(name)
  if (ticker === null) return null
  const prices = reads.prices(asking({ ticker }, asked))
  if (prices instanceof Csv) return prices
  const { height } = query.about()
  const last = query.rateBy(ticker, height)
  const [spread] = last ? query.spreads(ticker, [last.height]) : []
  const flow = (which: 'in' | 'out'): string => unitsText(query.flowBy(which, ticker, height)?.amount ?? 0n)
  return {
    ...{ ticker, height, firstHeight: query.firstHeight() },
    price: last && { height: last.height, usd: unitsText(last.amount) },
    said: spread ? { low: textOf(spread.low), high: textOf(spread.high) } : null,
    still: last && stillOf(reader, ticker, last.height),
    supply: unitsText(query.issuance().get(ticker) ?? 0n),
    converted: { in: flow('in'), out: flow('out') },
    points: (prices as { points: object }).points,
    holderCount: query.holdersOf(ticker),
    holders: (reads.richlist(asking({ ticker, limit: String(HOLDERS) })) as { holders: object }).holders,
  }
}

/** Since when the price is what it is. `atLeast`: it has not moved as far back as was looked. */
function stillOf({ query }: Reader, ticker: string, height: number): object | null {
  const since = query.stillSince(ticker, height, STILL_BLOCKS)
  if (since === null) return null
  const seconds = query.secondsOver([since, height])
  const [begin, end] = [seconds.get(since), seconds.get(height)]
  const hours = begin === undefined || end === undefined ? null : Math.round((end - begin) / 360) / 10
  return { since, hours }
}
