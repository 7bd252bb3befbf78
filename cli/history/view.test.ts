import t from 'tap'

import type { OwnRecord, OwnStake } from '../../oracle/index.js'
import { ownLines, priceColumns, priceTable, rowEvent, tableHead } from './view.js'

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
