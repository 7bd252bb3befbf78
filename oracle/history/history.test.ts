import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import t from 'tap'
import type { Test } from 'tap'

import { errorsOf, openDatabase } from '../../base/index.js'
import { databaseFailure, openChainDatabase } from '../../chain/index.js'
import { networkOf, STAKING_ASSETS, type Network, type OprVersion } from '../../pegnet/index.js'
import { encodeAddress, encodeEntry, entryHash, factoidKey, FACTOM_ERRORS } from '../../factom/index.js'
import type { Entry } from '../../factom/index.js'
import { ChainNode, notFound } from '../../test/fixtures/chain-node.js'
import { noWinners, type Difficulty } from '../grading/index.js'
import {
  ASSETS,
  buildOprEntry,
  encodeOpr,
  buildSprEntry,
  decodeSpr,
  encodeSpr,
  oprChainExtIds,
  oprChainId,
  readClaim,
  sprChainId,
} from '../records/index.js'
import { OPR_SCHEMA, type StakersAt } from './consumers.js'
import { stake } from './fixtures/small-chain.js'
import { createGradedHistory, type GradedHistory, type GradedHistoryOptions } from './history.js'
import { openHistory } from './open.js'
import { createQueries } from './queries.js'
import { MIGRATIONS } from './schema.js'
import { openStakeLog } from './stake-log.js'
import { createStore } from './store.js'
import { ownFate } from './own-fate.js'
import type { OprBlock, OwnRecord, OwnStep } from './types.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const fail = errorsOf(FACTOM_ERRORS)
const DEV = networkOf('dev')
const CHAIN = oprChainId(DEV)
const ADDRESS = 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'

/** A stand-in for the proof of work: the difficulty is the nonce's first 8 bytes. */
const fromNonce: Difficulty = (_, nonce) => (nonce.length < 8 ? 1n : readClaim(nonce))

/**
 * `count` honest records of a block; `salt` makes them other records than those of another chain. `priceOf`: what the
 * k-th says of an asset.
 */
function records(
  height: number,
  winners: readonly string[],
  count: number,
  { salt = 0, priceOf = (_k: number, asset: number) => 1000 + asset + salt } = {},
): Entry[] {
  return Array.from({ length: count }, (_, k) => {
    const prices = ASSETS[5].map((_, asset) => BigInt(priceOf(k, asset)))
    const content = encodeOpr({ version: 5, address: ADDRESS, identity: 'm', height, winners, prices })
    const difficulty = BigInt(height * 1000 + k)
    const nonce = new Uint8Array(Buffer.from(difficulty.toString(16).padStart(16, '0'), 'hex'))
    return buildOprEntry({ chainId: CHAIN, version: 5, content, nonce, difficulty })
  })
}
const creation: Entry = { chainId: CHAIN, extIds: oprChainExtIds(DEV), content: new Uint8Array() }
const hashOf = (entry: Entry) => entryHash(encodeEntry(entry))
const shorts = (entries: readonly Entry[]) => entries.map((entry) => hashOf(entry).slice(0, 16))

