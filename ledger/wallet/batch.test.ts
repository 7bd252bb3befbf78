import t from 'tap'

import { verifyEd25519 } from '../../factom/index.js'
import { networkOf } from '../../pegnet/index.js'
import { ALICE, BOB, TRANSACTIONS, utf8 } from '../fixtures/sign.js'
import { ledgerChains } from '../block.js'
import { inPlaceOf } from '../engine/averages.js'
import { inDollars } from '../engine/dollars.js'
import type { Pending } from '../engine/pending.js'
import { creditBurns } from '../engine/rewards.js'
import type { Balances } from '../engine/types.js'
import { rulesOf } from '../rules.js'
import type { LedgerAction } from '../store/pages.js'
import { typedAddress } from '../transactions/address.js'
import type { LedgerTransaction } from '../transactions/types.js'
import { composeBatch, goodUntil, readSigned, signBatch } from './batch.js'
import { composeBurn, requireBurns } from './burn.js'
import { changesOf } from './changes.js'
import { signingKey } from './keys.js'
import { lookAt, requireAccepted, sameOf, signedBefore } from './look.js'
import { fateOf } from './outbox.js'
import { amountOf, batchFileText, readBatchFile, recipientOf, transactionsOf } from './plan.js'
import { previewOf } from './preview.js'
import type { LastPrices, LedgerSource } from './source.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const SAND = signingKey('Fs3E9gV6DXsYzf7Fqx1fVBQPQXV695eP3k5XbmHEZVRLkMdD9qCK')
const alice = Buffer.from(ALICE.rcdHash).toString('hex')
const bob = Buffer.from(BOB.rcdHash).toString('hex')
const code = (wanted: string) => ({ code: wanted })
const PEG = 100_000_000n
const convert = (amount: bigint, ticker: string, target: string): LedgerTransaction => ({
  kind: 'conversion',
  input: { address: alice, ticker, amount },
  target,
})
const give = (amount: bigint, ticker: string): LedgerTransaction => ({
  ...{ kind: 'transfer', input: { address: alice, ticker, amount } },
  outputs: [{ address: bob, amount }],
})

t.test('what people write', (t) => {
  for (const [text, units] of [
    ['1', PEG],
    ['0.00000001', 1n],
    ['.5', PEG / 2n],
    ['12345678901.12345678', 1234567890112345678n],
  ] as const)
    t.equal(amountOf(text), units, text)
  for (const wrong of [
    '',
    '.',
    '0',
    '0.0',
    '-1',
    '+1',
    '1.',
    '1.123456789',
    '1e3',
    '1,5',
    ' 1',
    'NaN',
    '9'.repeat(21),
  ])
    t.throws(() => amountOf(wrong), code('E_WALLET_BATCH'), wrong)

  t.equal(recipientOf(BOB.address, 'pUSD', null), bob)
  t.equal(recipientOf(typedAddress(bob, 'pUSD'), 'pUSD', null), bob)
  t.throws(() => recipientOf(typedAddress(bob, 'PEG'), 'pUSD', null), /an address for PEG, not for pUSD/)
  t.throws(
    () => recipientOf(typedAddress(bob, 'PEG').replace('PEG', 'pUSD'), 'pUSD', null),
    code('E_LEDGER_ADDRESS'),
  )
  const [gateway, user] = [
    'FE1fftuTNoUn5UHSZUSLEX8o7nbKKQGDbgNHuowbZA6CPas9kWrA',
    'Fe1UgCvpEx72E1fXYZUjfSk5bUGFUrTaZ5zzzVC7QuGz4vCjkoLM',
  ]
  t.equal(
    recipientOf(user, 'PEG', 'factoid'),
    recipientOf('FA2M5uK3aPrJ8RfHdbTUL1ySxp22s3TwQ3Js6n7jss7QErw3S6ae', 'PEG', null),
  )
  t.equal(recipientOf(gateway, 'PEG', 'ethereum'), recipientOf(user, 'PEG', null))
  t.throws(() => recipientOf(gateway, 'PEG', 'factoid'), /only an address of Ethereum/)
  for (const wrong of [
    ...['', 'FA', BOB.address.replace('Pd', 'Pe'), 'EC3TsJHUs8bzbbVnratBafub6toRYdgzgbR7kWwCW4tqbmyySRmg'],
    // The zero address with another prefix: the ledger takes it, people do not mean it.
    'FA3upjWMKHmStAHR5ZgKVK4zVHPb8U74L2wzKaaSDQEonHeWQ7t5',
  ])
    t.throws(() => recipientOf(wrong, 'PEG', null), code('E_WALLET_BATCH'), wrong)
  t.end()
})

