/** Withdrawals among dishonest co-signers and strangers: paid once, by the gateway alone, and not held up. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import t, { type Test } from 'tap'

import {
  decodeTransaction,
  decodeWif,
  encodeTransaction,
  markerAddress,
  payoutTransaction,
  type PayoutIntent,
  type Transaction,
  type WalletUtxo,
} from '../../komodo/index.js'
import type { Rig } from './fixtures/rig.js'
import { stage, type Stage } from './fixtures/stage.js'
import { createThief, payments } from './fixtures/thief.js'
import { openState, payoutsOf, type FeedState } from './ledger-file.js'
import { mostTogether } from './payouts.js'
import { askRuling, askSettle, readRequests } from './requests.js'
import { whyNotRelease } from './withdrawal.js'
import { LONG } from '../../test/fixtures/long.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const AMOUNT = 200_000_000n
const FEES = 20_000n
const THREE = { gateways: [{ m: 2, n: 3 }] }

const recordOf = ({ file }: Rig, txid: string) => file.state.withdrawals[txid]
const stepOf = (rig: Rig, txid: string): string | undefined => recordOf(rig, txid)?.step
const bindOf = ({ settings }: Rig): string => settings.bindTxid ?? ''

async function untilDone({ round }: Stage, txid: string, rigs: readonly Rig[]): Promise<void> {
  for (let k = 0; k < 40; k++) {
    if (rigs.some((rig) => stepOf(rig, txid) === 'done')) return
    await round(...rigs)
  }
  throw new Error(`not done: ${rigs.map((rig) => JSON.stringify(recordOf(rig, txid))).join(' ')}`)
}

/** A gateway of two of three, one of whom steals, and a withdrawal that is asked for. */
async function amongThree(t: Test, { asked = true } = {}) {
  const s = await stage(t, THREE)
  const thief = await s.rig({ operator: 0 })
  const folder = s.folder('honest')
  const honest = await s.rig({ operator: 1, folder })
  const other = await s.rig({ operator: 2 })
  const before = s.userCoins()
  return { s, thief, honest, other, folder, before, txid: asked ? s.ask(AMOUNT) : '' }
}

/** What a withdrawal asks for, as the signers see it. */
async function intentOf(rig: Rig, withdrawTxid: string): Promise<PayoutIntent> {
  const gateway = await rig.asset.gatewayInfo(bindOf(rig))
  const { items } = await rig.asset.pendingWithdrawals('A', bindOf(rig), 'KMD')
  const item = items.find((one) => one.withdrawTxid === withdrawTxid)!
  return {
    payAddress: item.payAddress,
    markerAddress: item.markerAddress,
    depositAddress: gateway.deposit,
    amount: item.amount,
    fee: 10_000n,
    versions: gateway.versions,
  }
}

const coinsOf = async (rig: Rig): Promise<readonly WalletUtxo[]> => {
  const { deposit } = await rig.asset.gatewayInfo(bindOf(rig))
  return rig.reference.unspent(1, [deposit])
}

interface Proposal {
  readonly coins?: (coins: readonly WalletUtxo[]) => readonly WalletUtxo[]
  readonly edit?: (tx: Transaction) => Transaction
}

/** A payout as a co-signer chooses it, with his signature. */
async function proposed(rig: Rig, withdrawTxid: string, { coins, edit }: Proposal = {}): Promise<string> {
  const intent = await intentOf(rig, withdrawTxid)
  const all = await coinsOf(rig)
  const { blocks } = await rig.reference.chainInfo()
  const raw = payoutTransaction(intent, coins?.(all) ?? all.slice(0, 1), blocks + 1_440)
  const tx = decodeTransaction(raw)
  return (await rig.reference.signRaw(encodeTransaction(edit?.(tx) ?? tx))).hex
}

/** Posts it where the line stands now. */
async function post(rig: Rig, withdrawTxid: string, hex: string): Promise<void> {
  const { items } = await rig.asset.pendingWithdrawals('A', bindOf(rig), 'KMD')
  const item = items.find((one) => one.withdrawTxid === withdrawTxid)
  await rig.asset.send(await rig.asset.partialSign(item?.lastTxid ?? withdrawTxid, 'KMD', hex))
}

