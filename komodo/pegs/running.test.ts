import t from 'tap'

import { createKomodoClient, type KomodoClient } from '../client.js'
import { startChains } from '../dev/fixtures/chains.js'
import { rpc, send } from '../dev/fixtures/client.js'
import type { DaemonAccess } from '../dev/index.js'
import { recordings } from '../fixtures/recordings.js'
import type { Rpc } from '../rpc.js'
import { decodeTransaction, depositAddress, opOf, pubkeyAddress, publicKeyOf } from '../tx/index.js'
import { pegFamily } from './capabilities.js'
import type { CreatorEvent, CreatorOptions } from './creator.js'
import { planOf, startRig } from './fixtures/rig.js'
import { USUAL_THRESHOLDS } from './formulas.js'
import { findPeg, tokenOf } from './holder.js'
import { inspectBind, inspectOracle, inspectPeg, inspectToken, PEGS_PUBKEY } from './inspect.js'
import { openJournal } from './journal.js'
import { checkLaunch } from './launch.js'
import { liquidate } from './liquidate.js'
import { operate } from './operations.js'
import type { PegPlan } from './plan.js'
import { exchange } from './trades.js'
import { lookAt, warningsOf, type Look } from './watch.js'

t.test('an empty chain becomes a peg that is ready', async (t) => {
  const rig = await startRig(t.testdir())
  t.teardown(() => rig.close())
  const events: CreatorEvent[] = []
  const peg = await rig.run(events)
  const states = events.flatMap((event) => (event.event === 'pegs.state' ? event.state : []))
  t.same(
    [...new Set(states)],
    [
      'PREFLIGHT',
      'CHAIN_UP',
      'TOKEN',
      'ORACLE',
      'ORACLE_FUND',
      'PUBLISHER',
      'SUBSCRIBE',
      'BIND',
      'PEG',
      'KEYS',
      'RESTART',
      'FEED',
      'READY',
    ],
  )
  t.match(events.at(-1), { event: 'pegs.state', state: 'READY', pegstxid: peg })
  const { height } = await rpc<{ height: number }>(rig.dev.asset, 'getrawtransaction', peg, 1)
  t.ok(height <= 30, `the peg stands at ${height}`)
  t.ok(height <= 9, 'all subscriptions are in one block')
  const confirmed = events.filter((event) => event.event === 'pegs.write' && event.stage === 'confirmed')
  t.equal(confirmed.length, 9, 'each is confirmed once')
  t.match(await rpc(rig.dev.asset, 'pegsinfo', peg), { result: 'success', 'global ratio': '0.00%' })
  const again: CreatorEvent[] = []
  t.equal(await rig.run(again), peg, 'given again it changes nothing')
  t.notOk(again.some((event) => event.event === 'pegs.write' && event.stage !== 'confirmed'))
})

t.test('what stands against a plan is said before anything is sent', async (t) => {
  const rig = await startRig(t.testdir())
  t.teardown(() => rig.close())
  const { dev } = rig
  const refused = async (code: string, message: RegExp, changes: Readonly<Record<string, unknown>> = {}) => {
    await t.rejects(rig.run([], { plan: planOf(dev, changes) }), { code, message }, code)
    t.same(dev.control.mempool('asset'), [], 'nothing waits')
    t.same(rig.journal().state.writes, {}, 'nothing is written down')
    t.notOk(dev.control.isGenerating(), 'and blocks do not go by')
  }
  const gateway = { token: 'KMD', supply: '100000', price: 'KMD_BTC,BTC_USD,*', subscriptions: 3 }
  await refused('E_PEGS_PRICE', /KMD: it must end with a weight/, { gateways: [gateway] })
  await refused('E_PEGS_PRICE', /"KMD_USD" is neither/, { gateways: [{ ...gateway, price: 'KMD_USD,1' }] })
  await refused('E_PEGS_DAEMON', /was started with -pubkey=/, { pubkey: dev.user.pubkey })
  const launched = () => ({ found: true, missing: ['-ac_import=PEGSCC'], odd: [] })
  await t.rejects(rig.run([], { operator: { confirms: false, launched } }), {
    code: 'E_PEGS_DAEMON',
    message:
      /was started without -ac_import=PEGSCC, .*: begin a new chain with \.\/komodod .*-ac_import=PEGSCC/,
  })
  const rich = { ...gateway, price: 'KMD_BTC,BTC_USD,*,1', supply: '999999' }
  dev.control.mine('asset', 2)
  await refused('E_PEGS_DAEMON', /has 1000000.00000000 of 1100002.00170000/, { gateways: [rich] })
  await refused('E_PEGS_LATE', /height 3 and the peg needs 98 more blocks/, {
    gateways: Array.from({ length: 8 }, (_, k) => ({ ...gateway, token: `T${k}`, price: 'KMD_BTC,1' })),
  })
  await refused('E_PEGS_LATE', /height 3 and the peg needs 114 more blocks/, {
    blockSeconds: 1,
    gateways: [{ ...gateway, price: 'KMD_BTC,1', subscriptions: 100 }],
  })
  dev.control.mine('asset', 85)
  await refused('E_PEGS_LATE', /height 88 and the peg needs 14 more blocks/)
})

