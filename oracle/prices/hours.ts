/**
 * When currencies and metals are traded. The week ends on Friday and begins on Sunday by New York's clock, so the
 * hours move in UTC with its daylight saving time.
 */
export type Hours = 'always' | 'fx' | 'metals'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** By New York's clock: closing on Friday, reopening on Sunday. Metals' daily break of an hour is passed over. */
const WEEK: Readonly<Record<Exclude<Hours, 'always'>, { readonly close: number; readonly open: number }>> = {
  fx: { close: 17, open: 17 },
  metals: { close: 17, open: 18 },
}

/** `2026-03-13` plus an hour on New York's clock, as UTC ms. Since 2007: second Sunday of March to first of November. */
function newYork(year: number, month: number, day: number, hour: number): number {
  const local = Date.UTC(year, month, day, hour)
  const sunday = (inMonth: number, nth: number): number => {
    const first = new Date(Date.UTC(year, inMonth, 1)).getUTCDay()
    return Date.UTC(year, inMonth, 1 + ((7 - first) % 7) + 7 * (nth - 1), 2)
  }
  const summer = local >= sunday(2, 2) && local < sunday(10, 1)
  return local + (summer ? 4 : 5) * HOUR
}

/** The weekend that begins in the week (Monday to Sunday, UTC) of `time`. */
function weekendOf(time: number, hours: Exclude<Hours, 'always'>): { close: number; open: number } {
  const date = new Date(time)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()]
  const friday = date.getUTCDate() - ((date.getUTCDay() + 6) % 7) + 4
  // Date.UTC carries days beyond a month; the calendar day is read again so that its own year decides on summer.
  const at = (day: number, hour: number): number => {
    const moved = new Date(Date.UTC(year, month, day))
    return newYork(moved.getUTCFullYear(), moved.getUTCMonth(), moved.getUTCDate(), hour)
  }
  const { close, open } = WEEK[hours]
  return { close: at(friday, close), open: at(friday + 2, open) }
}

/** Weekends that touch the time between two moments. */
function weekends(
  from: number,
  to: number,
  hours: Exclude<Hours, 'always'>,
): { close: number; open: number }[] {
  const found = []
  for (let time = from - 7 * DAY; time <= to + 7 * DAY; time += 7 * DAY) found.push(weekendOf(time, hours))
  return found.filter(({ close, open }) => close < to && open > from)
}

/** Whether the market trades at `time`, ms. */
export function isOpen(hours: Hours, time: number): boolean {
  if (hours === 'always') return true
  return !weekends(time, time + 1, hours).some(({ close, open }) => time >= close && time < open)
}

/** How much of the time from `from` to `to` the market was open, ms. */
export function openTime(hours: Hours, from: number, to: number): number {
  if (hours === 'always' || to <= from) return Math.max(0, to - from)
  // Beyond some weeks every limit is passed; nothing is counted so far.
  const since = Math.max(from, to - 60 * DAY)
  const closed = weekends(since, to, hours).reduce(
    (sum, { close, open }) => sum + (Math.min(open, to) - Math.max(close, since)),
    0,
  )
  return to - from - closed
}
