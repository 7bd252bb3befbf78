/** The history of graded blocks, whole: a real chain replayed, and a made one that is followed by a second process. */
import { join } from 'node:path'

import t from 'tap'

import { networkOf } from '../config/index.js'
import { goMinersBlocks } from '../factom/dev/fixtures/recordings.js'
import { createFactomClient } from '../factom/index.js'
import { createHasher, lxrParams, openByteMap } from '../lxrhash/index.js'
import { createGradedHistory } from '../oracle/index.js'
import { bitsOf, load } from '../oracle/grading/fixtures/load.js'
import { ChainNode } from './fixtures/chain-node.js'
import { makeChain } from './fixtures/made-chain.js'

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

t.test('made', async (t) => {
  const byteMap = await openByteMap(lxrParams({ bits: 10 }), { dir: maps, slots: 1 })
  const hasher = createHasher(byteMap, 0)
  const t0 = performance.now()
  const { chain, blocks } = await makeChain({
    dir: join(state, 'made'),
    hasher,
    activations: [
      [2, 0],
      [3, 10],
      [4, 20],
      [5, 30],
    ],
    blocks: 40,
  })
  t.teardown(() => chain.close())
  t.comment(performance.now() - t0, blocks.length)
  t.same(
    blocks.map(({ block }) => [block.height, block.version, block.gradable]),
    [],
  )
})
