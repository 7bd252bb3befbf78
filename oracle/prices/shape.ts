/**
 * The section `prices` of the configuration: what may stand in it, over the section of `defaults.ts`. What several
 * values must be together is checked by `validate.ts`.
 */
import { exactOptional, optional, unknown, type InferOutput } from 'valibot'

import { isMapping } from '../../base/index.js'
import {
  choice,
  decimal,
  duration,
  either,
  integer,
  named,
  orAuto,
  section,
  share,
  special,
  text,
  toggle,
  value,
  type Shape,
  type ValueType,
} from '../../config/index.js'
import { BASE_BAND, BASE_SNAPSHOT, BASE_WINNERS } from './defaults.js'
import type { KeyPlace } from './config.js'
import { HTTP_PRESETS, type PresetName } from './http-presets.js'

/** An address without a slash at its end. */
const address: ValueType<string> = {
  placeholder: 'URL',
  expects: 'an address such as https://api.example.com',
  schema: { type: 'string', pattern: '^https?://[^\\s/]' },
  parse: (text) =>
    text.length <= 2048 && /^https?:\/\/[^\s/]/.test(text) && URL.canParse(text)
      ? text.replace(/\/+$/, '')
      : undefined,
}

/** `2027-03-31`, or with a time → ms; the day begins in UTC. */
const date: ValueType<number> = {
  placeholder: 'DATE',
  expects: 'a date such as 2027-03-31',
  schema: { type: 'string', pattern: String.raw`^\d{4}-\d\d-\d\d` },
  parse: (text) => {
    const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN
    return Number.isFinite(time) ? time : undefined
  },
}

const keyPlace = special<{ readonly place: KeyPlace; readonly secret?: string }>({
  expects: 'where the key is: { env: NAME } or { file: PATH }',
  secret: true,
  mayLack: true,
  schema: {
    anyOf: [
      ...(['env', 'file'] as const).map((key) => ({
        type: 'object',
        ...{ additionalProperties: false, required: [key] },
        properties: { [key]: { type: 'string' } },
      })),
      { type: 'string' },
    ],
  },
  meaning: 'key of a publisher that answers only with one',
  parse: (raw) => {
    if (typeof raw === 'string') return { place: { inline: true }, secret: raw }
    if (!isMapping(raw) || Object.keys(raw).length !== 1) return undefined
    const { env, file } = raw
    if (typeof env === 'string' && /^\w{1,100}$/.test(env)) return { place: { env } }
    return typeof file === 'string' && file !== '' ? { place: { file } } : undefined
  },
})

const LONGEST_ROUTE = 500
const MOST_ROUTES = 100
const ROUTE = { type: 'string', maxLength: LONGEST_ROUTE }

const routes = special<readonly string[]>({
  expects: 'a list of routes such as ["kraken:BTC/USD"]',
  schema: { anyOf: [ROUTE, { type: 'array', maxItems: MOST_ROUTES, items: ROUTE }] },
  meaning: 'how its price follows from quotes, in order of preference',
  parse: (raw) => {
    const list: readonly unknown[] = Array.isArray(raw) ? raw : [raw]
    const isRoute = (each: unknown): each is string =>
      typeof each === 'string' && each.length <= LONGEST_ROUTE
    return list.length <= MOST_ROUTES && list.every(isRoute) ? list : undefined
  },
})

const range = (meaning: string): Shape<readonly [min: number, max: number]> =>
  special({
    expects: 'two numbers above 0, the smaller first, such as [0.97, 1.03]',
    schema: { type: 'array', minItems: 2, maxItems: 2, items: { type: 'number', exclusiveMinimum: 0 } },
    meaning,
    parse: (raw) => {
      const [min, max] = Array.isArray(raw) && raw.length === 2 ? (raw as unknown[]) : []
      return typeof min === 'number' && typeof max === 'number' && min > 0 && min <= max
        ? [min, max]
        : undefined
    },
  })

export const usd = decimal(1e-8, 1e11)
const until = exactOptional(value(date, 'not used from then on'))

/** The limits of a class. */
const RULES = {
  minSources: exactOptional(value(integer(1, 50), 'independent sources that must agree')),
  maxAge: exactOptional(value(duration, 'most age of any quote')),
  liveMaxAge: exactOptional(value(duration, 'most age of quotes that come all the time, else maxAge')),
  weekendMaxAge: exactOptional(value(duration, 'most age where a weekend lies between, else maxAge')),
  maxSpread: exactOptional(value(share, 'a quote whose bid and ask are further apart does not count')),
  madK: exactOptional(
    value(decimal(1, 100), 'median absolute deviations from which on a vote is an outlier'),
  ),
  floor: exactOptional(value(share, 'a vote nearer to the median is never an outlier')),
  cap: exactOptional(value(share, 'a vote further from the median is always an outlier')),
  maxDisagreement: exactOptional(value(share, 'votes further apart make no price')),
  maxStep: exactOptional(value(share, 'a price that moves further from our last one needs confirmation')),
  holdFor: exactOptional(value(duration, 'how long the last good price stands in for a missing one')),
  hours: exactOptional(value(choice('always', 'fx', 'metals'), 'when the market is open')),
}

