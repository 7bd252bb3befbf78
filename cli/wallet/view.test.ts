/** Batches, and what became of them, in words. */
import t from 'tap'

import type { Fate, LedgerAction, LedgerTransaction, Preview } from '../../ledger/index.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'
import {
  earlierEvent,
  earlierText,
  historyLines,
  quoteLines,
  transactionText,
  type ToldBatch,
} from './view.js'

const [ONE, OTHER] = ['11'.repeat(32), '22'.repeat(32)]
const USD = 100_000_000n

const convert = (amount: bigint): LedgerTransaction => ({
  ...{ kind: 'conversion', input: { address: ONE, amount, ticker: 'PEG' }, target: 'pUSD' },
})
const send = (...amounts: bigint[]): LedgerTransaction => ({
  ...{ kind: 'transfer', input: { address: ONE, amount: 3n * USD, ticker: 'pUSD' } },
  outputs: amounts.map((amount) => ({ address: OTHER, amount })),
})

t.test('what a conversion would give, while the rates are known', (t) => {
  const prices = {
    height: 9,
    rates: new Map([
      ['PEG', 2_000_000n],
      ['pUSD', USD],
    ]),
    averages: new Map([['PEG', 1_900_000n]]),
  } as const
  const executed = (refund: bigint | null): Preview => ({
    ...{ kind: 'executed', converted: [{ index: 1, amount: 5n * USD, refund }] },
  })
  const batch = [send(1n), convert(250n * USD)]
  const fixed = /^The result is fixed by a later block/
  const plain = quoteLines(batch, executed(null), prices)
  t.same(plain.slice(0, 3), [
    'now: 250 PEG → 5 pUSD',
    'PEG: 0.02 USD by block 9, average 0.019',
    'pUSD: 1 USD by block 9',
  ])
  t.match(plain[3], fixed)
  t.equal(plain.length, 4)
  const banked = quoteLines(batch, executed(50n * USD), { ...prices, rates: new Map() })
  t.same(banked.slice(0, 2), [
    'now: 250 PEG → 5 pUSD, 50 PEG given back',
    'PEG: 0 USD by block 9, average 0.019',
  ])
  t.match(banked[4], /^Conversions into PEG share a bank of 5000 PEG a block/)
  for (const [transactions, preview, known] of [
    [batch, { kind: 'dropped' }, prices],
    [batch, executed(null), null],
    [[send(1n)], { kind: 'executed', converted: [] }, prices],
  ] as const)
    t.same(quoteLines(transactions, preview, known), [], 'nothing is to be said')
  t.end()
})

t.test('each fate in words, and as an event', (t) => {
  const until = Date.UTC(2020, 1, 3, 4, 50) / 1000
  const batchOf = (fate: Fate, result: ToldBatch['result'] = null): ToldBatch =>
    ({
      ...{ batch: { entry: { hash: 'ab' }, transactions: [convert(USD), send(USD)], signedAt: 0 } },
      ...{ fate, unfinished: null, result },
    }) as unknown as ToldBatch
  const what = `1 PEG → pUSD; 3 pUSD to ${transactionText(send(USD)).slice(-52)}: `
  const cases: [fate: Fate, text: RegExp, event: object][] = [
    [{ kind: 'executed', height: 7 }, /^executed in block 7$/, { height: 7, status: null }],
    [{ kind: 'refused', height: 7, status: -2 }, /, in block 7$/, { height: 7, status: -2 }],
    [
      { kind: 'waiting', height: 7 },
      /^in block 7; executed by the next block that has rates$/,
      { height: 7, status: null },
    ],
    [
      { kind: 'dropped', height: 7 },
      /^in block 7, but never executed: a price was missing$/,
      { height: 7, status: null },
    ],
    [
      { kind: 'passed', height: 7, until },
      /^in block 7, of which the ledger takes nothing; .* until 2020-02-03 04:50 UTC$/,
      { height: 7, status: null },
    ],
    [{ kind: 'expired' }, /^never executed, and now it cannot be any more/, { height: null, status: null }],
    [
      { kind: 'open', until },
      /^not in a block yet; it may be executed until 2020-02-03 04:50 UTC$/,
      { height: null, status: null },
    ],
  ]
  for (const [fate, text, event] of cases) {
    const line = earlierText(batchOf(fate))
    t.ok(line.startsWith(what), line)
    t.match(line.slice(what.length), text)
    t.match(earlierEvent(batchOf(fate)), {
      event: 'wallet.earlier',
      fate: fate.kind,
      sentAgain: null,
      ...event,
    })
  }
  const again = (result: object): string =>
    earlierText(batchOf({ kind: 'expired' }, result as ToldBatch['result'])).replace(/^.*ago/, '')
  t.equal(again({ state: 'missed', reason: 'no credits' }), '; not sent: no credits')
  t.equal(again({ state: 'acknowledged' }), '; sent again')
  t.equal(
    earlierEvent(batchOf({ kind: 'expired' }, { state: 'missed' } as ToldBatch['result'])).sentAgain,
    'missed',
  )
  t.match(
    transactionText(send(USD, 2n * USD)),
    /^3 pUSD: 1 to FA2\w+, 2 to FA2\w+$/,
    'each of several has its amount',
  )
  t.end()
})

t.test('rewards of one block are one line of the history', (t) => {
  const action = (more: Partial<LedgerAction>): LedgerAction => ({
    ...{ hash: 'ab', index: 0, height: 7, seconds: 0, status: 7, kind: 'coinbase', address: ONE },
    ...{ ticker: '', amount: 0n, target: 'PEG', result: 200n * USD, refund: null, outputs: [], ...more },
  })
  t.same(historyLines([], ONE), [' nothing'])
  const conversion = { kind: 'conversion', ticker: 'PEG', amount: USD, target: 'pUSD' } as const
  matchExactly(
    t,
    historyLines(
      [
        action({}),
        action({ result: 180n * USD }),
        action({ height: 8 }),
        action({ height: 8, kind: 'burn', target: 'pFCT', result: USD }),
        action({ ...conversion, height: 9, result: USD, refund: 2n }),
        action({ ...conversion, height: 9, status: 0 }),
        action({ ...conversion, height: 9, status: -2 }),
        action({
          kind: 'transfer',
          height: 9,
          address: OTHER,
          ticker: 'PEG',
          amount: 5n,
          outputs: [
            { address: ONE, amount: 2n },
            { address: OTHER, amount: 3n },
          ],
        }),
      ],
      ONE,
    ).map((line) => line.slice(28)),
    [
      'coinbase    + 380 PEG  (2 rewards)',
      'coinbase    + 200 PEG',
      'burn        + 1 pFCT for burnt factoids',
      'conversion  1 PEG → 1 pUSD, 0.00000002 PEG given back',
      'conversion  1 PEG → pUSD  waiting',
      /^conversion {2}1 PEG → pUSD {2}\S/,
      /^transfer {4}\+ 0\.00000002 PEG from FA2/,
    ],
  )
  t.end()
})
