import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import t, { type Test } from 'tap'

import { errorsOf, type Database } from '../base/index.js'
import { FACTOID_CHAIN, followBlocks, type Entry, type FactoidTransaction } from '../factom/index.js'
import { goMinersBlocks } from '../factom/dev/fixtures/recordings.js'
import { networkOf } from '../pegnet/index.js'
import { ChainNode } from '../test/fixtures/chain-node.js'
import { countingConsumer } from './fixtures/counting.js'
import { createFollower, keepUp, openChainDatabase, type BlockConsumer, type Fork } from './index.js'
import { walksOf } from './walks.js'

const DEV = networkOf('dev')
const FAILING = { summary: '', remedy: '' }
const ONE = 'c1'.repeat(32)
const OTHER = 'a2'.repeat(32)

const entriesOf = (height: number, count: number, chainId = ONE): Entry[] =>
  Array.from({ length: count }, (_, k) => ({
    chainId,
    extIds: [Uint8Array.of(k)],
    content: Buffer.from(String(height)),
  }))

/** Blocks 0 to 6: entries of one chain in 2, 3 and 6, of another in 3 and 5. */
function nodeOf(): ChainNode {
  const node = new ChainNode()
  node.save(2, ...entriesOf(2, 1))
  node.save(3, ...entriesOf(3, 2), ...entriesOf(3, 4, OTHER))
  node.save(5, ...entriesOf(5, 3, OTHER))
  node.save(6, ...entriesOf(6, 5))
  return node
}
const COUNTS_ONE = [0, 0, 1, 2, 0, 0, 5]
const COUNTS_OTHER = [0, 0, 0, 4, 0, 3, 0]

function open(
  t: Test,
  node: ChainNode,
  consumers: readonly BlockConsumer[],
  file = join(t.testdir(), 'c.db'),
) {
  const db = openChainDatabase({ file, schemas: consumers })
  t.teardown(() => db.close())
  const forks: Fork[] = []
  const follower = createFollower({
    ...{ db, client: node.client, network: DEV, consumers },
    onFork: (fork) => forks.push(fork),
  })
  return { db, file, forks, follower }
}

const counts = (db: Database, table: string): number[] =>
  db.all(`SELECT entries FROM ${table} ORDER BY height`).map((row) => Number(row['entries']))

/** Says what it is told, in a list that others may write to as well. */
const listening = (name: string, heard: string[]): BlockConsumer => ({
  ...{ name, migrations: [], chains: [] },
  apply: ({ height }) => void heard.push(`${name} ${height}`),
  rollback: (height) => void heard.push(`${name} back to ${height}`),
})

t.test('who is given what', (t) => {
  const at = (height: number | null) => ({ height })
  const [none, two, five] = [at(null), at(2), at(5)]
  const brief = (readers: readonly { height: number | null }[], start: number, last: number) =>
    walksOf(readers, start, last).map(({ from, to, readers }) => [from, to, readers])
  t.same(brief([two, two], 0, 9), [[3, 9, [two, two]]])
  t.same(brief([five, none, two], 1, 9), [
    [1, 2, [none]],
    [3, 5, [none, two]],
    [6, 9, [five, none, two]],
  ])
  t.same(brief([five, two], 0, 4), [[3, 4, [two]]], 'not beyond the last block')
  t.same(brief([five], 0, 5), [])
  t.same(brief([at(2), at(2), at(4)], 0, 4).length, 1)
  t.end()
})

t.test('each block goes to all consumers in their order', async (t) => {
  const heard: string[] = []
  const { follower } = open(t, nodeOf(), [listening('b', heard), listening('a', heard)])
  t.equal(follower.tip(), null)
  await follower.sync(2)
  t.same(heard, ['b 0', 'a 0', 'b 1', 'a 1', 'b 2', 'a 2'])
  t.match(follower.tip(), { height: 2 })
  await t.rejects(follower.sync(7), { code: 'E_HISTORY_BEHIND', retryable: true })
  t.equal(heard.at(-1), 'a 6', 'what is there is followed all the same')
  t.throws(() => follower.mustKnowBefore(8), { code: 'E_HISTORY_BEHIND' })
  follower.mustKnowBefore(7)
})

