/** What an address had after each line of its history. */
import { unitsText } from '../../base/index.js'
import {
  aftersOf,
  TICKERS,
  type LedgerAction,
  type PlacedAction,
  type ShownAction,
} from '../../ledger/index.js'
import { textOf, type Reader } from './parts.js'

/** Of a token; its worth by the price of the block. */
export interface Held {
  readonly ticker: string
  readonly amount: string
  readonly usd: string | null
}

const keyOf = ({ hash, index }: Pick<LedgerAction, 'hash' | 'index'>, executed: number): string =>
  `${executed} ${hash} ${index}`

/** By line; none of what was not executed, and of what is not known line by line. */
export function balancesAfter(
  reader: Reader,
  address: string,
  lines: readonly Pick<ShownAction, 'hash' | 'index' | 'verdict'>[],
): (readonly Held[])[] {
  const begins = reader.query.about().begins ?? -1
  // Of the block of a checkpoint not all lines are known.
  const heights = [...new Set(lines.map(({ verdict }) => verdict))].filter(
    (height) => height > begins && height > 0,
  )
  const byHeight = new Map<number, PlacedAction[]>(heights.map((height) => [height, []]))
  for (const placed of reader.query.executedIn(address, heights))
    byHeight.get(placed.action.status)?.push(placed)
  const found = new Map<string, readonly Held[]>()
  for (const [height, placed] of byHeight)
    for (const [line, held] of blockAfters(reader, address, { height, placed }))
      found.set(keyOf(line, height), held)
  return lines.map((line) => found.get(keyOf(line, line.verdict)) ?? [])
}

/** None if what the lines have moved is not what the block has changed. */
function blockAfters(
  { query, rules }: Reader,
  address: string,
  { height, placed }: { readonly height: number; readonly placed: readonly PlacedAction[] },
): Map<LedgerAction, readonly Held[]> {
  const lines = placed.map(({ action }) => action)
  const rates = () => query.ratesAt(height)
  const { after, before } = aftersOf(lines, address, { height, rules, rates }, (ticker) =>
    query.balanceOf(address, ticker, height),
  )
  const { emptyZero, emptyBurn, mint, unmint } = rules
  // What happens once has no lines, and comes first.
  const once = [emptyZero, emptyBurn, mint, unmint].includes(height)
  const wrong = [...before].some(
    ([ticker, amount]) =>
      TICKERS.includes(ticker) && !once && amount !== query.balanceOf(address, ticker, height - 1),
  )
  if (wrong) return new Map()
  const priceOf = (ticker: string): bigint | null => query.rateBy(ticker, height)?.amount ?? null
  return new Map(
    [...after].map(([line, balances]) => [
      line,
      [...balances].flatMap(([ticker, amount]) => {
        if (!TICKERS.includes(ticker)) return []
        const price = priceOf(ticker)
        return [{ ticker, amount: unitsText(amount), usd: textOf(price && (amount * price) / 100_000_000n) }]
      }),
    ]),
  )
}
