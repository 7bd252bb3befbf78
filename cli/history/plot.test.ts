import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

import type { HistoryQueries } from '../../oracle/index.js'
import { runHere } from '../../test/fixtures/in-process.js'
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

t.test('a result that could not be written is refused before it is worked out', async (t) => {
  const dir = t.testdir({ 'basket.yaml': 'holdings: { pUSD: 1 }\nband: 5\n', there: '' })
  const [gone, there] = [join(dir, 'gone', 'x.svg'), join(dir, 'there')]
  const basket = ['basket', 'simulate', join(dir, 'basket.yaml')]
  const long = ['pegs', 'simulate', '--days', '365', '--accounts', '10000']
  const wrong: readonly (readonly [words: readonly string[], code: number, text: RegExp])[] = [
    [['history', '--plot', gone], 1, /E_CLI_PLOT: .*x\.svg cannot be written: ENOENT/],
    [[...basket, '--plot', gone], 1, /E_CLI_PLOT: .*x\.svg cannot be written: ENOENT/],
    [['simulate', 'attack', '--blocks', '1000000', '--plot', gone], 1, /E_CLI_PLOT: .*x\.svg cannot be/],
    [['explorer', 'plot', 'power', '--out', gone], 1, /E_CLI_PLOT: .*x\.svg cannot be written: ENOENT/],
    [[...long, '--out', there], 1, /E_CLI_PLOT: .*there cannot be written: EEXIST/],
    [['ledger', 'checkpoint', join(dir, 'gone', 'x')], 2, /E_LEDGER_CHECKPOINT: .*gone\/x: ENOENT/],
    [['bench', '--out', there], 2, /E_BENCH_OUT: .*EEXIST/],
    [['wallet', 'send', '1', 'PEG', 'x', '--out', there], 2, /E_CONFIG_EXISTS: .*is there already/],
    [
      ['wallet', 'sign', join(dir, 'basket.yaml'), '--out', gone],
      2,
      /E_CONFIG_VALUE: .*cannot be written: ENOENT/,
    ],
    ...[['history'], basket, ['simulate', 'attack']].map(
      (words) => [[...words, '--plot', join(dir, 'x.jpg')], 2, /a name that ends in \.svg or \.png/] as const,
    ),
  ]
  for (const [words, code, text] of wrong) {
    const found = await runHere(words, '', { PEGMINER_DATA_DIR: dir, PEGMINER_CONFIG: 'off' })
    const name = words.join(' ')
    t.match(found, { code, stdout: '', stderr: text }, name)
    t.equal(found.stderr.trim().split('\n').length, 1, name)
  }
  t.same(readdirSync(dir).sort(), ['basket.yaml', 'there'], 'and nothing is left')
})
