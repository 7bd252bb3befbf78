/**
 * Whether a price that the votes agree on may be believed although it is far from what was known before: our own last
 * price, or what the last winners said. Such a reference moves only with prices that are believed, so it may ask for
 * more witnesses but never has the last word: what is confirmed is true, however far it is.
 */
import { ageText, percent } from './reasons.js'
import type { GuardAction, Rules } from './config.js'
import type { Good, Remembered, Step } from './types.js'

/** Two prices closer than this are the same step. */
const SAME_STEP = 0.05
/** A price twice as high as the winners', or half of it, is far off at any limit. */
const FAR_FACTOR = 2

export interface Candidate {
  readonly price: number
  /** Independent votes for it. */
  readonly votes: number
  /** When the newest quote in it was received, ms. */
  readonly seenAt: number
}

/** What a price is measured against, USD; a reference that is not known is not used. */
export interface References {
  /** Our own last good price. */
  readonly last: Good | undefined
  /** A price too far from one of these that waits for confirmation. */
  readonly step: Step | undefined
  /** What the best of the last winners said. */
  readonly best: number | undefined
  /** The median of the last winners. */
  readonly median: number | undefined
}

export interface GuardRules {
  readonly rules: Pick<Rules, 'minSources' | 'maxStep' | 'holdFor'>
  /**
   * A price that is this many times off the best of the last winners may be of another coin of the name; null: never.
   */
  readonly maxFactor: number | null
  readonly winners: { readonly warn: number; readonly limit: number; readonly action: GuardAction }
  /** How many independent opinions there could be. */
  readonly possible: number
  readonly now: number
}

/** What replaces a price in doubt: the last good price, that of the winners, or nothing. */
type DoubtAction = Exclude<GuardAction, 'warn'>

interface Doubt {
  readonly action: DoubtAction
  readonly note: string
  /** It may be another coin of the name: its votes do not count. */
  readonly foreign?: true
}

export type Judgement =
  | { readonly action: 'accept'; readonly note?: string; readonly remember: Remembered }
  | (Doubt & { readonly remember: Remembered })

/**
 * A price in doubt is believed once it is confirmed: one more vote than usual (or all that there could be) says so in
 * two polls, or the usual number for as long as a price may be held.
 */
export function judge(found: Candidate, references: References, guards: GuardRules): Judgement {
  const { last, step } = references
  const remark = remarkOn(found, references.median, guards)
  const accept = (note: string | undefined): Judgement => ({
    action: 'accept',
    ...(note === undefined ? {} : { note }),
    remember: { price: found.price, at: guards.now },
  })
  const [doubt] = [
    stepDoubt(found, last, guards),
    coinDoubt(found, references, guards),
    winnersDoubt(found, references, guards),
  ].filter((each) => each !== undefined)
  if (doubt === undefined) return accept(remark)

  const { confirmed, needed, waiting } = confirmation(found, step, guards)
  if (confirmed) return accept(joined(`${doubt.note}, confirmed by ${found.votes} sources`, remark))
  const limit = doubt.limit === undefined ? '' : `, limit ${doubt.limit}`
  const note = `${doubt.note}${limit}; ${needed} sources must confirm it in two polls`
  return {
    action: doubt.action,
    note,
    ...(doubt.foreign ? { foreign: true } : {}),
    remember: last === undefined ? { step: waiting } : { ...last, step: waiting },
  }
}

type FoundDoubt = Doubt & { readonly limit?: string }

/** Further from our own last price than the asset moves. */
function stepDoubt(
  { price }: Candidate,
  last: Good | undefined,
  { rules, now }: GuardRules,
): FoundDoubt | undefined {
  if (last === undefined) return undefined
  const moved = Math.abs(price / last.price - 1)
  if (moved <= rules.maxStep) return undefined
  const note = `moved by ${percent(moved)} in ${ageText(now - last.at)}`
  return { action: 'hold', note, limit: percent(rules.maxStep) }
}

/** The price is so far from the last winners that it may be of another coin of this name, and few votes support it. */
function coinDoubt(
  { price, votes }: Candidate,
  { best, last }: References,
  { maxFactor, rules }: GuardRules,
): FoundDoubt | undefined {
  const far = (value: number): boolean => beyond(value, best, maxFactor)
  if (best === undefined || !far(price) || votes > rules.minSources || believed(last, best, price, far))
    return undefined
  const note = `${factorOf(price, best).toFixed(1)} times off the last winners' ${best}`
  return { action: 'hold', note, limit: String(maxFactor), foreign: true }
}

/** Further from the median of the last winners than the configuration lets pass. */
function winnersDoubt(
  { price }: Candidate,
  { median, last }: References,
  { winners: { limit, action } }: GuardRules,
): FoundDoubt | undefined {
  const far = (value: number): boolean =>
    median !== undefined && (Math.abs(value / median - 1) > limit || factorOf(value, median) >= FAR_FACTOR)
  if (action === 'warn' || median === undefined || !far(price) || believed(last, median, price, far))
    return undefined
  return { action, note: distanceText(price, median) }
}

/** Our own last price was as far off to the same side: that was confirmed then and needs no confirmation now. */
function believed(
  last: Good | undefined,
  reference: number,
  price: number,
  far: (value: number) => boolean,
): boolean {
  return last !== undefined && far(last.price) && last.price > reference === price > reference
}

function confirmation(found: Candidate, step: Step | undefined, { rules, possible, now }: GuardRules) {
  const before = step && Math.abs(found.price / step.price - 1) <= SAME_STEP ? step : undefined
  const needed = Math.min(rules.minSources + 1, Math.max(1, possible))
  const again = before !== undefined && found.seenAt > before.at
  const lasting = before !== undefined && now - before.since >= rules.holdFor
  return {
    confirmed: again && (found.votes >= needed || lasting),
    needed,
    /** What to remember of it, if it is not confirmed. */
    waiting: {
      price: found.price,
      since: before?.since ?? now,
      at: before && !again ? before.at : found.seenAt,
    } as Step,
  }
}

/** The remark on a price far from the median of the last winners, independent of what is done with it. */
function remarkOn(
  { price }: Candidate,
  median: number | undefined,
  { winners: { warn } }: GuardRules,
): string | undefined {
  if (median === undefined) return undefined
  const far = Math.abs(price / median - 1) > warn || factorOf(price, median) >= FAR_FACTOR
  return far ? distanceText(price, median) : undefined
}

const distanceText = (price: number, median: number): string =>
  `${percent(Math.abs(price / median - 1))} ${price > median ? 'above' : 'below'} the last winners' ${median}`

/** How many times one is the other, at least 1. */
export const factorOf = (price: number, reference: number): number =>
  Math.max(price / reference, reference / price)

/** Whether a price is more than so many times away from a reference. */
export const beyond = (price: number, reference: number | undefined, factor: number | null): boolean =>
  factor !== null && reference !== undefined && factorOf(price, reference) > factor

const joined = (note: string, remark: string | undefined): string =>
  remark === undefined || note.includes(remark) ? note : `${note}; ${remark}`

/** What a deviation adds to a record's grade: the lowest 25 grades win. */
export const gradeCost = (deviation: number): number => Math.max(0, Math.abs(deviation) - 0.01) ** 4
