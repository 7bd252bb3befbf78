import t from 'tap'

import { priceColumns, priceTable, tableHead } from './view.js'

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
  const row = { height: 7, block: null, rates: new Map([['XBT', 8_635_032_054_187n]]), own: [], paid: [] }
  t.same(priceTable([row], ['XBT', 'ETH']), [
    'HEIGHT             XBT             ETH',
    '     7  86350.32054187               –',
  ])
  t.end()
})
