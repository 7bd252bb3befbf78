/** Balances after each line of a block, in the order in which the block has executed them. */
import t from 'tap'

import { NETWORKS } from '../../pegnet/index.js'
import { rulesOf } from '../rules.js'
import { BURN_ADDRESS } from '../special.js'
import { aftersOf, type HistoryLine } from './bookings.js'
import { madeHash } from './rewards.js'

const rules = rulesOf(NETWORKS.MainNet)
const [own, other] = ['aa'.repeat(32), 'bb'.repeat(32)]
const NOTHING = { ticker: '', amount: 0n, target: '', result: 0n, refund: null, outputs: [] }
type LineFacts = Partial<HistoryLine> & Pick<HistoryLine, 'hash' | 'height' | 'kind'>
const line = (given: LineFacts): HistoryLine => ({ ...NOTHING, address: own, ...given })

/** By line what is told of it. */
function linesTold(
  lines: readonly HistoryLine[],
  height: number,
  end: Readonly<Record<string, bigint>>,
  rates: Readonly<Record<string, bigint>> = {},
) {
  const block = { height, rules, rates: () => new Map(Object.entries(rates)) }
  const { after, before } = aftersOf(lines, own, block, (ticker) => end[ticker] ?? 0n)
  const found: Record<string, Record<string, bigint>> = { before: Object.fromEntries(before) }
  for (const [{ hash, kind, target }, balances] of after)
    found[kind === 'conversion' ? `${hash} ${target}` : hash] = Object.fromEntries(balances)
  return found
}

t.test('what waited comes first, then the block itself; holders are paid before both', (t) => {
  const height = 295_200
  const lines = [
    line({
      hash: 'convert',
      height: height - 1,
      kind: 'conversion',
      ticker: 'PEG',
      amount: 40n,
      target: 'pUSD',
      result: 7n,
    }),
    line({ hash: madeHash(height), height, kind: 'coinbase', target: 'PEG', result: 100n }),
    line({
      hash: 'send',
      height,
      kind: 'transfer',
      ticker: 'PEG',
      amount: 10n,
      outputs: [{ address: other, amount: 10n }],
    }),
    line({
      hash: 'self',
      height,
      kind: 'transfer',
      ticker: 'PEG',
      amount: 5n,
      outputs: [{ address: own, amount: 5n }],
    }),
    line({
      hash: 'got',
      address: other,
      height,
      kind: 'transfer',
      ticker: 'PEG',
      amount: 9n,
      outputs: [
        { address: own, amount: 2n },
        { address: own, amount: 1n },
        { address: other, amount: 6n },
      ],
    }),
    line({ hash: 'won', height, kind: 'coinbase', target: 'PEG', result: 360n }),
  ]
  t.same(linesTold(lines, height, { PEG: 500n, pUSD: 7n }), {
    [madeHash(height)]: { PEG: 187n },
    'convert pUSD': { PEG: 147n, pUSD: 7n },
    send: { PEG: 137n },
    self: { PEG: 137n },
    got: { PEG: 140n },
    won: { PEG: 500n },
    before: { PEG: 87n, pUSD: 0n },
  })
  t.end()
})

t.test(
  'the bank pays after all that waited, and pays other conversions of a batch that asks for PEG once more',
  (t) => {
    const ask = (hash: string, height: number, amount: bigint) =>
      line({
        hash,
        height,
        kind: 'conversion',
        ticker: 'pUSD',
        amount,
        target: 'PEG',
        result: amount,
        refund: 1n,
      })
    const lines = [
      ask('first', 231_620, 10n),
      line({
        hash: 'both',
        height: 231_621,
        kind: 'conversion',
        ticker: 'pUSD',
        amount: 4n,
        target: 'pEUR',
        result: 3n,
        refund: 1n,
      }),
      ask('both', 231_621, 5n),
    ]
    const rates = { pUSD: 100n, pEUR: 200n }
    t.same(linesTold(lines, 231_622, { pUSD: 3n, PEG: 15n, pEUR: 5n }, rates), {
      'first PEG': { pUSD: 1n, PEG: 10n },
      'both pEUR': { pUSD: 2n, pEUR: 5n },
      'both PEG': { pUSD: 3n, PEG: 15n },
      before: { pUSD: 19n, PEG: 0n, pEUR: 0n },
    })
    const early = [ask('first', 222_300, 10n), ask('next', 222_301, 5n)]
    t.match(linesTold(early, 222_302, { pUSD: 2n, PEG: 15n }), {
      'first PEG': { pUSD: 6n, PEG: 10n },
      'next PEG': { pUSD: 2n, PEG: 15n },
    })
    t.end()
  },
)

t.test('the address that destroys is given nothing', (t) => {
  const outputs = [{ address: BURN_ADDRESS, amount: 4n }]
  for (const [height, end] of [
    [274_036, 0n],
    [274_035, 4n],
  ] as const) {
    const given = {
      hash: 'burn',
      address: other,
      height,
      kind: 'transfer',
      ticker: 'PEG',
      amount: 4n,
    } as const
    const block = { height, rules, rates: () => null }
    const { before } = aftersOf([line({ ...given, outputs })], BURN_ADDRESS, block, () => end)
    t.same([...before], [['PEG', 0n]], `${height}`)
  }
  t.end()
})
