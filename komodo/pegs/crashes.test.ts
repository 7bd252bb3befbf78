/** A creator and a holder that are killed at each of their calls, before and after the daemon has acted, do everything once. */
import t from 'tap'

import { isCoded } from '../../base/index.js'
import { createKomodoClient, isAway, type KomodoClient } from '../client.js'
import { startChains } from '../dev/fixtures/chains.js'
import { rpc, send } from '../dev/fixtures/client.js'
import type { DaemonAccess, DevKomodo, DevOperator } from '../dev/index.js'
import type { CreatorEvent } from './creator.js'
import { depositCoins } from './deposit.js'
import { deedsOf } from './fixtures/deeds.js'
import { createGateway } from './fixtures/gateway.js'
import { createKiller } from './fixtures/killer.js'
import { createRelay, startRig } from './fixtures/rig.js'
import { findPeg, tokenOf } from './holder.js'
import { openJournal, peekJournal } from './journal.js'
import { liquidate } from './liquidate.js'
import { operate, type Operating } from './operations.js'
import { exchange } from './trades.js'
import { withdrawTokens } from './withdraw.js'

t.test('killed at every call, the creator goes on and makes nothing twice', async (t) => {
  const rig = await startRig(t.testdir())
  t.teardown(() => rig.close())
  const { dev } = rig
  let state = ''
  const killer = createKiller(dev, {
    place: () => state,
    written: () => peekJournal(rig.file),
    operator: 0,
  })
  const events = {
    push: (event: CreatorEvent) => {
      if (event.event === 'pegs.state') state = event.state
    },
  } as unknown as CreatorEvent[]
  let runs = 0
  let peg = ''
  while (peg === '' && runs < 20_000) {
    runs++
    const signal = killer.begin()
    const pause = () =>
      killer.outside(async () => {
        // While something waits a block comes; beyond the peg they all come.
        const isBeyond = state === 'FEED' || state === 'WARM_UP'
        if (dev.control.mempool('asset').length > 0 || dev.control.height('asset') < 2 || isBeyond)
          await rig.tick()
      })
    peg = await rig.run(events, { signal, pause }).catch((error: unknown) => {
      if (!signal.aborted) throw error
      return ''
    })
    killer.end()
  }
  t.not(peg, '', `it ends, after ${runs} runs`)
  t.ok(killer.kills > 100, `it was killed ${killer.kills} times`)
  const { 'oracle-data': headers, ...made } = await deedsOf(dev)
  t.ok((headers ?? 0) > 0)
  t.same(made, {
    'token-create': 1,
    'oracle-create': 1,
    'oracle-fund': 1,
    'oracle-register': 1,
    'oracle-subscribe': 3,
    'gateway-bind': 1,
    'pegs-create': 1,
  })
})

interface TravellerOptions {
  readonly dev: DevKomodo
  readonly folder: string
  readonly access: { readonly asset: DaemonAccess; readonly reference: DaemonAccess; readonly pubkey: string }
  readonly operator: number
  /** Whether he is cut off at all. */
  readonly cut?: boolean
  /** What happens while he waits. */
  readonly pass: () => Promise<void>
}

type Travelling = Operating & { readonly reference: KomodoClient }

/** Makes journeys, each until it is done: cut off at every call and given again; a daemon that hangs is started again. */
function createTraveller({ dev, folder, access, operator, cut = true, pass }: TravellerOptions) {
  let journey = ''
  const file = () => `${folder}/${journey}.json`
  const killer = createKiller(dev, {
    place: () => journey,
    written: () => peekJournal(file()),
    operator: cut ? operator : -1,
  })
  const go = async <T>(name: string, walk: (travelling: Travelling) => Promise<T>): Promise<T> => {
    journey = name
    for (;;) {
      const signal = killer.begin()
      const client = createKomodoClient({ name: 'PEGSDEV', timeoutMs: 300, access: () => access.asset })
      const reference = createKomodoClient({
        name: 'KMDDEV',
        timeoutMs: 2_000,
        access: () => access.reference,
      })
      try {
        const peg = await findPeg(client, dev.pegsTxid ?? '', { signal })
        const writing = { client, journal: openJournal(file(), name), signal, tell: () => {} }
        const whose = { reference, peg, token: tokenOf(peg, undefined), pubkey: access.pubkey }
        return await walk({ ...writing, ...whose, pause: () => killer.outside(pass) })
      } catch (error) {
        const hangs = isAway(error) || (isCoded(error) && error.code === 'E_PEGS_OPERATOR')
        if (!signal.aborted && !hangs) throw error
        if (hangs) await dev.control.restart('asset', operator)
      } finally {
        killer.end()
        client.close()
        reference.close()
      }
    }
  }
  return { go, killer }
}

type Traveller = ReturnType<typeof createTraveller>

const step = () => {}

