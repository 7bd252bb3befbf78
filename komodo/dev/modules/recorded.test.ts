import t from 'tap'

import { recordings } from '../../fixtures/recordings.js'
import type { RecordedCall } from '../../fixtures/recordings.js'
import { liquidationOf, tokensFor } from '../../pegs/formulas.js'
import * as tx from '../../tx/index.js'
import { startChains } from '../fixtures/chains.js'
import { build, post, rpc, send } from '../fixtures/client.js'
import type { DaemonAccess, DevKomodo } from '../index.js'
import { matchExactly } from '../../../test/fixtures/match-exactly.js'

const RECORDED = Object.values(recordings('pegs')).flat()
const COIN = 100_000_000n

function recorded(label: string): RecordedCall {
  const found = RECORDED.find((call) => call.label === label)
  if (!found) throw new Error(`nothing is recorded as ${label}`)
  return found
}

const resultOf = (call: RecordedCall): unknown => (JSON.parse(call.reply ?? '') as { result: unknown }).result
const hexOf = (call: RecordedCall): string => (resultOf(call) as { hex: string }).hex

/** What a transaction is made of: kinds and order of its inputs and outputs, and what its payload says. */
function faceOf(hex: string): unknown {
  const decoded = tx.decodeTransaction(hex)
  const inputs = decoded.inputs.map(({ script, vout }) => {
    const tree = tx.readFulfilment(script)
    if (tree?.type !== 'threshold') return vout === tx.IMPORT_VOUT ? script : 'normal'
    const keys = JSON.stringify(tree).includes('anon') ? 'shared' : 'single'
    return [keys, ...tree.parts.flatMap((part) => (part.type === 'eval' ? part.code : []))].join(' ')
  })
  // How many coins of its own a wallet takes, and whether change is left, is a matter of the wallet.
  const kinds = decoded.outputs.map(({ script }) => tx.scriptKind(script).kind)
  const outputs = kinds.at(-2) === 'pubkey' ? kinds.toSpliced(-2, 1) : kinds
  const found = tx.pegsOpOf(decoded)
  return {
    inputs: inputs.filter((each, k) => k === 0 || each !== 'normal'),
    outputs,
    op: found?.op.op,
    expires: decoded.expiryHeight !== 0,
  }
}

t.test('every recorded transaction of the module is read, and written again to the byte', (t) => {
  const kinds = new Map<string, number>()
  for (const call of RECORDED) {
    const hex = call.reply?.startsWith('{"result":{"hex"') ? hexOf(call) : ''
    if (hex === '' || !call.request?.method?.startsWith('pegs')) continue
    const decoded = tx.decodeTransaction(hex)
    const op = tx.opOf(decoded)
    const found = tx.pegsOpOf(decoded)
    if (!op || !found) return t.fail(`${call.label} is not read`)
    t.equal(tx.opScript(op), decoded.outputs.at(-1)?.script, call.label)
    t.equal(tx.encodeTransaction(decoded), hex)
    kinds.set(found.op.op, (kinds.get(found.op.op) ?? 0) + 1)
    if (found.op.op !== 'pegs-get') continue
    const { burnHex, payoutsHash, ...account } = found.op
    const payouts = decoded.outputs.slice(0, -1)
    t.equal(tx.payoutsHashOf(payouts), payoutsHash, 'the burn names what is issued')
    const { expiryHeight } = tx.decodeTransaction(burnHex)
    const again = tx.issueOp(account, payouts, (inputs, outputs) =>
      tx.saplingTransaction(inputs, outputs, { expiryHeight }),
    )
    t.equal(again.burnHex, burnHex, 'the burn is made to the byte')
  }
  t.same(Object.fromEntries(kinds), {
    'pegs-create': 5,
    'pegs-fund': 13,
    'pegs-get': 12,
    'pegs-redeem': 9,
    'pegs-exchange': 4,
    'pegs-liquidate': 2,
  })
  t.end()
})

interface World {
  readonly dev: DevKomodo
  readonly peg: string
  readonly token: string
  readonly dear: string
  readonly user: DaemonAccess
  readonly other: DaemonAccess
}

