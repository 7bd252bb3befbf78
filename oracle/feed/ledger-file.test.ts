import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

import { addToDay, openState, peekState, todaySum } from './ledger-file.js'

const HOUR = 3_600_000

t.test('a day’s sum holds while the clock is set back and forth', (t) => {
  const noon = Date.UTC(2026, 10, 29, 12)
  for (const wrong of [noon - 13 * HOUR, noon + 13 * HOUR, 0, Date.UTC(2030, 0)]) {
    const paid = addToDay({ day: '', sat: '0' }, 4900n, noon)
    t.equal(todaySum(paid, wrong), 4900n, new Date(wrong).toISOString())
    const more = addToDay(paid, 50n, wrong)
    t.equal(todaySum(more, noon), 4950n)
    t.equal(more.sat, '4950')
  }
  t.end()
})

t.test('state files of older versions are taken over, damaged sums are not', (t) => {
  const folder = t.testdir()
  const file = join(folder, 'state.json')
  const today = new Date().toISOString().slice(0, 10)
  const state = (paid: object) => JSON.stringify({ version: 1, withdrawals: {}, paid })
  writeFileSync(file, state({ day: today, sat: '4900' }))
  const open = openState(folder)
  t.equal(todaySum(open.state.paid, Date.now()), 4900n)
  t.equal(todaySum(open.state.paid, Date.now() - 30 * HOUR), 4900n, 'yesterday is no other day')
  open.update((before) => ({ ...before, paid: addToDay(before.paid, 7n, Date.now()) }))
  t.equal(todaySum(peekState(folder).paid, Date.now()), 4907n)
  const written = JSON.parse(readFileSync(file, 'utf8')) as { paid: { day: string; sat: string } }
  t.match(written.paid, { day: today, sat: '4907' }, 'an older version reads it')
  writeFileSync(file, state({ day: '2020-01-01', sat: '4900' }))
  t.equal(todaySum(openState(folder).state.paid, Date.now()), 0n, 'another day')
  const damaged = [
    { day: 'x', sat: '1' },
    { day: today, sat: 'x' },
    { day: today, sat: '1', spent: 'x' },
    { sat: '1' },
  ]
  for (const paid of damaged) {
    writeFileSync(file, state(paid))
    t.throws(() => openState(folder), { code: 'E_FEED_STATE', message: /damaged/ }, JSON.stringify(paid))
  }
  t.end()
})
