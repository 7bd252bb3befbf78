/**
 * By hand: a miner for `MINUTES` minutes (default 60) on an embedded network with blocks of 30 s, while its wall clock is
 * set back by 5 h, forwards by 5 h and back by 40 min, and an exchange answers 30 MB of brackets each minute. Prints a
 * line a minute and a summary; exit code 1 if a block is missed, a step is not counted, the event loop lags or memory
 * grows. Needs `cc`. `DIR` keeps a folder of ByteMaps between runs, `FLAGS` are more flags of the miner.
 *
 *   npm run build && MINUTES=60 node --import '#typescript' test/soak-clock.ts
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import axios from 'axios'

import { startDevExchange } from '../oracle/prices/dev/index.js'
import { steppedClock } from './fixtures/clock-shim.js'
import { start, type Event } from './fixtures/program.js'

const MINUTES = Number(process.env['MINUTES'] ?? 60)
const FLAGS = (process.env['FLAGS'] ?? '').split(' ').filter((word) => word !== '')
const MAPS = process.env['DIR'] ?? join(homedir(), '.lxrhash')
const BLOCK_SECONDS = 30
const SCRAPE_MS = 2_000
const HOUR = 3_600
/** When (as a share of the time), and by how many seconds the clock is off from then on. */
const STEPS = [
  { at: 0.25, offset: -5 * HOUR, name: 'back by 5 h' },
  { at: 0.5, offset: 0, name: 'forwards by 5 h' },
  { at: 0.75, offset: -40 * 60, name: 'back by 40 min' },
]
const LIMITS = { lagSeconds: 0.05, growthMiB: 150 }
/** The venue that answers brackets, and how long they are. */
const VENUE = 'okx'
const BRACKETS = '['.repeat(30_000_000)

