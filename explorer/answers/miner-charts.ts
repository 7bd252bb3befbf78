/** What is drawn of a miner over heights: how far from the average, share of the graded records, reward. */
import { BadRequest, unitsText } from '../../base/index.js'
import { addressText, type Ticker, type Whose } from '../../ledger/index.js'
import { addressOf } from '../search.js'
import type { Reader } from './parts.js'

export function whoseOf(name: string): Whose {
  const address = addressOf(name)
  return address === null ? { identity: name } : { address: addressText(address) }
}

/** Without their signs. */
export const meanOf = (distances: readonly number[]): number =>
  distances.reduce((sum, distance) => sum + Math.abs(distance), 0) / distances.length

/** Of the miner's best record in the last block with any of his up to each of these heights. */
export function distancesOver({ query }: Reader, whose: Whose, heights: readonly number[]) {
  const places = query.placesOver(whose, heights).filter(({ height }) => height >= (heights[0] ?? 0))
  return query.distancesOf(places)
}

/** Per cent and PEG. */
export const MINER_CHARTS = {
  distance: (reader: Reader, heights: readonly number[], { miner: whose, ticker }: MinerChoice) => {
    const name = ticker === null ? 'all tokens' : ticker
    const points = distancesOver(reader, whose, heights).flatMap(({ height, tickers, distances }) => {
      const k = ticker === null ? -1 : tickers.indexOf(ticker)
      if (ticker !== null && k < 0) return []
      return [{ height, value: percent(ticker === null ? meanOf(distances) : (distances[k] ?? 0)) }]
    })
    return [{ name, points }]
  },
  /** At each height of the blocks since the one before. */
  share: ({ query }: Reader, heights: readonly number[], { miner: whose }: MinerChoice) => {
    const over = [(heights[0] ?? 0) - 1, ...heights]
    const [own, all] = [query.sumsOver(whose, over), query.sumsOver(null, over)]
    const since = (sums: typeof own, k: number): number =>
      (sums[k + 1]?.records ?? 0) - (sums[k]?.records ?? 0)
    const points = heights.flatMap((height, k) =>
      since(all, k) === 0 ? [] : [{ height, value: percent(since(own, k) / since(all, k)) }],
    )
    return [{ name: 'share', points }]
  },
  reward: ({ query }: Reader, heights: readonly number[], { miner: whose }: MinerChoice) => {
    const points = query
      .sumsOver(whose, heights)
      .map(({ height, reward }) => ({ height, value: unitsText(reward) }))
    return [{ name: 'PEG', points }]
  },
}

export interface MinerChoice {
  readonly miner: Whose
  /** Null: all of them. */
  readonly ticker: Ticker | null
}

const percent = (share: number): string => String(Number((100 * share).toFixed(3)))

/** Throws `BadRequest`. */
export function minerIn(asked: URLSearchParams): Whose {
  const name = asked.get('miner') ?? ''
  if (name === '') throw new BadRequest('miner is missing: give an identity or an address')
  return whoseOf(name)
}