function folder(t: Test): string {
  const dir = mkdtempSync(join(tmpdir(), 'pegminer-history-'))
  t.teardown(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

interface Notice {
  code: string
  message: string
}
function open(t: Test, node: ChainNode, change: Partial<GradedHistoryOptions> = {}) {
  const dir = change.dir ?? folder(t)
  const notices: Notice[] = []
  const onNotice = (notice: Notice) => void notices.push(notice)
  const options = { client: node.client, network: DEV, difficulty: fromNonce, dir, onNotice, ...change }
  const history = createGradedHistory(options)
  t.teardown(() => history.close())
  return { dir, notices, file: join(dir, 'history.sqlite'), history }
}

const heights = (blocks: readonly OprBlock[]) => blocks.map(({ height }) => height)

/** A node with a chain of seven blocks: 1 creation, 3 with winners, 5 with too few records, 6 and 7 with winners. */
async function play(t: Test, salt: number): Promise<{ node: ChainNode; winners: Record<number, string[]> }> {
  const node = new ChainNode()
  const { history } = open(t, node)
  const winners: Record<number, string[]> = {}
  const step = async (height: number, entries: readonly Entry[]) => {
    node.save(height, ...entries)
    await history.sync(height)
    winners[height] = history.previousWinners(height + 1).winners
  }
  await step(1, [creation])
  await step(2, [])
  await step(3, records(3, noWinners(5), 27, { salt }))
  await step(4, [])
  await step(5, records(5, winners[3] ?? [], 24, { salt }))
  await step(6, records(6, winners[3] ?? [], 25, { salt }))
  await step(7, records(7, winners[6] ?? [], 60, { salt }))
  return { node, winners }
}

const originals = new Map<number, ReturnType<typeof play>>()
async function played(t: Test, salt = 0): ReturnType<typeof play> {
  if (!originals.has(salt)) originals.set(salt, play(t, salt))
  const { node, winners } = await (originals.get(salt) as ReturnType<typeof play>)
  return { node: node.copy(), winners }
}

/** Asks a history for all that it knows about the played chain. */
const answers = (history: GradedHistory) =>
  [1, 2, 3, 4, 5, 6, 7, 8].map((height) => [
    history.previousWinners(height),
    history.difficulties(height),
    history.query.block(height),
    history.query.ratesAt(height),
  ])

t.test('follows the chain, carries winners on', async (t) => {
  const node = new ChainNode()
  const { history, notices } = open(t, node)
  t.throws(
    () => history.previousWinners(1),
    { code: 'E_HISTORY_BEHIND' },
    'nothing is known before the first sync',
  )
  node.save(0)
  t.same(await history.sync(), [], 'there is no chain yet')
  t.same(history.previousWinners(1), { winners: noWinners(5), height: null })
  t.equal(history.query.blockBefore(9), null)

  node.save(1, creation)
  const first = await history.sync(1)
  matchExactly(t, first, [
    { height: 1, gradable: false, entries: 1, valid: 0, winners: noWinners(5), records: [] },
  ])
  t.same(history.previousWinners(2), { winners: noWinners(5), height: null })
  t.same(history.difficulties(2), [])

  const three = records(3, noWinners(5), 27)
  node.save(2)
  node.save(3, ...three)
  const [third] = await history.sync(3)
  t.match(third, { height: 3, gradable: true, valid: 27, winnersFrom: 3, records: { length: 27 } })
  t.ok((third?.hashPower ?? 0) > 0)
  const winners = shorts(three).reverse().slice(0, 25)
  t.same(history.previousWinners(4), { winners, height: 3 })
  t.same(
    history.previousWinners(3),
    { winners: noWinners(5), height: null },
    'a height below is still answered',
  )
  t.equal(history.difficulties(4).length, 27)
  t.equal(history.difficulties(4)[0], 3026n)
  t.match(third?.records[0], { place: 0, identity: 'm', address: ADDRESS, payout: 36_000_000_000n, grade: 0 })
  t.match(third?.records[26], { place: 26, payout: 0n, difficulty: 3000n })

  node.save(4)
  node.save(5, ...records(5, winners, 24))
  node.save(6, ...records(6, noWinners(5), 30))
  const more = await history.sync(6)
  matchExactly(t, more, [
    { height: 5, gradable: false, valid: 24, winners },
    { height: 6, gradable: false, valid: 0, winners },
  ])
  t.same(history.previousWinners(7), { winners, height: 3 }, 'winners are carried over blocks without')
  t.equal(history.difficulties(7).length, 27)
  t.same(await history.sync(6), [])
  t.same(notices, [])
})

t.test('rates', async (t) => {
  const { node, winners } = await played(t)
  const { history } = open(t, node)
  await history.sync(7)
  const { query } = history
  t.equal(query.ratesAt(5), null, 'a block without winners has none')
  t.equal(query.ratesBefore(3), null)
  t.match(query.ratesBefore(6), { height: 3 })
  const rates = query.ratesBefore(8)
  t.match(rates, { height: 7, winners: 25 })
  t.same([rates?.prices.size, rates?.medians.size], [62, 62])
  t.equal(rates?.prices.get('XBT'), 1017n)
  t.equal(rates?.medians.get('XBT'), 1017n)
  t.same(
    query.prices('XBT', {}).map(({ height }) => height),
    [3, 6, 7],
  )
  t.same(query.prices('XBT', { from: 4, to: 6 }), [{ height: 6, price: 1017n }])
  t.same(query.assets(), ASSETS[5])

  const eight = records(8, winners[7] ?? [], 25, { priceOf: (k) => 1_000_000 + k * k })
  node.save(8, ...eight)
  await history.sync(8)
  const { prices, medians } = query.ratesAt(8) ?? {}
  const first = query.block(8)?.records[0]?.entryHash
  const k = eight.findIndex((entry) => hashOf(entry) === first)
  t.equal(medians?.get('XBT'), 1_000_144n, 'of all winners')
  t.equal(prices?.get('XBT'), BigInt(1_000_000 + k * k), 'of the first place')
})

t.test('goes on after a restart', async (t) => {
  const { node, winners } = await played(t)
  const first = open(t, node)
  t.same(heights(await first.history.sync(7)), [1, 3, 5, 6, 7])
  t.equal(first.history.difficulties(8).length, 50)

  node.asked.clear()
  const second = open(t, node, { dir: first.dir })
  t.same(second.history.previousWinners(7), { winners: winners[6], height: 6 }, 'known without asking')
  t.throws(() => second.history.previousWinners(9), { code: 'E_HISTORY_BEHIND' })
  t.same(await second.history.sync(7), [])
  t.equal(node.asked.get('raw-data'), undefined, 'nothing is fetched twice')
  t.same(answers(second.history), answers(first.history))

  node.save(8, ...records(8, winners[7] ?? [], 26))
  t.same(heights(await second.history.sync(8)), [8])
  t.match(second.history.previousWinners(9), { height: 8 })
  t.same(heights(await first.history.sync(8)), [8], 'another process has graded it: it is news all the same')
  t.same([...first.notices, ...second.notices], [])
})

t.test('a damaged file', async (t) => {
  const { node } = await played(t)
  const whole = open(t, node)
  await whole.history.sync(7)
  const expected = answers(whole.history)
  whole.history.close()
  const good = readFileSync(whole.file)
  t.equal(
    statSync(`${whole.file}-wal`, { throwIfNoEntry: false })?.size ?? 0,
    0,
    'a closed history is one file',
  )
  const middle = Buffer.from(good)
  for (const page of [4096, 8192, 12288]) middle.fill(0xa5, page, page + 2000)

  const cases: [string, Buffer, boolean][] = [
    ['half of it', good.subarray(0, good.length / 2), true],
    ['pages that are none', middle, true],
    ['something else', Buffer.from('no database at all, but a text of some length'), true],
    ['empty', Buffer.alloc(0), false],
  ]
  for (const [name, bytes, isNoticed] of cases) {
    const dir = folder(t)
    writeFileSync(join(dir, 'history.sqlite'), bytes)
    if (isNoticed) {
      t.throws(() => openHistory(join(dir, 'history.sqlite')).blocks({}), { code: 'E_HISTORY_DAMAGED' })
      t.same(readFileSync(join(dir, 'history.sqlite')), bytes, 'who only looks mends nothing')
      t.notOk(existsSync(join(dir, 'history.sqlite.damaged')))
    }
    const { history, notices } = open(t, node, { dir })
    t.same(heights(await history.sync(7)), [1, 3, 5, 6, 7], name)
    t.same(answers(history), expected)
    matchExactly(t, notices, isNoticed ? [{ code: 'E_HISTORY_DAMAGED' }] : [])
    t.equal(notices.length, isNoticed ? 1 : 0)
    t.equal(existsSync(join(dir, 'history.sqlite.damaged')), isNoticed, 'the damaged file is kept')
  }
})

t.test('files of other versions', async (t) => {
  const { node } = await played(t)
  const dir = folder(t)
  mkdirSync(join(dir, 'miner'))
  writeFileSync(join(dir, 'miner', 'graded.jsonl'), 'abc {"format":1}\n')
  const { history, notices, file } = open(t, node, { dir })
  matchExactly(t, notices, [{ code: 'E_HISTORY_OLD' }])
  t.same(readdirSync(join(dir, 'miner')), [])
  await history.sync(7)
  history.close()

  const newer = openChainDatabase({
    file,
    schemas: [{ name: 'opr', migrations: [...MIGRATIONS, 'CREATE TABLE later (id INTEGER)'] }],
  })
  t.equal(newer.all('SELECT * FROM records').length, 27 + 25 + 50, 'a step adds to what is there')
  t.same(newer.all('SELECT * FROM later'), [])
  newer.close()
  t.throws(() => open(t, node, { dir }), { code: 'E_HISTORY_NEWER' })
  t.throws(() => openChainDatabase({ file: join(dir, 'none'), schemas: [OPR_SCHEMA], readOnly: true }), {
    code: 'E_HISTORY_NONE',
  })
  const inTheWay = join(dir, 'file')
  writeFileSync(inTheWay, '')
  t.throws(() => open(t, node, { dir: inTheWay }), { code: 'E_HISTORY_OPEN' })
})

t.test('a history of before medians were kept', (t) => {
  const file = join(folder(t), 'history.sqlite')
  const old = openDatabase({ file, migrations: MIGRATIONS.slice(0, 1), fail: databaseFailure })
  old.run("INSERT INTO opr_blocks VALUES (7, x'00', 1, 5, 30, 30, 25, 7, NULL)")
  old.run("INSERT INTO rates VALUES ('XBT', 7, 1017)")
  old.close()
  const db = openChainDatabase({ file, schemas: [OPR_SCHEMA] })
  const rates = createQueries(db).ratesAt(7)
  t.same(rates?.medians.get('XBT'), 1017n, 'the first place stands in for all')
  db.close()
  t.end()
})

t.test('the history of something else', async (t) => {
  const { node, winners } = await played(t)
  const other = await played(t, 7)
  const dir = folder(t)
  const first = open(t, node, { dir })
  await first.history.sync(7)

  const elsewhere = open(t, other.node, { dir })
  t.same(heights(await elsewhere.history.sync(7)), [3, 5, 6, 7], 'another chain with the same beginning')
  t.same(elsewhere.history.previousWinners(8), { winners: other.winners[7], height: 7 })
  matchExactly(t, elsewhere.notices, [{ code: 'E_HISTORY_FOREIGN', message: /differs above 2/ }])
  const stranger = new ChainNode()
  stranger.cut(-1)
  stranger.save(8)
  const nowhere = open(t, stranger, { dir })
  t.same(await nowhere.history.sync(8), [])
  matchExactly(t, nowhere.notices, [{ code: 'E_HISTORY_FOREIGN', message: /chain is another one/ }])
  t.same(nowhere.history.previousWinners(9), { winners: noWinners(5), height: null })
  t.same(heights(await first.history.sync(7)), [1, 3, 5, 6, 7], 'and back again')

  const refused = { code: 'E_HISTORY_OTHER' }
  const looking = open(t, stranger, { dir, keep: true })
  await t.rejects(looking.history.sync(8), refused, 'a command that looks gives nothing up')
  t.throws(() => open(t, node, { dir, keep: true, network: networkOf('TestNet') }), refused)
  t.same(heights(first.history.query.blocks({})), [1, 3, 5, 6, 7])

  const otherMap: Difficulty = (hash, nonce) => fromNonce(hash, nonce) + (nonce.length < 8 ? 1n : 0n)
  const bytemap = open(t, node, { dir, difficulty: otherMap })
  matchExactly(t, bytemap.notices, [{ code: 'E_HISTORY_FOREIGN', message: /ByteMap/ }])
  t.same(heights(await bytemap.history.sync(7)), [1, 3, 5, 6, 7])

  const network: Network = { ...DEV, oprVersionAt: (height) => (height < 6 ? 5 : 4) }
  const version = open(t, node, { dir, network, difficulty: otherMap })
  matchExactly(t, version.notices, [{ code: 'E_HISTORY_FOREIGN', message: /versions/ }])
  t.same(heights(await version.history.sync(7)), [6, 7], 'only what is graded by other rules')
  t.same(version.history.previousWinners(8), { winners: winners[3], height: 3 })

  const testNet = open(t, node, { dir, network: networkOf('TestNet') })
  matchExactly(t, testNet.notices, [{ code: 'E_HISTORY_FOREIGN', message: /another chain/ }])
})

t.test('a node that lags, and one that was rolled back', async (t) => {
  const { node, winners } = await played(t)
  const { history, notices, dir } = open(t, node)
  await history.sync(7)

  node.saved = 5
  t.same(await history.sync(), [], 'it knows less than we do')
  t.same(history.previousWinners(6), { winners: winners[3], height: 3 })
  t.equal(history.query.lastHeight(), 7, 'nothing is given up')
  node.saved = -1
  t.same(await history.sync(), [], 'a node that is being filled')
  t.same(notices, [])
  node.saved = 7

  node.cut(5)
  t.same(await history.sync(), [])
  t.equal(history.query.lastHeight(), 7, 'it has not built the blocks again yet')
  node.save(6)
  node.save(7)
  t.same(await history.sync(7), [])
  matchExactly(t, notices, [{ code: 'E_HISTORY_FOREIGN', message: /differs above 5/ }])
  t.same(history.previousWinners(8), { winners: winners[3], height: 3 })
  notices.length = 0

  node.save(8, ...records(8, winners[3] ?? [], 25))
  t.same(heights(await history.sync(8)), [8])
  t.same(notices, [])
  node.cut(7)
  node.save(8, ...records(8, winners[3] ?? [], 26))
  t.same(heights(await history.sync(8)), [8], 'the last block was built anew')
  t.equal(history.query.block(8)?.valid, 26)
  matchExactly(t, notices, [{ code: 'E_HISTORY_FOREIGN', message: /differs above 7/ }])
  const again = open(t, node, { dir })
  t.same(await again.history.sync(8), [])
  t.same(again.history.previousWinners(9), history.previousWinners(9))
})

t.test('a node that contradicts itself takes nothing away', async (t) => {
  const { node, winners } = await played(t)
  const { history } = open(t, node)
  await history.sync(7)
  const { dblockByHeight } = node.client
  const stranger = new ChainNode()
  stranger.cut(-1)
  stranger.save(9)
  // Its last block is of another chain than those before.
  node.client.dblockByHeight = (height) =>
    height < 7 ? dblockByHeight(height) : stranger.client.dblockByHeight(height)
  await t.rejects(history.sync(), { code: 'E_HISTORY_BEHIND' })
  t.same(history.previousWinners(8), { winners: winners[7], height: 7 })
  t.throws(() => history.previousWinners(9), { code: 'E_HISTORY_BEHIND' })
  node.client.dblockByHeight = dblockByHeight
  node.save(8)
  t.same(await history.sync(8), [])
  t.same(history.previousWinners(9), { winners: winners[7], height: 7 })
})

t.test('errors on the way lose nothing', async (t) => {
  const { node } = await played(t)
  const { history } = open(t, node)
  const sixth = node.entryBlock(6, CHAIN)?.keyMr
  const { rawData } = node.client
  node.client.rawData = (hash, signal) =>
    hash === sixth ? Promise.reject(fail('E_FACTOM_TIMEOUT', 'late')) : rawData(hash, signal)
  await t.rejects(history.sync(7), { code: 'E_FACTOM_TIMEOUT', message: /^block 6: late/, retryable: true })
  t.equal(history.query.lastHeight(), 5)
  t.throws(
    () => history.previousWinners(8),
    { code: 'E_HISTORY_BEHIND' },
    'better no winners than stale ones',
  )
  node.client.rawData = rawData
  t.same(heights(await history.sync(7)), [1, 3, 5, 6, 7], 'what was graded before the error comes as well')
})

t.test('a height that must be reached', async (t) => {
  const { node } = await played(t)
  const { history } = open(t, node)
  t.same(heights(await history.sync(5)), [1, 3, 5], 'not beyond it')
  t.same(heights(await history.sync(6)), [6])
  await t.rejects(history.sync(8), { code: 'E_HISTORY_BEHIND', retryable: true }, 'it is not saved yet')
  node.save(8)
  t.same(heights(await history.sync(8)), [7])
  const nine = records(9, history.previousWinners(9).winners, 25)
  node.save(9, ...nine)
  const { rawData } = node.client
  node.client.rawData = (hash) =>
    hash === hashOf(nine[3] as Entry) ? Promise.reject(notFound()) : rawData(hash)
  await t.rejects(history.sync(9), { code: 'E_FACTOM_RPC', retryable: true }, 'a record is not at hand')
  t.throws(() => history.previousWinners(10), { code: 'E_HISTORY_BEHIND' })
  node.client.rawData = rawData
  t.same(heights(await history.sync(9)), [9])
})

t.test('where following begins', async (t) => {
  const { node } = await played(t)
  const network: Network = { ...DEV, activationHeight: 5 }
  const { history, dir } = open(t, node, { network })
  t.same(heights(await history.sync(7)), [5, 6, 7], 'blocks below the activation height do not count')
  t.same(history.previousWinners(6), { winners: noWinners(5), height: null })
  t.same(await open(t, node, { network, dir }).history.sync(7), [])

  const late = new ChainNode()
  late.saved = 4711
  late.save(4712)
  late.save(4720, ...records(4720, noWinners(5), 25))
  const begun = open(t, late)
  t.same(heights(await begun.history.sync(4720)), [4720], 'a chain of one’s own may begin higher')
  t.equal(begun.history.query.lastHeight(), 4720)
  await t.rejects(
    open(t, late, { network: { ...networkOf('MainNet'), activationHeight: 0 } }).history.sync(4720),
    { code: 'E_FACTOM_RPC', message: /^block 0:/ },
    'MainNet may not',
  )
})

t.test('records of ours', async (t) => {
  const { node, winners } = await played(t)
  const { history } = open(t, node)
  await history.sync(7)
  const eight = records(8, winners[7] ?? [], 60)
  const wrong = records(8, winners[6] ?? [], 1, { salt: 5 })
  const [worst, best] = [eight[0] as Entry, eight[59] as Entry]
  const step = (entry: Entry, status: OwnStep['status'], time: number) =>
    history.own({
      entryHash: hashOf(entry),
      height: 8,
      status,
      time,
      nonce: '00ff',
      difficulty: '0'.repeat(16),
    })
  for (const entry of [best, worst, ...wrong]) step(entry, 'committed', 1000)
  step(best, 'acknowledged', 2000)
  step(best, 'revealed', 3000)
  history.own({ entryHash: 'ab'.repeat(32), height: 8, status: 'missed', reason: 'no money', time: 1500 })
  matchExactly(
    t,
    history.query.own({}).filter(({ entryHash }) => entryHash === hashOf(best)),
    [{ status: 'acknowledged', submitted: 1000, acknowledged: 2000, block: null, nonce: '00ff' }],
  )
  node.save(8, ...eight, ...wrong)
  await history.sync(8)
  const fate = () => new Map(history.query.own({ from: 8 }).map((record) => [record.entryHash, record]))
  t.match(fate().get(hashOf(best)), {
    block: 8,
    verdict: 'graded',
    place: 0,
    payout: 36_000_000_000n,
    grade: 0,
  })
  t.match(fate().get(hashOf(worst)), { block: 8, verdict: 'not among the 50 most difficult', place: null })
  t.match(fate().get(hashOf(wrong[0] as Entry)), { block: 8, verdict: 'incorrect set of previous winners' })
  t.match(fate().get('ab'.repeat(32)), { status: 'missed', reason: 'no money', block: null })
  t.same(history.query.own({ to: 7 }), [])

  node.cut(7)
  node.save(8)
  node.save(9, best)
  await history.sync(9)
  t.match(fate().get(hashOf(best)), { height: 8, block: 9, verdict: 'invalid height' }, 'it came too late')
  t.match(fate().get(hashOf(worst)), { block: null })
})

t.test('calls at the same time, and an end', async (t) => {
  const { node } = await played(t)
  const abort = new AbortController()
  const { history } = open(t, node, { signal: abort.signal })
  const both = await Promise.all([history.sync(6), history.sync(7)])
  t.same(both.map(heights), [[1, 3, 5, 6], [7]])
  abort.abort()
  await t.rejects(history.sync(7), { name: 'AbortError' })
})

t.test(
  'staking records count from the fifth version of oracle records on, whatever comes after it',
  async (t) => {
    const rowsOf = async (version: number): Promise<number[]> => {
      const node = new ChainNode()
      node.save(2, stake('one'))
      const network: Network = { ...DEV, oprVersionAt: () => version as OprVersion }
      const { history, file } = open(t, node, { network })
      await history.sync(2)
      const db = openChainDatabase({ file, schemas: [OPR_SCHEMA] })
      t.teardown(() => db.close())
      return db.all('SELECT height, entries FROM spr_blocks').map((row) => Number(row['entries']))
    }
    t.same(await rowsOf(4), [])
    t.same(await rowsOf(5), [1])
    t.same(await rowsOf(6), [1])
  },
)

t.test('who may stake is asked of those who know it', async (t) => {
  const key = factoidKey('Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCK')
  const prices = STAKING_ASSETS.map(() => 1n)
  const content = encodeSpr({ address: key.address, identity: '', height: 2, winners: [], prices })
  const extIds = [Uint8Array.of(7), key.rcdHash, Uint8Array.of(...key.publicKey, ...key.sign(content))]
  /** Entries, valid ones, and whether it was known who may stake. */
  const rowOf = async (stakersAt?: StakersAt) => {
    const node = new ChainNode()
    node.save(2, { chainId: sprChainId(DEV), extIds, content }, stake('one'))
    const { history, file } = open(t, node, { ...(stakersAt ? { stakersAt } : {}) })
    await history.sync(2)
    const db = openChainDatabase({ file, schemas: [OPR_SCHEMA] })
    t.teardown(() => db.close())
    return db
      .all('SELECT entries, valid, judged FROM spr_blocks')
      .map((row) => Object.values(row).map(Number))
  }
  const asked: number[] = []
  t.same(await rowOf(), [[2, 1, 0]], 'without a ledger every valid record is graded, and that is kept')
  t.same(await rowOf(() => null), [[2, 1, 0]], 'as with one that is not there yet')
  t.same(await rowOf((height) => (asked.push(height), new Set(['f'.repeat(64)]))), [[2, 0, 1]])
  t.same(await rowOf(() => new Set([Buffer.from(key.rcdHash).toString('hex')])), [[2, 1, 1]])
  t.same(asked, [2])
})

t.test('staking records of ours, and what their blocks decided', async (t) => {
  const seed = (k: number) => factoidKey(encodeAddress('Fs', new Uint8Array(32).fill(k)))
  const [holder, stranger] = [seed(1), seed(2)]
  const entryOf = (height: number, payee: string, staker = holder, version: 6 | 7 = 7): Entry => {
    const prices = STAKING_ASSETS.map(() => 5n)
    const content = encodeSpr({ address: payee, identity: '', height, winners: [], prices })
    return buildSprEntry({ chainId: sprChainId(DEV), version, content, staker })
  }
  const payees = Array.from({ length: 52 }, (_, k) => seed(k + 10).address)
  const full = payees.map((payee) => entryOf(3, payee))
  const ours = {
    graded: full[0] as Entry,
    behind: full[51] as Entry,
    repeated: entryOf(3, payees[0] ?? '', stranger),
    foreign: entryOf(3, stranger.address, stranger),
    old: entryOf(3, holder.address, holder, 6),
  }
  const few = entryOf(2, holder.address)
  const node = new ChainNode()
  node.save(2, few)
  node.save(3, ...full, ours.old, ours.repeated, ours.foreign)
  const stakersAt: StakersAt = () => new Set([Buffer.from(holder.rcdHash).toString('hex')])
  const { history, file } = open(t, node, { stakersAt })
  const log = openStakeLog(file)
  t.teardown(() => log.close())
  const never = entryOf(3, holder.address)
  for (const entry of [...Object.values(ours), few, never]) {
    const { address, height } = decodeSpr(entry.content)
    log.own({ entryHash: hashOf(entry), height, address, status: 'committed', time: 9 })
    log.own({ entryHash: hashOf(entry), height, address, status: 'acknowledged', time: 10 })
    log.own({ entryHash: hashOf(entry), height, address, status: 'revealed', time: 11 })
  }
  t.equal(log.lastStaking(), null)
  await history.sync(3)
  const fate = (entry: Entry) => log.stake(hashOf(entry))
  const graded = {
    block: 3,
    verdict: 'graded',
    payout: 18_000_000_000n,
    status: 'acknowledged',
    submitted: 9,
  }
  t.match(fate(ours.graded), { ...graded, address: payees[0], place: 0, grade: 0 })
  t.match(fate(ours.behind), {
    block: 3,
    verdict: 'not among the first 50 of the block',
    place: null,
    payout: null,
  })
  t.match(fate(ours.repeated), { verdict: 'not of one of the 100 largest holders of PEG' })
  t.match(fate(ours.foreign), { verdict: 'not of one of the 100 largest holders of PEG' })
  t.match(fate(ours.old), { verdict: 'invalid version' })
  t.match(fate(few), { block: 2, verdict: 'too few valid records in the block', place: null })
  t.match(fate(never), { block: null, status: 'acknowledged' })
  const first = history.query.stakesOf(payees[0] ?? '')
  t.match(first, { winners: 1, paid: 18_000_000_000n, last: { height: 3 } })
  t.match(history.query.stakesOf('FA'), { records: 0, winners: 0, paid: 0n, last: null })
  t.ok(first.records >= first.winners)
  t.match(log.lastStaking(), { height: 3, valid: 52, winners: 25 })
  t.equal(log.height(), 3)
  t.same(
    history.query.ownStakes({ from: 3 }).map(({ place }) => place ?? null),
    [0, null, null, null, null, null],
  )
  t.same(history.query.own({}), [], 'records of the miner are others')
  const db = openChainDatabase({ file, schemas: [OPR_SCHEMA] })
  t.teardown(() => db.close())
  db.transaction(() => createStore(db).rollbackSpr(2))
  t.match([fate(ours.graded), fate(few)], [{ block: null, status: 'acknowledged' }, { block: 2 }])
})

t.test('what became of a record of ours', (t) => {
  const own = (status: OwnStep['status'], more: Partial<OwnRecord> = {}) =>
    ({ height: 8, status, reason: null, block: null, ...more }) as OwnRecord
  const fate = (record: OwnRecord, lastHeight = 8) => Object.values(ownFate(record, lastHeight))
  t.same(fate(own('revealed')), ['revealed', null])
  t.same(fate(own('landed')), ['acknowledged', null], 'the block is not followed yet')
  t.same(fate(own('acknowledged', { block: 8, verdict: 'graded' })), ['landed', null])
  t.same(fate(own('missed', { block: 9, verdict: 'invalid height' })), ['landed', 'invalid height'])
  t.same(fate(own('missed', { reason: 'late' })), ['missed', 'late'])
  t.same(fate(own('acknowledged'), 13), ['acknowledged', null])
  t.same(fate(own('acknowledged'), 14), ['missed', 'it is in no block'])
  t.end()
})

t.test('records of ours that an earlier version kept have the words of the publisher', (t) => {
  const file = join(folder(t), 'history.sqlite')
  const old = openDatabase({ file, migrations: MIGRATIONS.slice(0, 3), fail: databaseFailure })
  for (const [k, status] of ['submitted', 'acknowledged', 'failed'].entries())
    old.run('INSERT INTO own (entry_hash, height, status) VALUES (?, ?, ?)', Buffer.alloc(32, k), k, status)
  old.close()
  const history = openHistory(file)
  t.same(
    history.own({}).map(({ status }) => status),
    ['revealed', 'acknowledged', 'missed'],
  )
  history.close()
  t.end()
})
