/** What a scenario is at a value of each axis. */
import t from 'tap'

import { HONEST, varied, type Axis } from './presets.js'
import { meanOf } from './chance.js'

t.test('one thing is varied, and the rest stays', (t) => {
  const table: readonly (readonly [axis: Axis, value: number, changed: object])[] = [
    ['share', 40, { liars: { ...HONEST.liars, share: 0.4 } }],
    ['lie', 5, { liars: { ...HONEST.liars, by: 0.05 } }],
    ['records', 3, { liars: { ...HONEST.liars, records: 3 } }],
    ['groups', 4, { liars: { ...HONEST.liars, groups: 4 } }],
    ['height', 260_118, { height: 260_118 }],
    ['stakers', 16, { lyingStakers: 16 }],
  ]
  for (const [axis, value, changed] of table)
    t.same(varied(HONEST, axis, value), { ...HONEST, ...changed }, axis)
  t.same(meanOf(0, 0, 0), { value: 0, low: 0, high: 0 }, 'of no blocks nothing is known')
  t.end()
})
