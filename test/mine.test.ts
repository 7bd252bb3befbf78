/** Whole runs of `pegminer mine` on the embedded network. */
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import axios from 'axios'
import t from 'tap'

import { networkOf } from '../pegnet/index.js'
import { startDevChain } from '../factom/dev/index.js'
import { createFactomClient, followBlocks, type FollowedEntryBlock } from '../factom/index.js'
import { createHasher, lxrParams, openByteMap } from '../lxrhash/index.js'
import { ASSETS, decodeOpr, gradeBlock, oprChainId, type Opr } from '../oracle/index.js'
import { endMinutes, manualFlags } from './fixtures/minutes.js'
import { start, type Event, type Running } from './fixtures/program.js'
import { matchExactly } from './fixtures/match-exactly.js'

const RIVALS = 30
const BITS = 16
const PEG = 360

const state = t.testdir()
const dataDir = join(state, 'data')
const maps = join(state, 'maps')

function mine(...words: string[]): Running {
  const running = start([
    ...['mine', '--network', 'dev', ...manualFlags(state), '--bits', String(BITS), '--threads', '1'],
    ...['--data-dir', dataDir, '--dir', maps, ...words],
  ])
  t.teardown(() => running.kill())
  return running
}

interface Graded extends Event {
  readonly height: number
  readonly version: number
  readonly records: number
  readonly valid: number
  readonly winners: readonly string[]
  readonly mine: readonly { entryHash: string; place: number; payout: string }[]
  readonly reward: string
}

const of = <E extends Event = Event>(events: readonly Event[], kind: string): E[] =>
  events.filter(({ event }) => event === kind) as E[]

type RecordBlock = FollowedEntryBlock & { readonly height: number }

/** The record chain's blocks, read from the kept chain by a client of its own. */
async function recordBlocks(): Promise<RecordBlock[]> {
  const chain = await startDevChain({ dataDir: join(dataDir, 'chain'), blockSeconds: 60, manual: true })
  const client = createFactomClient({ url: chain.url })
  const chainId = oprChainId(networkOf('dev'))
  const blocks: RecordBlock[] = []
  try {
    const range = { from: 0, to: chain.savedHeight, after: null, signal: AbortSignal.timeout(30_000) }
    for await (const { height, chains } of followBlocks(client, { chains: [chainId], ...range })) {
      const block = chains.get(chainId)
      if (block) blocks.push({ ...block, height })
    }
    return blocks
  } finally {
    client.close()
    await chain.close()
  }
}

/** Records of a block by entry hash; what is none (the chain's first entry) is left out. */
function recordsOf(block: RecordBlock): Map<string, Opr> {
  const records = new Map<string, Opr>()
  for (const { hash, entry } of block.entries)
    if (entry.extIds.length === 3 && entry.content.length > 0) records.set(hash, decodeOpr(5, entry.content))
  return records
}

let lastGraded = 0

