import t from 'tap'

import { ChainNode } from '../test/fixtures/chain-node.js'
import { goMinersBlocks, recordedViews } from './dev/fixtures/recordings.js'
import * as factom from './index.js'
import type { Entry, FollowedBlock, FollowOptions, KnownBlock } from './index.js'
import { matchExactly } from '../test/fixtures/match-exactly.js'

const CHAIN = 'c1'.repeat(32)
const OTHER = 'a2'.repeat(32)
const entriesOf = (height: number, count: number, chainId = CHAIN): Entry[] =>
  Array.from({ length: count }, (_, i) => ({
    chainId,
    extIds: [Uint8Array.of(i & 255, i >> 8)],
    content: Buffer.from(`${height}`),
  }))

/** Blocks 0 to 9: of one chain at 3, 4 and 9, of another at 4 and 6. */
function nodeOf(): ChainNode {
  const node = new ChainNode()
  node.save(3, ...entriesOf(3, 1))
  node.save(4, ...entriesOf(4, 40), ...entriesOf(4, 3, OTHER))
  node.save(6, ...entriesOf(6, 2, OTHER))
  node.save(9, ...entriesOf(9, 2))
  return node
}

async function follow(
  node: { readonly client: factom.FollowClient; readonly saved?: number },
  options: Partial<FollowOptions> = {},
): Promise<FollowedBlock[]> {
  const blocks: FollowedBlock[] = []
  const range = { from: options.after ? options.after.height + 1 : 0, to: node.saved ?? 9, after: null }
  for await (const block of factom.followBlocks(node.client, { chains: [CHAIN], ...range, ...options }))
    blocks.push(block)
  return blocks
}

/** What a follower knows after these blocks. */
function knownAfter(blocks: readonly FollowedBlock[]): KnownBlock {
  const { height, keyMr } = blocks.at(-1) as FollowedBlock
  return { height, keyMr, tips: new Map(blocks.flatMap(({ chains }) => [...chains])) }
}

t.test('blocks with their entries, lowest first', async (t) => {
  const node = nodeOf()
  const blocks = await follow(node, { chains: [CHAIN, OTHER] })
  t.same(
    blocks.map(({ height, chains }) => [
      height,
      chains.get(CHAIN)?.entries.length,
      chains.get(OTHER)?.sequence,
    ]),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((height) => [
      height,
      { 3: 1, 4: 40, 9: 2 }[height],
      { 4: 0, 6: 1 }[height],
    ]),
  )
  t.same(
    blocks[4]?.chains.get(CHAIN)?.entries.map(({ entry }) => entry.extIds[0]?.[0]),
    Array.from({ length: 40 }, (_, i) => i),
    'entries in the order of the block',
  )
  t.equal(blocks[4]?.chains.get(CHAIN)?.entries[39]?.minute, 10)
  t.match(blocks[9], { keyMr: node.keyMr(9), timestamp: 26_000_090 * 60_000 })
  t.ok(node.busiest > 3 && node.busiest <= 12, `${node.busiest} requests at once`)

  const after = knownAfter(blocks.slice(0, 5))
  t.same(
    (await follow(node, { after })).map(({ height }) => height),
    [5, 6, 7, 8, 9],
  )
  t.same(
    (await follow(node, { from: 4, to: 6 })).map(({ height }) => height),
    [4, 5, 6],
    'from the middle',
  )
  t.same(await follow(node, { from: 10 }), [])
  t.same(
    (await follow(node, { chains: [] })).map(({ chains }) => chains.size),
    Array(10).fill(0),
  )
})

t.test('blocks are fetched ahead, but not without bound', async (t) => {
  const node = new ChainNode()
  node.save(0)
  for (let height = 1; height < 40; height++) node.save(height, ...entriesOf(height, 1))
  const blocks = factom.followBlocks(node.client, { chains: [CHAIN], after: null, from: 0, to: 39, ahead: 5 })
  await blocks.next()
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
  t.equal(node.asked.get('dblock-by-height'), 5)
  await blocks.return(undefined)
  t.equal(node.busy, 0)
  t.equal(node.asked.get('dblock-by-height'), 5, 'nothing is asked after the caller has left')
})

