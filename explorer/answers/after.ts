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
  const known = knownOf(reader, address, byHeight)
  const found = new Map<string, readonly Held[]>()
  for (const [height, placed] of byHeight)
    for (const [line, held] of blockAfters(reader, address, { height, placed, known }))
      found.set(keyOf(line, height), held)
  return lines.map((line) => found.get(keyOf(line, line.verdict)) ?? [])
}

type Known = ReturnType<typeof knownOf>

/** Of all tokens that the lines name, asked for at once: one by one they would take most of the time. */
function knownOf({ query }: Reader, address: string, byHeight: ReadonlyMap<number, readonly PlacedAction[]>) {
  const named = [...byHeight].flatMap(([height, placed]) =>
    [...new Set(placed.flatMap(({ action }) => [action.ticker, action.target]))]
      .filter((ticker) => TICKERS.includes(ticker))
      .map((ticker) => ({ ticker, height })),
  )
  const both = named.flatMap(({ ticker, height }) => [
    { ticker, height },
    { ticker, height: height - 1 },
  ])
  const textFor = (ticker: string, height: number): string => `${height} ${ticker}`
  const balances = query.balancesOver(address, both)
  const balanceOf = new Map(both.map(({ ticker, height }, k) => [textFor(ticker, height), balances[k] ?? 0n]))
  const prices = query.ratesBy(named)
  const priceOf = new Map(named.map(({ ticker, height }, k) => [textFor(ticker, height), prices[k] ?? null]))
  return {
    /** What the address had of a token after a block. */
    balance: (ticker: string, height: number): bigint => balanceOf.get(textFor(ticker, height)) ?? 0n,
    /** Null: there was none. */
    price: (ticker: string, height: number): bigint | null => priceOf.get(textFor(ticker, height)) ?? null,
  }
}

interface Executed {
  readonly height: number
  readonly placed: readonly PlacedAction[]
  readonly known: Known
}

/** None if what the lines have moved is not what the block has changed. */
function blockAfters(
  { query, rules }: Reader,
  address: string,
  { height, placed, known }: Executed,
): Map<LedgerAction, readonly Held[]> {
  const lines = placed.map(({ action }) => action)
  const rates = () => query.ratesAt(height)
  const { after, before } = aftersOf(lines, address, { height, rules, rates }, (ticker) =>
    known.balance(ticker, height),
  )
  const { emptyZero, emptyBurn, mint, unmint } = rules
  // What happens once has no lines, and comes first.
  const once = [emptyZero, emptyBurn, mint, unmint].includes(height)
  const wrong = [...before].some(
    ([ticker, amount]) => TICKERS.includes(ticker) && !once && amount !== known.balance(ticker, height - 1),
  )
  if (wrong) return new Map()
  return new Map(
    [...after].map(([line, balances]) => [
      line,
      [...balances].flatMap(([ticker, amount]) => {
        if (!TICKERS.includes(ticker)) return []
        const price = known.price(ticker, height)
        return [{ ticker, amount: unitsText(amount), usd: textOf(price && (amount * price) / 100_000_000n) }]
      }),
    ]),
  )
}
