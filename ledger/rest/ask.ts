/** What a request of the read-only API names: an address, a token, heights; and what it is answered from. Pure. */
import { BadRequest, numberIn } from '../../base/index.js'
import type { LedgerQueries } from '../store/queries.js'
import type { Worths } from '../store/worth.js'
import { isTicker, type Ticker } from '../tickers.js'
import { readAnyAddress } from '../transactions/address.js'

export interface LedgerReader {
  readonly query: LedgerQueries
  readonly worths: Worths
}

export const HIGHEST = 2 ** 32
/** Points of a series. */
const POINTS = { least: 1, most: 1000, otherwise: 400 }

/** Throws `BadRequest`. */
export function addressIn(query: URLSearchParams): string {
  const text = query.get('address') ?? ''
  const address = readAnyAddress(text)
  if (address === null) throw new BadRequest('address is missing or none: give one that begins with FA')
  return address
}

/** Throws `BadRequest`. */
export function tickerIn(query: URLSearchParams): Ticker | undefined {
  const text = query.get('ticker')
  if (text === null || isTicker(text)) return text ?? undefined
  throw new BadRequest('ticker is no token: give PEG, pUSD or another of /api/v1/ledger/supply')
}

/** Heights that the ledger knows balances of: to the tip, from its first block or the checkpoint that it began with. */
export function extentOf({ query }: Pick<LedgerReader, 'query'>): {
  readonly begins: number
  readonly tip: number
} {
  const { begins, height } = query.about()
  return { begins: begins ?? 0, tip: height }
}

/** The tip unless told otherwise. Throws `BadRequest`. */
export function heightIn(query: URLSearchParams, reader: Pick<LedgerReader, 'query'>): number {
  const { begins, tip } = extentOf(reader)
  return numberIn(query, 'height', { least: begins, most: tip, otherwise: tip })
}

export interface Range {
  readonly from: number
  readonly to: number
}

/** Up to the tip, from the first height unless told otherwise. Throws `BadRequest`. */
export function rangeIn(query: URLSearchParams, reader: Pick<LedgerReader, 'query'>, first = 0): Range {
  const { begins, tip } = extentOf(reader)
  const to = numberIn(query, 'to', { least: begins, most: HIGHEST, otherwise: tip })
  const otherwise = Math.min(Math.max(first, begins), to)
  const from = numberIn(query, 'from', { least: begins, most: HIGHEST, otherwise })
  if (from > to) throw new BadRequest(`from ${from} is above to ${to}`)
  return { from, to: Math.min(to, tip) }
}

/** Heights of a range, the first and the last among them: each of it, or evenly so many as are wanted. */
export function heightsIn(query: URLSearchParams, { from, to }: Range): number[] {
  const points = numberIn(query, 'points', POINTS)
  const all = to - from + 1
  if (all <= 0) return []
  const count = Math.min(points, all)
  if (count === 1) return [to]
  return Array.from({ length: count }, (_, k) => from + Math.round((k * (all - 1)) / (count - 1)))
}
