/**
 * By hand: a miner and a feed on embedded networks for `MINUTES` minutes (default 120), scraped every five
 * seconds, with a listener to the stream of events, a configuration file that changes every minute, and random pauses.
 * Prints a line a minute and a summary; exit code 1 if memory grows, a block is missed that was not paused, the event
 * loop lags or a change of the file is not taken. `DIR` keeps a folder of ByteMaps between runs, `FLAGS` are more flags of
 * the miner (`--threads 1 --nice 19` leaves the machine to others).
 *
 *   npm run build && MINUTES=120 node --import '#typescript' test/soak.ts
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import axios from 'axios'

import { startDevKomodo } from '../komodo/dev/index.js'
import { gatewayOf } from './fixtures/gateway.js'
import { start, type Event, type Running } from './fixtures/program.js'

const MINUTES = Number(process.env['MINUTES'] ?? 120)
const FLAGS = (process.env['FLAGS'] ?? '').split(' ').filter((word) => word !== '')
const MAPS = process.env['DIR'] ?? join(homedir(), '.lxrhash')
const BLOCK_SECONDS = 30
const SCRAPE_MS = 5_000
/** The first minutes fill caches and histories. */
const WARM_UP_SHARE = 0.2
const TOKEN = 'soak-token-0123456789'
const LIMITS = { lagSeconds: 0.05, growthMiBHour: 20 }

interface Sample {
  /** Minutes since the start. */
  readonly at: number
  readonly rss: number
  readonly heap: number
  readonly lag: number
}
interface Watched {
  readonly name: string
  readonly url: string
  readonly samples: Sample[]
  text: string
}

const folder = mkdtempSync(join(tmpdir(), 'soak-'))
const config = join(folder, 'pegminer.yaml')
const began = performance.now()
const minutes = (): number => (performance.now() - began) / 60_000
const say = (text: string): void =>
  void process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`)

/** The value of a metric, its series added up. */
function valueOf(text: string, name: string, labels = ''): number {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}${labels}`))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}

/** Least squares: units an hour. */
function slope(points: readonly (readonly [minute: number, value: number])[]): number {
  const mean = (k: 0 | 1): number => points.reduce((sum, point) => sum + point[k], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const over = points.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0)
  const under = points.reduce((sum, [a]) => sum + (a - x) ** 2, 0)
  return (60 * over) / under
}

async function scrape(watched: Watched): Promise<void> {
  watched.text = (await axios.get<string>(watched.url, { timeout: 4_000 })).data
  watched.samples.push({
    at: minutes(),
    rss: valueOf(watched.text, 'process_resident_memory_bytes') / 2 ** 20,
    heap: valueOf(watched.text, 'nodejs_heap_size_used_bytes') / 2 ** 20,
    lag: valueOf(watched.text, 'nodejs_eventloop_lag_p99_seconds'),
  })
}

const post = (url: string, action: string): Promise<unknown> =>
  axios.post(new URL(`/api/v1/${action}`, url).href, null, { headers: { authorization: `Bearer ${TOKEN}` } })

const writeConfig = (turn: number): void =>
  writeFileSync(
    config,
    `miner:\n  identity: soak${turn}\nlog:\n  level: ${turn % 2 === 0 ? 'info' : 'warn'}\n`,
  )

async function watch(program: Running, name: string): Promise<Watched> {
  const { metrics } = await program.event('start')
  return { name, url: metrics as string, samples: [], text: '' }
}

writeConfig(0)
// The networks grow as they must, so they have processes of their own: what is measured is the miner and the feed.
const network = start([
  ...['dev', '--port', '0', '--wallet-port', 'off', '--block-seconds', String(BLOCK_SECONDS)],
  ...['--data-dir', join(folder, 'network'), '--json'],
])
const { api, exchange, ecSecret, fctAddress } = (await network.event('dev')) as Event & Record<string, string>
const chains = await startDevKomodo({
  dataDir: join(folder, 'komodo'),
  subscriptions: 8,
  blockSeconds: { asset: 3, reference: 6 },
})
const feedConfig = join(folder, 'feed.yaml')
const section = { gateways: [{ name: 'soak', ...gatewayOf(chains) }] }
writeFileSync(feedConfig, JSON.stringify({ feed: section }), { mode: 0o600 })
const miner = start(
  [
    ...[
      'mine',
      '--network',
      'local',
      '--bits',
      '24',
      ...FLAGS,
      '--factomd',
      api ?? '',
      '--exchange',
      exchange ?? '',
    ],
    ...['--records', '25', '--coinbase', fctAddress ?? '', '--config', config, '--dir', MAPS],
    ...['--data-dir', join(folder, 'mine'), '--metrics-port', '0', '--json'],
  ],
  { HOME: folder, PEGMINER_TELEMETRY_TOKEN: TOKEN, PEGMINER_MINER_EC_SECRET: ecSecret ?? '' },
)
const feed = start(
  ['feed', '--config', feedConfig, '--data-dir', join(folder, 'feed'), '--metrics-port', '0', '--json'],
  { HOME: folder },
)
const watched = [await watch(miner, 'mine'), await watch(feed, 'feed')]
const [mining] = watched as [Watched, ...Watched[]]
let news = 0
const stream = get(new URL('/api/v1/events', mining.url), (reply) => reply.on('data', () => news++))

