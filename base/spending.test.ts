import t from 'tap'

import {
  momentNow,
  periodOf,
  readSpent,
  spend,
  spentIn,
  spentUnder,
  takeOver,
  type Moment,
  type Period,
  type Spent,
} from './index.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOON = Date.UTC(2026, 10, 29, 12)

/** A machine whose wall clock can be set, and books that are kept on it. */
class Machine {
  steady = 5_000
  run = 'boot 1'
  wall = NOON
  spent: Spent[] = []

  constructor(readonly period: Period = 'day') {}

  get now(): Moment {
    return { wall: this.wall, steady: this.steady, run: this.run }
  }

  pass(ms: number): this {
    this.wall += ms
    this.steady += ms
    return this
  }

  set(wall: number): this {
    this.wall = wall
    return this
  }

  restart(wall = this.wall): this {
    this.run = `${this.run}+`
    this.steady = 10
    this.wall = wall
    this.spent = takeOver(this.period, JSON.parse(JSON.stringify(this.spent)) as Spent[], this.now)
    return this
  }

  pay(amount: bigint): this {
    this.spent = spend(this.period, this.spent, { amount, now: this.now })
    return this
  }

  get sum(): bigint {
    return spentIn(this.period, this.spent, this.now)
  }
}

t.test('a clock that is right', (t) => {
  const at = new Machine().pay(40n).pass(HOUR).pay(2n)
  t.equal(at.sum, 42n)
  t.equal(at.spent.length, 1, 'one line a day')
  at.pass(11 * HOUR - 1)
  t.equal(at.sum, 42n, 'the last millisecond of the day')
  t.equal(at.pass(1).sum, 0n, 'the next one')
  at.pay(7n).restart(at.wall + HOUR)
  t.equal(at.sum, 7n, 'a restart of the machine does not begin anew')
  t.equal(
    at
      .set(Date.UTC(2026, 11, 1))
      .pass(0)
      .restart().sum,
    0n,
    'it slept over midnight',
  )
  for (let day = 0; day < 40; day++) at.pass(DAY).pay(1n)
  t.ok(at.spent.length < 12, `${at.spent.length} lines are kept`)
  t.equal(at.sum, 1n)
  t.end()
})

t.test('a clock that is set back or jumps ahead frees nothing', (t) => {
  const steps = [
    -13 * HOUR,
    -5 * HOUR,
    -40 * 60_000,
    40 * 60_000,
    13 * HOUR,
    3 * DAY,
    Date.UTC(2030, 0) - NOON,
    -NOON,
  ]
  for (const step of steps) {
    const at = new Machine().pay(4900n).pass(60_000)
    at.set(at.wall + step)
    t.equal(at.sum, 4900n, `a step by ${step / HOUR} h`)
    at.pay(50n).pass(65 * 60_000)
    t.equal(at.sum, 4950n, 'an hour of the wrong clock later')
    at.pay(5n)
    t.equal(at.set(at.wall - step).sum, 4955n, 'the clock is right again')
    t.equal(at.pass(10 * HOUR).sum, 4955n, 'until midnight')
    t.equal(at.pass(14 * HOUR).sum, 0n, 'a day later it is free, whatever the clock said')
  }
  t.end()
})

t.test('a moment in 2030 blocks no longer than a day', (t) => {
  const at = new Machine().set(Date.UTC(2030, 4, 5, 10)).pay(5000n)
  at.set(NOON).pass(1000)
  t.equal(at.sum, 5000n)
  at.pass(23 * HOUR)
  t.equal(at.pass(HOUR).sum, 0n)
  const lost = new Machine()
    .set(Date.UTC(2030, 4, 5, 10))
    .pay(5000n)
    .restart(NOON)
  t.equal(lost.sum, 5000n, 'the machine was started again: how long ago it was is not known')
  t.equal(lost.pass(DAY).sum, 0n, 'a day after the start it is')
  t.end()
})

t.test('a machine that starts without a clock', (t) => {
  const at = new Machine().pay(4900n).restart(0)
  t.equal(at.sum, 4900n, 'in 1970')
  at.pass(600_000).pay(50n)
  t.equal(at.set(NOON + HOUR).sum, 4950n, 'the time came over the network')
  t.equal(at.restart().sum, 4950n)
  t.equal(at.pass(11 * HOUR).sum, 0n)
  const ahead = new Machine().pay(4900n).restart(Date.UTC(2030, 0)).pay(10n)
  t.equal(ahead.set(NOON + HOUR).sum, 4910n, 'what no longer counted under a clock ahead counts again')
  t.end()
})

t.test('months', (t) => {
  const at = new Machine('month').pay(2300n)
  t.equal(at.set(Date.UTC(2026, 11, 3)).sum, 2300n, 'a jump into the next month')
  t.equal(at.set(NOON).pass(DAY).sum, 2300n)
  t.equal(at.pass(12 * HOUR).sum, 0n, 'December')
  t.end()
})

t.test('a clock that is set all the time', (t) => {
  const at = new Machine()
  for (let k = 1; k <= 500; k++)
    at.set(NOON + (k % 7) * 2 * HOUR)
      .pay(1n)
      .pass(1000)
  t.equal(at.sum, 500n, 'nothing is lost')
  t.ok(at.spent.length <= 72, `${at.spent.length} lines`)
  t.end()
})

t.test('books in files', (t) => {
  const [old] = [spentUnder('2026-11-29', 12n)]
  t.equal(spentIn('day', [old], { wall: NOON, steady: 1, run: 'x' }), 12n)
  t.equal(
    spentIn('day', takeOver('day', [old], { wall: NOON, steady: 1, run: 'x' }), {
      wall: NOON + DAY,
      steady: 1 + DAY,
      run: 'x',
    }),
    0n,
  )
  const now = momentNow()
  t.ok(now.run !== '' && now.steady > 0 && Math.abs(now.wall - Date.now()) < 60_000)
  t.same(readSpent([{ amount: '1', at: now }]), [{ amount: '1', at: now }])
  const bad = [
    {},
    'x',
    null,
    [null],
    [{ amount: '-1', at: now }],
    [{ amount: '1' }],
    [{ amount: 1, at: now }],
  ]
  const moments = [
    { ...now, wall: NaN },
    { ...now, wall: 1e18 },
    { ...now, steady: '1' },
    { ...now, run: 5 },
  ]
  for (const value of [...bad, ...moments.map((at) => [{ amount: '1', at }])]) t.equal(readSpent(value), null)
  t.same([periodOf('day', -1), periodOf('month', 8.64e15)], ['1970-01-01', '9999-12'])
  t.end()
})