const others = (rig: Rig, txid: string) => (coins: readonly WalletUtxo[]) => {
  const used = new Set(
    payoutsOf(recordOf(rig, txid)!).flatMap(({ inputs }) => inputs.map((one) => `${one.txid}:${one.vout}`)),
  )
  return coins.filter(({ txid: id, vout }) => !used.has(`${id}:${vout}`))
}

/** What our key signed for a withdrawal excludes each other. */
function oneOfAll(t: Test, rig: Rig, txid: string): void {
  const payouts = payoutsOf(recordOf(rig, txid)!)
  t.ok(payouts.length > 0)
  t.equal(mostTogether(payouts), 1, 'at most one of all that was signed can be mined')
}

t.test('a second payout of other coins gets no signature; the honest are two of three and pay', async (t) => {
  const { s, thief, honest, other, before, txid } = await amongThree(t)
  while (recordOf(honest, txid)?.payout == null) await s.round(honest)
  const first = recordOf(honest, txid)!.payout!
  // What he sent is forgotten, and another payout is mined in its place.
  await s.chains.control.restart('asset', 1, { loseMempool: true })
  s.chains.control.disconnect('asset', 1)
  await s.chains.control.restart('asset', 1, { loseMempool: true })
  s.chains.control.mine('asset', 1)
  await post(thief, txid, await proposed(thief, txid, { coins: others(honest, txid) }))
  s.chains.control.mine('asset', 2)
  for (let k = 0; k < 4; k++) await s.round(honest)
  oneOfAll(t, honest, txid)
  t.same(recordOf(honest, txid)!.payout!.inputs, first.inputs, 'the same payout, on top of his')
  t.equal(s.userCoins(), before)
  await untilDone(s, txid, [honest, other])
  oneOfAll(t, other, txid)
  const late = await thief.reference.signRaw(first.hex)
  if (late.complete) await t.rejects(thief.reference.send(late.hex), 'its coins are spent')
  s.chains.control.mine('reference', 2)
  t.equal(s.userCoins() - before, AMOUNT - FEES, 'once')
})

t.test('nor does a first one of coins that no honest signer would choose', async (t) => {
  const { s, thief, honest, other, before, txid } = await amongThree(t)
  const hex = await proposed(thief, txid, { coins: (coins) => coins.slice(-3) })
  await post(thief, txid, hex)
  s.chains.control.mine('asset', 2)
  await untilDone(s, txid, [honest, other])
  for (const rig of [honest, other]) oneOfAll(t, rig, txid)
  const spent = new Set(decodeTransaction(hex).inputs.map(({ txid: id, vout }) => `${id}:${vout}`))
  const signed = [honest, other].flatMap((rig) => payoutsOf(recordOf(rig, txid)!))
  t.notOk(signed.some(({ inputs }) => inputs.every((one) => spent.has(`${one.txid}:${one.vout}`))))
  t.equal(s.userCoins() - before, AMOUNT - FEES)
})

t.test(
  'two honest signers with payouts that do not exclude each other agree on one that excludes both',
  async (t) => {
    const s = await stage(t, THREE)
    const [a, b] = [await s.rig({ operator: 1 }), await s.rig({ operator: 2 })]
    const before = s.userCoins()
    const txid = s.chains.control.withdraw({ amount: AMOUNT })
    s.chains.control.mine('asset')
    for (const rig of [a, b]) await rig.withdrawPass()
    // As an earlier version of the program, or lost states, may have left them.
    const sign = async (rig: Rig, at: number) => {
      const hex = await proposed(rig, txid, { coins: (coins) => coins.slice(at, at + 1) })
      const tx = decodeTransaction(hex)
      const payout = {
        hex,
        inputs: tx.inputs.map(({ txid: id, vout }) => ({ txid: id, vout })),
        expiry: tx.expiryHeight,
        gone: null,
        dead: false,
      }
      rig.file.update((state) => ({
        ...state,
        withdrawals: { ...state.withdrawals, [txid]: { ...state.withdrawals[txid]!, payout, earlier: [] } },
      }))
    }
    await sign(a, 2)
    await sign(b, 5)
    await untilDone(s, txid, [a, b])
    for (const rig of [a, b]) oneOfAll(t, rig, txid)
    t.equal(s.userCoins() - before, AMOUNT - FEES)
  },
)

