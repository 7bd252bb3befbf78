import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import fc from 'fast-check'
import t from 'tap'

import { factoidKey, encodeAddress } from '../../factom/index.js'
import {
  applyBlock,
  composeBatch,
  ledgerBlockOf,
  ledgerChains,
  readRecordedChain,
  rulesOf,
  type Rates,
} from '../../ledger/index.js'
import { createMemoryLedger, NOTHING } from '../../ledger/fixtures/memory.js'
import { judged, RECORDED } from '../../ledger/fixtures/recorded-chain.js'
import { signed } from '../../ledger/fixtures/sign.js'
import { networkOf } from '../../pegnet/index.js'
import { openBook } from './book.js'
import { createDue, decide, transactionsOf, type DecisionTerms } from './decide.js'
import { readBasket, type Basket } from './file.js'
import { driftOf, linesOf, movesOf, owedAt, worthOf, type Standing } from './rebalance.js'
import { simulateBasket, type PriceHistory } from './simulate.js'
import { partsOf } from './weights.js'

const COIN = 100_000_000n
const MAINNET = networkOf('MainNet')
const RULES = rulesOf(MAINNET)

function basketOf(raw: object): Basket {
  const read = readBasket(raw)
  if ('value' in read) return read.value
  throw new Error(JSON.stringify(read.problems))
}
const problemsOf = (raw: unknown): string[] => {
  const read = readBasket(raw)
  return 'problems' in read ? read.problems.map(({ path, message }) => `${path.join('.')}: ${message}`) : []
}

t.test('the file', (t) => {
  t.match(
    basketOf({
      holdings: { pUSD: 40, pEUR: 60 },
      band: 5,
      cover: [{ token: 'pEUR', amount: '500', date: '2026-12-24' }],
    }),
    {
      ...{ band: 0.05, mostCost: 0.03, least: COIN, weights: 'fixed', schedule: null, timezone: 'UTC' },
      run: { send: false, mostADay: 1000n * COIN },
      cover: [{ token: 'pEUR', amount: 500n * COIN, date: Date.UTC(2026, 11, 24), ahead: 7 * 86_400_000 }],
    },
  )
  t.match(problemsOf({ holdings: { pEUR: 1 } }), [/^: say when/])
  t.match(problemsOf({ holdings: { pEU: 1 }, band: 5 }), [/holdings.pEU: there is no such token/])
  t.match(problemsOf({ holdings: { pEUR: 0 }, band: 5 }), [/holdings: name the tokens/])
  t.match(problemsOf({ holdings: { pEUR: 1 }, schedule: '61 * * * *', timezone: 'Nowhere' }), [
    /^schedule: is no cron/,
    /^timezone: /,
  ])
  t.match(
    problemsOf({ holdings: { pEUR: -1 }, band: 500, cover: [{ token: 'x' }], colour: 1 }).map(
      (text) => text.split(':', 1)[0],
    ),
    ['holdings.pEUR', 'band', 'cover.0.token', 'cover.0.amount', 'cover.0.date', 'colour'],
  )
  const owed = (date: string) =>
    problemsOf({ holdings: { pEUR: 1 }, band: 1, cover: [{ token: 'pEUR', amount: 1, date }] })
  t.same(owed('2028-02-29'), [])
  t.match(owed('2026-02-29'), [/^cover.0.date: must be a day/], 'no day of that year')
  t.match(problemsOf({ holdings: { pEUR: -1 }, band: -1 }).length, 2, 'nothing is told twice')
  for (const raw of [null, 3, [], 'x', { holdings: [] }]) t.ok(problemsOf(raw).length > 0)
  t.end()
})

const rates = (given: Record<string, number>): Rates =>
  new Map(Object.entries(given).map(([ticker, price]) => [ticker, BigInt(Math.round(price * 1e8))]))

t.test('weights', (t) => {
  const of = (raw: object, past: Rates[] = []) =>
    Object.fromEntries(partsOf(basketOf({ band: 1, ...raw }), past))
  t.same(
    of({ holdings: { pUSD: 1, pEUR: 2 } }),
    { pUSD: 33_333_334n, pEUR: 66_666_666n },
    'nothing is left over',
  )
  t.same(of({ holdings: { pUSD: 5, pEUR: 1, pXBT: 0 }, weights: 'equal' }), {
    pUSD: 50_000_000n,
    pEUR: 50_000_000n,
    pXBT: 0n,
  })
  // pEUR moves by 1 % up and down, pXBT by 2 %: twice the weight for the one that moves half as much.
  const past = [0, 1, 0, 1, 0].map((k) => rates({ pEUR: 1.01 ** k, pXBT: 1.01 ** (2 * k) }))
  const found = of({ holdings: { pEUR: 1, pXBT: 1 }, weights: 'inverse-volatility' }, past)
  t.ok(Math.abs(Number(found['pEUR']) / Number(found['pXBT']) - 2) < 1e-4)
  t.same(
    of({ holdings: { pEUR: 1, pXBT: 1 }, weights: 'inverse-volatility' }),
    { pEUR: 50_000_000n, pXBT: 50_000_000n },
    'no past',
  )
  t.end()
})

