/** Whole feeds with their loops: gateways beside each other, a daemon that is frozen, reports. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'

import { startChains } from '../../komodo/dev/fixtures/chains.js'
import type { DevKomodo, DevKomodoOptions } from '../../komodo/dev/index.js'
import { accessOf, createKomodoClient } from '../../komodo/index.js'
import type { FeedEvent } from './events.js'
import { createFeed, type FeedOptions } from './feed.js'
import { reachable, settingsOf } from './fixtures/rig.js'
import type { GatewaySettings } from './config.js'
import { until } from '../../test/fixtures/until.js'

const folder = mkdtempSync(join(tmpdir(), 'feed-running-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

/** From one block to the next where many are wanted: time for a look of the feed. */
const BLOCK_MS = 50

async function chainsOf(t: Test, seed: string, options: Partial<DevKomodoOptions> = {}): Promise<DevKomodo> {
  const dataDir = join(folder, seed)
  const chains = await startChains({ dataDir, manual: true, subscriptions: 12, ...options })
  t.teardown(() => chains.close())
  return chains
}

/** Runs until the test's end or `stop`. */
function runFeed(t: Test, gateways: readonly GatewaySettings[], more: Partial<FeedOptions> = {}) {
  const feed = createFeed({
    gateways,
    dataDir: join(folder, t.name),
    lockFolder: join(folder, 'locks'),
    dryRun: false,
    once: false,
    headers: null,
    withdrawals: null,
    report: null,
    sleep: (ms, signal) => wait(Math.min(ms, 20), undefined, { signal }).catch(() => undefined),
    now: Date.now,
    ...more,
  })
  const events: FeedEvent[] = []
  feed.on((event) => void events.push(event))
  const ended = new AbortController()
  const running = feed.run(ended.signal)
  const stop = async (): Promise<void> => {
    ended.abort()
    await running
  }
  t.teardown(stop)
  return { feed, events, stop }
}

const heightsOf = (events: readonly FeedEvent[], gateway: string): number[] =>
  events.flatMap((event) => (event.event === 'header' && event.gateway === gateway ? [event.height] : []))

async function isRow(t: Test, chains: DevKomodo): Promise<void> {
  const heights = (await reachable(chains)).map(({ height }) => height)
  const from = heights[0] ?? 0
  const due = chains.control.height('reference') - 10 - from + 1
  t.same(
    heights,
    Array.from({ length: due }, (_, k) => from + k),
    'every header once, in order',
  )
}

t.test('a daemon that never answers delays no other gateway; reports of all', async (t) => {
  const [one, two] = [await chainsOf(t, 'one'), await chainsOf(t, 'two')]
  const gateways = [one, two].map((chains, k) =>
    settingsOf(chains, { folder, timeoutMs: 3_600_000, more: { name: `g${k}` } }),
  )
  const { feed, events } = runFeed(t, gateways, { report: '* * * * * *' })
  const isIdle = (k: number): boolean => feed.views[k]?.relay?.state.state === 'idle'
  await until(() => isIdle(0) && isIdle(1))
  one.control.mine('asset')
  one.control.hang('asset')
  const before = heightsOf(events, 'g0').length
  for (const { control } of [one, two]) control.mine('reference', 4)
  const txid = two.control.withdraw({ amount: 30_000_000n })
  await until(() => {
    two.control.mine('asset')
    two.control.mine('reference')
    const done = feed.views[1]?.file.state.withdrawals[txid]?.step === 'done'
    return done && heightsOf(events, 'g1').length >= before + 6
  }, BLOCK_MS)
  t.equal(heightsOf(events, 'g0').length, before, 'the other one hangs all the while')
  const reports = events.length
  await until(() => {
    const reported = events.slice(reports).flatMap((event) => (event.event === 'report' ? [event] : []))
    return ['g0', 'g1'].every((name) => reported.some(({ gateway }) => gateway === name))
  })
  const report = events.findLast((event) => event.event === 'report' && event.gateway === 'g1')
  t.match(report, { paid: 1, state: /idle|publishing|budget/ })
  t.ok(report?.event === 'report' && report.headers >= before + 6)
})