for (const [what, edit] of [
  ['a lock time of years to come', (tx: Transaction) => ({ ...tx, lockTime: 1_999_999_999 })],
  ['a lock time above the tip', (tx: Transaction) => ({ ...tx, lockTime: 100_000 })],
  [
    'an input that waits',
    (tx: Transaction) => ({ ...tx, inputs: tx.inputs.map((one) => ({ ...one, sequence: 0 })) }),
  ],
  ['no expiry', (tx: Transaction) => ({ ...tx, expiryHeight: 0 })],
  ['an expiry of years to come', (tx: Transaction) => ({ ...tx, expiryHeight: 400_000_000 })],
  ['an expiry that is near', (tx: Transaction) => ({ ...tx, expiryHeight: tx.expiryHeight - 1_430 })],
] as const)
  t.test(`a payout with ${what} is not signed; it is answered with a payout of ours`, async (t) => {
    const s = await stage(t, THREE)
    const [thief, honest] = [await s.rig({ operator: 0 }), await s.rig({ operator: 1 })]
    const txid = s.ask(AMOUNT)
    const hex = await proposed(thief, txid, { edit })
    await post(thief, txid, hex)
    s.chains.control.mine('asset', 2)
    for (let k = 0; k < 4; k++) await s.round(honest)
    const { payout } = recordOf(honest, txid)!
    const tip = s.chains.control.height('reference')
    const tx = decodeTransaction(payout!.hex)
    t.equal(tx.lockTime, 0)
    t.ok(tx.inputs.every(({ sequence }) => sequence === 0xffffffff))
    t.ok(tx.expiryHeight > tip + 1_000 && tx.expiryHeight <= tip + 1_440)
    const notices = honest.events.filter(({ event }) => event === 'notice')
    t.ok(notices.length <= 1, 'said once, however many blocks come')
  })

t.test('a lock time that has passed is harmless: such a payout is signed', async (t) => {
  const s = await stage(t, THREE)
  const [other, honest] = [await s.rig({ operator: 0 }), await s.rig({ operator: 1 })]
  const before = s.userCoins()
  const txid = s.ask(AMOUNT)
  const { tipTime } = await other.reference.nodeInfo()
  const hex = await proposed(other, txid, {
    coins: (coins) =>
      [...coins].sort((a, b) => b.confirmations - a.confirmations || (a.txid < b.txid ? -1 : 1)).slice(0, 1),
    edit: (tx) => ({
      ...tx,
      lockTime: tipTime!,
      inputs: tx.inputs.map((one) => ({ ...one, sequence: 0xfffffffe })),
    }),
  })
  await post(other, txid, hex)
  s.chains.control.mine('asset', 2)
  await untilDone(s, txid, [honest])
  t.equal(decodeTransaction(recordOf(honest, txid)!.payout!.hex).lockTime, tipTime)
  t.equal(s.userCoins() - before, AMOUNT - FEES)
})

t.test('dust of strangers at the marker is no payment, early, late or by the hundred', async (t) => {
  for (const when of ['early', 'signed', 'broadcast']) {
    const s = await stage(t)
    const rig = await s.rig()
    const before = s.userCoins()
    const txid = s.ask(AMOUNT)
    const { control } = s.chains
    const gateway = await rig.asset.gatewayInfo(bindOf(rig))
    const marker = markerAddress(txid, gateway.versions)
    let sent = 0
    const dust = (): void => {
      for (; sent < 30; sent++) control.pay('reference', marker, sent % 2 === 0 ? 10_000n : 5_000n)
    }
    if (when === 'early') {
      dust()
      control.mine('reference')
    }
    for (let k = 0; k < 25 && stepOf(rig, txid) !== 'done'; k++) {
      await rig.withdrawPass()
      if (stepOf(rig, txid) === when) dust()
      await s.round()
    }
    t.equal(sent, 30)
    t.equal(stepOf(rig, txid), 'done', when)
    t.equal(s.userCoins() - before, AMOUNT - FEES)
    t.notOk(
      rig.events.some(({ event }) => event === 'notice'),
      'nobody is alarmed',
    )
  }
})

