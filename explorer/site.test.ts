/** What the explorer answers of a small ledger: each kind of question, as data and as tables, and what it refuses. */
import { join } from 'node:path'
import t, { type Test } from 'tap'

import { BEGINS, ENTRIES, openSmallLedger, PEGNET2, TIP } from '../ledger/fixtures/small.js'
import { rewarded } from '../ledger/fixtures/play.js'
import { ALICE, BOB } from '../ledger/fixtures/sign.js'
import { openTestTables } from '../ledger/fixtures/tables.js'
import { typedAddress, readAddress } from '../ledger/index.js'
import { createExplorer } from './site.js'

const tables = openSmallLedger(join(t.testdir(), 'ledger.sqlite'))
t.teardown(() => tables.close())
const { query } = tables
const pulse = { nodeHeight: TIP + 2, minute: 3, trouble: null }
const explorer = createExplorer(query, { pulse: () => pulse })

const [NONE, NAME] = ['0'.repeat(64), rewarded(0)]
const recordsOf = (height: number) => query.gradedAt(height).map(({ entryHash }) => entryHash)
const [first = ''] = recordsOf(PEGNET2)
const [staked] = query.stakedAt(PEGNET2)
const [leftOut] = query.leftOutAt(PEGNET2 + 1)
const [ungraded] = query.ungradedAt(PEGNET2 + 2)

/** The reply to a path with its query; throws what it refuses. */
function ask(path: string, asked = explorer) {
  const [name = '', words] = path.split('?', 2)
  const reply = asked(`/api/v1/explorer/${name}`, new URLSearchParams(words))
  const text = String(reply?.body)
  const value = (text.startsWith('{') ? JSON.parse(text) : {}) as object
  return { status: reply?.status, headers: JSON.stringify(reply?.headers), text, value }
}

/** Each question and part of its answer. */
function answers(t: Test, table: readonly (readonly [path: string, part: object])[]): void {
  for (const [path, part] of table) {
    const { status, value } = ask(path)
    t.equal(status, 200, path)
    t.match(value, part, path)
  }
  t.end()
}

t.test('the network and its blocks', (t) => {
  answers(t, [
    [
      'network',
      {
        ...{ network: 'MainNet', height: TIP, ratesHeight: PEGNET2, nodeHeight: TIP + 2, behind: 2 },
        ...{ pegged: '0.000045', peg: { usd: '1', index: '0', phase: PEGNET2, mined: '24000', burnt: '0' } },
        records: { height: PEGNET2 + 2, entries: 10, valid: 10, staked: 0 },
        blocks: [{ height: TIP }],
      },
    ],
    ['blocks?limit=2', { blocks: [{ height: TIP }, { height: PEGNET2 }], more: true }],
    [`block/${BEGINS}`, { time: null, contents: null, tickers: [], records: [], rates: null, actions: [] }],
    [
      `block/${BEGINS + 1}`,
      {
        contents: { version: 4, entries: 25, valid: 25, ungraded: 0 },
        records: [{ place: 0, identity: 'test', address: NAME, payout: '200', grade: 0, distances: [0] }],
        rates: [{ ticker: 'PEG', usd: '1' }],
      },
    ],
    [
      `block/${BEGINS + 2}`,
      {
        refused: [{ hash: ENTRIES.stranger.hash, chain: 'transactions', reason: 'its content is no JSON' }],
        actions: [
          { hash: ENTRIES.tooMuch.hash, status: 'refused', verdict: -1 },
          { hash: ENTRIES.transfer.hash, kind: 'transfer', outputs: [{ address: BOB.address }, {}] },
          { hash: ENTRIES.toPeg.hash, kind: 'conversion', verdict: BEGINS + 3, target: 'PEG', refund: '0' },
        ],
      },
    ],
    [`block/${PEGNET2}`, { contents: { version: 5, staked: 25 }, staked: [{ place: 0, address: NAME }] }],
    [
      `block/${PEGNET2 + 1}`,
      {
        contents: { version: null, entries: 25, valid: 24, ungraded: 24 },
        ungraded: [{ place: 0, difficulty: '00000000000003e7' }],
        refused: [{ hash: leftOut?.hash, chain: 'oracle' }],
      },
    ],
  ])
})

