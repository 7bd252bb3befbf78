import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

import type { HistoryQueries } from '../../oracle/index.js'
import { writePlot } from './plot.js'

const FIRST = 206_422

/** So many graded blocks, with 25 records of ours in each. */
function historyOf(blocks: number): HistoryQueries {
  const heights = Array.from({ length: blocks }, (_, k) => FIRST + k)
  const queries: Partial<HistoryQueries> = {
    extent: () =>
      blocks === 0
        ? null
        : { first: FIRST, last: FIRST + blocks - 1, begin: 0, end: 6e5 * blocks, blocks, gradable: blocks },
    prices: (asset) =>
      heights.map((height, k) => ({
        height,
        price: BigInt(Math.round((asset === 'PEG' ? 2e5 : 9e12) * (1 + Math.sin(k / 40) / 10))),
      })),
    hashPowers: () => heights.map((height, k) => ({ height, hashPower: 3e6 + (k % 17) * 1e5 })),
    own: () =>
      heights.flatMap((height) => Array.from({ length: 25 }, (_, place) => ({ height, place }) as never)),
  }
  return queries as HistoryQueries
}

t.test('a picture of the history', (t) => {
  const file = join(t.testdir(), 'history.svg')
  const choice = { range: { from: 0, to: 1e6 }, assets: ['PEG', 'XBT'] }
  const names = ['Price of PEG', 'Price of XBT', 'Hash power of the network', 'Our places']
  for (const blocks of [1, 2, 60, 500]) {
    t.same(writePlot(file, historyOf(blocks), choice), names)
    const svg = readFileSync(file, 'utf8')
    t.match(svg, /^<svg .*<\/svg>\n$/s)
    t.notMatch(svg, /NaN|Infinity|undefined/)
    for (const words of [...names, 'USD', `>${FIRST}<`, `>${FIRST + blocks - 1}<`, ' MH/s<', '>25<', '>50<'])
      t.ok(svg.includes(words), `${blocks}: ${words}`)
    t.equal((svg.match(/stroke-width="1.8"/g) ?? []).length, blocks > 1 ? 3 : 0, 'a line for each panel')
    t.equal(/stroke-width="4"/.test(svg), blocks < 80, 'dots while they can be told apart')
  }
  t.end()
})

t.test('a picture of many blocks is no larger than a screen shows', (t) => {
  const file = join(t.testdir(), 'history.svg')
  writePlot(file, historyOf(20_000), { range: { from: 0, to: 1e6 }, assets: ['XBT'] })
  t.ok(readFileSync(file).length < 1e6)
  t.end()
})

t.test('nothing to draw, or nowhere', (t) => {
  const choice = { range: { from: 0, to: 1 }, assets: ['XBT'] }
  t.throws(() => writePlot('x.svg', historyOf(0), choice), { code: 'E_CLI_PLOT' })
  const nowhere = join(t.testdir(), 'gone', 'history.svg')
  t.throws(() => writePlot(nowhere, historyOf(2), choice), { code: 'E_CLI_PLOT' })
  t.end()
})
