/** What a wallet refuses before anything is signed or sent. */
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

import { NETWORKS } from '../../pegnet/index.js'
import { ALICE, BOB, TRANSACTIONS } from '../fixtures/sign.js'
import { rulesOf } from '../rules.js'
import { readAddress } from '../transactions/address.js'
import type { LedgerTransaction } from '../transactions/types.js'
import { composeBatch, signBatch } from './batch.js'
import { lockWallet, readWallet } from './file.js'
import { signingKey } from './keys.js'
import { lookAt, requireAccepted, requireChain, requireCredits, type LookTerms } from './look.js'
import { openOutbox, type Outbox } from './outbox.js'
import { readBatchFile } from './plan.js'
import { sendBatch, signingTime, type SendingParts, type Standing } from './sending.js'
import type { LastPrices } from './source.js'

const rules = rulesOf(NETWORKS.MainNet)
const rcdHashOf = (address: string): string => readAddress(address) ?? ''
const [OWNER, OTHER] = [rcdHashOf(ALICE.address), rcdHashOf(BOB.address)]
const KEY = signingKey('Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCK')
const COIN = 100_000_000n
const NOW = Math.floor(Date.now() / 1000)

const conversion = (target: string, amount = 5n, ticker = 'pUSD'): LedgerTransaction => ({
  kind: 'conversion',
  input: { address: OWNER, ticker, amount },
  target,
})
const transfer = (amount: bigint): LedgerTransaction => ({
  kind: 'transfer',
  input: { address: OWNER, ticker: 'pUSD', amount },
  outputs: [{ address: OTHER, amount }],
})
const batchOf = (transactions: readonly LedgerTransaction[]) => composeBatch(TRANSACTIONS, transactions)

interface Told {
  readonly prices?: LastPrices | null
  readonly height?: number
  readonly waiting?: Outbox['list']
  readonly known?: boolean
  /** Of the history: what waits there. */
  readonly history?: readonly object[]
}

const rates = new Map(['pUSD', 'pEUR', 'PEG', 'pFCT'].map((ticker) => [ticker, COIN]))
const HEIGHT = 290_000

function terms({
  prices,
  height = HEIGHT,
  waiting = () => [],
  known = false,
  history = [],
}: Told): LookTerms {
  const source = {
    height: () => Promise.resolve(height),
    prices: () => Promise.resolve(prices === undefined ? { height, rates, averages: new Map() } : prices),
    balances: () => Promise.resolve(new Map([['pUSD', 10n]])),
    statusOf: () => Promise.resolve(known ? { height, status: 0 } : null),
    history: () => Promise.resolve(history),
  }
  return { source, outbox: { list: waiting }, rules } as unknown as LookTerms
}

t.test('what the ledger would not execute', async (t) => {
  const waiting = signBatch(batchOf([transfer(4n)]), KEY, NOW)
  const line = { address: OWNER, ticker: 'pUSD', amount: 8n, status: 0 }
  const table: readonly (readonly [
    transactions: readonly LedgerTransaction[],
    told: Told,
    message: string | RegExp | null,
  ])[] = [
    [[transfer(10n)], {}, null],
    [[conversion('pEUR')], {}, null],
    [[conversion('pEUR')], { prices: null }, 'there are no rates yet: wait for the first graded block'],
    [
      [conversion('pEUR')],
      { height: 300_000 },
      'it would wait for ever: a token has no average yet, or the result is too large',
    ],
    [[conversion('PEG')], {}, /PEG/],
    [[conversion('pFCT')], {}, /FCT/],
    [[transfer(11n)], {}, 'the address has 0.0000001 pUSD to spend'],
    [
      [transfer(10n)],
      { waiting: () => [waiting] },
      'the address has 0.00000006 pUSD to spend; 0.00000004 pUSD are on their way already',
    ],
    [[transfer(10n)], { waiting: () => [waiting], known: true }, null],
    [
      [transfer(3n)],
      { waiting: () => [waiting], history: [line, { ...line, status: 5 }] },
      'the address has 0 pUSD to spend; 0.00000012 pUSD are on their way already',
    ],
    [[transfer(10n)], { history: [{ ...line, address: OTHER }] }, null],
  ]
  for (const [transactions, told, message] of table) {
    const batch = batchOf(transactions)
    const look = await lookAt(batch, terms(told))
    if (message === null) t.doesNotThrow(() => requireAccepted(look, batch))
    else t.throws(() => requireAccepted(look, batch), { code: 'E_WALLET_REFUSED', message })
  }
})

