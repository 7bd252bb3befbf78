import t from 'tap'

import { median, randomNumbers } from '../../base/index.js'
import { readThresholds, USUAL_THRESHOLDS } from './formulas.js'
import { createLag, stepTowards } from './price-lag.js'
import { readScript, through, walkPath } from './simulation-paths.js'
import { simulate, type SimulationPlan } from './simulate.js'

t.test('the lag of the price: the average of the middles of two windows, as a chain works it out', (t) => {
  for (const window of [1, 5, 12]) {
    const random = randomNumbers(`lag ${window}`)
    const raws = [...Array.from({ length: 2 * window }, () => 1_000)]
    const lag = createLag(window, 1_000)
    for (let k = 0; k < 60; k++) {
      const raw = 900 + Math.floor(random() * 200)
      raws.push(raw)
      const middleAt = (at: number) => Math.floor(median(raws.slice(at - window + 1, at + 1)) ?? 0)
      const middles = Array.from({ length: window }, (_, back) => middleAt(raws.length - 1 - back))
      t.equal(lag(raw), Math.floor(middles.reduce((sum, middle) => sum + middle, 0) / window))
    }
  }
  t.same(
    [stepTowards(0, 5), stepTowards(1_000, 2_000), stepTowards(1_000, 1), stepTowards(50, 90)],
    [5, 1_010, 990, 51],
  )
  t.end()
})

t.test('paths: scripts, walks of a seed', (t) => {
  t.same(readScript('0:0.9,2d:0.9,60h:0.45'), [
    { second: 0, price: 0.9 },
    { second: 172_800, price: 0.9 },
    { second: 216_000, price: 0.45 },
  ])
  for (const text of ['', '0.9', '2d:1,1d:1', '0:0', '0:-1', '0:1e3', '0:1,x:2'])
    t.equal(readScript(text), null, text)
  const path = through([
    { second: 10, price: 1 },
    { second: 20, price: 2 },
  ])
  t.same([path(0), path(15), path(30), path(12)], [1, 1.5, 2, 1.2])
  const walk = (seed: string) => walkPath(1, 5, { days: 3, random: randomNumbers(seed) })
  const times = [0, 1_000, 100_000, 259_200]
  t.same(times.map(walk('a')), times.map(walk('a')))
  t.notSame(times.map(walk('a')), times.map(walk('b')))
  t.end()
})

const planOf = (script: string, changes: Partial<SimulationPlan> = {}): SimulationPlan => ({
  path: through(readScript(script) ?? []),
  ...{ days: 6, blockSeconds: 600, thresholds: USUAL_THRESHOLDS, accounts: 50 },
  random: randomNumbers('test'),
  ...changes,
})

t.test('a slow fall: accounts are liquidated in their window, at the profit of the formulas', (t) => {
  const open = readThresholds('90,1,60') ?? USUAL_THRESHOLDS
  const { fates, begun, ended, samples } = simulate(planOf('0:1,6d:0.7', { thresholds: open }))
  const liquidated = fates.filter(({ fate }) => fate === 'liquidated')
  t.ok(liquidated.length > 3, `${liquidated.length}`)
  t.ok(fates.some(({ fate }) => fate === 'paid'))
  for (const { ratio, profit, account } of liquidated) {
    t.ok(ratio >= 9_000n && ratio <= 9_524n, `${ratio}`)
    const { debt } = begun[account]!
    t.ok(profit * 1_000n >= 49n * debt && profit * 1_000n <= 57n * debt, '5 to 5.6 % of the debt')
    t.equal(ended[account]?.debt, 0n)
  }
  t.equal(samples.at(-1)?.liquidated, liquidated.length)
  t.end()
})

t.test(
  'with the usual global limit nobody is liquidated while the whole peg is well, and some are lost',
  (t) => {
    const { fates, samples, ended } = simulate(planOf('0:1,6d:0.7'))
    t.same(
      fates.filter(({ fate }) => fate === 'liquidated'),
      [],
    )
    const last = samples.at(-1)!
    t.ok(last.zones.lost > 0, `${last.zones.lost} are lost`)
    t.equal(
      last.zones.lost,
      new Set(fates.filter(({ fate }) => fate === 'lost').map(({ account }) => account)).size,
    )
    t.equal(
      ended.reduce((sum, { debt }) => sum + debt, 0n),
      last.debt,
    )
    t.ok(last.price > last.market, 'the price lags behind')
    t.equal(last.market, 70_000_000n)
    const again = simulate(planOf('0:1,6d:0.7'))
    t.same(again.samples, samples, 'the same seed, the same result')
    const debtsOf = (of: typeof samples) => of.map(({ debt }) => debt).join(' ')
    const other = simulate(planOf('0:1,6d:0.7', { random: randomNumbers('other') }))
    t.ok(debtsOf(other.samples) !== debtsOf(samples), 'another seed, another result')
    t.end()
  },
)

t.test('a price that stands changes nothing', (t) => {
  const { fates, begun, ended } = simulate(planOf('0:1'))
  t.same(fates, [])
  t.same(ended, begun)
  t.end()
})
