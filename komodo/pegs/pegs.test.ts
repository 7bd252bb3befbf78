import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

import { vectors } from '../fixtures/vectors.js'
import { inspectWithdraw } from '../inspect.js'
import { evaluateExpression, parseExpression, priceBy } from './expression.js'
import * as formulas from './formulas.js'
import type { KomodoClient } from '../client.js'
import * as tx from '../tx/index.js'
import { accountAt } from './accounts.js'
import { stateOf } from './creator.js'
import { stagesOf } from './creator-states.js'
import { tokenOf, type HolderView, type Peg, type PegToken } from './holder.js'
import { openJournal } from './journal.js'
import { victimsIn, zonesIn, type Standing } from './standing.js'
import { readPlan } from './plan.js'
import { inspectClaim, inspectDeposit, inspectFund, inspectGet, inspectRedeem } from './inspect-account.js'
import { outcomeOf, type Operation } from './operations.js'
import { decideWrite } from './write-states.js'

const FEEDS = ['BTC_USD', 'BTC_GBP', 'BTC_EUR', 'KMD_BTC', 'ETH_BTC']
const VALUES = new Map([
  ['KMD_BTC', 8_000n],
  ['BTC_USD', 846_974_170_000n],
  ['ETH_BTC', 2_000_000n],
  ['BTC_GBP', 0n],
])

t.test('price expressions: the example of the module, means, every operation', (t) => {
  t.equal(priceBy('KMD_BTC,BTC_USD,*,1', VALUES), 67_757_933n, 'KMD in USD')
  const eth = (2_000_000n * 846_974_170_000n) / 100_000_000n
  t.equal(priceBy('KMD_BTC,BTC_USD,*,1,ETH_BTC,BTC_USD,*,1', VALUES), (67_757_933n + eth) / 2n, 'a mean')
  t.equal(
    priceBy('KMD_BTC,BTC_USD,*,3,ETH_BTC,BTC_USD,*,1', VALUES),
    (67_757_933n * 3n + eth) / 4n,
    'weighted',
  )
  const three = new Map([
    ['A', 300_000_000n],
    ['B', 200_000_000n],
    ['C', 400_000_000n],
  ])
  for (const [operation, price] of [
    ['***', 2_400_000_000n],
    ['**/', 150_000_000n],
    ['*//', 37_500_000n],
    ['///', 4_166_666n],
  ] as const)
    t.equal(priceBy(`A,B,C,${operation},1`, three), price, operation)
  t.equal(priceBy('A,B,/,1', three), 150_000_000n)
  t.equal(priceBy('B,!,1', three), 50_000_000n)
  t.end()
})

t.test(
  'price expressions that a daemon reads as 0 without a word are refused with its number and a reason',
  (t) => {
    for (const [text, code, message] of [
      ['', -1, /empty/],
      ['KMD_USD,1', -2, /"KMD_USD" is neither/],
      ['KMD_BTC, BTC_USD,*,1', -2, /" BTC_USD"/],
      ['KMD_BTC,0', -2, /"0"/],
      ['KMD_BTC,2048', -2, /"2048"/],
      ['KMD_BTC,*,1', -3, /needs 2 values and finds 1/],
      ['1', -3, /needs 1 values and finds 0/],
      ['KMD_BTC,BTC_USD,ETH_BTC,BTC_EUR,***,*,1', -4, /more than 3/],
      ['KMD_BTC,BTC_USD,*', -5, /must end with a weight/],
      ['KMD_BTC,BTC_USD,1,*,1', -5, /exactly one value/],
    ] as const) {
      const parsed = parseExpression(text, FEEDS)
      t.match(parsed, { ok: false, code, message }, text)
      t.equal(priceBy(text, VALUES), 0n, `${text} has no price`)
    }
    t.equal(priceBy('KMD_BTC,BTC_GBP,*,1', VALUES), 0n, 'a feed without a price')
    const huge = parseExpression('BTC_USD,BTC_USD,BTC_USD,***,1', FEEDS)
    t.equal(huge.ok && evaluateExpression(huge.steps, () => 2n ** 62n), 0n, 'beyond 64 bits')
    t.end()
  },
)