t.test('killed at every call, a holder goes on, pays once and is paid once', async (t) => {
  const folder = t.testdir()
  const dev = await startChains({ dataDir: `${folder}/komodo`, manual: true, pegs: {} })
  t.teardown(() => dev.close())
  const { user, control } = dev
  const relay = createRelay(dev)
  const gateway = createGateway(dev)
  const pass = async (): Promise<void> => {
    control.mine('asset')
    control.mine('reference')
    await relay()
    await gateway()
  }
  const whose = { dev, folder, access: user, operator: dev.operators.length }
  const { go, killer } = createTraveller({ ...whose, pass })
  const token = dev.gateways[0]?.tokenId ?? ''
  const tokens = async () => (await rpc<{ balance: number }>(user.asset, 'tokenbalance', token)).balance
  const before = await tokens()
  await go('deposit', (holder) => depositCoins({ ...holder, step }, 500_000_000n))
  t.equal((await tokens()) - before, 500_000_000, 'one deposit, claimed once')
  await go('fund', (holder) => operate(holder, { do: 'fund', sat: 500_000_000n }))
  const got = await go('get', (holder) => operate(holder, { do: 'get', sat: 355_000_000n }))
  t.match(got.view, {
    account: { deposit: 500_000_000n, debt: 355_000_000n },
    ratio: 7_888n,
    mostToGet: 5_000_000n,
  })
  await go('redeem', (holder) => operate(holder, { do: 'redeem' }))
  t.equal((await tokens()) - before, 500_000_000, 'all tokens are back')
  const rich = control.balance('reference', user.address)
  const paid = await go('withdraw', (holder) => withdrawTokens({ ...holder, step }, 300_000_000n))
  t.equal(paid.sat, 299_980_000n)
  t.equal(control.balance('reference', user.address) - rich, 299_980_000n, 'paid once')
  t.equal((await tokens()) - before, 200_000_000)
  const spend = async (): Promise<void> => {
    await pass()
    const coins = control.balance('reference', user.address)
    if (coins > poor)
      await rpc(user.reference, 'sendtoaddress', dev.operators[0]?.address, Number(coins - 20_000n) / 1e8)
  }
  const poor = control.balance('reference', user.address)
  const writing = createTraveller({ ...whose, pass: spend, cut: false })
  const again = await writing.go('withdraw again', (holder) =>
    withdrawTokens({ ...holder, step }, 100_000_000n),
  )
  t.equal(again.sat, 99_980_000n, 'found by its marker, though it is spent already')
  t.ok(killer.kills > 80, `killed ${killer.kills} times`)
  const { 'gateway-deposit': deposits, 'gateway-withdraw': withdrawals, ...made } = await deedsOf(dev)
  t.same([deposits, withdrawals], [1, 2])
  // The user's first tokens are a claim without a deposit.
  t.match(made, { 'gateway-claim': 2, 'pegs-fund': 1, 'pegs-get': 1, 'pegs-redeem': 1 })
  control.mine('asset')
  t.same(control.mempool('asset'), [], 'nothing waits for ever')
})

t.test('killed at every call, an exchange and a liquidation are made once', async (t) => {
  const folder = t.testdir()
  const dev = await startChains({
    dataDir: `${folder}/komodo`,
    manual: true,
    gateways: [{ m: 2, n: 2 }],
    pegs: {},
  })
  t.teardown(() => dev.close())
  const { user, control } = dev
  const [trader, other] = dev.operators as [DevOperator, DevOperator]
  const pass = () => Promise.resolve(void control.mine('asset'))
  const travellers = [trader, other, user].map((access, operator) =>
    createTraveller({ dev, folder, access, operator, pass }),
  )
  const [traders, others, users] = travellers as [Traveller, Traveller, Traveller]
  const tokenId = dev.gateways[0]?.tokenId ?? ''
  await send(user.asset, 'tokentransfer', tokenId, other.pubkey, '200000000')
  control.mine('asset')
  for (const [name, { go }] of [
    ['of another', others],
    ['own', users],
  ] as const) {
    await go(`fund ${name}`, (holder) => operate(holder, { do: 'fund', sat: 100_000_000n }))
    await go(`get ${name}`, (holder) => operate(holder, { do: 'get', sat: 72_000_000n }))
  }
  control.market({ BTC_USD: 975_000_000_000n })
  control.mine('asset', 54)
  const history = await rpc<{ 'account history': { accounttxid: string }[] }>(
    other.asset,
    'pegsaccounthistory',
    dev.pegsTxid,
  )
  const victim = history['account history'].at(-1)?.accounttxid ?? ''
  const balance = async (access: DaemonAccess) =>
    (await rpc<{ balance: number }>(access, 'tokenbalance', tokenId)).balance
  const before = await balance(user.asset)
  const seized = await users.go('liquidate', (holder) => liquidate(holder, victim))
  t.match(seized, { tokens: 97_230_768n, coins: -72_000_000n })
  t.equal((await balance(user.asset)) - before, 97_230_768)
  const held = await balance(trader.asset)
  const { tokens } = await traders.go('exchange', (holder) => exchange(holder, 10_000_000n))
  t.equal((await balance(trader.asset)) - held, Number(tokens))
  t.ok(users.killer.kills > 60 && traders.killer.kills > 15, `${users.killer.kills}, ${traders.killer.kills}`)
  t.match(await deedsOf(dev), { 'pegs-fund': 2, 'pegs-get': 2, 'pegs-liquidate': 1, 'pegs-exchange': 1 })
  t.same(control.mempool('asset'), [])
})
