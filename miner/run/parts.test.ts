import t from 'tap'
import { isCoded } from '../../base/index.js'
import { NETWORKS } from '../../pegnet/index.js'
import { allot, decodeEntry, encodeEntry, entryHash, type Entry } from '../../factom/index.js'
import { ASSETS, decodeOpr, networkHashrate, type OprBlock } from '../../oracle/index.js'
import { createBus } from './bus.js'
import { hexOfDifficulty, type EntryEvent, type MinerEvent } from '../events.js'
import { HIGHEST_FLOOR, difficultyFloor } from './floor.js'
import { createHooks, type HookParts } from './hooks.js'
import { createHitChecker } from '../work/hits.js'
import { createMeter } from '../work/meter.js'
import { LONGEST_NONCE_BYTES, nonceOf, noncePrefix } from '../work/nonces.js'
import { checkOptions } from '../miner.js'
import { defaultRecordsPerBlock, defaultSubmissionCutoff } from './options.js'
import { createRanking, reportThreshold } from '../work/ranking.js'
import { buildRecord, entryOf } from './record.js'
import { rivalAddress, rivalName, rivalPrices } from '../rivals.js'
import { createKeepOwn } from './keep-own.js'
import type { Notice } from './tasks.js'
import { createSubmitter } from './submit.js'
import { createCreditWatch } from './credits.js'
import { createTally } from './tally.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const COINBASE = 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'
const NONE = new Array<string>(25).fill('')
const PRICES = ASSETS[5].map((_, index) => BigInt(index + 1) * 100_000_000n)
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)

t.test('floor: the vectors', (t) => {
  // docs/protocol/records-and-grading.md#difficulty-floor: 50th difficulty, network rate, floor at 200, floor at 50.
  const rows: [bigint, number, bigint, bigint][] = [
    [0xffff7108081ab04an, 12223.847367204344, 0xfffdc420206ac000n, 0xffff7108081ab000n],
    [0xffffffb294563adcn, 5778728.933213743, 0xfffffeca5158e000n, 0xffffffb294563800n],
    [0xfffffff17200836bn, 30738733.565017622, 0xffffffc5c8020000n, 0xfffffff172008000n],
    [0xffffffc5e79543a2n, 7700998.518722997, 0xffffff179e550000n, 0xffffffc5e7954000n],
    [0xfffffff0573ec16en, 28570582.281726316, 0xffffffc15cfb0000n, 0xfffffff0573ec000n],
  ]
  for (const [last, rate, at200, at50] of rows) {
    const graded = [...new Array<bigint>(49).fill((1n << 64n) - 1n), last]
    t.equal(networkHashrate(last, 50, 480), rate)
    t.equal(difficultyFloor(graded, 200), at200, `200 above ${hexOfDifficulty(last)}`)
    t.equal(difficultyFloor(graded, 50), at50)
    t.equal(difficultyFloor([...graded, 0n], 200), at200, 'only 50 count')
  }
  t.end()
})

t.test('floor: edges', (t) => {
  const highest = (1n << 64n) - 1n
  t.equal(difficultyFloor([], 200), 0n, 'no graded block')
  t.equal(difficultyFloor([highest], 0), 0n, 'switched off')
  t.equal(difficultyFloor([highest], -1), 0n)
  t.equal(difficultyFloor([highest], NaN), 0n)
  t.equal(difficultyFloor(new Array<bigint>(50).fill(0n), 200), 0n, 'the network is smaller than the cutoff')
  t.equal(difficultyFloor(new Array<bigint>(50).fill(0n), 50), 0n, 'and exactly as large')
  t.equal(difficultyFloor([highest], 200), HIGHEST_FLOOR, 'a division by zero in the reference')
  t.equal(difficultyFloor([highest - 1023n], 200), HIGHEST_FLOOR)
  for (let bit = 0n; bit < 64n; bit++) {
    const floor = difficultyFloor([highest - (1n << bit)], 3)
    if (floor < 0n || floor > highest) t.fail(`bit ${bit}: ${floor}`)
  }
  t.ok(difficultyFloor([1n << 63n], 1) > 0n, 'fewer than 50 records: the last one counts')
  t.end()
})