t.test('the table of liquidations, and what was measured', (t) => {
  const account = { deposit: 1_000_000n, debt: 720_000n }
  for (const [price, ratio, reward, pool, worth] of [
    [80_000_000n, 9_000n, 950_500n, 49_500n, 760_400n],
    [77_000_000n, 9_350n, 983_635n, 16_365n, 757_398n],
    [75_600_000n, 9_523n, 999_999n, 1n, 755_999n],
    [75_000_000n, 9_600n, 1_007_200n, -7_200n, 755_400n],
  ] as const) {
    const found = formulas.liquidationOf(account, price)
    t.same(found, { reward, pool, burn: 720_000n, profit: worth - 720_000n }, `at ${price}`)
    t.equal(formulas.ratioOf(account.debt, formulas.valueOf(account.deposit, price)), ratio)
  }
  const measured = formulas.liquidationOf({ deposit: 87_342_510n, debt: 62_000_000n }, 78_000_000n)
  t.match(measured, { reward: 83_849_634n, pool: 3_492_876n })
  t.equal(formulas.tokensFor(10_000_000n, 78_940_000n), 12_667_848n)
  t.throws(() => formulas.tokensFor(1n, 0n), 'no price: never a number')
  t.end()
})

t.test('how much an account can get, and when a ratio is over a limit', (t) => {
  const usual = formulas.USUAL_THRESHOLDS
  t.equal(formulas.mostToGet({ deposit: 1_000_000n, debt: 0n }, 90_000_000n, usual), 720_000n, 'the example')
  t.equal(formulas.mostToGet({ deposit: 1_000_000n, debt: 720_001n }, 90_000_000n, usual), 0n)
  t.notOk(formulas.isAbove(720_000n, 900_000n, 80n), 'exactly 80 % passes')
  t.ok(formulas.isAbove(720_001n, 900_000n, 80n))
  t.ok(formulas.isAtLeast(810_000n, 900_000n, 90n))
  t.equal(formulas.ratioOf(1n, 0n), null)
  const tokens = [
    { deposit: 100_000_000n, debt: 72_000_000n, pool: 0n, price: 90_000_000n },
    { deposit: 50_000_000n, debt: 0n, pool: 0n, price: 22_500_000_000n },
  ]
  const { debt, value } = formulas.globalSums(tokens)
  t.equal(formulas.ratioText(debt, value), '0.63%', 'deposits without debt count too')
  t.equal(formulas.ratioText(1n, 0n), 'inf%')
  t.end()
})

const VIEW: HolderView = {
  ...{ price: 90_000_000n, market: 90_000_000n, blocksLeft: 0, unreadable: null, height: 3_000 },
  ...{
    account: { deposit: 1_000_000n, debt: 0n },
    tokens: 5_000_000n,
    coins: 0n,
    ratio: 0n,
    mostToGet: 720_000n,
  },
}

t.test('what a daemon would lose, hang at or build in vain is not sent', (t) => {
  const refuses = (
    message: RegExp,
    operation: Operation,
    view: Partial<HolderView> = {},
    coins: bigint[] = [],
  ) =>
    t.throws(
      () => outcomeOf(operation, { ...VIEW, ...view }, coins),
      { code: 'E_PEGS_REFUSED', message },
      String(message),
    )
  refuses(/above 0/, { do: 'fund', sat: 0n })
  refuses(/above 0/, { do: 'fund', sat: -1n })
  refuses(/you have 0.05000000 tokens in blocks, not 0.05000001/, { do: 'fund', sat: 5_000_001n })
  refuses(/at most 0.00720000 more/, { do: 'get', sat: 720_001n })
  refuses(/dust/, { do: 'get', sat: 0n })
  refuses(/no price for 12 blocks more/, { do: 'get', sat: 1_000n }, { price: 0n, blocksLeft: 12 })
  refuses(/pegs fund first/, { do: 'get', sat: 1_000n }, { account: null })
  refuses(/no account to redeem/, { do: 'redeem' }, { account: { deposit: 0n, debt: 0n } })
  refuses(/pegs get 0.001 first, then redeem/, { do: 'redeem' })
  const owing = { account: { deposit: 1_000_000n, debt: 640_000n } }
  refuses(/you need 0.00640000 coins .* have 0.00500000/, { do: 'redeem' }, owing, [500_000n])
  refuses(/outputs are too small/, { do: 'redeem' }, owing, [...Array.from({ length: 100 }, () => 9_999n)])
  t.same(
    outcomeOf({ do: 'get', sat: 720_000n }, VIEW, []).after,
    { deposit: 1_000_000n, debt: 720_000n },
    'exactly 80 %',
  )
  t.same(outcomeOf({ do: 'redeem' }, { ...VIEW, ...owing }, [640_000n]), {
    ...{ after: { deposit: 0n, debt: 0n }, tokens: 1_000_000n, coins: -640_000n, amount: 1_000_000n },
  })
  t.end()
})