t.test(
  'what turns out to be wrong on the way stops a creation, which goes on when it is right',
  async (t) => {
    const rig = await startRig(t.testdir())
    t.teardown(() => rig.close())
    const { dev } = rig
    const gateway = { token: 'KMD', supply: '100000', price: 'KMD_BTC,BTC_USD,*,1', subscriptions: 3 }
    const other = publicKeyOf(new Uint8Array(32).fill(9))
    const shared = { ...gateway, signatures: 1, pubkeys: [dev.pubkey, other] }
    const plan = planOf(dev, { gateways: [shared] })
    const [asset, reference] = [rig.client(dev.asset, 'PEGSDEV'), rig.client(dev.reference, 'KMDDEV')]
    const stops = (code: string, message: RegExp, given: Partial<CreatorOptions>) =>
      t.rejects(rig.run([], { plan, ...given }), { code, message }, String(message))

    const unkeyed: KomodoClient = {
      ...asset,
      nodeInfo: async (given) => ({ ...(await asset.nodeInfo(given)), pubkey: null }),
    }
    await stops('E_PEGS_DAEMON', /was started with no -pubkey, the plan says/, { asset: unkeyed })
    const poor: KomodoClient = {
      ...asset,
      address: async (name, given) => ({ ...(await asset.address(name, given)), mine: false }),
    }
    await stops('E_PEGS_DAEMON', /PEGSDEV lacks the private key of .*: importprivkey/, { asset: poor })
    const behind: KomodoClient = {
      ...reference,
      chainInfo: async (given) => ({ ...(await reference.chainInfo(given)), blocks: 1, headers: 9 }),
    }
    await stops('E_PEGS_DAEMON', /KMDDEV is at 1 of 9: wait until it is synced/, { reference: behind })
    dev.control.mine('asset')
    const feeds = (await asset.prices(1)).feeds.map((feed) => ({ ...feed, samples: [] }))
    const unpriced: KomodoClient = {
      ...asset,
      prices: async (most, given) => ({ ...(await asset.prices(most, given)), feeds }),
    }
    await stops('E_PEGS_PRICE', /KMD: KMD_BTC,BTC_USD,\*,1 makes 0 of the chain's prices/, {
      asset: unpriced,
    })
    t.same(rig.journal().state.writes, {}, 'nothing was sent so far')

    // A key that is bound must hold coins.
    dev.control.pay('asset', pubkeyAddress(other), 100_000n)
    dev.control.mine('asset')
    const elsewhere: KomodoClient = {
      ...asset,
      gatewayInfo: async (id, given) => ({ ...(await asset.gatewayInfo(id, given)), deposit: 'bElsewhere' }),
    }
    const differs = /does not say what was bound: deposits would go to bElsewhere/
    await stops('E_PEGS_DIFFERS', differs, { asset: elsewhere })
    const late = async (...given: Parameters<typeof asset.transaction>) => {
      const found = await asset.transaction(...given)
      const isPeg = found && opOf(decodeTransaction(found.hex))?.op === 'pegs-create'
      return isPeg ? { ...found, height: 101 } : found
    }
    await stops('E_PEGS_LATE', /stands at height 101: no node can be told of it/, {
      asset: { ...asset, transaction: late },
    })
    const keyless: KomodoClient = {
      ...reference,
      address: async (name, given) => ({ ...(await reference.address(name, given)), mine: false }),
    }
    await stops('E_PEGS_OPERATOR', /KMDDEV lacks the key that pays withdrawals of KMD/, {
      reference: keyless,
    })
    const odd = { ...reference, watchMultisig: () => Promise.resolve('bOther') }
    await stops('E_PEGS_DIFFERS', /KMDDEV makes bOther of the gateway's keys instead of b/, {
      reference: odd,
    })
    const operator = {
      ...{ confirms: true, launched: () => ({ found: false }) as const },
      restart: () => Promise.resolve(void (restarted = true)),
    }
    let restarted = false
    const lost = async (...given: Parameters<typeof asset.transaction>) =>
      restarted ? null : asset.transaction(...given)
    await stops('E_PEGS_DIFFERS', /after the restart PEGSDEV has no peg .* at height 99 or below/, {
      asset: { ...asset, transaction: lost },
      operator,
    })
    t.notOk(dev.control.isGenerating(), 'no block goes by while an operator is asked')
  },
)

