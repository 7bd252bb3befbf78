import t from 'tap'

import { LONG } from '../test/fixtures/long.js'
import { createCalendar, createHours, cronMistake, isTimeZone, reportDue } from './calendar.js'

const MINUTE = 60_000
const DAY = 86_400_000

t.test('expressions and zones', (t) => {
  t.equal(cronMistake('0 22 * * 1-5'), null)
  t.match(cronMistake('0 24 * * *'), /hour/)
  t.match(cronMistake('0 0 30 2 *'), /impossible/)
  t.ok(isTimeZone('Europe/Vienna') && !isTimeZone('Mars/Base'))
  t.end()
})

/** A fixed time of certain days, as cron writes it: minutes, hours, days of the week. */
interface Times {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly weekdays: readonly number[]
}
const ALL_HOURS = Array.from({ length: 24 }, (_, hour) => hour)
const EACH_DAY = [0, 1, 2, 3, 4, 5, 6]
const daily = (hour: number, minute: number): Times => ({
  ...{ minutes: [minute], hours: [hour], weekdays: EACH_DAY },
})
const cronOf = ({ minutes, hours, weekdays }: Times): string =>
  `${minutes.join()} ${hours.join()} * * ${weekdays.join()}`
/** Minutes of a week, counted from Sunday, that are named. */
function weekOf({ minutes, hours, weekdays }: Times): Uint8Array {
  const week = new Uint8Array(7 * 1440)
  for (const day of weekdays)
    for (const hour of hours) for (const minute of minutes) week[day * 1440 + hour * 60 + minute] = 1
  return week
}
/** 1970 began on a Thursday. */
const minuteOfWeek = (localMs: number): number => (localMs / MINUTE + 4 * 1440) % (7 * 1440)

/** What the clocks of a zone show at each minute of whole days; they change at quarters of an hour only. */
function localMinutes(timeZone: string, from: number, to: number): Float64Array {
  const format = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'short' })
  const shown = (at: number): number => Date.parse(`${format.format(at).replace(' ', 'T')}Z`)
  const local = new Float64Array((to - from) / MINUTE)
  // A day at whose ends the clocks are as far from UTC is one in which they do not change.
  let step = 15
  for (let k = 0; k < local.length; k++) {
    const at = from + k * MINUTE
    if (k % 1440 === 0) step = shown(at + DAY) - shown(at) === DAY ? 1440 : 15
    local[k] = k % step === 0 ? shown(at) : (local[k - 1] as number) + MINUTE
  }
  return local
}

const ZONES = [
  'UTC',
  'Europe/Vienna',
  'America/New_York',
  'America/Havana', // goes back at 1:00 to 0:00
  'Atlantic/Azores', // forward at 0:00
  'Australia/Lord_Howe', // by half an hour
  'Africa/Casablanca', // back for Ramadan
  'Asia/Beirut', // forward at 0:00: a day begins at 1:00
  'Asia/Kathmandu',
]
const PAIRS: readonly (readonly [resume: Times, pause: Times])[] = [
  [daily(2, 30), daily(6, 0)],
  [daily(2, 0), daily(7, 0)],
  [daily(22, 0), daily(2, 30)],
  [daily(22, 0), daily(1, 30)],
  [daily(2, 30), daily(2, 15)],
  [daily(1, 10), daily(1, 50)],
  [daily(0, 0), daily(0, 30)],
  [daily(23, 30), daily(0, 0)],
  [
    { ...daily(18, 0), weekdays: [5] },
    { ...daily(2, 15), weekdays: [1] },
  ],
  [
    { minutes: [0, 30], hours: ALL_HOURS, weekdays: EACH_DAY },
    { minutes: [20, 50], hours: ALL_HOURS, weekdays: EACH_DAY },
  ],
]

t.test('hours: over years, the state is what minute by minute gives', (t) => {
  for (const [z, timeZone] of ZONES.entries()) {
    const from = Date.UTC(2026, 8, 25)
    const to = LONG ? Date.UTC(2027, 11, 1) : Date.UTC(2027, 4, 15)
    const local = localMinutes(timeZone, from, to)
    const changes = [...local.keys()].filter((k) => k > 0 && local[k] !== (local[k - 1] as number) + MINUTE)
    const isNearChange = new Set(changes.flatMap((k) => Array.from({ length: 360 }, (_, j) => k - 180 + j)))
    // Every pair in two of the zones at least, unless all are wanted.
    for (const [resume, pause] of PAIRS.filter((_, k) => LONG || (k + z) % 5 === 0)) {
      const name = `${timeZone}: ${cronOf(resume)} to ${cronOf(pause)}`
      const isTime = createHours({ resume: cronOf(resume), pause: cronOf(pause), timeZone })
      const wrong: string[] = []
      const [begins, ends] = [weekOf(resume), weekOf(pause)]
      let mining: boolean | null = null
      for (let k = 1; k < local.length; k++) {
        const shown = local[k] as number
        // What the clock has skipped is due now, in its order; a clock that goes back skips nothing.
        for (let due = Math.min((local[k - 1] as number) + MINUTE, shown); due <= shown; due += MINUTE) {
          const minute = minuteOfWeek(due)
          mining = ends[minute] === 1 ? false : begins[minute] === 1 ? true : mining
        }
        const asked = (isNearChange.has(k) && k % 17 === 0) || k % 3989 === 0
        if (mining !== null && k > 8 * 1440 && asked && isTime(from + k * MINUTE + 1) !== mining)
          wrong.push(new Date(from + k * MINUTE).toISOString())
      }
      t.same(wrong, [], name)
    }
  }
  t.end()
})

