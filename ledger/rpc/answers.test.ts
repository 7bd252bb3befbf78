/** What the API says of a small ledger, in the reference's words: pages of histories, amounts, and what it refuses. */
import { join } from 'node:path'
import t from 'tap'

import { NETWORKS } from '../../pegnet/index.js'
import { BEGINS, ENTRIES, openSmallLedger, PEGNET2, TIP } from '../fixtures/small.js'
import { rewarded } from '../fixtures/play.js'
import { ALICE, BOB, TRANSACTIONS } from '../fixtures/sign.js'
import { rulesOf } from '../rules.js'
import { createWorths } from '../store/worth.js'
import { answerRpc } from './request.js'

const tables = openSmallLedger(join(t.testdir(), 'ledger.sqlite'))
t.teardown(() => tables.close())
const { query } = tables
const failures: unknown[] = []
const ledger = {
  ...{ query, rules: rulesOf(NETWORKS.MainNet), worths: createWorths(query), nodeHeight: () => TIP + 1 },
  ...{ transactions: TRANSACTIONS, version: '1.2.3' },
}

/** The result, or the error. */
async function ask(method: string, params: object = {}): Promise<unknown> {
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
  const text = await answerRpc(body, { ledger, onFailure: (error) => failures.push(error) })
  const { result, error } = JSON.parse(text ?? '') as { result?: unknown; error?: unknown }
  return result ?? error
}

type Row = readonly [method: string, params: object, answer: unknown]
const bad = (data: string | RegExp) => ({ code: -32602, data })
const hashOf = (name: keyof typeof ENTRIES): string => ENTRIES[name].hash
const [toPeg, transfer] = [hashOf('toPeg'), hashOf('transfer')]
const [tooMuch, waiting] = [hashOf('tooMuch'), hashOf('waiting')]
const alice = { address: ALICE.address }

t.test('amounts', async (t) => {
  const table: readonly Row[] = [
    ['get-sync-status', {}, { syncheight: TIP, factomheight: TIP + 1 }],
    ['get-pegnet-balances', alice, { PEG: 1_000_485, pUSD: 4_500, pEUR: 0 }],
    ['get-pegnet-issuance', {}, { syncstatus: { syncheight: TIP }, issuance: { pUSD: 4_500 } }],
    ['get-pegnet-rates', { height: BEGINS + 3 }, { PEG: 100_000_000, pEUR: 120_000_000 }],
    ['get-pegnet-rates', {}, { code: -32809 }],
    ['get-pegnet-rates', { height: TIP + 1 }, { code: -32809 }],
    ['get-bank', { height: BEGINS - 1 }, { Height: -1, BankAmount: -1, BankUsed: 0, PEGRequested: 0 }],
    ['get-bank', {}, { Height: -1 }],
    [
      'get-bank',
      { height: BEGINS + 3 },
      { Height: BEGINS + 3, BankAmount: 500_000_000_000, BankUsed: 500, PEGRequested: 500 },
    ],
    ['get-rich-list', { asset: 'pUSD' }, [{ address: ALICE.address, amount: 4_500, pusd: 4_500 }]],
    ['get-rich-list', { asset: 'PEG', count: 1 }, [{ address: rewarded(0), amount: 114_000_000_000 }]],
    ['get-global-rich-list', { count: 1 }, [{ address: rewarded(0), pusd: 114_000_000_000 }]],
    [
      'get-graded',
      { height: PEGNET2 },
      { graded: [{ position: 0, payout: 36_000_000_000, minerid: 'test' }] },
    ],
    ['get-miner-distribution', { start: TIP, stop: TIP }, { totalwins: 0, totalgraded: 0 }],
    ['properties', {}, { buildversion: '1.2.3' }],
  ]
  for (const [method, params, answer] of table) t.match(await ask(method, params), answer, method)
})