t.test('only surplus is converted', (t) => {
  const basket = basketOf({ holdings: { pUSD: 1, pEUR: 1, pGBP: 1, pXBT: 0 }, band: 1 })
  const standing: Standing = {
    balances: new Map([
      ['pUSD', 900n * COIN],
      ['pEUR', 100n * COIN],
      ['pXAU', 5n * COIN],
    ]),
    rates: rates({ pUSD: 1, pEUR: 2, pGBP: 4, pXBT: 10_000, pXAU: 1000 }),
    parts: partsOf(basket, []),
    now: 0,
  }
  // 900 + 200 USD; a third is 366.67. pXAU is not in the basket.
  const lines = linesOf(basket, standing)
  t.same(
    movesOf(lines, COIN).map(({ ticker, target }) => [ticker, target]),
    [
      ['pUSD', 'pGBP'],
      ['pUSD', 'pEUR'],
    ],
  )
  const [gbp, eur] = movesOf(lines, COIN)
  t.ok(Math.abs(Number(gbp?.amount) / 1e8 - 366.6667) < 0.001)
  t.ok(Math.abs(Number(eur?.amount) / 1e8 - 166.6667) < 0.001)
  t.ok(Math.abs(driftOf(lines) - 533.333 / 1100) < 1e-5)
  t.same(movesOf(lines, 400n * COIN), [], 'none is worth so little')
  // 120 pGBP are owed: 480 USD are set aside before the rest is divided: (1100 - 480) / 3 for each.
  const covered = { ...basket, cover: [{ token: 'pGBP', amount: 120n * COIN, date: 1000, ahead: 500 }] }
  t.same(
    [400, 500, 1000, 1001].map((now) => owedAt(covered.cover, now).size),
    [0, 1, 1, 0],
    'in its time',
  )
  const due = linesOf(covered, { ...standing, now: 600 })
  t.match(
    due.find(({ ticker }) => ticker === 'pGBP'),
    { owed: 480n * COIN * COIN },
  )
  t.ok(Math.abs(Number(movesOf(due, COIN)[0]?.amount) / 1e8 - (480 + 620 / 3)) < 0.001)
  const poor = linesOf(
    { cover: [{ token: 'pGBP', amount: 500n * COIN, date: 1000, ahead: 500 }] },
    { ...standing, now: 600 },
  )
  t.same(
    movesOf(poor, COIN).map(({ ticker, target }) => [ticker, target]),
    [
      ['pUSD', 'pGBP'],
      ['pEUR', 'pGBP'],
    ],
    'all goes into what is owed',
  )
  t.end()
})

t.test('when it is due', (t) => {
  const basket = basketOf({
    holdings: { pUSD: 1, pEUR: 1 },
    schedule: '0 0 * * *',
    timezone: 'Europe/Vienna',
    band: 10,
  })
  const due = createDue(basket)
  const at = (text: string, done: string, euros: bigint) => {
    const standing = {
      balances: new Map([
        ['pUSD', 100n * COIN],
        ['pEUR', euros * COIN],
      ]),
      ...{ rates: rates({ pUSD: 1, pEUR: 1 }), parts: partsOf(basket, []), now: Date.parse(text) },
    }
    return due(standing, linesOf(basket, standing), Date.parse(done))
  }
  t.match(at('2026-06-01T22:30:00Z', '2026-06-01T20:00:00Z', 100n), {
    kind: 'schedule',
    slot: Date.parse('2026-06-01T22:00:00Z'),
  })
  t.equal(at('2026-06-01T22:30:00Z', '2026-06-01T22:00:00Z', 100n), null, 'that time was seen to')
  t.match(at('2026-06-01T22:30:00Z', '2026-06-01T22:00:00Z', 50n), { kind: 'band' })
  t.equal(at('2026-06-01T22:30:00Z', '2026-06-01T22:00:00Z', 90n), null, 'within the band')
  t.end()
})

const FIELD = ['pUSD', 'pEUR', 'pJPY', 'pXBT'] as const