t.test('nonces: machine, minimal counter', (t) => {
  t.same(nonceOf(noncePrefix(3), 1n), bytes(0, 3, 1))
  t.same(nonceOf(noncePrefix(0), 255n), bytes(255))
  t.same(nonceOf(noncePrefix(0), 256n), bytes(1, 0))
  t.equal(32 + nonceOf(noncePrefix(0), (1n << 24n) - 1n).length, 35, 'bytes of the first 16.7 million inputs')
  t.same(nonceOf(noncePrefix(255), (1n << 64n) - 1n).length, LONGEST_NONCE_BYTES)
  t.end()
})

t.test('ranking', (t) => {
  const ranking = createRanking(3)
  const offer = (value: bigint, name: number): boolean => ranking.offer(bytes(name), value)
  const shown = (): string =>
    ranking
      .list()
      .map(({ difficulty, nonce }) => `${difficulty}/${nonce[0]}`)
      .join(' ')
  t.equal(ranking.worst, null)
  t.ok(offer(5n, 1) && offer(9n, 2))
  t.equal(ranking.worst, null, 'still room')
  t.equal(reportThreshold(2n, ranking), 2n)
  t.ok(offer(5n, 3))
  t.equal(ranking.worst, 5n)
  t.equal(shown(), '9/2 5/1 5/3', 'best first')
  t.notOk(offer(4n, 4))
  t.ok(offer(5n, 5), 'an equal value overwrites the worst')
  t.equal(shown(), '9/2 5/5 5/3', 'the first of the worst')
  t.equal(reportThreshold(2n, ranking), 4n, 'equals must still be reported')
  t.equal(reportThreshold(7n, ranking), 7n)
  t.ok(offer((1n << 64n) - 1n, 6))
  t.equal(ranking.best, (1n << 64n) - 1n, 'unsigned')

  const nonce = bytes(1)
  const copied = createRanking(1)
  copied.offer(nonce, 1n)
  nonce[0] = 2
  t.same(copied.list()[0]?.nonce, bytes(1), 'nonces are copied')
  t.end()
})

t.test('hits are hashed again before they count', (t) => {
  const thresholds: bigint[] = []
  const truth = (_: Uint8Array, nonce: Uint8Array): bigint => BigInt(nonce[1] ?? 0) * 10n
  const checker = createHitChecker({
    difficulty: truth,
    onThreshold: (threshold) => thresholds.push(threshold),
  })
  const hit = (record: number, counter: number, difficulty = BigInt(counter) * 10n) => ({
    oprHash: bytes(record),
    nonce: bytes(4, counter),
    difficulty,
  })
  checker.take(hit(1, 9))
  t.same(checker.best(), [], 'no job')
  checker.open({ oprHash: bytes(1), floor: 25n, keep: 2 })
  checker.take(hit(1, 3))
  checker.take(hit(1, 3))
  checker.take(hit(1, 2))
  t.equal(checker.take(hit(2, 8)), null)
  t.same(checker.best(), [{ nonce: bytes(4, 3), difficulty: 30n }], 'once, above the floor, of this record')
  const wrong = checker.take(hit(1, 5, 51n))
  t.same([wrong, checker.computeErrors, checker.best().length], [50n, 1, 1], 'a false claim is left out')
  checker.take(hit(1, 4))
  t.same(thresholds, [29n], 'the threshold rises when the ranking is full')
  checker.take(hit(1, 6))
  t.same(thresholds, [29n, 39n])
  t.equal(checker.bestDifficulty, 60n)
  t.same(
    checker.best().map(({ difficulty }) => difficulty),
    [60n, 40n],
  )
  checker.shut()
  checker.take(hit(1, 7))
  t.equal(checker.hits, 5)
  checker.open({ oprHash: bytes(1), floor: 25n, keep: 2 })
  t.equal(checker.threshold, 39n, 'the same record again keeps its best')
  checker.open({ oprHash: bytes(2), floor: 25n, keep: 2 })
  t.same([checker.threshold, checker.best()], [25n, []])
  t.end()
})