t.test('a chain on which no block comes is told of, and small coins are not enough for a peg', async (t) => {
  const rig = await startRig(t.testdir())
  t.teardown(() => rig.close())
  const end = new AbortController()
  const still: string[] = []
  const tell = (event: CreatorEvent): void => {
    if (event.event !== 'pegs.still') return
    still.push(event.message)
    end.abort()
  }
  await t.rejects(rig.run([], { pause: () => Promise.resolve(), tell, signal: end.signal }))
  t.match(still, [/^PEGSDEV stands at height 0: a block needs prices \(pegs price-stub\), a second node/])
  const small = Array.from({ length: 100 }, () => ({ sat: 150_000_000_000n, spendable: true }))
  const asset = rig.client(rig.dev.asset, 'PEGSDEV')
  const poor: KomodoClient = { ...asset, unspent: () => Promise.resolve(small) } as unknown as KomodoClient
  await t.rejects(rig.run([], { asset: poor }), {
    code: 'E_PEGS_REFUSED',
    message: 'your 100 outputs are too small: send 100000.00000000 coins to yourself in one payment first',
  })
  t.equal(rig.journal().write('peg'), null)
  t.notOk(rig.dev.control.isGenerating(), 'and blocks do not go by')
})

t.test('a token that was made before, and is not written down here, is not made again', async (t) => {
  const rig = await startRig(t.testdir())
  t.teardown(() => rig.close())
  rig.dev.control.mine('asset', 2)
  await send(rig.dev.asset, 'tokencreate', 'KMD', '10', 'KMD_BTC,BTC_USD,*,1')
  rig.dev.control.mine('asset')
  await t.rejects(rig.run([]), { code: 'E_PEGS_EXISTS', message: /a token KMD of this key already/ })
})

t.test(
  'the limit of 100 blocks is watched all along: a warning at 80, the end before a peg that is too late',
  async (t) => {
    const rig = await startRig(t.testdir())
    t.teardown(() => rig.close())
    const { dev } = rig
    const events: CreatorEvent[] = []
    let jumped = false
    const pause = async (): Promise<void> => {
      const done = rig.journal().fact('done:oracle:KMD') !== null
      // Another miner finds the blocks.
      if (done && !jumped) dev.control.mine('asset', 85 - dev.control.height('asset'))
      else if (events.some(({ event }) => event === 'pegs.deadline')) dev.control.mine('asset', 12)
      else await rig.tick()
      jumped ||= done
    }
    await t.rejects(rig.run(events, { pause }), {
      code: 'E_PEGS_LATE',
      message: /it must be in a block by 99/,
    })
    t.match(
      events.find(({ event }) => event === 'pegs.deadline'),
      { height: 85, left: 14 },
    )
    t.notOk(dev.control.isGenerating(), 'mining is stopped')
  },
)

