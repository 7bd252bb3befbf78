/** The tables against the reference's judgement, at every height, and what is left of them after blocks are taken back. */
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

import fc from 'fast-check'
import t, { type Test } from 'tap'

import { LONG } from '../../test/fixtures/long.js'
import { hexOf, type Database } from '../../base/index.js'
import { openChainDatabase } from '../../chain/index.js'
import { loadReal } from '../../oracle/grading/fixtures/load.js'
import { NETWORKS, type Activations } from '../../pegnet/index.js'
import { readCheckpoint, writeCheckpoint } from '../checkpoint/file.js'
import { restoreCheckpoint } from '../checkpoint/restore.js'
import type { Checkpoint } from '../checkpoint/shape.js'
import { MOST } from '../engine/convert.js'
import { inDollars, type InDollars } from '../engine/dollars.js'
import { NOTHING } from '../fixtures/memory.js'
import { entry } from '../fixtures/play.js'
import { judged, RECORDED } from '../fixtures/recorded-chain.js'
import { ALICE } from '../fixtures/sign.js'
import { openTestTables } from '../fixtures/tables.js'
import { readRecordedChain, type RecordedChain } from '../recorded.js'
import { readAddress } from '../transactions/address.js'
import { rulesOf } from '../rules.js'
import { beginLedger, ledgerNetwork } from './about.js'
import { stakersAt, takeBlock } from './consumer.js'
import { syncFromFile, type FileProgress } from './from-file.js'
import { createHoldings } from './holdings.js'
import { createLedgerQueries, openLedger } from './queries.js'
import { LEDGER_SCHEMA } from './schema.js'
import { stateHash } from './state-hash.js'
import { rollback, writeOutcome } from './write.js'

const network = NETWORKS.MainNet
const expected = judged()
const trusted = (_: Uint8Array, __: Uint8Array, claim: bigint) => claim
const open = (t: Test): Database => {
  const db = openChainDatabase({ file: join(t.testdir(), 'ledger.sqlite'), schemas: [LEDGER_SCHEMA] })
  t.teardown(() => db.close())
  return db
}
const sync = (
  db: Database,
  chain: RecordedChain,
  signal = new AbortController().signal,
  onProgress: (progress: FileProgress) => void = () => {},
) => syncFromFile({ db, chain, network, difficulty: trusted, signal, onProgress })

/** A chain that ends earlier. */
const until = (chain: RecordedChain, last: number): RecordedChain => ({
  ...chain,
  heights: chain.heights.filter((height) => height <= last),
})
const textsOf = (amounts: ReadonlyMap<string, bigint>) =>
  Object.fromEntries([...amounts].map(([ticker, amount]) => [ticker, String(amount)]))

/** Before the first rates, between snapshots, where something waits, before each of the one-off events, late. */
const CHECKPOINTS: readonly number[] = [
  ...[206_423, 222_275, 231_621, 258_796, 260_117, 274_035, 295_192],
  ...(LONG ? [213_240, 258_912, 259_058, 288_877, 294_205] : []),
]
/** Behind each of them so many heights are followed: one snapshot at least. */
const FOLLOWED = 150

interface Known {
  readonly db: Database
  readonly chain: RecordedChain
  readonly checkpoints: readonly Checkpoint[]
}

