/** The history of graded blocks, whole: a real chain replayed, and a made one that is followed by a second process. */
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import axios from 'axios'
import t, { type Test } from 'tap'

import { networkOf } from '../pegnet/index.js'
import { goMinersBlocks } from '../factom/dev/fixtures/recordings.js'
import { createFactomClient } from '../factom/index.js'
import { createHasher, lxrParams, openByteMap } from '../lxrhash/index.js'
import { createGradedHistory, HISTORY_FILE, openHistory } from '../oracle/index.js'
import { bitsOf, load } from '../oracle/grading/fixtures/load.js'
import { ChainNode } from './fixtures/chain-node.js'
import { makeChain } from './fixtures/made-chain.js'
import { runHere } from './fixtures/in-process.js'
import { start, type Event } from './fixtures/program.js'
import { until } from './fixtures/until.js'

const BITS = 10
/** A switch of versions after so many blocks. */
const STEP = 3
const BLOCKS = 13
const KILLED_AT = [3, 9]

const state = t.testdir()
const maps = join(state, 'maps')

t.test('a chain by two Go miners, graded as pegnetd did', async (t) => {
  const byteMap = await openByteMap(lxrParams({ bits: 16 }), { dir: maps, slots: 1 })
  const hasher = createHasher(byteMap, 0)
  const expected = load('go-miners-opr') as {
    graded: {
      height: number
      entryBlockKeyMR: string
      winnersShortHashes: string[]
      order: Record<string, unknown>[]
    }[]
    rates: Record<string, Record<string, string | number>>
  }
  const served = await ChainNode.of(goMinersBlocks()).serve()
  t.teardown(() => served.close())
  const client = createFactomClient({ url: served.url })
  t.teardown(() => client.close())
  const history = createGradedHistory({
    client,
    network: networkOf('local'),
    difficulty: (hash, nonce) => hasher.difficulty(hash, nonce),
    dir: join(state, 'go-miners'),
  })
  t.teardown(() => history.close())
  const blocks = await history.sync(10)
  t.same(
    blocks.map(({ height, keyMr }) => [height, keyMr]),
    expected.graded.map(({ height, entryBlockKeyMR }) => [height, entryBlockKeyMR]),
  )
  for (const [k, { height, winners, winnersFrom, records }] of blocks.entries()) {
    const theirs = expected.graded[k]
    t.same(winners, theirs?.winnersShortHashes, `the winners of block ${height}`)
    t.same(
      records.map(({ place, entryHash, identity, address, difficulty, grade, payout }) => ({
        ...{
          place: place + 1,
          entryHash,
          identity,
          address,
          gradeBits: bitsOf(grade),
          payout: String(payout),
        },
        difficulty: difficulty.toString(16).padStart(16, '0'),
      })),
      theirs?.order.map(({ place, entryHash, identity, address, gradeBits, payout, difficulty }) => ({
        ...{ place, entryHash, identity, address, gradeBits, payout, difficulty },
      })),
      'the order, grade bits and payouts',
    )
    const rates = Object.entries(expected.rates[String(height)] ?? {})
    const ours = history.query.ratesAt(height)?.prices ?? new Map<string, bigint>()
    t.same(
      new Map([...ours].map(([asset, price]) => [asset === 'PEG' ? asset : `p${asset}`, Number(price)])),
      new Map(rates.map(([asset, price]) => [asset, Number(price)])),
      'the rates',
    )
    if (records.length > 0) t.equal(winnersFrom, height)
  }
})

/** All that a history knows of the chain; what became of our own records only their maker knows. */
function contentsOf(dataDir: string): object[] {
  const query = openHistory(join(dataDir, HISTORY_FILE))
  try {
    return query.blocks({}).map((block) => ({ ...block, rates: query.ratesAt(block.height) }))
  } finally {
    query.close()
  }
}

const unwrapped = (text: string): string => text.replace(/\s+/g, ' ')