t.test('entries: batches, strangers, records', (t) => {
  answers(t, [
    [
      `entry/${ENTRIES.toPeg.hash}`,
      { status: BEGINS + 3, raw: { transactions: [{ target: 'PEG', outputs: [] }] } },
    ],
    [
      `entry/${ENTRIES.transfer.hash}`,
      {
        raw: {
          signed: true,
          transactions: [{ target: null, outputs: [{ address: BOB.address, amount: '0.00000015' }, {}] }],
        },
      },
    ],
    [`entry/${ENTRIES.tooMuch.hash}`, { status: -1, reason: /./ }],
    [
      `entry/${ENTRIES.stranger.hash}`,
      {
        status: null,
        raw: { content: 'good morning', binary: false, wrong: 'its content is no JSON', transactions: null },
      },
    ],
    [`entry/${ENTRIES.waiting.hash}`, { status: 0, reason: null, actions: [{ status: 'waiting' }] }],
    [
      `entry/${first.toUpperCase()}`,
      {
        ...{ hash: first, status: PEGNET2, tickers: ['PEG'], record: { place: 0, payout: '360', grade: 0 } },
        raw: {
          chain: 'oracle',
          record: { version: 5, claim: '00000000000003e8', said: { identity: 'test' } },
        },
      },
    ],
    [
      `entry/${staked?.hash}`,
      { staked: { place: 0, payout: /./ }, raw: { chain: 'staking', record: { nonce: null } } },
    ],
    [`entry/${leftOut?.hash}`, { reason: leftOut?.reason, record: null }],
    [`entry/${ungraded?.hash}`, { ungraded: { place: 0, difficulty: '00000000000003e8' }, staked: null }],
  ])
})

t.test('a record names the winners before it', (t) => {
  const [winner = ''] = recordsOf(BEGINS + 1)
  const winners = [{ short: winner.slice(0, 16), hash: winner }]
  t.match(ask(`entry/${recordsOf(BEGINS + 3)[0]}`).value, { raw: { record: { said: { winners } } } })
  const [none] = recordsOf(BEGINS + 1)
  t.match(ask(`entry/${none}`).value, { raw: { record: { said: { winners: [{ short: '', hash: null }] } } } })
  t.end()
})

t.test('addresses, tokens and miners', (t) => {
  const after = (...balances: readonly (readonly [ticker: string, amount: string])[]) => ({
    after: balances.map(([ticker, amount]) => ({ ticker, amount })),
  })
  answers(t, [
    [
      `address/${ALICE.address}`,
      {
        ...{ usd: '0.01004985', balances: [{ ticker: 'PEG', usd: '0.01000485' }, { ticker: 'pUSD' }] },
        typed: [{ ticker: 'PEG', address: /^PEG_/ }],
        actions: [
          { hash: ENTRIES.waiting.hash, after: [] },
          { hash: ENTRIES.tooMuch.hash, after: [] },
          { hash: ENTRIES.transfer.hash, ...after(['PEG', '0.00999985']) },
          { hash: ENTRIES.toPeg.hash, ...after(['pUSD', '0.000045'], ['PEG', '0.01000485']) },
        ],
      },
    ],
    [
      `address/${ALICE.address}?height=${BEGINS}`,
      { usd: null, balances: [{ ticker: 'PEG', amount: '0.01', usd: null }, {}] },
    ],
    [`address/${BOB.address}?height=${BEGINS + 3}`, { usd: '0.00000015' }],
    [
      'asset/eur',
      {
        ...{ ticker: 'pEUR', price: { height: PEGNET2, usd: '1' }, said: { low: '1', high: '1' } },
        ...{ still: { since: PEGNET2, hours: 0 }, supply: '0', converted: { in: '0', out: '0' } },
        points: [{ usd: '1' }, { usd: '1.2' }, { usd: '1.2' }, { usd: '1' }],
        ...{ holderCount: 0, holders: [] },
      },
    ],
    ['asset/PEG', { converted: { in: '0.000005', out: '0' }, holderCount: 27 }],
    [
      'miner/test?limit=30',
      {
        identity: 'test',
        next: PEGNET2,
        share: { records: 100, all: 100, share: 1 },
        total: { records: 100, blocks: 4 },
      },
    ],
    // More records of one block than a page holds: they stay together.
    [`miner/test?limit=10&before=${PEGNET2}`, { next: BEGINS + 5, records: { length: 25 } }],
    [
      `miner/${NAME}`,
      { address: NAME, next: null, reward: '960', assets: [{ ticker: 'PEG', mean: 0, bias: 0, blocks: 4 }] },
    ],
    [`miner/test?from=${TIP}&to=${TIP}`, { share: { records: 0, all: 0, share: 0 }, assets: [] }],
    [`miner/test?before=${BEGINS}`, { records: [], next: null }],
  ])
})

