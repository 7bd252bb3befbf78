/**
 * By hand: three gateways, each on a pair of embedded chains of its own, with random trouble for `MINUTES` minutes
 * (default 60). Prints a line a minute; at the end every header and every payout is checked. Exit code 1 if anything
 * is missing, doubled, or rejects unseen.
 *
 *   MINUTES=60 node --import @tapjs/typescript/import test/feed-endurance.ts
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

import { startDevKomodo, type DevKomodo } from '../komodo/dev/index.js'
import { createFeed, type GatewaySettings, type GatewayView, type HeaderEvent } from '../oracle/index.js'
import { reachable, settingsOf, truth } from '../oracle/feed/fixtures/rig.js'
import { encodePayload } from '../komodo/index.js'

const MINUTES = Number(process.env['MINUTES'] ?? 60)
const BLOCK_SECONDS = { asset: 3, reference: 6 }
const DEPTH = 10
const AMOUNT = 30_000_000n
const folder = mkdtempSync(join(tmpdir(), 'feed-endurance-'))
const say = (text: string): void =>
  void process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`)

let unhandled = 0
process.on('unhandledRejection', (reason) => {
  unhandled++
  say(`UNHANDLED ${String(reason)}`)
})

const pairs: DevKomodo[] = []
for (const k of [0, 1, 2])
  pairs.push(
    await startDevKomodo({
      dataDir: join(folder, `chains${k}`),
      seed: `endurance ${k}`,
      subscriptions: 8,
      blockSeconds: BLOCK_SECONDS,
      walletDelayMs: 500,
    }),
  )
const gateways = pairs.map((chains, k): GatewaySettings => ({
  ...settingsOf(chains, {
    folder,
    more: { name: `gateway${k}`, poll: 2, funds: { outputs: 8, amount: '0.1' } },
  }),
  timeoutMs: 2_000,
}))
const feed = createFeed({
  gateways,
  dataDir: join(folder, 'feed'),
  lockFolder: join(folder, 'locks'),
  dryRun: false,
  once: false,
  headers: null,
  withdrawals: null,
  report: null,
  sleep: (ms, signal) => wait(ms, undefined, { signal }).catch(() => undefined),
  now: Date.now,
})
const headers: HeaderEvent[] = []
const notices = new Map<string, number>()
feed.on((event) => {
  if (event.event === 'header') headers.push(event)
  if (event.event === 'notice') notices.set(event.code, (notices.get(event.code) ?? 0) + 1)
})
const stop = new AbortController()
const running = feed.run(stop.signal)

const pick = (n: number): number => Math.floor(Math.random() * n)
const requests = pairs.map((): string[] => [])
const trouble: Record<string, (chains: DevKomodo, k: number) => Promise<void> | void> = {
  'reference reorg': ({ control }) => void control.reorg('reference', 1 + pick(15)),
  'asset reorg': ({ control }) => void control.reorg('asset', 1 + pick(3)),
  'asset daemon hangs': async ({ control }) => {
    control.hang('asset')
    await wait(8_000)
    await control.restart('asset')
  },
  'asset daemon freezes': async ({ control }) => {
    control.freeze('asset')
    await wait(12_000)
    await control.restart('asset', 0, { loseMempool: true })
  },
  'reference daemon stops': async ({ control }) => {
    await control.stop('reference')
    await wait(6_000)
    await control.restart('reference')
  },
  'asset daemon killed': async ({ control }) => {
    await control.stop('asset')
    await wait(3_000)
    await control.restart('asset', 0, { loseMempool: true })
  },
  'warm-up': async ({ control }) => {
    control.warmUp('asset', 'Loading block index...')
    await wait(5_000)
    control.warmUp('asset', null)
  },
  withdrawal: ({ control }, k) => {
    try {
      requests[k]!.push(control.withdraw({ amount: AMOUNT }))
    } catch (error) {
      say(`a withdrawal was not possible: ${String(error)}`)
    }
  },
}

const counts = new Map<string, number>()
const memory: number[] = []
const recoveries: number[] = []
const end = Date.now() + MINUTES * 60_000
let nextLine = 0
const stateOf = ({ relay, trouble: text, daemons }: GatewayView): string =>
  [relay?.state.state, relay && 'why' in relay.state ? relay.state.why : '', daemons.asset, text ?? '']
    .filter(Boolean)
    .join(' ')
const lags = (): (number | null)[] => feed.views.map(({ relay }) => relay?.plan?.lag ?? null)
while (Date.now() < end) {
  await wait(10_000 + pick(15_000))
  const k = pick(3)
  const only = process.env['TROUBLE']?.split(',')
  const names = Object.keys(trouble).filter((name) => only?.includes(name) ?? true)
  const name = names[pick(names.length)]!
  counts.set(name, (counts.get(name) ?? 0) + 1)
  await trouble[name]!(pairs[k]!, k)
  const began = Date.now()
  while (Date.now() - began < 240_000) {
    await wait(1_000)
    const view = feed.views[k]!
    if (view.relay?.plan && view.relay.plan.lag <= 1 && (view.relay.lastPass ?? 0) > began) break
  }
  recoveries.push(Date.now() - began)
  memory.push(process.memoryUsage().rss)
  if (Date.now() > nextLine || Date.now() - began > 60_000) {
    nextLine = Date.now() + 60_000
    const rss = Math.round(process.memoryUsage().rss / 2 ** 20)
    say(
      `rss ${rss} MiB, lag ${lags().join(' ')} (${feed.views.map(stateOf).join('; ')}), ${headers.length} headers, last recovery ${recoveries.at(-1)} ms after ${name}`,
    )
  }
}
say('waiting for quiet')
let quiet = 0
for (let k = 0; k < 240 && quiet < 5; k++) {
  await wait(1_000)
  const done = feed.views.every(({ file }) =>
    Object.values(file.state.withdrawals).every(({ step }) => step === 'done'),
  )
  quiet = done && lags().every((lag) => lag !== null && lag <= 1) ? quiet + 1 : 0
}
stop.abort()
await running

let wrong = 0
for (const [k, chains] of pairs.entries()) {
  const found = await reachable(chains)
  const newest = new Map(found.map((header) => [header.height, encodePayload(header)]))
  const true_ = await truth(chains, [...newest.keys()])
  const heights = [...newest.keys()].sort((a, b) => a - b)
  const missing = heights.at(-1)! - heights[0]! + 1 - heights.length
  const differ = heights.filter(
    (height) =>
      newest.get(height) !== true_.get(height) && height <= chains.control.height('reference') - DEPTH,
  )
  const repairs = headers.filter(({ gateway, why }) => gateway === `gateway${k}` && why === 'repair').length
  const doubled = found.length - heights.length
  const states = Object.values(feed.views[k]!.file.state.withdrawals).map(({ step }) => step)
  const paid = chains.control.balance('reference', chains.user.address)
  say(
    `gateway${k}: ${heights.length} heights from ${heights[0]}, missing ${missing}, wrong ${differ.length}, written twice ${doubled} (${repairs} repairs), ` +
      `withdrawals asked ${requests[k]!.length}, ${states.filter((step) => step === 'done').length} done of ${states.length} seen; user holds ${paid}`,
  )
  if (missing > 0 || differ.length > 0 || states.some((step) => step !== 'done')) wrong++
}
const sorted = [...recoveries].sort((a, b) => a - b)
say(`trouble: ${[...counts].map(([name, count]) => `${name} ${count}`).join(', ')}`)
say(`notices: ${[...notices].map(([code, count]) => `${code} ${count}`).join(', ')}`)
say(
  `recovery: median ${sorted[sorted.length >> 1]} ms, worst ${sorted.at(-1)} ms; rss first ${memory[2]}, last ${memory.at(-1)}, most ${Math.max(...memory)}`,
)
say(`unhandled rejections: ${unhandled}`)
for (const chains of pairs) await chains.close()
rmSync(folder, { recursive: true, force: true })
process.exit(wrong > 0 || unhandled > 0 ? 1 : 0)
