/** What is told of pegs and trades: every case of the white paper with figures worked out by hand. */
import fc from 'fast-check'
import t from 'tap'

import { limitsOf, NOW, shown, still, usd, WITH_BANK } from './fixtures/shown.js'
import type { Look } from './look.js'
import { riskOf } from './risk.js'
import { scenariosOf, standingOf, type Scenario } from './scenario.js'
import { pegWatchSection } from './section.js'
import { behind, bestSize, gainOf, payable, sizeOf, upTo, type Steps } from './size.js'
import { readStage, STAGES } from './stage.js'

const casesOf = ({ tokens }: Look): string =>
  tokens.map(({ token, scenario }) => `${token.slice(1)}${scenario ?? '-'}`).join(' ')
const firstOf = (look: Look) => {
  const [trade] = look.trades
  return (
    trade &&
    `${trade.buy.token} ${trade.sell.token} ${usd(trade.cost)} ${usd(trade.proceeds)} ${usd(gainOf(trade))}`
  )
}

t.test('case A: little pEUR is for sale 5 % below its peg', (t) => {
  const look = shown(STAGES.A)
  t.equal(casesOf(look), 'USD- EURA JPY- XAU- XBT- EG-')
  // 200 USD of it at 5, 3.75, 2.5 and 1.25 % below: 190 + 192.5 + 195 + 197.5 = 775.
  t.match(look.tokens[1], { token: 'pEUR', rate: 120_000_000n, ask: 114_000_000n, premium: -0.05 })
  t.equal(usd(look.tokens[1]?.depth ?? 0n), '775.00')
  // pUSD is asked at 0.1 to 0.4 % above its peg and bid as much below it, 200 each: 800 and 0.25 % more, and less.
  t.match(look.tokens[0], { token: 'pUSD', premium: 0, ask: 100_100_000n, bid: 99_900_000n })
  t.equal(usd(look.tokens[0]?.depth ?? 0n), '1600.00')
  // Bought for 775 and a fee of 0.2 %; 800 pUSD are sold for 0.25 % less than 800, less the fee.
  t.equal(firstOf(look), 'pEUR pUSD 776.55 796.40 19.85')
  // 666.66666666 x 1.2 is a unit below 800: a unit more would cost more than it brings.
  t.match(look.trades[0], { input: 66_666_666_666n, output: 79_999_999_999n, closed: null, reduced: [] })
  t.match(look.trades[0]?.risk, { fall: 0, lost: 0 }, 'where nothing moves nothing is at risk')
  t.end()
})

t.test('what an exchange keeps of a withdrawal', (t) => {
  const keeping = (pEUR: number, more: object = {}) =>
    shown(STAGES.A, { limits: limitsOf({ least: 0, withdrawals: { kraken: { pEUR } }, ...more }) })
  const dollars = ({ trades }: Look) => trades.find(({ sell }) => sell.token === 'pUSD')
  const ten = dollars(keeping(10))
  // All is bought for 776.55 as without it, and 656.67 pEUR are converted: 0.998 x (598.8 + 188 x 0.996).
  t.match(ten, { input: 65_666_666_668n, output: 78_800_000_001n, kept: 1_000_000_000n })
  t.same([usd(ten?.cost ?? 0n), usd(ten?.proceeds ?? 0n)], ['776.55', '784.48'])
  t.match(shown(STAGES.A).trades[0], { kept: null }, 'what is not told is not known')
  t.same(keeping(20).trades, [], '20 of them cost more than is gained')
  t.same(keeping(1000).trades, [], 'more than is for sale')
  t.same(keeping(10, { most: 100 }).trades, [], '11.42 of 100 USD are lost, and 5 % gained')
  const cheap = dollars(keeping(1, { most: 100 }))
  // 100 USD pay for 100 / 1.14228 pEUR, all but one of them converted and sold: x 1.2 x 0.999 x 0.998.
  t.equal(usd(cheap?.cost ?? 0n), '100.00')
  t.equal(usd(cheap?.proceeds ?? 0n), ((100 / 1.14228 - 1) * 1.2 * 0.999 * 0.998).toFixed(2))
  t.end()
})

t.test('case B: much of it is for sale, and little pUSD is bid for', (t) => {
  const look = shown(STAGES.B)
  t.equal(casesOf(look), 'USD- EURB JPY- XAU- XBT- EG-')
  t.equal(usd(look.tokens[1]?.depth ?? 0n), '48437.50', '62.5 times as much')
  // All 800 pUSD come from the cheapest pEUR: 800 x 0.95 x 1.002.
  t.equal(firstOf(look), 'pEUR pUSD 761.52 796.40 34.88')
  t.end()
})

