/** Withdrawals on the embedded chains: each paid once, whatever co-signers, daemons and crashes do. */
import t, { type Test } from 'tap'

import { isWritable, payoutOutputs, type PayoutIntent } from '../../komodo/index.js'
import type { WithdrawalEvent } from './events.js'
import type { Rig } from './fixtures/rig.js'
import { stage, type Stage } from './fixtures/stage.js'
import { askRuling } from './requests.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const AMOUNT = 200_000_000n
const FEES = 20_000n

const steps = ({ events }: Rig): string[] =>
  events.filter((event): event is WithdrawalEvent => event.event === 'withdrawal').map((event) => event.state)
const stepOf = ({ file }: Rig, txid: string): string | undefined => file.state.withdrawals[txid]?.step

async function untilDone({ round }: Stage, txid: string, rigs: readonly Rig[]): Promise<void> {
  for (let k = 0; k < 25; k++) {
    if (rigs.some((rig) => stepOf(rig, txid) === 'done')) return
    await round(...rigs)
  }
  throw new Error(`not done: ${rigs.map((rig) => stepOf(rig, txid)).join(' ')}`)
}

/** Nothing is left in any list of the daemon. */
async function isOver(t: Test, rig: Rig, family: 'A' | 'B' = 'A'): Promise<void> {
  const bind = rig.settings.bindTxid ?? ''
  t.same((await rig.asset.pendingWithdrawals(family, bind, 'KMD')).items, [])
  t.same((await rig.asset.signedWithdrawals(family, bind, 'KMD')).items, [])
}

t.test('one key: from request to mark', async (t) => {
  const s = await stage(t)
  const rig = await s.rig()
  const before = s.userCoins()
  const txid = s.ask(AMOUNT)
  await untilDone(s, txid, [rig])
  t.same(steps(rig), ['seen', 'signed', 'broadcast', 'marked', 'done'])
  t.equal(s.userCoins() - before, AMOUNT - FEES)
  await isOver(t, rig)
  await s.round(rig)
  t.equal(s.userCoins() - before, AMOUNT - FEES, 'once')
  t.equal(rig.withdrawals.view.paid, 1)
})

t.test('what is signed is written down before a step shows it, and a payout before it leaves', async (t) => {
  const s = await stage(t)
  const rig = await s.rig()
  const txid = s.ask(AMOUNT)
  const known: string[] = []
  const watch = (chain: 'asset' | 'reference', says: (hex: string) => string) => {
    const real = { ...rig[chain] }
    Object.assign(rig[chain], {
      send: (...given: Parameters<typeof real.send>) => {
        known.push(says(given[0]))
        return real.send(...given)
      },
    })
  }
  const record = () => rig.file.state.withdrawals[txid]!
  watch('asset', () => `${record().step}${record().payout === null ? '' : ', signed'}`)
  watch('reference', (hex) => `${record().step}${record().payout?.hex === hex ? ', this one' : ''}`)
  await untilDone(s, txid, [rig])
  t.same(known, ['seen, signed', 'signed, this one', 'broadcast, signed'])

  const next = s.ask(AMOUNT)
  while (stepOf(rig, next) !== 'signed') await s.round(rig)
  const fresh = await s.rig()
  const real = { ...fresh.reference }
  let written: string | null = null
  Object.assign(fresh.reference, {
    send: (...given: Parameters<typeof real.send>) => {
      written = fresh.file.state.withdrawals[next]?.payoutTxid ?? null
      return real.send(...given)
    },
  })
  while (stepOf(fresh, next) !== 'broadcast') {
    t.equal(fresh.file.state.withdrawals[next]?.payoutTxid ?? null, null)
    await fresh.withdrawPass()
    s.chains.control.mine('asset')
  }
  t.equal(written, fresh.file.state.withdrawals[next]?.payoutTxid, 'by one that has forgotten everything too')
})

t.test('a reference chain without an address index: headers and a withdrawal', async (t) => {
  const s = await stage(t, { referenceIndex: false, gateways: [{ m: 2, n: 3 }] })
  const rigs = await Promise.all([0, 1].map((operator) => s.rig({ operator })))
  const [rig] = rigs
  const bare = rig!.reference.utxos(s.chains.gateways[0]!.depositAddress, false)
  await t.rejects(bare, { message: /No information available/ })
  await rig!.relayPass()
  t.ok(rig!.events.some(({ event }) => event === 'header'))
  const before = s.userCoins()
  const txid = s.ask(AMOUNT)
  await untilDone(s, txid, rigs)
  t.equal(s.userCoins() - before, AMOUNT - FEES)
  await isOver(t, rig!)
})

