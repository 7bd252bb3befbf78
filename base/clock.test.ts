import t from 'tap'

import { ageMs, CLOCK, watchClock } from './clock.js'
import { FakeClock } from './fixtures/fake-clock.js'

const HOUR = 3_600_000

t.test('each step of the wall clock is told once, in its direction', (t) => {
  const clock = new FakeClock()
  const steps: number[] = []
  const watch = watchClock((ms) => steps.push(ms), { clock, everyMs: 1e9 })
  t.teardown(watch.close)
  const pass = (looks: number): void => {
    for (let k = 0; k < looks; k++) {
      clock.advance(5_000)
      watch.look()
    }
  }
  pass(100)
  t.same(steps, [], 'time that passes is no step, however long')
  clock.step(-5 * HOUR)
  pass(100)
  t.same(steps, [-5 * HOUR])
  clock.step(5 * HOUR)
  pass(3)
  t.same(steps, [-5 * HOUR, 5 * HOUR])
  clock.step(-40 * 60_000)
  clock.advance(60 * HOUR) // between two looks, however far apart
  watch.look()
  t.same(steps.slice(2), [-40 * 60_000])
  t.end()
})

t.test('a clock that is corrected slowly makes no step', (t) => {
  const clock = new FakeClock()
  const watch = watchClock(() => t.fail('no step'), { clock, everyMs: 1e9 })
  t.teardown(watch.close)
  for (let k = 0; k < 10_000; k++) {
    clock.advance(5_000)
    clock.step(50)
    watch.look()
  }
  t.pass()
  t.end()
})

t.test('it looks by itself', async (t) => {
  const clock = new FakeClock()
  const step = new Promise<number>((resolve) => {
    const watch = watchClock(resolve, { clock, everyMs: 1 })
    t.teardown(watch.close)
  })
  clock.step(HOUR)
  const alive = setInterval(() => {}, 1_000) // it does not keep a program from its end
  t.equal(await step, HOUR)
  clearInterval(alive)
})

t.test('ages: what lies in the future is not fresh', (t) => {
  t.equal(ageMs(1_000_000, 1_000_250), 250)
  t.equal(ageMs(1_004_000, 1_000_000), 0, 'clocks of two machines differ')
  t.equal(ageMs(1_005_001, 1_000_000), Infinity)
  t.equal(ageMs(1_000_001, 1_000_000, 0), Infinity)
  t.end()
})

t.test("the machine's clocks", (t) => {
  t.ok(Math.abs(CLOCK.wallMs() - Date.now()) < 1_000)
  const before = CLOCK.monotonicMs()
  t.ok(CLOCK.monotonicMs() >= before)
  t.end()
})
