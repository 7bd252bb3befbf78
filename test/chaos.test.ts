/**
 * Everything that can go wrong with a node, while the miner is killed again and again. `CHAOS=20x30` makes it 20
 * blocks of 30 seconds with all troubles (`npm run test:chaos`); in CI it is a short one.
 */
import t from 'tap'

import { runChaos, type Trouble } from './fixtures/chaos.js'

const LONG: readonly Trouble[] = [
  ...(['none', 'dropped commits', 'HTTP 400', 'HTTP 401', 'HTTP 500', 'reset', 'stall', 'none'] as const),
  ...(['restart', 'minute 10', 'none', 'catching up', 'catching up', 'catching up', 'none'] as const),
  ...(['empty', 'none', 'clock', 'clock', 'none'] as const),
]
const SHORT: readonly Trouble[] = [
  'dropped commits',
  'HTTP 500',
  'reset',
  'restart',
  'minute 10',
  'catching up',
]

const [, blocks = '', seconds = ''] = /^(\d+)x(\d+)$/.exec(process.env['CHAOS'] ?? '') ?? []
const long = blocks !== ''
const troubles = long ? Array.from({ length: +blocks }, (_, k) => LONG[k % LONG.length] ?? 'none') : SHORT

t.test(`${troubles.length} blocks of trouble`, { timeout: 3_600_000 }, async (t) => {
  const report = await runChaos({
    troubles,
    blockSeconds: long ? +seconds : 6,
    kills: long ? 5 : 1,
    bits: long ? 16 : 12,
    dir: t.testdir(),
    say: (line) => t.comment(line),
  })
  t.comment(JSON.stringify(report, null, 2))
  t.ok(report.harmedCalls > 0, 'there was trouble')
  t.equal(report.unfinished, 0, 'every record of a saved block has its final state')
  t.equal(report.unknown, 0, 'nothing was charged that the journal does not know')
  t.equal(report.twice, 0, 'nothing was charged twice')
  t.equal(report.wrong, 0, 'what landed is in its block, and what is in its block landed')
  t.equal(report.balance, report.expectedBalance, 'every entry credit is accounted for')
  t.same(report.crashes, [], 'the miner never ended by itself')
  t.notMatch(report.stderr, /unhandled|\n\s+at /i)
  const [first = 0, last = 0] = [report.memory[1], report.memory.at(-1)]
  t.ok(last < first + 150, `memory from ${first} to ${last} MiB`)
})