/** What follows on a checkpoint is what follows on the blocks themselves. */
async function goOn(t: Test, { db: whole, chain, checkpoints }: Known): Promise<void> {
  t.equal(checkpoints.length, CHECKPOINTS.length)
  const dir = t.testdir()
  const origin = chain.block(chain.heights[0] ?? 0)?.keyMr ?? ''
  let batches = 0
  for (const made of checkpoints) {
    const { height } = made
    const file = join(dir, `${height}.json.gz`)
    const digest = writeCheckpoint(file, made)
    const read = await readCheckpoint(file)
    t.equal(read.digest, digest)
    const db = openChainDatabase({ file: join(dir, `${height}.sqlite`), schemas: [LEDGER_SCHEMA] })
    restoreCheckpoint(db, read.checkpoint, { network: 'MainNet', origin, consumers: [] })
    const [ours, theirs] = [createLedgerQueries(db), createLedgerQueries(whole)]
    t.same(ours.checkpoint(), made, `as it was made after block ${height}`)
    const last = chain.heights.filter((recorded) => recorded <= height + FOLLOWED).at(-1) ?? height
    await sync(db, until(chain, last))
    t.equal(stateHash(ours.balancesAt(last)), stateHash(theirs.balancesAt(last)), `blocks to ${last}`)
    const between = (sql: string) => [db, whole].map((one) => one.all(sql, height, last))
    const [changed, changedThere] = between(`SELECT c.height, lower(hex(address)) AS address, ticker, before
      FROM ledger_changes c JOIN ledger_accounts ON id = account WHERE c.height > ? AND c.height <= ? ORDER BY 1, 2, 3`)
    t.same(changed, changedThere, 'every balance after every block')
    const [rates, ratesThere] = between('SELECT * FROM ledger_rates WHERE height > ? AND height <= ?')
    t.same(rates, ratesThere)
    const [lines, linesThere] = between(`SELECT hash, height, place, status, judged FROM ledger_batches
      WHERE judged > ? AND judged <= ? ORDER BY id`)
    t.same(lines, linesThere, 'every verdict')
    batches += lines?.length ?? 0
    t.throws(() => ours.balancesAt(height - 1), { code: 'E_LEDGER_NONE', message: /checkpoint after block/ })
    t.throws(() => ours.bankAt(height - 1), { code: 'E_LEDGER_NONE' })
    restoreCheckpoint(db, read.checkpoint, { network: 'MainNet', origin, consumers: [] })
    const other = { ...read.checkpoint, hash: '0'.repeat(64) }
    for (const wrong of [
      other,
      { ...other, network: 'TestNet' as const },
      { ...other, origin: 'chain' as const },
    ])
      t.throws(() => restoreCheckpoint(db, wrong, { network: 'MainNet', origin, consumers: [] }), {
        code: 'E_LEDGER_OTHER',
      })
    db.close()
  }
  t.ok(batches > 1000, `${batches} verdicts`)
  await refuseHostile(t, checkpoints[1] as Checkpoint, dir)
}

/** Files that were made to do harm, or that were damaged. */
async function refuseHostile(t: Test, good: Checkpoint, dir: string): Promise<void> {
  const file = join(dir, 'hostile')
  const [address = '', held = {}] = good.accounts[0] ?? []
  const account = (balances: object) => ({ accounts: [[address, balances, {}]] })
  const [line = []] = good.lines
  const cases: readonly (readonly [change: object | string | Buffer, message: RegExp])[] = [
    ['', /JSON/],
    ['['.repeat(100), /nested/],
    [
      Buffer.concat(new Array<Buffer>(257).fill(gzipSync(Buffer.alloc(2 ** 20)))),
      /larger than|buffer|length/i,
    ],
    [Buffer.from([0x1f, 0x8b, 0, 0]), /./],
    [{ hash: 'ab'.repeat(32) }, /have the state hash/],
    [{ more: 1 }, /more/],
    [{ version: 2 }, /version/],
    [{ network: 'x' }, /network/],
    [{ height: 2 ** 40 }, /height/],
    [{ height: good.height - 1 }, /speaks of block/],
    [{ snapshot: good.height + 1 }, /speaks of block/],
    [{ origin: 'chain' }, /last block/],
    [{ accounts: [[address, held, {}], ...good.accounts] }, /twice/],
    [account({ PEG: '9223372036854775808' }), /accounts/],
    [account({ PEG: '-1' }), /accounts/],
    [account({ PEG: '01' }), /accounts/],
    [account({ PEG: 1 }), /accounts/],
    [account({ peg: '1' }), /accounts/],
    [account({ PEG: '9'.repeat(100_000) }), /accounts/],
    [{ accounts: [['ab', {}, {}]] }, /accounts/],
    [{ rates: [[1, { pUSD: '18446744073709551616' }]] }, /rates/],
    [
      {
        rates: [
          [1, {}],
          [1, {}],
        ],
      },
      /rates twice/,
    ],
    [{ winners: [1, ['x']] }, /winners/],
    [{ lines: [line, line] }, /line of the history is there twice/],
    [{ lines: [[...line.slice(0, 4), 2 ** 31, null, []]] }, /speaks of block/],
  ]
  for (const [change, message] of cases) {
    const text = JSON.stringify({ ...good, ...(change as object) }, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    )
    writeFileSync(file, typeof change === 'string' || Buffer.isBuffer(change) ? change : text)
    await t.rejects(readCheckpoint(file), { code: 'E_LEDGER_CHECKPOINT', message }, String(message))
  }
  await t.rejects(readCheckpoint(join(dir, 'none')), { code: 'E_LEDGER_CHECKPOINT' })
  t.throws(() => writeCheckpoint(join(dir, 'none', 'file'), good), { code: 'E_LEDGER_CHECKPOINT' })
}

