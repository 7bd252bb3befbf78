import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { NETWORKS, withActivations } from '../../pegnet/index.js'
import { startDevChain, type DevChain } from '../../factom/dev/index.js'
import { createFactomClient, ecKey, type FactomClient } from '../../factom/index.js'
import { createHasher, lxrParams, openByteMap } from '../../lxrhash/index.js'
import { ASSETS, decodeOpr, oprChainId, shortHash, splitOprExtIds } from '../../oracle/index.js'
import {
  pricesSection,
  type AssetPrice,
  type PriceFeed,
  type PriceSnapshot,
} from '../../oracle/prices/index.js'
import type { MinerEvent } from '../events.js'
import { createMiner, minerSlots, type Miner, type MinerOptions } from '../miner.js'
import { rivalSlots, startRivals } from '../rivals.js'
import type { Workforce } from '../work/workforce.js'
import { createPipeWorkforce } from './fixtures/pipe-workforce.js'
import type { Stopped } from './interface.js'
import { createSession } from './session.js'
import '../../test/fixtures/gently.js'
import { until } from '../../test/fixtures/until.js'

const root = mkdtempSync(join(tmpdir(), 'pegminer-session-'))
t.teardown(() => rmSync(root, { recursive: true }))
const byteMap = await openByteMap(lxrParams({ bits: 10 }), { dir: root, slots: 4 })

const hasher = createHasher(byteMap, 3)
const difficulty = (oprHash: Uint8Array, nonce: Uint8Array): bigint => hasher.difficulty(oprHash, nonce)

type Of<K extends MinerEvent['event']> = Extract<MinerEvent, { event: K }>

/** All assets, each with a price of its own; some may be left out. */
function snapshotOf(leftOut: readonly string[] = []): PriceSnapshot {
  const priced = ASSETS[5].filter((asset) => !leftOut.includes(asset))
  const prices = new Map(priced.map((asset, index) => [asset, BigInt(index + 1) * 12_345_678n]))
  const made = (asset: string): AssetPrice => ({
    asset,
    status: prices.has(asset) ? 'ok' : 'failed',
    units: prices.get(asset) ?? 0n,
    votes: [],
    rejected: [],
    spread: 0,
    ageMs: 0,
    deviation: null,
  })
  return {
    height: 0,
    version: 5,
    takenAt: Date.now(),
    assets: new Map(ASSETS[5].map((asset) => [asset, made(asset)])),
    prices,
    missing: new Map(leftOut.map((asset) => [asset, 'no votes'])),
    complete: leftOut.length === 0,
    indices: new Map(),
    sources: [],
    outliers: new Map(),
    winners: null,
    configHash: '',
    engine: 1,
  }
}

const section = pricesSection(undefined, { folder: '.', env: {} })
if ('problems' in section) throw new Error('the defaults are right')
const { config } = section.value.settings

function feedOf(take: () => Promise<PriceSnapshot> = () => Promise.resolve(snapshotOf())): PriceFeed {
  return {
    config,
    sources: () => [],
    priced: () => true,
    start: () => Promise.resolve(),
    // What was said of the winners is known by then.
    snapshot: async ({ winners }) => ({ ...(await take()), winners: (await winners)?.height ?? null }),
    sourceNames: ['made up'],
    close: () => Promise.resolve(),
  }
}

/** A chain whose minutes end when the test says so, and the way to say it so that the miner notices. */
async function chainOf(t: Test, dataDir: string, port = 0, fund?: number) {
  const chain = await startDevChain({
    dataDir,
    port,
    blockSeconds: 3600,
    manual: true,
    ...(fund === undefined ? {} : { fund }),
  })
  t.teardown(() => chain.close())
  return chain
}

interface Scene {
  miner: Miner
  events: MinerEvent[]
  stopped: Promise<Stopped>
  interrupt: () => Promise<Stopped>
  /** Ticks until the clock shows this minute (of the next block if it is behind), and the miner knows. */
  to: (chain: DevChain, minute: number) => Promise<void>
  last: <K extends MinerEvent['event']>(event: K) => Of<K> | undefined
  all: <K extends MinerEvent['event']>(event: K) => Of<K>[]
}