t.test('lost state: what bears our signature is found again on the chain and in its mempool', async (t) => {
  for (const mined of [true, false]) {
    const { s, thief, honest, txid } = await amongThree(t)
    for (let k = 0; recordOf(honest, txid)?.payout == null; k++) {
      await honest.withdrawPass()
      if (recordOf(honest, txid)?.payout == null) await s.round()
    }
    const first = recordOf(honest, txid)!.payout!
    if (mined) {
      s.chains.control.mine('asset', 2)
      await post(thief, txid, await proposed(thief, txid, { coins: others(honest, txid) }))
      s.chains.control.mine('asset', 2)
    }
    const again = await s.rig({ operator: 1 })
    for (let k = 0; k < 3; k++) await s.round(again)
    t.ok(recordOf(again, txid) !== undefined)
    if (mined)
      t.ok(
        payoutsOf(recordOf(again, txid)!).some(
          ({ inputs }) => JSON.stringify(inputs) === JSON.stringify(first.inputs),
        ),
      )
    if (payoutsOf(recordOf(again, txid)!).length > 0) oneOfAll(t, again, txid)
  }
})

t.test(
  'lost state: what the chain shows with our signature is ours again before anything is signed',
  async (t) => {
    const { s, honest, txid } = await amongThree(t)
    while (stepOf(honest, txid) !== 'partial') await s.round(honest)
    const { inputs } = recordOf(honest, txid)!.payout!
    s.chains.control.mine('asset', 2)
    const again = await s.rig({ operator: 1 })
    await again.withdrawPass()
    t.equal(stepOf(again, txid), 'partial', 'the others have to sign')
    t.match(recordOf(again, txid), { payout: { inputs, dead: false }, countedOn: null })
  },
)

t.test('a state file of the first version is taken over with what it signed', async (t) => {
  const s = await stage(t, THREE)
  const folder = s.folder('first')
  const honest = await s.rig({ operator: 1, folder })
  const txid = s.ask(AMOUNT)
  while (recordOf(honest, txid)?.payout == null) await s.round(honest)
  const file = join(folder, 'state.json')
  const state = JSON.parse(readFileSync(file, 'utf8')) as FeedState
  const { earlier: _, countedOn: __, payout, ...same } = state.withdrawals[txid]!
  const { hex, inputs, expiry } = payout!
  const first = { ...same, payout: { hex, inputs, expiry }, counted: true }
  writeFileSync(file, JSON.stringify({ ...state, version: 1, withdrawals: { [txid]: first } }))
  const opened = openState(folder).state
  t.equal(opened.version, 2)
  matchExactly(t, opened.withdrawals[txid], {
    payout: { hex, inputs, expiry, gone: null, dead: false },
    earlier: [],
    countedOn: /^2026-01-01$/,
  })
})

t.test('limits hold when a co-signer proposes, and when it is signed again on another day', async (t) => {
  const s = await stage(t, THREE)
  const [other, honest] = [
    await s.rig({ operator: 0 }),
    await s.rig({ operator: 1, more: { withdrawals: { most: '1' } } }),
  ]
  const txid = s.ask(AMOUNT)
  for (let k = 0; k < 6; k++) await s.round(other, honest)
  t.equal(stepOf(other, txid), 'partial')
  t.equal(stepOf(honest, txid), 'held')
  t.same(payoutsOf(recordOf(honest, txid)!), [])
})

t.test('a withdrawal to the deposit address itself, of one key', async (t) => {
  const s = await stage(t)
  const rig = await s.rig()
  const { control, operators, gateways } = s.chains
  const deposit = gateways[0]!.depositAddress
  const before = control.balance('reference', deposit)
  const txid = control.withdraw({ amount: AMOUNT, pubkey: operators[0]!.pubkey })
  control.mine('asset', 2)
  await untilDone(s, txid, [rig])
  t.equal(before - control.balance('reference', deposit), FEES, 'the marker and the fee')
  const paid = decodeTransaction((await rig.reference.transaction(recordOf(rig, txid)!.payoutTxid!))!.hex)
  t.same(paid.outputs.map(({ value }) => value).slice(0, 2), [AMOUNT - FEES, 10_000n])
  t.equal(paid.outputs.length, 3)
  const next = s.ask(AMOUNT)
  await untilDone(s, next, [rig])
})

