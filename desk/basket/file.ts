/** The file of a basket: what is held, when it is set right again, what is owed. Pure. */
import { exactOptional, optional, type InferOutput } from 'valibot'

import { cronMistake, isTimeZone } from '../../base/calendar.js'
import { parseUnits } from '../../base/index.js'
import {
  choice,
  decimal,
  duration,
  integer,
  listOfShapes,
  named,
  readShape,
  section,
  text,
  toggle,
  value,
  valueOrNone,
  type SectionProblem,
  type SectionResult,
  type ValueType,
} from '../../config/index.js'
import { TICKERS, type Ticker } from '../../ledger/index.js'

const unitsType: ValueType<bigint> = {
  placeholder: 'AMOUNT',
  expects: 'an amount such as 1.5, with at most 8 decimals',
  schema: { type: ['number', 'string'] },
  parse: (given) => parseUnits(given) ?? undefined,
}

const DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/
const dateType: ValueType<number> = {
  placeholder: 'DATE',
  expects: 'a day such as 2026-12-24, or a moment such as 2026-12-24T12:00:00Z (UTC)',
  schema: { type: 'string' },
  parse: (given) => (DATE.test(given) ? momentIn(given) : undefined),
}

/** A day that is not in the calendar would be taken for one of the next month. */
function momentIn(given: string): number | undefined {
  const moment = Date.parse(given)
  if (!Number.isFinite(moment)) return undefined
  return new Date(moment).toISOString().startsWith(given.slice(0, 10)) ? moment : undefined
}

const tickerType: ValueType<Ticker> = {
  placeholder: 'TICKER',
  expects: 'a token such as pUSD',
  schema: { type: 'string' },
  parse: (given) => (TICKERS.includes(given) ? given : undefined),
}

const percent = (most: number, meaning: string) => value(decimal(0, most), `${meaning}, in percent`)

export const basketShape = section({
  address: valueOrNone(text(60), 'name or address of the wallet that holds it'),
  holdings: named(
    value(decimal(0, 1e6), 'its weight beside those of the others'),
    'weights by token; 0: it is sold',
  ),
  weights: optional(
    value(
      choice('fixed', 'equal', 'inverse-volatility'),
      'fixed: as they stand; equal: one for all; inverse-volatility: the less its price moves, the more',
    ),
    'fixed',
  ),
  window: optional(value(integer(2, 2016, 'blocks'), 'blocks by which prices are said to move'), 288),
  schedule: valueOrNone(text(100), 'when it is set right, as a cron expression such as 0 0 * * *'),
  timezone: optional(value(text(64), 'zone of the schedule'), 'UTC'),
  band: exactOptional(percent(100, 'it is also set right when a part of it is off by so much of the whole')),
  least: optional(value(unitsType, 'USD; what would be less is not converted'), '1'),
  mostCost: optional(percent(100, 'a conversion that would lose more of its worth waits'), '3'),
  cover: exactOptional(
    listOfShapes(
      section({
        token: value(tickerType, 'what is owed'),
        amount: value(unitsType, 'how much of it'),
        date: value(dateType, 'when it is paid'),
        ahead: optional(value(duration, 'so long before it is held'), '7d'),
      }),
      {
        ...{ least: 0, most: 200, expects: 'a list of obligations' },
        meaning: 'what is held in time, before any weights',
      },
    ),
  ),
  run: optional(
    section({
      send: optional(value(toggle, 'conversions are sent; without it they are only shown'), false),
      mostADay: optional(value(unitsType, 'USD that are converted in a day (UTC) at most'), '1000'),
    }),
    {},
  ),
})

type Raw = InferOutput<typeof basketShape>

export interface Obligation {
  readonly token: Ticker
  readonly amount: bigint
  /** UNIX ms. */
  readonly date: number
  /** Ms before it. */
  readonly ahead: number
}

/** Amounts in 1e-8, percentages as parts of 1. */
export interface Basket extends Pick<Raw, 'address' | 'window' | 'schedule' | 'timezone' | 'least' | 'run'> {
  readonly weights: Raw['weights']
  readonly holdings: ReadonlyMap<Ticker, number>
  /** Null: none. */
  readonly band: number | null
  readonly mostCost: number
  readonly cover: readonly Obligation[]
}

export function readBasket(raw: unknown): SectionResult<Basket> {
  const { value: found, problems: wrong } = readShape(basketShape, raw ?? {})
  const problems = [...wrong, ...(found === undefined ? [] : conflictsOf(found, wrong))]
  if (found === undefined || problems.length > 0) return { problems }
  const { holdings, band, mostCost, cover = [], ...rest } = found
  return {
    value: {
      ...rest,
      holdings: new Map(Object.entries(holdings)),
      band: band === undefined ? null : band / 100,
      mostCost: mostCost / 100,
      cover: cover.flatMap((one) => one ?? []),
    },
  }
}

/** `wrong`: what was told already; what stands there is not in the value, so that nothing follows from its absence. */
function conflictsOf(
  { holdings, schedule, timezone, band }: Raw,
  wrong: readonly SectionProblem[],
): SectionProblem[] {
  const isTold = (...keys: readonly string[]): boolean =>
    wrong.some(({ path: [key] }) => keys.includes(String(key)))
  const problems: SectionProblem[] = Object.keys(holdings)
    .filter((ticker) => !TICKERS.includes(ticker))
    .map((ticker) => ({
      path: ['holdings', ticker],
      message: 'there is no such token; pUSD, pXBT and PEG are some',
    }))
  if (!isTold('holdings') && !Object.values(holdings).some((weight) => weight > 0))
    problems.push({ path: ['holdings'], message: 'name the tokens with their weights, one above 0 at least' })
  const mistake = schedule === null ? null : cronMistake(schedule)
  if (mistake !== null) problems.push({ path: ['schedule'], message: `is no cron expression: ${mistake}` })
  if (!isTimeZone(timezone))
    problems.push({ path: ['timezone'], message: 'there is no such zone; Europe/Vienna is one' })
  if (schedule === null && band === undefined && !isTold('schedule', 'band'))
    problems.push({ path: [], message: 'say when it is set right: give schedule, band, or both' })
  return problems
}
