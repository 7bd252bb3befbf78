import t, { type Test } from 'tap'

import { LONG } from '../../test/fixtures/long.js'
import { normalNumber, randomNumbers } from '../../base/index.js'
import { playBlock, stageOf } from './block.js'
import { added, chanceOf, counted, meanOf, NO_BLOCKS, partOf, resultOf } from './chance.js'
import { bestHashes, shuffled } from './draw.js'
import { HONEST, PRESETS, varied } from './presets.js'
import { simulateAttacks } from './run.js'
import type { AttackResult, Estimate, Scenario } from './types.js'

const play = (scenario: Scenario, blocks: number, seed = 'test'): AttackResult => {
  const stage = stageOf(scenario)
  const random = randomNumbers(seed)
  let tally = NO_BLOCKS
  for (let k = 0; k < blocks; k++) tally = counted(tally, playBlock(stage, random))
  return resultOf(scenario, tally)
}
/** Four times the half width of the interval of 95 %: one in 10^14 of right results lies beyond. */
const near = (t: Test, { value, low, high }: Estimate, truth: number, what: string) =>
  t.ok(Math.abs(value - truth) <= 2 * (high - low), `${what}: ${value} is near ${truth}`)

/** Records of one hash each, all of the same worth: a share is a number of records. */
const EQUAL: Scenario = {
  ...HONEST,
  height: 231_000,
  ...{ miners: 60, records: 1, hashes: 60, apart: 0, moved: 0.001 },
  liars: { ...HONEST.liars, share: 0.25, records: 20, by: 0 },
}

t.test('a share of equal records wins that share of places', (t) => {
  const { first, places, reward, moved } = play(EQUAL, LONG ? 300 : 100)
  near(t, first, 0.25, 'first place')
  near(t, places, 25 * 0.25, 'places')
  near(t, reward, 0.25, 'rewards')
  t.equal(moved.value, 0, 'who tells the truth moves nothing')
  const old = play({ ...EQUAL, height: 206_500 }, LONG ? 200 : 50)
  near(t, old.places, 10 * 0.25, 'places of version 1')
  near(t, old.reward, 0.25, 'rewards, which differ by place')
  t.end()
})

/** C(n, k). */
const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n, k - 1) * (n - k + 1)) / k)

t.test('a small case, all of it', (t) => {
  // 26 liars and 26 honest records; the 50 best are graded. Which two are left out decides who is in the majority.
  {
    const scenario: Scenario = {
      ...EQUAL,
      ...{ miners: 26, hashes: 26 },
      liars: { ...EQUAL.liars, share: 0.5, records: 26, by: 0.05 },
    }
    const ways = [0, 1, 2].map((liarsOut) => ({
      chance: (choose(26, liarsOut) * choose(26, 2 - liarsOut)) / choose(52, 2),
      // So many are graded for certain: none is left out of them.
      fate: play(
        {
          ...scenario,
          ...{ miners: 24 + liarsOut, hashes: 24 + liarsOut },
          liars: { ...scenario.liars, records: 26 - liarsOut, share: (26 - liarsOut) / 50 },
        },
        // Equal numbers of both are decided by the first of equals, which chance places.
        liarsOut === 1 ? (LONG ? 150 : 100) : 1,
        `${liarsOut}`,
      ).moved.value,
    }))
    t.same([ways[0]?.fate, ways[2]?.fate], [1, 0], 'the majority decides')
    const truth = ways.reduce((sum, { chance, fate }) => sum + chance * fate, 0)
    near(t, play(scenario, LONG ? 200 : 100, 'all').moved, truth, 'moved')
  }
  t.end()
})

t.test('a share of the hashes has so many of the 50 graded records', (t) => {
  // Without any spread only the number of the liars' records counts: brute force of all 51 numbers.
  const share = 0.45
  const scenario: Scenario = {
    ...HONEST,
    ...{ height: 231_000, miners: 50, records: 50, apart: 0 },
    liars: { ...HONEST.liars, share },
  }
  const movedBy = (liars: number): number =>
    liars === 0 || liars === 50
      ? liars / 50
      : play(
          {
            ...EQUAL,
            ...{ miners: 50 - liars, hashes: 50 - liars },
            liars: { ...EQUAL.liars, share: liars / 50, records: liars, by: 0.05 },
          },
          liars === 25 ? 100 : 1,
        ).moved.value
  const truth = Array.from({ length: 51 }, (_, k) => k).reduce(
    (sum, k) => sum + choose(50, k) * share ** k * (1 - share) ** (50 - k) * movedBy(k),
    0,
  )
  near(t, play(scenario, LONG ? 300 : 150).moved, truth, 'moved')
  t.end()
})