t.test('what contradicts itself in a plan', (t) => {
  const pubkeys = [1, 2].map((n) => tx.publicKeyOf(new Uint8Array(32).fill(n)))
  const gateway = { token: 'KMD', supply: '100', price: 'KMD_BTC,1' }
  const problems = (changes: Readonly<Record<string, unknown>>): string[] => {
    const raw = { asset: 'PEGS', pubkey: pubkeys[0], amount: '100', gateways: [gateway], ...changes }
    const read = readPlan(raw)
    return 'problems' in read ? read.problems.map(({ path, message }) => `${path.join('.')}: ${message}`) : []
  }
  t.same(problems({}), [])
  t.match(problems({ gateways: [] }), [/gateways: /])
  t.same(problems({ gateways: [{ ...gateway, signatures: 2 }] }), [
    'gateways.0.signatures: 2 signatures of 1 keys are not possible',
  ])
  t.same(problems({ gateways: [gateway, gateway] }), [
    'gateways.1.token: KMD is the name of another: the daemon tells accounts apart by it',
  ])
  t.same(problems({ gateways: [{ ...gateway, pubkeys: [pubkeys[1], pubkeys[1]] }] }), [
    'gateways.0.pubkeys: a key stands there twice',
  ])
  t.match(problems({ options: ['-debug=pegscc', 'rm -rf'] }), [/^options: rm -rf is no option of komodod/])
  t.ok('problems' in readPlan(undefined), 'no plan at all')
  t.end()
})

t.test('where a creation stands, by what is written down', (t) => {
  const pubkey = tx.publicKeyOf(new Uint8Array(32).fill(1))
  const gateways = [{ token: 'KMD', supply: '100', price: 'KMD_BTC,1', subscriptions: 1 }]
  const read = readPlan({ asset: 'PEGS', pubkey, amount: '100', gateways })
  if ('problems' in read) return t.fail(JSON.stringify(read.problems))
  const plan = read.value
  const facts = new Map<string, string>()
  const state = () => stateOf(plan, { fact: (name) => facts.get(name) ?? null })
  t.equal(state(), 'PREFLIGHT')
  facts.set('up', 'yes')
  for (const { id, state: next } of stagesOf(plan)) {
    t.equal(state(), next)
    facts.set(`done:${id}`, 'ab')
  }
  t.equal(state(), 'RESTART')
  facts.set('restarted', 'ab')
  t.equal(state(), 'FEED')
  facts.set('ready', 'yes')
  t.equal(state(), 'READY')
  t.end()
})

t.test('the token that is meant', (t) => {
  const peg = (...names: string[]) => ({ tokens: names.map((name) => ({ name })) }) as unknown as Peg
  t.match(tokenOf(peg('KMD'), undefined), { name: 'KMD' })
  t.match(tokenOf(peg('KMD', 'BTC'), 'BTC'), { name: 'BTC' })
  const refused = (of: Peg, named: string | undefined, message: string) =>
    t.throws(() => tokenOf(of, named), { code: 'E_PEGS_REFUSED', message })
  refused(peg('KMD', 'BTC'), undefined, 'the peg has KMD, BTC: say which with --gateway')
  refused(peg('KMD', 'BTC'), 'ETH', 'the peg has no ETH, but KMD, BTC')
  t.end()
})