t.test('cases C and D: all are below, little or much', (t) => {
  const little = shown(STAGES.C)
  t.equal(casesOf(little), 'USDC EURC JPYC XAUC XBTC EG-')
  // pXBT is 6 % below and pUSD 3 %: two steps of 200 USD are worth it.
  // Bought: 200 x (0.94 + 0.955) x 1.002. Sold: 200 x 0.97 x (0.999 + 0.998) x 0.998. The next: 0.972 for 0.965.
  t.equal(firstOf(little), 'pXBT pUSD 379.76 386.64 6.89')
  // Into PEG all four steps would be worth it: 800 x (0.94 + 0.955 + 0.97 + 0.985) / 4 x 1.002, for the 0.999 of PEG.
  t.match(little.closed, {
    buy: { token: 'pXBT' },
    sell: { token: 'PEG' },
    closed: /nothing converts into PEG any more/,
  })
  t.equal(usd(little.closed?.cost ?? 0n), '771.54')
  t.equal(usd(little.closed?.proceeds ?? 0n), '797.60')
  const much = shown(STAGES.D)
  t.equal(casesOf(much), 'USDD EURD JPYD XAUD XBTD EG-')
  // 12,500 instead of 200.
  t.equal(firstOf(much), 'pXBT pUSD 23734.88 24165.20 430.32')
  // While there was a bank, 5000 PEG a block could be had: 10 USD of pXBT for 9.42, sold for 10 x 0.999 x 0.998.
  const banked = shown(STAGES.D, { height: WITH_BANK })
  t.equal(banked.closed, null)
  const into = banked.trades.find(({ buy, sell }) => buy.token === 'pXBT' && sell.token === 'PEG')
  t.match(into, { output: 500_000_000_000n, reduced: ['bank'], closed: null })
  t.equal(usd(into?.cost ?? 0n), '9.42')
  t.equal(usd(into?.proceeds ?? 0n), '9.97')
  t.equal(firstOf(banked), firstOf(much), 'other conversions need no bank')
  t.end()
})

t.test('case E: all are above their pegs, and much is bid for', (t) => {
  const look = shown(STAGES.E)
  t.equal(casesOf(look), 'USDE EURE JPYE XAUE XBTE EG-')
  // PEG is asked at 0.1 to 0.4 % above its price, 6,250,000 each. With the fee that is 0.00200601, 0.00200801, 0.00201002
  // and 0.00201202, in the 1e-8 USD that prices are counted in: 6,250,000 x 0.00803606.
  // pXBT is bid at 6, 4.5, 3 and 1.5 % above its peg: 50,000 x 1.0375 x 0.998.
  t.equal(firstOf(look), 'PEG pXBT 50225.38 51771.25 1545.88')
  const cheap = shown(STAGES.E, { limits: limitsOf({ most: 1000 }) })
  // 1000 USD pay for 1000 / 1.003002 worth of PEG, all of it sold at 6 % above: x 1.06 x 0.998.
  t.equal(firstOf(cheap), 'PEG pXBT 1000.00 1054.71 54.71')
  t.end()
})

t.test('what averages make of it', (t) => {
  // For all blocks but the last hour pXBT was worth 2 % less: the average of 288 is 1.96 % below the rate.
  const moved = (asset: string, time: number): number =>
    still(asset) * (asset === 'XBT' && time < NOW - 3_000_000 ? 0.98 : 1)
  const stage = readStage({ tokens: { pXBT: { premium: -5 }, pUSD: { at: 'gate' } } })
  if ('problems' in stage) throw new Error('the script is right')
  const before = shown(stage.value, { world: moved, height: 295_189 })
  const after = shown(stage.value, { world: moved, height: 295_190 })
  t.equal(firstOf(before), 'pXBT pUSD 776.55 796.40 19.85')
  t.match(before.trades[0]?.reduced, [])
  // 282 of 288 blocks: 98,041.67 USD for 100,000. What is bought at 2.5 % below the rate would bring less than it costs.
  t.match(after.trades[0]?.reduced, ['average'])
  // 400 x (0.95 + 0.9625) / 2 x 1.002, for 392.17 pUSD: 0.998 x (200 x 0.999 + 192.17 x 0.998).
  t.equal(firstOf(after), 'pXBT pUSD 383.26 390.80 7.53')
  t.end()
})

