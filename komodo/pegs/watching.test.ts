/** A watched peg: what is chosen, what is booked, and that a watch killed at each of its calls does each thing once. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'

import { createKomodoClient, isAway } from '../client.js'
import { startChains } from '../dev/fixtures/chains.js'
import { send } from '../dev/fixtures/client.js'
import type { DaemonAccess, DevCall, DevKomodo } from '../dev/index.js'
import { depositCoins } from './deposit.js'
import { deedsOf } from './fixtures/deeds.js'
import { createRelay } from './fixtures/rig.js'
import { readThresholds, USUAL_THRESHOLDS } from './formulas.js'
import { findPeg, tokenOf } from './holder.js'
import { openJournal } from './journal.js'
import { liquidate } from './liquidate.js'
import { operate } from './operations.js'
import { exchange } from './trades.js'
import { chooseAction, NO_RULES, type WatchRules } from './watch-actions.js'
import { openBooks } from './watch-books.js'
import type { Look } from './watch.js'
import { watchPeg, type WatchEvent } from './watching.js'

const PRICE = 80_000_000n
const LOOK: Look = {
  ...{ token: 'KMD', ratio: '', global: '', debt: 0n, value: 0n, thresholds: USUAL_THRESHOLDS },
  ...{ zones: null, victims: [], open: true, poolOutputs: 100 },
  view: {
    ...{
      price: PRICE,
      market: PRICE,
      height: 1,
      blocksLeft: 0,
      unreadable: null,
      ratio: null,
      mostToGet: 0n,
    },
    ...{ account: { deposit: 100_000_000n, debt: 68_000_000n }, tokens: 50_000_000n, coins: 0n },
  },
}
const RULES: WatchRules = {
  topUp: { from: 85n, to: 75n, daily: 10n ** 9n },
  redeem: { from: 89n, daily: 10n ** 9n },
  liquidate: { profit: 1_000_000n, daily: 10n ** 9n },
}
const ENOUGH = { left: { topUp: 10n ** 9n, redeem: 10n ** 9n, liquidate: 10n ** 9n }, outputs: [10n ** 9n] }

t.test('what a watch does by itself: nothing unasked, and each within its limit', (t) => {
  const choose = (view: Partial<Look['view']>, rules = RULES, means = ENOUGH, more: Partial<Look> = {}) =>
    chooseAction({ ...LOOK, ...more, view: { ...LOOK.view, ...view } }, rules, means)
  t.same(choose({}, NO_RULES), { do: 'nothing' }, 'off by default')
  const topUp = { rule: 'topUp', sat: 13_333_334n, account: null }
  t.same(choose({}), { do: 'act', action: topUp }, 'at 85 % exactly, to 75 % at most')
  t.ok(68_000_000n * 100n <= ((100_000_000n + topUp.sat) * PRICE * 75n) / 100_000_000n)
  t.same(choose({ account: { deposit: 100_000_000n, debt: 67_999_999n } }), { do: 'nothing' })
  t.same(choose({ price: 0n }), { do: 'nothing' }, 'without a price nothing is judged')
  t.match(choose({ market: 70_000_000n }), { action: { rule: 'redeem' } }, 'by the market, where it is worse')
  t.match(choose({ tokens: 5_000_000n }), { action: { sat: 5_000_000n } }, 'as far as the tokens go')
  t.match(choose({ tokens: 0n }), { do: 'hold', held: /no tokens left/ })
  const spent = { ...ENOUGH, left: { ...ENOUGH.left, topUp: 0n, redeem: 1n } }
  t.match(choose({}, RULES, spent), { do: 'hold', held: /today's limit of 10.00000000 tokens/ })
  const bad = { account: { deposit: 100_000_000n, debt: 72_000_000n } }
  t.match(choose(bad), { do: 'act', action: { rule: 'redeem', sat: 72_000_000n } }, 'before a top-up')
  t.match(choose(bad, RULES, spent), { do: 'hold', rule: 'redeem', held: /leaves 0.00000001/ })
  t.match(choose(bad, RULES, { ...ENOUGH, outputs: [] }), { do: 'hold', held: /you need 0.72000000 coins/ })
  const gain = { reward: 0n, pool: 0n, burn: 5n, profit: 2_000_000n }
  const account = { tokenId: '', owner: '', deposit: 0n, debt: 5n, exchanged: false, ratio: '' }
  const victims = [
    { ...account, txid: 'a', gain: { ...gain, profit: 999_999n } },
    { ...account, txid: 'b', gain },
    { ...account, txid: 'c', gain: { ...gain, profit: 9_000_000n }, exchanged: true },
    { ...account, txid: 'd', gain: null },
  ]
  const calm = { account: { deposit: 100_000_000n, debt: 0n } }
  t.same(choose(calm, RULES, ENOUGH, { victims }), {
    ...{ do: 'act', action: { rule: 'liquidate', sat: 5n, account: 'b' } },
  })
  t.same(choose(calm, RULES, ENOUGH, { victims, open: false }), { do: 'nothing' })
  t.same(choose({ account: null }, RULES, ENOUGH, { victims }), { do: 'nothing' })
  t.end()
})

t.test('the books: begun and booked at once, and damaged ones are not gone on with', (t) => {
  const file = join(t.testdir(), 'watch.json')
  const books = openBooks(file, 'peg key')
  t.same(books.left('KMD', RULES), ENOUGH.left)
  const action = { rule: 'topUp', sat: 400_000_000n, account: null } as const
  t.match(books.begin('KMD', action), { id: 1, token: 'KMD' })
  const again = openBooks(file, 'peg key')
  t.match(again.open, { id: 1, sat: 400_000_000n })
  t.equal(again.left('KMD', RULES).topUp, 600_000_000n)
  t.equal(again.left('ETH', RULES).topUp, 10n ** 9n, 'another token has its own limit')
  again.end()
  t.equal(openBooks(file, 'peg key').open, null)
  t.match(again.begin('KMD', { ...action, sat: 10n ** 9n }), { id: 2 })
  t.equal(again.left('KMD', RULES).topUp, 0n)
  t.throws(() => openBooks(file, 'other key'), { code: 'E_PEGS_STATE', message: /another peg or key/ })
  const whole = readFileSync(file, 'utf8')
  const damages = [
    '{',
    whole.replace('"amount": "', '"amount": "x'),
    whole.replace('"rule": "', '"rule": "x'),
  ]
  for (const damaged of damages) {
    writeFileSync(file, damaged)
    t.throws(() => openBooks(file, 'peg key'), { code: 'E_PEGS_STATE' }, `${damages.indexOf(damaged)}`)
  }
  t.equal(readThresholds('85,0,50')?.globalRed, 90n, 'a 0 stands for the usual one')
  for (const text of ['', '90', '90,90', '90,90,60,1', '101,1,1', 'a,b,c'])
    t.equal(readThresholds(text), null)
  t.end()
})

const PARAMS = '85,80,50'

/** Chains with a peg of other thresholds, and holders of the same tokens. */
async function startHolders(t: Test, folder: string, timeoutMs = 20_000) {
  const dev = await startChains({
    dataDir: `${folder}/komodo`,
    manual: true,
    gateways: [{ m: 2, n: 2 }],
    pegs: { params: PARAMS },
  })
  t.teardown(() => dev.close())
  const clientOf = (access: DaemonAccess | undefined) => {
    const client = createKomodoClient({ name: 'PEGSDEV', timeoutMs, access: () => access as DaemonAccess })
    t.teardown(() => client.close())
    return client
  }
  const signal = new AbortController().signal
  const thresholds = readThresholds(PARAMS) ?? USUAL_THRESHOLDS
  let journeys = 0
  const holderOf = async (access: DaemonAccess | undefined, pubkey = '') => {
    const client = clientOf(access)
    const peg = await findPeg(client, dev.pegsTxid ?? '', { signal, thresholds })
    const holder = { client, signal, peg, token: tokenOf(peg, undefined), pubkey, tell: () => {} }
    const pause = () => Promise.resolve(void dev.control.mine('asset'))
    return () => ({ ...holder, pause, journal: openJournal(`${folder}/${(journeys += 1)}.json`, 'test') })
  }
  const [first, second] = dev.operators
  const [user, other, trader] = [
    await holderOf(dev.user.asset, dev.user.pubkey),
    await holderOf(second?.asset, second?.pubkey),
    await holderOf(first?.asset, first?.pubkey),
  ]
  const { tokenId } = user().token
  await send(dev.user.asset, 'tokentransfer', tokenId, second?.pubkey ?? '', '1000000000')
  dev.control.mine('asset')
  for (const holder of [user, other]) {
    await operate(holder(), { do: 'fund', sat: 100_000_000n })
    await operate(holder(), { do: 'get', sat: 72_000_000n })
  }
  const priceFalls = (price: bigint): void => {
    dev.control.market({ BTC_USD: price * 100_000_000n })
    dev.control.mine('asset', 40)
  }
  return { dev, user, other, trader, clientOf, priceFalls }
}

