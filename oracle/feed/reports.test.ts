import t from 'tap'

import { startReports } from './reports.js'

const HOUR = 3_600_000

t.test('a report each hour, whatever is done to the clock', (t) => {
  let now = Date.parse('2026-11-29T12:10:00Z')
  let made = 0
  const reports = startReports(
    '0 * * * *',
    () => made++,
    () => now,
  )
  t.teardown(reports.stop)
  /** Looks each ten seconds, as time passes. */
  const pass = (ms: number): number => {
    const before = made
    for (let left = ms; left > 0; left -= 10_000) {
      now += 10_000
      reports.look()
    }
    return made - before
  }
  t.equal(pass(0), 0, 'none for what was due before the start')
  t.equal(pass(3 * HOUR), 3)
  now -= 5 * HOUR
  t.equal(pass(4 * HOUR), 0, 'set back by five hours: none is made twice')
  t.equal(pass(2 * HOUR), 1, 'and it goes on')
  now += 5 * HOUR
  t.equal(pass(10_000), 1, 'set forwards: one for all that was due')
  t.equal(pass(HOUR), 1)
  now -= 40 * 24 * HOUR
  t.equal(pass(2 * HOUR), 2, 'a clock that was wrong by weeks')
  t.end()
})