t.test('a batch as the reference signs it', (t) => {
  const content =
    '{"version":1,"transactions":[{"input":{"address":"FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q","amount":10000000000,"type":"PEG"},"transfers":[{"address":"FA3ppia1ZbcuXHdhAYLKBU89JKNVdFJVGiRQS3ziNtqhcoFvFxqJ","amount":10000000000}]}]}'
  t.equal(ledgerChains(networkOf('MainNet')).transactions, TRANSACTIONS)
  const plan = readBatchFile(
    JSON.stringify({
      transactions: [
        {
          token: 'PEG',
          to: [{ address: 'FA3ppia1ZbcuXHdhAYLKBU89JKNVdFJVGiRQS3ziNtqhcoFvFxqJ', amount: '100' }],
        },
      ],
    }),
  )
  if (plan.kind !== 'plan') return t.fail('a plan')
  const unsigned = composeBatch(TRANSACTIONS, transactionsOf(plan.plan, alice, 'factoid'))
  t.equal(Buffer.from(unsigned.content).toString(), content)
  const signed = signBatch(unsigned, SAND, 1_600_000_000)
  t.equal(signed.entry.hash, '988a8780d19ac422e60cbf26cae3ed33e445d30e5864f41d25b2cf3b883e4559')
  t.equal(goodUntil(signed), 1_600_043_200)

  t.same(readBatchFile(batchFileText(unsigned)), {
    kind: 'unsigned',
    batch: { ...unsigned, content: Buffer.from(content) },
  })
  const file = batchFileText(signed)
  t.match(readBatchFile(file), {
    kind: 'signed',
    batch: { address: alice, entry: { hash: signed.entry.hash } },
  })
  for (const wrong of [
    file.replace('10000000000,', '20000000000,'),
    file.replace('313630', '313631'),
    file.replace(TRANSACTIONS, '00'.repeat(32)),
    batchFileText(unsigned).replace('PEG', 'PEX'),
    ...['', '[]', '{}', '{"transactions":[]}', '{"transactions":[{"token":"PEG"}]}', '['.repeat(100)],
    '{"transactions":[{"token":"peg","amount":"1","into":"pUSD"}]}',
    '{"transactions":[{"token":"PEG","amount":1,"into":"pUSD"}]}',
    '{"transactions":[{"token":"PEG","amount":"1","into":"pUSD","fee":"1"}]}',
  ])
    t.throws(() => readBatchFile(wrong), code('E_WALLET_BATCH'), wrong.slice(0, 70))
  t.throws(
    () => signBatch({ ...unsigned, content: utf8(content.replace('jK2', 'jK3')) }, SAND, 1),
    code('E_WALLET_BATCH'),
  )
  t.throws(
    () => signBatch(unsigned, signingKey(`0x${'11'.repeat(32)}`), 1),
    /signature/,
    'the key of another address',
  )
  t.throws(() => readSigned({ ...signed.entry, extIds: [] }), code('E_WALLET_BATCH'))
  t.throws(
    () => transactionsOf([{ ticker: 'PEG', amount: 1n, target: 'PEG' }], alice, null),
    /change nothing/,
  )
  t.throws(() => composeBatch(TRANSACTIONS, [convert(1n << 63n, 'PEG', 'pUSD')]), code('E_WALLET_BATCH'))
  return t.end()
})