t.test('what is not as it should be is refused, with the height and the reason', async (t) => {
  const honest = await follow(nodeOf())
  const blockKey = nodeOf().entryBlock(4, CHAIN)?.keyMr ?? ''
  const entryKey = nodeOf().entryBlock(4, CHAIN)?.entries[7]?.hash ?? ''
  const otherEntry = nodeOf().entryBlock(4, CHAIN)?.entries[8]?.hash ?? ''
  const changed = (raw: Uint8Array | undefined, at: number) => {
    const bytes = Uint8Array.from(raw ?? [])
    bytes[at] = (bytes[at] ?? 0) ^ 1
    return bytes
  }
  const objects = (change: (node: ChainNode) => [string, Uint8Array]) => (node: ChainNode) => {
    const [hash, raw] = change(node)
    node.objects.set(hash, raw)
  }
  const foreign = factom.encodeEntry({ chainId: OTHER, extIds: [], content: new Uint8Array() })
  const lies: [string, string, RegExp, (node: ChainNode) => void][] = [
    [
      'a bad Merkle root of a directory block',
      'E_FACTOM_BLOCK',
      /Merkle root/,
      (node) => node.directory.set(4, changed(node.directory.get(4), 5)),
    ],
    [
      'another row in a directory block',
      'E_FACTOM_BLOCK',
      /Merkle root/,
      (node) => node.directory.set(4, changed(node.directory.get(4), 113 + 3 * 64 + 40)),
    ],
    [
      'a directory block of another height',
      'E_FACTOM_HASH',
      /it is block 5/,
      (node) => node.directory.set(4, node.directory.get(5) ?? new Uint8Array()),
    ],
    [
      'a truncated directory block',
      'E_FACTOM_BLOCK',
      /rows it counts/,
      (node) => node.directory.set(4, (node.directory.get(4) ?? new Uint8Array()).subarray(0, -1)),
    ],
    [
      'a directory block shorter than its header',
      'E_FACTOM_BLOCK',
      /shorter than its header/,
      (node) => node.directory.set(4, (node.directory.get(4) ?? new Uint8Array()).subarray(0, 50)),
    ],
    [
      'a directory block that follows another one',
      'E_FACTOM_LINK',
      /follows block/,
      (node) => {
        const raw = Uint8Array.from(node.directory.get(4) ?? [])
        raw[37] = (raw[37] ?? 0) ^ 1
        node.directory.set(4, raw)
      },
    ],
    [
      'a bad Merkle root of an entry block',
      'E_FACTOM_BLOCK',
      /Merkle root/,
      objects((node) => [blockKey, changed(node.objects.get(blockKey), 40)]),
    ],
    [
      'an entry block with another entry in it',
      'E_FACTOM_BLOCK',
      /Merkle root/,
      objects((node) => [blockKey, changed(node.objects.get(blockKey), 200)]),
    ],
    [
      'an entry block with another header',
      'E_FACTOM_HASH',
      /answers with keyMr/,
      objects((node) => [blockKey, changed(node.objects.get(blockKey), 131)]),
    ],
    [
      'a truncated entry block',
      'E_FACTOM_BLOCK',
      /objects it counts/,
      objects((node) => [blockKey, (node.objects.get(blockKey) ?? new Uint8Array()).subarray(0, -5)]),
    ],
    [
      'another entry block',
      'E_FACTOM_HASH',
      /answers with keyMr/,
      objects((node) => [
        blockKey,
        node.objects.get(node.entryBlock(9, CHAIN)?.keyMr ?? '') ?? new Uint8Array(),
      ]),
    ],
    [
      'swapped entries',
      'E_FACTOM_HASH',
      new RegExp(`entry ${entryKey}: the node answers with ${otherEntry}`),
      objects((node) => [entryKey, node.objects.get(otherEntry) ?? new Uint8Array()]),
    ],
    [
      'a truncated entry',
      'E_FACTOM_HASH',
      /the node answers with/,
      objects((node) => [entryKey, (node.objects.get(entryKey) ?? new Uint8Array()).subarray(0, -1)]),
    ],
    ['an entry of another chain', 'E_FACTOM_HASH', /entry/, objects(() => [entryKey, foreign])],
    ['an entry block that is missing', 'E_FACTOM_RPC', /not found/, (node) => node.objects.delete(blockKey)],
    ['an entry that is missing', 'E_FACTOM_RPC', /not found/, (node) => node.objects.delete(entryKey)],
    ['a block that is missing', 'E_FACTOM_RPC', /not found/, (node) => node.directory.delete(4)],
  ]
  for (const [name, wanted, reason, change] of lies) {
    const node = nodeOf()
    change(node)
    const delivered: FollowedBlock[] = []
    const thrown = await (async () => {
      const range = { chains: [CHAIN], after: null, from: 0, to: 9 }
      for await (const block of factom.followBlocks(node.client, range)) delivered.push(block)
    })().catch((error: unknown) => error)
    t.match(thrown, { code: wanted, message: reason, details: { height: 4 } }, name)
    t.match(thrown, { message: /^block 4: / })
    t.same(
      delivered,
      honest.slice(0, 4),
      'what came before is whole, nothing of the block itself is delivered',
    )
  }
})

t.test('a chain that does not lead on', async (t) => {
  const node = nodeOf()
  const blocks = await follow(node)
  const fork = nodeOf()
  fork.cut(4)
  fork.save(9, ...entriesOf(9, 2))
  await t.rejects(follow(fork, { after: knownAfter(blocks.slice(0, 7)) }), {
    code: 'E_FACTOM_LINK',
    message: /^block 7: it follows block .* not block .* of height 6$/,
  })
  t.equal(
    (await follow(fork, { after: knownAfter(blocks.slice(0, 5)) })).length,
    5,
    'where they agree it goes on',
  )

  const known = knownAfter(blocks.slice(0, 5))
  for (const tip of [
    { keyMr: 'ab'.repeat(32), sequence: 1 },
    { keyMr: node.entryBlock(4, CHAIN)?.keyMr ?? '', sequence: 0 },
  ]) {
    const after = { ...known, tips: new Map([[CHAIN, tip]]) }
    await t.rejects(follow(node, { after }), { code: 'E_FACTOM_LINK', message: /^block 9: entry block/ })
  }
})