function sceneOf(
  t: Test,
  chain: DevChain,
  dataDir: string,
  given: Partial<MinerOptions> & {
    feed?: PriceFeed
    rivals?: number
    workforce?: () => Workforce
    /** Told of each question to the node. */
    onAsk?: (call: string) => void
  } = {},
): Scene {
  const { feed, rivals = 0, workforce, onAsk, ...options } = given
  const made = createFactomClient({ url: chain.url, timeoutMs: 60_000 })
  const client = onAsk === undefined ? made : overheard(made, onAsk)
  const whole: MinerOptions = {
    network: NETWORKS.dev,
    identity: 'tester',
    coinbase: chain.keys.fctAddress,
    machineId: 1,
    threads: 1,
    recordsPerBlock: 25,
    submissionCutoff: 200,
    dataDir,
    pollMs: 10,
    ...options,
  }
  t.ok(minerSlots(whole) + rivalSlots(rivals) <= byteMap.slots)
  const prices = feed ?? feedOf()
  const tools = { client, ecKey: ecKey(chain.keys.ecSecret), byteMap }
  const tuning = { hashrateMs: 50 }
  const miner: Miner =
    workforce === undefined
      ? createMiner(whole, { ...tools, prices }, tuning)
      : {
          ...createSession(whole, { ...tools, prices, difficulty, workforce }, tuning),
          restartThread: () => undefined,
        }
  if (rivals > 0) {
    const { network } = whole
    const firstHasher = minerSlots(whole)
    const onNotice = (_: string, code: string, message: string) => t.fail(`${code}: ${message}`)
    const outsiders = startRivals({
      ...{ ...tools, count: rivals, network, miner, firstHasher, dataDir, onNotice },
    })
    t.teardown(() => outsiders.stop())
  }
  const events: MinerEvent[] = []
  miner.on((event) => events.push(event))
  const abort = new AbortController()
  const stopped = miner.run(abort.signal)
  const interrupt = async (): Promise<Stopped> => {
    abort.abort()
    const result = await stopped
    client.close()
    return result
  }
  t.teardown(interrupt)
  const all = <K extends MinerEvent['event']>(event: K): Of<K>[] =>
    events.filter((one): one is Of<K> => one.event === event)
  return {
    miner,
    events,
    stopped,
    interrupt,
    all,
    last: (event) => all(event).at(-1),
    async to(chain, minute) {
      do chain.tick()
      while (chain.minute !== minute)
      const height = minute === 0 ? chain.savedHeight + 1 : chain.height
      await until(() => {
        const { view } = miner
        return (view.height === height && view.minute === minute) || view.state === 'stopped'
      })
    },
  }
}

/** Tells each call with what it is about: a hash, a height, an address. */
function overheard(client: FactomClient, onAsk: (call: string) => void): FactomClient {
  return new Proxy(client, {
    get: (_, key) => {
      const found: unknown = Reflect.get(client, key)
      if (typeof found !== 'function') return found
      return (...words: unknown[]): unknown => {
        const about = words.filter((word) => typeof word === 'string' || typeof word === 'number')
        onAsk([String(key), ...about].join(' '))
        return Reflect.apply(found, client, words)
      }
    },
  })
}

/** Until there are this many more hashes: enough that the ranking is full. */
async function hashed({ miner }: Scene, count: bigint): Promise<void> {
  const sum = (): bigint => miner.view.threads.reduce((all, { hashes }) => all + hashes, 0n)
  const from = sum()
  await until(() => sum() >= from + count)
  // What was found on the way is a message that waits; one turn of the event loop hands it over.
  await new Promise((resolve) => setImmediate(resolve))
}

async function acknowledged(scene: Scene, height: number, count: number): Promise<void> {
  await until(
    () =>
      scene.all('entry').filter((entry) => entry.height === height && entry.status === 'acknowledged')
        .length >= count,
  )
}