t.test('series', (t) => {
  const lines = (...values: readonly string[][]) => ({
    lines: values.map((points) => ({ points: points.map((value) => ({ value })) })),
  })
  answers(t, [
    [
      'series/price?ticker=eur',
      { ticker: 'pEUR', miner: null, unit: 'USD', ...lines(['1', '1.2', '1.2', '1']) },
    ],
    [`series/spread?ticker=pEUR&from=${BEGINS + 2}`, lines(['1.2', '1.2', '1'], ['1.2', '1.2', '1'])],
    [`series/supply?ticker=pUSD&points=2`, lines(['0.00005', '0.000045'])],
    [
      `series/conversions?ticker=PEG&points=1`,
      { lines: [{ name: 'into it' }, { name: 'out of it', points: [] }] },
    ],
    ['series/power?points=1', { ticker: null, ...lines([]) }],
    [`series/records?from=${PEGNET2}`, lines(['25', '25', '10'], ['25', '0', '0'])],
    ['series/index?points=2', lines(['0', '0'])],
    [
      'series/risk?points=1',
      { lines: [{ name: 'PEG mined', points: [{ value: '24000' }] }, { points: [] }] },
    ],
    ['series/distance?miner=test', { miner: 'test', lines: [{ name: 'all tokens', points: { length: 4 } }] }],
    // A record of version 4 says nothing of it.
    [
      'series/distance?miner=test&ticker=HBAR',
      { lines: [{ name: 'pHBAR', points: [{ height: PEGNET2, value: '0' }] }] },
    ],
    [`series/share?miner=${NAME}`, lines(['4', '4', '4', '4'])],
    [`series/reward?miner=${NAME}&points=1`, lines(['960'])],
    [`series/price?from=${TIP + 1}&to=${TIP + 9}`.replace('?', '?ticker=PEG&'), lines([])],
    [`series/share?miner=test&from=${TIP + 1}&to=${TIP + 9}`, lines([])],
    [`series/index?from=${TIP + 1}&to=${TIP + 9}`, lines([])],
  ])
})

t.test('searches', (t) => {
  const { found } = {
    found: (q: string) =>
      (ask(`search?q=${encodeURIComponent(q)}`).value as { found: { path: string }[] }).found,
  }
  const typed = typedAddress(readAddress(ALICE.address) ?? '', 'pUSD')
  const table: readonly (readonly [q: string, paths: readonly string[]])[] = [
    ['', []],
    ['0258791', [`block/${BEGINS + 1}`]],
    [String(TIP + 1), []],
    [typed, [`address/${ALICE.address}`]],
    [NAME, [`address/${NAME}`, `miner/${NAME}`]],
    ['usd', ['asset/pUSD']],
    [first.slice(0, 16).toUpperCase(), [`entry/${first}`]],
    ['test', ['miner/test']],
    ['nothing of this name', []],
  ]
  for (const [q, paths] of table)
    t.same(
      found(q).map(({ path }) => path),
      paths.map((path) => `/explorer/${path}`),
      q,
    )
  t.match(ask('search?q=x').value, { tried: [`a height up to ${TIP}`, /address/] })
  t.end()
})

t.test('tables', (t) => {
  const csv = (path: string): string[] =>
    ask(`${path}${path.includes('?') ? '&' : '?'}format=csv`).text.split('\n')
  const time = '2020-09-13T12:26:40.000Z'
  t.same(csv(`address/${ALICE.address}?list=balances`), [
    ...['ticker,amount,usd', 'PEG,0.01000485,0.01000485', 'pUSD,0.000045,0.000045', ''],
  ])
  const [head, waiting] = csv(`address/${ALICE.address}?limit=1`)
  t.match(head, /,outputs,balance,balance_usd,target_balance,target_balance_usd$/)
  t.match(waiting, new RegExp(`^${TIP},${time},.*,conversion,waiting,.*,,,,$`))
  t.match(csv(`block/${BEGINS + 2}`)[3], /,conversion,executed,.*,pUSD,0.000005,PEG,0.000005,0,$/)
  t.equal(csv(`entry/${ENTRIES.transfer.hash}`).length, 3)
  t.same(csv('asset/eur').slice(0, 3), [
    'height,time,usd',
    `${BEGINS + 1},${time},1`,
    `${BEGINS + 3},${time},1.2`,
  ])
  t.match(
    csv('miner/test?limit=1')[1],
    new RegExp(`^${PEGNET2},${time},0,${NAME},360,00000000000003e8,0,${first}$`),
  )
  t.same(csv(`series/conversions?ticker=PEG&points=2&from=${BEGINS + 2}`), [
    ...['height,time,into it,out of it', `${BEGINS + 2},${time},0,0`, `${TIP},${time},0.000005,0`, ''],
  ])
  t.end()
})