t.test('what is written down of one plan is not gone on with for another', (t) => {
  const file = join(t.testdir(), 'journal.json')
  const journal = openJournal(file, 'one')
  journal.put('token', { txid: 'ab', hex: '00', expiry: 0, version: 4 })
  journal.put('token', { txid: 'ab', hex: '00', expiry: 0, version: 4 })
  t.same(openJournal(file, 'one').state.dead, [], 'the same is no other')
  journal.put('token', { txid: 'cd', hex: '00', expiry: 0, version: 4 })
  t.match(openJournal(file, 'one').state.dead, [{ txid: 'ab' }], 'what was built before is remembered')
  t.throws(() => openJournal(file, 'two'), { code: 'E_PEGS_STATE', message: /is about another plan/ })
  for (const damaged of [
    '{}',
    '7',
    '{"version":2}',
    '{"version":1,"subject":"one","writes":{},"dead":{},"facts":{}}',
  ]) {
    writeFileSync(file, damaged)
    t.throws(() => openJournal(file, 'one'), { code: 'E_PEGS_STATE' }, damaged)
  }
  t.end()
})

t.test('without a price no account is in any zone', (t) => {
  const token = { tokenId: 'ab' } as PegToken
  const peg = { thresholds: formulas.USUAL_THRESHOLDS } as Peg
  const standing = { prices: new Map(), accounts: [] } as unknown as Standing
  t.same(victimsIn(standing, peg, token), [])
  t.equal(zonesIn(standing, peg, token), null)
  t.end()
})

t.test('accounts that a transaction left behind', async (t) => {
  const id = 'ab'.repeat(32)
  const [pegsTxid, tokenId, pubkey] = ['cd'.repeat(32), 'ef'.repeat(32), `02${'11'.repeat(32)}`]
  const state = { pegsTxid, pubkey, amount: 1n, deposit: 5n, debt: 2n }
  const transfer = (op: tx.PegsOp, owners: readonly string[] = [pubkey]): tx.ModuleOp => ({
    ...{ op: 'token-transfer', tokenId, owners },
    blobs: [{ id: tx.PEGS_BLOB, op, raw: '' }],
  })
  const after = (op: tx.ModuleOp | null) => {
    const script = op === null ? '51' : tx.opScript(op)
    const hex = tx.encodeTransaction(tx.saplingTransaction([], [{ value: 0n, script }], { expiryHeight: 0 }))
    const client = { transaction: () => Promise.resolve({ hex }) } as unknown as KomodoClient
    return accountAt(client, { pegsTxid, txid: id }, { signal: new AbortController().signal })
  }
  const left = { txid: id, tokenId, owner: pubkey, deposit: 5n, debt: 2n, exchanged: false }
  t.same(await after(transfer({ op: 'pegs-fund', ...state })), left)
  const exchange = { op: 'pegs-exchange', ...state } as const
  t.same(await after(transfer(exchange, ['', pubkey])), { ...left, exchanged: true })
  t.equal(await after(transfer(exchange, [pubkey, ''])), null, 'out of the pool alone')
  t.equal(await after(transfer(exchange)), null, 'out of the pool alone, in another form')
  t.equal(await after(exchange), null, 'of no token')
  t.equal(await after(transfer({ op: 'pegs-liquidate', ...state })), null, 'liquidated')
  t.equal(await after(transfer({ op: 'pegs-fund', ...state, pegsTxid: id })), null, 'of another peg')
  t.equal(await after({ op: 'pegs-create', bindTxids: [] }), null)
  t.equal(await after(null), null, 'of no module')
  const none = { transaction: () => Promise.resolve(null) } as unknown as KomodoClient
  t.equal(await accountAt(none, { pegsTxid, txid: id }, { signal: new AbortController().signal }), null)
})

t.test('a transaction is built anew only when the old one is proven dead', (t) => {
  const write = { txid: '', hex: '', expiry: 200, version: 4 }
  const nowhere = { at: 'nowhere', height: 150, sapling: true, inputs: 'open' } as const
  t.same(decideWrite(null, nowhere, 1), { do: 'build' })
  t.same(decideWrite(write, nowhere, 1), { do: 'send' })
  t.same(
    decideWrite(write, { ...nowhere, height: 200 }, 1),
    { do: 'wait', for: 'block' },
    'expired, but not for long',
  )
  t.same(decideWrite(write, { ...nowhere, height: 211 }, 1), { do: 'build' })
  t.same(decideWrite(write, { ...nowhere, inputs: 'taken' }, 1), { do: 'build' })
  t.same(
    decideWrite({ ...write, expiry: 0 }, { ...nowhere, height: 9_999 }, 1),
    { do: 'send' },
    'an issue never expires',
  )
  t.same(
    decideWrite({ ...write, version: 1, expiry: 0 }, nowhere, 1),
    { do: 'build' },
    'of the version before',
  )
  t.same(decideWrite(write, { at: 'mempool' }, 1), { do: 'wait', for: 'block' })
  t.same(decideWrite(write, { at: 'mempool' }, 0), { do: 'done', height: null })
  t.same(decideWrite(write, { at: 'block', confirmations: 1, height: 7 }, 2), {
    do: 'wait',
    for: 'confirmations',
  })
  t.same(decideWrite(write, { at: 'block', confirmations: 2, height: 7 }, 2), { do: 'done', height: 7 })
  t.end()
})