/** The whole recorded chain, synced once. */
const WHOLE = join(t.testdir(), 'whole.sqlite')

t.test('balances at each stage, rates, verdicts and banks, asked of the whole ledger', async (t) => {
  const db = openChainDatabase({ file: WHOLE, schemas: [LEDGER_SCHEMA] })
  t.teardown(() => db.close())
  const chain = await readRecordedChain(RECORDED)
  const query = createLedgerQueries(db)
  const checkpoints: Checkpoint[] = []
  await sync(db, chain, undefined, ({ height }) => {
    if (CHECKPOINTS.includes(height)) checkpoints.push(query.checkpoint())
  })
  t.same(query.about().height, 295_200)
  await t.test('and again from checkpoints in every era', (t) => goOn(t, { db, chain, checkpoints }))
  // Those of the rules are compared at each stage (ledger/engine/recorded.test.ts).
  for (const { height, balances } of expected.stages.filter((_, k) => LONG || k % 6 === 0)) {
    const found = [...query.balancesAt(height)].map(([address, own]) => [
      address,
      Object.fromEntries([...own].map(([ticker, amount]) => [ticker.toLowerCase(), String(amount)])),
    ])
    t.same(Object.fromEntries(found), balances, `balances after block ${height}`)
  }
  for (const [height, rates] of Object.entries(expected.rates))
    t.same(textsOf(query.ratesAt(Number(height)) ?? new Map()), rates, `rates of block ${height}`)
  t.equal(query.ratesAt(206_430), null)
  const verdicts = db.all('SELECT lower(hex(hash)) AS hash, height, status FROM ledger_batches')
  t.same(
    new Map(
      verdicts.map(({ hash, height, status }) => [`${String(height)} ${String(hash)}`, Number(status)]),
    ),
    new Map(expected.batches.map(([hash, height, status]) => [`${height} ${hash}`, status])),
  )
  for (const [height, amount, used, requested] of expected.bank) {
    const bank = { amount: BigInt(amount), used: BigInt(used), requested: BigInt(requested) }
    t.same(query.bankAt(Number(height)), bank, `bank of block ${height}`)
  }
  t.throws(() => query.balancesAt(295_201), { code: 'E_LEDGER_NONE' })
  const [middle] = expected.stages.slice(60)
  const sums = query.issuance(middle?.height)
  const sum = Object.values(middle?.balances ?? {}).reduce((total, { peg = '0' }) => total + BigInt(peg), 0n)
  t.equal(sums.get('PEG'), sum)
  t.same(query.skipped(), new Map())
  const [richest] = query.richest('PEG', 1)
  const address = richest?.address ?? ''
  t.same(query.balancesOf(address, middle?.height), query.balancesAt(middle?.height ?? 0).get(address))
  t.ok(stakersAt(295_201, db)?.has(address), 'who may stake in the next block')
  t.equal(stakersAt(295_202, db), null)
  t.equal(stakersAt(295_200, db), null, 'of others it is not known')
  const history = query.historyOf(address, { from: 274_000, to: 275_000, last: 5 })
  t.ok(history.length === 5 && history.every(({ kind, height }) => kind === 'coinbase' && height <= 275_000))
})