t.test('rules of each height', (t) => {
  const lying = (height: number, more: Partial<Scenario>, share = 0.9) => {
    const liars = { ...HONEST.liars, share, by: 0.2, ...more.liars }
    return play({ ...HONEST, ...more, height, apart: 0, liars }, 5)
  }
  for (const height of [206_422, 214_287, 222_270, 231_620, 258_796, 300_000])
    t.equal(lying(height, {}).moved.value, 1, `${height}: a majority, and nobody stakes`)
  const staked = { stakers: 30 }
  t.match(
    lying(258_796, staked),
    { moved: { value: 0 }, stopped: { value: 1 } },
    'the whole block is passed over',
  )
  t.match(lying(260_118, staked), { moved: { value: 0 }, stopped: { value: 1 } }, 'a band of 10 %')
  t.match(
    lying(300_000, staked),
    { moved: { value: 1 }, closed: { value: 0 } },
    '20 % are within the band of 25 %',
  )
  const wide = { ...HONEST.liars, share: 0.9, by: 0.3 }
  t.match(lying(300_000, { ...staked, liars: wide }), {
    moved: { value: 0 },
    closed: { value: 1 },
    shift: { value: 0 },
  })
  t.match(
    lying(300_000, { ...staked, liars: wide, lyingStakers: 20 }),
    { moved: { value: 1 } },
    'holders bought too',
  )
  t.match(
    lying(300_000, { stakers: 20, liars: wide }),
    { moved: { value: 1 } },
    '20 records of stakers are too few',
  )
  t.match(
    lying(220_000, { liars: { ...wide, asset: 'PEG' } }),
    { moved: { value: 0 } },
    'PEG was not priced by records',
  )
  t.match(lying(300_000, { liars: { ...wide, asset: 'all' } }), { moved: { value: 1 } })
  const groups = { ...wide, asset: 'NGN', groups: 3 }
  t.same(
    stageOf({ ...HONEST, liars: groups }).targets,
    ['NGN', 'PEG', 'USD'],
    'each group has an asset of its own',
  )
  t.match(play({ ...HONEST, liars: { ...wide, share: 0 } }, 5), {
    places: { value: 0 },
    moved: { value: 0 },
    hashes: 0,
  })
  t.match(play({ ...HONEST, ...{ miners: 2, records: 10, liars: { ...wide, share: 0.5, records: 1 } } }, 5), {
    stopped: { value: 1 },
    places: { value: 0 },
  })
  t.end()
})

t.test('the same seed gives the same result, by any number of threads', async (t) => {
  const { scenario, axis } = PRESETS.majority
  const scenarios = [varied(scenario, axis, 48)]
  const [one, two] = await Promise.all(
    [1, 2].map((threads) => simulateAttacks({ scenarios, blocks: 60, seed: 'x', threads })),
  )
  t.same(one, two)
  t.match(one, [{ blocks: 60, first: { value: Number } }])
  t.not(play(scenario, 20, 'x').shift.value, play(scenario, 20, 'y').shift.value, 'another seed')
  const stopped = AbortSignal.timeout(50)
  await t.rejects(simulateAttacks({ scenarios, blocks: 1e6, seed: 'x', threads: 1, signal: stopped }))
})