/** Heights of blocks in which the miner was held for a while. */
const paused = new Set<number>()
let [writes, failedScrapes, held] = [0, 0, false]
let nextMinute = 1
let nextPause = 3
while (minutes() < MINUTES) {
  for (const each of watched) await scrape(each).catch(() => failedScrapes++)
  const height = valueOf(mining.text, 'pegnet_factom_height')
  if (held) {
    paused.add(height).add(height + 1)
    if (Math.random() < 0.3) {
      await post(mining.url, 'resume')
      held = false
      nextPause = minutes() + 2 + 6 * Math.random()
    }
  } else if (minutes() > nextPause) {
    await post(mining.url, 'pause')
    held = true
    paused.add(height).add(height + 1)
  }
  if (minutes() > nextMinute) {
    nextMinute++
    writeConfig(++writes % 5)
    const figures = watched.map(({ name, samples }) => {
      const { rss = 0, heap = 0, lag = 0 } = samples.at(-1) ?? {}
      return `${name} ${rss.toFixed(0)} MiB, heap ${heap.toFixed(0)}, lag ${(1000 * lag).toFixed(0)} ms`
    })
    say(`${figures.join('; ')}; height ${height}, ${news} pieces of news${held ? '; paused' : ''}`)
  }
  await wait(SCRAPE_MS)
}
stream.destroy()
if (held) await post(mining.url, 'resume')
for (const { child } of [miner, feed]) child.kill('SIGTERM')
const ends = await Promise.all([miner.ended, feed.ended])
network.child.kill('SIGTERM')
await Promise.all([network.ended, chains.close()])

const problems: string[] = []
const graded = new Set(
  miner.events.filter(({ event }) => event === 'graded').map(({ height }) => height as number),
)
const minuteEvents = miner.events.filter(({ event }) => event === 'block')
const blocks = [...new Set(minuteEvents.map(({ height }) => height as number))]
// The first may be joined late, the last two are not graded when the program ends.
const missed = blocks.slice(1, -2).filter((height) => !graded.has(height) && !paused.has(height))
if (missed.length > 0) problems.push(`missed blocks ${missed.join(' ')}`)
for (const { name, samples } of watched) {
  const settled = samples.filter(({ at }) => at > WARM_UP_SHARE * MINUTES)
  const rss = slope(settled.map((sample) => [sample.at, sample.rss]))
  const heap = slope(settled.map((sample) => [sample.at, sample.heap]))
  const lag = settled.map((sample) => sample.lag).sort((a, b) => a - b)
  const [typical = 0, most = 0] = [lag[Math.floor(lag.length / 2)], lag.at(-1)]
  say(
    `${name}: RSS ${rss.toFixed(1)} MiB an hour, heap ${heap.toFixed(1)} MiB an hour, ` +
      `event loop's p99 lag ${(1000 * typical).toFixed(1)} ms, at worst ${(1000 * most).toFixed(1)} ms`,
  )
  if (Math.max(rss, heap) > LIMITS.growthMiBHour) problems.push(`${name} grows`)
  if (typical > LIMITS.lagSeconds) problems.push(`${name}'s event loop lags`)
}
const reloads = valueOf(mining.text, 'pegnet_config_reloads_total', '{result="success"}')
say(
  `${graded.size} blocks graded of ${blocks.length}, ${paused.size} paused; ${reloads} of ${writes} changes of the file taken`,
)
if (reloads < writes - 1) problems.push('changes of the file were not taken')
if (news === 0) problems.push('no news came')
for (const { code, stderr } of ends)
  if (code !== 130 || /unhandled|\n\s+at /i.test(stderr))
    problems.push(`ended with ${code}: ${stderr.slice(-300)}`)
say(`${failedScrapes} scrapes failed`)
say(problems.length === 0 ? 'fine' : problems.join('; '))
rmSync(folder, { recursive: true, force: true })
process.exitCode = problems.length === 0 ? 0 : 1