t.test('a deposit address without coins: what to look at', async (t) => {
  const s = await stage(t)
  const rig = await s.rig()
  const txid = s.ask(AMOUNT)
  Object.assign(rig.reference, { unspent: () => Promise.resolve([]) })
  for (let k = 0; k < 3; k++) await s.round(rig)
  t.match(rig.file.state.withdrawals[txid]?.message, /0\.00000000 free.* -rescan/)
})

t.test('what the daemon refuses at each pass is said once', async (t) => {
  const s = await stage(t, { dataCarrierSize: 208 })
  const rig = await s.rig()
  s.ask(AMOUNT)
  let tries = 0
  s.chains.control.onCall(({ method, phase }) => {
    if (phase === 'asked' && method === 'sendrawtransaction') tries++
  })
  for (let k = 0; k < 4; k++) await s.round(rig)
  t.ok(tries >= 3, 'it is tried at each pass')
  matchExactly(
    t,
    rig.events.filter(({ event }) => event === 'notice'),
    [{ message: /-datacarriersize/ }],
  )
  t.equal(rig.events.filter(({ event }) => event === 'notice').length, 1)
})

t.test('two of three keys, one of them absent at first', async (t) => {
  const s = await stage(t, { gateways: [{ m: 2, n: 3 }] })
  const rigs = await Promise.all([0, 1, 2].map((operator) => s.rig({ operator })))
  const before = s.userCoins()
  const txid = s.ask(AMOUNT)
  await s.round(rigs[1]!)
  await s.round(rigs[1]!)
  t.equal(stepOf(rigs[1]!, txid), 'partial', 'it waits for another signature')
  await s.round(rigs[1]!)
  t.equal(s.userCoins(), before)
  await untilDone(s, txid, rigs)
  t.equal(s.userCoins() - before, AMOUNT - FEES)
  await isOver(t, rigs[0]!)
})

t.test('family B: one key, and two of three', async (t) => {
  const s = await stage(t, {
    family: 'B',
    gateways: [
      { m: 1, n: 1 },
      { m: 2, n: 3 },
    ],
  })
  const before = s.userCoins()
  const single = await s.rig()
  await untilDone(s, s.ask(AMOUNT), [single])
  await isOver(t, single, 'B')
  const rigs = await Promise.all([0, 1, 2].map((operator) => s.rig({ operator, gateway: 1 })))
  await untilDone(s, s.ask(AMOUNT, 1), rigs)
  t.equal(s.userCoins() - before, 2n * (AMOUNT - FEES))
  await isOver(t, rigs[0]!, 'B')
})

/** What an operator's wallet signs when he asks it for another payout than the withdrawal. */
async function propose(
  rig: Rig,
  withdrawTxid: string,
  edit: (intent: PayoutIntent) => PayoutIntent,
  expiry = 0,
): Promise<string> {
  const gateway = await rig.asset.gatewayInfo(rig.settings.bindTxid ?? '')
  const bind = rig.settings.bindTxid ?? ''
  const [item] = (await rig.asset.pendingWithdrawals('A', bind, 'KMD')).items.filter(
    (one) => one.withdrawTxid === withdrawTxid,
  )
  const coins = await rig.reference.unspent(1, [gateway.deposit])
  const total = coins.reduce((sum, { sat }) => sum + sat, 0n)
  const intent = edit({
    payAddress: item!.payAddress,
    markerAddress: item!.markerAddress,
    depositAddress: gateway.deposit,
    amount: item!.amount,
    fee: 10_000n,
    versions: gateway.versions,
  })
  const raw = await rig.reference.createRaw(coins, payoutOutputs(intent, total), expiry)
  return (await rig.reference.signRaw(raw)).hex
}

t.test(
  'a co-signer that proposes a theft gets no signature, and the others answer with a payout of theirs',
  async (t) => {
    const s = await stage(t, { gateways: [{ m: 2, n: 3 }] })
    const [thief, honest] = [await s.rig({ operator: 0 }), await s.rig({ operator: 1 })]
    const before = s.userCoins()
    const txid = s.ask(AMOUNT)
    const hex = await propose(thief, txid, (intent) => ({
      ...intent,
      payAddress: s.chains.operators[0]!.address,
    }))
    await thief.asset.send(await thief.asset.partialSign(txid, 'KMD', hex))
    s.chains.control.mine('asset', 2)
    for (let k = 0; k < 4; k++) await s.round(honest)
    t.equal(stepOf(honest, txid), 'partial')
    t.equal(honest.withdrawals.view.refused, 1)
    matchExactly(
      t,
      honest.events.filter(({ event }) => event === 'notice'),
      [{ code: 'E_FEED_THIEF' }],
    )
    t.equal(
      (await honest.asset.pendingWithdrawals('A', honest.settings.bindTxid ?? '', 'KMD')).items[0]?.signs,
      2,
    )
    t.equal(s.userCoins(), before)
    const other = await s.rig({ operator: 2 })
    await untilDone(s, txid, [honest, other])
    t.equal(s.userCoins() - before, AMOUNT - FEES)
  },
)