t.test('meter: windows are null until they are full', (t) => {
  const meter = createMeter()
  t.same(meter.rate(), { total: 0, threads: [], windows: { s10: null, s60: null, m15: null, max: 0 } })
  for (let second = 0; second <= 9; second++)
    meter.sample(second * 1000, [BigInt(second * 100), BigInt(second * 50)])
  t.same(meter.rate(), {
    total: 150,
    threads: [100, 50],
    windows: { s10: null, s60: null, m15: null, max: 0 },
  })
  meter.sample(9100, [0n, 0n])
  t.equal(meter.rate().total, 150, 'samples too close together are not kept')
  for (let second = 10; second <= 60; second++)
    meter.sample(second * 1000, [BigInt(second * 100), BigInt(second * 50)])
  t.match(meter.rate().windows, { s10: 150, s60: 150, m15: null, max: 150 })
  for (let second = 61; second <= 70; second++) meter.sample(second * 1000, [6000n, 3000n])
  matchExactly(t, meter.rate(), { total: 0, threads: [0, 0], windows: { s10: 0, s60: 125, max: 150 } })
  for (let second = 71; second <= 1000; second++) meter.sample(second * 1000, [6000n, 3000n])
  t.equal(meter.rate().windows.m15, 0)
  t.end()
})

t.test('options: everything that is wrong, at once', (t) => {
  const right = {
    network: NETWORKS.dev,
    identity: 'me,too',
    coinbase: COINBASE,
    machineId: 0,
    threads: 2,
    recordsPerBlock: 3,
    submissionCutoff: 200,
    dataDir: '/nowhere',
  }
  t.doesNotThrow(() => checkOptions(right, 3))
  const wrong = {
    ...right,
    identity: 'a_b',
    coinbase: 'FA1',
    machineId: 256,
    threads: 0,
    blocks: 0,
  }
  try {
    checkOptions(wrong, 0)
    t.fail('accepted')
  } catch (error) {
    t.ok(isCoded(error) && error.code === 'E_MINER_OPTIONS' && error.kind === 'usage')
    const { message } = error as Error
    for (const word of ['identity', 'coinbase', 'machine id', 'threads', 'blocks', 'ByteMap']) {
      t.match(message, word)
    }
  }
  t.throws(() => checkOptions(right, 2), /room for 2 hashers, 3 are needed/)
  t.same([defaultRecordsPerBlock(NETWORKS.dev), defaultRecordsPerBlock(NETWORKS.MainNet)], [25, 3])
  t.same([defaultSubmissionCutoff(NETWORKS.dev), defaultSubmissionCutoff(NETWORKS.MainNet)], [0, 200])
  t.end()
})

t.test('record: read again as a grader would', (t) => {
  const parts = {
    network: NETWORKS.dev,
    height: 7,
    identity: 'tester',
    coinbase: COINBASE,
    winners: NONE,
    prices: PRICES,
  }
  const record = buildRecord(parts)
  const entry = entryOf(record, { nonce: bytes(0, 1, 2), difficulty: 0x0102030405060708n })
  t.same(entry.extIds, [bytes(0, 1, 2), bytes(1, 2, 3, 4, 5, 6, 7, 8), bytes(5)])
  t.match(decodeOpr(5, entry.content), { height: 7, identity: 'tester', address: COINBASE, prices: PRICES })
  const refused = (change: object, reason: RegExp): unknown =>
    t.throws(() => buildRecord({ ...parts, ...change }), { code: 'E_MINER_RECORD', message: reason })
  refused({ prices: PRICES.with(3, 0n) }, /greater than 0/)
  refused({ prices: PRICES.slice(1) }, /62 assets/)
  refused({ identity: 'a b' }, /alphanumeric/)
  refused({ identity: 'x'.repeat(1000) }, /2 entry credits/)
  refused({ coinbase: 'FA' }, /factoidaddress/)
  refused({ winners: ['00'] }, /winner/)
  t.end()
})