t.test('a daemon that is frozen answers again, and is given nothing', async (t) => {
  const chains = await chainsOf(t, 'frozen')
  const { control } = chains
  // A clock that jumps over what is slept.
  let slept = 0
  // A frozen daemon lets three calls wait for their limit, and no other call may take so long on a busy machine.
  const settings = settingsOf(chains, { folder, timeoutMs: 4_000, more: { name: 'g' } })
  const { feed, stop } = runFeed(t, [settings], {
    now: () => Date.now() + slept,
    monotonicMs: () => performance.now() + slept,
    sleep: (ms, signal) => {
      slept += ms
      return wait(5, undefined, { signal }).catch(() => undefined)
    },
  })
  const view = () => feed.views[0]!
  await until(() => view().relay?.state.state === 'idle')
  control.mine('asset')
  await until(() => view().relay?.assetHeight === control.height('asset'))
  // The block that no pass has looked at yet when the lock leaks.
  control.mine('asset')
  control.freeze('asset')
  let sent = 0
  let answers = 0
  const unlisten = control.onCall(({ chain, method, phase }) => {
    if (chain !== 'asset' || phase !== 'done') return
    answers++
    if (/^(sendrawtransaction|oracles(data|subscribe))$/.test(method)) sent++
  })
  control.mine('reference', 3)
  await until(() => view().daemons.asset === 'frozen' && view().relay?.state.state === 'daemon')
  t.ok(answers > 0, 'it answers again')
  control.mine('asset', 2)
  const seen = answers
  await until(() => answers > seen + 20)
  t.equal(view().daemons.asset, 'frozen', 'whatever it says')
  t.equal(sent, 0)
  unlisten()
  await control.restart('asset', 0, { loseMempool: true })
  await until(() => {
    control.mine('asset')
    return view().daemons.asset === 'up' && view().relay?.state.state === 'idle'
  }, BLOCK_MS)
  await stop()
  control.mine('asset')
  await isRow(t, chains)
})

t.test('other gateways and reports while it runs', async (t) => {
  const [one, two] = [await chainsOf(t, 'change one'), await chainsOf(t, 'change two')]
  const settings = (chains: DevKomodo, name: string, depth: number) =>
    settingsOf(chains, { folder, more: { name, depth } })
  const [g0, g1] = [settings(one, 'g0', 10), settings(two, 'g1', 10)]
  const { feed, events, stop } = runFeed(t, [g0])
  const isIdle = (k: number): boolean => feed.views[k]?.relay?.state.state === 'idle'
  const untilIdle = (): Promise<boolean> =>
    until(() => {
      for (const { control } of [one, two]) control.mine('asset')
      return feed.views.every((_, k) => isIdle(k))
    }, BLOCK_MS)
  await untilIdle()
  const atFirst = feed.views[0]?.relay?.headers ?? 0
  t.ok(atFirst > 0)

  await feed.adjust({ gateways: [g0, g1], report: '* * * * * *' })
  await untilIdle()
  t.equal(feed.views[0]?.relay?.headers, atFirst, 'the one that is as before goes on')
  t.ok(heightsOf(events, 'g1').length > 0)
  await until(() => events.some((event) => event.event === 'report' && event.gateway === 'g1'))

  const before = heightsOf(events, 'g0')
  await feed.adjust({ gateways: [settings(one, 'g0', 4), g1], report: null })
  const reports = events.filter(({ event }) => event === 'report').length
  t.match(feed.views[0], { settings: { depth: 4 } })
  await until(() => {
    one.control.mine('asset')
    return heightsOf(events, 'g0').length >= before.length + 6
  }, BLOCK_MS)
  const tip = one.control.height('reference')
  t.equal(heightsOf(events, 'g0').at(-1), tip - 4, 'six more are due')
  t.equal(new Set(heightsOf(events, 'g0')).size, before.length + 6, 'none twice')

  await feed.adjust({ gateways: [g1], report: null })
  t.same(
    feed.views.map(({ name }) => name),
    ['g1'],
  )
  // Its key is free again: another feed serves it, under another name.
  const other = runFeed(t, [settings(one, 'g2', 4)], { dataDir: join(folder, 'other') })
  one.control.mine('reference', 2)
  await until(() => {
    one.control.mine('asset')
    return heightsOf(other.events, 'g2').length === 2
  }, BLOCK_MS)
  t.same(heightsOf(other.events, 'g2'), [tip - 3, tip - 2])
  t.equal(heightsOf(events, 'g0').length, before.length + 6)
  t.equal(events.filter(({ event }) => event === 'report').length, reports, 'no more reports')

  writeFileSync(join(folder, t.name, 'g3'), 'a file where its folder should be')
  await t.rejects(feed.adjust({ gateways: [settings(one, 'g3', 4)], report: null }), { code: 'E_FEED_STATE' })
  two.control.mine('reference')
  const served = heightsOf(events, 'g1').length
  await until(() => {
    two.control.mine('asset')
    return heightsOf(events, 'g1').length > served
  }, BLOCK_MS)
  t.same(
    feed.views.map(({ name }) => name),
    ['g1'],
    'nothing has changed',
  )

  await feed.adjust({ gateways: [settings(two, 'g1', 8)], report: null })
  t.notOk(
    events.some(({ event }) => event === 'stopped'),
    'one gateway that is changed is not the end',
  )
  await stop()
  await feed.adjust({ gateways: [g0], report: '* * * * * *' })
  t.same(
    feed.views.map(({ name }) => name),
    ['g1'],
    'after the end nothing begins',
  )
})