t.test('blocks that are taken back, and followed again', async (t) => {
  const file = join(t.testdir(), 'ledger.sqlite')
  cpSync(WHOLE, file)
  const db = openChainDatabase({ file, schemas: [LEDGER_SCHEMA] })
  t.teardown(() => db.close())
  const whole = await readRecordedChain(RECORDED)
  const chain = until(whole, 260_121)
  db.transaction(() => rollback(db, 260_121))
  const everything = () =>
    [
      'about',
      'accounts',
      // A balance or supply that came later is 0 where it was none before.
      'balances WHERE amount > 0',
      "supply WHERE amount <> '0'",
      'changes',
      'rates',
      'batches',
      'actions',
      'lookup',
      'bank',
      'snapshots',
      'grades',
      'graded',
      'blocks',
      'left_out',
      'entries',
      'flows',
    ].map((name) => db.all(`SELECT * FROM ledger_${name}`))
  const after = everything()
  for (const height of [260_120, 259_055, 258_797, 231_622, 214_289, 206_425, 206_421]) {
    const before = { height, hash: stateHash(createLedgerQueries(db).balancesAt(height)) }
    db.transaction(() => rollback(db, height))
    const query = createLedgerQueries(db)
    t.equal(query.about().height, height)
    t.equal(stateHash(query.balancesAt(height)), before.hash, `as after block ${height}`)
    const totals = new Map<string, bigint>()
    for (const own of query.balancesAt(height).values())
      for (const [ticker, amount] of own) totals.set(ticker, (totals.get(ticker) ?? 0n) + amount)
    const held = [...query.issuance()].filter(([, amount]) => amount > 0n)
    t.same(new Map(held), totals, 'supplies')
    if (height === 206_421) t.same(everything().slice(1).flat(), [], 'nothing is left of any block')
    if (height !== 231_622 && !(LONG && height === 206_421)) continue
    await sync(db, chain)
    t.same(everything(), after, `the same again from block ${height + 1}`)
  }
})

t.test('a ledger of before there were supplies and flows at every height', (t) => {
  const dir = t.testdir()
  const [file, old] = [join(dir, 'ledger.sqlite'), join(dir, 'old.sqlite')]
  cpSync(WHOLE, file)
  const db = openChainDatabase({ file, schemas: [LEDGER_SCHEMA] })
  db.transaction(() => rollback(db, 222_275))
  const supplies = (of: Database) => of.all('SELECT * FROM ledger_supplies ORDER BY ticker, height')
  const flows = (of: Database) => of.all('SELECT * FROM ledger_flows')
  const sums = (of: Database) => of.all('SELECT * FROM ledger_miners')
  const [expected, flowed, summed] = [supplies(db), flows(db), sums(db)]
  db.close()
  t.ok(expected.length > 100)
  t.same(new Set(flowed.map(({ flow }) => flow)), new Set(['in', 'out', 'mined', 'burnt']))
  const before = { ...LEDGER_SCHEMA, migrations: LEDGER_SCHEMA.migrations.slice(0, 1) }
  const first = openChainDatabase({ file: old, schemas: [before] })
  first.run('ATTACH ? AS known', file)
  first.run('INSERT INTO ledger_about SELECT network, origin, height FROM known.ledger_about')
  for (const table of ['accounts', 'balances', 'changes', 'supply', 'batches', 'actions', 'graded'])
    first.run(`INSERT INTO ledger_${table} SELECT * FROM known.ledger_${table}`)
  first.close()
  const grown = openChainDatabase({ file: old, schemas: [LEDGER_SCHEMA] })
  t.teardown(() => grown.close())
  t.same(supplies(grown), expected)
  t.same(flows(grown), flowed, 'as they were summed up block by block')
  t.ok(summed.length > 100)
  t.same(sums(grown), summed, 'those of miners as well')
  t.end()
})