t.test('two blocks against thirty rivals', async (t) => {
  const running = mine('--blocks', '2', '--rivals', String(RIVALS), '--json', '--metrics-port', '0')
  const minutes = endMinutes(running, { rivals: RIVALS })
  const { metrics } = (await running.event('start')) as Event & { metrics: string }
  await running.event('graded')
  const { data, headers } = await axios.get<string>(metrics, { proxy: false, responseType: 'text' })
  t.match(headers['content-type'], /^text\/plain/)
  const sample = (name: string): number => Number(new RegExp(`^${name} (.+)$`, 'm').exec(data)?.[1] ?? NaN)
  t.ok(sample('pegnet_miner_hashes_total\\{thread="0"\\}') > 0)
  t.equal(sample('pegnet_miner_blocks_total'), 1)
  t.equal(sample('pegnet_miner_bytemap_bytes'), 2 ** BITS)
  t.equal(sample('pegnet_oracle_price_usd\\{asset="USD"\\}'), 1)
  t.ok(sample('pegnet_oracle_sources_used\\{asset="XBT"\\}') >= 2)
  t.ok(sample('pegnet_oracle_requests_total\\{source="kraken",result="ok"\\}') > 0)
  t.ok(sample('pegnet_miner_entries_total\\{result="acknowledged"\\}') > 0)
  t.ok(sample('pegnet_miner_entry_duration_seconds_count\\{result="acknowledged"\\}') > 0)
  t.equal(sample('pegnet_factom_node_state\\{state="ok"\\}'), 1)
  t.equal(sample('pegnet_miner_reward_peg_total') % PEG, 0)
  t.ok(sample('pegnet_factom_height') > 0)
  t.ok(sample('pegnet_factom_entry_credits') > 0)
  t.ok(sample('pegnet_factom_requests_total\\{method="commit-entry",result="ok"\\}') > 0)
  t.ok(sample('process_cpu_seconds_total') > 0)
  for (const path of ['live', 'ready']) {
    const { status, data } = await axios.get<object>(metrics.replace(/metrics$/, path), {
      proxy: false,
      validateStatus: null,
    })
    t.equal(status, 200, `${path}: ${JSON.stringify(data)}`)
  }

  const { code, stderr } = await running.ended
  await minutes
  t.equal(code, 0)
  t.equal(stderr, '', 'nothing to complain about')
  const { events } = running
  const known = [
    'bytemap',
    'start',
    'block',
    'prices',
    'job',
    'hashrate',
    'entry',
    'graded',
    'notice',
    'stopped',
  ]
  t.same(new Set(events.map(({ event }) => event).filter((event) => !known.includes(event))), new Set())
  t.same(
    events.filter(({ time }) => !/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(time)),
    [],
    'each event has its time',
  )

  t.match(of(events, 'bytemap').at(-1), { phase: 'ready', bits: BITS, origin: 'built' })
  t.ok(of(events, 'block').length >= 15, 'minutes of two blocks')
  t.match(of(events, 'prices').at(-1), { assets: ASSETS[5].length, complete: true, missing: {} })
  t.equal(ASSETS[5].length, 62)
  t.ok(of(events, 'entry').some(({ status }) => status === 'acknowledged'))

  const graded = of<Graded>(events, 'graded')
  t.equal(graded.length, 2)
  for (const { version, winners, mine, reward, records, valid } of graded) {
    t.equal(version, 5)
    t.equal(winners.length, 25)
    t.ok(valid >= 25 && valid <= records)
    const placed = mine.filter(({ place }) => place < 25)
    t.ok(placed.length > 0 && placed.length < 25, `${placed.length} of ours among 25 winners`)
    t.ok(Number(reward) > 0)
    t.equal(Number(reward), PEG * placed.length)
    for (const { payout } of placed) t.equal(payout, String(PEG))
    for (const { entryHash, place } of placed) t.equal(winners[place], entryHash.slice(0, 16))
  }
  matchExactly(t, of(events, 'stopped'), [
    {
      reason: 'blocks',
      blocks: 2,
      reward: String(graded.reduce((sum, { reward }) => sum + Number(reward), 0)),
    },
  ])
  lastGraded = graded.at(-1)?.height ?? 0

  const blocks = await recordBlocks()
  const byteMap = await openByteMap(lxrParams({ bits: BITS }), { dir: maps, slots: 1, build: false })
  const hasher = createHasher(byteMap, 0)
  let before: Graded | undefined
  for (const event of graded) {
    const block = blocks.find(({ height }) => height === event.height)
    if (!block) throw new Error(`block ${event.height} is not on the chain`)
    const records = recordsOf(block)
    const identities = event.winners.map(
      (winner) => [...records].find(([hash]) => hash.startsWith(winner))?.[1].identity,
    )
    t.ok(
      identities.includes('pegminer') && identities.some((identity) => identity !== 'pegminer'),
      'ours and rivals won',
    )
    t.notOk(identities.includes(undefined), 'every winner is on the chain')
    const previous = before?.winners ?? Array<string>(25).fill('')
    // A record that a busy machine brought to the node too late lies in the next block, and is refused there.
    const ours = [...records.values()].filter(
      ({ identity, height }) => identity === 'pegminer' && height === event.height,
    )
    t.ok(ours.length > 0)
    for (const { winners, prices } of ours) {
      t.same(winners, previous, 'they name the winners of the block before')
      t.equal(prices.length, 62)
    }
    const entries = block.entries.map(({ hash, entry: { extIds, content } }) => ({ hash, extIds, content }))
    const again = gradeBlock(
      { version: 5, height: event.height, previousWinners: previous, entries },
      (oprHash, nonce) => hasher.difficulty(oprHash, nonce),
    )
    t.same(again.winners, event.winners, 'graded again from the chain: the same winners')
    before = event
  }
})