t.test('a watch that is killed at each of its calls tops up once and liquidates once', async (t) => {
  const folder = t.testdir()
  const { dev, user, clientOf, priceFalls } = await startHolders(t, folder)
  const before = await deedsOf(dev)
  priceFalls(10_400n)
  const rules: WatchRules = {
    topUp: { from: 84n, to: 75n, daily: 20_000_000n },
    redeem: null,
    liquidate: { profit: 1_000_000n, daily: 72_000_000n },
  }
  const killed = new Set<string>()
  let [end, isRunning] = [new AbortController(), false]
  const events: WatchEvent[] = []
  const stages = () =>
    events.flatMap((event) => (event.event === 'action' ? `${event.rule} ${event.stage}` : []))
  dev.control.onCall(({ method, phase, operator, params }: DevCall) => {
    if (!isRunning || operator !== dev.operators.length) return undefined
    const hex = method === 'sendrawtransaction' ? String(params[0]).slice(-60) : ''
    const what = `${stages().at(-1)} ${phase} ${method} ${hex}`
    if (killed.has(what)) return undefined
    killed.add(what)
    end.abort()
    return 'drop'
  })
  const { peg, pubkey } = user()
  for (let runs = 0; runs < 500 && !stages().includes('liquidate done'); runs++) {
    end = new AbortController()
    isRunning = true
    const books = openBooks(join(folder, 'watch.json'), 'watch')
    await watchPeg({
      ...{
        client: clientOf(dev.user.asset),
        peg,
        pubkey,
        tokens: peg.tokens,
        rules,
        books,
        folder,
        once: false,
      },
      signal: end.signal,
      pause: () => {
        end.signal.throwIfAborted()
        if (stages().includes('liquidate done')) end.abort()
        dev.control.mine('asset')
        return Promise.resolve()
      },
      tell: (event) => void events.push(event),
    }).catch((error: unknown) => {
      if (!end.signal.aborted) throw error
    })
    isRunning = false
  }
  t.ok(killed.size > 40, `killed ${killed.size} times`)
  t.same([...new Set(stages())], ['topUp begun', 'topUp done', 'liquidate begun', 'liquidate done'])
  const after = await deedsOf(dev)
  t.match(after, { 'pegs-fund': (before['pegs-fund'] ?? 0) + 1, 'pegs-liquidate': 1 })
  const books = openBooks(join(folder, 'watch.json'), 'watch')
  t.equal(books.open, null)
  t.ok(
    books.left(user().token.name, rules).topUp < 5_000_000n &&
      books.left(user().token.name, rules).topUp > 0n,
  )
  t.equal(books.left(user().token.name, rules).liquidate, 0n, 'booked once')
})