const folder = mkdtempSync(join(tmpdir(), 'soak-clock-'))
const clock = steppedClock(folder)
if (clock === null) throw new Error('there is no C compiler (cc) to build the stepped clock with')
const began = performance.now()
const minutes = (): number => (performance.now() - began) / 60_000
const say = (text: string): void =>
  void process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`)

let brackets = 0
const exchange = await startDevExchange({
  faults: {
    reply: (venue) => {
      if (venue !== VENUE || minutes() < brackets + 1) return undefined
      brackets = Math.floor(minutes())
      return { kind: 'body', type: 'application/json', text: BRACKETS }
    },
  },
})
const network = start([
  ...['dev', '--port', '0', '--wallet-port', 'off', '--block-seconds', String(BLOCK_SECONDS)],
  ...['--data-dir', join(folder, 'network'), '--json'],
])
const { api = '', ecSecret, fctAddress = '' } = (await network.event('dev')) as Event & Record<string, string>
const miner = start(
  [
    ...['mine', '--network', 'local', '--bits', '24', ...FLAGS, '--factomd', api, '--exchange', exchange.url],
    ...['--records', '25', '--coinbase', fctAddress, '--dir', MAPS, '--identity', 'soak'],
    ...['--data-dir', join(folder, 'mine'), '--metrics-port', '0', '--json'],
  ],
  { HOME: folder, PEGMINER_MINER_EC_SECRET: ecSecret ?? '', ...clock.env },
  clock.nodeFlags,
)
const { metrics } = await miner.event('start')

interface Sample {
  readonly at: number
  readonly rss: number
  readonly lag: number
}
const samples: Sample[] = []
let text = ''
/** The value of a metric, its series added up. */
function valueOf(name: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith(name))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
const countOf = (kind: string): number => miner.events.filter(({ event }) => event === kind).length

let [failedScrapes, nextMinute] = [0, 1]
const steps = [...STEPS]
while (minutes() < MINUTES) {
  const [step] = steps
  if (step !== undefined && minutes() >= step.at * MINUTES) {
    steps.shift()
    clock.set(step.offset)
    say(`the clock is set ${step.name}`)
  }
  try {
    text = (await axios.get<string>(metrics as string, { timeout: 4_000 })).data
    const rss = valueOf('process_resident_memory_bytes') / 2 ** 20
    samples.push({ at: minutes(), rss, lag: valueOf('nodejs_eventloop_lag_p99_seconds') })
  } catch {
    failedScrapes++
  }
  if (minutes() > nextMinute) {
    nextMinute++
    const { rss = 0, lag = 0 } = samples.at(-1) ?? {}
    say(
      `${rss.toFixed(0)} MiB, lag p99 ${(1000 * lag).toFixed(0)} ms; ${countOf('graded')} blocks graded, ` +
        `${countOf('skipped')} skipped, ${valueOf('pegnet_clock_steps_total')} steps seen`,
    )
  }
  await wait(SCRAPE_MS)
}
miner.child.kill('SIGTERM')
const { code, stderr } = await miner.ended
network.child.kill('SIGTERM')
await Promise.all([network.ended, exchange.close()])

const problems: string[] = []
const heightsOf = (kind: string): number[] => [
  ...new Set(miner.events.filter(({ event }) => event === kind).map(({ height }) => height as number)),
]
const graded = new Set(heightsOf('graded'))
const landed = new Set(
  miner.events
    .filter(({ event, status }) => event === 'entry' && status === 'landed')
    .map(({ height }) => height as number),
)
const blocks = heightsOf('block')
// The first may be joined late, the last two are not graded when the program ends.
const whole = blocks.slice(1, -2)
const missed = whole.filter((height) => !graded.has(height) || !landed.has(height))
for (const { event, height, code: reason, reason: why } of miner.events)
  if (event === 'skipped') say(`skipped ${String(height)}: ${String(reason)} ${String(why)}`)
const reasons = new Map<string, number>()
for (const { event, status, height, reason } of miner.events)
  if (event === 'entry' && status === 'missed') {
    const why = `missed ${String(height)}: ${String(reason)}`
    reasons.set(why, (reasons.get(why) ?? 0) + 1)
  }
for (const [why, count] of reasons) say(`${why} (${count})`)
if (missed.length > 0) problems.push(`blocks without a record of ours: ${missed.join(' ')}`)
const seen = miner.events.filter(
  ({ event, code: noticeCode }) => event === 'notice' && noticeCode === 'E_CLI_CLOCK',
)
for (const { message } of seen) say(String(message))
if (seen.length !== STEPS.length || valueOf('pegnet_clock_steps_total') !== STEPS.length)
  problems.push(`${seen.length} steps were said, ${valueOf('pegnet_clock_steps_total')} counted`)
const lags = samples.map(({ lag }) => lag).sort((a, b) => a - b)
const [typical = 0, most = 0] = [lags[Math.floor(lags.length / 2)], lags.at(-1)]
const settled = samples.filter(({ at }) => at > MINUTES / 5).map(({ rss }) => rss)
const [first = 0, last = 0, peak] = [settled[0], settled.at(-1), Math.max(...samples.map(({ rss }) => rss))]
say(
  `${whole.length - missed.length} of ${whole.length} blocks graded with records of ours; event loop's p99 lag ` +
    `${(1000 * typical).toFixed(1)} ms, at worst ${(1000 * most).toFixed(1)} ms; memory ${first.toFixed(0)} to ` +
    `${last.toFixed(0)} MiB, at most ${peak.toFixed(0)}; ${brackets} replies of 30 MB; ${failedScrapes} scrapes failed`,
)
if (typical > LIMITS.lagSeconds) problems.push('the event loop lags')
if (last - first > LIMITS.growthMiB) problems.push('memory grows')
if (code !== 130 || /unhandled|\n\s+at /i.test(stderr))
  problems.push(`ended with ${code}: ${stderr.slice(-300)}`)
say(problems.length === 0 ? 'fine' : problems.join('; '))
rmSync(folder, { recursive: true, force: true })
process.exitCode = problems.length === 0 ? 0 : 1