t.test('an operator is asked to start the nodes again, while nothing is mined', async (t) => {
  const rig = await startRig(t.testdir())
  t.teardown(() => rig.close())
  const { dev } = rig
  const events: CreatorEvent[] = []
  const operator = { confirms: false, launched: () => ({ found: false }) as const }
  await t.rejects(rig.run(events, { operator }), {
    code: 'E_PEGS_OPERATOR',
    message: /start it with: \.\/komodod .* -earlytxid=[0-9a-f]{64} ; then pegs resume --yes/,
  })
  t.notOk(dev.control.isGenerating(), 'mining is stopped while it waits')
  const state = events.at(-1)
  t.match(state, { state: 'RESTART', command: /-ac_import=PEGSCC -ac_end=1 -ac_perc=0 -ac_cbopret=5/ })
  const wrong = { found: true, missing: ['-earlytxid=00'], odd: ['-earkytxid=00'] } as const
  const right = { found: true, missing: [], odd: [] } as const
  const launched = (pegsTxid: string | null) => (pegsTxid === null ? right : wrong)
  await t.rejects(rig.run([], { operator: { ...operator, launched } }), {
    message: /runs without -earlytxid=00 \(it has -earkytxid=00\)/,
  })
  const peg = await rig.run(events, {
    operator: { ...operator, launched: () => right },
  })
  t.match(events.at(-1), { state: 'READY', pegstxid: peg })
})

t.test('the running daemon is asked how it was started', (t) => {
  const id = 'a'.repeat(64)
  const line = (...words: string[]) => ['/opt/komodod', '-ac_name=PEGSDEV', ...words].join('\0')
  const folder = t.testdir({
    '12': { cmdline: 'bash\0' },
    '13': { cmdline: '/opt/komodod\0-ac_name=OTHER' },
    '14': { cmdline: line(`-earkytxid=${id}`) },
    self: { cmdline: line(`-earlytxid=${id}`) },
  })
  const plan = { asset: { name: 'PEGSDEV' } } as unknown as PegPlan
  t.same(checkLaunch(plan, id, folder), {
    found: true,
    missing: [`-earlytxid=${id}`],
    odd: [`-earkytxid=${id}`],
  })
  const right = t.testdir({ '14': { cmdline: line(`-earlytxid=${id}`) } })
  t.same(checkLaunch(plan, id, right), { found: true, missing: [], odd: [] })
  t.same(checkLaunch(plan, id, `${right}/none`), { found: false })
  const limits = { ...plan, thresholds: { ...USUAL_THRESHOLDS, red: 85n } }
  const without = ['-ac_import=PEGSCC', '-ac_pegsccparams=85,90,60']
  t.match(checkLaunch(limits, null, right), { found: true, missing: without })
  const whole = t.testdir({ '14': { cmdline: line(...without) } })
  t.match(checkLaunch(limits, null, whole), { found: true, missing: [] })
  t.end()
})

t.test('several gateways, one of two keys, in one peg', async (t) => {
  const two = { m: 2, n: 2 }
  const rig = await startRig(t.testdir(), { gateways: [{ m: 1, n: 1 }, two] })
  t.teardown(() => rig.close())
  const { dev } = rig
  const pubkeys = dev.operators.map(({ pubkey }) => pubkey)
  const gateway = { supply: '1000', price: 'KMD_BTC,BTC_USD,*,1', subscriptions: 2 }
  const plan = planOf(dev, {
    amount: '1000',
    gateways: [
      { ...gateway, token: 'KMD' },
      { ...gateway, token: 'KMDE', price: 'ETH_BTC,BTC_USD,*,1', signatures: 2, pubkeys },
    ],
  })
  const asked = rig.run([], { plan })
  await t.rejects(asked, { code: 'E_PEGS_OPERATOR', message: /has no coins on PEGSDEV: send some to R/ })
  dev.control.pay('asset', dev.operators[1]?.address ?? '', 100_000_000n)
  dev.control.mine('asset')
  const peg = await rig.run([], { plan })
  const created = await rpc<string>(dev.asset, 'getrawtransaction', peg)
  const op = opOf(decodeTransaction(created))
  t.equal(op?.op === 'pegs-create' && op.bindTxids.length, 2)
  const deposit = depositAddress(2, pubkeys)
  t.match(await rpc(dev.reference, 'validateaddress', deposit), { iswatchonly: true }, 'deposits are seen')
})