const CLASS = section({
  extends: exactOptional(
    value(text(LONGEST_ROUTE), 'class whose limits count where it sets none of its own'),
  ),
  ...RULES,
})

const rulesClass = (fallback: string) =>
  optional(value(text(LONGEST_ROUTE), 'class of limits, of those under defaults'), fallback)

const INDEX = section({
  class: rulesClass('stable'),
  routes: exactOptional(routes),
  band: exactOptional(
    range(
      `USD; while its price is outside, routes that do not use it decide; default ${BASE_BAND.join(' to ')}`,
    ),
  ),
  ...RULES,
})

const ASSET = section({
  class: rulesClass('crypto'),
  routes: exactOptional(routes),
  allowSingle: optional(value(toggle, 'one source is enough if there are no more'), false),
  bounds: exactOptional(range('USD per unit; what lies outside is not its price')),
  maxFactor: exactOptional(
    value(
      decimal(1, 1e6),
      'for names that other coins have too: how many times away from the last winners a price may be without one more vote than usual',
    ),
  ),
  policy: optional(
    value(choice('fixed', 'chain', 'manual', 'derive', 'fail'), 'where its price comes from without quotes'),
    'fail',
  ),
  value: exactOptional(value(usd, 'USD, for the policies fixed and manual')),
  until,
  seed: exactOptional(
    section(
      { value: value(usd, 'USD'), until },
      {
        meaning: 'for the policy chain: its price where there are no winners yet',
        wrong: 'must be { value: USD, until: DATE }',
      },
    ),
  ),
  route: exactOptional(value(text(LONGEST_ROUTE), 'for the policy derive: what its price follows from')),
  ...RULES,
})

const SOURCE = {
  enabled: optional(value(orAuto(toggle), 'false leaves it out'), true),
  url: exactOptional(value(address, 'the same interface elsewhere')),
  interval: exactOptional(value(duration, 'how often it is asked')),
  deadline: optional(value(duration, 'how long a complete reply may take'), '8s'),
  maxPerMonth: exactOptional(value(integer(1, 1e9), 'most requests in a calendar month (UTC)')),
  optional: optional(value(toggle, 'leave it out where its key is missing'), false),
}
const TYPE = choice('ccxt', 'http')
const TYPE_MEANING = 'an exchange through ccxt, or a publisher over HTTP'
const ofType = <const T extends string>(type: T) =>
  value({ ...choice(type), expects: TYPE.expects }, TYPE_MEANING, { mayLack: true })

const CCXT_KEYS = {
  type: ofType('ccxt'),
  exchange: exactOptional(value(text(LONGEST_ROUTE), 'id of the exchange at ccxt, else the name')),
  rateLimit: exactOptional(
    value(integer(1, 60_000), 'pause between two requests, ms; else as the exchange wants'),
  ),
  ...SOURCE,
}
const CCXT = section(CCXT_KEYS)
const PRESETS = Object.keys(HTTP_PRESETS) as PresetName[]
const HTTP_KEYS = {
  type: ofType('http'),
  preset: value(choice(...PRESETS), 'publisher, whose interface it has', { mayLack: true }),
  key: exactOptional(keyPlace),
  ...SOURCE,
}
const HTTP = section(HTTP_KEYS)
/** For a type that is neither: the problem with the type is the only one reported. */
const UNTYPED = section({
  ...Object.fromEntries(Object.keys({ ...CCXT_KEYS, ...HTTP_KEYS }).map((key) => [key, optional(unknown())])),
  type: value(TYPE, TYPE_MEANING),
}) as Shape<never>

const source = either<InferOutput<typeof CCXT> | InferOutput<typeof HTTP>>([CCXT, HTTP], (raw) => {
  const type = isMapping(raw) ? raw['type'] : undefined
  return type === 'ccxt' ? CCXT : type === 'http' ? HTTP : UNTYPED
})

/** The section, laid over the program's own. */
export const PRICES = section({
  snapshot: optional(
    section({
      deadlineSeconds: optional(
        value(integer(1, 55, 'seconds'), 'how long one attempt may wait for sources'),
        BASE_SNAPSHOT.deadlineSeconds,
      ),
    }),
    {},
  ),
  sources: optional(named(source, 'where quotes come from, by the name that routes call them by'), {}),
  indices: optional(named(INDEX, 'values that routes use, such as USDT/USD'), {}),
  defaults: optional(named(CLASS, 'classes of limits'), {}),
  assets: optional(named(ASSET, "assets by PegNet's code"), {}),
  winners: optional(
    section({
      warn: optional(
        value(share, 'a price this far from the last winners is written to the log'),
        BASE_WINNERS.warn,
      ),
      limit: optional(value(share, 'from this distance on, action applies'), BASE_WINNERS.limit),
      action: optional(
        value(choice('warn', 'hold', 'adopt', 'skip'), 'what is done with a price beyond limit'),
        BASE_WINNERS.action,
      ),
    }),
    {},
  ),
})

export type PricesSection = InferOutput<typeof PRICES>
export type RawSource = PricesSection['sources'][string]
export type RawHttpSource = InferOutput<typeof HTTP>
export type RawAsset = PricesSection['assets'][string]
export type RawIndex = PricesSection['indices'][string]
export type RawClass = PricesSection['defaults'][string]