t.test('the reference daemon is down at the start: its wallet is looked at when it is there', async (t) => {
  const chains = await chainsOf(t, 'late', { gateways: [{ m: 2, n: 3 }] })
  const { control } = chains
  const { depositAddress } = chains.gateways[0]!
  await control.stop('reference')
  const { feed, events } = runFeed(t, [settingsOf(chains, { folder, more: { name: 'g' } })])
  const said = (code: string): string[] =>
    events.flatMap((event) => (event.event === 'notice' && event.code === code ? [event.message] : []))
  await until(() => feed.views[0]?.relay !== null && said('E_FEED_CHECK').length > 0)
  t.match(said('E_FEED_CHECK'), [/^reference daemon/])
  await control.restart('reference')
  control.warmUp('reference', 'Loading block index...')
  await until(() => said('E_KOMODO_WARMUP').length > 0)
  control.warmUp('reference', null)
  await until(() => said('E_FEED_CHECK').some((message) => message.includes('-rescan')))
  const { reference } = feed.views[0]!.settings
  const wallet = createKomodoClient({ access: () => accessOf(reference), name: 'check' })
  t.teardown(() => wallet.close())
  t.match(await wallet.address(depositAddress), { watched: true, redeemScript: true })
  await until(() => feed.views[0]?.relay?.state.state === 'idle')
  t.match(said('E_KOMODO_UNREACHABLE'), [/the reference daemon/])
  t.match(said('E_KOMODO_UP'), [/answers/])
  t.same(said('E_KOMODO_HUNG'), [], 'it never hung')
  t.equal(said('E_FEED_CHECK').filter((message) => message.includes('-rescan')).length, 1)
})

t.test('two gateways on one daemon and key take turns', async (t) => {
  const chains = await chainsOf(t, 'turns', {
    gateways: [
      { m: 1, n: 1 },
      { m: 1, n: 1 },
    ],
  })
  const { control } = chains
  /** One daemon, whatever its address is called. */
  const spelt = (gateway: number) => {
    const { url, ...login } = chains.operators[0]!.asset
    const address = gateway === 0 ? url : url.replace('127.0.0.1', 'localhost')
    return { name: chains.assetName, ...login, url: address }
  }
  const calls: string[] = []
  control.onCall(({ chain, method, phase }) => {
    if (chain === 'asset' && phase === 'asked' && /^(oraclesdata|sendrawtransaction)$/.test(method))
      calls.push(method)
  })
  const gateways = [0, 1].map((gateway) =>
    settingsOf(chains, { folder, gateway, more: { name: `g${gateway}`, asset: spelt(gateway) } }),
  )
  const { feed, events, stop } = runFeed(t, gateways)
  await until(() => {
    if (control.mempool('asset').length > 0) control.mine('asset')
    return feed.views.every(({ relay }) => relay?.state.state === 'idle')
  }, BLOCK_MS)
  await stop()
  t.ok(heightsOf(events, 'g0').length >= 11 && heightsOf(events, 'g1').length >= 11)
  t.same(
    calls.filter((method, k) => method !== (k % 2 === 0 ? 'oraclesdata' : 'sendrawtransaction')),
    [],
    'each is sent before the next is built',
  )
  t.same(
    events.filter(({ event }) => event === 'notice'),
    [],
    'no conflict',
  )
})