t.test('shocks of a script', (t) => {
  const stage = readStage({
    tokens: { pUSD: {}, pEUR: {}, PEG: {} },
    shocks: [
      { token: 'all', premium: -10, from: '1m', for: '1m' },
      { token: 'pEUR', premium: -10, depth: 90_000, from: '90s' },
    ],
  })
  if ('problems' in stage) throw new Error('the script is right')
  const at = (seconds: number) => casesOf(shown(stage.value, { after: seconds * 1000 }))
  t.equal(at(0), 'USD- EUR- EG-')
  t.equal(at(60), 'USDC EURC EG-')
  t.equal(at(95), 'USDC EURD EG-', 'the later one counts')
  t.equal(at(121), 'USD- EURB EG-')
  const wrong = readStage({ tokens: { pEU: {}, pUSD: { premium: 'x' } }, shocks: [{ token: 'pXX' }] })
  t.match(wrong, {
    problems: [
      { path: ['tokens', 'pUSD', 'premium'] },
      { path: ['shocks', 0, 'token'] },
      { path: ['tokens', 'pEU'] },
    ],
  })
  t.end()
})

t.test('which case it is', (t) => {
  const limits = { atPeg: 0.01, deep: 10_000 }
  const TABLE: readonly (readonly [
    string,
    Readonly<Record<string, readonly [premium: number, usd: number]>>,
    string,
  ])[] = [
    ['nothing is off', { pUSD: [0, 500], pEUR: [-0.01, 500] }, '--'],
    ['A', { pUSD: [0, 500], pEUR: [-0.02, 9_999] }, '-A'],
    ['B', { pUSD: [0, 500], pEUR: [-0.02, 10_000] }, '-B'],
    ['both', { pUSD: [0.01, 500], pEUR: [-0.02, 20_000], pXBT: [-0.5, 1] }, '-BA'],
    ['pUSD is off itself', { pUSD: [-0.02, 500], pEUR: [-0.02, 500], pXBT: [0, 500] }, '---'],
    ['pUSD is traded nowhere', { pEUR: [-0.02, 500], pXBT: [0, 500] }, '--'],
    ['C', { pUSD: [-0.02, 500], pEUR: [-0.02, 500], PEG: [0, 500] }, 'CC-'],
    ['D', { pUSD: [-0.02, 20_000], pEUR: [-0.02, 10_000], PEG: [0, 500] }, 'DD-'],
    ['C and D', { pUSD: [-0.02, 20_000], pEUR: [-0.02, 500] }, 'DC'],
    ['E', { pUSD: [0.02, 20_000], pEUR: [0.02, 10_000], PEG: [-0.2, 1] }, 'EE-'],
    ['above, but little', { pUSD: [0.02, 500], pEUR: [0.02, 20_000] }, '-E'],
    ['one above', { pUSD: [0, 500], pEUR: [0.02, 20_000] }, '--'],
    ['one token is not all of them', { pEUR: [-0.02, 500] }, '-'],
    ['PEG alone', { PEG: [-0.2, 500] }, '-'],
  ]
  for (const [name, tokens, wanted] of TABLE) {
    const standings = Object.entries(tokens).map(([token, [premium, depth]]) => ({
      ...{ token, premium, depth: BigInt(depth) * 10n ** 16n },
    }))
    const cases: ReadonlyMap<string, Scenario> = scenariosOf(standings, limits)
    t.equal(
      Object.keys(tokens)
        .map((token) => cases.get(token) ?? '-')
        .join(''),
      wanted,
      name,
    )
  }
  const steps = (...list: [bigint, bigint][]) =>
    list.map(([price, amount]) => ({ price, amount, net: price }))
  const two = [
    { asks: steps([95n, 3n], [99n, 2n], [100n, 9n]), bids: steps([94n, 1n]) },
    { asks: steps([90n, 1n]), bids: steps([89n, 5n]) },
  ]
  const { premium, ...rest } = standingOf('pEUR', 100n, two, limits) ?? { premium: 0 }
  t.equal(premium.toFixed(6), '-0.100000')
  t.match(rest, { ask: 90n, bid: 94n, depth: 95n * 3n + 99n * 2n + 90n }, 'of all exchanges')
  t.equal(standingOf('pEUR', 0n, two, limits), null, 'no rate')
  t.equal(standingOf('pEUR', 100n, [{ asks: [], bids: [] }], limits), null, 'an empty book')
  t.end()
})

