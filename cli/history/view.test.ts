import t from 'tap'

import type { OprBlock, OwnRecord, OwnStake } from '../../oracle/index.js'
import type { HistoryRow } from './rows.js'
import {
  csvLine,
  ownLines,
  priceColumns,
  priceTable,
  rowEvent,
  tableHead,
  tableLine,
  totalsOf,
} from './view.js'

const ASSETS = ['XBT', 'ETH', 'PEG', 'XAU', 'EUR', 'JPY', 'GBP', 'CAD', 'CHF']

t.test('prices stand beside the blocks, or in tables of their own that fit', (t) => {
  t.same(priceColumns([], 80), { beside: [], below: [] })
  t.same(priceColumns(ASSETS, Infinity), { beside: ASSETS, below: [] }, 'for a program')
  for (const width of [80, 96, 100, 120])
    for (let count = 0; count <= ASSETS.length; count++) {
      const assets = ASSETS.slice(0, count)
      const { beside, below } = priceColumns(assets, width)
      t.same([...beside, ...below.flat()], assets, `${count} in ${width} columns`)
      t.ok(tableHead(beside).length <= width)
      for (const group of below) for (const line of priceTable([], group)) t.ok(line.length <= width, line)
    }
  t.end()
})

t.test('a table of prices', (t) => {
  const row = {
    height: 7,
    block: null,
    rates: new Map([['XBT', 8_635_032_054_187n]]),
    own: [],
    paid: [],
    stakes: [],
  }
  t.same(priceTable([row], ['XBT', 'ETH']), [
    'HEIGHT             XBT             ETH',
    '     7  86350.32054187               –',
  ])
  t.end()
})

const own = (status: OwnRecord['status'], acknowledged: number | null): OwnRecord => ({
  ...{ entryHash: 'ab'.repeat(32), height: 7, status, acknowledged, submitted: 1000, reason: 'no money' },
  ...{ nonce: null, difficulty: null, block: null },
})

t.test('records of ours keep the words that programs read', (t) => {
  const records = [
    own('committed', null),
    own('revealed', null),
    own('acknowledged', 2000),
    own('landed', 2000),
    own('missed', 2000),
    own('missed', null),
  ]
  const event = rowEvent({ height: 7, block: null, rates: new Map(), own: records, paid: [], stakes: [] }, [])
  t.same(
    event.own.map(({ status }) => status),
    ['submitted', 'submitted', 'acknowledged', 'acknowledged', 'acknowledged', 'failed'],
  )
  t.match(ownLines({ own: records.slice(-1), stakes: [] }, 100).join(' '), /failed: no money/)
  const staked = {
    ...records[0],
    address: 'FA1',
    block: 7,
    verdict: 'graded',
    place: 1,
    payout: 18_000_000_000n,
    grade: 0,
  }
  const stakes = [staked as OwnStake]
  t.match(ownLines({ own: [], stakes }, 200).join(' '), /staked by FA1, .*place 2, 180 PEG, grade 0/)
  t.match(rowEvent({ height: 7, block: null, rates: new Map(), own: [], paid: [], stakes }, []).stakes, [
    { address: 'FA1', payout: '180' },
  ])
  t.notMatch(ownLines({ own: records.slice(0, 1), stakes: [] }, 100).join(' '), /failed/)
  t.end()
})

const EMPTY: HistoryRow = { height: 7, block: null, rates: new Map(), own: [], paid: [], stakes: [] }

const blockOf = (more: Partial<OprBlock>): OprBlock => ({
  ...{ height: 7, time: Date.UTC(2020, 1, 3, 4, 50), keyMr: '', version: 2, entries: 1200, valid: 1100 },
  ...{ gradable: true, winners: [], winnersFrom: 6, hashPower: 2_500_000, records: [] },
  ...more,
})

const rankedBy = (identity: string): OprBlock['records'][number] => ({
  ...{ place: 1, entryHash: 'ab'.repeat(32), identity, address: 'FA1' },
  ...{ difficulty: 255n, grade: 0.5, payout: 20_000_000_000n },
})