t.test('two blocks, priced, mined, published, graded, paid', async (t) => {
  const dir = join(root, 'two')
  const chain = await chainOf(t, join(dir, 'chain'))
  const scene = sceneOf(t, chain, dir, { blocks: 2 })
  const { miner, events, all } = scene
  t.equal(miner.view.state, 'waiting')
  await scene.to(chain, 1)
  const job = await until(() => scene.last('job'))
  const height = chain.height
  t.match(job, { height, winnersFrom: null, floor: '0000000000000000' })
  t.match(scene.last('prices'), { height, assets: 62, complete: true, missing: {} })
  t.equal(miner.view.state, 'mining')
  t.equal(miner.view.entryCredits, 1_000_000 - 5 * 11)
  await hashed(scene, 3000n)
  miner.pause()
  t.equal(miner.view.state, 'paused')
  miner.resume()
  await scene.to(chain, 5)
  await until(() => scene.last('hashrate'))
  await scene.to(chain, 9)
  await acknowledged(scene, height, 25)
  t.same(miner.view.entries, {
    committed: 25,
    revealed: 25,
    acknowledged: 25,
    landed: 0,
    missed: 0,
  })
  const [entry] = all('entry')
  t.match(entry, { status: 'committed', nonce: /^0001[0-9a-f]+$/, difficulty: /^[0-9a-f]{16}$/ })

  await scene.to(chain, 0)
  t.equal(all('graded').length, 0, 'the block is not saved yet')
  await scene.to(chain, 1)
  const graded = await until(() => scene.last('graded'))
  t.match(graded, { height, version: 5, valid: 25, reward: '9000' })
  t.equal(graded.mine.length, 25)
  t.equal(graded.winners.length, 25)
  await until(() => miner.view.entries.landed === 25)
  const next = await until(() => all('job')[1])
  t.match(next, { height: height + 1, winnersFrom: height })
  await hashed(scene, 3000n)
  await scene.to(chain, 9)
  const floor = BigInt(`0x${next.floor}`)
  await until(() => all('entry').some((one) => one.height === height + 1 && one.status === 'acknowledged'))
  t.ok(
    all('entry').every((one) => one.height === height || BigInt(`0x${one.difficulty}`) > floor),
    'nothing at the floor or below is published',
  )
  await scene.to(chain, 1)
  const stopped = await scene.stopped
  t.match(stopped, { reason: 'blocks', blocks: 2 })
  t.ok(stopped.places >= 25 && BigInt(stopped.hashes) > 6000n && stopped.meanHashrate > 0)
  t.equal(miner.view.state, 'stopped')
  t.equal(events.at(-1), stopped)
  t.same(scene.all('notice'), [])
  t.ok(miner.view.jobSwitchMs.length >= 1)
  await t.rejects(miner.run(new AbortController().signal), { code: 'E_MINER_OPTIONS' }, 'only once')
})

t.test('what was proven is not asked for again', async (t) => {
  const dir = join(root, 'asked')
  const chain = await chainOf(t, join(dir, 'chain'))
  const times = new Map<string, number>()
  const scene = sceneOf(t, chain, dir, {
    blocks: 3,
    onAsk: (call) => void times.set(call, (times.get(call) ?? 0) + 1),
  })
  await scene.to(chain, 1)
  for (let block = 1; block <= 3; block++) {
    await until(() => scene.all('job').length === block)
    await hashed(scene, 3000n)
    await scene.to(chain, 9)
    await acknowledged(scene, chain.height, 1)
    await scene.to(chain, 1)
    await until(() => scene.all('graded').length === block)
    if (block === 3) break
    await until(() =>
      scene.all('entry').some((one) => one.status === 'landed' && one.height === chain.savedHeight),
    )
  }
  await scene.stopped
  t.ok(scene.miner.view.entries.landed > 25)
  const blocks = [...times].filter(([call]) => /^(rawData|entry|entryBlock|chainHead) /.test(call))
  t.ok(blocks.length > 25, `${blocks.length} blocks and entries`)
  t.same(
    blocks.filter(([, count]) => count > 1),
    [],
    'each block and each entry once',
  )
  t.same(
    [...times].filter(([call, count]) => call.startsWith('dblockByHeight ') && count > 2),
    [],
    'a directory block once, and once more as the last one known: is it still there?',
  )
})

t.test('a process at the end of a pipe mines a block', async (t) => {
  const dir = join(root, 'pipe')
  const chain = await chainOf(t, join(dir, 'chain'))
  const { workforce, pid = 0 } = createPipeWorkforce([root, '10'], difficulty)
  const scene = sceneOf(t, chain, dir, { blocks: 1, submissionCutoff: 0, workforce: () => workforce })
  const { miner, all } = scene
  await scene.to(chain, 1)
  await until(() => scene.last('job'))
  await hashed(scene, 5000n)
  miner.pause()
  miner.resume()
  await hashed(scene, 5000n)
  await scene.to(chain, 9)
  await acknowledged(scene, chain.height, 25)
  t.ok(
    all('entry').every(({ nonce }) => /^004d/.test(nonce)),
    'each with a nonce of its own space',
  )
  await scene.to(chain, 1)
  const graded = await until(() => scene.last('graded'))
  t.match(graded, { valid: 25, reward: '9000' })
  t.equal(graded.mine.length, 25, 'all of them were hashed as the chain demands')
  const stopped = await scene.stopped
  t.match(stopped, { reason: 'blocks', blocks: 1, jobSwitch: null })
  t.ok(BigInt(stopped.hashes) >= 10_000n)
  t.equal(miner.view.computeErrors, 0)
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' }, 'the process is gone')
})

