/** Order books as exchanges tell them, checked: replies are hostile, and a trade that is worked out must be one that is there. */
import type { OrderBook, Reason } from './types.js'

/** What is used of a book of ccxt's; every field may be missing or be something else. */
export interface CcxtOrderBook {
  readonly bids?: unknown
  readonly asks?: unknown
  readonly timestamp?: unknown
}

/** As many levels of each side are asked for and kept: all venues answer for so many. */
export const BOOK_LEVELS = 100
/** A book that its venue dates before this is of no use, ms. */
const MAX_AGE = 300_000
const MOST_PRICE = 1e12
const MOST_AMOUNT = 1e15

type Level = OrderBook['bids'][number]

/** The book, or why it is none. A level without an amount is left out, one that is no level makes the book none. */
export function readBook(
  raw: CcxtOrderBook | undefined,
  receivedAt: number,
  now: number,
): OrderBook | Reason {
  const [bids, asks] = [levelsOf(raw?.bids), levelsOf(raw?.asks)]
  if (bids === null || asks === null) return { code: 'bad-reply', detail: 'its order book cannot be read' }
  if (bids.length + asks.length === 0) return { code: 'no-price', detail: 'its order book is empty' }
  if (!isSorted(bids, (one, next) => one >= next) || !isSorted(asks, (one, next) => one <= next))
    return { code: 'bad-reply', detail: 'its order book is in no order' }
  const [bid, ask] = [bids[0]?.[0] ?? 0, asks[0]?.[0] ?? Infinity]
  if (bid >= ask)
    return { code: 'bad-reply', detail: `its order book is crossed: ${bid} is bid, ${ask} is asked` }
  const time = raw?.timestamp
  const ageMs = typeof time === 'number' && Number.isFinite(time) ? now - time : 0
  return ageMs > MAX_AGE ? { code: 'stale', ageMs, limitMs: MAX_AGE } : { bids, asks, receivedAt }
}

function levelsOf(raw: unknown): Level[] | null {
  if (!Array.isArray(raw)) return null
  const levels = raw.slice(0, BOOK_LEVELS).map(levelOf)
  return levels.includes(null)
    ? null
    : levels.flatMap((level) => (level === null || level[1] === 0 ? [] : [level]))
}

function levelOf(raw: unknown): Level | null {
  const [price, amount] = Array.isArray(raw) ? (raw as unknown[]) : []
  return isWithin(price, MOST_PRICE) && price > 0 && isWithin(amount, MOST_AMOUNT) ? [price, amount] : null
}

const isWithin = (value: unknown, most: number): value is number =>
  typeof value === 'number' && value >= 0 && value <= most

const isSorted = (levels: readonly Level[], inOrder: (one: number, next: number) => boolean): boolean =>
  levels.every(([price], k) => k === 0 || inOrder(levels[k - 1]?.[0] ?? price, price))