t.test('an entry that cannot be read is still an entry', async (t) => {
  const node = new ChainNode()
  node.save(1, ...entriesOf(1, 2))
  const [hash] = node.entryBlock(1, CHAIN)?.entries.map((entry) => entry.hash) ?? []
  // External ids of 9 bytes in an area that is said to have 200.
  const raw = Uint8Array.from(node.objects.get(hash ?? '') ?? [])
  raw[34] = 200
  const strange = factom.entryHash(raw)
  node.objects.set(strange, raw)
  const block = node.entryBlock(1, CHAIN) as factom.RawEntryBlock
  const again = factom.encodeEntryBlock({
    ...block,
    entries: [{ hash: strange, minute: 1 }],
  })
  const { keyMr } = factom.decodeEntryBlock(again)
  node.objects.set(keyMr, again)
  const directory = factom.decodeDirectoryBlock(node.directory.get(1) as Uint8Array)
  const rows = directory.rows.map((row) => (row.chainId === CHAIN ? { ...row, keyMr } : row))
  node.directory.set(1, factom.encodeDirectoryBlock({ ...directory, rows }))
  const [, followed] = await follow(node)
  matchExactly(t, followed?.chains.get(CHAIN)?.entries, [
    { hash: strange, entry: { chainId: CHAIN, extIds: [] } },
  ])
})

t.test('abort', async (t) => {
  const node = nodeOf()
  const abort = new AbortController()
  const { rawData } = node.client
  node.client.rawData = (hash) => {
    if ((node.asked.get('raw-data') ?? 0) > 10) abort.abort()
    return rawData(hash)
  }
  const delivered: number[] = []
  await t.rejects(
    (async () => {
      const range = { chains: [CHAIN], after: null, from: 0, to: 9, signal: abort.signal }
      for await (const { height } of factom.followBlocks(node.client, range)) delivered.push(height)
    })(),
    { name: 'AbortError' },
  )
  t.ok(delivered.length <= 4, 'no half of a block')
})

t.test('a real chain over HTTP', async (t) => {
  const node = ChainNode.of(goMinersBlocks())
  const served = await node.serve()
  t.teardown(() => served.close())
  const client = factom.createFactomClient({ url: served.url })
  t.teardown(() => client.close())
  const chainId = factom.chainIdOf(
    ['PegNet', 'MainNet', 'OraclePriceRecords'].map((text) => Buffer.from(text)),
  )
  const blocks = await follow({ client }, { chains: [chainId], to: node.saved })
  t.equal(blocks.length, 11)
  t.equal(blocks[0]?.keyMr, 'c1fdd8c0a09e55e8b5f5e92eacb695d915b83af79735236fbd9274e37b26adc7')
  const entries = blocks.flatMap(({ chains }) => chains.get(chainId)?.entries ?? [])
  t.ok(entries.length > 100, `${entries.length} entries, all proven`)
})

t.test('the blocks of a real node, as JSON and as bytes', (t) => {
  for (const view of recordedViews()) {
    const raw = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))
    const directory = factom.decodeDirectoryBlock(raw(view.directoryBlock.rawdata))
    const { dblock } = view.directoryBlock as unknown as {
      dblock: {
        header: Record<string, string | number>
        dbentries: { chainid: string; keymr: string }[]
        dbhash: string
        keymr: string
        headerhash: string
      }
    }
    const { header } = dblock
    t.same(
      [directory.keyMr, directory.fullHash, directory.headerHash, directory.bodyMr],
      [dblock.keymr, dblock.dbhash, dblock.headerhash, header['bodymr']],
      `directory block ${view.height}`,
    )
    t.same(
      [
        directory.height,
        directory.networkId,
        directory.timeMinutes,
        directory.prevKeyMr,
        directory.prevFullHash,
      ],
      [
        header['dbheight'],
        header['networkid'],
        header['timestamp'],
        header['prevkeymr'],
        header['prevfullhash'],
      ],
    )
    t.same(
      directory.rows,
      dblock.dbentries.map(({ chainid, keymr }) => ({ chainId: chainid, keyMr: keymr })),
    )
    for (const block of view.entryBlocks) {
      const decoded = factom.decodeEntryBlock(raw(block.raw))
      t.equal(decoded.keyMr, block.keymr, `an entry block of ${view.height}`)
      t.ok(directory.rows.some(({ keyMr }) => keyMr === block.keymr))
      t.same(
        decoded.entries.map(({ hash }) => hash),
        block.entries.map(({ raw: entry }) => factom.entryHash(raw(entry))),
      )
    }
  }
  t.end()
})