t.test('the payout of another withdrawal, shown for this one, holds nothing up', async (t) => {
  for (const gateways of [[{ m: 1, n: 1 }], [{ m: 2, n: 3 }]]) {
    const s = await stage(t, { gateways })
    const alone = gateways[0]!.n === 1
    const rigs = alone ? [await s.rig()] : [await s.rig({ operator: 1 }), await s.rig({ operator: 2 })]
    const rig = rigs[0]!
    const before = s.userCoins()
    const one = s.ask(AMOUNT)
    while (stepOf(rig, one) !== 'broadcast') await s.round(...rigs)
    const { hex } = recordOf(rig, one)!.payout!
    const two = s.ask(AMOUNT)
    const thief = await s.rig({ operator: 0 })
    const show = alone ? thief.asset.completeSigning : thief.asset.partialSign
    await thief.asset.send(await show(two, 'KMD', hex))
    s.chains.control.mine('asset', 2)
    for (const txid of [one, two]) await untilDone(s, txid, rigs)
    t.equal(s.userCoins() - before, 2n * (AMOUNT - FEES), 'each is paid')
  }
})

t.test(
  'coins of a payout that is signed by all are spent otherwise: a new one, once that is buried',
  async (t) => {
    const s = await stage(t)
    const rig = await s.rig()
    const { control, operators } = s.chains
    const before = s.userCoins()
    const txid = s.ask(AMOUNT)
    while (stepOf(rig, txid) !== 'broadcast') await s.round(rig)
    control.disconnect('reference', 1)
    await control.restart('reference', 0, { loseMempool: true })
    const { hex, inputs } = recordOf(rig, txid)!.payout!
    const coins = (await coinsOf(rig)).filter((coin) =>
      inputs.some((input) => input.txid === coin.txid && input.vout === coin.vout),
    )
    const sum = coins.reduce((total, { sat }) => total + sat, 0n)
    const { blocks } = await rig.reference.chainInfo()
    const raw = await rig.reference.createRaw(coins, [[operators[0]!.address, sum - 10_000n]], blocks + 300)
    await rig.reference.send((await rig.reference.signRaw(raw)).hex)
    control.mine('reference')
    for (let k = 0; k < 2; k++) await s.round(rig)
    t.equal(recordOf(rig, txid)!.payout!.hex, hex, 'nothing new before')
    await untilDone(s, txid, [rig])
    t.equal(s.userCoins() - before, AMOUNT - FEES)
  },
)

t.test('both keys of two in one wallet: as many steps as the chain wants, then complete', async (t) => {
  const s = await stage(t, { gateways: [{ m: 2, n: 2 }] })
  const rig = await s.rig()
  const { wif } = s.chains.operators[1]!
  t.ok(decodeWif(wif))
  await rig.reference.rpc.call('importprivkey', [wif])
  const before = s.userCoins()
  const txid = s.ask(AMOUNT)
  await untilDone(s, txid, [rig])
  t.equal(s.userCoins() - before, AMOUNT - FEES)
})

t.test('a withdrawal that needs change that is not mined yet waits, without an alarm', async (t) => {
  const s = await stage(t)
  const rig = await s.rig()
  const { control, operators, gateways } = s.chains
  const deposit = gateways[0]!.depositAddress
  // One coin is left, so that the second needs the change of the first.
  const coins = [...(await rig.reference.unspent(1, [deposit]))]
  const { blocks } = await rig.reference.chainInfo()
  const sum = coins.reduce((total, { sat }) => total + sat, 0n)
  const raw = await rig.reference.createRaw(coins, [[operators[0]!.address, sum - 10_000n]], blocks + 100)
  await rig.reference.send((await rig.reference.signRaw(raw)).hex)
  control.mine('reference', 2)
  const before = s.userCoins()
  const one = s.ask(AMOUNT)
  const hold = async (): Promise<void> => {
    await rig.withdrawPass()
    control.mine('asset')
  }
  while (stepOf(rig, one) !== 'broadcast') await hold()
  const two = s.ask(AMOUNT)
  for (let k = 0; k < 4; k++) await hold()
  t.equal(stepOf(rig, two), 'waiting')
  t.notOk(rig.events.some(({ event }) => event === 'notice'))
  await untilDone(s, two, [rig])
  t.equal(s.userCoins() - before, 2n * (AMOUNT - FEES))
})

