/**
 * From votes to one price: a median of independent opinions, after those far from the others are dropped. Median
 * and MAD hold as long as more than half of the opinions are honest.
 */
import { median } from '../../base/index.js'
import { percent } from './reasons.js'
import type { Reason, Rejection, Vote } from './types.js'

export interface AggregateRules {
  /** How many independent votes a price needs. */
  readonly minSources: number
  /** Votes further from the median than so many (scaled) median absolute deviations are dropped. */
  readonly madK: number
  /** Votes this close to the median are never dropped, as fractions of it; votes this far off always are. */
  readonly floor: number
  readonly cap: number
  /** Votes further apart than this, as a fraction of the median, are two camps and not one price. */
  readonly maxDisagreement: number
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
/** With this many live votes, no daily rate has to confirm them. */
const LIVE_ENOUGH = 3
/** Fewer live votes must be this close to each other. */
const LIVE_AGREE = 0.01
/** A book that looks the same for so many polls is suspected to be dead, if others are not. */
export const FROZEN_POLLS = 6

/** Whether a book has stood still while enough of the others moved. */
export const isFrozen = (vote: Vote, votes: readonly Vote[], minSources: number): boolean =>
  vote.polls >= FROZEN_POLLS &&
  votes.filter(({ polls }) => polls < FROZEN_POLLS).length >= Math.max(2, minSources)

/** Decides on one price. `votes` in order of preference: of the votes of one origin, the first counts. */
export function aggregate(votes: readonly Vote[], rules: AggregateRules): Verdict {
  const rejected: Rejection[] = []
  const dropped = (from: readonly Vote[], why: (vote: Vote) => Reason | undefined): Vote[] =>
    from.filter((vote) => {
      const reason = why(vote)
      if (reason) rejected.push({ route: vote.route, reason, price: vote.price })
      return reason === undefined
    })

  const usable = dropped(votes, ({ price }) =>
    Number.isFinite(price) && price > 0 ? undefined : { code: 'no-price', detail: `${price} is no price` },
  )
  const alive = dropped(usable, (vote) =>
    isFrozen(vote, usable, rules.minSources) ? { code: 'frozen', polls: vote.polls } : undefined,
  )
  const sound = alive.filter((vote) => vote.degraded === undefined)
  const trusted = sound.length >= rules.minSources ? dropped(alive, (vote) => vote.degraded) : alive
  const heard = new Set<string>()
  const independent = dropped(trusted, (vote) => {
    const origin = vote.origins.find((each) => heard.has(each))
    if (origin !== undefined) return { code: 'repeated', origin }
    vote.origins.forEach((each) => heard.add(each))
    return undefined
  })

  const verdict = decideLive(independent, rules) ?? decide(independent, rules)
  return { ...verdict, rejected: [...rejected, ...verdict.rejected] }
}

/**
 * Rates that are published once a day may be a percent behind by the evening. Where live votes agree, they alone
 * decide, and the daily ones are their witnesses if they are few. Undefined where they cannot decide.
 */
function decideLive(votes: readonly Vote[], rules: AggregateRules): Verdict | undefined {
  const live = votes.filter((vote) => vote.live)
  if (live.length < 2 || live.length === votes.length) return undefined
  const enough = live.length >= Math.max(LIVE_ENOUGH, rules.minSources)
  const verdict = decide(live, enough ? rules : { ...rules, minSources: 2 })
  if (!verdict.ok || (!enough && verdict.spread > LIVE_AGREE)) return undefined
  const off = ({ price }: Vote): number => Math.abs(price / verdict.price - 1)
  const daily = votes.filter((vote) => !vote.live)
  const witnesses = daily.filter((vote) => off(vote) <= rules.cap).length
  if (!enough && verdict.kept.length + witnesses < rules.minSources) return undefined
  const passed = daily.map((vote): Rejection => {
    const outlier = off(vote) > rules.cap
    const reason: Reason = outlier
      ? { code: 'outlier', deviation: off(vote), limit: rules.cap }
      : { code: 'daily' }
    return { route: vote.route, reason, price: vote.price }
  })
  return { ...verdict, rejected: [...verdict.rejected, ...passed] }
}

/** A median of independent votes without those far off. */
function decide(votes: readonly Vote[], rules: AggregateRules): Verdict {
  const { minSources, madK, floor, cap, maxDisagreement } = rules
  if (votes.length < minSources)
    return {
      ok: false,
      reason: `needs ${minSources} sources, has ${votes.length}`,
      kept: votes,
      rejected: [],
    }
  const middle = median(votes.map((vote) => vote.price))
  const mad = median(votes.map((vote) => Math.abs(vote.price - middle)))
  const limit = Math.min(Math.max(madK * MAD_SCALE * mad, floor * middle), cap * middle)
  const rejected: Rejection[] = []
  const kept = votes.filter(({ route, price }) => {
    const off = Math.abs(price - middle)
    // With two votes each is as far from their median as the other: neither can be called the outlier.
    const outlier = votes.length >= 3 && off > limit
    if (outlier)
      rejected.push({
        route,
        reason: { code: 'outlier', deviation: off / middle, limit: limit / middle },
        price,
      })
    return !outlier
  })
  if (kept.length < minSources) {
    const reason = `sources disagree, only ${kept.length} of ${votes.length} are close`
    return { ok: false, reason, kept, rejected }
  }
  const prices = kept.map((vote) => vote.price)
  const price = median(prices)
  const spread = (Math.max(...prices) - Math.min(...prices)) / price
  if (spread > maxDisagreement)
    return { ok: false, reason: `sources disagree by ${percent(spread)}`, kept, rejected }
  return { ok: true, price, spread, kept, rejected }
}
