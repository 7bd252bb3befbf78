/** Order books: what exchanges tell of them through ccxt, and what is made of it. */
import t from 'tap'

import { isCoded, wallMs } from '../../base/index.js'
import { createBookFeed } from './book-feed.js'
import type { CcxtSourceConfig, PriceConfig } from './config.js'
import { parseTrouble, startDevExchange, troubleFaults, type Book, type Venue } from './dev/index.js'
import { inlineExchanges } from './exchange-host.js'
import { BOOK_LEVELS, readBook } from './order-book.js'

const NOW = Date.UTC(2026, 10, 30)

t.test('a reply that is an order book, and those that are none', (t) => {
  const read = (raw: object | undefined) => readBook(raw, NOW, NOW)
  const good = { bids: [[9, 1], [8, 2]], asks: [[10, 1]], timestamp: NOW - 60_000 } // prettier-ignore
  t.same(read(good), { bids: good.bids, asks: good.asks, receivedAt: NOW })
  t.match(read({ ...good, bids: [] }), { bids: [] }, 'one side is enough')
  t.match(read({ ...good, bids: [[9, 0], [8, 2, 7]] }), { bids: [[8, 2]] }, 'an order of nothing') // prettier-ignore
  t.match(read({ ...good, timestamp: undefined }), { bids: good.bids })
  const many = Array.from({ length: 5000 }, (_, k) => [1000 + k, 1])
  t.equal((read({ ...good, asks: many }) as unknown as { asks: unknown[] }).asks.length, BOOK_LEVELS)
  t.match(read({ ...good, timestamp: NOW - 3_600_000 }), { code: 'stale', ageMs: 3_600_000 })
  t.match(read({ bids: [], asks: [] }), { code: 'no-price' })
  for (const wrong of [
    undefined,
    {},
    { ...good, bids: 'none' },
    { ...good, bids: { 0: [9, 1], length: 1 } },
    { ...good, asks: [null] },
    { ...good, asks: [['10', 1]] },
    { ...good, asks: [[NaN, 1]] },
    { ...good, asks: [[10, Infinity]] },
    { ...good, asks: [[10, -1]] },
    { ...good, asks: [[0, 1]] },
    { ...good, asks: [[1e13, 1]] },
    { ...good, asks: [[9, 1]] },
    { ...good, asks: [[11, 1], [10, 1]] }, // prettier-ignore
    { ...good, bids: [[8, 1], [9, 1]] }, // prettier-ignore
  ])
    t.match(read(wrong), { code: 'bad-reply' }, JSON.stringify(wrong) ?? 'nothing')
  t.end()
})

const listed = (venue: Venue, now: number): Book[] => {
  const levels = { bids: [['0.94', '100.5'], ['0.93', '7']], asks: [['0.95', '200']] } as const // prettier-ignore
  const book = { base: 'PUSD', bid: '0.94', ask: '0.95', last: '0.95', time: now, trading: true, levels }
  const quote = { kraken: 'USD', gate: 'USDT' }[venue as string]
  return quote === undefined ? [] : [{ ...book, quote }]
}

async function look(trouble: string | null, config?: Partial<CcxtSourceConfig>) {
  const faults = trouble === null ? {} : troubleFaults(parseTrouble(trouble), wallMs)
  const exchange = await startDevExchange({ faults, listed })
  const source = (name: string): CcxtSourceConfig => ({
    ...{ type: 'ccxt', name, exchange: name, url: `${exchange.url}/${name}`, rateLimit: 1 },
    ...{ intervalMs: 0, freshMs: 0, deadlineMs: 10_000, ...config },
  })
  const exchanges = inlineExchanges()
  const feed = createBookFeed({
    ...{ exchanges, others: false },
    config: { sources: ['kraken', 'gate', 'binance'].map(source) } as unknown as PriceConfig,
    markets: [
      { exchange: 'kraken', symbol: 'PUSD/USD' },
      { exchange: 'kraken', symbol: 'PEUR/USD' },
      { exchange: 'kraken', symbol: 'PEG/USD' },
      { exchange: 'gate', symbol: 'PUSD/USDT' },
    ],
  })
  try {
    return await feed.look()
  } finally {
    await feed.close()
    await exchanges.close()
    await exchange.close()
  }
}

t.test('books of several exchanges', async (t) => {
  const { books, troubles } = await look(null)
  t.same(
    books.map(({ exchange, symbol }) => `${exchange} ${symbol}`),
    ['kraken PUSD/USD', 'kraken PEG/USD', 'gate PUSD/USDT'],
  )
  t.match(books[0]?.book, { bids: [[0.94, 100.5], [0.93, 7]], asks: [[0.95, 200]] }) // prettier-ignore
  t.match(books[2]?.book, { asks: [[0.95, 200]] })
  t.same(troubles, [{ exchange: 'kraken', symbol: 'PEUR/USD', reason: 'not listed' }])
})

t.test('an exchange that is in trouble leaves the others', async (t) => {
  for (const [kind, reason] of [
    ['503', /reports trouble of its own \(HTTP 503\)/],
    ['451', /refused the request/],
    ['html', /./],
    ['objects', /./],
    ['reset', /./],
    ['429', /asks for fewer requests/],
  ] as const) {
    const { books, troubles } = await look(`gate:${kind}`)
    t.equal(books.filter(({ exchange }) => exchange === 'kraken').length, 2, kind)
    t.match(troubles.at(-1), { exchange: 'gate', symbol: null, reason }, kind)
    t.notOk(
      troubles.some((one) => /[\n<]/.test(one.reason)),
      'one line',
    )
  }
})

t.test('exchanges that cannot be asked', (t) => {
  const feed = (exchange: string, others: boolean) =>
    createBookFeed({
      ...{ exchanges: inlineExchanges(), others, markets: [{ exchange, symbol: 'PEG/USDT' }] },
      config: { sources: [] } as unknown as PriceConfig,
    })
  const isCode = (error: unknown) => isCoded(error) && error.code === 'E_PRICES_SOURCE'
  for (const [name, others] of [
    ['kraken', false],
    ['nowhere', true],
  ] as const)
    // prettier-ignore
    try {
      feed(name, others)
      t.fail(name)
    } catch (error) {
      t.ok(isCode(error), name)
    }
  t.ok(feed('kraken', true))
  t.end()
})