t.test('a withdrawal that needs a deposit that is not mined yet waits, without an alarm', async (t) => {
  const s = await stage(t)
  const rig = await s.rig()
  const { operators, gateways } = s.chains
  const deposit = gateways[0]!.depositAddress
  const coins = [...(await rig.reference.unspent(1, [deposit]))]
  const { blocks } = await rig.reference.chainInfo()
  const sum = coins.reduce((total, { sat }) => total + sat, 0n)
  const raw = await rig.reference.createRaw(coins, [[operators[0]!.address, sum - 10_000n]], blocks + 100)
  const spent = (await rig.reference.signRaw(raw)).hex
  const txid = s.ask(AMOUNT)
  await rig.reference.send(spent)
  for (let k = 0; k < 2; k++) await rig.withdrawPass()
  t.match(recordOf(rig, txid), { step: 'waiting', message: /not mined yet/ })
  t.notOk(rig.events.some(({ event }) => event === 'notice'))
  await untilDone(s, txid, [rig])
})

t.test(
  'a withdrawal that cannot be paid blocks the gateway until it is released, once it is asked for',
  async (t) => {
    for (const gateways of [[{ m: 1, n: 1 }], [{ m: 2, n: 3 }]]) {
      const s = await stage(t, { gateways })
      const folder = s.folder('blocked')
      const rig = await s.rig({ folder })
      const { control } = s.chains
      const small = s.ask(20_500n)
      for (let k = 0; k < 3; k++) await s.round(rig)
      t.equal(stepOf(rig, small), 'stuck')
      t.match(rig.withdrawals.view.blockedBy, { withdrawTxid: small, step: 'stuck' })
      t.match(rig.events.filter(({ event }) => event === 'notice').at(-1), {
        code: 'E_FEED_BLOCKED',
        message: new RegExp(`pegminer feed settle ${small}`),
      })
      t.throws(() => control.withdraw({ amount: AMOUNT }), /another withdraw pending/)
      askSettle(folder, small)
      for (let k = 0; k < 20 && stepOf(rig, small) !== 'settled'; k++) await s.round(rig)
      t.equal(stepOf(rig, small), 'settled')
      t.same(readRequests(folder).settles, new Set())
      t.same((await rig.asset.pendingWithdrawals('A', bindOf(rig), 'KMD')).items, [])
      t.same((await rig.asset.signedWithdrawals('A', bindOf(rig), 'KMD')).items, [])
      t.equal(rig.withdrawals.view.blockedBy, null)
      t.equal(rig.withdrawals.view.paid, 0)
      t.type(control.withdraw({ amount: AMOUNT }), 'string')
    }
  },
)

t.test('what was signed and could be mined is not released', async (t) => {
  const s = await stage(t, THREE)
  const folder = s.folder('signed')
  const rig = await s.rig({ operator: 1, folder })
  const other = await s.rig({ operator: 2 })
  const before = s.userCoins()
  const txid = s.ask(AMOUNT)
  while (recordOf(rig, txid)?.payout == null) await s.round(rig)
  askRuling(folder, txid, 'reject')
  askSettle(folder, txid)
  for (let k = 0; k < 4; k++) await s.round(rig)
  t.not(stepOf(rig, txid), 'settling')
  t.same(readRequests(folder).settles, new Set())
  t.match(whyNotRelease(recordOf(rig, txid)!), /could still be mined/)
  await untilDone(s, txid, [rig, other])
  t.equal(s.userCoins() - before, AMOUNT - FEES)
})

