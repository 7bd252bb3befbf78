/** What is told of prices that were taken. */
import t from 'tap'

import type { PriceSnapshot } from '../../oracle/prices/index.js'
import { pricesEvent } from './prices-event.js'

interface Price {
  readonly status?: 'ok' | 'held'
  readonly spread?: number
  readonly votes?: number
  readonly daily?: number
}

const eventOf = (prices: Readonly<Record<string, Price>>, missing: Readonly<Record<string, string>> = {}) => {
  const of = ([asset, { status = 'ok', spread = 0, votes = 0, daily = 0 }]: [string, Price]) => ({
    ...{ asset, status, spread, ageMs: 7_000, votes: Array.from({ length: votes }) },
    rejected: Array.from({ length: daily }, () => ({ reason: { code: 'daily' } })),
  })
  const assets = new Map(Object.entries(prices).map((entry) => [entry[0], of(entry)]))
  const taken = {
    assets,
    prices: new Map([...assets.keys()].map((asset) => [asset, 1n])),
    missing: new Map(Object.entries(missing)),
  }
  return pricesEvent(
    { height: 5, version: 5 },
    { ...taken, complete: false } as unknown as PriceSnapshot,
    true,
  )
}

t.test('how many, how sure, how far apart', (t) => {
  t.match(eventOf({}), {
    event: 'prices',
    height: 5,
    assets: 0,
    strong: 0,
    held: {},
    widest: null,
    guarded: true,
  })
  t.match(eventOf({ USD: {} }), { assets: 1, widest: null }, 'what all agree on has no width')
  const some = {
    XBT: { spread: 0.01, votes: 3 },
    ETH: { spread: 0.03, votes: 2, daily: 1 },
    LTC: { spread: 0.02, votes: 2 },
  }
  t.match(eventOf(some, { EUR: 'no votes' }), {
    ...{ assets: 3, strong: 2, widest: { asset: 'ETH', spread: 0.03 } },
    missing: { EUR: 'no votes' },
  })
  t.match(eventOf({ XBT: { status: 'held', votes: 5 }, OLD: {} }), {
    assets: 1,
    strong: 0,
    held: { XBT: 7_000 },
  })
  t.end()
})