t.test('each version but the first is mined, and graded as what it is', async (t) => {
  const dir = join(root, 'versions')
  const chain = await chainOf(t, join(dir, 'chain'))
  const first = chain.height
  const versions = [1, 2, 3, 4, 5] as const
  const network = withActivations(
    NETWORKS.dev,
    versions.map((version, k) => [version, k === 0 ? 0 : first + k] as const),
  )
  const scene = sceneOf(t, chain, dir, { network, submissionCutoff: 0 })
  await scene.to(chain, 1)
  t.match(await until(() => scene.last('notice')), {
    code: 'E_MINER_RECORD',
    message: /records of version 1 cannot be mined/,
  })
  await scene.to(chain, 9)
  t.match(await until(() => scene.last('skipped')), { height: first, code: 'E_MINER_RECORD' })
  await scene.to(chain, 1)
  for (const version of versions.slice(1)) {
    const { height } = chain
    await until(() => scene.all('job').find((job) => job.height === height))
    await hashed(scene, 3000n)
    await scene.to(chain, 9)
    await acknowledged(scene, height, 25)
    await scene.to(chain, 1)
    const graded = await until(() => scene.all('graded').find((one) => one.height === height))
    t.match(graded, { version, valid: 25 }, `version ${version}`)
    t.equal(graded.mine.length, 25)
    t.ok(Number(graded.reward) > 0)
  }
})

t.test('before the first height of all nothing is mined', async (t) => {
  const dir = join(root, 'before')
  const chain = await chainOf(t, join(dir, 'chain'))
  const network = withActivations(NETWORKS.dev, [[5, chain.height + 1]])
  const scene = sceneOf(t, chain, dir, { network, submissionCutoff: 0 })
  await scene.to(chain, 1)
  t.match(await until(() => scene.last('notice')), { message: /records begin at height 2/ })
  await scene.to(chain, 9)
  await until(() => scene.last('skipped'))
  await scene.to(chain, 1)
  t.match(await until(() => scene.last('job')), { height: chain.height, winnersFrom: null })
})

t.test('rivals are among the winners', async (t) => {
  const dir = join(root, 'rivals')
  const chain = await chainOf(t, join(dir, 'chain'))
  const scene = sceneOf(t, chain, dir, { rivals: 8, submissionCutoff: 0 })
  await scene.to(chain, 1)
  // So long that several rivals have had their turn, a tenth of a second each, at the pace of gentle threads.
  await hashed(scene, 20_000n)
  await scene.to(chain, 9)
  const { height } = chain
  await acknowledged(scene, height, 25)
  const client = createFactomClient({ url: chain.url })
  t.teardown(() => client.close())
  // The five chains' first entries, ours, and a few of the rivals' at least: not each has had its turn yet.
  await until(async () => (await client.pendingEntries()).length >= 5 + 25 + 3, 10)
  await scene.to(chain, 1)
  const graded = await until(() => scene.last('graded'))
  t.ok(graded.valid > 25 && graded.valid <= 33, `${graded.valid} records`)
  const names = await identities(chain)
  const winners = graded.winners.map((hash) => names.get(hash) ?? '')
  t.ok(winners.includes('tester'))
  t.ok(
    winners.some((name) => name.startsWith('rival')),
    winners.join(' '),
  )
  t.ok(graded.mine.filter(({ payout }) => payout === '360').length < 25)

  /** Who wrote the records of the last saved block, by short hash. */
  async function identities(on: DevChain): Promise<Map<string, string>> {
    const { rows } = await client.dblockByHeight(on.savedHeight)
    const found = new Map<string, string>()
    const { keyMr } = rows.find(({ chainId }) => chainId === oprChainId(NETWORKS.dev)) ?? { keyMr: '' }
    for (const { hash } of (await client.entryBlock(keyMr)).entries) {
      const { content, extIds } = await client.entry(hash)
      if (splitOprExtIds(extIds) !== null) found.set(shortHash(hash), decodeOpr(5, content).identity)
    }
    return found
  }
})

