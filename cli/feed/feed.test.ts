/** `pegminer feed` in this process, on embedded chains: what its own /metrics say, and the registration of a key. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import t, { type Test } from 'tap'

import { createKomodoClient } from '../../komodo/index.js'
import { startChains } from '../../komodo/dev/fixtures/chains.js'
import type { DevKomodo, DevKomodoOptions } from '../../komodo/dev/index.js'
import { runProgram } from '../program/program.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'
import { until } from '../../test/fixtures/until.js'

const folder = mkdtempSync(join(tmpdir(), 'feed-cli-'))
const home = process.env['HOME']
process.env['HOME'] = folder // where the locks are
t.teardown(() => {
  process.env['HOME'] = home
  rmSync(folder, { recursive: true, force: true })
})

async function chainsOf(t: Test, options: Partial<DevKomodoOptions> = {}): Promise<DevKomodo> {
  const chains = await startChains({ dataDir: join(folder, t.name), manual: true, ...options })
  t.teardown(() => chains.close())
  return chains
}

type Event = Readonly<Record<string, unknown>>

/** The command until it ends or is interrupted; its events as they come. */
function command(words: readonly string[]) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  const interrupt = new AbortController()
  let text = ''
  stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  stderr.resume()
  const io = { stdin: Readable.from([]), stdout, stderr, env: {}, interrupted: interrupt.signal }
  return {
    ended: runProgram([...words, '--json', '--data-dir', join(folder, 'data')], io),
    interrupt: () => interrupt.abort(),
    events: (): Event[] =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Event),
  }
}