t.test('what is not there is a dash in the table, and nothing in a file and in an event', (t) => {
  const cells = (row: HistoryRow): string[] => tableLine(row, ['XBT']).trim().split(/ {2,}/)
  const dashes = ['–', '–', '–']
  t.same(cells(EMPTY), ['7', '–', '–', '–', '–', 'no records', ...dashes, '–'], 'not followed yet')
  const poor = { ...EMPTY, block: blockOf({ gradable: false, hashPower: null, winnersFrom: null }) }
  t.same(
    cells(poor),
    ['7', '2020-02-03 04:50', '2', '1,200', '1,100', 'no winners', ...dashes, '–'],
    'too few records',
  )
  const first = { ...own('landed', 2000), place: 3, payout: 18_000_000_000n }
  const graded: HistoryRow = {
    ...EMPTY,
    block: blockOf({ records: [rankedBy('a-long-identity')] }),
    rates: new Map([['XBT', 900_000_000_000n]]),
    own: [first, own('landed', 2000)],
    paid: [first],
  }
  t.same(cells(graded).slice(5), ['a-long-id…', '2.50 MH/s', '1/2', '180', '9000'])

  t.equal(csvLine(EMPTY, ['XBT']), '7,,,,,,,,0,0,,0,')
  t.equal(
    csvLine(graded, ['XBT']),
    '7,2020-02-03T04:50:00.000Z,2,1200,1100,6,a-long-identity,2500000,2,1,4,180,9000',
  )
  for (const [identity, cell] of [
    ['=1+1', "'=1+1"],
    ['@now', "'@now"],
    ['a,b', '"a,b"'],
    ['say "a"', '"say ""a"""'],
  ] as const)
    t.match(
      csvLine({ ...EMPTY, block: blockOf({ records: [rankedBy(identity)] }) }, []),
      `,6,${cell},2500000,`,
      'no formula, no further cell',
    )

  t.match(rowEvent(EMPTY, ['XBT']), {
    ...{ blockTime: null, version: null, records: null, valid: null, gradable: null, winnersFrom: null },
    ...{ winners: [], hashPower: null, places: [], rates: {} },
  })
  t.match(rowEvent(graded, ['XBT', 'ETH']), {
    places: [{ place: 1, difficulty: '00000000000000ff', payout: '200' }],
    rates: { XBT: '9000' },
    own: [{ payout: '180' }, { payout: null, submitted: '1970-01-01T00:00:01.000Z' }],
  })
  t.end()
})

t.test('the way of a record, in words', (t) => {
  const graded = { block: 7, verdict: 'graded', place: 0, payout: 20_000_000_000n }
  const cost = (asset: string, distance: number, cost: number) => ({ asset, distance, cost })
  const many = ['XBT', 'ETH', 'XAU', 'EUR', 'JPY'].map((asset) => cost(asset, 0.01, 2e-9))
  const cases: [record: Partial<OwnRecord>, text: string][] = [
    [{ submitted: null }, 'in no block'],
    [{}, 'submitted 00:00:01, in no block'],
    [{ status: 'missed', reason: null }, 'submitted 00:00:01, failed: unknown reason, in no block'],
    [{ acknowledged: 2000, block: 9 }, 'submitted 00:00:01, acknowledged 00:00:02, in block 9, '],
    [{ block: 7, verdict: 'wrong height' }, 'submitted 00:00:01, wrong height'],
    [{ ...graded, place: 30, payout: 0n, grade: 0 }, 'submitted 00:00:01, place 31, not paid, grade 0'],
    [
      { ...graded, grade: 1e-8, costs: many },
      'submitted 00:00:01, place 1, 200 PEG, grade 1.00e-8 from XBT +1.00 % (20 %), ETH +1.00 % (20 %), ' +
        'XAU +1.00 % (20 %), EUR +1.00 % (20 %) and 1 more',
    ],
    [
      { ...graded, grade: 4e-8, costs: [cost('XBT', -0.02, 4e-8), cost('ETH', 0.00001, 1e-20)] },
      'submitted 00:00:01, place 1, 200 PEG, grade 4.00e-8 from XBT -2.00 % (100 %)',
    ],
  ]
  for (const [record, text] of cases) {
    const [line = ''] = ownLines({ own: [{ ...own('committed', null), ...record }], stakes: [] }, 300)
    t.equal(line, `    abababababababab  ${text}`)
  }
  const stake = { entryHash: 'cd'.repeat(32), height: 7, address: 'FA1', block: null }
  const stakes: [
    status: OwnStake['status'],
    reason: string | null,
    submitted: number | null,
    text: string,
  ][] = [
    ['committed', null, null, 'staked by FA1, in no block'],
    ['missed', 'no money', 1000, 'staked by FA1, submitted 00:00:01, failed: no money, in no block'],
    ['missed', null, null, 'staked by FA1, failed: unknown reason, in no block'],
  ]
  for (const [status, reason, submitted, text] of stakes)
    t.same(ownLines({ own: [], stakes: [{ ...stake, status, reason, submitted }] }, 300), [
      `    cdcdcdcdcdcdcdcd  ${text}`,
    ])
  t.end()
})

t.test('totals', (t) => {
  t.same(totalsOf([EMPTY]), [['blocks', '1 block, 0 with winners; mean hash power unknown']])
  const paid = { ...own('landed', 2000), block: 7, place: 0, payout: 20_000_000_000n }
  const withCosts = {
    ...paid,
    costs: [
      { asset: 'ETH', distance: 0.01, cost: 1e-8 },
      { asset: 'XBT', distance: 0.02, cost: 3e-8 },
    ],
  }
  const row = { ...EMPTY, block: blockOf({}), own: [paid, own('missed', null)], paid: [paid] }
  const ours = ['ours', '2 records, 1 on the chain, 1 graded, 1 place paid: 200 PEG']
  t.same(totalsOf([row]), [['blocks', '1 block, 1 with winners; mean hash power 2.50 MH/s'], ours])
  t.same(totalsOf([{ ...row, own: [withCosts, own('missed', null)] }]).slice(1), [
    ours,
    ['grade from', 'XBT 75 %, ETH 25 %'],
  ])
  t.end()
})