/** How far a program has come that writes this history. */
function reached(dataDir: string): number {
  const file = join(dataDir, HISTORY_FILE)
  if (!existsSync(file)) return -1
  const query = openHistory(file)
  try {
    return query.lastHeight() ?? -1
  } finally {
    query.close()
  }
}

/** A way to the node that keeps blocks above a height back, but not the last: whether it is there is asked first. */
async function gateTo(t: Test, url: string, last: number): Promise<{ height: number; readonly url: string }> {
  const gate = { height: 0, url: '' }
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const { method, params } = JSON.parse(body) as { method: string; params?: { height?: number } }
      const height = params?.height ?? 0
      if (method === 'dblock-by-height' && height > gate.height && height < last) return
      void axios
        .post<string>(`${url}/v2`, body, { proxy: false, responseType: 'text', validateStatus: () => true })
        .then(({ status, data }) => response.writeHead(status).end(data))
        .catch(() => response.destroy())
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  gate.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return gate
}

t.test(
  'a made chain through all switches, followed from zero by a program that is killed on the way',
  async (t) => {
    const byteMap = await openByteMap(lxrParams({ bits: BITS }), { dir: maps, slots: 1 })
    const hasher = createHasher(byteMap, 0)
    const dir = join(state, 'made')
    const activations = ([2, 3, 4, 5] as const).map((version, k) => [version, k * STEP] as const)
    const { chain, blocks, network } = await makeChain({
      dir,
      hasher,
      activations,
      blocks: BLOCKS,
      records: 25,
    })
    t.teardown(() => chain.close())
    t.same([...new Set(blocks.map(({ version }) => version))], [2, 3, 4, 5])
    t.ok(blocks.filter(({ gradable }) => gradable).length > BLOCKS / 2)
    t.ok(blocks.some(({ gradable }) => !gradable))

    const last = chain.savedHeight
    const gate = await gateTo(t, chain.url, last)
    const follower = join(state, 'follower')
    const words = [
      ...['grade', '--height', String(last), '--network', 'local', '--factomd', gate.url, '--json'],
      ...['--bits', String(BITS), '--dir', maps, '--data-dir', follower],
      ...['--activations', activations.map(([version, height]) => `${version}@${height}`).join()],
    ]
    for (const height of KILLED_AT) {
      gate.height = height
      const running = start(words)
      await until(() => reached(follower) >= height, 20)
      await running.kill()
      t.equal(reached(follower), height, `killed after block ${height}`)
    }
    gate.height = Infinity
    const done = await runHere(words)
    t.equal(done.code, 0, done.stderr)
    const events = done.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Event)
    const followed = events.find(({ event }) => event === 'followed')
    t.match(followed, { to: last, height: last })
    t.equal(followed?.['blocks'], last - (KILLED_AT.at(-1) ?? 0), 'it went on where it was killed')
    t.match(events.at(-1), { event: 'checked', height: last, winnersAgree: true })
    const live = contentsOf(join(dir, 'live'))
    t.equal(live.length, blocks.length)
    t.same(contentsOf(follower), live, 'the same winners, places, payouts and rates as were seen live')

    const own = await runHere(['history', '--data-dir', join(dir, 'live'), '--own', '--from', String(last)])
    t.match(unwrapped(own.stdout), /acknowledged [\d:]+, place \d+, 360 PEG, grade [\d.e-]+ from [A-Z]+ [+-]/)
    const csv = await runHere(['history', '--data-dir', follower, '--csv', '--asset', 'xbt'])
    t.match(csv.stdout, /^height,time,.*,own_peg,XBT\n1,/)
    t.equal(csv.stdout.trim().split('\n').length, 1 + blocks.length)
    const picture = join(state, 'history.svg')
    const plot = await runHere(['history', '--data-dir', join(dir, 'live'), '--plot', picture])
    t.match(unwrapped(plot.stdout), /Price of XBT, Price of ETH, Hash power of the network, Our places/)
    t.match(readFileSync(picture, 'utf8'), /^<svg .*prefers-color-scheme:dark/s)
    t.equal(network.oprVersionAt(last), 5)
  },
)