t.test('interrupted and started again: places of the earlier run are known', async (t) => {
  const dir = join(root, 'again')
  const chain = await chainOf(t, join(dir, 'chain'))
  const first = sceneOf(t, chain, dir)
  await first.to(chain, 1)
  await hashed(first, 3000n)
  await first.to(chain, 9)
  const { height } = chain
  await acknowledged(first, height, 25)
  const begun = performance.now()
  t.match(await first.interrupt(), { reason: 'interrupted', blocks: 0, records: 25 })
  t.ok(performance.now() - begun < 30_000, 'no wait for the rest of the block')

  const second = sceneOf(t, chain, dir)
  await until(() => second.last('skipped'))
  t.match(second.last('skipped'), { height, code: 'E_MINER_LATE' })
  await second.to(chain, 1)
  const graded = await until(() => second.last('graded'))
  t.match(graded, { height, reward: '9000' })
  t.equal(graded.mine.length, 25)
  t.equal(second.miner.view.blocks, 0, 'but it does not count as a block of this run')
  await until(() => second.last('job'))
  t.match(second.last('job'), { height: height + 1, winnersFrom: height })
  await until(() => second.all('entry').length >= 25)
  t.same(
    [...new Set(second.all('entry').map(({ status }) => status))],
    ['landed'],
    'nothing is published twice',
  )
})

t.test('records of a run that ended before it told the history are looked for all the same', async (t) => {
  const dir = join(root, 'untold')
  const chain = await chainOf(t, join(dir, 'chain'))
  const first = sceneOf(t, chain, dir)
  await first.to(chain, 1)
  await hashed(first, 3000n)
  await first.to(chain, 9)
  await acknowledged(first, chain.height, 25)
  await first.interrupt()
  for (const end of ['', '-wal', '-shm']) rmSync(join(dir, `history.sqlite${end}`), { force: true })
  chain.tick()
  chain.tick()
  const second = sceneOf(t, chain, dir)
  await until(() => second.all('entry').length >= 25)
  t.same([...new Set(second.all('entry').map(({ status }) => status))], ['landed'])
})

t.test('what was sent and never answered has landed where it is in its block', async (t) => {
  const dir = join(root, 'unanswered')
  // Two seconds a minute: that long the miner tries to hear of its records.
  const chain = await startDevChain({ dataDir: join(dir, 'chain'), blockSeconds: 20, manual: true })
  t.teardown(() => chain.close())
  const client = createFactomClient({ url: chain.url })
  t.teardown(() => client.close())
  const scene = sceneOf(t, chain, dir)
  await scene.to(chain, 1)
  await hashed(scene, 3000n)
  chain.faults.set({ 'lose-reply': { methods: ['commit-entry'] } })
  await scene.to(chain, 9)
  const { height } = chain
  await until(() => (chain.faults.struck['lose-reply'] ?? 0) > 0)
  await until(() => scene.all('entry').some(({ status }) => status === 'missed'))
  t.notOk(
    scene.all('entry').some(({ status }) => status !== 'missed'),
    'nothing is heard of those that were sent',
  )
  chain.tick()
  chain.faults.set({})
  chain.tick()
  const final = () => scene.all('entry').filter(({ status }) => status === 'landed' || status === 'missed')
  await until(() => final().length === 25)
  const { rows } = await client.dblockByHeight(height)
  const { keyMr } = rows.find(({ chainId }) => chainId === oprChainId(NETWORKS.dev)) ?? { keyMr: '' }
  const inBlock = (await client.entryBlock(keyMr)).entries.map(({ hash }) => hash)
  const landed = final().filter(({ status }) => status === 'landed')
  t.ok(landed.length > 0)
  const ours = new Set(final().map(({ entryHash }) => entryHash))
  t.same(landed.map(({ entryHash }) => entryHash).sort(), inBlock.filter((hash) => ours.has(hash)).sort())
})

t.test('no prices, no credits: skipped with the reason, never a crash', async (t) => {
  const dir = join(root, 'poor')
  const chain = await chainOf(t, join(dir, 'chain'))
  let take: () => Promise<PriceSnapshot> = () => Promise.resolve(snapshotOf(['USD', 'XAU']))
  const scene = sceneOf(t, chain, dir, { feed: feedOf(() => take()), submissionCutoff: 0 })
  await scene.to(chain, 1)
  t.match(await until(() => scene.last('prices')), {
    assets: 60,
    complete: false,
    missing: { USD: 'no votes' },
  })
  await until(() => scene.all('notice').some(({ code }) => code === 'E_MINER_PRICES'))
  take = () => Promise.reject(new Error('every source is down'))
  await scene.to(chain, 2)
  await until(() => scene.all('notice').some(({ message }) => /every source is down/.test(message)))
  await scene.to(chain, 9)
  const skipped = await until(() => scene.last('skipped'))
  t.match(skipped, { height: chain.height, code: 'E_MINER_PRICES', reason: /down/ })
  take = () => Promise.resolve(snapshotOf())
  await scene.to(chain, 3)
  t.match(await until(() => scene.last('job')), { height: chain.height }, 'the next block is mined, late')

  const poorDir = join(root, 'poorer')
  const poorChain = await chainOf(t, join(poorDir, 'chain'), 0, 0)
  const poor = sceneOf(t, poorChain, poorDir)
  await poor.to(poorChain, 1)
  t.match(await until(() => poor.last('skipped')), { code: 'E_MINER_NO_CREDITS' })
})