t.test('the best size is the one that trying all of them finds', (t) => {
  const side = (order: 1 | -1) =>
    fc
      .array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 7 })), {
        minLength: 1,
        maxLength: 5,
      })
      .map((list) =>
        list
          .sort(([one], [two]) => order * (one - two))
          .map(([net, amount]) => ({ net: BigInt(net), amount: BigInt(amount) })),
      )
  const brute = (asks: Steps, bids: Steps, from: bigint, to: bigint): bigint => {
    let best = 0n
    const all = asks.reduce((sum, { amount }) => sum + amount, 0n)
    for (let input = 1n; input <= all; input++) {
      const size = sizeOf(input, (input * from) / to, asks, bids)
      if (size && gainOf(size) > best) best = gainOf(size)
    }
    return best
  }
  const found = (...[asks, bids, from, to]: Parameters<typeof brute>): bigint => {
    const size = bestSize(asks, bids, { from, to })
    return size === null ? 0n : gainOf(size)
  }
  const whole = fc.oneof(
    fc.integer({ min: 1, max: 5 }).map((n) => [BigInt(n), 1n] as const),
    fc.integer({ min: 1, max: 5 }).map((n) => [1n, BigInt(n)] as const),
  )
  fc.assert(
    fc.property(
      side(1),
      side(-1),
      whole,
      (asks, bids, [from, to]) => found(asks, bids, from, to) === brute(asks, bids, from, to),
    ),
    { numRuns: 2000 },
  )
  const any = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  fc.assert(
    fc.property(side(1), side(-1), any, (asks, bids, [a, b]) => {
      const [from, to] = [BigInt(a), BigInt(b)]
      const [mine, best] = [found(asks, bids, from, to), brute(asks, bids, from, to)]
      // A unit of each at its best price: what rounding may hide.
      const unit = (asks.at(-1)?.net ?? 0n) + (bids[0]?.net ?? 0n)
      return mine <= best && best - mine <= unit
    }),
    { numRuns: 2000 },
  )
  t.end()
})

t.test('a side cut short', (t) => {
  const steps = [
    { net: 10n, amount: 3n },
    { net: 20n, amount: 3n },
  ]
  t.same(upTo(steps, 4n), [steps[0], { net: 20n, amount: 1n }])
  t.same(behind(steps, 0n), steps)
  t.same(behind(steps, 2n), [{ net: 10n, amount: 1n }, steps[1]])
  t.same(behind(steps, 4n), [{ net: 20n, amount: 2n }])
  t.same(behind(steps, 6n), [])
  t.same(payable(steps, 75n), [steps[0], { net: 20n, amount: 2n }])
  t.same(payable(steps, 29n), [{ net: 10n, amount: 2n }])
  t.same(payable(steps, 9n), [])
  t.end()
})

t.test('what may happen until then', (t) => {
  const rates = (list: readonly number[]) => new Map(list.map((rate, k) => [k + 1, BigInt(rate)] as const))
  const flat = rates(Array.from({ length: 103 }, () => 1000))
  // Every tenth block is 10 % lower: of stretches of 1 block one of ten falls, and one of ten rises.
  const dips = rates(Array.from({ length: 103 }, (_, k) => (k % 10 === 9 ? 900 : 1000)))
  const waits = { convert: 1, sell: 1 }
  const risk = riskOf(dips, flat, waits, 0.95)
  t.match(risk, { stretches: 101, lost: 10 / 101 })
  t.equal(risk?.fall.toFixed(3), '0.100')
  t.match(riskOf(dips, flat, waits, 0.89), { lost: 0 }, 'what gains more stands that')
  t.match(
    riskOf(flat, dips, waits, 0.95),
    { stretches: 101, lost: 10 / 101 },
    'what is sold may fall as well',
  )
  t.equal(riskOf(rates([1, 2, 3]), flat, waits, 1), null, 'too little is known')
  t.end()
})

t.test('the section of the configuration', (t) => {
  const read = limitsOf({
    markets: { pUSD: ['gate:PUSD/USDT', 'kraken:PUSD/USD'], PEG: 'gate:PEG/USDT' },
    fees: { gate: 0.3 },
    withdrawals: { gate: { pXBT: 0.0001 } },
  })
  t.match(read, {
    fee: 0.002,
    fees: { gate: 0.003 },
    withdrawals: { gate: { pXBT: 10_000n } },
    atPeg: 0.01,
    most: null,
    waits: { convert: 3, sell: 2 },
  })
  t.match(read.markets[1], { token: 'pUSD', exchange: 'kraken', symbol: 'PUSD/USD' })
  const wrong = pegWatchSection({
    ...{ markets: { pUS: 'gate:PUSD/USDT', pEUR: ['gate'] }, fee: 80, evry: '1m' },
    withdrawals: { gate: { pXB: 1, pUSD: -1 } },
  })
  t.same('problems' in wrong && wrong.problems.map(({ path }) => path.join('.')).sort(), [
    'evry',
    'fee',
    'markets.pEUR',
    'markets.pUS',
    'withdrawals.gate.pUSD',
    'withdrawals.gate.pXB',
  ])
  const tokens = ['pUSD', 'pEUR', 'pJPY', 'pXAU', 'pXBT', 'PEG', 'pETH', 'pLTC', 'pGBP', 'pCAD', 'pCHF']
  const many = Object.fromEntries(
    tokens.map((token) => [token, Array.from({ length: 20 }, () => 'gate:PUSD/USDT')]),
  )
  t.match(pegWatchSection({ markets: many }), {
    problems: [{ path: ['markets'], message: 'names 220 markets: at most 200 can be watched' }],
  })
  t.end()
})