t.test('interrupted in mid-block, and started again on the same data', async (t) => {
  const busy = createServer().listen(0, '127.0.0.1')
  t.teardown(() => busy.close())
  await once(busy, 'listening')
  const taken = (busy.address() as AddressInfo).port

  const first = mine('--json', '--metrics-port', String(taken))
  const minutes = endMinutes(first, { until: 4 })
  const job = (await first.event('job')) as Event & { height: number; winnersFrom: number }
  t.ok(job.height > lastGraded, 'the chain goes on')
  t.equal(job.winnersFrom, lastGraded, 'and so does the miner')
  await first.event('block', ({ height, minute }) => height === job.height && minute === 4)
  await minutes
  first.child.kill('SIGINT')
  const { code, stderr } = await first.ended
  t.equal(code, 130)
  t.match(stderr, /"level":"warn","message":"metrics moved to port \d+","code":"E_TELEMETRY_PORT"/)
  t.notMatch(stderr, /\n\s+at /, 'no stack')
  t.match(first.events.at(-1), { event: 'stopped', reason: 'interrupted', blocks: 0 })
  t.not(
    (first.events.find(({ event }) => event === 'start')?.['metrics'] as string).includes(`:${taken}/`),
    true,
  )

  const second = mine('--blocks', '1', '--rivals', String(RIVALS), '--metrics-port', 'off')
  await endMinutes(second)
  const ended = await second.ended
  t.equal(ended.code, 0)
  t.equal(ended.stderr, '')
  t.notMatch(ended.stdout, '\u001b', 'plain lines where there is no terminal')
  const graded = /graded +block (\d+): \d+ records.*; ours (\d+) of 25, best place \d+; \+(\d+) PEG/.exec(
    ended.stdout,
  )
  t.ok(Number(graded?.[1]) >= job.height)
  t.ok(Number(graded?.[2]) >= 1)
  t.equal(Number(graded?.[3]), PEG * Number(graded?.[2]))
  for (const line of [
    /^ PEGMINER +\d/m,
    /^ BYTEMAP +2\^16 bytes \(64 KiB\), opened/m,
    /^ STATUS +off$/m,
    / prices +62 assets, \d+ from 3\+ sources; (held: .*; )?widest spread [A-Z]+ \d\.\d\d %$/m,
    new RegExp(` REWARD +${graded?.[3]} PEG$`, 'm'),
  ])
    t.match(ended.stdout, line)
  t.notMatch(ended.stdout + ended.stderr, /Es[1-9A-HJ-NP-Za-km-z]{50}/, 'no secret key')
  const blocks = await recordBlocks()
  const hashes = blocks.flatMap(({ entries }) => entries.map(({ hash }) => hash))
  t.equal(new Set(hashes).size, hashes.length, 'nothing was published twice')
})

t.test('records of version 1 are refused at the start, on a chain that begins with them', async (t) => {
  const folder = join(state, 'first')
  const words = ['--data-dir', folder, '--metrics-port', 'off', '--blocks', '1', '--activations', '1@0,2@10']
  const { code, stderr } = await mine(...words).ended
  t.equal(code, 2)
  t.match(stderr, /E_CONFIG_NETWORK.*version 1 cannot be mined.*begin with version 2, such as 2@0/s)
})