t.test('a watch holds what it cannot do, does nothing on a frozen daemon, and says both', async (t) => {
  const folder = t.testdir()
  // A frozen daemon lets three requests wait for their limit.
  const { dev, user, trader, other, priceFalls } = await startHolders(t, folder, 3_000)
  priceFalls(10_400n)
  await t.test('an account that tokens were exchanged out of', async (t) => {
    const killed = new Set<string>()
    let [end, isOver] = [new AbortController(), false]
    dev.control.onCall(({ method, phase, operator, params }: DevCall) => {
      const what = `${phase} ${method} ${method === 'sendrawtransaction' ? String(params[0]).slice(-60) : ''}`
      if (isOver || operator !== 0 || killed.has(what)) return undefined
      killed.add(what)
      end.abort()
      return 'drop'
    })
    let tokens = 0n
    for (let runs = 0; runs < 100 && tokens === 0n; runs++) {
      end = new AbortController()
      const journal = openJournal(`${folder}/exchange.json`, 'exchange')
      const exchanging = { ...trader(), signal: end.signal, journal }
      tokens = await exchange(exchanging, 1_000_000n).then(
        (traded) => traded.tokens,
        (error: unknown) => {
          if (!end.signal.aborted) throw error
          return 0n
        },
      )
    }
    isOver = true
    t.ok(killed.size > 15, `killed ${killed.size} times`)
    t.equal(tokens, (1_000_000n * 100_000_000n) / 83_200_000n)
    t.equal((await deedsOf(dev))['pegs-exchange'], 1, 'exchanged once')
    const accounts = [user, other].map(async (holder) => {
      const history = await holder().client.pegHistory(dev.pegsTxid ?? '', { signal: holder().signal })
      return { holder, last: history.at(-1) }
    })
    const touched = (await Promise.all(accounts)).find(({ last }) => last?.action === '')
    t.ok(touched, 'the exchange touched an account')
    const victim = touched?.last?.txid ?? ''
    const liquidator = touched?.holder === user ? other : user
    await t.rejects(liquidate(liquidator(), victim), {
      code: 'E_PEGS_REFUSED',
      message: /tokens were exchanged out of that account/,
    })
    await t.rejects(
      liquidator().client.pegsLiquidate(dev.pegsTxid ?? '', user().token.tokenId, victim),
      { message: /cannot find account to liquidate/ },
      'the daemon finds out later',
    )
    await t.rejects(liquidate(liquidator(), '7'.padStart(64, '0')), { message: /no account above 85 %/ })
  })
  const { client, peg, pubkey, signal } = user()
  const events: WatchEvent[] = []
  const rules: WatchRules = { ...NO_RULES, redeem: { from: 80n, daily: 1_000_000n } }
  const books = openBooks(join(folder, 'watch.json'), 'watch')
  const watching = { client, peg, pubkey, tokens: peg.tokens, folder, signal, books }
  const elsewhere = openBooks(join(folder, 'elsewhere.json'), 'watch')
  elsewhere.begin('other', { rule: 'redeem', sat: 1n, account: null })
  await t.rejects(
    watchPeg({
      ...watching,
      books: elsewhere,
      rules,
      once: false,
      pause: () => Promise.resolve(),
      tell: () => {},
    }),
    { code: 'E_PEGS_STATE', message: 'redeem of other was begun and is not done: watch other, too' },
  )
  let [looks, isFrozen] = [0, false]
  const end = new AbortController()
  const running = watchPeg({
    ...watching,
    ...{ rules, once: false, stillLooks: 5, signal: end.signal },
    pause: async () => {
      end.signal.throwIfAborted()
      // What does not answer is not asked for a while: by the clock, not by how often it is tried.
      if (isFrozen) await setTimeout(100)
      else dev.control.freeze('asset', dev.operators.length)
      isFrozen = true
      dev.control.mine('asset')
    },
    tell: (event) => {
      events.push(event)
      if (event.event === 'looked') looks += 1
      if (event.event === 'trouble' && event.what === 'frozen') end.abort()
    },
  })
  await running.catch((error: unknown) => {
    if (!end.signal.aborted || isAway(error)) throw error
  })
  const said = events.flatMap((event) => (event.event === 'looked' || event.event === 'write' ? [] : event))
  t.same(
    said.flatMap((event) => (event.event === 'action' ? event.message : [])),
    ["it takes 0.71000000 coins, and today's limit leaves 0.01000000"],
    'said once',
  )
  t.match(said.at(-1), {
    what: 'frozen',
    message: /^PEGSDEV answers, but its height does not move: .*kill it with SIGKILL and start it again/,
  })
  t.ok(looks > 5, `${looks} looks`)
  t.equal(books.open, null)
})