/** Value by series, the labels in the order of the alphabet. */
async function scrape(url: string): Promise<ReadonlyMap<string, number>> {
  const lines = (await (await fetch(url)).text()).split('\n')
  return new Map(
    lines.flatMap((line) => {
      const [, name, labels = '', value] = /^(pegnet_feed_\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
      const sorted = (labels.match(/\w+="[^"]*"/g) ?? []).sort().join()
      return name === undefined ? [] : [[`${name}{${sorted}}`, Number(value)] as const]
    }),
  )
}

const gatewayOf = ({ assetName, asset, reference, oracleTxid, bindTxid, pubkey }: DevKomodo) => ({
  asset: { name: assetName, ...asset },
  reference: { name: 'KMD', ...reference },
  ...{ oracleTxid, bindTxid, pubkey, poll: 1 },
})

/** The feed of one gateway, which runs until the test's end. */
function serving(t: Test, config: string, gateway: object) {
  writeFileSync(config, JSON.stringify({ feed: { gateways: [gateway] } }), { mode: 0o600 })
  const feed = command(['feed', '--config', config, '--metrics-port', '0'])
  t.teardown(async () => {
    feed.interrupt()
    await feed.ended
  })
  return feed
}

t.test('metrics', async (t) => {
  const chains = await chainsOf(t, { subscriptions: 4 })
  const { control } = chains
  const config = join(folder, 'pegminer.yaml')
  const gateway = {
    name: 'g',
    ...gatewayOf(chains),
    withdrawals: { approveAbove: 1 },
    funds: { auto: false, merge: false },
  }
  const feed = serving(t, config, gateway)
  const started = () => feed.events().find(({ event }) => event === 'start')
  await until(() => started() !== undefined)
  const url = started()?.['metrics'] as string
  let seen: ReadonlyMap<string, number> = new Map()
  const value = (name: string, labels = ''): number | undefined =>
    seen.get(`pegnet_feed_${name}{${['gateway="g"', ...labels.split(',')].filter(Boolean).sort().join()}}`)
  /** Until a scrape says so, with some blocks of the asset chain for each look of the feed as long as they are wanted. */
  const says = (holds: () => boolean, mines = false): Promise<boolean> =>
    until(async () => {
      if (mines) control.mine('asset')
      seen = await scrape(url)
      return holds()
    }, 200)

  // Eleven headers are due, four fit into a block.
  await says(() => value('lag_blocks') === 7 && value('state', 'state="budget"') === 1)
  t.equal(value('headers_total'), 4)
  t.equal((await fetch(url.replace('metrics', 'ready'))).status, 200, 'seven behind is not too many')
  await says(() => value('lag_blocks') === 0, true)
  control.mine('asset')
  await says(() => value('budget_headers') === 4 && value('oracle_coins') === 4 - 11 * 0.001)
  const tip = control.height('reference')
  t.equal(value('reference_height'), tip)
  t.equal(value('published_height'), tip - 10)
  t.equal(value('gap_blocks'), 0)
  t.equal(value('headers_total'), 11)
  t.equal(value('oracle_outputs'), 4)
  t.ok((value('headers_left') ?? 0) >= 3_900, 'as many as the fee goes into them')
  t.equal(value('funds_alarm'), 0)
  t.ok((value('wallet_coins') ?? 0) > 1)
  t.ok((value('lag_seconds') ?? Infinity) < 600)
  for (const chain of ['asset', 'reference'])
    t.equal(value('daemon_state', `chain="${chain}",state="up"`), 1, chain)
  const sends = 'chain="asset",method="sendrawtransaction"'
  t.equal(value('requests_total', `${sends},result="ok"`), 11)
  t.equal(seen.get(`pegnet_feed_request_duration_seconds_count{${sends}}`), 11)

  control.reorg('reference', 12)
  await says(() => value('repairs_total') === 2, true)
  t.equal(value('reorgs_total', 'chain="reference"'), 1)
  control.mine('asset')
  await says(() => value('lag_blocks') === 0 && control.mempool('asset').length === 0, true)
  control.mine('reference')
  const before = value('headers_total') ?? 0
  await says(() => value('headers_total') === before + 1)
  control.mine('asset')
  control.disconnect('asset', 1)
  await says(() => value('reorgs_total', 'chain="asset"') === 1)
  await says(() => value('state', 'state="idle"') === 1, true)

  const txid = control.withdraw({ amount: 200_000_000n })
  control.mine('asset', 2)
  await says(() => value('withdrawals', 'state="held"') === 1)
  const approved = command(['feed', 'approve', txid, '--config', config])
  t.equal(await approved.ended, 0)
  await says(() => {
    control.mine('reference')
    return value('withdrawals', 'state="done"') === 1
  }, true)
  t.equal(value('withdrawals', 'state="held"'), 0)
  t.equal(value('withdrawals_done_total'), 1)
  t.equal(value('refused_payouts_total'), 0)
})

t.test('gateways and reports from a file that changes', async (t) => {
  const chains = await chainsOf(t, { subscriptions: 30 })
  const { control } = chains
  const config = join(folder, 'reload.yaml')
  const gateway = {
    asset: { name: chains.assetName, ...chains.asset },
    reference: { name: 'KMD', ...chains.reference },
    oracleTxid: chains.oracleTxid,
    pubkey: chains.pubkey,
    poll: 1,
    funds: { auto: false, merge: false },
  }
  const write = (section: object): void =>
    writeFileSync(config, JSON.stringify({ feed: section }), { mode: 0o600 })
  write({ gateways: [{ ...gateway, name: 'before' }] })
  const feed = command(['feed', '--config', config, '--metrics-port', '0', '--log-level', 'error'])
  t.teardown(async () => {
    feed.interrupt()
    await feed.ended
  })
  const all = (name: string): Event[] => feed.events().filter(({ event }) => event === name)
  await until(() => all('header').length === 11)

  write({ gateways: [{ ...gateway, name: 'before', depth: 'deep' }] })
  await until(() => all('reload').length === 1)
  matchExactly(t, all('reload')[0], { ok: false, problems: [{ message: /depth/ }] })
  write({ gateways: [{ ...gateway, name: 'before' }], report: 'never' })
  await until(() => all('reload').length === 2)
  matchExactly(t, all('reload')[1], {
    ok: false,
    problems: [{ message: /feed\.report: must be a cron expression/ }],
  })

  write({ gateways: [{ ...gateway, name: 'after', depth: 7 }], report: '* * * * * *' })
  await until(() => all('reload').length === 3)
  matchExactly(t, all('reload')[2], {
    ok: true,
    live: [{ key: 'feed.gateways' }, { key: 'feed.report' }],
    restart: [],
  })
  await until(() => {
    control.mine('asset')
    return all('header').length === 14 && all('report').length > 0
  }, 200)
  t.same(
    all('header').map((event) => event['gateway']),
    [...Array<string>(11).fill('before'), ...Array<string>(3).fill('after')],
  )
  const heights = all('header').map(({ height }) => height as number)
  const tip = control.height('reference')
  t.same(
    heights,
    Array.from({ length: 14 }, (_, k) => tip - 20 + k),
    'the depth is seven now, and nothing was published twice',
  )
  const seen = await scrape(all('start')[0]?.['metrics'] as string)
  t.equal(seen.get('pegnet_feed_headers_total{gateway="after"}'), 3)
  t.notOk(seen.has('pegnet_feed_headers_total{gateway="before"}'), 'nothing of the gateway that is gone')
  t.notOk(seen.has('pegnet_feed_lag_blocks{gateway="before"}'))
})

t.test('register: once, and never again', async (t) => {
  const chains = await chainsOf(t)
  const { user, control, oracleTxid } = chains
  const config = join(folder, 'register.yaml')
  const gateway = {
    name: 'new',
    asset: { name: chains.assetName, ...user.asset },
    reference: { name: 'KMD', ...user.reference },
    oracleTxid,
    pubkey: user.pubkey,
  }
  writeFileSync(config, JSON.stringify({ feed: { gateways: [gateway] } }), { mode: 0o600 })
  const first = command(['feed', 'register', '--config', config])
  t.equal(await first.ended, 0)
  const registered = first.events().find(({ event }) => event === 'registered')
  t.match(registered, { gateway: 'new' })
  t.equal(control.mempool('asset').length, 2, 'the funds and the registration')
  t.ok(control.mempool('asset').includes(registered?.['txid'] as string))
  const hasty = command(['feed', 'register', '--config', config])
  t.not(await hasty.ended, 0)
  t.match(hasty.events().at(-1), { code: 'E_FEED_REREGISTER', message: /waits for a block/ })
  t.equal(control.mempool('asset').length, 2, 'not even while the first waits for its block')
  control.mine('asset')
  const client = createKomodoClient({ access: () => user.asset, name: 'check' })
  t.teardown(() => client.close())
  const { registered: publishers } = await client.oracleInfo(oracleTxid)
  t.match(
    publishers.find(({ publisher }) => publisher === user.pubkey),
    { dataFee: 100_000n, batonTxid: registered?.['txid'] },
  )
  const second = command(['feed', 'register', '--config', config])
  t.not(await second.ended, 0)
  t.match(second.events().at(-1), { code: 'E_FEED_REREGISTER' })
  t.same(control.mempool('asset'), [], 'nothing was sent')
})

/** Every file of a folder with its content, its place on the disk and its time. */
function filesIn(where: string): ReadonlyMap<string, string> {
  if (!existsSync(where)) return new Map()
  return new Map(
    readdirSync(where, { recursive: true, withFileTypes: true }).flatMap((item) => {
      if (!item.isFile()) return []
      const file = join(item.parentPath, item.name)
      const { ino, mtimeMs } = statSync(file)
      return [[file, `${ino} ${mtimeMs} ${readFileSync(file, 'base64')}`] as const]
    }),
  )
}

/**
 * The same after the end of a feed, without the database's write-ahead log: that is empty by then, and its files go when
 * the library's statements are collected.
 */
function settled(where: string): ReadonlyMap<string, string> {
  const files = new Map(filesIn(where))
  for (const [file, found] of files) {
    if (!/-(wal|shm)$/.test(file)) continue
    files.delete(file)
    if (file.endsWith('-wal') && !/^\S+ \S+ $/.test(found)) throw new Error(`${file} is not empty`)
  }
  return files
}

/** Chains, a file of settings with one gateway of them, and its feed until nothing is due. */
async function idleFeed(t: Test, name: string) {
  const chains = await chainsOf(t, { subscriptions: 30 })
  const { control } = chains
  const config = join(folder, `${name}.yaml`)
  const gateway = {
    name,
    ...gatewayOf(chains),
    funds: { auto: false, merge: false },
  }
  const feed = serving(t, config, gateway)
  const all = (event: string): Event[] => feed.events().filter((one) => one.event === event)
  await until(() => {
    control.mine('asset')
    return all('header').length >= 11 && all('state').at(-1)?.['state'] === 'idle'
  }, 200)
  const address = all('start')[0]?.['metrics'] as string
  return { chains, control, config, feed, all, readyUrl: address.replace('metrics', 'ready') }
}

t.test('who only looks writes nothing into the folder of a feed that runs', async (t) => {
  const { control, config, feed, all } = await idleFeed(t, 'looked-at')
  const where = join(folder, 'data', 'feed')
  const own = (): ReadonlyMap<string, string> => filesIn(join(where, 'looked-at'))
  const before = own()
  t.ok([...before.keys()].some((file) => file.endsWith('published.jsonl')))
  const dry = command(['feed', '--dry-run', '--once', '--config', config, '--metrics-port', '0'])
  t.equal(await dry.ended, 0)
  const status = command(['feed', 'status', '--config', config])
  t.equal(await status.ended, 0)
  const tip = control.height('reference')
  t.match(
    status.events().find(({ event }) => event === 'status'),
    { published: tip - 10, lag: 0 },
  )
  const again = command([
    'feed',
    'backfill',
    '14',
    '16',
    '--dry-run',
    '--config',
    config,
    '--metrics-port',
    '0',
  ])
  t.equal(await again.ended, 0, 'it ends')
  t.same(
    again
      .events()
      .flatMap((event) => (event.event === 'header' ? [event] : []))
      .map(({ height, dryRun }) => [height, dryRun]),
    [
      [14, true],
      [15, true],
      [16, true],
    ],
    'what a backfill would send',
  )
  t.same([...own()], [...before], 'nothing was touched')
  t.same(control.mempool('asset'), [])
  control.mine('reference')
  await until(() => all('header').length === 12)
  feed.interrupt()
  await feed.ended

  // As a feed leaves it that ends before it has seen that what was asked for is published.
  const file = join(where, 'looked-at', 'state.json')
  writeFileSync(file, JSON.stringify({ version: 2, wanted: [[tip - 12, tip - 10]], withdrawals: {} }))
  const after = settled(where)
  t.equal(await command(['feed', '--dry-run', '--once', '--config', config, '--metrics-port', '0']).ended, 0)
  t.same([...settled(where)], [...after], 'nor is its log')
})

t.test('a backfill of what is published ends', async (t) => {
  const { control, config, feed, all } = await idleFeed(t, 'filled')
  const [first = 0] = all('header').map(({ height }) => height as number)
  feed.interrupt()
  await feed.ended
  const fill = command([
    'feed',
    'backfill',
    `${first}`,
    `${first + 3}`,
    '--config',
    config,
    '--metrics-port',
    '0',
  ])
  t.equal(await fill.ended, 0)
  matchExactly(
    t,
    fill.events().filter(({ event }) => event === 'backfilled'),
    [{ gateway: 'filled', to: first + 3 }],
  )
  t.same(control.mempool('asset'), [], 'nothing was sent')
})

t.test('a backfill publishes what was asked for, and nothing up to where the feed began', async (t) => {
  const { control, config, feed, all } = await idleFeed(t, 'old')
  const [first = 0] = all('header').map(({ height }) => height as number)
  feed.interrupt()
  await feed.ended
  const [from, to] = [first - 6, first - 4]
  const fill = command(['feed', 'backfill', `${from}`, `${to}`, '--config', config, '--metrics-port', '0'])
  let ended = false
  void fill.ended.then(() => (ended = true))
  await until(() => {
    control.mine('asset')
    return ended
  }, 200)
  t.equal(await fill.ended, 0)
  const after = command(['feed', '--once', '--config', config, '--metrics-port', '0'])
  t.equal(await after.ended, 0)
  const published = [...fill.events(), ...after.events()].filter(({ event }) => event === 'header')
  t.same(
    published.map(({ height, why }) => [height, why]),
    [from, from + 1, to].map((height) => [height, 'backfill']),
  )
})

t.test('an orphaned baton: not ready until the daemon was started with -reindex', async (t) => {
  const { control, all, readyUrl } = await idleFeed(t, 'orphan')
  const status = async (): Promise<number> => (await fetch(readyUrl)).status
  t.equal(await status(), 200)
  control.mine('reference')
  await until(() => all('header').length === 12)
  control.mine('asset')
  control.loseBlocks('asset', 1)
  await until(async () => (await status()) === 503)
  t.match(all('state').at(-1), { state: 'blocked', message: /-reindex/ })
  control.reindex('asset')
  await until(async () => {
    control.mine('asset')
    return (await status()) === 200
  }, 200)
})
