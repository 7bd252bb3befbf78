import t from 'tap'

import { agreedOffset, datedQuote, replyTimeOf, type ClockReading, type Stamped } from './source-clock.js'

const NOW = Date.UTC(2026, 10, 29, 12)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const MONOTONIC = 5_000

const AT: ClockReading = { wall: NOW, monotonic: MONOTONIC, agreed: null }
const reply = (dateMs: number | null, ageMs = 0): Stamped => ({
  ...{ dateMs, ageMs, repliedAt: MONOTONIC, wallAt: NOW },
})
const ageOf = (sourceTime: number | null, from: Stamped, at = AT): number => {
  const quote = datedQuote({ price: 1, rule: 'rate', sourceTime, receivedAt: 0 }, from, at)
  return at.wall - (quote.sourceTime ?? quote.receivedAt)
}

t.test('headers', (t) => {
  const date = 'Sun, 29 Nov 2026 12:00:00 GMT'
  t.same(replyTimeOf({ date }), { dateMs: NOW + 500, ageMs: 0 })
  t.same(replyTimeOf({ date, age: '600' }), { dateMs: NOW + 500, ageMs: 600_000 })
  t.same(replyTimeOf({}), { dateMs: null, ageMs: 0 })
  for (const odd of ['-5', 'x', '', '9'.repeat(50), ['1'], 7]) t.equal(replyTimeOf({ age: odd }).ageMs, 0)
  t.same(replyTimeOf({ date: 'yesterday' }).dateMs, null)
  t.end()
})

t.test('a stored reply moves no time', (t) => {
  const table = NOW - 5 * DAY
  const then = table + 10 * MINUTE
  t.equal(ageOf(table, reply(then)), 5 * DAY, 'its Date of then')
  t.equal(ageOf(table, reply(then, NOW - then)), 5 * DAY, 'with an Age')
  t.equal(ageOf(table, reply(NOW)), 5 * DAY, 'with the Date of now')
  t.equal(ageOf(null, reply(then)), NOW - then, 'what has no time of its own is as old as the reply')
  t.equal(ageOf(null, reply(then, NOW - then)), NOW - then)
  t.equal(ageOf(NOW - 1000, reply(NOW, HOUR)), HOUR, 'nothing is newer than it lay in a cache')
  t.end()
})

t.test('clocks that differ by seconds are allowed for, by more they are not', (t) => {
  for (const off of [-60_000, -20_000, 20_000, 60_000])
    t.equal(ageOf(NOW + off - 3000, reply(NOW + off)), 3000, `${off} ms`)
  t.equal(ageOf(NOW + HOUR - 3000, reply(NOW + HOUR)), 3000 - HOUR, 'what it dates in the future stays there')
  t.equal(ageOf(NOW - HOUR, reply(NOW - HOUR)), HOUR)
  t.equal(ageOf(null, reply(NOW + HOUR)), 0)
  t.equal(ageOf(null, reply(null)), 0)
  t.end()
})

t.test('ages survive a step of the clock', (t) => {
  const found = reply(NOW)
  for (const step of [-5 * HOUR, -40 * MINUTE]) {
    const later = { wall: NOW + step + 30_000, monotonic: MONOTONIC + 30_000, agreed: null }
    t.equal(ageOf(NOW - 1000, found, later), 31_000, `${step / HOUR} h`)
    t.equal(ageOf(null, found, later), 30_000)
  }
  const slept = { wall: NOW + 8 * HOUR, monotonic: MONOTONIC + 1000, agreed: null }
  t.equal(ageOf(NOW, found, slept), 8 * HOUR, 'the monotonic clock stands still while the machine sleeps')
  t.equal(ageOf(null, found, slept), 8 * HOUR)
  t.end()
})

t.test('a clock of ours that is wrong, by what most sources tell', (t) => {
  const right = NOW - MONOTONIC
  const few = [right, right, right, right]
  t.equal(agreedOffset([]), null)
  t.equal(agreedOffset(few), null, 'four are few')
  t.equal(agreedOffset([...few, right + 1000]), right)
  const stored = (count: number): number[] => Array<number>(count).fill(right - 5 * DAY)
  t.equal(agreedOffset([...few, right, ...stored(1)]), right, 'a stored reply is outvoted')
  t.equal(agreedOffset([...few, right, ...stored(5)]), null)
  t.equal(agreedOffset([...few, ...stored(10)]), null, 'and outvotes nobody')
  t.equal(agreedOffset([1, 2, 3, 4, 5].map((k) => right + k * MINUTE)), null, 'they do not agree')

  const wrong = { ...reply(NOW + 5 * HOUR) }
  const at = { ...AT, agreed: right + 5 * HOUR }
  t.equal(ageOf(NOW + 5 * HOUR - 2000, wrong, at), 2000, 'five hours behind')
  t.end()
})