t.test('no value appears, no balance falls below nothing, what is owed is kept', (t) => {
  const amounts = fc.array(fc.bigInt(0n, 10n ** 15n), { minLength: 4, maxLength: 4 })
  const prices = fc.array(fc.bigInt(1n, 10n ** 13n), { minLength: 8, maxLength: 8 })
  const weights = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 4, maxLength: 4 })
  fc.assert(
    fc.property(
      amounts,
      prices,
      weights,
      fc.bigInt(0n, 10n ** 14n),
      fc.boolean(),
      (held, rate, weight, owed, late) => {
        const cover = [{ token: 'pEUR', amount: owed, date: 10, ahead: 10 }]
        const basket = {
          ...basketOf({
            holdings: Object.fromEntries(FIELD.map((ticker, k) => [ticker, k === 0 ? 1 : weight[k]])),
            band: 1,
          }),
          cover,
          mostCost: 1,
          least: 0n,
        }
        const balances = new Map(FIELD.map((ticker, k) => [ticker, held[k] as bigint]))
        const now = new Map(FIELD.map((ticker, k) => [ticker, rate[k] as bigint]))
        const averages = new Map(FIELD.map((ticker, k) => [ticker, rate[k + 4] as bigint]))
        const standing = { balances, rates: now, parts: partsOf(basket, []), now: 5 }
        const terms: DecisionTerms = {
          address: '00'.repeat(32),
          height: late ? 300_000 : 230_000,
          prices: { height: 1, rates: now, averages },
          past: [],
          rules: RULES,
        }
        const { moves } = decide(basket, standing, terms)
        const after = new Map<string, bigint>(balances)
        for (const { ticker, amount, target, result } of moves) {
          after.set(ticker, (after.get(ticker) ?? 0n) - amount)
          after.set(target, (after.get(target) ?? 0n) + result)
        }
        const least = owed < (held[1] as bigint) ? owed : (held[1] as bigint)
        return (
          [...after.values()].every((amount) => amount >= 0n) &&
          worthOf(after, now) <= worthOf(balances, now) &&
          (after.get('pEUR') ?? 0n) >= least &&
          moves.every(({ ticker }) => moves.every(({ target }) => ticker !== target))
        )
      },
    ),
    { numRuns: 300 },
  )
  t.end()
})

/** Prices as the reference worked them out; averages by a definition of their own. */
function recordedHistory(): PriceHistory {
  const found = Object.entries(judged().rates).map(([height, list]): [number, Rates] => [
    Number(height),
    new Map(Object.entries(list).map(([ticker, rate]) => [ticker, BigInt(rate)])),
  ])
  const byHeight = new Map(found)
  const heights = found.map(([height]) => height).sort((a, b) => a - b)
  return {
    ratesAt: (height) => byHeight.get(height) ?? null,
    ratesHeight: (height) => heights.findLast((rated) => rated <= height) ?? null,
    secondsAt: (height) => 1_600_000_000 + height * 600,
    averagesAt(height) {
      const window = heights
        .filter((rated) => rated > height - 288 && rated <= height)
        .map((rated) => byHeight.get(rated) as Rates)
      const averages = new Map<string, bigint>()
      for (const ticker of window.at(-1)?.keys() ?? []) {
        const list = window.flatMap((one) => one.get(ticker) ?? [])
        const some = list.filter((rate) => rate > 0n).length
        averages.set(
          ticker,
          some < 144 ? 0n : list.reduce((sum, rate) => sum + rate, 0n) / BigInt(list.length),
        )
      }
      return averages
    },
  }
}