t.test('hours: the nights in which clocks change', (t) => {
  const at = (hours: { resume: string; pause: string; timeZone: string }, time: string): boolean =>
    createHours(hours)(Date.parse(time))
  const vienna = { resume: '30 2 * * *', pause: '0 6 * * *', timeZone: 'Europe/Vienna' }
  t.equal(at(vienna, '2027-03-28T00:59:59Z'), false, '1:59:59, and then it is 3:00')
  t.equal(at(vienna, '2027-03-28T01:00:00Z'), true, '2:30 was skipped')
  t.equal(at(vienna, '2027-03-28T03:59:59Z'), true)
  t.equal(at(vienna, '2027-03-28T04:00:00Z'), false, '6:00')
  t.equal(at(vienna, '2027-03-28T20:00:00Z'), false)
  t.equal(at(vienna, '2027-10-31T01:10:00Z'), true, '2:10 again, after 2:30 once')
  const york = { resume: '0 22 * * *', pause: '30 2 * * *', timeZone: 'America/New_York' }
  t.equal(at(york, '2027-03-14T06:59:59Z'), true)
  t.equal(at(york, '2027-03-14T07:00:00Z'), false, '2:30 was skipped')
  t.end()
})

t.test('hours: a clock that is set, in any direction, has no memory', (t) => {
  const isTime = createHours({ resume: '0 22 * * *', pause: '0 6 * * *', timeZone: 'UTC' })
  const [night, day] = ['2027-06-01T23:00:00Z', '2027-06-01T12:00:00Z'].map(Date.parse) as [number, number]
  t.same([night, day, night + DAY, day - DAY, night - 400 * DAY, day].map(isTime), [
    ...[true, false, true, false, true, false],
  ])
  t.end()
})

t.test('hours: what is rare, and what is said with words', (t) => {
  const last = (expression: string, time: string, zone = 'UTC'): string => {
    const run = createCalendar(expression, zone).lastRun(Date.parse(time))
    return run === null ? 'never' : new Date(run.at).toISOString()
  }
  t.equal(last('0 0 29 2 *', '2027-06-01T00:00:00Z'), '2024-02-29T00:00:00.000Z')
  t.equal(last('0 0 29 2 1', '2027-06-01T00:00:00Z'), '2016-02-29T00:00:00.000Z')
  t.equal(last('0 12 L * *', '2027-03-15T00:00:00Z'), '2027-02-28T12:00:00.000Z')
  t.equal(last('0 12 * * 5L', '2027-03-15T00:00:00Z'), '2027-02-26T12:00:00.000Z')
  t.equal(last('0 12 * * sun', '2027-03-17T00:00:00Z'), '2027-03-14T12:00:00.000Z')
  t.equal(last('0 12 * * 7', '2027-03-17T00:00:00Z'), '2027-03-14T12:00:00.000Z')
  t.equal(last('15 30 12 * * *', '2027-03-17T12:30:14.999Z', 'Asia/Tokyo'), '2027-03-17T03:30:15.000Z')
  t.equal(last('15 30 21 * * *', '2027-03-17T12:30:15Z', 'Asia/Tokyo'), '2027-03-17T12:30:15.000Z')
  t.end()
})

t.test('reports: once for each time that is due, whatever clocks do', (t) => {
  /** When reports are made by a keeper that looks each minute; `clock` gives what the machine's clock shows then. */
  const reports = (expression: string, timeZone: string, clock: (k: number) => number, looks: number) => {
    const calendar = createCalendar(expression, timeZone)
    const made: string[] = []
    let through = reportDue(calendar, -Infinity, clock(0)).through
    for (let k = 1; k < looks; k++) {
      const { due, through: after } = reportDue(calendar, through, clock(k))
      through = after
      if (due) made.push(new Date(clock(k)).toISOString().slice(0, 16))
    }
    return made
  }
  const straight = (begin: string) => (k: number) => Date.parse(begin) + k * MINUTE
  t.same(reports('0 0 * * *', 'UTC', straight('2027-06-01T12:00Z'), 4_320), [
    '2027-06-02T00:00',
    '2027-06-03T00:00',
    '2027-06-04T00:00',
  ])
  t.same(
    reports('30 2 * * *', 'Europe/Vienna', straight('2027-03-27T12:00Z'), 2_880),
    ['2027-03-28T01:00', '2027-03-29T00:30'],
    'the hour that is skipped',
  )
  t.same(
    reports('30 2 * * *', 'Europe/Vienna', straight('2027-10-30T12:00Z'), 2_880),
    ['2027-10-31T00:30', '2027-11-01T01:30'],
    'the hour that comes twice',
  )
  t.same(
    reports('0 2 * * *', 'Europe/Vienna', straight('2027-10-30T12:00Z'), 1_440),
    ['2027-10-31T00:00'],
    'its first moment',
  )
  t.equal(
    reports('0 * * * *', 'Europe/Vienna', straight('2027-10-30T12:00Z'), 1_441).length,
    24,
    'each hour is each hour',
  )
  const stepped = (hours: number) => (k: number) =>
    Date.parse('2027-06-01T20:00Z') + k * MINUTE + (k >= 300 ? hours * 60 * MINUTE : 0)
  t.same(
    reports('0 0 * * *', 'UTC', stepped(-5), 900),
    ['2027-06-02T00:00'],
    'back over midnight: no second one',
  )
  t.same(reports('0 6 * * *', 'UTC', stepped(6), 400), ['2027-06-02T07:00'], 'forwards over it: late')
  const year = (k: number) => Date.parse('2027-06-01T20:00Z') + k * MINUTE + (k < 10 ? 365 * DAY : 0)
  t.same(reports('0 0 * * *', 'UTC', year, 400), ['2027-06-02T00:00'], 'a clock that was a year ahead')
  t.end()
})