t.test('the transactions of the tutorial are what its commands asked for, and nothing else passes', (t) => {
  const hexes = vectors.transactions
  const pubkey = '0217a6aa6c0fe017f9e469c3c00de5b3aa164ca410e632d1c04169fd7040e20e06'
  const around = { height: 39_000, pubkey }
  const pegsTxid = 'a9539ec8db34ee44ff213cda59f412a02795821cf05844b0bc184660711371f7'
  const tokenId = '1a459712f1e79a544efdf55cfb3e111c5df3300a4da4d16cb3b963bbb50aebf1'
  const bindTxid = '50384e7668bd6908d8e0b67f1450c56f017186d802b1065c3258302a30b5adb2'
  const coin = 'KMD'
  const { proof } = vectors
  const deposit = {
    ...{ bindTxid, coin, height: proof.block.height, coinTxid: proof.txid, claimVout: 0 },
    ...{ depositHex: hexes.payment, proof: proof.hex, amount: 1_000_000n },
  }
  const depositTxid = '9e08b1c5ac37cbce997ceaa68d4ca2d1368b815e8de275bb54d5e230a1341b5f'
  const claim = { bindTxid, tokenId, coin, depositTxid, amount: 1_000_000n }
  const of = (amount: bigint, after: formulas.AccountState) => ({ pegsTxid, tokenId, amount, after })
  const fund = of(1_000_000n, { deposit: 1_000_000n, debt: 0n })
  const get = of(100_000n, { deposit: 1_000_000n, debt: 100_000n })
  const redeem = { ...of(1_000_000n, { deposit: 0n, debt: 0n }), debt: 730_000n }
  const withdrawPubkey = '03fa41b540b99161257c3a51e7c1598666361b739dce6a171d2d426255c92fb0e1'
  const withdraw = { bindTxid, coin, withdrawPubkey, sat: 1_000_000n, tokenId }
  t.equal(inspectDeposit(hexes.gatewaysdeposit, deposit, around).txid, depositTxid)
  t.equal(inspectClaim(hexes.gatewaysclaim, claim, around).tx.inputs[1]?.txid, depositTxid)
  t.same(
    inspectFund(hexes.pegsfund, fund, around).tx.outputs.map(({ value }) => value),
    [10_000n, 10_000n, 1_000_000n, 999_939_900n, 0n],
  )
  t.equal(inspectGet(hexes.pegsget, get, around).tx.expiryHeight, 0)
  t.equal(inspectRedeem(hexes.pegsredeem, redeem, around).tx.inputs.length, 30)
  t.ok(inspectWithdraw(hexes.gatewayswithdraw, withdraw, around).txid)
  const refuses = (inspect: () => unknown) => t.throws(inspect, { code: 'E_KOMODO_INSPECT' })
  refuses(() => inspectDeposit(hexes.gatewaysdeposit, { ...deposit, amount: 999_999n }, around))
  refuses(() => inspectClaim(hexes.gatewaysclaim, { ...claim, tokenId: bindTxid }, around))
  refuses(() => inspectFund(hexes.pegsfund, { ...fund, pegsTxid: bindTxid }, around))
  refuses(() => inspectGet(hexes.pegsget, { ...get, after: fund.after }, around))
  refuses(() => inspectRedeem(hexes.pegsredeem, { ...redeem, debt: 729_999n }, around))
  refuses(() => inspectWithdraw(hexes.gatewayswithdraw, { ...withdraw, withdrawPubkey: pubkey }, around))
  t.end()
})