t.test('a consumer that counts entries needs nothing but itself', async (t) => {
  const node = nodeOf()
  const consumers = [countingConsumer('one', [ONE]), countingConsumer('other', [OTHER])]
  const { db, follower } = open(t, node, consumers)
  await follower.sync()
  t.same(counts(db, 'one'), COUNTS_ONE)
  t.same(counts(db, 'other'), COUNTS_OTHER)
  t.equal(node.asked.get('dblock-by-height'), 1 + 7, 'where the chain begins, then one walk for both')
})

t.test('a consumer that throws leaves nothing of the block, of nobody', async (t) => {
  const node = nodeOf()
  let fit = false
  const mistake = new TypeError('of the consumer')
  const second = countingConsumer('second', [OTHER])
  const failing: BlockConsumer = {
    ...second,
    apply(block, tx) {
      second.apply(block, tx)
      if (block.height === 3 && !fit) throw mistake
    },
  }
  const { db, follower } = open(t, node, [countingConsumer('first', [ONE]), failing])
  await t.rejects(follower.sync(), mistake)
  t.match(follower.tip(), { height: 2 })
  t.same([counts(db, 'first').length, counts(db, 'second').length], [3, 3])
  t.same(db.all('SELECT * FROM chain_blocks WHERE height > 2'), [])
  fit = true
  await follower.sync()
  t.same([counts(db, 'first'), counts(db, 'second')], [COUNTS_ONE, COUNTS_OTHER])
})

t.test('a fork is rolled back by all, the last consumer first', async (t) => {
  const node = nodeOf()
  const heard: string[] = []
  const consumers = [listening('a', heard), listening('b', heard), countingConsumer('one', [ONE])]
  const { db, forks, follower } = open(t, node, consumers)
  await follower.sync()
  node.cut(4)
  node.save(6, ...entriesOf(6, 1))
  heard.length = 0
  await follower.sync(6)
  t.same(heard, ['b back to 4', 'a back to 4', 'a 5', 'b 5', 'a 6', 'b 6'])
  t.same(forks, [{ common: 4, whole: false }])
  t.same(counts(db, 'one'), [0, 0, 1, 2, 0, 0, 1])
  t.match(follower.tip(), { height: 6, keyMr: node.keyMr(6) })

  node.cut(-1)
  node.save(2, ...entriesOf(2, 9))
  await follower.sync(2)
  t.same(forks.at(-1), { common: -1, whole: true })
  t.same(counts(db, 'one'), [0, 0, 9])
})

t.test('a fork that is refused takes nothing away', async (t) => {
  const node = nodeOf()
  const consumers = [countingConsumer('one', [ONE])]
  const { db, file } = open(t, node, consumers)
  const refusal = new Error('kept')
  const follower = createFollower({
    ...{ db, client: node.client, network: DEV, consumers },
    onFork: () => {
      throw refusal
    },
  })
  await follower.sync()
  node.cut(4)
  node.save(6)
  await t.rejects(follower.sync(), refusal)
  t.same(counts(open(t, node, consumers, file).db, 'one'), COUNTS_ONE)
})

t.test('one that joins later is given the blocks from the first on, and only what it wants', async (t) => {
  const node = nodeOf()
  const one = countingConsumer('one', [ONE])
  const { db, file, follower } = open(t, node, [one])
  await follower.sync(5)
  node.asked.clear()
  const both = open(t, node, [one, countingConsumer('other', [OTHER])], file)
  await both.follower.sync()
  t.same(counts(db, 'one'), COUNTS_ONE)
  t.same(counts(both.db, 'other'), COUNTS_OTHER)
  // Two blocks of the other chain with 4 and 3 entries; of the first chain only what is in block 6.
  t.equal(node.asked.get('raw-data'), 2 + 7 + 1 + 5)
})

t.test(
  'a program without a consumer meets a fork: that one is rolled back when it is there again',
  async (t) => {
    const node = nodeOf()
    const one = countingConsumer('one', [ONE])
    const other = countingConsumer('other', [OTHER])
    const { db, file, follower } = open(t, node, [one, other])
    await follower.sync()
    node.cut(4)
    node.save(6, ...entriesOf(6, 2, OTHER))
    const alone = open(t, node, [one], file)
    await alone.follower.sync()
    t.same(counts(alone.db, 'one'), [0, 0, 1, 2, 0, 0, 0])
    t.same(counts(db, 'other'), COUNTS_OTHER, 'not yet')
    await follower.sync()
    t.same(counts(db, 'other'), [0, 0, 0, 4, 0, 0, 2])
    await follower.sync()
    t.same(counts(db, 'other').length, 7, 'once')
  },
)