t.test('transactions by each key', async (t) => {
  const actions = (...hashes: readonly string[]) => ({
    actions: hashes.map((hash) => ({ hash })),
    count: hashes.length,
  })
  const table: readonly Row[] = [
    ['get-transactions', { entryhash: toPeg.toUpperCase() }, { count: 1, nextoffset: 0 }],
    ['get-transactions', { height: BEGINS + 2 }, actions(toPeg, transfer, tooMuch)],
    ['get-transactions', alice, actions(toPeg, transfer, tooMuch, waiting)],
    ['get-transactions', { ...alice, desc: true }, actions(waiting, tooMuch, transfer, toPeg)],
    ['get-transactions', { ...alice, offset: 3 }, { actions: [{ hash: waiting }], count: 4, nextoffset: 0 }],
    ['get-transactions', { ...alice, transfer: true }, actions(transfer, tooMuch)],
    ['get-transactions', { ...alice, asset: 'pEUR' }, actions(waiting)],
    ['get-transactions', { address: BOB.address, conversion: true }, { code: -32803 }],
    ['get-transactions', { txid: `0-${transfer}` }, actions(transfer)],
    [
      'get-transaction',
      { txid: `0-${toPeg}` },
      {
        actions: [
          {
            txid: `0-${toPeg}`,
            executed: BEGINS + 3,
            toasset: 'PEG',
            toamount: 500,
            outputs: [{ address: ALICE.address, amount: 0 }],
          },
        ],
      },
    ],
    [
      'get-transaction',
      { txid: `0-${waiting}` },
      { actions: [{ executed: 0, txaction: 2, toasset: 'pEUR' }] },
    ],
    ['get-transaction', { txid: `1-${toPeg}` }, { code: -32803 }],
    ['get-transaction-status', { entryhash: tooMuch }, { height: BEGINS + 2, executed: -1 }],
    ['get-transaction-status', { entryhash: 'ab'.repeat(32) }, { code: -32803 }],
  ]
  for (const [method, params, answer] of table)
    t.match(await ask(method, params), answer, `${method} ${JSON.stringify(params)}`)
})

t.test('what is refused', async (t) => {
  const [none, two] = [
    'need to specify either "entryhash" or "address", "txid", or "height"',
    'cannot specify more than one of "entryhash", "address", "txid", or "height"',
  ]
  const far = ALICE.address.slice(0, -1)
  const table: readonly Row[] = [
    ['get-pegnet-balances', {}, bad('required: "address"')],
    ['get-pegnet-balances', { address: far }, bad('address: invalid length')],
    ['get-pegnet-balances', { address: `EC${ALICE.address.slice(2)}` }, bad('address: invalid prefix')],
    ['get-pegnet-balances', { address: `${far}1` }, bad('address: checksum error')],
    [
      'get-bank',
      { height: 222_275 },
      bad('the height 222275 is below the activation height (231620) of this feature'),
    ],
    ['get-rich-list', {}, bad('invalid asset')],
    ['get-rich-list', { asset: 'PEG', count: -1 }, bad('count must be >= 0')],
    ['get-graded', { height: -1 }, bad('height must be >= 0')],
    ['get-transactions', {}, bad(none)],
    ['get-transactions', { height: -1 }, bad(none)],
    ['get-transactions', { ...alice, height: 1 }, bad(two)],
    ['get-transactions', { ...alice, offset: -1 }, bad('offset must be >= 0')],
    ['get-transactions', { ...alice, offset: 5 }, bad('offset too big')],
    ['get-transactions', { ...alice, asset: 'PNT' }, bad('invalid asset filter')],
    ['get-transactions', { entryhash: 'ab' }, bad('entryhash: invalid length')],
    ['get-transactions', { height: 'x' }, bad(/^json: cannot unmarshal string into Go struct field/)],
    ['get-transactions', { height: BEGINS }, { code: -32803, message: 'Transaction Not Found' }],
    ['get-transaction', alice, bad('expect txid param to be populated')],
    [
      'get-transaction',
      { txid: '5' },
      bad('txid: txid does not match txid format, format: [TxIndex]-[EntryHash]'),
    ],
    ['get-transaction-status', { entryhash: 'ab' }, bad('invalid length')],
    [
      'send-transaction',
      { chainid: TRANSACTIONS, extids: ['00'], content: 'ü' },
      bad("encoding/hex: invalid byte: U+00FC 'ü'"),
    ],
    [
      'send-transaction',
      { chainid: TRANSACTIONS, extids: [null, '00'], content: '7b7d' },
      { code: -32603, message: 'Internal error' },
    ],
    [
      'send-transaction',
      { chainid: 'ab'.repeat(32), extids: ['00'], content: '7b7d' },
      { code: -32800, message: 'Token Not Found' },
    ],
    ['no-such-method', {}, { code: -32601, data: 'no-such-method' }],
  ]
  for (const [method, params, answer] of table)
    t.match(await ask(method, params), answer, `${method} ${JSON.stringify(params)}`)
  t.same(failures, [], 'the asker is wrong each time, and nothing here')
})