const PRICES: LastPrices = {
  height: 99,
  rates: new Map([
    ['PEG', 200_000n],
    ['pUSD', PEG],
    ['pEUR', 2n * PEG],
    ['pFCT', 1000n],
  ]),
  averages: new Map([
    ['PEG', 100_000n],
    ['pUSD', PEG],
    ['pEUR', 3n * PEG],
    ['pFCT', 1000n],
  ]),
}
const HELD: Balances = new Map([
  ['PEG', 1000n * PEG],
  ['pUSD', 10n * PEG],
])

t.test('what the ledger would make of it', (t) => {
  const dev = rulesOf(networkOf('dev'))
  const at = (height: number, prices: LastPrices | null = PRICES, rules = rulesOf(networkOf('MainNet'))) => ({
    ...{ height, prices, rules, available: HELD },
  })
  const looked = (transactions: LedgerTransaction[], terms = at(300_000)) => previewOf(transactions, terms)
  matchExactly(t, looked([convert(10n * PEG, 'PEG', 'pUSD')]), {
    kind: 'executed',
    converted: [{ index: 0, amount: PEG / 100n, refund: null }],
  })
  matchExactly(
    t,
    looked([convert(6n * PEG, 'pUSD', 'pEUR')]),
    { converted: [{ amount: 2n * PEG }] },
    'the worse of both',
  )
  matchExactly(t, looked([convert(6n * PEG, 'pUSD', 'pEUR')], at(290_000)), {
    converted: [{ amount: 3n * PEG }],
  })
  t.match(
    looked([convert(10n * PEG, 'PEG', 'pUSD'), give(PEG / 100n, 'pUSD')]),
    { kind: 'executed' },
    'a transaction may spend what the one before has brought',
  )
  matchExactly(t, looked([give(PEG, 'PEG')], at(300_000, null)), { kind: 'executed', converted: [] })
  t.match(looked([convert(PEG, 'PEG', 'pUSD')], at(300_000, null)), { kind: 'unpriced' })
  for (const [transaction, status, height] of [
    [give(1001n * PEG, 'PEG'), -1, 300_000],
    [convert(1001n * PEG, 'PEG', 'pUSD'), -1, 300_000],
    [convert(PEG, 'pUSD', 'PEG'), -2, 300_000],
    [convert(PEG, 'pUSD', 'pFCT'), -3, 300_000],
    [convert(PEG, 'PEG', 'pJPY'), -4, 300_000],
    [convert(PEG, 'PEG', 'pFCT'), -3, 220_346],
  ] as const)
    t.match(looked([transaction], at(height)), { kind: 'refused', status }, String(status))
  matchExactly(
    t,
    looked([convert(10n * PEG, 'pUSD', 'PEG')], at(230_000)),
    { kind: 'executed', converted: [{ amount: 5000n * PEG, refund: 0n }] },
    'from the bank',
  )
  const dear = { ...PRICES, rates: new Map(PRICES.rates).set('PEG', 100n) }
  matchExactly(t, looked([convert(10n * PEG, 'pUSD', 'PEG')], at(230_000, dear)), {
    converted: [{ amount: 5000n * PEG, refund: 10n * PEG - 500_000n }],
  })
  const young = { ...PRICES, averages: new Map<string, bigint>() }
  t.match(
    looked([convert(PEG, 'PEG', 'pUSD')], at(300_000, young)),
    { kind: 'dropped' },
    'it would wait for ever',
  )
  t.match(looked([convert(PEG, 'PEG', 'pUSD')], at(5, PRICES, dev)), { kind: 'executed' })
  const rated = inPlaceOf(new Map([['PEG', 5n]]), PRICES.rates, dev)
  t.same([rated.get('PEG'), rated.get('pEUR')], [5n, 2n * PEG], 'on dev the rate stands in for an average')
  const strict = inPlaceOf(new Map([['PEG', 5n]]), PRICES.rates, rulesOf(networkOf('local')))
  t.same([...strict], [['PEG', 5n]], 'elsewhere there is none, as in the reference')
  t.equal(inDollars(PRICES, false)(1000n * PEG, 'PEG'), 2n * PEG)
  t.equal(inDollars(PRICES, true)(1000n * PEG, 'PEG'), PEG)
  t.equal(inDollars(PRICES, true)(PEG, 'pJPY'), null)
  t.end()
})