t.test('a daemon that cannot do it is told what it lacks', async (t) => {
  const dev = await startChains({ dataDir: t.testdir(), manual: true })
  t.teardown(() => dev.close())
  const client = createKomodoClient({ name: 'TODAY', access: () => dev.asset })
  t.teardown(() => client.close())
  const signal = new AbortController().signal
  await t.rejects(pegFamily(client.rpc, 'creator', { signal }), {
    code: 'E_PEGS_DAEMON',
    message:
      /TODAY lacks pegsinfo, .*pegscreate: the Pegs module is only in the daemon of github.com\/Mixa84/,
  })
  const rpcOf = (text: string): Rpc => ({ ...client.rpc, name: 'X', call: () => Promise.resolve(text) })
  const all = await client.rpc.call('help')
  const pegs = [
    'pegsinfo',
    'pegsaccountinfo',
    'pegsaccounthistory',
    'pegsworstaccounts',
    'prices',
    'pegsfund',
    'pegsget',
  ]
  const full = `${String(all)}\n${[...pegs, 'pegsredeem pegstxid tokenid', 'pegsexchange', 'pegsliquidate', 'pegscreate'].join('\n')}`
  t.equal(await pegFamily(rpcOf(full), 'user', { signal }), 'A')
  t.equal(await pegFamily(rpcOf(`${full}\npegsclose pegstxid tokenid`), 'user', { signal }), 'hybrid')
  const familyB = full.replace(/^gatewaysclaim.*$/m, '')
  await t.rejects(pegFamily(rpcOf(familyB), 'user', { signal }), {
    message: /gateways of the branch research/,
  })
})

t.test('what was recorded of a creation is what was asked for; anything else is not sent', (t) => {
  const calls = recordings('komodod-pegs')['creator-4-complete'] ?? []
  const all = Object.values(recordings('komodod-pegs')).flat()
  const hexOf = (method: string) => {
    const call = [...calls, ...all].find(
      ({ request, reply }) => request?.method === method && reply?.includes('"hex":"0'),
    )
    const { result } = JSON.parse(call?.reply ?? '{}') as { result: { hex: string } }
    return { hex: result.hex, params: (call?.request?.params ?? []) as string[] }
  }
  const place = { height: 0, pubkey: '037251f186695ce918d15eb793e6b4955779ac1db22b76d8235c542d544cbdf5ed' }
  const refuses = (rule: string, inspect: () => unknown) =>
    t.throws(inspect, { code: 'E_KOMODO_INSPECT', details: { rule } }, rule)
  const token = hexOf('tokencreate')
  const [name = '', coins = '', description = ''] = token.params
  const intent = { name, supply: BigInt(coins) * 100_000_000n, description }
  t.ok(inspectToken(token.hex, intent, place).txid)
  refuses('op-return', () => inspectToken(token.hex, { ...intent, description: 'KMD_BTC,1' }, place))
  refuses('amount', () => inspectToken(token.hex, { ...intent, supply: 1n }, place))
  const oracle = hexOf('oraclescreate')
  const facts = { name: 'KMD', description: oracle.params[1] ?? '', format: 'Ihh' }
  t.ok(inspectOracle(oracle.hex, facts, place).txid)
  refuses('op-return', () => inspectOracle(oracle.hex, { ...facts, format: 'L' }, place))
  const bind = hexOf('gatewaysbind')
  const [tokenId = '', oracleTxid = '', coin = '', supply = '0', m = '0', n = '0'] = bind.params
  const binding = {
    tokenId,
    oracleTxid,
    coin,
    supply: BigInt(supply),
    m: Number(m),
    pubkeys: bind.params.slice(6, 6 + Number(n)),
  }
  t.ok(inspectBind(bind.hex, binding, place).txid)
  refuses('op-return', () =>
    inspectBind(bind.hex, { ...binding, pubkeys: [place.pubkey.replace('03', '02')] }, place),
  )
  const peg = calls.find(({ label }) => label === 'pegscreate')
  const { result } = JSON.parse(peg?.reply ?? '{}') as { result: { hex: string } }
  const bindTxids = (peg?.request?.params ?? []).slice(2) as string[]
  const creation = { sat: 100_000n * 100_000_000n, bindTxids }
  t.ok(inspectPeg(result.hex, creation, place).txid)
  refuses('op-return', () => inspectPeg(result.hex, { ...creation, bindTxids: bindTxids.slice(1) }, place))
  refuses('amount', () => inspectPeg(result.hex, { ...creation, sat: 1n }, place))
  refuses('foreign-output', () => inspectPeg(result.hex, creation, { ...place, pubkey: PEGS_PUBKEY }))
  t.end()
})