async function begin(dataDir: string): Promise<World> {
  const dev = await startChains({
    dataDir,
    manual: true,
    gateways: [
      { m: 1, n: 1 },
      { m: 2, n: 2 },
    ],
    pegs: {},
  })
  const [one, two] = dev.gateways
  const other = dev.operators[1]?.asset as DaemonAccess
  const world = { dev, peg: dev.pegsTxid ?? '', token: one?.tokenId ?? '', dear: two?.tokenId ?? '' }
  return { ...world, user: dev.user.asset, other }
}

/** The market moves, and the price that the module goes by with it. */
function reprice({ dev }: World, btc: bigint): void {
  dev.control.market({ BTC_USD: btc * COIN })
  dev.control.mine('asset', 60)
}

t.test('the life of accounts on the embedded chain is that of real daemons', async (t) => {
  const world = await begin(t.testdir())
  const { dev, peg, token, dear, user, other } = world
  t.teardown(() => dev.close())
  const mine = () => dev.control.mine('asset')
  const call = (access: DaemonAccess, method: string, ...params: string[]) => rpc(access, method, ...params)
  const says = async (label: string, access: DaemonAccess, method: string, ...params: string[]) => {
    const reply = await call(access, method, ...params)
    t.same(reply, resultOf(recorded(label)), label)
  }
  await says('pegsinfo empty peg', user, 'pegsinfo', peg)
  await says('pegsget before any account', user, 'pegsget', peg, token, '0.1')
  await says('pegsredeem before any account', user, 'pegsredeem', peg, token)
  await says('pegsexchange before any account anywhere', user, 'pegsexchange', peg, token, '0.1')
  await says('pegsliquidate before any account', user, 'pegsliquidate', peg, token, '7'.padStart(64, '0'))
  await says('pegsfund unknown token', user, 'pegsfund', peg, '7'.padStart(64, '0'), '1')
  t.match(await call(user, 'pegsfund', peg, token, '1001'), {
    error: 'not enough balance (100000000000) for this amount of tokens 100100000000',
  })

  const same = async (label: string, access: DaemonAccess, method: string, ...params: string[]) => {
    const hex = await build(access, method, ...params)
    t.same(faceOf(hex), faceOf(hexOf(recorded(label))), label)
    return hex
  }
  const sent = async (access: DaemonAccess, hex: string) => rpc<string>(access, 'sendrawtransaction', hex)

  await sent(user, await same('pegsfund bob 1', user, 'pegsfund', peg, token, '1'))
  await says('pegsget, fund in mempool', user, 'pegsget', peg, token, '0.1')
  await says('pegsfund again, first in mempool', user, 'pegsfund', peg, token, '1')
  mine()
  await says('pegsinfo after fund', user, 'pegsinfo', peg)
  await says('pegsaccountinfo after fund', user, 'pegsaccountinfo', peg)
  await says('pegsget one sat over 80%', user, 'pegsget', peg, token, '0.72000001')
  const first = await sent(user, await same('pegsget bob 0.3', user, 'pegsget', peg, token, '0.3'))
  await says('pegsaccountinfo get in mempool', user, 'pegsaccountinfo', peg)
  const fundDuring = await call(user, 'pegsfund', peg, token, '1')
  t.same(fundDuring, { result: 'error', error: 'previous account tx not yet confirmed' })
  await same('pegsget again, first in mempool', user, 'pegsget', peg, token, '0.1')
  mine()
  await says('pegsinfo after get 0.3', user, 'pegsinfo', peg)
  const again = await rpc(
    user,
    'sendrawtransaction',
    await rpc<string>(user, 'getrawtransaction', first),
  ).catch((error: unknown) => String(error))
  t.match(again, /-27/, 'an issue is not sent twice')
  await sent(user, await build(user, 'pegsget', peg, token, '0.42'))
  mine()
  await says('pegsaccountinfo at 80%', user, 'pegsaccountinfo', peg)
  matchExactly(t, await call(user, 'pegsaccounthistory', peg), {
    'account history': [
      { action: 'fund', amount: 100_000_000, deposit: 100_000_000, debt: 0 },
      { action: 'get', amount: 30_000_000, debt: 30_000_000 },
      { action: 'get', amount: 42_000_000, debt: 72_000_000 },
    ],
  })

  await send(user, 'pegsfund', peg, dear, '0.5')
  mine()
  await says('pegsinfo token2 funded', user, 'pegsinfo', peg)
  const dust = await build(user, 'pegsredeem', peg, dear)
  await t.rejects(sent(user, dust), /-26 64: dust/, 'without a debt nothing can be redeemed')
  await send(user, 'pegsget', peg, dear, '0.1')
  mine()
  await send(user, 'pegsfund', peg, dear, '0.25')
  mine()
  await says('pegsinfo token2 add', user, 'pegsinfo', peg)
  const held = (access: DaemonAccess, which: string) =>
    rpc<{ balance: number }>(access, 'tokenbalance', which).then(({ balance }) => balance)
  const before = await held(user, dear)
  await sent(user, await same('pegsredeem bob token2', user, 'pegsredeem', peg, dear))
  mine()
  t.equal((await held(user, dear)) - before, 75_000_000, 'all tokens come back')
  await says('pegsinfo after redeem', user, 'pegsinfo', peg)
  await says('pegsexchange with a redeemed account', user, 'pegsexchange', peg, dear, '0.01')

  // A second holder, a falling price.
  const second = (await rpc<{ pubkey: string }>(other, 'getinfo')).pubkey
  await send(user, 'tokentransfer', token, second, '2000000000')
  mine()
  for (const amount of ['0.5', '0.5']) {
    await send(other, 'pegsfund', peg, token, amount)
    mine()
  }
  await send(other, 'pegsget', peg, token, '0.72')
  mine()
  matchExactly(t, await call(user, 'pegsworstaccounts', peg), { '': [] }, 'nobody is named by nothing')
  const worst = async () => (await rpc<Worst>(user, 'pegsworstaccounts', peg))['KMD'] ?? []
  reprice(world, 9_750n)
  t.same(
    (await worst()).map(({ ratio }) => ratio),
    ['92.31%', '92.31%'],
  )
  const creator = dev.asset
  const exchanged = await same('pegsexchange alice 0.1', creator, 'pegsexchange', peg, token, '0.1')
  const tokens = tokensFor(10_000_000n, 78_000_000n)
  t.equal(tx.decodeTransaction(exchanged).outputs[2]?.value, tokens, 'coins buy tokens at the price')
  const victim = (await lastOf(other, peg)) ?? ''
  const seized = await same('pegsliquidate bob by carol', user, 'pegsliquidate', peg, token, victim)
  const { reward, pool } = liquidationOf({ deposit: COIN, debt: 72_000_000n }, 78_000_000n)
  const { outputs } = tx.decodeTransaction(seized)
  t.same([outputs[2]?.value, outputs[3]?.value, outputs[4]?.value], [reward, pool, 72_000_000n])
  await sent(user, seized)
  await says('pegsliquidate again, in mempool', user, 'pegsliquidate', peg, token, victim)
  mine()
  await says('pegsliquidate again, confirmed', user, 'pegsliquidate', peg, token, victim)
  await same('pegsexchange smaller than the pool (not sent)', creator, 'pegsexchange', peg, token, '0.0001')

  reprice(world, 9_000n)
  await send(other, 'pegsfund', peg, token, '0.5')
  mine()
  await send(other, 'pegsget', peg, token, '0.288')
  mine()
  t.same(
    (await worst()).map(({ ratio }) => ratio),
    ['100.00%'],
  )
  const label = 'pegsliquidate an account at 100 % (reward > deposit)'
  const mine1 = (await lastOf(user, peg)) ?? ''
  const negative = await same(label, other, 'pegsliquidate', peg, token, mine1)
  await t.rejects(
    sent(other, negative),
    /-26 16: bad-txns-vout-negative/,
    'above 95.24 % nothing can be done',
  )
})

