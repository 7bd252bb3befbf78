/**
 * When currencies and metals are traded. The week ends on Friday and begins on Sunday by New York's clock, so the
 * hours move in UTC with its daylight saving time; holidays are days of rest too.
 */
import { holidaysOf, type Calendar } from './holidays.js'

export type Hours = 'always' | 'fx' | 'metals'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/**
 * The trading week by New York's clock: closing on Friday, reopening on Sunday. Metals' daily break of an hour is
 * ignored.
 */
const WEEK: Readonly<Record<Calendar, { readonly close: number; readonly open: number }>> = {
  fx: { close: 17, open: 17 },
  metals: { close: 17, open: 18 },
  fixings: { close: 17, open: 17 },
}

/**
 * `2026-03-13` plus an hour on New York's clock, as UTC ms. Since 2007: second Sunday of March to first of November.
 */
function newYork(year: number, month: number, day: number, hour: number): number {
  const local = Date.UTC(year, month, day) + hour * HOUR
  const sunday = (inMonth: number, nth: number): number => {
    const first = new Date(Date.UTC(year, inMonth, 1)).getUTCDay()
    return Date.UTC(year, inMonth, 1 + ((7 - first) % 7) + 7 * (nth - 1), 2)
  }
  const summer = local >= sunday(2, 2) && local < sunday(10, 1)
  return local + (summer ? 4 : 5) * HOUR
}

/** A time in which a market rests, ms. */
interface Rest {
  readonly close: number
  readonly open: number
}

/** The weekend that begins in the week (Monday to Sunday, UTC) of `time`. */
function weekendOf(time: number, calendar: Calendar): Rest {
  const date = new Date(time)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  const friday = date.getUTCDate() - ((date.getUTCDay() + 6) % 7) + 4
  // Date.UTC carries days beyond a month; the calendar day is read again so that its own year decides on summer.
  const at = (day: number, hour: number): number => {
    const moved = new Date(Date.UTC(year, month, day))
    return newYork(moved.getUTCFullYear(), moved.getUTCMonth(), moved.getUTCDate(), hour)
  }
  const { close, open } = WEEK[calendar]
  return { close: at(friday, close), open: at(friday + 2, open) }
}

/** Holidays by calendar and year: computed once. */
const known = new Map<string, readonly Rest[]>()
function holidays(calendar: Calendar, year: number): readonly Rest[] {
  const key = `${calendar} ${year}`
  const found = known.get(key)
  if (found !== undefined) return found
  const rests = holidaysOf(calendar, year).map(({ month, day, from, to }) => ({
    close: newYork(year, month, day, from),
    open: newYork(year, month, day, to),
  }))
  known.set(key, rests)
  return rests
}

/** The times of rest that touch the time between two moments, in order, those that meet as one. */
function rests(from: number, to: number, calendar: Calendar): Rest[] {
  const found: Rest[] = []
  for (let time = from - 7 * DAY; time <= to + 7 * DAY; time += 7 * DAY) found.push(weekendOf(time, calendar))
  const years = [from - 7 * DAY, to + 7 * DAY].map((time) => new Date(time).getUTCFullYear())
  for (let year = years[0] ?? 0; year <= (years[1] ?? 0); year++) found.push(...holidays(calendar, year))
  const merged: { close: number; open: number }[] = []
  for (const { close, open } of found.sort((a, b) => a.close - b.close)) {
    const last = merged.at(-1)
    if (last !== undefined && close <= last.open) last.open = Math.max(last.open, open)
    else merged.push({ close, open })
  }
  return merged.filter(({ close, open }) => close < to && open > from)
}

/** Until when the market rests at `time`, ms; null while it trades. */
export function closedUntil(hours: Hours | Calendar, time: number): number | null {
  if (hours === 'always') return null
  return rests(time, time + 1, hours)[0]?.open ?? null
}

/** Whether the market trades at `time`, ms. */
export const isOpen = (hours: Hours | Calendar, time: number): boolean => closedUntil(hours, time) === null

/** How much of the time from `from` to `to` the market was open, ms. */
export function openTime(hours: Hours | Calendar, from: number, to: number): number {
  if (hours === 'always' || to <= from) return Math.max(0, to - from)
  // Every limit is shorter than some weeks, so longer times are not counted.
  const since = Math.max(from, to - 60 * DAY)
  const closed = rests(since, to, hours).reduce(
    (sum, { close, open }) => sum + (Math.min(open, to) - Math.max(close, since)),
    0,
  )
  return to - from - closed
}