t.test('the node goes away and comes back', async (t) => {
  const dir = join(root, 'away')
  const before = await chainOf(t, join(dir, 'chain'))
  const port = Number(new URL(before.url).port)
  const scene = sceneOf(t, before, dir)
  await scene.to(before, 1)
  await until(() => scene.last('job'))
  await before.close()
  await until(() => scene.all('notice').some(({ level }) => level === 'warn'))
  const chain = await chainOf(t, join(dir, 'chain'), port)
  await hashed(scene, 3000n)
  await scene.to(chain, 9)
  await acknowledged(scene, chain.height, 1)
  t.equal((await scene.interrupt()).reason, 'interrupted')
})

t.test('no thread fit to mine ends the run', async (t) => {
  const dir = join(root, 'unfit')
  const chain = await chainOf(t, join(dir, 'chain'))
  const client = createFactomClient({ url: chain.url })
  t.teardown(() => client.close())
  const options: MinerOptions = {
    network: NETWORKS.dev,
    identity: 'tester',
    coinbase: chain.keys.fctAddress,
    machineId: 0,
    threads: 1,
    recordsPerBlock: 3,
    submissionCutoff: 0,
    dataDir: dir,
  }
  const modules = { client, ecKey: ecKey(chain.keys.ecSecret), byteMap, prices: feedOf() }
  t.throws(() => createMiner({ ...options, threads: 9 }, modules), { code: 'E_MINER_OPTIONS' })
  const worker = new URL('../fixtures/broken-worker.js', import.meta.url)
  const miner = createMiner(options, modules, { worker })
  const codes: string[] = []
  miner.on((event) => 'code' in event && codes.push(event.code ?? ''))
  t.match(await miner.run(new AbortController().signal), { reason: 'failed', hashes: '0', reward: '0' })
  t.ok(codes.includes('E_MINER_NO_WORKERS'))
})

t.test('other terms hold from the next record on, other threads at once', async (t) => {
  const dir = join(root, 'adjust')
  const chain = await chainOf(t, join(dir, 'chain'))
  const scene = sceneOf(t, chain, dir, { recordsPerBlock: 3, submissionCutoff: 0, capacity: 2 })
  const { miner } = scene
  await scene.to(chain, 1)
  await until(() => scene.last('job'))
  await hashed(scene, 500n)
  t.throws(() => miner.adjust({ identity: 'no good', threads: 3 }), { code: 'E_MINER_OPTIONS' })
  miner.adjust({ identity: 'another', recordsPerBlock: 5, threads: 2 })
  t.equal(miner.view.threads.length, 2)
  await until(() => miner.view.threads.every(({ hashes }) => hashes > 0n))
  await scene.to(chain, 9)
  const first = chain.height
  await acknowledged(scene, first, 3)
  await scene.to(chain, 1)
  await until(() => scene.all('job').length === 2)
  miner.restartThread(0)
  await hashed(scene, 500n)
  await scene.to(chain, 9)
  await acknowledged(scene, first + 1, 5)
  await scene.to(chain, 1)
  await until(() => scene.all('graded').length >= 2 && miner.view.entries.landed === 8)

  const client = createFactomClient({ url: chain.url })
  t.teardown(() => client.close())
  const entries = scene.all('entry').filter(({ status }) => status === 'landed')
  const identities = await Promise.all(
    entries.map(async ({ height, entryHash }) => {
      const { content } = await client.entry(entryHash)
      return `${height - first} ${decodeOpr(5, content).identity}`
    }),
  )
  t.same(
    identities.toSorted(),
    ['0 tester', '0 tester', '0 tester', ...new Array<string>(5).fill('1 another')],
    'a block is published as it was begun',
  )
  t.equal(miner.view.restarts, 1)
})