t.test('records without a grade are kept, and network and activations are told', (t) => {
  const db = open(t)
  const { height, entries } = loadReal(206_422)
  const oracle = entries.map((one) => ({ ...one, chainId: '00'.repeat(32), seconds: 1_566_233_400 }))
  const block = { height, seconds: 1_566_233_400, oracle, staking: null, transactions: [], factoids: [] }
  const about = { network: 'MainNet', origin: 'chain', height: height - 1 } as const
  db.transaction(() => {
    beginLedger(db, about)
    takeBlock(db, block, { network, rules: rulesOf(network), difficulty: trusted })
  })
  const query = createLedgerQueries(db)
  const ungraded = query.ungradedAt(height)
  t.equal(ungraded.length, 454)
  t.same([ungraded[0]?.place, ungraded.at(-1)?.place], [50, 503])
  const hashes = [...ungraded, ...query.leftOutAt(height)].map(({ hash }) => hash)
  t.same(
    new Set([...hashes, ...query.gradedAt(height).map(({ entryHash }) => entryHash)]),
    new Set(entries.map(({ hash }) => hash)),
    'all entries of the block',
  )
  const last = ungraded.at(-1)
  t.same(query.ungradedBy(last?.hash ?? ''), last)
  t.same(query.hashesLike(last?.hash.slice(0, 12) ?? '', 2), [last?.hash])
  db.transaction(() => rollback(db, height - 1))
  t.same(query.ungradedAt(height), [])

  t.equal(ledgerNetwork(query.about()).oprVersionAt(0), 1)
  const other = open(t)
  const of = (activations?: Activations) =>
    other.transaction(() => beginLedger(other, { ...about, network: 'local', activations }))
  const [four, five] = [
    [4, 0],
    [5, 9],
  ] as const
  of([four, five])
  const found = ledgerNetwork(createLedgerQueries(other).about())
  t.same(
    [8, 9].map((height) => found.oprVersionAt(height)),
    [4, 5],
  )
  t.equal(rulesOf(found).averages, 9)
  of([[5, 0]])
  t.equal(ledgerNetwork(createLedgerQueries(other).about()).oprVersionAt(8), 5, 'as the follower says now')
  t.end()
})

t.test('the richest by worth, while blocks are followed and taken back', (t) => {
  const db = open(t)
  db.transaction(() => beginLedger(db, { network: 'MainNet', origin: 'chain', height: 9 }))
  const query = createLedgerQueries(db)
  const holdings = createHoldings(query)
  const addresses = Array.from({ length: 40 }, (_, k) => k.toString(16).padStart(64, '0'))
  const block = (height: number, changed: readonly Change[]): void => {
    const balances = new Map<string, Map<string, bigint>>()
    for (const { who, ticker, amount } of changed) {
      const address = addresses[who] as string
      balances.set(address, (balances.get(address) ?? new Map<string, bigint>()).set(ticker, amount))
    }
    db.transaction(() => writeOutcome(db, { ...NOTHING, height, balances }))
  }
  /** All of them, worked out one by one. */
  const sorted = (dollars: InDollars) => {
    let complete = true
    const list = db.all('SELECT id, address FROM ledger_accounts ORDER BY id').map(({ address }) => {
      const own = [...query.balancesOf(hexOf(address))].map(([ticker, amount]) => dollars(amount, ticker))
      if (own.includes(null)) complete = false
      return { address: hexOf(address), usd: own.reduce<bigint>((sum, usd) => sum + (usd ?? 0n), 0n) }
    })
    const some = list.filter(({ usd }) => usd > 0n)
    return { complete, list: some.sort((a, b) => (a.usd === b.usd ? 0 : a.usd < b.usd ? 1 : -1)) }
  }
  const amount = fc.oneof(fc.bigInt(0n, 9n), fc.bigInt(0n, 1n << 40n), fc.bigInt(1n << 60n, MOST))
  type Change = { readonly who: number; readonly ticker: string; readonly amount: bigint }
  const change = fc.record({ who: fc.nat(39), ticker: fc.constantFrom('PEG', 'pUSD', 'pXBT'), amount })
  const rate = fc.oneof(fc.bigInt(0n, 3n), fc.bigInt(1n, 1n << 50n))
  const step = fc.record({
    ...{ back: fc.nat(4), blocks: fc.array(fc.array(change, { maxLength: 20 }), { maxLength: 6 }) },
    ...{ peg: rate, usd: rate, xbt: rate, count: fc.nat(50) },
  })
  let seen = 0
  fc.assert(
    fc.property(step, ({ back, blocks, peg, usd, xbt, count }) => {
      const tip = query.about().height
      // Fewer, as many and more blocks than there were may follow.
      if (back > 0 && tip - back >= 9) db.transaction(() => rollback(db, tip - back))
      for (const changed of blocks) block(query.about().height + 1, changed)
      const rates = new Map(Object.entries({ PEG: peg, pUSD: usd, pXBT: xbt }))
      const dollars = inDollars({ rates, averages: new Map<string, bigint>() }, false)
      holdings.refresh()
      const valued = holdings.valued(dollars)
      const expected = sorted(dollars)
      seen += expected.list.length
      t.equal(valued.complete, expected.complete)
      t.same(valued.richest(count), expected.list.slice(0, count))
    }),
    { numRuns: LONG ? 60 : 20 },
  )
  t.ok(seen > 100)
  t.end()
})