t.test('deposits that would lose coins are refused, and one that was made is not made again', async (t) => {
  const folder = t.testdir()
  mkdirSync(`${folder}/own`)
  const dev: DevKomodo = await startChains({ dataDir: `${folder}/komodo`, manual: true, pegs: {} })
  t.teardown(() => dev.close())
  const relay = createRelay(dev)
  const signal = new AbortController().signal
  const depositing = async (asset: DaemonAccess, reference: DaemonAccess, pubkey: string, name: string) => {
    const [client, other] = [asset, reference].map((access) =>
      createKomodoClient({ name: 'PEGSDEV', timeoutMs: 2_000, access: () => access }),
    ) as [ReturnType<typeof createKomodoClient>, ReturnType<typeof createKomodoClient>]
    t.teardown(() => [client, other].forEach((each) => each.close()))
    const peg = await findPeg(client, dev.pegsTxid ?? '', { signal })
    const pause = async () => {
      dev.control.mine('asset')
      dev.control.mine('reference')
      await relay()
    }
    const journal = openJournal(`${folder}/${name}.json`, name)
    const writing = { client, journal, signal, pause, tell: () => {} }
    return { ...writing, reference: other, token: tokenOf(peg, undefined), pubkey, step: () => {} }
  }
  const refuses = async (message: RegExp, deposit: Promise<unknown>) => {
    await t.rejects(deposit, { code: 'E_PEGS_REFUSED', message }, String(message))
    t.same(dev.control.mempool('reference'), [], 'nothing was sent')
  }
  const own = await depositing(dev.asset, dev.reference, dev.pubkey, 'own')
  await refuses(/the deposit address is your own/, depositCoins(own, 100_000_000n))
  const { user } = dev
  const asUser = (name: string) => depositing(user.asset, user.reference, user.pubkey, name)
  const { remaining } = (await asUser('many')).token.gateway
  const tooMany = (remaining ?? 0n) + 1n
  await refuses(/tokens left, so [\d.]+ could not be claimed/, depositCoins(await asUser('many'), tooMany))
  await refuses(/cannot be withdrawn again/, depositCoins(await asUser('few'), 99_999n))
  await depositCoins(await asUser('once'), 200_000_000n)
  const { state } = openJournal(`${folder}/once.json`, 'once')
  const { send: sent } = state.writes
  writeFileSync(
    `${folder}/again.json`,
    JSON.stringify({ ...state, subject: 'again', writes: { send: sent } }),
  )
  const before = await deedsOf(dev)
  await t.rejects(depositCoins(await asUser('again'), 200_000_000n), {
    code: 'E_PEGS_REFUSED',
    message: /was claimed before/,
  })
  t.match(await deedsOf(dev), {
    'gateway-deposit': before['gateway-deposit'],
    'gateway-claim': before['gateway-claim'],
  })
})