t.test(
  'a thief ends the signing alone: it says what to do, and what is paid by hand is marked',
  async (t) => {
    const { s, thief, honest, other, folder, before, txid } = await amongThree(t)
    const intent = await intentOf(honest, txid)
    const junk = await proposed(thief, txid, { coins: (coins) => coins.slice(-1) })
    const step = await thief.asset.send(await thief.asset.partialSign(txid, 'KMD', junk))
    s.chains.control.mine('asset', 2)
    await thief.asset.send(await thief.asset.completeSigning(step, 'KMD', junk))
    s.chains.control.mine('asset', 2)
    for (let k = 0; k < 4; k++) await s.round(honest, other)
    for (const rig of [honest, other]) {
      t.equal(stepOf(rig, txid), 'refused')
      t.match(
        recordOf(rig, txid)?.message,
        /lacks signatures; its signing has ended: 2 signers have to pay it by hand/,
      )
      t.same(payoutsOf(recordOf(rig, txid)!), [], 'nothing was signed')
    }
    askSettle(folder, txid)
    await s.round(honest)
    t.same(readRequests(folder).settles, new Set(), 'it blocks nothing, so it is not released')
    t.equal(stepOf(honest, txid), 'refused')

    const { blocks } = await honest.reference.chainInfo()
    const raw = payoutTransaction(intent, (await coinsOf(honest)).slice(0, 1), blocks + 200)
    const half = (await honest.reference.signRaw(raw)).hex
    await other.reference.send((await other.reference.signRaw(half)).hex)
    await untilDone(s, txid, [honest, other])
    t.equal(s.userCoins() - before, AMOUNT - FEES, 'once')
  },
)

/** `FEED_THIEF=2000` goes on for so many rounds. */
const ROUNDS = Number(process.env['FEED_THIEF'] ?? (LONG ? 40 : 20))

t.test('a thief and a stranger at random: each withdrawal is paid once, and none is left', async (t) => {
  const s = await stage(t, THREE)
  const honest = [await s.rig({ operator: 1 }), await s.rig({ operator: 2 })]
  const thief = await createThief(s.chains)
  t.teardown(() => thief.close())
  const asked: string[] = []
  const isDone = (txid: string): boolean => honest.some((rig) => stepOf(rig, txid) === 'done')
  for (let k = 0; k < ROUNDS || (k < ROUNDS + 60 && !asked.every(isDone)); k++) {
    for (let deed = 0; deed < 2; deed++) await thief.act()
    if (k < ROUNDS)
      try {
        asked.push(s.chains.control.withdraw({ amount: AMOUNT }))
      } catch {
        // another one is pending
      }
    await s.round(...honest)
  }
  t.ok(asked.length > 3)
  for (const txid of asked) {
    t.equal(await payments(s.chains, txid, AMOUNT), 1, 'paid once')
    t.ok(isDone(txid), 'and marked')
  }
})

/** Lets something happen just before the call of a client with this number, counted from 1. Says how many there were. */
function atCall(client: object, at: number, act: () => Promise<unknown>): () => number {
  const calls = client as Record<string, unknown>
  const methods = Object.entries(calls).filter(([, value]) => typeof value === 'function')
  let count = 0
  for (const [name, method] of methods)
    calls[name] = async (...given: unknown[]): Promise<unknown> => {
      if (++count === at) await act()
      return (method as (...given: unknown[]) => unknown)(...given)
    }
  return () => {
    for (const [name, method] of methods) calls[name] = method
    return count
  }
}

t.test('a thief sends a payout while another signer looks: what that one signs excludes it', async (t) => {
  const { s, thief, honest, other } = await amongThree(t, { asked: false })
  for (let at = 1, calls = at; at <= calls; at += LONG ? 1 : 3) {
    const before = s.userCoins()
    const txid = s.ask(AMOUNT)
    while (recordOf(honest, txid)?.payout == null) await s.round(honest)
    const shown = recordOf(honest, txid)!.payout!
    const stop = atCall(other.reference, at, async () =>
      thief.reference.send((await thief.reference.signRaw(shown.hex)).hex),
    )
    await other.withdrawPass()
    calls = stop()
    const signed = [honest, other].flatMap((rig) => payoutsOf(recordOf(rig, txid)!))
    t.equal(mostTogether(signed), 1, `before call ${at}: at most one of all that was signed can be mined`)
    const rigs = [honest, other]
    const areDone = (): boolean => rigs.every((rig) => stepOf(rig, txid) === 'done')
    for (let k = 0; k < 60 && !areDone(); k++) await s.round(...rigs)
    t.ok(areDone(), `before call ${at}: both know that it is done`)
    t.equal(s.userCoins() - before, AMOUNT - FEES, `before call ${at}: once`)
  }
})