t.test('an interruption at any block, another file, no ledger', async (t) => {
  const db = open(t)
  const whole = await readRecordedChain(RECORDED)
  const chain = until(whole, 213_240)
  for (;;) {
    const stop = new AbortController()
    let blocks = 0
    const stopped = sync(db, chain, stop.signal, () => {
      if (++blocks === 3) stop.abort(new Error('stopped'))
    })
    if (
      await stopped.then(
        () => true,
        () => false,
      )
    )
      break
  }
  const query = createLedgerQueries(db)
  const stage = expected.stages.find(({ height }) => height === 213_234)
  t.equal(query.about().height, 213_240)
  t.equal(query.balancesAt(213_234).size, Object.keys(stage?.balances ?? {}).length)
  await t.rejects(sync(db, { ...chain, heights: chain.heights.slice(1) }), { code: 'E_LEDGER_OTHER' })
  const signal = new AbortController().signal
  const other = { db, chain, network, difficulty: trusted, averages: 'incremental', signal } as const
  await t.rejects(syncFromFile({ ...other, onProgress: () => {} }), {
    ...{ code: 'E_LEDGER_OTHER', message: /averages of the form window/ },
  })
  await t.rejects(sync(db, until(whole, 206_430)), {
    code: 'E_LEDGER_FILE',
    message: /ends with block 206430/,
  })
  t.throws(() => openLedger(join(t.testdir(), 'none.sqlite')), { code: 'E_LEDGER_NONE' })
})

t.test('a block outside the band passes over what is signed', async (t) => {
  const tables = openTestTables(join(t.testdir(), 'ledger.sqlite'), {
    ...{ height: 260_206, address: readAddress(ALICE.address) ?? '' },
    held: [
      ['PEG', 1n],
      ['pUSD', 50n],
    ],
  })
  t.teardown(() => tables.close())
  const { source } = tables
  const batch = entry(ALICE, '50 pUSD → pEUR')
  const band = { oracle: { pLTC: 1n }, staking: { pLTC: 100n }, staker: ALICE }
  tables.take({ ...band, transactions: [batch] })
  t.equal(await source.statusOf(batch.hash), null)
  t.equal(await source.passedBy(batch.hash), 260_207)
  t.equal(await source.passedBy('11'.repeat(32)), null, 'what is in no block')
  tables.take({ oracle: {}, transactions: [batch] })
  t.equal(await source.passedBy(batch.hash), null, 'it came again')
  tables.take({ oracle: {} })
  t.match(await source.statusOf(batch.hash), { status: 260_209 })
})
