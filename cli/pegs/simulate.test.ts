/** `pegs simulate`: what it prints, and what is in its files. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import t, { type Test } from 'tap'

import { openChainDatabase } from '../../chain/index.js'
import { createGradedHistory, HISTORY_FILE } from '../../oracle/index.js'
import { DEV, fromNonce } from '../../oracle/history/fixtures/small-chain.js'
import { ChainNode } from '../../test/fixtures/chain-node.js'
import { runProgram } from '../program/program.js'

type Event = Readonly<Record<string, unknown>>

async function simulate(...words: string[]): Promise<{ code: number; events: Event[]; said: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  let [text, said] = ['', '']
  stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const io = { stdin: Readable.from([]), stdout, stderr, env: {}, interrupted: new AbortController().signal }
  const code = await runProgram(['pegs', 'simulate', '--json', ...words], io)
  const events = text.split('\n').slice(0, -1)
  return { code, said, events: events.map((line) => JSON.parse(line) as Event) }
}

/** A data directory whose history has graded prices of XBT: 1 coin, three days of blocks later 0.7. */
function pastOf(t: Test): string {
  const dir = t.testdir({ a: {}, b: {} })
  createGradedHistory({ client: new ChainNode().client, network: DEV, difficulty: fromNonce, dir }).close()
  const db = openChainDatabase({ file: join(dir, HISTORY_FILE), schemas: [] })
  for (const [height, price] of [
    [1_000, 100_000_000],
    [1_432, 70_000_000],
  ] as const)
    db.run('INSERT INTO rates (asset, height, price) VALUES (?, ?, ?)', 'XBT', height, price)
  db.close()
  return dir
}

const FILES = ['simulation.csv', 'simulation.json', 'simulation.svg'] as const

t.test('a path of graded prices: events, table, JSON and picture tell the same', async (t) => {
  const dir = pastOf(t)
  const run = (folder: string, ...more: string[]) =>
    simulate(
      ...['--path', 'history:XBT', '--days', '7', '--accounts', '40', '--data-dir', dir],
      ...['--out', join(dir, folder), ...more],
    )
  const read = (folder: string) => FILES.map((name) => readFileSync(join(dir, folder, name), 'utf8'))
  const { code, events } = await run('a', '--thresholds', '90,1,60')
  t.equal(code, 0)
  const [csv = '', json = '', svg = ''] = read('a')
  const [header = '', ...rows] = csv
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','))
  const cell = (row: number, name: string) => rows.at(row)?.[header.indexOf(name)]
  t.same([cell(0, 'height'), cell(0, 'market'), cell(0, 'price')], ['0', '1.00000000', '1.00000000'])
  t.same([cell(-1, 'height'), cell(-1, 'market'), cell(-1, 'price')], ['10080', '0.70000000', '0.70000000'])
  const middle = rows.find((row) => Number(row[0]) >= 4_320) ?? []
  t.ok(Number(middle[header.indexOf('price')]) > 0.7, 'after three days the price is behind the market')
  const printed = events.at(-1)
  t.match(printed, { event: 'pegs.simulated', accounts: 40, path: 'history:XBT' })
  t.ok(Number(printed?.['liquidated']) > 0)
  t.equal(Number(cell(-1, 'liquidated')), printed?.['liquidated'])
  t.equal(Number(cell(-1, 'lost')), printed?.['lostAtEnd'])
  for (const [k] of rows.entries())
    t.ok(['safe', 'yellow', 'red', 'lost'].reduce((sum, zone) => sum + Number(cell(k, zone)), 0) <= 40)
  type Written = { title: string; samples: Event[]; fates: Event[]; begun: Event[]; ended: Event[] }
  const all = JSON.parse(json) as Written
  t.match(all.title, /^40 accounts, 7 days, path history:XBT, seed pegminer, limits 90,1,60 %$/)
  t.equal(all.samples.length, rows.length)
  t.same([all.begun.length, all.ended.length], [40, 40])
  t.match(all.samples.at(-1), { market: '0.70000000', debt: cell(-1, 'debt'), pool: cell(-1, 'pool') })
  t.same(
    all.fates,
    events
      .filter(({ event }) => event === 'pegs.fate')
      .map(({ height, account, fate, ratio, profit }) => ({ height, account, fate, ratio, profit })),
  )
  t.match(svg, /^<svg[^>]* viewBox="0 0 900 \d+"/)
  for (const word of ['Coins for a token', 'Cover', 'Accounts', 'liquidated', all.title])
    t.ok(svg.includes(word), word)
  t.notMatch(svg, /NaN|Infinity|undefined/)
  t.ok((svg.match(/<(polyline|path)\b/g) ?? []).length >= 7, 'a line for each of seven values')
  await run('b', '--thresholds', '90,1,60')
  t.same(read('b'), [csv, json, svg], 'the same seed, the same files')
  const other = await run('b', '--thresholds', '90,1,60', '--seed', 'other')
  t.notSame(other.events, events)
  const usual = await run('b')
  t.match(usual.events.at(-1), { liquidated: 0 }, 'with the usual limit of the whole peg none is liquidated')
  t.match(
    (await simulate('--path', 'history:ETH', '--data-dir', dir)).said,
    /the history has no price of ETH/,
  )
  t.match((await simulate('--path', 'history:XBT', '--data-dir', join(dir, 'none'))).said, /E_HISTORY_NONE/)
  t.match((await simulate('--thresholds', '90,90')).said, /--thresholds needs account,global,yellow/)
  t.match((await simulate('--path', 'down')).said, /--path is walk:PERCENT, history:ASSET, or times/)
})
