/** Reasons as text, and as what an error of a source means. */
import { isCoded, messageOf } from '../../base/index.js'
import type { AssetPrice, Reason } from './types.js'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** `12 s`, `5 min`, `30 h`. */
export const ageText = (ms: number): string =>
  ms < 2 * MINUTE
    ? `${Math.round(ms / SECOND)} s`
    : ms < 3 * HOUR
      ? `${Math.round(ms / MINUTE)} min`
      : `${Math.round(ms / HOUR)} h`

/** `1.24 %`. */
export const percent = (fraction: number): string => `${(fraction * 100).toFixed(2)} %`

/** One line without a full stop. */
export function reasonText(reason: Reason): string {
  switch (reason.code) {
    case 'stale':
      return `${ageText(reason.ageMs)} old, limit ${ageText(reason.limitMs)}`
    case 'future':
      return `dated ${ageText(reason.aheadMs)} in the future`
    case 'spread':
      return `bid and ask are ${percent(reason.spread)} apart, limit ${percent(reason.limit)}`
    case 'outlier':
      return `${percent(reason.deviation)} off the median, limit ${percent(reason.limit)}`
    case 'bounds':
      return `${reason.price} is beyond the bounds ${reason.min} to ${reason.max}`
    case 'winners':
      return `${reason.factor.toFixed(1)} times off the last winners, limit ${reason.limit}: another coin of this name?`
    case 'leg-unavailable':
      return `${reason.leg} has no price`
    case 'degraded':
      return `${reason.leg} stands at ${reason.price}, and there are votes without it`
    case 'frozen':
      return `unchanged for ${reason.polls} polls while others moved`
    case 'repeated':
      return `${reason.origin} has voted already`
    case 'daily':
      return 'published once a day: a witness, the live votes decide'
    default:
      return reason.detail
  }
}

type SourceReason = Extract<Reason, { detail: string }>['code']
const CODES: Readonly<Record<string, SourceReason>> = {
  E_PRICES_TIMEOUT: 'timeout',
  E_PRICES_UNREACHABLE: 'unreachable',
  E_PRICES_REPLY: 'bad-reply',
  E_PRICES_LIMITED: 'rate-limited',
  E_PRICES_BLOCKED: 'blocked-region',
  E_PRICES_KEY: 'unauthorised',
  E_PRICES_QUOTA: 'quota',
}

/** Why a source that threw this has no prices. */
export function reasonOf(error: unknown): Reason {
  return { code: (isCoded(error) && CODES[error.code]) || 'bad-reply', detail: messageOf(error) }
}

/** Independent sources behind a price: those that voted, and the daily ones that confirm them. */
export const voices = ({ votes, rejected }: AssetPrice): number =>
  votes.length + rejected.filter(({ reason }) => reason.code === 'daily').length