t.test('over a recorded history each conversion gives what the ledger gives', async (t) => {
  const KEY = factoidKey(encodeAddress('Fs', Buffer.alloc(32, 7)))
  const address = Buffer.from(KEY.rcdHash).toString('hex')
  const basket = basketOf({
    holdings: { pUSD: 0, pEUR: 1, pGBP: 1, pXBT: 1, pXAU: 1 },
    schedule: '0 * * * *',
    band: 0.2,
    least: '0.0001',
    mostCost: 100,
  })
  const history = recordedHistory()
  const [from, to] = [220_000, 295_300]
  const start = new Map([['pUSD', 1000n * COIN]])
  const { steps, summary } = simulateBasket(basket, { history, rules: RULES, from, to, balances: start })
  t.ok(summary.conversions > 40, `${summary.conversions} conversions`)
  t.ok(summary.lost >= 0n && summary.drawdown > 0 && summary.turnover > 0.9)
  const eras = new Set(
    steps
      .filter(({ executed }) => executed.length > 0)
      .map(({ height }) => [222_270, 258_796, 295_190].filter((begin) => height >= begin).length),
  )
  t.same([...eras].sort(), [0, 1, 2, 3], 'in every era, that of averages too')

  // What was decided is put into the recorded chain as signed entries.
  const chain = await readRecordedChain(RECORDED)
  const chains = ledgerChains(MAINNET)
  const entering = new Map(
    steps.flatMap(({ executed, enteredAt }) => (enteredAt === null ? [] : [[enteredAt, executed] as const])),
  )
  const ledger = createMemoryLedger()
  ledger.commit({ ...NOTHING, height: 1, balances: new Map([[address, start]]) })
  const terms = {
    network: MAINNET,
    rules: RULES,
    difficulty: (_: Uint8Array, __: Uint8Array, claim: bigint) => claim,
  }
  const own = new Set<string>()
  const given: string[] = []
  for (const height of new Set([...chain.heights, ...entering.keys()].sort((a, b) => a - b))) {
    const block = ledgerBlockOf(chain.block(height) ?? chain.empty(height), chains)
    const entries = transactionsOf(entering.get(height) ?? [], address).map((transaction, k) => {
      const entry = signed(KEY, composeBatch(chains.transactions, [transaction]).content, block.seconds + k)
      // Hashes of entries count up in this folder's helper: they must not meet those of the recording.
      const hash = entry.hash.replace(/^0{8}/, 'ba5ce700')
      own.add(hash)
      return { ...entry, hash }
    })
    const outcome = applyBlock(ledger, { ...block, transactions: [...block.transactions, ...entries] }, terms)
    ledger.commit(outcome)
    for (const event of outcome.events)
      if (event.type === 'converted' && own.has(event.hash))
        given.push(`${height} ${event.ticker} ${event.target} ${event.amount}`)
  }
  t.same(
    given,
    steps.flatMap(({ height, executed }) =>
      executed.map(({ ticker, target, result }) => `${height} ${ticker} ${target} ${result}`),
    ),
  )
  const held = (balances: ReadonlyMap<string, bigint>) =>
    Object.fromEntries([...balances].filter(([ticker, amount]) => amount > 0n && ticker !== 'PEG').sort())
  t.same(held(ledger.balances.get(address) ?? new Map()), held(summary.last.balances))
})

t.test('a price that is missing for a block is no fall', (t) => {
  const [from, to] = [280_000, 280_019]
  const history: PriceHistory = {
    ratesAt: (height) => rates({ pUSD: 1, pEUR: 1, pXBT: height === 280_010 ? 0 : 10_000 }),
    ratesHeight: (height) => Math.min(height, to),
    secondsAt: (height) => height * 600,
    averagesAt: () => new Map(),
  }
  const basket = basketOf({ holdings: { pUSD: 0, pEUR: 1, pXBT: 1 }, band: 1 })
  const balances = new Map([['pUSD', 1000n * COIN]])
  const { summary } = simulateBasket(basket, { history, rules: RULES, from, to, balances })
  t.match(summary, { drawdown: 0, holdingDrawdown: 0, conversions: 2, refused: 0 })
  t.equal(summary.last.worth, 1000n * COIN * COIN)
  t.end()
})

t.test('no history', (t) => {
  const basket = basketOf({ holdings: { pEUR: 1 }, band: 1 })
  const none = { history: recordedHistory(), rules: RULES, from: 1, to: 5, balances: new Map() }
  t.throws(() => simulateBasket(basket, none), { code: 'E_BASKET_HISTORY' })
  t.end()
})

t.test('the book', (t) => {
  const file = join(t.testdir(), 'basket.json')
  const book = openBook(file)
  t.same([book.done(), book.spentToday()], [-Infinity, 0n])
  const [one, other] = ['11'.repeat(32), '22'.repeat(32)]
  book.sign(one, 5n)
  book.sign(other, 7n)
  book.finish(99)
  t.same([openBook(file).done(), openBook(file).spentToday()], [99, 12n])
  t.same(
    [one, other, '33'.repeat(32)].map((hash) => openBook(file).has(hash)),
    [true, true, false],
  )
  t.match(readFileSync(file, 'utf8'), /^\{.*\}\n$/)
  for (const text of [
    '',
    '{',
    '[]',
    '{"done":"x","spent":[]}',
    '{"done":1,"spent":[{"amount":"-1"}],"signed":[]}',
    '{"done":1,"spent":[],"signed":["x"]}',
  ])
    t.throws(() => openBook(join(t.testdir({ bad: text }), 'bad')), { code: 'E_BASKET_STATE' })
  t.end()
})