t.test('a batch for another network, and one that is not paid for', (t) => {
  const batch = batchOf([transfer(1n)])
  t.doesNotThrow(() => requireChain(batch, TRANSACTIONS))
  t.throws(() => requireChain(batch, 'ab'.repeat(32)), {
    code: 'E_WALLET_BATCH',
    message: 'the batch is for another network: see --network',
  })
  t.doesNotThrow(() => requireCredits(batch, { address: 'EC…', balance: 1 }))
  t.throws(() => requireCredits(batch, { address: 'EC…', balance: 0 }), {
    code: 'E_WALLET_CREDITS',
    message: 'EC… has 0 entry credits, the entry costs 1',
  })
  t.end()
})

t.test('signatures of another time, and a limit that is reached', async (t) => {
  const apart = { code: 'E_WALLET_LATE', message: /more than an hour apart$/ }
  for (const hours of [-2, 2]) t.throws(() => signingTime({ nodeMs: (NOW + hours * 3600) * 1000 }), apart)
  t.equal(signingTime({ nodeMs: NOW * 1000 + 500 }), NOW)
  const standing = { height: 5, nodeMs: NOW * 1000 } as Standing
  const added: string[] = []
  const parts = {
    outbox: { add: ({ entry }: { entry: { hash: string } }) => added.push(entry.hash) },
    publisher: { publish: () => Promise.resolve([]) },
    signal: new AbortController().signal,
  } as unknown as SendingParts
  const dated = (seconds: number) => signBatch(batchOf([transfer(1n)]), KEY, seconds)
  const table: readonly (readonly [seconds: number, code: string, message: RegExp])[] = [
    [NOW - 13 * 3600, 'E_WALLET_LATE', /^it was signed more than 12 hours ago: sign it again$/],
    [NOW + 2 * 3600, 'E_WALLET_LATE', /^it is dated into the future/],
    [NOW, 'E_WALLET_FULL', /^nothing can be published: a limit of spending is reached$/],
  ]
  for (const [seconds, code, message] of table)
    await t.rejects(sendBatch(dated(seconds), parts, standing), { code, message })
  t.same(added, [dated(NOW).entry.hash], 'what is refused is not kept')
})

t.test('an outbox that is full, and files that hold something else', (t) => {
  const folder = t.testdir({ large: '', folder: {} })
  const outbox = openOutbox(join(folder, 'outbox.json'))
  for (let k = 0; k < 40; k++) outbox.add(signBatch(batchOf([transfer(1n)]), KEY, NOW + k))
  t.equal(outbox.list().length, 40)
  const more = signBatch(batchOf([transfer(1n)]), KEY, NOW + 40)
  t.throws(() => outbox.add(more), {
    code: 'E_WALLET_FULL',
    message: '40 signed batches wait for their block already',
  })

  const large = join(folder, 'large')
  truncateSync(large, 64 * 2 ** 20)
  t.throws(() => readWallet(large), {
    code: 'E_WALLET_FILE',
    message: `${large} is no wallet: it is too large`,
  })
  t.throws(() => lockWallet(join(large, 'wallet.json')), { code: 'E_WALLET_FILE', message: /cannot be used/ })
  writeFileSync(large, '{"pegminer":"wallet","version":1}')
  t.throws(() => readWallet(large), { message: /is no wallet: \w+ is not as it must be$/ })

  const batch =
    (...transactions: readonly object[]) =>
    () =>
      readBatchFile(JSON.stringify({ transactions }))
  const table: readonly (readonly [read: () => unknown, message: string | RegExp])[] = [
    [() => readBatchFile('x'), 'the file holds no JSON, or too much of it'],
    [() => readBatchFile('5'), 'the file is no batch at its top: see docs/wallet.md for its three forms'],
    [batch(), /^the file is no batch at transactions: /],
    [batch({ token: 'pXXX', amount: '1', into: 'pUSD' }), 'there is no token "pXXX"'],
    [batch({ token: 'pUSD', amount: '1', into: 'pXXX' }), 'there is no token "pXXX"'],
    [batch({ token: 'pUSD', amount: '0', into: 'pEUR' }), /^"0" is no amount/],
  ]
  for (const [read, message] of table) t.throws(read, { code: 'E_WALLET_BATCH', message })
  t.match(batch({ token: 'pUSD', amount: '1.5', into: 'pEUR' })(), {
    plan: [{ ticker: 'pUSD', amount: 150_000_000n, target: 'pEUR' }],
  })
  t.end()
})
