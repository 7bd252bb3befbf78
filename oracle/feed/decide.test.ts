/** The decisions of the feed, without any daemon. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import fc from 'fast-check'
import t from 'tap'

import { judgeBaton, waitText, type BatonFacts } from './baton.js'
import { isOldLine, readFeedConfig, translateOldLine } from './config.js'
import {
  budgetOf,
  decideFunds,
  forecast,
  mayRegister,
  toConsolidate,
  type FundsFacts,
  type OracleUtxo,
} from './funds.js'
import { mergedRanges, planHeaders, type PlanInput } from './plan.js'
import { openPublished } from './published.js'
import { createReference } from './reference.js'
import { chooseCoins, isExpired, mostTogether, type CoinFacts } from './payouts.js'
import { isOurTurn, judgePolicy, TURN_MS, whyNoRuling, whyNotRelease } from './withdrawal.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const input = (more: Partial<PlanInput>): PlanInput => ({
  tip: 100,
  depth: 10,
  startHeight: null,
  reach: 1_000,
  published: new Map(),
  knownFrom: null,
  reference: new Map(),
  wanted: [],
  asked: [],
  most: 1_000,
  ...more,
})
const heights = (more: Partial<PlanInput>): number[] =>
  planHeaders(input(more)).jobs.map(({ height }) => height)
const published = (...list: number[]): Map<number, string> =>
  new Map(list.map((height) => [height, `h${height}`]))
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, k) => from + k)

t.test('which headers', (t) => {
  t.same(heights({}), range(80, 90), 'a new feed begins 20 below the tip')
  t.same(heights({ tip: 5, depth: 10 }), [], 'a chain that is too young')
  t.same(heights({ tip: 12 }), [1, 2], 'all of a young chain')
  t.same(heights({ startHeight: 87 }), [87, 88, 89, 90])
  t.same(heights({ published: published(88) }), [89, 90])
  t.same(heights({ published: published(...range(80, 90)) }), [])
  t.same(heights({ published: published(85, 88) }), [89, 90, 86, 87], 'live ones first, then gaps')
  t.same(heights({ published: published(85, 88), most: 3 }), [89, 90, 86])
  t.same(heights({ published: published(85, 88), knownFrom: 88 }), [89, 90], 'what is not known is no gap')
  t.same(heights({ published: published(16, 90), reach: 10 }), [], 'no gap beyond reach')
  t.same(heights({ published: published(5), reach: 3 }), [88, 89, 90], 'far behind: what is within reach')
  t.equal(planHeaders(input({ published: published(5), reach: 3 })).skipped, 82)
  t.same(
    heights({ published: published(...range(80, 90), 5_000_000) }),
    [],
    'a height that cannot be is no top',
  )
  const reference = new Map([
    [88, 'other'],
    [89, 'h89'],
    [91, 'x'],
  ])
  t.same(heights({ published: published(88, 89), reference }), [88, 90], 'a repair comes first')
  t.same(
    heights({ published: published(88, 91), reference, most: 1 }),
    [88],
    'not deep enough: not repaired yet',
  )
  t.same(heights({ published: published(90), wanted: [3, 4, 90, 95] }), [3, 4])
  t.same(planHeaders(input({ published: published(90), wanted: [3] })).jobs, [{ height: 3, why: 'backfill' }])
  const filled = published(20, 21, 85, 88, 89, 90)
  t.same(heights({ published: filled, asked: [[20, 25]] }), [86, 87], 'nothing between it and the begin')
  t.same(
    heights({ published: filled, asked: [[20, 25]], wanted: range(20, 25) }),
    [86, 87, 22, 23, 24, 25],
    'what was asked for, and no more',
  )
  t.same(heights({ published: filled, asked: [[20, 86]] }), [], 'it says nothing of where the feed began')
  t.same(
    mergedRanges([
      [7, 9],
      [1, 3],
      [4, 4],
      [8, 8],
    ]),
    [
      [1, 4],
      [7, 9],
    ],
  )
  t.end()
})

t.test('what an operator wants comes last', (t) => {
  const wanted = range(20, 30)
  t.same(
    heights({ published: published(...range(85, 90)), wanted, most: 2 }),
    [20, 21],
    'as many as there is room for',
  )
  t.end()
})

t.test('plans are in order, without doubles, within their bounds', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 400 }),
      fc.integer({ min: 0, max: 30 }),
      fc.integer({ min: 0, max: 40 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 420 }), { maxLength: 80 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 420 }), { maxLength: 40 }),
      (tip, depth, most, sent, moved) => {
        const reference = new Map(
          sent.map((height) => [height, moved.includes(height) ? 'moved' : `h${height}`]),
        )
        const plan = planHeaders(
          input({ tip, depth, most, published: published(...sent), reference, reach: 100 }),
        )
        const list = plan.jobs.map(({ height }) => height)
        const rank = { repair: 0, live: 1, gap: 2, backfill: 3 }
        const ranks = plan.jobs.map(({ why }) => rank[why])
        return (
          list.length <= most &&
          new Set(list).size === list.length &&
          list.every((height) => height >= 1 && height <= tip - depth) &&
          ranks.every((one, k) => k === 0 || one >= (ranks[k - 1] ?? 0)) &&
          plan.jobs.every(({ height, why }) => (why === 'repair') === sent.includes(height)) &&
          list.every((height, k) => k === 0 || ranks[k] !== ranks[k - 1] || height > (list[k - 1] ?? 0))
        )
      },
    ),
    { numRuns: 300 },
  )
  t.end()
})

t.test('publishing what is planned, again and again, leaves nothing out', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 25, max: 200 }),
      fc.integer({ min: 1, max: 7 }),
      fc.uniqueArray(fc.integer({ min: 100, max: 150 }), { minLength: 1, maxLength: 20 }),
      (growth, most, first) => {
        const sent = published(...first)
        for (let tip = 160, pass = 0; pass < 300; pass++) {
          tip = Math.min(160 + growth, tip + 1)
          for (const { height } of planHeaders(input({ tip, most, published: sent })).jobs) {
            if (sent.has(height)) return false
            sent.set(height, `h${height}`)
          }
        }
        return range(Math.min(...first), 150 + growth).every((height) => sent.has(height))
      },
    ),
    { numRuns: 60 },
  )
  t.end()
})

t.test('on which baton', (t) => {
  const facts = (more: Partial<BatonFacts>): BatonFacts => ({
    daemon: 'd',
    own: { txid: 'o', where: 'chain' },
    reachable: false,
    orphaned: false,
    restored: false,
    stray: null,
    blocks: 0,
    ...more,
  })
  const says = (more: Partial<BatonFacts>): string => {
    const verdict = judgeBaton(facts(more))
    return 'why' in verdict ? `${verdict.verdict} ${verdict.why}` : verdict.verdict
  }
  t.equal(says({ reachable: true }), 'build')
  t.equal(says({ own: null }), 'build', 'a first start')
  t.equal(
    says({ own: null, restored: true }),
    'wait restored',
    'a first start in the middle of a reorganisation',
  )
  t.equal(says({ own: null, stray: 's' }), 'wait stray')
  t.equal(says({ own: null, stray: 's', blocks: 20 }), 'build', 'but not for ever')
  const own = { txid: 'mine', where: 'mempool' } as const
  for (const [why, txid] of [
    ['stray', 'theirs'],
    ['own-unconfirmed', 'mine'],
    ['orphaned', 'baton'],
    ['restored', 'baton'],
  ] as const)
    t.match(waitText(why, facts({ own, daemon: 'baton', stray: 'theirs' })), txid, `${why} names it`)
  const unseen = { daemon: null, own: null }
  t.equal(waitText('no-baton', facts(unseen)), 'the daemon sees no baton: nothing is built without one')
  t.match(
    waitText('no-baton', facts({ daemon: null, blocks: 20 })),
    /^the daemon sees no baton above our last transaction o: if it stays so, start the daemon with -reindex$/,
  )
  t.equal(says({ reachable: true, orphaned: true }), 'wait orphaned', 'the block of the baton is lost')
  t.equal(says({ daemon: null }), 'wait no-baton', 'never without a predecessor')
  t.equal(says({ daemon: null, own: null }), 'wait no-baton')
  t.equal(says({ own: { txid: 'o', where: 'mempool' }, restored: true }), 'wait own-unconfirmed')
  t.equal(says({ own: { txid: 'o', where: 'gone' }, restored: true }), 'resend')
  t.equal(says({ own: { txid: 'o', where: 'gone' }, blocks: 3 }), 'adopt')
  t.equal(says({ own: { txid: 'o', where: 'gone' }, daemon: null }), 'resend')
  t.equal(says({}), 'adopt', 'both are mined, the daemon chose the other')
  t.equal(says({ restored: true, blocks: 30 }), 'adopt', 'it does not wait for ever')
  fc.assert(
    fc.property(
      fc.record({
        daemon: fc.constantFrom(null, 'd'),
        own: fc.option(
          fc.record({ txid: fc.constant('o'), where: fc.constantFrom('mempool', 'chain', 'gone') }),
        ),
        orphaned: fc.boolean(),
        restored: fc.boolean(),
        stray: fc.constantFrom(null, 's'),
        blocks: fc.integer({ min: 0, max: 40 }),
      }),
      (given) => {
        const verdict = judgeBaton({ ...given, reachable: false })
        // What differs from our own is never simply built on.
        return given.own === null || verdict.verdict !== 'build'
      },
    ),
  )
  t.end()
})

t.test('the budget is what the daemon would do', (t) => {
  const utxos = (...sats: number[]): OracleUtxo[] =>
    sats.map((sat, k) => ({ txid: `${k}`, vout: 0, sat: BigInt(sat) }))
  t.match(budgetOf(utxos(), 100n), { perBlock: 0, headersLeft: 0 })
  t.match(budgetOf(utxos(200_000, 0, 300_000), 200_000n), { perBlock: 2, whole: 2, headersLeft: 2 })
  t.match(budgetOf(utxos(150_000, 150_000, 150_000), 200_000n), { perBlock: 1, whole: 0, headersLeft: 2 })
  t.match(budgetOf(utxos(9_999, 9_999), 10_000n), { perBlock: 0 }, 'dust that stays for ever does not count')
  t.match(
    budgetOf(utxos(200_000), 0n),
    { perBlock: 0, headersLeft: 0 },
    'without a fee nothing is registered',
  )
  const small = Array<number>(60).fill(10_000)
  t.match(
    budgetOf(utxos(...small, 700_000), 650_000n),
    { perBlock: 0, whole: 1 },
    'no more inputs fit into one',
  )
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1_000_000 }), { maxLength: 60 }), (sats) => {
      const fee = 100_000n
      const { perBlock, headersLeft, whole } = budgetOf(utxos(...sats), fee)
      return perBlock <= headersLeft && perBlock >= whole - (sats.length - whole) && perBlock <= sats.length
    }),
  )
  t.end()
})

t.test('funds', (t) => {
  const facts = (more: Partial<FundsFacts>): FundsFacts => ({
    budget: { perBlock: 10, whole: 10, headersLeft: 10_000, sat: 1_000_000_000n },
    coming: 0,
    comingSat: 0n,
    dataFee: 100_000n,
    spentToday: 0n,
    wallet: 100_000_000_000n,
    perHour: 60,
    inFlight: 0,
    inFlightSat: 0n,
    ...more,
  })
  const policy = { lowWater: 500, outputs: 10, amount: 100_000_000n, dailyLimit: 500_000_000n }
  const poor = { perBlock: 2, whole: 2, headersLeft: 100, sat: 10_000_000n }
  t.same(decideFunds(facts({}), policy), { do: 'nothing' })
  t.match(decideFunds(facts({ budget: poor }), policy), { do: 'subscribe', count: 5 }, 'not beyond the limit')
  t.match(decideFunds(facts({ budget: poor, coming: 8, comingSat: 800_000_000n }), policy), { do: 'nothing' })
  t.match(decideFunds(facts({ budget: poor, inFlight: 8, inFlightSat: 800_000_000n }), policy), {
    do: 'nothing',
  })
  t.match(decideFunds(facts({ budget: poor, spentToday: 400_000_000n }), policy), { count: 1 })
  t.match(decideFunds(facts({ budget: poor, spentToday: 500_000_000n }), policy), {
    do: 'alarm',
    why: 'limit',
  })
  t.match(decideFunds(facts({ budget: poor, wallet: 50n }), policy), { do: 'alarm', why: 'wallet' })
  fc.assert(
    fc.property(fc.bigInt(0n, 900_000_000n), fc.integer({ min: 0, max: 20 }), (spentToday, whole) => {
      const action = decideFunds(facts({ spentToday, budget: { ...poor, whole } }), policy)
      return action.do !== 'subscribe' || spentToday + BigInt(action.count) * action.sat <= policy.dailyLimit
    }),
  )
  t.match(forecast(facts({})), { headersLeft: 10_000, hoursLeft: 10_000 / 60 })
  t.match(
    forecast(facts({ perHour: 0 })),
    { hoursLeft: Infinity },
    'where none is published all last for ever',
  )
  t.match(forecast(facts({ dataFee: 0n })), { headersLeft: 0, hoursLeft: 0 })
  const coins = range(1, 60).map((k) => ({ txid: `${k}`, vout: 0, sat: BigInt(k) }))
  t.equal(toConsolidate(coins, 1n).length, 50)
  t.same(toConsolidate(coins.slice(0, 30), 1n), [])
  const large = range(1, 60).map((k) => ({ txid: `l${k}`, vout: 0, sat: 300_000_000n }))
  t.same(toConsolidate([...large, ...coins.slice(0, 30)], 1n), [], 'only what is small counts')
  t.equal(toConsolidate(large, 150_000_000n).length, 50, 'what a header leaves is small beside its fee')
  t.equal(mayRegister([{ publisher: 'a' }], 'b'), true)
  t.equal(mayRegister([{ publisher: 'a' }], 'a'), false)
  t.end()
})

t.test('withdrawals', (t) => {
  const policy = { enabled: true, most: 1_000n, dailyMost: 1_500n, approveAbove: 500n, confirmations: 1 }
  const judge = (amount: bigint, more = {}): string =>
    judgePolicy({ amount, paidToday: 0n, ruling: null, counted: false, policy, ...more }).verdict
  t.equal(judge(500n), 'pay')
  t.equal(judge(501n), 'hold')
  t.equal(judge(501n, { ruling: 'approve' }), 'pay')
  t.equal(judge(10n, { ruling: 'reject' }), 'reject')
  t.equal(judge(1_001n, { ruling: 'approve' }), 'hold')
  t.equal(judge(500n, { paidToday: 1_200n }), 'wait')
  t.equal(judge(500n, { paidToday: 1_200n, counted: true }), 'pay', 'what was signed once is finished')
  const record = (step: string, more: object = {}) => ({ step, payout: null, earlier: [], ...more }) as never
  const living = { payout: { hex: '', inputs: [], expiry: 77, gone: null, dead: false } }
  t.equal(whyNotRelease(record('settling', living)), null)
  t.equal(whyNotRelease(record('done')), 'it is over')
  t.match(
    whyNotRelease(record('refused', living)),
    /could still be mined, up to height 77 of the reference chain$/,
  )
  t.equal(whyNotRelease(record('waiting')), 'it is waiting, and on its way to be paid')
  t.equal(whyNotRelease(record('signing')), 'it is signing, and on its way to be paid')
  t.equal(whyNotRelease(record('refused')), null)
  t.equal(whyNoRuling(record('done')), 'it is over (done)')
  t.equal(whyNoRuling(record('held')), null)
  const apart = range(1, 17).map((k) => ({ inputs: [{ txid: `${k >> 1}`, vout: 0 }] }))
  t.equal(mostTogether(apart.slice(0, 4)), 3, 'two of them spend the same')
  t.equal(mostTogether(apart), 17, 'of many all are counted')
  const withdrawTxid = `${'0'.repeat(60)}0005`
  const turn = (index: number, age: number): boolean =>
    isOurTurn({ withdrawTxid, signs: 0, index, n: 3, since: 0, now: age })
  t.same(
    [0, 1, 2].map((index) => turn(index, 0)),
    [false, false, true],
  )
  t.same(
    [0, 1, 2].map((index) => turn(index, TURN_MS)),
    [true, false, true],
  )
  t.same(
    [0, 1, 2].map((index) => turn(index, 2 * TURN_MS)),
    [true, true, true],
  )
  const payout = { hex: '', inputs: [], expiry: 100 }
  t.notOk(isExpired({ payout, tip: 110, depth: 10 }))
  t.ok(isExpired({ payout, tip: 111, depth: 10 }))
  t.notOk(isExpired({ payout: { ...payout, expiry: 0 }, tip: 1e6, depth: 10 }))
  const coin = (txid: string, sat: number, confirmations: number) => ({
    txid,
    vout: 0,
    sat: BigInt(sat),
    confirmations,
  })
  const coins = [coin('c', 5, 1), coin('a', 5, 9), coin('b', 5, 9)]
  const facts = { amount: 8n, reserved: new Set<string>(), sharing: [], mostInputs: 3 }
  const chosen = (more: Partial<CoinFacts>) => {
    const choice = chooseCoins(coins, { ...facts, ...more })
    return choice.coins?.map(({ txid }) => txid) ?? ('why' in choice ? choice.why : '')
  }
  t.same(chosen({}), ['a', 'b'], 'the oldest first, then by id')
  t.same(
    chosen({ amount: 3n, sharing: [[{ txid: 'c', vout: 0 }]] }),
    ['a', 'c'],
    'and one that has to be shared',
  )
  t.same(chosen({ sharing: [[{ txid: 'b', vout: 0 }], [{ txid: 'a', vout: 0 }]] }), ['a', 'b'])
  t.same(chosen({ sharing: [[{ txid: 'd', vout: 0 }]] }), 'shared')
  t.same(chosen({ amount: 11n, reserved: new Set(['b:0']) }), 'short')
  t.same(chosen({ reserved: new Set(['a:0']) }), 'shared', 'the oldest is never left out')
  t.same(chosen({ amount: 15n, mostInputs: 2 }), 'many')
  t.end()
})

t.test('configuration', (t) => {
  const id = 'ab'.repeat(32)
  const gateway = { asset: 'PEGS', oracleTxid: id, bindTxid: id, pubkey: `02${'cd'.repeat(32)}` }
  const good = readFeedConfig({ gateways: [gateway] })
  matchExactly(t, good, {
    value: {
      report: '0 * * * *',
      gateways: [
        {
          name: 'PEGS',
          asset: { name: 'PEGS' },
          reference: { name: 'KMD' },
          depth: 10,
          headers: true,
          pollMs: 10_000,
        },
      ],
    },
  })
  const wrong = readFeedConfig({
    gateways: [
      { ...gateway, depth: -1, funds: { amount: 'many' }, colour: 1 },
      { ...gateway, name: 'PEGS', withdrawals: { most: 1.5 } },
      { asset: 'X' },
    ],
    report: 5,
  })
  t.same('problems' in wrong && wrong.problems.map(({ path }) => path.join('.')).sort(), [
    'gateways.0.colour',
    'gateways.0.depth',
    'gateways.0.funds.amount',
    'gateways.1.headers',
    'gateways.1.name',
    'gateways.2.oracleTxid',
    'gateways.2.pubkey',
    'report',
  ])
  const rows: readonly (readonly [more: object, path: string, message: RegExp])[] = [
    [
      { funds: { amount: '0.00001' } },
      'gateways.0.funds.amount',
      /an amount of coins such as 1.5.*at least 0.0001/,
    ],
    [{ funds: { amount: -1 } }, 'gateways.0.funds.amount', /an amount of coins/],
    [{ asset: 'A/B' }, 'gateways.0.asset', /./],
    [{ asset: { name: 'A B' } }, 'gateways.0.asset.name', /./],
  ]
  for (const [more, path, message] of rows) {
    const found = readFeedConfig({ gateways: [{ ...gateway, ...more }] })
    const problems = 'problems' in found ? found.problems : []
    t.match(
      problems.map((one) => [one.path.join('.'), one.message]),
      [[path, message]],
      path,
    )
  }
  matchExactly(t, readFeedConfig({ gateways: [{ ...gateway, funds: { amount: 1e-4 } }], report: false }), {
    value: { report: null, gateways: [{ funds: { amount: 10_000n } }] },
  })
  t.match(readFeedConfig({ gateways: [gateway], report: 'now' }), {
    problems: [{ path: ['report'], message: /a cron expression/ }],
  })
  const open = { folder: '.', readableByOthers: true }
  t.match(
    readFeedConfig({ gateways: 5 }, open),
    { problems: [{ path: ['gateways'] }] },
    'and no passwords in it',
  )
  const secret = readFeedConfig({ gateways: [{ asset: { name: 'X', password: 'hunter2' } }] }, open)
  t.same('problems' in secret && secret.problems.map(({ path }) => path.join('.')).sort(), [
    'gateways.0.asset.password',
    'gateways.0.oracleTxid',
    'gateways.0.pubkey',
  ])
  t.notMatch(JSON.stringify(secret), /hunter2/)
  matchExactly(t, readFeedConfig(undefined), { problems: [{ path: ['gateways'] }] })
  t.match(readFeedConfig([]), { problems: Array })
  const line = ['PEGS', id, `02${'cd'.repeat(32)}`, 'Ihh', id, './komodo-cli -ac_name=REF -datadir=/var/ref']
  t.ok(isOldLine(line))
  t.notOk(isOldLine(['backfill', '1', '2']))
  matchExactly(t, readFeedConfig(translateOldLine(line)), {
    value: {
      gateways: [{ name: 'PEGS', bindTxid: id, reference: { name: 'REF', conf: '/var/ref/REF.conf' } }],
    },
  })
  matchExactly(
    t,
    readFeedConfig(translateOldLine([...line.slice(0, 5), '9', './komodo-cli -datadir=/var/ref'])),
    {
      value: { gateways: [{ startHeight: 9, reference: { name: 'KMD', conf: '/var/ref/komodo.conf' } }] },
    },
  )
  matchExactly(t, readFeedConfig(translateOldLine(line.slice(0, 5))), {
    value: { gateways: [{ startHeight: null, reference: { name: 'KMD' } }] },
  })
  matchExactly(t, readFeedConfig(translateOldLine([...line.slice(0, 5), '900'])), {
    value: { gateways: [{ startHeight: 900, reference: { name: 'KMD' } }] },
  })
  t.end()
})

t.test('what a dead branch held is owed, over a restart too', (t) => {
  const folder = t.testdir()
  const id = (k: number): string => k.toString(16).padStart(64, '0')
  const before = openPublished(folder)
  for (const height of [41, 40, 42]) before.add({ txid: id(height), hex: 'ab', height })
  t.same(before.owed, [])
  before.adopt(id(7))
  t.same(before.head, { txid: id(7), hex: '', height: 0 })
  t.same(before.owed, [40, 41, 42])
  const after = openPublished(folder)
  after.add({ txid: id(43), hex: 'cd', height: 43 })
  after.adopt(id(8))
  t.same(openPublished(folder).owed, [40, 41, 42, 43])
  t.same(openPublished(folder).head, after.head)
  after.drop(id(8))
  t.equal(after.head, null, 'what never left is not the last one')
  t.end()
})

t.test('lines of what was sent that cannot be read are left out, and kept beside', (t) => {
  const folder = t.testdir()
  const file = join(folder, 'published.jsonl')
  const [txid, other] = ['ab'.repeat(32), 'cd'.repeat(32)]
  const good = { txid, hex: 'ab', height: 5 }
  const wrong = [
    'x',
    'null',
    '5',
    '{}',
    '{"drop":"x"}',
    '{"owed":["x"]}',
    JSON.stringify({ ...good, height: 1.5 }),
    JSON.stringify({ ...good, hex: 'x' }),
  ]
  const lines = [
    ...wrong,
    JSON.stringify({ ...good, txid: other }),
    JSON.stringify(good),
    JSON.stringify({ drop: other }),
    '{"owed":[3,-1]}',
  ]
  writeFileSync(file, `${lines.join('\n')}\n{"cut":`)
  const found = openPublished(folder)
  t.match(found, { damaged: wrong.length, head: good, owed: [3] })
  t.equal(found.recent.length, 1)
  t.equal(readFileSync(`${file}.damaged`, 'utf8').split('\n')[0], 'x')
  t.equal(openPublished(folder).damaged, 0)
  writeFileSync(file, 'y\n')
  openPublished(folder)
  t.equal(readFileSync(`${file}.damaged`, 'utf8').split('\n')[0], 'x', 'the first one stays')
  const blocked = t.testdir({ 'published.jsonl': 'y\n', 'published.jsonl.damaged': {} })
  t.doesNotThrow(() => openPublished(blocked))
  const plain = t.testdir({ 'published.jsonl': {}, file: '' })
  for (const where of [plain, join(plain, 'file')])
    t.throws(() => openPublished(where), { code: 'E_FEED_STATE', message: /cannot be read/ })
  t.end()
})

t.test('a reorganisation between two calls of one pass', async (t) => {
  /** Blocks are named by height and branch; `fork` is the first height of the branch. */
  let [tip, fork, branch] = [1000, Infinity, 'a']
  const nameOf = (height: number): string => `${height}${height >= fork ? branch : ''}`
  const client = {
    chainInfo: () => Promise.resolve({ blocks: tip, headers: tip }),
    blockHash: (height: number) => Promise.resolve(nameOf(height)),
    header: (hash: string) => {
      const height = parseInt(hash, 10)
      return Promise.resolve({ bits: 0x200f0f0f, merkleRoot: '', previous: nameOf(height - 1) })
    },
  } as unknown as Parameters<typeof createReference>[0]
  const reference = createReference(client, () => 'OTHER')
  await reference.refresh()
  for (let height = 980; height <= 990; height++) await reference.header(height)
  await reference.refresh()

  // The highest has just been looked at when 985 and all above it are replaced; then a new one is looked up.
  await reference.refresh()
  ;[tip, fork, branch] = [1001, 985, 'b']
  await reference.header(991)
  t.equal((await reference.refresh()).lost, 6)
  for (let height = 980; height <= 991; height++) t.equal(await reference.hash(height), nameOf(height))

  // Looked up alone, all of them; and once more.
  ;[tip, fork, branch] = [1002, 988, 'c']
  await reference.hash(992)
  await reference.refresh()
  for (let height = 980; height <= 992; height++) t.equal(await reference.hash(height), nameOf(height))
})
