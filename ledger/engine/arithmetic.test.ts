import fc from 'fast-check'
import t from 'tap'

import { averagesAt, type AverageForm } from './averages.js'
import { convert, MOST, refundOf } from './convert.js'
import { shareOut } from './shares.js'
import type { DatedRates } from './types.js'

const price = (rate: bigint, average = rate) => ({ rate, average })

t.test('conversions, as the reference tests them', (t) => {
  const cases: readonly (readonly [amount: bigint, from: bigint, to: bigint, result: bigint | null])[] = [
    [1n, 0n, 1n, null],
    [1n, 1n, 0n, null],
    [-1n, 1n, 1n, null],
    [0n, 1_000_000_000_000n, 100_000_000n, 0n],
    [100_000_000n, 1_000_000_000_000n, 100_000_000n, 1_000_000_000_000n],
    [1n, 1_000_000_000_000n, 100_000_000n, 10_000n],
    [1n, 100_000_000n, 1_000_000_000_000n, 0n],
    [2n, MOST, 1n, null],
    [1n, MOST, 1n, MOST],
  ]
  for (const [amount, from, to, result] of cases)
    t.equal(convert(amount, price(from), price(to), false), result, `${amount} at ${from} to ${to}`)
  t.end()
})

t.test('conversions of real holders', (t) => {
  const dollars = (peg: bigint, rate: bigint) => convert(peg, price(rate), price(100_000_000n), false)
  t.equal(dollars(2824507215670091n, 416438n), 11762321358792n)
  t.equal(dollars(671846142973908n, 416438n), 2797822640877n)
  t.equal(dollars(7891008053746031n, 268618n), 21196668013811n)
  t.equal(dollars(3333287644985993n, 268618n), 8953810606208n)
  t.end()
})

t.test('the worse of rate and average', (t) => {
  const fct = price(379_480_000n, 349_605_720n)
  const xbt = price(1_040_807_850_000n, 1_016_876_596_492n)
  t.equal(convert(100_000_000_000n, fct, xbt, false), 36_460_140n)
  t.equal(convert(100_000_000_000n, fct, xbt, true), 33_589_842n)
  t.equal(convert(1_000_000n, xbt, fct, true), (1_000_000n * 1_016_876_596_492n) / 379_480_000n)
  t.equal(convert(1n, price(1n, 0n), price(1n), true), null)
  t.equal(convert(1n, price(1n), price(1n, 0n), true), null)
  t.equal(convert(1n, price(1n, 0n), price(1n, 0n), false), 1n)
  t.end()
})

t.test('a bank is shared out', (t) => {
  const requests = (...amounts: bigint[]) => amounts.map((amount, index) => ({ hash: 'a', index, amount }))
  const bank = 500_000_000_000n
  t.same(shareOut(bank, requests(930_689_678_279n, 260_593_109_918n, 174_408_946_123n)), [
    340_739_295_294n,
    95_407_002_681n,
    63_853_702_025n,
  ])
  t.same(shareOut(bank, requests(bank, bank, bank)), [166_666_666_668n, 166_666_666_666n, 166_666_666_666n])
  t.same(shareOut(bank, requests(bank - 1n)), [bank - 1n], 'less than there is')
  t.same(shareOut(bank, requests(bank, 0n)), [bank, 0n], 'exactly what there is')
  t.same(shareOut(bank, []), [])
  const equal = [
    { hash: 'b', index: 0, amount: 9n },
    { hash: 'a', index: 2, amount: 9n },
    { hash: 'a', index: 1, amount: 9n },
  ]
  t.same(shareOut(10n, equal), [3n, 3n, 4n], 'what is left over goes to the lowest hash and index')
  fc.assert(
    fc.property(fc.array(fc.bigInt(0n, 1n << 64n)), fc.bigInt(1n, 1n << 64n), (amounts, bank) => {
      const shares = shareOut(bank, requests(...amounts))
      const [paid, asked] = [shares, amounts].map((list) => list.reduce((sum, amount) => sum + amount, 0n))
      return paid === (asked !== undefined && asked < bank ? asked : bank) || amounts.length === 0
    }),
  )
  t.end()
})

t.test('what the bank does not pay is given back', (t) => {
  const [usd, fct, peg] = [100_000_000n, 379_480_000n, 268_618n]
  t.equal(refundOf(2_500_000_000n, 340_739_295_294n, usd, peg), 1_584_712_919n)
  t.equal(refundOf(700_000_000n, 95_407_002_681n, usd, peg), 443_719_617n)
  t.equal(refundOf(123_456_789n, 63_853_702_025n, fct, peg), 78_257_427n)
  t.equal(refundOf(199n, 1n, 1n, 100n), 0n, 'what rounding took is lost')
  t.end()
})

t.test('averages of 288 blocks', (t) => {
  const rows = (first: number, last: number, rate: (height: number) => bigint): DatedRates[] =>
    Array.from({ length: last - first + 1 }, (_, k) => ({
      height: first + k,
      rates: new Map([['pUSD', rate(first + k)]]),
    }))
  const average = (all: readonly DatedRates[], height: number, form?: AverageForm) =>
    averagesAt(
      { ratesFrom: (first, last) => all.filter((row) => row.height >= first && row.height <= last) },
      height,
      form,
    ).get('pUSD')
  t.equal(
    average(
      rows(1, 143, () => 7n),
      143,
    ),
    0n,
    'too few',
  )
  t.equal(
    average(
      rows(1, 144, () => 7n),
      144,
    ),
    7n,
    'half of them are enough',
  )
  t.equal(
    average(
      rows(1, 400, (height) => BigInt(height)),
      400,
    ),
    (113n + 400n) / 2n,
    'the last 288, rounded down',
  )
  t.equal(
    average(
      rows(1, 288, (height) => (height <= 144 ? 0n : 9n)),
      288,
    ),
    4n,
    'nothings count, too',
  )
  t.equal(
    average(
      rows(1, 288, (height) => (height <= 145 ? 0n : 9n)),
      288,
    ),
    0n,
    'too many of them',
  )
  t.equal(average([...rows(1, 100, () => 1n), ...rows(301, 450, () => 3n)], 450), 3n, 'behind a gap')
  const behind = [...rows(1, 200, () => 100n), ...rows(301, 700, () => 300n)]
  const kept = (height: number) => average(behind, height, 'incremental')
  t.equal(average(behind, 450), (38n * 100n + 150n * 300n) / 188n, 'of the window')
  t.equal(kept(450), (138n * 100n + 150n * 300n) / 288n, 'a node that was never stopped keeps older ones')
  t.equal(kept(301), average(behind, 301), 'which it begins anew behind a gap')
  t.equal(kept(587), (1n * 100n + 287n * 300n) / 288n)
  t.equal(kept(588), 300n, 'until there are 288 in a row')
  t.equal(kept(150), average(behind, 150))
  t.end()
})