t.test('two processes follow into the same file', async (t) => {
  const node = nodeOf()
  const consumers = [countingConsumer('one', [ONE]), countingConsumer('other', [OTHER])]
  const first = open(t, node, consumers)
  const second = open(t, node, consumers, first.file)
  await Promise.all([first.follower.sync(), second.follower.sync()])
  t.same(counts(first.db, 'one'), COUNTS_ONE)

  // The second rolls back while the first is on its way to the next block.
  node.save(7)
  const { dblockByHeight } = node.client
  node.client.dblockByHeight = async (height, signal) => {
    const block = await dblockByHeight(height, signal)
    if (height === 7) second.follower.rollback(3)
    return block
  }
  await t.rejects(first.follower.sync(), { code: 'E_HISTORY_RACE', retryable: true })
  node.client.dblockByHeight = dblockByHeight
  await first.follower.sync()
  t.same(counts(second.db, 'other'), [...COUNTS_OTHER, 0])
})

t.test('killed inside a block: all consumers have the block before it, and go on', async (t) => {
  const node = nodeOf()
  const served = await node.serve()
  t.teardown(() => served.close())
  const file = join(t.testdir(), 'killed.db')
  const script = fileURLToPath(new URL('fixtures/follow-and-hang.ts', import.meta.url))
  const consumers = [countingConsumer('first', [ONE]), countingConsumer('last', [ONE, OTHER])]
  for (const height of [3, 6]) {
    const child = fork(script, [served.url, file, String(height), ONE, OTHER], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    })
    t.teardown(() => child.kill('SIGKILL'))
    const gone = once(child, 'exit')
    await Promise.race([once(child.stdout!, 'data'), gone])
    child.kill('SIGKILL')
    t.same(await gone, [null, 'SIGKILL'], 'it was in the middle of a block')
    const { db, follower } = open(t, node, consumers, file)
    t.match(follower.tip(), { height: height - 1, keyMr: node.keyMr(height - 1) })
    t.same([counts(db, 'first').length, counts(db, 'last').length], [height, height])
    t.same(db.all('SELECT * FROM chain_blocks WHERE height >= ?', height), [])
  }
  const { db, follower } = open(t, node, consumers, file)
  await follower.sync()
  t.same(counts(db, 'first'), COUNTS_ONE)
  t.same(
    counts(db, 'last'),
    COUNTS_ONE.map((count, k) => count + (COUNTS_OTHER[k] ?? 0)),
  )
})

const BURN = '37399721298d77984585040ea61055377039a4c3f3e2cd48c46ff643d50fd64f'

/** Takes what a ledger wants of factoid blocks: the payments that were burnt for PegNet. */
function burnsConsumer(found: { height: number; amount: bigint; from: string }[]): BlockConsumer {
  const isBurn = ({ inputs, outputs, ecOutputs }: FactoidTransaction): boolean =>
    inputs.length === 1 &&
    outputs.length === 0 &&
    ecOutputs.length === 1 &&
    ecOutputs[0]?.address === BURN &&
    ecOutputs[0].amount === 0n
  return {
    ...{ name: 'burns', migrations: [], chains: [FACTOID_CHAIN] },
    apply({ height, factoids }) {
      for (const { transaction } of factoids?.transactions ?? [])
        if (isBurn(transaction)) {
          const [{ amount, address } = { amount: 0n, address: '' }] = transaction.inputs
          found.push({ height, amount, from: address })
        }
    },
    rollback: () => undefined,
  }
}

