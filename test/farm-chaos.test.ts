/**
 * A farm in which everything dies, and cheats. `CHAOS=20x30` makes it 20 blocks of 30 seconds (`npm run test:farm`); in
 * CI it is a short one.
 */
import t from 'tap'

import { hasNatsServer } from '../miner/farm/index.js'
import { runFarmChaos, type FarmChaosReport } from './fixtures/farm-chaos.js'
import { lostHits, strays, workedTwice } from './fixtures/farm-logs.js'
import type { Event } from './fixtures/program.js'

const [, blocks = '', seconds = ''] = /^(\d+)x(\d+)$/.exec(process.env['CHAOS'] ?? '') ?? []
const long = blocks !== ''
const skip = !hasNatsServer() && 'no nats-server is installed (apt install nats-server)'

t.test('logs that show what must not be are told', (t) => {
  const at = (second: number, event: string, from: number, to: number): Event => ({
    ...{ event, time: new Date(second * 1000).toISOString(), oprHash: 'aa'.repeat(32) },
    ...{ from: String(from), to: String(to) },
  })
  const hit = { ...at(2, 'hit', 0, 0), nonce: '07' }
  const one = { name: 'one', events: [at(1, 'lease', 1, 10), hit, at(3, 'freed', 5, 10)] }
  t.same(workedTwice([one, { name: 'two', events: [at(4, 'lease', 5, 10)] }]), [])
  t.match(workedTwice([one, { name: 'two', events: [at(2, 'lease', 5, 10)] }]), [/^two began 5 to 10/])
  t.match(workedTwice([one, { name: 'one again', events: [at(4, 'lease', 4, 6)] }]), [/which one had begun/])
  const oprHash = 'aa'.repeat(32)
  const best = { oprHash, nonce: '07', difficulty: 9n }
  t.same(strays([one], [best]), [])
  t.same(strays([{ name: 'two', events: [at(1, 'lease', 1, 7), hit] }], [best]), ['07 of aaaaaaaa'])
  const seen = [
    { oprHash, nonce: '08', difficulty: 10n, atMs: 100 },
    { oprHash, nonce: '09', difficulty: 8n, atMs: 100 },
    { oprHash, nonce: '0a', difficulty: 11n, atMs: 950 },
  ]
  t.same(lostHits({ seen, endedMs: new Map([[oprHash, 1000]]) }, [best], 100), [
    '08 of aaaaaaaa, taken 1 s before its end',
  ])
  t.end()
})

t.test('a farm in which everything dies', { skip, timeout: 3_600_000 }, async (t) => {
  const report = await runFarmChaos({
    blocks: long ? +blocks : 2,
    // A successor needs five seconds, and must have heard of each machine before minute 9.
    blockSeconds: long ? +seconds : 20,
    bits: long ? 16 : 10,
    dir: t.testdir(),
    cutSeconds: long ? 20 : 3,
    flood: long ? 10_000 : 1_000,
    say: (line) => t.comment(line),
  })
  t.ok(
    Object.values(report.kills).every((count) => count > 0),
    'everything died at least once',
  )
  t.ok(report.landed >= 25 && report.hits > 0, 'and yet records were published')
  t.equal(report.unknown, 0, 'nothing was charged that the journal does not know')
  t.equal(report.twice, 0, 'nothing was charged twice')
  t.equal(report.credits, report.charged, 'each record costs one credit')
  t.equal(report.balance, report.expectedBalance, 'every entry credit is accounted for')
  t.same(report.workedTwice, [], 'no range was worked twice')
  t.same(report.strays, [], 'each nonce lies in a range that its sender held')
  t.same(report.lost, [], 'no hit that was acknowledged is lost')
  t.ok(
    report.refused.length > 0 && report.refused.every((name) => name.startsWith('villain.')),
    'those who cheat are refused, and they alone',
  )
  t.notMatch(report.stderr, /unhandled|\n\s+at |\bEs[1-9A-HJ-NP-Za-km-z]{50}/i)
  // In a short trial on a busy machine the figure says nothing.
  const worst = report.loopMs.slice(Math.floor(report.loopMs.length / 100))
  if (long) t.ok((worst[0] ?? 0) < 100, `event loop: ${worst.slice(0, 5).join(', ')} ms`)
  for (const line of figuresOf(report)) t.comment(line)
})

function figuresOf(report: FarmChaosReport): string[] {
  const { kills, loopMs } = report
  const p99 = loopMs[Math.floor(loopMs.length / 100)]
  return [
    `killed or cut: ${Object.entries(kills)
      .map(([what, count]) => `${what} ${count}`)
      .join(', ')}`,
    `entry credits spent ${report.credits}, records charged ${report.charged}, of them twice ${report.twice}, unknown to the journal ${report.unknown}, landed ${report.landed}`,
    `balance ${report.balance}, by the books ${report.expectedBalance}`,
    `hits acknowledged ${report.hits}, lost ${report.lost.length}`,
    `ranges worked twice ${report.workedTwice.length}, published nonces outside of their sender's ranges ${report.strays.length}`,
    `refused: ${[...new Set(report.refused)].join(', ')}`,
    `event loop of the active coordinator, 99 %: worst ${loopMs[0]} ms, 99 % of ${loopMs.length} looks below ${p99} ms`,
  ]
}