t.test('submission: best first, up to the limit, minus what is published', async (t) => {
  const record = buildRecord({
    network: NETWORKS.dev,
    height: 7,
    identity: 'tester',
    coinbase: COINBASE,
    winners: NONE,
    prices: PRICES,
  })
  const best = [9n, 8n, 7n, 6n].map((difficulty) => ({ nonce: bytes(0, 0, Number(difficulty)), difficulty }))
  const hashOf = (entry: Entry): string => entryHash(encodeEntry(entry))
  const hashes = best.map((ranked) => hashOf(entryOf(record, ranked)))
  const sent: Entry[][] = []
  const expected: string[] = []
  const events: EntryEvent[] = []
  let known: string[] = []
  const submitter = createSubmitter({
    publisher: {
      published: () => known,
      unsettled: (height) => height === 7,
      settle: (height, _placeOf, options = {}) => {
        const facts = { height, entryHash: hashes[0] as string, credits: 1, txid: '', sent: true }
        options.onStatus?.({ ...facts, state: 'landed' })
        return Promise.resolve([])
      },
      reset: () => Promise.resolve(),
      publish: (height, entries, options = {}) => {
        const unknown = entries.filter((entry) => !known.includes(hashOf(entry)))
        const { publish } = allot(
          unknown.map(() => 1),
          { records: options.records ?? 0, credits: options.credits ?? 0, block: Infinity, day: Infinity },
          { records: known.length, block: 0, day: 0 },
        )
        const taken = unknown.slice(0, publish)
        sent.push(taken)
        for (const entry of taken) {
          const facts = { height, entryHash: hashOf(entry), credits: 1, txid: '', sent: true }
          options.onStatus?.({ ...facts, state: 'composed' })
          options.onStatus?.({
            ...facts,
            state: 'missed',
            elapsedMs: 12,
            code: 'E_FACTOM_LATE',
            reason: 'late',
          })
        }
        const facts = { height, credits: 1, txid: '', sent: true, state: 'missed' as const }
        return Promise.resolve(taken.map((entry) => ({ ...facts, entryHash: hashOf(entry) })))
      },
      resume: (height, options = {}) => {
        options.onStatus?.({ height, entryHash: 'ff', state: 'revealed', credits: 1, txid: '', sent: true })
        return Promise.resolve([])
      },
    },
    chain: {
      sync: (height) => (height === 7 ? Promise.resolve() : Promise.reject(new Error('behind'))),
      placeOf: () => null,
      expect: ({ entryHash }) => void expected.push(entryHash),
    },
    onEntry: (event) => events.push(event),
  })
  const { signal } = new AbortController()
  const submit = (limit: number, credits: number) =>
    submitter.submit({ record, best, limit, credits, signal, deadline: 5, networkMs: 7 })
  t.equal(await submit(3, 100), 3)
  t.same(sent[0]?.map(hashOf), hashes.slice(0, 3))
  t.same(
    expected,
    hashes.slice(0, 3),
    'looked for in the blocks that are followed, whatever the node answers',
  )
  t.same(events[0], {
    event: 'entry',
    height: 7,
    entryHash: hashes[0],
    nonce: '000009',
    difficulty: '0000000000000009',
    status: 'missed',
    milliseconds: 12,
    code: 'E_FACTOM_LATE',
    reason: 'late',
  })
  t.equal(await submit(3, 2), 2, 'no more than there are credits')
  known = [hashes[1] as string]
  t.equal(await submit(3, 100), 2)
  t.same(sent[2]?.map(hashOf), [hashes[0], hashes[2]], 'what is published counts and is not sent again')
  known = hashes.slice(0, 3)
  t.equal(await submit(3, 100), 0)
  events.length = 0
  t.equal(await submitter.recover(7, { signal }), 3)
  matchExactly(t, events, [{ status: 'revealed', entryHash: 'ff', nonce: '', difficulty: '' }])
  known = []
  t.equal(await submitter.recover(7, { signal }), 0)
  t.same([submitter.unsettled(7), submitter.unsettled(8)], [true, false])
  events.length = 0
  await submitter.settle(8, signal)
  t.same(events, [], 'not before the blocks are followed')
  await submitter.settle(7, signal)
  matchExactly(t, events, [{ status: 'landed', nonce: '000009', difficulty: '0000000000000009' }])
  t.equal(decodeEntry(encodeEntry(sent[0]?.[0] as Entry)).extIds.length, 3)
})

