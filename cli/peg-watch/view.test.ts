/** Pegs, trades and the paper account, in words. */
import t from 'tap'

import type { Look, PaperAccount, PaperEvent, TokenLook, Trade } from '../../desk/index.js'
import { painter } from '../../telemetry/log.js'
import {
  freeText,
  HEAD,
  moneyText,
  paperEvent,
  paperText,
  remarksOf,
  shareOf,
  tokenFacts,
  tokenText,
  tradeFacts,
  tradeText,
  troubleText,
} from './view.js'

const UNIT = 100_000_000n
/** 1e-16 USD. */
const usd = (cents: bigint): bigint => cents * 10n ** 14n

const TOKEN: TokenLook = {
  ...{ token: 'pEUR', rate: 110_000_000n, expected: null, bid: 10n, ask: null },
  ...{ premium: 0, depth: usd(123_400n), scenario: null },
}

t.test('a token beside its peg', (t) => {
  const text = (more: Partial<TokenLook>): string =>
    tokenText({ ...TOKEN, ...more }, { paint: painter(false) })
  t.equal(text({}).length, HEAD.length - 5, 'no case')
  t.equal(text({}), ' pEUR       1.10000           –  0.00000010           –    at peg    1,234')
  t.match(text({ premium: 0.0123, scenario: 'A' }), / \+1\.23 % {4}1,234 {4}A$/)
  t.match(text({ premium: -0.5, rate: 0n }), /^ pEUR {10}0\.00 .* -50\.00 % {4}1,234$/)
  t.match(text({ rate: 8_635_000_000_000n }), / 86350\.00 /)
  t.match(tokenFacts(TOKEN), { rate: '1.1', expected: null, bid: '0.0000001', ask: null, depth: '1234' })
  t.end()
})

const TRADE: Trade = {
  buy: { exchange: 'one', symbol: 'pEUR/USDT', token: 'pEUR' },
  sell: { exchange: 'two', symbol: 'pUSD/USDT', token: 'pUSD' },
  ...{ input: 123_456_789n, output: 2n * UNIT, cost: usd(10_000n), proceeds: usd(12_550n) },
  ...{ kept: null, reduced: [], closed: null, risk: null },
}

t.test('a trade, what it risks, and what is not known of it', (t) => {
  t.equal(
    tradeText(TRADE),
    '25.50 USD (25.50 %): buy 1.2345 pEUR at one for 100.00, convert, sell 2 pUSD at two',
  )
  t.match(
    tradeText({ ...TRADE, kept: UNIT }),
    'buy 2.2345 pEUR at one for 100.00, pay 1 of it for the withdrawal, convert',
  )
  t.match(tradeText({ ...TRADE, proceeds: usd(9_901n) }), /^-0\.99 USD \(-0\.99 %\)/)
  t.equal(shareOf(1n, 0n), 0, 'of nothing')
  const risk = { stretches: 100, fall: 0.015, lost: 0.2 }
  const remarks: [trade: Partial<Trade>, text: string][] = [
    [{}, 'the ledger has too few prices to tell a risk'],
    [{ risk }, 'once in 20 times it is worth 1.50 % less by then; would have lost 20 % of the time'],
    [
      { risk, closed: 'no conversion into PEG', reduced: ['average'] },
      'no conversion into PEG; the average makes less of it than the rate',
    ],
  ]
  for (const [more, text] of remarks) t.equal(remarksOf({ ...TRADE, ...more }), text)
  t.equal(freeText([{ ...TRADE, kept: 0n }]), null)
  t.equal(
    freeText([TRADE, TRADE]),
    'without what the exchange keeps of a withdrawal of pEUR at one: say it in pegWatch.withdrawals',
  )
  t.match(tradeFacts(TRADE), { kept: null, cost: '100', proceeds: '125.5', gain: '25.5', risk: null })
  const trouble = (symbol: string | null): Look['troubles'][number] => ({
    exchange: 'one',
    symbol,
    reason: 'silent',
  })
  t.equal(troubleText(trouble(null)), 'one: silent')
  t.equal(troubleText(trouble('PEG/USDT')), 'one PEG/USDT: silent')
  t.end()
})

t.test('the paper account', (t) => {
  t.same([0n, usd(-1n), usd(-123_456_789n)].map(moneyText), ['0.00', '-0.01', '-1,234,567.89'])
  const account = {
    ...{ capital: usd(100_000n), cash: usd(90_000n), gained: usd(-250n), count: 1 },
    ...{ open: [{}], worth: [{ height: 7, money: usd(99_000n) }] },
  } as unknown as PaperAccount
  t.equal(paperText(account), '990.00 USD of 1,000.00; -2.50 gained by 1 trade, 1 open, 900.00 in cash')
  const trade = {
    ...{ buy: TRADE.buy, sell: TRADE.sell, boughtAt: 7, convertedAt: null, input: UNIT, cost: usd(100n) },
    ...{ left: { output: 0n, refund: 0n }, proceeds: usd(150n), triedAt: 7 },
  } as PaperEvent['trade']
  t.match(paperEvent({ stage: 'sold', trade }), { stage: 'sold', cost: '1', gain: '0.5' })
  t.match(paperEvent({ stage: 'bought', trade }), { stage: 'bought', gain: null })
  t.end()
})
