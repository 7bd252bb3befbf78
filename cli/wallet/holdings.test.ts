/** What a wallet holds, by a ledger that is made up. */
import t from 'tap'

import type { LedgerAction, LedgerSource } from '../../ledger/index.js'
import { readAddress, rulesOf } from '../../ledger/index.js'
import { networkOf } from '../../pegnet/index.js'
import { tellBalances, tellHistory } from './holdings.js'

const USD = 100_000_000n
const SAND = 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'
const OTHER = 'FA22de5NSG2FA2HmMaD4h8qSAZAJyztmmnwgLPghCQKoSekwYYct'
const [HASH, OTHER_HASH] = [readAddress(SAND) ?? '', readAddress(OTHER) ?? '']
const NAMED = { address: SAND, name: 'savings' }

const PRICES = {
  height: 8,
  rates: new Map([
    ['PEG', 2_000_000n],
    ['pUSD', USD],
  ]),
  averages: new Map(),
} as const

/** 10 PEG and more that no price is known of; 3 of the PEG are in a batch that was signed and is in no block. */
function ledger(more: Partial<LedgerSource> = {}, isOpen = false) {
  const batch = {
    entry: { hash: 'ab' },
    address: HASH,
    signedAt: 1_600_000_000,
    transactions: [
      {
        ...{ kind: 'transfer', input: { address: HASH, amount: 3n * USD, ticker: 'PEG' } },
        outputs: [{ address: OTHER_HASH, amount: 3n * USD }],
      },
    ],
  }
  const source = {
    height: () => Promise.resolve(9),
    prices: () => Promise.resolve(PRICES),
    balances: (hash: string) =>
      Promise.resolve(
        new Map(
          hash === HASH
            ? [
                ['PEG', 10n * USD],
                ['pRVN', USD],
              ]
            : [],
        ),
      ),
    statusOf: () => Promise.resolve(null),
    passedBy: () => Promise.resolve(null),
    history: () => Promise.resolve([]),
    ...more,
  } as unknown as LedgerSource
  return {
    ...{ source, rules: rulesOf(networkOf('MainNet')) },
    outbox: { list: () => (isOpen ? [batch] : []) },
  } as unknown as Parameters<typeof tellBalances>[2]
}

function toldBalances() {
  const [lines, events] = [[] as string[], [] as { event: string }[]]
  const output = {
    line: (text = '') => void lines.push(text),
    event: (event: { event: string }) => void events.push(event),
    drained: () => Promise.resolve(),
  }
  return { lines, events, context: { output } as unknown as Parameters<typeof tellBalances>[0] }
}

t.test('balances, what they are worth, and what of them is on its way', async (t) => {
  const { lines, events, context } = toldBalances()
  await tellBalances(context, [NAMED, { address: OTHER, name: null }], ledger({}, true))
  t.same(lines.slice(0, 7), [
    ` ${SAND}  savings`,
    '   PEG              10                       0.20 USD  (3 on their way)',
    '   pRVN              1              no price',
    '',
    ` ${OTHER}`,
    '   nothing after block 9',
    '',
  ])
  t.match(lines.slice(7), [
    new RegExp(`^ signed: 3 PEG to ${OTHER}: not in a block yet; it may be executed until 2020-09-14 `),
    ' worth 0.20 USD by the rates of block 8, after block 9',
  ])
  t.match(events, [
    {
      ...{ event: 'wallet.balance', name: 'savings', balances: { PEG: '1000000000', pRVN: '100000000' } },
      ...{ reserved: { PEG: '300000000' }, usd: '20000000', unpriced: ['pRVN'], ratesHeight: 8 },
    },
    { event: 'wallet.balance', name: null, balances: {}, usd: '0' },
    { event: 'wallet.earlier', hash: 'ab', fate: 'open', unfinished: null },
  ])
})

t.test('a ledger without rates tells amounts, and a batch of its block waits', async (t) => {
  const { lines, events, context } = toldBalances()
  const found = { statusOf: () => Promise.resolve({ height: 9, status: 0 }) }
  await tellBalances(context, [NAMED], ledger({ prices: () => Promise.resolve(null), ...found }, true))
  t.match(lines, [
    / savings$/,
    / PEG .* no price/,
    / pRVN .* no price/,
    '',
    / signed: .*: in block 9; executed by the next block that has rates$/,
  ])
  t.equal(lines.length, 5, 'what it is worth is not known')
  t.match(events[0], { usd: null, unpriced: ['PEG', 'pRVN'], ratesHeight: null })
})

t.test('the history of an address', async (t) => {
  const action = {
    ...{ hash: 'cd', index: 0, height: 7, seconds: 0, status: 7, kind: 'coinbase', address: HASH },
    ...{ ticker: '', amount: 0n, target: 'PEG', result: 200n * USD, refund: null, outputs: [] },
  } as unknown as LedgerAction
  const asked: unknown[] = []
  const history: LedgerSource['history'] = (hash, range) => {
    asked.push(range)
    return Promise.resolve(hash === HASH ? [action] : [])
  }
  const { lines, events, context } = toldBalances()
  const settings = { 'history.from': 5, 'history.to': undefined, 'ledger.count': 3 }
  const addresses = [NAMED, { address: OTHER, name: null }]
  await tellHistory({ ...context, settings }, addresses, ledger({ history }))
  t.same(asked[0], { from: 5, to: 2 ** 32, last: 3 })
  t.match(lines, [` ${SAND}  savings`, /coinbase .*\+ 200 PEG$/, '', ` ${OTHER}`, ' nothing', ''])
  t.match(events, [{ event: 'wallet.action', of: SAND, changes: { PEG: '20000000000' } }])
  const poor = toldBalances()
  const none = ledger({ history, prices: () => Promise.resolve(null) }, true)
  await tellHistory({ ...poor.context, settings: {} } as Parameters<typeof tellHistory>[0], [], none)
  t.match(poor.lines, [/^ signed: 3 PEG to /])
  const above = { ...poor.context, settings: { 'history.from': 9, 'history.to': 3 } }
  await t.rejects(tellHistory(above as Parameters<typeof tellHistory>[0], [NAMED], none), {
    ...{ code: 'E_CONFIG_VALUE', message: /--from 9 is above --to 3/ },
  })
})
