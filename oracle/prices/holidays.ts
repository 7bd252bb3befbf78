/**
 * Days on which markets stay closed or end early, by rule, in New York's time. Metals: COMEX at CME Group, whose hours
 * the spot market follows. Currencies: the interbank market rests on two days. Fixings: central banks publish none on
 * the closing days of the euro's payment system (TARGET).
 *
 * What the rules rest on:
 * - Metals: CME Group's holiday schedules of Globex up to that of 2026, as they are kept in the tests of the package
 *   pandas_market_calendars (energy and metals): closed on Good Friday, Christmas and New Year, 31 December 2021 open;
 *   halts at 14:30 in New York since 2022, at 13:00 where the next session is after a weekend (19 June and 3 July 2026);
 *   24 December 2026 ends at 13:45. Where years differ, the earliest hour is taken: the Friday after Thanksgiving ended
 *   at 13:45 up to 2025, and ends at 14:45 in 2026. A market that is taken for closed too early costs nothing, since
 *   fresh quotes count all the same.
 * - Currencies: the holidays that Cboe FX lists, 1 January and 25 December.
 * - Fixings: the calendar that the European Central Bank decided on 14 December 2000, in force until further notice.
 */
export type Calendar = 'fx' | 'metals' | 'fixings'

/** The last year that the rules are trusted for: exchanges and banks change theirs now and then. */
export const LAST_YEAR = 2031

/** A day of a year, and hours on New York's clock: closed from one to the other. A negative hour is of the day before. */
export interface ClosedHours {
  readonly month: number
  readonly day: number
  readonly from: number
  readonly to: number
}

const DAY = 86_400_000
const SUNDAY = 0
const MONDAY = 1
const THURSDAY = 4
const FRIDAY = 5
const SATURDAY = 6

interface Day {
  readonly month: number
  readonly day: number
}

const dayOf = (time: number): Day => {
  const date = new Date(time)
  return { month: date.getUTCMonth(), day: date.getUTCDate() }
}
const weekdayOf = (year: number, { month, day }: Day): number =>
  new Date(Date.UTC(year, month, day)).getUTCDay()
const plus = (year: number, { month, day }: Day, days: number): Day =>
  dayOf(Date.UTC(year, month, day) + days * DAY)

/** The n-th such weekday of a month; the last for n = -1. */
function nth(year: number, month: number, weekday: number, n: number): Day {
  const first = { month, day: 1 + ((7 + weekday - weekdayOf(year, { month, day: 1 })) % 7) }
  if (n > 0) return plus(year, first, 7 * (n - 1))
  const fifth = plus(year, first, 28)
  return fifth.month === month ? fifth : plus(year, first, 21)
}

/** Easter Sunday of the Gregorian calendar (Butcher, 1876). */
function easter(year: number): Day {
  const a = year % 19
  const [b, c] = [Math.floor(year / 100), year % 100]
  const h = (19 * a + b - (b >> 2) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30
  const l = (32 + 2 * (b % 4) + 2 * (c >> 2) - h - (c % 4)) % 7
  const n = h + l - 7 * Math.floor((a + 11 * h + 22 * l) / 451) + 114
  return { month: Math.floor(n / 31) - 1, day: (n % 31) + 1 }
}

/** A day that is kept on Friday or Monday where it falls on a weekend. */
function kept(year: number, day: Day): Day {
  const weekday = weekdayOf(year, day)
  return weekday === SATURDAY ? plus(year, day, -1) : weekday === SUNDAY ? plus(year, day, 1) : day
}

/** From the evening before to the evening of the day itself. */
const whole = (day: Day, open: number): ClosedHours => ({ ...day, from: 17 - 24, to: open })
/** From an early end to the evening. */
const early = (day: Day, from: number): ClosedHours => ({ ...day, from, to: 18 })

const NEW_YEAR: Day = { month: 0, day: 1 }
const CHRISTMAS_EVE: Day = { month: 11, day: 24 }
const CHRISTMAS: Day = { month: 11, day: 25 }

function metals(year: number): ClosedHours[] {
  const thanksgiving = nth(year, 10, THURSDAY, 4)
  const halts = [
    nth(year, 0, MONDAY, 3), // Martin Luther King
    nth(year, 1, MONDAY, 3), // Presidents
    nth(year, 4, MONDAY, -1), // Memorial
    kept(year, { month: 5, day: 19 }), // Juneteenth
    nth(year, 8, MONDAY, 1), // Labor
    thanksgiving,
  ]
  return [
    // On a Saturday it is not kept on the Friday before, which is of another year.
    ...(weekdayOf(year, NEW_YEAR) === SATURDAY ? [] : [whole(kept(year, NEW_YEAR), 18)]),
    whole(plus(year, easter(year), -2), 18),
    whole(kept(year, CHRISTMAS), 18),
    ...halts.map((day) => early(day, weekdayOf(year, day) === FRIDAY ? 13 : 14.5)),
    early(kept(year, { month: 6, day: 4 }), 13),
    early(plus(year, thanksgiving, 1), 13.75),
    early(CHRISTMAS_EVE, 13.75),
  ]
}

const fx = (): ClosedHours[] => [NEW_YEAR, CHRISTMAS].map((day) => whole(day, 17))

function fixings(year: number): ClosedHours[] {
  const sunday = easter(year)
  const days = [plus(year, sunday, -2), plus(year, sunday, 1), { month: 4, day: 1 }, { month: 11, day: 26 }]
  return [...fx(), ...days.map((day) => whole(day, 17))]
}

const RULES: Readonly<Record<Calendar, (year: number) => ClosedHours[]>> = { fx, metals, fixings }

/** When a market stays closed in a year besides weekends, in no order. */
export const holidaysOf = (calendar: Calendar, year: number): ClosedHours[] => RULES[calendar](year)
