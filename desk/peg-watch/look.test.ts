/** A look where something is lacking: rates, averages, the price of what markets are paid in. */
import t from 'tap'

import { rulesOf, type Rates } from '../../ledger/index.js'
import { networkOf } from '../../pegnet/index.js'
import type { PriceSnapshot } from '../../oracle/prices/index.js'
import { limitsOf } from './fixtures/shown.js'
import { lookAt, type PegHistory } from './look.js'

const USD = 100_000_000n
const HEIGHT = 300_000
const rules = rulesOf(networkOf('MainNet'))
const both: Rates = new Map([
  ['pUSD', USD],
  ['pEUR', USD],
])

interface Told {
  readonly rates?: Rates | null
  readonly averages?: Rates
  readonly quote?: string
  readonly own?: Readonly<Record<string, bigint>> | null
  readonly indices?: Readonly<Record<string, bigint>>
}

/** pEUR is asked for half of what it is worth, pUSD is bid for as much as that. */
function look({ rates = both, averages = both, quote = 'USD', own = null, indices = {} }: Told) {
  const ledger: PegHistory = {
    height: () => HEIGHT,
    ratesHeight: () => (rates === null ? null : HEIGHT),
    ratesAt: () => rates,
    averagesAt: () => averages,
    ratesOver: () => [],
  }
  const book = { bids: [[1, 50]], asks: [[0.5, 50]], receivedAt: 0 } as const
  const market = (token: string, levels: object) => ({
    ...{ exchange: 'gate', symbol: `${token.toUpperCase()}/${quote}`, token },
    book: { ...book, ...levels },
  })
  const snapshot = own && {
    prices: new Map(Object.entries(own)),
    indices: new Map(Object.entries(indices).map(([name, units]) => [name, { units }])),
  }
  return lookAt({
    ...{ ledger, rules, limits: limitsOf({ least: 0, fee: 0 }) },
    view: { books: [market('pEUR', { bids: [] }), market('pUSD', { asks: [] })], troubles: [] },
    own: snapshot as PriceSnapshot | null,
  })
}

t.test('rates and averages', (t) => {
  t.equal(look({ rates: null }), null, 'no block has rates yet')
  t.match(look({}), {
    ratesHeight: HEIGHT,
    trades: [{ buy: { token: 'pEUR' }, sell: { token: 'pUSD' } }],
    closed: null,
  })
  const without = look({ averages: new Map() })
  t.match(without, { trades: [], closed: { closed: 'one of both has no average yet' } })
  const unpriced = look({ rates: new Map([['pUSD', USD]]) })
  t.match(unpriced, { trades: [], closed: null }, 'what has no price is not converted')
  t.same(
    unpriced?.tokens.map(({ token }) => token),
    ['pUSD'],
  )
  t.match(
    look({ own: { EUR: 2n * USD } })?.tokens,
    [{ expected: 2n * USD }, { expected: null }],
    'what the next block is to say',
  )
  t.end()
})

t.test('what markets are paid in', (t) => {
  const reason = (quote: string) => [
    { exchange: 'gate', symbol: `PEUR/${quote}`, reason: `${quote} has no price` },
    {},
  ]
  t.match(look({ quote: 'USDT' }), { markets: [], tokens: [], troubles: reason('USDT') })
  t.match(look({ quote: 'USDT', own: {}, indices: { 'USDT/USD': USD } }), {
    troubles: [],
    markets: [{ token: 'pEUR' }, {}],
  })
  t.match(look({ quote: 'BTC' })?.troubles, reason('BTC'))
  t.match(
    look({ quote: 'BTC', own: { XBT: 2n * USD } })?.markets[0]?.asks,
    [{ price: USD }],
    'PegNet calls it XBT',
  )
  t.match(
    look({ quote: 'EUR' })?.markets[0]?.asks,
    [{ price: USD / 2n }],
    'by the ledger, where nothing of ours is known',
  )
  t.end()
})
