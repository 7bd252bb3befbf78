/** What the read-only API answers of a small ledger, as data and as tables, and what it refuses. */
import { join } from 'node:path'
import t from 'tap'

import { Csv } from '../../base/index.js'
import { BEGINS, ENTRIES, openSmallLedger, PEGNET2, TIP } from '../fixtures/small.js'
import { rewarded } from '../fixtures/play.js'
import { ALICE, BOB } from '../fixtures/sign.js'
import { createLedgerReads } from './reads.js'

const tables = openSmallLedger(join(t.testdir(), 'ledger.sqlite'))
t.teardown(() => tables.close())
const reads = createLedgerReads(tables.query)
type Word = keyof typeof reads

function ask(words: string): object {
  const [word = '', asked] = words.split('?', 2)
  return reads[word as Word](new URLSearchParams(asked))
}
const own = `address=${ALICE.address}`

t.test('answers', (t) => {
  const table: readonly (readonly [words: string, part: object])[] = [
    ['status', { network: 'MainNet', height: TIP, begins: BEGINS, ratesHeight: PEGNET2 }],
    [`balances?${own}`, { usd: '0.01004985', balances: [{ ticker: 'PEG', usd: '0.01000485' }, {}] }],
    // Worths are those of the last block alone.
    [
      `balances?${own}&height=${BEGINS}`,
      { usd: null, balances: [{ ticker: 'PEG', amount: '0.01', usd: null }, {}] },
    ],
    [`supply?height=${BEGINS}`, { height: BEGINS, supply: [{ ticker: 'PEG', amount: '0.01' }, {}] }],
    [
      'supply?ticker=pUSD&points=2',
      {
        points: [
          { height: BEGINS, amount: '0.00005', time: null },
          { height: TIP, amount: '0.000045' },
        ],
      },
    ],
    ['supply?ticker=pUSD&points=1', { points: [{ height: TIP }] }],
    [`supply?ticker=pUSD&from=${TIP + 1}&to=${TIP + 2}`, { points: [] }],
    [`prices?height=${BEGINS}`, { height: null, prices: [] }],
    ['prices', { height: PEGNET2, prices: [{ ticker: 'PEG', usd: '1' }] }],
    [
      `prices?ticker=pEUR&from=${BEGINS + 2}`,
      { points: [{ height: BEGINS + 3, usd: '1.2' }, {}, { height: PEGNET2, usd: '1' }] },
    ],
    [
      'richlist?limit=1',
      { height: TIP, ticker: null, holders: [{ address: rewarded(0), amount: null, usd: '1140' }] },
    ],
    [
      'richlist?ticker=pUSD',
      { ticker: 'pUSD', holders: [{ address: ALICE.address, amount: '0.000045', usd: '0.000045' }] },
    ],
    [
      `bank?from=${BEGINS + 3}&to=${BEGINS + 3}`,
      { banks: [{ amount: '5000', used: '0.000005', requested: '0.000005' }] },
    ],
    ['blocks?limit=1', { blocks: [{ height: TIP, waiting: 1, rated: false }], more: true }],
    [`blocks?before=${BEGINS + 2}`, { blocks: [{ height: BEGINS + 1, rated: true }], more: false }],
    [
      `history?hash=${ENTRIES.toPeg.hash.toUpperCase()}`,
      { actions: [{ status: 'executed', verdict: BEGINS + 3, target: 'PEG', refund: '0' }] },
    ],
    [
      `history?hash=${ENTRIES.tooMuch.hash}`,
      { actions: [{ status: 'refused', verdict: -1, target: null, refund: null }] },
    ],
    [`history?hash=${ENTRIES.waiting.hash}`, { actions: [{ status: 'waiting', verdict: 0 }] }],
    [
      `history?address=${BOB.address}&kind=transfer`,
      { actions: [{ ticker: 'pXAU' }, { ticker: 'PEG' }], next: null },
    ],
    [`history?${own}&ticker=pEUR`, { actions: [{ hash: ENTRIES.waiting.hash }] }],
    [
      `history?height=${PEGNET2}&kind=coinbase&limit=1`,
      { actions: [{ kind: 'coinbase', ticker: null, target: 'PEG' }] },
    ],
  ]
  for (const [words, part] of table) t.match(ask(words), part, words)
  t.end()
})