t.test('what is not there, and what is no question', (t) => {
  const table: readonly (readonly [path: string, refusal: string])[] = [
    [`block/${TIP + 1}`, 'the ledger knows no such block'],
    [`block/${BEGINS - 1}`, 'the ledger knows no such block'],
    ['block/x', 'a height is a whole number'],
    [`entry/${NONE}`, 'the ledger knows no such entry'],
    ['entry/00', 'a hash has 64 hexadecimal digits'],
    ['asset/none', 'the ledger knows no such asset'],
    ['address/FA1', 'this is no address: give one that begins with FA'],
    [`address/${ALICE.address}?list=balances`, 'list is for format=csv: balances or history'],
    [`address/${ALICE.address}?before=1`, 'before must be next of the page before'],
    ['miner/nobody', 'the ledger knows no such miner'],
    ['miner/%E0%A4%A', 'the path is not encoded as it should be'],
    ['series/none', 'the ledger knows no such series'],
    ['series/price', 'ticker is missing or no token: give PEG, pUSD or another'],
    ['series/share', 'miner is missing: give an identity or an address'],
    ['series/share?miner=test&ticker=none', 'ticker is missing or no token: give PEG, pUSD or another'],
    ['address/', 'there is nothing here; see the page /explorer'],
    ['block/1/2', 'there is nothing here; see the page /explorer'],
    ['constructor', 'there is nothing here; see the page /explorer'],
  ]
  const said = (path: string): unknown => {
    try {
      const { status, value } = ask(path)
      return status === 404 ? (value as { error: string }).error : status
    } catch (error) {
      return (error as Error).message
    }
  }
  for (const [path, refusal] of table) t.equal(said(path), refusal, path)
  t.equal(explorer('/api/v1/ledger/status', new URLSearchParams()), undefined, 'not of the explorer')
  t.end()
})

t.test('what cannot change any more may be kept', (t) => {
  for (let k = 0; k < 144; k++) tables.take({})
  // One of its own: what was answered is kept until another program writes.
  const later = createExplorer(query)
  const kept = (path: string): boolean => String(ask(path, later).headers).includes('immutable')
  const table: readonly (readonly [path: string, keeps: boolean])[] = [
    [`block/${PEGNET2}`, true],
    [`block/${TIP + 1}`, false],
    [`entry/${ENTRIES.transfer.hash}`, true],
    // It waits on.
    [`entry/${ENTRIES.waiting.hash}`, false],
    [`series/price?ticker=PEG&to=${PEGNET2}`, true],
    [`series/price?ticker=PEG&to=${PEGNET2}&format=csv`, true],
    ['series/price?ticker=PEG', false],
  ]
  for (const [path, keeps] of table) t.equal(kept(path), keeps, path)
  t.match(ask(`block/${PEGNET2}`, later).value, { tip: null })
  tables.take({ oracle: {}, staking: {}, staker: ALICE, altered: (records) => records.slice(0, 10) })
  const few = { chain: 'staking', reason: 'the block has too few staking records' }
  t.match(ask(`block/${TIP + 145}`, later).value, { contents: { staked: 10 }, staked: [], refused: [few] })
  // More heights than an index is worked out for.
  t.match(ask('series/index', later).value, { lines: [{ points: { length: 40 } }] })
  t.end()
})

t.test('a ledger that has hardly begun', (t) => {
  const address = readAddress(BOB.address) ?? ''
  const young = openTestTables(join(t.testdir(), 'ledger.sqlite'), { height: 1, address, held: [] })
  t.teardown(() => young.close())
  const none = createExplorer(young.query, { pulse: () => null })
  const table: readonly (readonly [path: string, part: object])[] = [
    [
      'network',
      {
        nodeHeight: null,
        behind: null,
        records: null,
        peg: { usd: null, index: null, phase: 0 },
        blocks: [],
      },
    ],
    ['asset/PEG', { price: null, said: null, still: null, supply: '0', holders: [], points: [] }],
    [`address/${BOB.address}`, { usd: null, balances: [], actions: [], next: null }],
    ['series/index', { lines: [{ points: [] }] }],
    ['search', { found: [] }],
  ]
  for (const [path, part] of table) t.match(ask(path, none).value, part, path)
  t.end()
})