type Worst = Record<string, { accounttxid: string; ratio: string }[]>

/** The newest transaction of the caller's account of the first token. */
async function lastOf(access: DaemonAccess, peg: string): Promise<string | undefined> {
  const reply = await rpc<{ 'account history': { accounttxid: string; token: string }[] }>(
    access,
    'pegsaccounthistory',
    peg,
  )
  return reply['account history'].filter(({ token }) => token === 'KMD').at(-1)?.accounttxid
}

t.test('what real daemons die of, or hang at, does the same here', async (t) => {
  const { dev, peg, token, user } = await begin(t.testdir())
  t.teardown(() => dev.close())
  const { control } = dev
  const probe = () => post(user, '{"id":1,"method":"getblockcount","params":[]}', { timeout: 300 })
  const at = dev.operators.length

  await t.rejects(rpc(user, 'pegscreate', '1000', '2', dev.bindTxid), /-1 JSON value is not a string/)
  for (let k = 0; k < 3; k++) await t.rejects(probe(), 'no answer after a leaked lock')
  t.match(
    JSON.parse((await probe()).body),
    { result: control.height('asset') },
    'then answers, at a frozen height',
  )
  await control.restart('asset', at)
  for (const [method, params] of [
    ['pegsinfo', [1]],
    ['prices', [3]],
  ] as const) {
    await t.rejects(rpc(user, method, ...params), /-1 JSON value is not a string/)
    t.match(await probe(), { status: 200 }, `${method} does not hang`)
  }

  await send(user, 'pegsfund', peg, token, '1')
  control.mine('asset')
  control.market({ KMD_BTC: 0n })
  control.mine('asset', 1)
  const creator = dev.asset
  const raw = await rpc<{ pricefeeds: { name: string; prices: number[][] }[] }>(creator, 'prices', '1')
  const kmd = raw.pricefeeds.find(({ name }) => name === 'KMD_BTC')
  t.equal(kmd?.prices[0]?.[0], 0.0000792, 'a price moves by 1 % a block at most')
})