t.test('factoid blocks of a real chain, proven', async (t) => {
  const node = ChainNode.of(goMinersBlocks())
  const burns: { height: number; amount: bigint; from: string }[] = []
  const { db, follower } = open(t, node, [burnsConsumer(burns)])
  await follower.sync()
  t.equal(burns.length, 1)
  t.ok((burns[0]?.amount ?? 0n) > 0n, `${burns[0]?.amount} factoshis in block ${burns[0]?.height}`)
  t.equal(node.asked.get('raw-data'), 11, 'nothing but the factoid blocks')
  t.equal(db.all('SELECT * FROM chain_blocks').length, 11)
  const alone = open(
    t,
    ChainNode.of(goMinersBlocks()),
    [countingConsumer('one', [ONE])],
    join(t.testdir(), 'no.db'),
  )
  await alone.follower.sync()
  t.same(alone.db.all('SELECT * FROM chain_blocks'), [], 'not asked for, not fetched')
})

t.test('factoid blocks that are not what they should be', async (t) => {
  const blocks = goMinersBlocks()
  const keyOf = (node: ChainNode, height: number): string => {
    const found = [...node.objects].find(([, raw]) => raw === blocks[height]?.factoid)
    return found?.[0] ?? ''
  }
  const lies: [string, { code: string; message: RegExp }, (node: ChainNode, key: string) => void][] = [
    [
      'another time of its coinbase',
      { code: 'E_FACTOM_BLOCK', message: /^block 4: .*Merkle root/ },
      (node, key) => {
        const raw = Uint8Array.from(node.objects.get(key) ?? [])
        raw[155] = (raw[155] ?? 0) ^ 1
        node.objects.set(key, raw)
      },
    ],
    [
      'another rate',
      { code: 'E_FACTOM_HASH', message: /^block 4: factoid block .* answers with keyMr/ },
      (node, key) => {
        const raw = Uint8Array.from(node.objects.get(key) ?? [])
        raw[135] = (raw[135] ?? 0) ^ 1
        node.objects.set(key, raw)
      },
    ],
    [
      'another block',
      { code: 'E_FACTOM_HASH', message: /^block 4: factoid block/ },
      (node, key) => node.objects.set(key, blocks[5]!.factoid),
    ],
    [
      'none',
      { code: 'E_FACTOM_RPC', message: /^block 4: not found/ },
      (node, key) => node.objects.delete(key),
    ],
  ]
  for (const [name, error, change] of lies) {
    const node = ChainNode.of(blocks)
    change(node, keyOf(node, 4))
    const { follower } = open(t, node, [burnsConsumer([])], join(t.testdir(), `${name}.db`))
    await t.rejects(follower.sync(), error, name)
    t.match(follower.tip(), { height: 3 })
  }
  const node = ChainNode.of(blocks)
  const tip = { keyMr: 'ab'.repeat(32), sequence: 3 }
  const after = { height: 3, keyMr: node.keyMr(3), tips: new Map([[FACTOID_CHAIN, tip]]) }
  const following = followBlocks(node.client, { chains: [FACTOID_CHAIN], after, from: 4, to: 4 })
  await t.rejects(following.next(), { code: 'E_FACTOM_LINK', message: /^block 4: factoid block/ })
})

t.test('following for good: through what may pass, each trouble told once', async (t) => {
  const stop = new AbortController()
  const fail = errorsOf({ E_A: { ...FAILING }, E_B: { ...FAILING }, E_HISTORY_RACE: { ...FAILING } })
  const script = [null, 'E_A', 'E_A', 'E_B', 'E_HISTORY_RACE', null, 'E_B', null] as const
  const heard: string[] = []
  const pauses: number[] = []
  let step = 0
  await keepUp({
    sync: () => {
      const code = script[step++] ?? null
      return code === null ? Promise.resolve() : Promise.reject(fail(code, code))
    },
    signal: stop.signal,
    pollMs: () => 1,
    onEven: () => heard.push('even'),
    onTrouble: ({ code }) => heard.push(code),
    pause(ms) {
      pauses.push(ms)
      if (step === script.length) stop.abort()
      return Promise.resolve()
    },
  })
  t.same(heard, ['even', 'E_A', 'E_B', 'even', 'E_B', 'even'])
  t.same(
    pauses.map((ms) => ms > 1),
    script.map((code) => code !== null),
    'a longer pause after a failure',
  )
  const mistake = keepUp({
    sync: () => Promise.reject(new TypeError('of the program')),
    signal: new AbortController().signal,
    ...{ pollMs: () => 1, onEven: () => {}, onTrouble: () => {} },
  })
  await t.rejects(mistake, TypeError)
})