t.test('records that the history does not keep: said once for each block and trouble', (t) => {
  const said: string[] = []
  let trouble = 'the disk is full'
  const own = (): never => {
    throw new Error(trouble)
  }
  const emitted: MinerEvent[] = []
  const notice: Notice = (_level, _code, message) => said.push(message)
  const { onEntry } = createHooks({
    state: { run: { keepOwn: createKeepOwn({ own }, notice) } },
    tally: { entry: () => undefined },
    prices: {},
    emit: (event: MinerEvent) => emitted.push(event),
  } as unknown as HookParts)
  const entry = (height: number): EntryEvent => ({
    ...{ event: 'entry', height, entryHash: 'ff', nonce: '00', difficulty: '0', status: 'revealed' },
    milliseconds: 1,
  })
  for (let k = 0; k < 25; k++) onEntry(entry(7))
  t.same(said, ['the disk is full'])
  onEntry(entry(8))
  trouble = 'the disk is gone'
  onEntry(entry(8))
  t.same(said, ['the disk is full', 'the disk is full', 'the disk is gone'])
  t.equal(emitted.length, 27, 'all are told')
  t.end()
})

t.test('credits: days left, and a warning at most every six hours', (t) => {
  const hour = 3_600_000
  const watch = createCreditWatch({ network: NETWORKS.MainNet, recordsPerBlock: 3 })
  t.equal(watch.days, null)
  t.equal(watch.look(4320, 600, 0), null)
  t.equal(watch.days, 10)
  t.match(watch.look(600, 600, hour), /^600 entry credits: enough for 33.3 hours at 3 a block$/)
  t.equal(watch.look(500, 600, 2 * hour), null)
  t.match(watch.look(1000, 600, 8 * hour), /2\.3 days/)
  t.equal(watch.look(0, 600, 16 * hour), 'no entry credits: nothing can be published')
  t.match(watch.look(2, 600, 24 * hour), /^2 entry credits: enough for 6 minutes at 3 a block$/)
  const later = createCreditWatch({ network: NETWORKS.MainNet, recordsPerBlock: 3, lowCreditDays: 10 })
  t.match(later.look(4319, 600, 0), /10\.0 days/, 'the days can be set')
  const never = createCreditWatch({ network: NETWORKS.MainNet, recordsPerBlock: 3, lowCreditDays: 0 })
  t.equal(never.look(1, 600, 0), null)
  const limited = createCreditWatch({
    ...{ network: NETWORKS.MainNet, recordsPerBlock: 25 },
    limits: { block: 2, day: 100 },
  })
  limited.look(1000, 600, 0)
  t.equal(limited.days, 10, 'the limits of spending count')
  t.equal(
    createCreditWatch({ network: NETWORKS.dev, recordsPerBlock: 25 }).look(1, 60, 0),
    null,
    'dev buys its own',
  )
  t.equal(
    createCreditWatch({ network: NETWORKS.MainNet, dryRun: true, recordsPerBlock: 25 }).look(1, 60, 0),
    null,
  )
  t.end()
})