t.test('prices begin after two windows; exchanging before kills the daemon', async (t) => {
  const dev = await startChains({ dataDir: t.testdir(), manual: true, pegs: { priceWindow: 200 } })
  t.teardown(() => dev.close())
  const { tokenId = '' } = dev.gateways[0] ?? {}
  const peg = dev.pegsTxid ?? ''
  const { user, control } = dev
  await send(user.asset, 'pegsfund', peg, tokenId, '1')
  control.mine('asset')
  t.equal(await rpc(user.asset, 'pegsget', peg, tokenId, '0.1'), '', 'an empty text, no error')
  await t.rejects(rpc(dev.asset, 'pegsexchange', peg, tokenId, '0.1'), /socket hang up|ECONNRESET/)
  await t.rejects(rpc(dev.asset, 'getblockcount'), /ECONNREFUSED/)
  await control.restart('asset', 0)
  t.equal(await rpc(dev.asset, 'getblockcount'), control.height('asset'))
})

t.test(
  'a chain that begins empty: the first block pays its operator, who says when blocks come',
  async (t) => {
    const dev = await startChains({ dataDir: t.testdir(), manual: true, pegs: { empty: true } })
    t.teardown(() => dev.close())
    t.equal(dev.control.height('asset'), 0)
    t.equal(dev.pegsTxid, null)
    t.equal(await rpc(dev.asset, 'getgenerate'), false)
    await rpc(dev.asset, 'setgenerate', true, 1)
    t.equal(await rpc(dev.asset, 'getgenerate'), true)
    dev.control.mine('asset', 2)
    t.equal(await rpc(dev.asset, 'getbalance'), 1_000_000)
    dev.control.mine('asset', 99)
    const late = await send(dev.asset, 'tokencreate', 'KMD', '10', 'KMD_BTC,BTC_USD,*,1')
    dev.control.mine('asset')
    await t.rejects(dev.control.restart('asset', 0, { earlyTxid: late }), /must be before block height 100/)
  },
)