t.test('chance', (t) => {
  const random = randomNumbers('numbers')
  const many = Array.from({ length: 20_000 }, random)
  near(t, meanOf(sum(many), sum(many.map((x) => x * x)), many.length), 0.5, 'even numbers')
  const normals = many.map(() => normalNumber(random))
  near(t, meanOf(sum(normals), sum(normals.map((x) => x * x)), normals.length), 0, 'normal numbers')
  const squares = normals.map((x) => x * x)
  near(t, meanOf(sum(squares), sum(squares.map((x) => x * x)), squares.length), 1, 'their variance')
  const best = Array.from({ length: 4000 }, () => bestHashes(9, 3, random)) as [number, number, number][]
  for (const k of [0, 1, 2])
    near(
      t,
      meanOf(sum(best.map((b) => b[k] ?? 0)), sum(best.map((b) => (b[k] ?? 0) ** 2)), 4000),
      (k + 1) / 10,
      `best ${k + 1} of 9`,
    )
  t.same([bestHashes(2, 5, random).length, bestHashes(0, 5, random)], [2, []], 'no more than there are')
  t.same(shuffled(9, random).sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8])
  t.same(chanceOf(0, 0), { value: 0, low: 0, high: 1 })
  // Wilson's interval of 3 in 10 by hand.
  const { low, high } = chanceOf(3, 10)
  t.same([low.toFixed(4), high.toFixed(4)], ['0.1078', '0.6032'])
  const fate = { places: 2, reward: 0.5, first: true, shift: 0.1, kind: 'moved' } as const
  t.same(added(counted(NO_BLOCKS, fate), counted(NO_BLOCKS, fate)), counted(counted(NO_BLOCKS, fate), fate))
  t.end()
})

/** Of all that can come of so many tries with these chances, the part in which the interval holds the truth. */
function coverage(tries: number, hit: number, half: number): number {
  const truth = hit + half / 2
  let covered = 0
  for (let hits = 0; hits <= tries; hits++)
    for (let halves = 0; halves <= (half > 0 ? tries - hits : 0); halves++) {
      const rest = tries - hits - halves
      const ways = logFactorial(tries) - logFactorial(hits) - logFactorial(halves) - logFactorial(rest)
      const part = (count: number, chance: number): number => (count === 0 ? 0 : count * Math.log(chance))
      const likely = Math.exp(ways + part(hits, hit) + part(halves, half) + part(rest, 1 - hit - half))
      const found = partOf({ sum: hits + halves / 2, squares: hits + halves / 4 }, tries, 1)
      if (found.low <= truth && truth <= found.high) covered += likely
    }
  return covered
}

const LOG_FACTORIALS = [0, 0]
const logFactorial = (n: number): number => {
  for (let k = LOG_FACTORIALS.length; k <= n; k++)
    LOG_FACTORIALS.push((LOG_FACTORIALS[k - 1] as number) + Math.log(k))
  return LOG_FACTORIALS[n] as number
}

t.test('intervals against exact binomials and multinomials', (t) => {
  for (const tries of [30, 100, 500]) {
    const chances = Array.from({ length: 99 }, (_, k) => (k + 1) / 100)
    const found = chances.map((chance) => coverage(tries, chance, 0))
    const mean = found.reduce((one, two) => one + two, 0) / found.length
    t.ok(
      Math.abs(mean - 0.95) < 0.008,
      `${tries} tries: it holds in ${(mean * 100).toFixed(1)} of 100 on average`,
    )
    t.ok(Math.min(...found) > 0.83, `and in ${(Math.min(...found) * 100).toFixed(1)} at worst`)
  }
  // All, half or nothing: the scatter of what is won is less than that of all or nothing.
  for (const [hit, half] of [
    [0.2, 0.3],
    [0.02, 0.1],
    [0, 0.5],
  ] as const) {
    const found = coverage(60, hit, half)
    t.ok(found > 0.92 && found < 0.98, `${hit} and ${half}: ${found.toFixed(3)}`)
  }
  t.same(partOf({ sum: 0, squares: 0 }, 100, 25), {
    ...{ value: 0, low: 0 },
    high: 25 * chanceOf(0, 100).high,
  })
  t.same(partOf({ sum: 300, squares: 900 }, 100, 3), {
    ...{ value: 3, high: 3 },
    low: 3 * chanceOf(100, 100).low,
  })
  const even = partOf({ sum: 4, squares: 0.16 }, 100, 1)
  t.ok(even.high - even.low < 1e-4, 'what never varies needs no room')
  t.same(partOf({ sum: 0, squares: 0 }, 0, 1), { value: 0, low: 0, high: 1 })
  const one = partOf({ sum: 0.5, squares: 0.25 }, 1, 1)
  t.ok(one.high - one.low > 0.8, 'one block says little')
  t.end()
})

const sum = (list: readonly number[]): number => list.reduce((one, two) => one + two, 0)
