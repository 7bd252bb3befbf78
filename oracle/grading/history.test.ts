import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import t from 'tap'
import type { Test } from 'tap'

import { errorsOf, networkOf } from '../../config/index.js'
import type { Network } from '../../config/index.js'
import {
  decodeEntryBlock,
  encodeEntry,
  encodeEntryBlock,
  entryHash,
  FACTOM_ERRORS,
} from '../../factom/index.js'
import type { DirectoryBlock, Entry } from '../../factom/index.js'
import { ASSETS, buildOprEntry, encodeOpr, oprChainExtIds, oprChainId, readClaim } from '../records/index.js'
import { noWinners } from './grade.js'
import type { Difficulty, GradedBlock } from './grade.js'
import { createGradedHistory } from './history.js'
import type { GradedHistory, GradedHistoryOptions } from './history.js'

const fail = errorsOf(FACTOM_ERRORS)
const DEV = networkOf('dev')
const CHAIN = oprChainId(DEV)
const ZEROS = '0'.repeat(64)
const ADDRESS = 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'

/** A stand-in for the proof of work: the difficulty is the nonce's first 8 bytes. */
const fromNonce: Difficulty = (_, nonce) => (nonce.length < 8 ? 1n : readClaim(nonce))

/** A factomd that knows one chain. */
class Node {
  blocks: { keyMr: string; height: number; sequence: number; prevKeyMr: string; raw: Uint8Array }[] = []
  /** The highest saved directory block. */
  saved = 0
  /** How many blocks of the chain the chain head hides. */
  lag = 0
  entriesRead = 0
  failEntries = false
  readonly #entries = new Map<string, Entry>()

  /** Saves a block with these entries, or an empty one. */
  save(height: number, entries: readonly Entry[] = []): void {
    this.saved = height
    if (entries.length === 0) return
    const last = this.blocks.at(-1)
    const raw = encodeEntryBlock({
      chainId: CHAIN,
      prevKeyMr: last?.keyMr ?? ZEROS,
      prevFullHash: last ? decodeEntryBlock(last.raw).fullHash : ZEROS,
      sequence: this.blocks.length,
      height,
      entries: entries.map((entry) => {
        const hash = entryHash(encodeEntry(entry))
        this.#entries.set(hash, entry)
        return { hash, minute: 10 }
      }),
    })
    this.blocks.push({ ...decodeEntryBlock(raw), raw })
  }

  find(keyMr: string) {
    const block = this.blocks.find((known) => known.keyMr === keyMr)
    return block ?? fail('E_FACTOM_RPC', 'not found')
  }

  readonly client: GradedHistoryOptions['client'] = {
    chainHead: () => {
      const head = this.blocks.at(-1 - this.lag)
      return Promise.resolve(head ? { head: head.keyMr, inProcessList: false } : null)
    },
    entryBlock: (keyMr) => {
      const block = this.find(keyMr)
      if (block instanceof Error) return Promise.reject(block)
      return Promise.resolve({ ...block, chainId: CHAIN, timestamp: 0, entries: [] })
    },
    rawData: (keyMr) => {
      const block = this.find(keyMr)
      return block instanceof Error ? Promise.reject(block) : Promise.resolve(block.raw)
    },
    entry: (hash) => {
      this.entriesRead++
      const entry = this.#entries.get(hash)
      if (!entry || this.failEntries) return Promise.reject(fail('E_FACTOM_UNREACHABLE', 'gone'))
      return Promise.resolve(entry)
    },
    dblockByHeight: (height): Promise<DirectoryBlock> => {
      if (height > this.saved) return Promise.reject(fail('E_FACTOM_RPC', 'Block not found'))
      const rows = this.blocks
        .filter((block) => block.height === height)
        .map(({ keyMr }) => ({ chainId: CHAIN, keyMr }))
      return Promise.resolve({ keyMr: ZEROS, prevKeyMr: ZEROS, height, timestamp: 0, rows })
    },
  }
}

