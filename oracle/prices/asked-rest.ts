/**
 * For how long a source asks to be left alone: by `Retry-After`, or in the words of its refusal. A time that cannot be
 * read counts as a long one, because a source that is asked too early prolongs its ban.
 */
import type { fail } from './errors.js'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** No venue bans for longer than some days; after this time it is asked again in any case. */
export const LONGEST_ASKED = 7 * 24 * HOUR
/** The rest after a `Retry-After` without a time. */
const UNREADABLE = HOUR
/** As long as Kraken's lockout lasts. */
const LOCKOUT = 15 * MINUTE
/** How many characters of a refusal are looked at. */
const TEXT = 4096

export interface Refusal {
  /** The header `Retry-After`. */
  readonly header?: unknown
  /** The body that came with it. */
  readonly body?: string
  /** By the server's clock if it told it, ms. */
  readonly now: number
}

type Failure = readonly [code: Parameters<typeof fail>[0], message: string]

const KEY: Failure = ['E_PRICES_KEY', 'wants a valid key']
const BLOCKED: Failure = ['E_PRICES_BLOCKED', 'refused the request']
const LIMITED: Failure = ['E_PRICES_LIMITED', 'asks for fewer requests']
const REFUSALS: Readonly<Record<number, Failure>> = {
  ...{ 401: KEY, 407: KEY, 403: BLOCKED, 451: BLOCKED, 418: LIMITED, 429: LIMITED },
  503: ['E_PRICES_UNREACHABLE', 'reports trouble of its own'],
}

/** What a status means that is the same for all who answer with it; undefined for others. */
export function refusalOf(status: number): Failure | undefined {
  const redirect: Failure = ['E_PRICES_REPLY', 'answered with a redirect']
  const found = status >= 300 && status < 400 ? redirect : REFUSALS[status]
  return found && [found[0], `${found[1]} (HTTP ${status})`]
}

/** ms, at most `LONGEST_ASKED`; undefined if it does not ask for a time. */
export function askedRest({ header, body = '', now }: Refusal): number | undefined {
  const headers: unknown[] = Array.isArray(header) ? header : [header]
  const asked = [...headers.map((each) => headerRest(each, now)), bodyRest(body.slice(0, TEXT), now)].filter(
    (ms) => ms !== undefined,
  )
  return asked.length === 0 ? undefined : Math.min(LONGEST_ASKED, Math.max(...asked))
}

/** The rest as details of an error. */
export function restDetails(refusal: Refusal): { readonly retryAfterMs?: number } {
  const rest = askedRest(refusal)
  return rest === undefined ? {} : { retryAfterMs: rest }
}

function headerRest(header: unknown, now: number): number | undefined {
  if (header === undefined || header === null) return undefined
  const text = typeof header === 'string' ? header.trim() : JSON.stringify(header)
  if (text === '' || /^0+$/.test(text)) return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * SECOND
  const date = /[a-z]/i.test(text) ? Date.parse(text) : NaN
  return date > now ? date - now : UNREADABLE
}

/** Binance: `IP banned until 1789000000000`. Kraken: `EService:Throttled: 1789000000`, `EGeneral:Temporary lockout`. */
function bodyRest(body: string, now: number): number | undefined {
  const [, digits] = /(?:banned until|Throttled:)\s*\[?(\d{10}(?:\d{3})?)\b/i.exec(body) ?? []
  if (digits !== undefined) {
    const until = Number(digits) * (digits.length === 10 ? SECOND : 1)
    return until > now ? until - now : UNREADABLE
  }
  if (/Temporary lockout/i.test(body)) return LOCKOUT
  return /\bbanned\b/i.test(body) ? UNREADABLE : undefined
}
