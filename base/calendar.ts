/** Cron expressions: whether mining is wanted now, and when a report was due last. */
import { createTask, parse, validateDetailed } from 'node-cron'

/** Null, or what is wrong with an expression of five or six fields. */
export function cronMistake(expression: string): string | null {
  const [mistake] = validateDetailed(expression).errors
  return mistake?.message ?? null
}

/** Whether the system knows a time zone, such as `Europe/Vienna`. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

export interface Hours {
  /** Cron expressions: when mining begins, and when it ends. */
  readonly resume: string
  readonly pause: string
  readonly timeZone: string
}

/**
 * Whether these are hours to mine: whether the expression that came due last was the one for resuming. It follows from
 * the time alone, so it is right at the start, after a sleep of the machine, and when its clock is set. Where both are
 * due at once, mining pauses.
 */
export function createHours({ resume, pause, timeZone }: Hours): (wallMs: number) => boolean {
  const [begins, ends] = [createCalendar(resume, timeZone), createCalendar(pause, timeZone)]
  return (wallMs) => {
    const end = ends.lastRun(wallMs)
    const begin = begins.lastRun(wallMs)
    if (end === null) return true
    if (begin === null) return false
    return begin.at > end.at || (begin.at === end.at && begin.localMs > end.localMs)
  }
}

export interface Run {
  /** UNIX ms. */
  readonly at: number
  /** The local time of that moment, written as if it were UTC. */
  readonly localMs: number
}

export interface Calendar {
  /**
   * What was due last, at a moment or before it; null: nothing in forty years. A time that is skipped when clocks go
   * forward is due as they do. One that comes twice when they go back is due twice.
   */
  lastRun(wallMs: number): Run | null
  /** The same, but a time that comes twice counts only once, unless it comes each hour anyway. */
  lastRunOnce(wallMs: number): Run | null
}

export function createCalendar(expression: string, timeZone: string): Calendar {
  const lastLocal = createLocalSearch(expression)
  const offsetAt = createOffset(timeZone)
  const hourly = parse(expression).hour.length === 24

  function search(wallMs: number, once: boolean): Run | null {
    let end = wallMs
    while (end > wallMs - LONGEST_MS) {
      const offset = offsetAt(end)
      const localMs = lastLocal(end + offset, wallMs - LONGEST_MS)
      if (localMs === null) return null
      const found = localMs - offset
      const change = lastChange(offsetAt, end, found - 1 - (once ? DAY_MS : 0))
      if (change === null) return { at: found, localMs }
      const before = offsetAt(change - 1)
      // Clocks that went back show again what they have shown.
      const from = change + (once ? Math.max(offset, before) : offset)
      const own = lastLocal(end + offset, from)
      if (own !== null) return { at: own - offset, localMs: own }
      const skipped = lastLocal(change + offset - 1, change + before)
      if (skipped !== null) return { at: change, localMs: skipped }
      end = change - 1
    }
    return null
  }
  return {
    lastRun: (wallMs) => search(wallMs, false),
    lastRunOnce: (wallMs) => search(wallMs, !hourly),
  }
}

/**
 * Whether a report is due that was not made, and up to when they are made then. `through`: what this said before. A
 * clock that is put back brings no second report of the same time; one that was wrong by days begins anew.
 */
export function reportDue(
  calendar: Calendar,
  through: number,
  wallMs: number,
): { readonly due: boolean; readonly through: number } {
  const last = calendar.lastRunOnce(wallMs)?.at ?? -Infinity
  if (through > wallMs + DAY_MS) return { due: false, through: last }
  return { due: last > through, through: Math.max(last, through) }
}

const SECOND_MS = 1_000
const DAY_MS = 86_400_000
/** The rarest expression, 29 February on a certain day of the week, comes every 28 years, and 40 around 2100. */
const LONGEST_MS = 41 * 366 * DAY_MS

/** How far the clocks of a zone are ahead of UTC, ms. */
function createOffset(timeZone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23' },
    ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
    ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
  })
  return (at) => {
    const part: Record<string, number> = {}
    for (const { type, value } of format.formatToParts(at)) part[type] = Number(value)
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part
    const local = Date.UTC(year, month - 1, day, hour, minute, second)
    return local - Math.floor(at / SECOND_MS) * SECOND_MS
  }
}

/** When clocks were changed last: the first ms with another offset than before, after `from` and not after `to`. */
function lastChange(offsetAt: (at: number) => number, to: number, from: number): number | null {
  const offset = offsetAt(to)
  for (let late = to; late > from; late -= DAY_MS) {
    let [before, after] = [Math.max(from, late - DAY_MS), late]
    if (offsetAt(before) === offset) continue
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2)
      if (offsetAt(middle) === offset) after = middle
      else before = middle
    }
    return after
  }
  return null
}

/** Finds the last time that an expression names, within bounds (both included), in time without zones. */
function createLocalSearch(expression: string): (to: number, from: number) => number | null {
  const { second, minute, hour, dayOfMonth, month, dayOfWeek } = parse(expression)
  const times = [hour, minute, second].map((list) => [...list].sort((a, b) => b - a))
  const days = createTask(`* * * ${dayOfMonth.join()} ${month.join()} ${dayOfWeek.join()}`, () => {}, {
    timezone: 'UTC',
  })
  const isDay = (day: number): boolean => {
    const date = new Date(day)
    const mayBe =
      month.includes(date.getUTCMonth() + 1) &&
      holds(dayOfMonth, date.getUTCDate()) &&
      holds(dayOfWeek, date.getUTCDay())
    return mayBe && days.match(date)
  }
  return (to, from) => {
    for (let day = Math.floor(to / DAY_MS) * DAY_MS; day > from - DAY_MS; day -= DAY_MS) {
      if (!isDay(day)) continue
      const time = lastTime(times, Math.floor((to - day) / SECOND_MS))
      if (time !== null) return day + time * SECOND_MS < from ? null : day + time * SECOND_MS
    }
    return null
  }
}

/** Whether a field of days may mean this one; words such as `L` are node-cron's to judge. */
const holds = (field: readonly (number | string)[], day: number): boolean =>
  field.some((value) => typeof value === 'string' || value === day)

/** The latest second of the day that hours, minutes and seconds (each falling) name, up to `most`; null: none. */
function lastTime(
  [hours = [], minutes = [], seconds = []]: readonly number[][],
  most: number,
): number | null {
  for (const hour of hours)
    for (const minute of minutes) {
      const begin = hour * 3600 + minute * 60
      const second = begin > most ? undefined : seconds.find((one) => begin + one <= most)
      if (second !== undefined) return begin + second
    }
  return null
}
