/** Whether a price that the votes agree on may be believed: against our own last one, and against the last winners. */
import { ageText, percent } from './reasons.js'
import type { GuardAction, Rules } from './config.js'
import type { Remembered } from './types.js'

/** Two prices closer than this are the same step. */
const SAME_STEP = 0.05

export interface Candidate {
  readonly price: number
  /** Independent votes for it. */
  readonly votes: number
  /** When the newest quote in it was received, ms. */
  readonly seenAt: number
}

export type StepVerdict =
  | { readonly verdict: 'accept'; readonly note?: string; readonly remember: Remembered }
  | { readonly verdict: 'hold'; readonly note: string; readonly remember: Remembered }
  | { readonly verdict: 'fail'; readonly note: string; readonly remember: Remembered }

interface StepRules {
  readonly rules: Pick<Rules, 'minSources' | 'maxStep' | 'holdFor'>
  /** Independent opinions that there could be. */
  readonly possible: number
  readonly now: number
}

/**
 * A price may move by `maxStep` from our last good one. Beyond that one more vote than usual (or all that there could
 * be) must say so in two polls, or the usual number for as long as a price may be held. Until then the last good price
 * stands, and when it is too old nothing does.
 */
export function guardStep(
  found: Candidate,
  last: Remembered | undefined,
  { rules, possible, now }: StepRules,
): StepVerdict {
  const accepted: Remembered = { price: found.price, at: now }
  if (last === undefined) return { verdict: 'accept', remember: accepted }
  const moved = Math.abs(found.price / last.price - 1)
  if (moved <= rules.maxStep) return { verdict: 'accept', remember: accepted }

  const before = last.step && Math.abs(found.price / last.step.price - 1) <= SAME_STEP ? last.step : undefined
  const needed = Math.min(rules.minSources + 1, Math.max(1, possible))
  const again = before !== undefined && found.seenAt > before.at
  const lasting = before !== undefined && now - before.since >= rules.holdFor
  const how = `moved by ${percent(moved)} in ${ageText(now - last.at)}`
  if (again && (found.votes >= needed || lasting))
    return { verdict: 'accept', remember: accepted, note: `${how}, confirmed by ${found.votes} sources` }
  const remember: Remembered = {
    ...last,
    step: {
      price: found.price,
      since: before?.since ?? now,
      at: before && !again ? before.at : found.seenAt,
    },
  }
  const note = `${how}, limit ${percent(rules.maxStep)}; ${needed} sources must confirm it in two polls`
  return { verdict: now - last.at <= rules.holdFor ? 'hold' : 'fail', note, remember }
}

export interface WinnersVerdict {
  /** (price − winners' median) / median. */
  readonly deviation: number
  readonly note?: string
  /** What is to be done, if it is too far. */
  readonly action?: Exclude<GuardAction, 'warn'>
}

/** What is said about, and done with, a price that is far from the median of the last winners. */
export function guardWinners(
  price: number,
  median: number,
  rules: { readonly warn: number; readonly limit: number; readonly action: GuardAction },
): WinnersVerdict {
  const deviation = price / median - 1
  const far = Math.abs(deviation)
  const factor = Math.max(price / median, median / price)
  if (far <= rules.warn && factor < 2) return { deviation }
  const note = `${percent(far)} ${deviation > 0 ? 'above' : 'below'} the last winners' ${median}`
  const beyond = far > rules.limit || factor >= 2
  return beyond && rules.action !== 'warn' ? { deviation, note, action: rules.action } : { deviation, note }
}

/** What a deviation adds to a record's grade: the lowest 25 grades win. */
export const gradeCost = (deviation: number): number => Math.max(0, Math.abs(deviation) - 0.01) ** 4