t.test(
  'the price falls: warnings, an exchange, a liquidation within its window and none above it',
  async (t) => {
    const folder = t.testdir()
    const dev = await startChains({
      dataDir: `${folder}/komodo`,
      manual: true,
      gateways: [{ m: 2, n: 2 }],
      pegs: {},
    })
    t.teardown(() => dev.close())
    const signal = new AbortController().signal
    const [creator, second] = dev.operators
    const holderOf = async (access: DaemonAccess | undefined, pubkey: string | undefined, name: string) => {
      const client = createKomodoClient({ name, access: () => access as DaemonAccess })
      t.teardown(() => client.close())
      const peg = await findPeg(client, dev.pegsTxid ?? '', { signal })
      const holder = {
        client,
        signal,
        peg,
        token: tokenOf(peg, undefined),
        pubkey: pubkey ?? '',
        tell: () => {},
      }
      const pause = () => Promise.resolve(void dev.control.mine('asset'))
      let journeys = 0
      return () => ({ ...holder, pause, journal: openJournal(`${folder}/${name}-${journeys++}.json`, name) })
    }
    const user = await holderOf(dev.user.asset, dev.user.pubkey, 'user')
    const other = await holderOf(second?.asset, second?.pubkey, 'other')
    const trader = await holderOf(creator?.asset, creator?.pubkey, 'trader')
    const seen = async () => (await lookAt(user().client, user(), { signal }))[0] as Look
    const whats = async () => warningsOf(await seen()).map(({ what }) => what)
    await send(dev.user.asset, 'tokentransfer', user().token.tokenId, second?.pubkey ?? '', '1000000000')
    dev.control.mine('asset')
    const coin = 100_000_000n
    for (const holder of [user, other]) {
      await operate(holder(), { do: 'fund', sat: coin })
      await operate(holder(), { do: 'get', sat: 72_000_000n })
    }
    t.same(await whats(), [], 'at 80 % nothing is said')
    dev.control.market({ BTC_USD: 975_000_000_000n })
    dev.control.mine('asset', 14)
    t.same(await whats(), ['ratio'], 'said before others can act')
    dev.control.mine('asset', 40)
    t.same(await whats(), ['ratio', 'liquidation'], 'the own account is no prey')
    const { victims, ratio, global, open, poolOutputs } = await seen()
    t.match({ ratio, global, open }, { ratio: '92.31%', global: '92.31%', open: true })
    t.ok(poolOutputs > 90)
    const gain = { reward: 97_230_768n, pool: 2_769_232n, burn: 72_000_000n, profit: 3_839_999n }
    t.same(victims[0]?.gain, gain)
    const refuses = (message: RegExp, go: Promise<unknown>) =>
      t.rejects(go, { code: 'E_PEGS_REFUSED', message }, String(message))
    const history = await other().client.pegHistory(dev.pegsTxid ?? '', { signal })
    const victim = history.at(-1)?.txid ?? ''
    await refuses(/only who has an account/, liquidate(trader(), victim))
    await refuses(/no account above 90 %/, liquidate(user(), '7'.padStart(64, '0')))
    await refuses(/you have, or had, an account/, exchange(user(), 1_000_000n))
    // The debt is paid with coins that are there: those that were got.
    t.same(await liquidate(user(), victim).then(({ tokens, coins }) => ({ tokens, coins })), {
      tokens: gain.reward,
      coins: -gain.burn,
    })
    await refuses(/the pool holds 0.02769232 tokens/, exchange(trader(), 1_000_000n))
    await refuses(/is dust/, exchange(trader(), 0n))
    const traded = await exchange(trader(), 10_000_000n)
    t.same([traded.tokens, traded.coins], [12_820_512n, -10_000_000n])
    dev.control.market({ BTC_USD: 900_000_000_000n })
    dev.control.mine('asset', 40)
    const [last] = await lookAt(trader().client, trader(), { signal })
    t.match(last?.victims[0], { gain: null }, 'above 95.24 % nothing can be done')
  },
)