/** A ledger that knows one address, with what waits there. */
const sourceOf = (history: readonly Partial<LedgerAction>[], known: readonly string[] = []) =>
  ({
    height: () => Promise.resolve(300_000),
    prices: () => Promise.resolve(PRICES),
    balances: () => Promise.resolve(HELD),
    history: () => Promise.resolve(history),
    statusOf: (hash: string) => Promise.resolve(known.includes(hash) ? { height: 1, status: 1 } : null),
  }) as unknown as LedgerSource

t.test('nothing is spent twice', async (t) => {
  const rules = rulesOf(networkOf('MainNet'))
  const batch = (amount: bigint) =>
    signBatch(composeBatch(TRANSACTIONS, [give(amount, 'PEG')]), SAND, 1_600_000_000)
  const [first, second] = [batch(400n * PEG), batch(300n * PEG)]
  const outbox = { list: () => [first, second], add: () => {}, remove: () => {} }
  const look = (wanted: bigint, source: LedgerSource) =>
    lookAt(composeBatch(TRANSACTIONS, [give(wanted, 'PEG')]), { source, outbox, rules })
  const accepted = async (wanted: bigint, source: LedgerSource) =>
    requireAccepted(await look(wanted, source), composeBatch(TRANSACTIONS, [give(wanted, 'PEG')]))
  const waits = { status: 0, address: alice, ticker: 'PEG', amount: 100n * PEG }
  await accepted(300n * PEG, sourceOf([]))
  await t.rejects(accepted(300n * PEG + 1n, sourceOf([])), {
    code: 'E_WALLET_REFUSED',
    message: 'the address has 300 PEG to spend; 700 PEG are on their way already',
  })
  await accepted(700n * PEG, sourceOf([], [first.entry.hash]))
  await t.rejects(accepted(201n * PEG, sourceOf([waits])), /has 200 PEG to spend; 800 PEG/)
  await accepted(
    300n * PEG,
    sourceOf([
      { ...waits, address: bob },
      { ...waits, status: 5 },
      { ...waits, status: -1 },
    ]),
  )
  for (const [prices, message] of [
    [null, /no rates yet/],
    [{ ...PRICES, averages: new Map() }, /wait for ever/],
  ] as const) {
    const source = { ...sourceOf([]), prices: () => Promise.resolve(prices) }
    const unsigned = composeBatch(TRANSACTIONS, [convert(PEG, 'PEG', 'pUSD')])
    const looked = await lookAt(unsigned, { source, outbox: { ...outbox, list: () => [] }, rules })
    t.throws(() => requireAccepted(looked, unsigned), message)
  }
  const earlier = (kind: 'open' | 'expired' | 'executed') => [
    { batch: first, fate: { kind, until: 0, height: 1 }, unfinished: false },
  ]
  const same = (amount: bigint, kind: Parameters<typeof earlier>[0]) =>
    sameOf(batch(amount), earlier(kind))?.batch
  t.equal(same(400n * PEG, 'open'), first)
  t.equal(same(400n * PEG, 'executed'), first, 'told this very moment')
  t.equal(same(400n * PEG, 'expired'), undefined)
  t.equal(same(401n * PEG, 'open'), undefined)
  t.match(signedBefore(first), { code: 'E_WALLET_AGAIN', message: first.entry.hash })
})