t.test('what was handed on as complete is paid only if it is what was asked for', async (t) => {
  const s = await stage(t)
  const rig = await s.rig()
  const before = s.userCoins()
  const txid = s.ask(AMOUNT)
  const thief = await propose(rig, txid, (intent) => ({
    ...intent,
    payAddress: s.chains.operators[0]!.address,
  }))
  await rig.asset.send(await rig.asset.completeSigning(txid, 'KMD', thief))
  s.chains.control.mine('asset', 2)
  const fresh = await s.rig()
  for (let k = 0; k < 3; k++) await s.round(fresh)
  t.equal(stepOf(fresh, txid), 'refused')
  t.equal(s.userCoins(), before)
})

t.test("another gateway's items are left alone", async (t) => {
  const s = await stage(t, {
    gateways: [
      { m: 1, n: 1 },
      { m: 1, n: 1 },
    ],
  })
  const [one, two] = [await s.rig(), await s.rig({ gateway: 1 })]
  const txid = s.ask(AMOUNT)
  for (let k = 0; k < 2; k++) await s.round(one)
  const foreign = await two.asset.signedWithdrawals('A', two.settings.bindTxid ?? '', 'KMD')
  t.comment(`the daemon lists ${foreign.items.length} items of the other gateway`)
  await s.round(two)
  t.same(steps(two), [])
  await untilDone(s, txid, [one])
})

t.test('without headers too, a daemon that was late is believed again when its chain moves', async (t) => {
  const s = await stage(t)
  const rig = await s.rig({ timeoutMs: 2_000 })
  const { control } = s.chains
  for (const chain of ['asset', 'reference'] as const) {
    const txid = s.ask(AMOUNT)
    control.hang(chain)
    await t.rejects(rig.withdrawPass(), { code: 'E_KOMODO_TIMEOUT' })
    await control.restart(chain)
    await s.round(rig)
    t.notOk(isWritable(rig[chain].rpc.health), 'one look says nothing')
    await untilDone(s, txid, [rig])
    t.ok(isWritable(rig[chain].rpc.health))
  }
})

t.test('limits and rulings', async (t) => {
  const s = await stage(t)
  const rig = await s.rig({
    folder: s.folder('ruled'),
    more: { withdrawals: { approveAbove: '1', most: '3', dailyMost: '3' } },
  })
  const before = s.userCoins()
  const held = s.ask(AMOUNT)
  for (let k = 0; k < 3; k++) await s.round(rig)
  t.equal(stepOf(rig, held), 'held')
  t.equal(s.userCoins(), before)
  askRuling(s.folder('ruled'), held, 'approve')
  await untilDone(s, held, [rig])
  const small = s.ask(90_000_000n)
  await untilDone(s, small, [rig])
  const beyond = s.ask(80_000_000n)
  for (let k = 0; k < 3; k++) await s.round(rig)
  t.equal(stepOf(rig, beyond), 'waiting', 'the day has its limit')
  askRuling(s.folder('ruled'), beyond, 'reject')
  await s.round(rig)
  t.equal(stepOf(rig, beyond), 'rejected')
  t.equal(s.userCoins() - before, AMOUNT + 90_000_000n - 2n * FEES)
})

t.test('paid and not marked, by a feed that has forgotten everything', async (t) => {
  const s = await stage(t)
  const rig = await s.rig()
  const before = s.userCoins()
  const txid = s.ask(AMOUNT)
  while (stepOf(rig, txid) !== 'broadcast') await s.round(rig)
  const fresh = await s.rig()
  await untilDone(s, txid, [fresh])
  t.equal(s.userCoins() - before, AMOUNT - FEES)
  await isOver(t, fresh)
})

t.test('a payout that expired on its way is signed anew, of the same coins', async (t) => {
  const s = await stage(t)
  const rig = await s.rig()
  const before = s.userCoins()
  const txid = s.ask(AMOUNT)
  const tip = s.chains.control.height('reference')
  const hex = await propose(rig, txid, (intent) => intent, tip + 4)
  await rig.asset.send(await rig.asset.completeSigning(txid, 'KMD', hex))
  s.chains.control.mine('reference', 6)
  s.chains.control.mine('asset', 2)
  for (let k = 0; k < 3; k++) await s.round(rig)
  t.equal(s.userCoins(), before, 'not before the old one is buried')
  s.chains.control.mine('reference', 12)
  await untilDone(s, txid, [rig])
  t.equal(s.userCoins() - before, AMOUNT - FEES)
})