/** `count` honest records of a block; `salt` makes them other records than those of another chain. */
function records(height: number, winners: readonly string[], count: number, salt = 0): Entry[] {
  return Array.from({ length: count }, (_, k) => {
    const prices = ASSETS[5].map((_, asset) => BigInt(1000 + asset + salt))
    const content = encodeOpr({ version: 5, address: ADDRESS, identity: 'm', height, winners, prices })
    const difficulty = BigInt(height * 1000 + k)
    const nonce = new Uint8Array(Buffer.from(difficulty.toString(16).padStart(16, '0'), 'hex'))
    return buildOprEntry({ chainId: CHAIN, version: 5, content, nonce, difficulty })
  })
}
const creation: Entry = { chainId: CHAIN, extIds: oprChainExtIds(DEV), content: new Uint8Array() }
const shorts = (entries: readonly Entry[]) =>
  entries.map((entry) => entryHash(encodeEntry(entry)).slice(0, 16))

function folder(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'pegminer-history-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

interface Notice {
  code: string
  message: string
}
function open(t: Test, node: Node, change: Partial<GradedHistoryOptions> = {}) {
  const dir = change.dir ?? folder(t)
  const notices: Notice[] = []
  const onNotice = (notice: Notice) => void notices.push(notice)
  const options = { client: node.client, network: DEV, difficulty: fromNonce, dir, onNotice, ...change }
  return { dir, notices, file: join(dir, 'graded.jsonl'), history: createGradedHistory(options) }
}

const heights = (blocks: readonly GradedBlock[]) => blocks.map(({ height }) => height)

/** A node with a chain of seven blocks: 1 creation, 3 with winners, 5 with too few records, 6 and 7 with winners. */
async function played(t: Test, salt = 0): Promise<{ node: Node; winners: Record<number, string[]> }> {
  const node = new Node()
  const { history } = open(t, node)
  const winners: Record<number, string[]> = {}
  const step = async (height: number, entries: readonly Entry[]) => {
    node.save(height, entries)
    await history.sync(height)
    winners[height] = history.previousWinners(height + 1).winners
  }
  await step(1, [creation])
  await step(2, [])
  await step(3, records(3, noWinners(5), 27, salt))
  await step(4, [])
  await step(5, records(5, winners[3] ?? [], 24, salt))
  await step(6, records(6, winners[3] ?? [], 25, salt))
  await step(7, records(7, winners[6] ?? [], 60, salt))
  return { node, winners }
}

/** Asks a history for all that it knows about the played chain. */
const answers = (history: GradedHistory) =>
  [1, 2, 3, 4, 5, 6, 7, 8].map((height) => [history.previousWinners(height), history.difficulties(height)])

t.test('follows the chain, carries winners on', async (t) => {
  const node = new Node()
  const { history, notices } = open(t, node)
  t.throws(
    () => history.previousWinners(1),
    { code: 'E_HISTORY_BEHIND' },
    'nothing is known before the first sync',
  )
  t.same(await history.sync(), [], 'there is no chain yet')
  t.same(history.previousWinners(1), { winners: noWinners(5), height: null })
  t.equal(history.latest(), null)

  node.save(1, [creation])
  const first = await history.sync(1)
  t.match(first, [{ height: 1, gradable: false, entries: 1, records: 0, winners: noWinners(5) }])
  t.same(history.previousWinners(2), { winners: noWinners(5), height: null })
  t.same(history.difficulties(2), [])

  const three = records(3, noWinners(5), 27)
  node.save(2)
  node.save(3, three)
  t.match(await history.sync(3), [{ height: 3, gradable: true, records: 27, cutoff: 27 }])
  const winners = shorts(three).reverse().slice(0, 25)
  t.same(history.previousWinners(4), { winners, height: 3 })
  t.same(
    history.previousWinners(3),
    { winners: noWinners(5), height: null },
    'a height below is still answered',
  )
  t.equal(history.difficulties(4).length, 27)
  t.equal(history.difficulties(4)[0], 3026n)

  node.save(4)
  node.save(5, records(5, winners, 24))
  node.save(6, records(6, noWinners(5), 30))
  const more = await history.sync(6)
  t.match(more, [
    { height: 5, gradable: false, records: 24 },
    { height: 6, gradable: false, records: 0 },
  ])
  t.same(history.previousWinners(7), { winners, height: 3 }, 'winners are carried over blocks without')
  t.equal(history.difficulties(7).length, 27)
  t.same(await history.sync(6), [])
  t.match(history.latest(), { height: 6, gradable: false, winnersFrom: 3, places: [] })
  t.same(notices, [])
})

t.test('goes on after a restart', async (t) => {
  const { node, winners } = await played(t)
  const first = open(t, node)
  t.same(heights(await first.history.sync(7)), [1, 3, 5, 6, 7])
  t.equal(first.history.difficulties(8).length, 50)
  t.equal(first.history.latest()?.places.length, 25)

  node.entriesRead = 0
  const second = open(t, node, { dir: first.dir })
  t.same(second.history.previousWinners(7), { winners: winners[6], height: 6 }, 'known without asking')
  t.throws(() => second.history.previousWinners(9), { code: 'E_HISTORY_BEHIND' })
  t.same(await second.history.sync(7), [])
  t.equal(node.entriesRead, 0, 'nothing is fetched twice')
  t.same(answers(second.history), answers(first.history))

  node.save(8, records(8, winners[7] ?? [], 26))
  t.same(heights(await second.history.sync(8)), [8])
  t.match(second.history.previousWinners(9), { height: 8 })
  t.same(second.notices, [])
  t.same(readdirSync(first.dir), ['graded.jsonl'], 'no temporary file is left')
})

t.test('a damaged file', async (t) => {
  const { node } = await played(t)
  const whole = open(t, node)
  await whole.history.sync(7)
  const good = readFileSync(whole.file)
  const lines = good.toString('utf8').split('\n')
  const expected = answers(whole.history)
  const joined = (change: (lines: string[]) => string[]) => Buffer.from(change([...lines]).join('\n'))
  const flipped = (line: number) => {
    const bytes = Buffer.from(good)
    const at = Buffer.from(lines.slice(0, line).join('\n')).length + 60
    bytes[at] = (bytes[at] ?? 0) ^ 1
    return bytes
  }

  const cases: [string, Buffer, number[]][] = [
    ['torn in the last line', good.subarray(0, -100), [7]],
    ['torn after a few bytes', good.subarray(0, good.length - (lines.at(-2)?.length ?? 0)), [7]],
    ['torn before the line break', good.subarray(0, -1), []],
    ['more behind the end', Buffer.concat([good, Buffer.from('12')]), []],
    ['a bit in a middle line', flipped(3), [5, 6, 7]],
    ['a bit in the first block', flipped(1), [1, 3, 5, 6, 7]],
    ['a bit in the first line', flipped(0), [1, 3, 5, 6, 7]],
    ['a line is missing', joined((l) => l.filter((_, k) => k !== 2)), [3, 5, 6, 7]],
    [
      'two lines are swapped',
      joined(([h, a, b, c, ...rest]) => [h, a, c, b, ...rest] as string[]),
      [3, 5, 6, 7],
    ],
    ['the first line is missing', joined((l) => l.slice(1)), [1, 3, 5, 6, 7]],
    ['only the first line', Buffer.from(`${lines[0]}\n`), [1, 3, 5, 6, 7]],
    ['something else', Buffer.from([0, 255, 254, 10, 10]), [1, 3, 5, 6, 7]],
    ['empty', Buffer.alloc(0), [1, 3, 5, 6, 7]],
  ]
  for (const [name, bytes, graded] of cases) {
    const dir = folder(t)
    writeFileSync(join(dir, 'graded.jsonl'), bytes)
    const { history, notices, file } = open(t, node, { dir })
    t.same(heights(await history.sync(7)), graded, name)
    t.same(answers(history), expected)
    const told = name === 'only the first line' ? [] : [{ code: 'E_HISTORY_DAMAGED' }]
    t.match(notices, told)
    t.equal(notices.length, told.length)
    if (graded.length > 0) t.same(readFileSync(file), good, 'the file is whole again')
    const again = open(t, node, { dir })
    await again.history.sync(7)
    t.same(answers(again.history), expected)
  }
})

t.test('the history of something else', async (t) => {
  const { node, winners } = await played(t)
  const other = await played(t, 7)
  const dir = folder(t)
  const first = open(t, node, { dir })
  await first.history.sync(7)

  const elsewhere = open(t, other.node, { dir })
  t.same(heights(await elsewhere.history.sync(7)), [1, 3, 5, 6, 7], 'another chain with the same id')
  t.same(elsewhere.history.previousWinners(8), { winners: other.winners[7], height: 7 })
  t.match(elsewhere.notices, [{ code: 'E_HISTORY_FOREIGN' }])

  const empty = open(t, new Node(), { dir })
  t.same(await empty.history.sync(), [])
  t.same(empty.history.previousWinners(8), { winners: noWinners(5), height: null })
  t.match(empty.notices, [{ code: 'E_HISTORY_FOREIGN' }])

  const bytemap = open(t, node, {
    dir,
    difficulty: (hash, nonce) => fromNonce(hash, nonce) + (nonce.length < 8 ? 1n : 0n),
  })
  t.match(bytemap.notices, [{ code: 'E_HISTORY_FOREIGN', message: /ByteMap/ }])
  t.same(heights(await bytemap.history.sync(7)), [1, 3, 5, 6, 7])

  const network: Network = { ...DEV, oprVersionAt: (height) => (height < 6 ? 5 : 4) }
  const version = open(t, node, {
    dir,
    network,
    difficulty: (hash, nonce) => fromNonce(hash, nonce) + (nonce.length < 8 ? 1n : 0n),
  })
  t.match(version.notices, [{ code: 'E_HISTORY_FOREIGN', message: /versions/ }])
  t.same(heights(await version.history.sync(7)), [6, 7], 'only what is graded by other rules')
  t.same(version.history.previousWinners(8), { winners: winners[3], height: 3 })

  const testNet = open(t, node, { dir, network: networkOf('TestNet') })
  t.match(testNet.notices, [{ code: 'E_HISTORY_FOREIGN', message: /another chain/ }])
})

t.test('a node that lags, and one that was rolled back', async (t) => {
  const { node, winners } = await played(t)
  const { history, notices, dir } = open(t, node)
  await history.sync(7)

  node.lag = 2
  node.saved = 5
  t.same(await history.sync(), [], 'it knows less than we do')
  t.same(history.previousWinners(6), { winners: winners[3], height: 3 })
  t.equal(history.latest()?.height, 7, 'nothing is given up')
  t.same(notices, [])
  node.lag = 0
  node.saved = 7

  const gone = node.blocks.splice(-2)
  t.same(await history.sync(7), [])
  t.match(notices, [{ code: 'E_HISTORY_FOREIGN', message: /rolled back to block 5/ }])
  t.same(history.previousWinners(8), { winners: winners[3], height: 3 })
  notices.length = 0

  node.blocks.push(...gone)
  t.same(heights(await history.sync(7)), [6, 7])
  node.blocks.splice(-2)
  node.save(8, records(8, winners[3] ?? [], 25))
  t.same(heights(await history.sync(8)), [1, 3, 5, 8], 'a fork is followed from its beginning')
  t.match(notices, [{ code: 'E_HISTORY_FOREIGN', message: /another one, or was rolled back/ }])
  t.match(history.previousWinners(9), { height: 8 })
  const again = open(t, node, { dir })
  t.same(await again.history.sync(8), [])
  t.same(again.history.previousWinners(9), history.previousWinners(9))
})

t.test('a node that contradicts itself takes nothing away', async (t) => {
  const { node, winners } = await played(t)
  const { history } = open(t, node)
  await history.sync(7)
  const { blocks } = node
  // A head that leads nowhere near the known blocks.
  node.blocks = [{ ...blocks[0], keyMr: 'ab'.repeat(32), height: 9, sequence: 4 } as (typeof blocks)[0]]
  await t.rejects(history.sync(), { code: 'E_FACTOM_LINK' })
  t.same(history.previousWinners(8), { winners: winners[7], height: 7 })
  t.throws(() => history.previousWinners(9), { code: 'E_HISTORY_BEHIND' })
  node.blocks = blocks
  t.same(await history.sync(7), [])
  t.same(history.previousWinners(9), { winners: winners[7], height: 7 })
})

t.test('errors on the way lose nothing', async (t) => {
  const { node } = await played(t)
  const { history, dir } = open(t, node)
  const sixth = node.blocks.at(-2)
  const rawData = node.client.rawData.bind(node.client)
  node.client.rawData = (keyMr, signal) =>
    keyMr === sixth?.keyMr ? Promise.reject(fail('E_FACTOM_TIMEOUT', 'late')) : rawData(keyMr, signal)
  await t.rejects(history.sync(7), { code: 'E_FACTOM_TIMEOUT' })
  t.match(history.latest(), { height: 5 })
  t.throws(
    () => history.previousWinners(8),
    { code: 'E_HISTORY_BEHIND' },
    'better no winners than stale ones',
  )
  node.client.rawData = rawData
  t.same(heights(await history.sync(7)), [1, 3, 5, 6, 7], 'what was graded before the error comes as well')

  rmSync(dir, { recursive: true })
  writeFileSync(dir, 'a file where the folder should be')
  node.save(8, records(8, history.previousWinners(8).winners, 25))
  await t.rejects(history.sync(8), { code: 'E_HISTORY_WRITE', retryable: true })
  rmSync(dir)
  mkdirSync(dir)
  t.same(heights(await history.sync(8)), [8])
  const again = open(t, node, { dir })
  t.same(again.notices, [])
  t.same(await again.history.sync(8), [])
  t.equal(again.history.latest()?.height, 8)
})

t.test('a height that must be reached', async (t) => {
  const { node } = await played(t)
  const { history } = open(t, node)
  t.same(heights(await history.sync(5)), [1, 3, 5], 'not beyond it')
  t.same(heights(await history.sync(6)), [6])
  await t.rejects(history.sync(8), { code: 'E_HISTORY_BEHIND', retryable: true }, 'it is not saved yet')
  node.save(8)
  t.same(heights(await history.sync(8)), [7])
  node.save(9, records(9, history.previousWinners(9).winners, 25))
  node.lag = 1
  await t.rejects(history.sync(9), { code: 'E_HISTORY_BEHIND' }, 'its records are not at hand')
  t.throws(() => history.previousWinners(10), { code: 'E_HISTORY_BEHIND' })
  node.lag = 0
  t.same(heights(await history.sync(9)), [9])
})

t.test('blocks below the activation height do not count', async (t) => {
  const { node } = await played(t)
  const network: Network = { ...DEV, activationHeight: 5 }
  const { history, dir } = open(t, node, { network })
  t.same(heights(await history.sync(7)), [5, 6, 7])
  t.same(history.previousWinners(6), { winners: noWinners(5), height: null })
  t.same(await open(t, node, { network, dir }).history.sync(7), [])
})

t.test('the file stays bounded', async (t) => {
  const node = new Node()
  const { history, dir, file } = open(t, node, { keep: 3 })
  const sizes: number[] = []
  node.save(0, [creation])
  node.save(1, records(1, noWinners(5), 25))
  for (let height = 2; height < 16; height++) {
    node.save(height, records(height, [], 1))
    await history.sync(height)
    sizes.push(readFileSync(file, 'utf8').split('\n').length)
  }
  t.ok(Math.max(...sizes) <= 1 + 6 + 1)
  t.match(history.previousWinners(16), { height: 1 })
  t.equal(history.difficulties(16).length, 25, 'the last block with winners is known whatever its age')
  t.equal(open(t, node, { keep: 3, dir }).history.difficulties(16).length, 25)
  t.throws(() => history.previousWinners(2), { code: 'E_HISTORY_TRIMMED' })

  node.save(16, records(16, history.previousWinners(16).winners, 25))
  for (let height = 17; height < 30; height++) {
    node.save(height, records(height, history.previousWinners(height).winners, 25))
    await history.sync(height)
  }
  t.ok(readFileSync(file, 'utf8').split('\n').length <= 1 + 6 + 1)
  t.throws(() => history.previousWinners(16), { code: 'E_HISTORY_TRIMMED' })
  const again = open(t, node, { keep: 3, dir })
  t.same(await again.history.sync(29), [])
  t.throws(() => again.history.previousWinners(16), { code: 'E_HISTORY_TRIMMED' })
  t.same(again.history.previousWinners(30), history.previousWinners(30))

  writeFileSync(file, '')
  t.ok(statSync(file).size === 0)
  const rebuilt = open(t, node, { keep: 3, dir })
  await rebuilt.history.sync(29)
  t.same(rebuilt.history.previousWinners(30), history.previousWinners(30))
})

t.test('calls at the same time, and an end', async (t) => {
  const { node } = await played(t)
  const abort = new AbortController()
  const { history, file } = open(t, node, { signal: abort.signal })
  const both = await Promise.all([history.sync(6), history.sync(7)])
  t.same(both.map(heights), [[1, 3, 5, 6], [7]])
  t.equal(readFileSync(file, 'utf8').split('\n').length, 1 + 5 + 1)
  abort.abort()
  await t.rejects(history.sync(7), { name: 'AbortError' })
})