t.test('what became of a signed batch', (t) => {
  const batch = signBatch(composeBatch(TRANSACTIONS, [give(1n, 'PEG')]), SAND, 1_000)
  const fate = (
    found: { height: number; status: number } | null,
    ratesHeight: number | null,
    tipSeconds: number | null,
  ) => fateOf(batch, { found, ratesHeight, tipSeconds })
  const until = 1_000 + 43_200
  t.same(fate(null, 5, until), { kind: 'open', until })
  t.same(fate(null, 5, null), { kind: 'open', until })
  t.same(fate(null, 5, until + 1), { kind: 'expired' })
  const passed = (tipSeconds: number) => fateOf(batch, { found: null, passed: 4, ratesHeight: 5, tipSeconds })
  t.same(passed(until), { kind: 'passed', height: 4, until }, 'the same entry may come again')
  t.same(passed(until + 1), { kind: 'expired' })
  t.same(fate({ height: 4, status: 0 }, 4, until + 1), { kind: 'waiting', height: 4 })
  t.same(fate({ height: 4, status: 0 }, null, null), { kind: 'waiting', height: 4 })
  t.same(fate({ height: 4, status: 0 }, 5, null), { kind: 'dropped', height: 4 })
  t.same(fate({ height: 4, status: 6 }, 5, null), { kind: 'executed', height: 6 })
  t.same(fate({ height: 4, status: -3 }, 5, null), { kind: 'refused', height: 4, status: -3 })
  t.end()
})

t.test('factoids for pFCT', (t) => {
  const mainNet = rulesOf(networkOf('MainNet'))
  requireBurns(258_795, mainNet)
  t.throws(() => requireBurns(258_796, mainNet), /since block 258796 become nothing/)
  t.throws(() => requireBurns(0, rulesOf(networkOf('dev'))), {
    code: 'E_WALLET_BURN',
    message: /on this network/,
  })
  const burn = composeBurn(SAND, 5n * PEG, 1_600_000_000_000)
  const credited: unknown[] = []
  const paying = {
    pending: { add: (...values: unknown[]) => void credited.push(values) } as unknown as Pending,
    block: { height: 258_795, seconds: 0 },
    tell: () => {},
  }
  creditBurns([burn], paying)
  t.same(credited, [[alice, 'pFCT', 5n * PEG]], 'the ledger takes it for a burn of the whole input')
  t.ok(verifyEd25519(SAND.rcd.subarray(1), burn.ledger, burn.signatures[0]?.signature ?? new Uint8Array()))
  t.throws(() => composeBurn(signingKey(`0x${'11'.repeat(32)}`), 1n, 0), code('E_WALLET_KEY'))
  t.end()
})

t.test('what a line of the history changes', (t) => {
  const line = (given: Partial<LedgerAction>): LedgerAction => ({
    ...{
      hash: '',
      index: 0,
      height: 5,
      seconds: 0,
      status: 5,
      kind: 'transfer',
      address: alice,
      ticker: 'PEG',
    },
    ...{ amount: 10n, target: '', result: 0n, refund: null, outputs: [] },
    ...given,
  })
  const changes = (given: Partial<LedgerAction>, whose = alice) =>
    Object.fromEntries(changesOf(line(given), whose))
  const outputs = [
    { address: bob, amount: 4n },
    { address: alice, amount: 3n },
    { address: bob, amount: 3n },
  ]
  t.same(changes({ outputs }), { PEG: -7n })
  t.same(changes({ outputs }, bob), { PEG: 7n })
  t.same(changes({ kind: 'conversion', target: 'pUSD', result: 2n }), { PEG: -10n, pUSD: 2n })
  t.same(changes({ kind: 'conversion', target: 'pUSD', result: 2n, refund: 4n }), { PEG: -6n, pUSD: 2n })
  t.same(changes({ kind: 'coinbase', ticker: '', amount: 0n, target: 'PEG', result: 360n }), { PEG: 360n })
  t.same(changes({ kind: 'burn', ticker: 'FCT', target: 'pFCT', result: 10n }), { pFCT: 10n })
  t.same(changes({ kind: 'conversion', target: 'pUSD', result: 2n }, bob), {}, 'it is of another')
  t.same(changes({ outputs: [{ address: alice, amount: 10n }] }), {}, 'all of it stays')
  t.same(changes({ kind: 'conversion', target: 'pUSD', status: 0 }), {}, 'it waits')
  t.same(changes({ outputs, status: -1 }, bob), {}, 'it was refused')
  t.end()
})