t.test('a history page by page', (t) => {
  const seen: string[] = []
  for (let before = ''; ;) {
    const page = ask(`history?${own}&limit=1${before}`) as {
      actions: { hash: string }[]
      next: string | null
    }
    seen.push(...page.actions.map(({ hash }) => hash))
    if (page.next === null) break
    before = `&before=${page.next}`
  }
  const { waiting, tooMuch, transfer, toPeg } = ENTRIES
  t.same(
    seen,
    [waiting, tooMuch, transfer, toPeg].map(({ hash }) => hash),
    'the newest first, each once',
  )
  t.end()
})

t.test('tables', (t) => {
  const time = '2020-09-13T12:26:40.000Z'
  const table: readonly (readonly [words: string, lines: readonly (string | RegExp)[]])[] = [
    [`supply?height=${BEGINS}`, ['ticker,amount', 'PEG,0.01']],
    ['supply?ticker=pUSD&points=1', ['height,time,amount', `${TIP},${time},0.000045`]],
    ['prices', ['ticker,usd', 'PEG,1']],
    [`prices?ticker=pEUR&from=${PEGNET2}`, ['height,time,usd', `${PEGNET2},${time},1`]],
    ['richlist?ticker=pUSD', ['address,amount,usd', `${ALICE.address},0.000045,0.000045`]],
    ['richlist?limit=1', ['address,amount,usd', `${rewarded(0)},,1140`]],
    [`bank?to=${BEGINS + 3}`, ['height,amount,used,requested', /,5000,0.000005,0.000005$/]],
    [
      `history?hash=${ENTRIES.transfer.hash}`,
      [/^height,time,hash,/, new RegExp(`,${BOB.address}:0.00000015 ${ALICE.address}:0.00000005$`)],
    ],
  ]
  for (const [words, lines] of table) {
    const found = ask(`${words}${words.includes('?') ? '&' : '?'}format=csv`)
    t.ok(found instanceof Csv, words)
    t.match((found as Csv).text.split('\n').slice(0, 2), lines, words)
  }
  t.end()
})

t.test('what is refused', (t) => {
  const missing = 'address is missing or none: give one that begins with FA'
  const noTicker = 'ticker is no token: give PEG, pUSD or another of /api/v1/ledger/supply'
  const noKey = 'give one of address, hash and height'
  const table: readonly (readonly [words: string, refusal: string | RegExp])[] = [
    ['balances', missing],
    ['balances?address=FA1', missing],
    [`balances?${own}&height=${TIP + 1}`, /^height must be/],
    [`balances?${own}&height=${BEGINS - 1}`, /^height must be/],
    ['supply?ticker=peg', noTicker],
    ['supply?ticker=PEG&points=1001', /^points must be/],
    [`prices?ticker=PEG&from=${TIP}&to=${BEGINS}`, `from ${TIP} is above to ${BEGINS}`],
    ['richlist?format=xml', /^format must be/],
    ['history', noKey],
    [`history?${own}&height=1`, noKey],
    ['history?hash=ab', 'hash must have 64 hexadecimal digits'],
    ['history?hash=', 'hash must have 64 hexadecimal digits'],
    [`history?${own}&kind=x`, 'kind must be one of transfer, conversion, coinbase, burn'],
    [`history?${own}&before=1`, 'before must be next of the page before'],
    [`history?${own}&before=1-1234567890`, 'before must be next of the page before'],
  ]
  for (const [words, message] of table) t.throws(() => ask(words), { message }, words)
  t.end()
})