t.test('tally', (t) => {
  const graded = (entryHash: string, place: number, payout: bigint) => ({
    entryHash,
    place,
    payout,
    grade: 0,
  })
  const block = {
    version: 5,
    height: 7,
    entries: 30,
    valid: 28,
    gradable: true,
    winners: ['a'],
    records: [graded('a', 0, 36_000_000_000n), graded('b', 1, 36_000_000_000n), graded('c', 25, 0n)],
  } as unknown as OprBlock
  const tally = createTally()
  t.same(tally.graded(block, new Set(['a', 'b', 'c', 'd']), true), {
    event: 'graded',
    height: 7,
    version: 5,
    records: 30,
    valid: 28,
    gradable: true,
    winners: ['a'],
    mine: [
      { entryHash: 'a', place: 0, payout: '360', grade: 0 },
      { entryHash: 'b', place: 1, payout: '360', grade: 0 },
      { entryHash: 'c', place: 25, payout: '0', grade: 0 },
    ],
    reward: '720',
  })
  t.equal(tally.graded(block, new Set(), false).reward, '0')
  t.same([tally.blocks, tally.places, tally.reward], [1, 2, 72_000_000_000n])
  const ungraded = { ...block, records: [] }
  t.same(tally.graded(ungraded, new Set(['a']), true).mine, [], 'a block that is not gradable has no places')

  t.equal(tally.skipped, null)
  const why = { code: 'E_MINER_PRICES', reason: 'none' }
  for (const height of [7, 8, 8, 9]) tally.skip({ height, ...why })
  t.same(tally.skipped, { blocks: 3, height: 9, ...why }, 'a block that was given up twice is one')
  tally.entry({ height: 6, status: 'landed' })
  t.match(tally.skipped, { blocks: 3 }, 'news of an earlier block')
  tally.entry({ height: 10, status: 'missed' })
  t.match(tally.skipped, { blocks: 3 })
  tally.entry({ height: 10, status: 'committed' })
  t.equal(tally.skipped, null)
  t.end()
})

t.test('rivals are different people with similar prices', (t) => {
  t.equal(rivalName(0), 'rival01')
  t.equal(new Set(Array.from({ length: 30 }, (_, index) => rivalAddress(index))).size, 30)
  t.equal(rivalAddress(3), rivalAddress(3))
  const distance = (index: number): number =>
    Math.max(
      ...rivalPrices(PRICES, index, 7).map((price, asset) =>
        Math.abs(Number(price - (PRICES[asset] as bigint)) / Number(PRICES[asset])),
      ),
    )
  const far = Array.from({ length: 30 }, (_, index) => distance(index)).filter((value) => value > 0.01)
  t.equal(far.length, 3, 'one in ten is beyond the band')
  t.same(rivalPrices(PRICES, 5, 7), rivalPrices(PRICES, 5, 7))
  t.notSame(rivalPrices(PRICES, 5, 7), rivalPrices(PRICES, 5, 8))
  t.ok(rivalPrices([1n], 9, 7).every((price) => price > 0n))
  buildRecord({
    network: NETWORKS.dev,
    height: 7,
    identity: rivalName(9),
    coinbase: rivalAddress(9),
    winners: NONE,
    prices: rivalPrices(PRICES, 9, 7),
  })
  t.end()
})

t.test('bus: a listener that fails is dropped', (t) => {
  const bus = createBus()
  const heard: MinerEvent[] = []
  bus.on(() => {
    throw new Error('broken pipe')
  })
  const off = bus.on((event) => heard.push(event))
  bus.emit({ event: 'block', height: 1, minute: 1 })
  bus.emit({ event: 'block', height: 1, minute: 2 })
  matchExactly(t, heard.map(({ event }) => event).sort(), ['block', 'block', 'notice'])
  off()
  bus.emit({ event: 'block', height: 1, minute: 3 })
  t.equal(heard.length, 3)
  t.end()
})
