/**
 * From votes to one price: a median of independent opinions, after those far from the others are dropped. Median
 * and MAD hold as long as more than half of the opinions are honest.
 */
import type { Rejection, Vote } from './types.js'

export interface AggregateRules {
  /** How many independent votes a price needs. */
  readonly minSources: number
}

export type Verdict =
  | ({ readonly ok: true; readonly price: number; readonly spread: number } & Ballots)
  | ({ readonly ok: false; readonly reason: string } & Ballots)

interface Ballots {
  readonly kept: readonly Vote[]
  readonly rejected: readonly Rejection[]
}

/** Makes the median absolute deviation comparable to a standard deviation. */
const MAD_SCALE = 1.4826
const MAD_COUNT = 5
/** Votes this close to the median are never dropped, as fractions of it; votes this far off always are. */
const FLOOR = 0.003
const CAP = 0.05
/** Votes further apart than this, as a fraction of the median, are two camps and not one price. */
const MAX_DISAGREEMENT = 0.05
/** This many live votes make do without those that are published once a day. */
const LIVE_ENOUGH = 3

/** The middle of some numbers, of two if they are even. NaN for none. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const right = sorted[sorted.length >> 1] ?? NaN
  const left = sorted[(sorted.length - 1) >> 1] ?? NaN
  return left + (right - left) / 2
}

const percent = (fraction: number): string => `${(fraction * 100).toFixed(2)} %`

/** Decides on one price. `votes` in order of preference; the order decides nothing but which of an origin's votes counts. */
export function aggregate(votes: readonly Vote[], { minSources }: AggregateRules): Verdict {
  const rejected: Rejection[] = []
  const reject = (vote: Vote, reason: string): void => void rejected.push({ route: vote.route, reason })

  const usable = votes.filter((vote) => {
    const good = Number.isFinite(vote.price) && vote.price > 0
    if (!good) reject(vote, `${vote.price} is no price`)
    return good
  })
  const heard = new Set<string>()
  const independent = usable.filter((vote) => {
    const repeated = vote.origins.find((origin) => heard.has(origin))
    if (repeated !== undefined) reject(vote, `${repeated} has voted already`)
    else vote.origins.forEach((origin) => heard.add(origin))
    return repeated === undefined
  })
  const enoughLive = independent.filter((vote) => vote.live).length >= Math.max(LIVE_ENOUGH, minSources)
  const current = independent.filter((vote) => {
    const dropped = enoughLive && !vote.live
    if (dropped) reject(vote, 'published once a day, and there are enough live votes')
    return !dropped
  })
  if (current.length < minSources)
    return {
      ok: false,
      reason: `needs ${minSources} sources, has ${current.length}`,
      kept: current,
      rejected,
    }

  const middle = median(current.map((vote) => vote.price))
  const mad = median(current.map((vote) => Math.abs(vote.price - middle)))
  const limit = Math.min(Math.max(MAD_COUNT * MAD_SCALE * mad, FLOOR * middle), CAP * middle)
  const kept = current.filter((vote) => {
    const off = Math.abs(vote.price - middle)
    // With two votes each is as far from their median as the other: neither can be called the outlier.
    const outlier = current.length >= 3 && off > limit
    if (outlier) reject(vote, `${percent(off / middle)} off the median, limit ${percent(limit / middle)}`)
    return !outlier
  })
  const prices = kept.map((vote) => vote.price)
  const price = median(prices)
  const spread = (Math.max(...prices) - Math.min(...prices)) / price
  if (kept.length < minSources)
    return {
      ok: false,
      reason: `sources disagree, only ${kept.length} of ${current.length} are close`,
      kept,
      rejected,
    }
  if (spread > MAX_DISAGREEMENT)
    return { ok: false, reason: `sources disagree by ${percent(spread)}`, kept, rejected }
  return { ok: true, price, spread, kept, rejected }
}
