import t from 'tap'

import { verdictOf, type Rated } from './verdict.js'

const rated = (threads: number, ...samples: number[]): Rated => ({ threads, samples })

t.test('what is recommended, and when nothing is', (t) => {
  const cases: [what: string, rated: Rated[], load: number, recommended: number | null, reason: RegExp][] = [
    ['nothing measured', [], 0, null, /nothing was measured/],
    ['one, steady', [rated(1, 100, 101, 100)], 0, 1, /the fastest/],
    ['one, not steady', [rated(1, 100, 120, 90)], 0, null, /spread too far/],
    ['clearly faster', [rated(1, 100, 101, 99), rated(2, 198, 200, 201)], 0, 2, /the fastest/],
    ['the same: fewer threads', [rated(3, 200, 201, 202), rated(2, 199, 200, 201)], 0, 2, /as fast as 3/],
    ['steady, 2 % apart', [rated(2, 196, 196, 197), rated(3, 200, 201, 200)], 0, 3, /the fastest/],
    [
      'one outlier above decides nothing',
      [rated(2, 200, 201, 200, 199, 200), rated(3, 190, 260, 190, 191, 190)],
      0,
      null,
      /of 2 and of 3 threads spread wider than the two differ/,
    ],
    ['wide, but far apart', [rated(1, 90, 100, 110), rated(2, 190, 200, 210)], 0, 2, /the fastest/],
    ['wide, and near', [rated(2, 180, 200, 215), rated(3, 185, 204, 210)], 0, null, /of 3 and of 2 threads/],
    [
      'a third that nothing tells from the first',
      [rated(1, 100), rated(2, 200, 170), rated(3, 199, 230)],
      0,
      null,
      /spread/,
    ],
    ['a busy machine', [rated(1, 100, 101), rated(2, 200, 201)], 1.1, null, /load was 1\.1/],
    ['a little load', [rated(1, 100, 101), rated(2, 200, 201)], 0.9, 2, /the fastest/],
  ]
  for (const [what, finals, load, recommended, reason] of cases) {
    const verdict = verdictOf(finals, { load, cores: 4 })
    t.equal(verdict.recommended, recommended, what)
    t.match(verdict.reason, reason, what)
  }
  t.same(verdictOf([rated(2, 5, 9, 7)], { load: 0, cores: 1 }).ratings, [
    { threads: 2, hashesPerSecond: 7, min: 5, max: 9 },
  ])
  t.end()
})
