import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import t from 'tap'

import { recordings } from '../fixtures/recordings.js'
import type { RecordedCall } from '../fixtures/recordings.js'
import * as tx from '../tx/index.js'
import { build, post, rpc, send } from './fixtures/client.js'
import { startDevKomodo } from './index.js'
import type { DaemonAccess, DevKomodo } from './index.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

/** Ids and keys of the recordings, by what they stand for. */
const RECORDED = {
  oracle: '37349c827e1ecd80d3a79a7a79289d1c0d7de1276ec0db87c30746251523b3ea',
  bind: '34bdd3f84ddbb794e5994e79a78ee53899a187badb7de7e4164dba2d65bd4cf2',
  bind2: '213bd73e82f568e4760e200486a227e410a6bfdf4080fd95085cea92a2eee918',
  token: 'c6ec9db348face734dfe903b467f86af7a8fb3c1d4b989b01619eb7eadf6eefc',
  alice: '037251f186695ce918d15eb793e6b4955779ac1db22b76d8235c542d544cbdf5ed',
  bob: '03be252188932def60b2663ea5489b3ab8aab5ffe4e0b841b0f9fb095547d20d7d',
  aliceAddress: 'RTN2sphBfCSVAgaYvkijvTNzXuYmUHgcfZ',
  bobAddress: 'RRHr8wVhQep9P8oS8SbtGSWBKCm438dMyw',
  minerAddress: 'RY2Wxx3KzH3qgqJEa3D256R5WfnrD3MrjN',
  aliceWif: 'Uq1zcXSc3qh46tBSq6t53rcUCzM2LbaT7CBv4guSxTB8sAnW34da',
  multisig: 'bMKGzrAyyEppP34Ued1vZFLbtspp67bqbA',
  baton: 'RFrsku9LeXLP1UXmvDyLknFcV9PCWZA5Wx',
  aliceOracles: 'RDhG27hUPvoFAvBBsTXK9b9vobNB8FbHmh',
  /** A registration and a data transaction. */
  register: '4ddc6d65bd9c92845478158894b399a971413c9da4e1e1a5c3f2be63d64f921f',
  data: '77af3f86c716c128bf5725589f076062e47b1aba7b04a9dee44fda90115fd0b1',
  /** Supply of the first token: whole, and one coin less. */
  supply: '100000000000',
  lessSupply: '99900000000',
}

/** What a publisher writes for a height of the reference chain. */
async function payloadAt(height: number): Promise<string> {
  const hash = await rpc<string>(dev.reference, 'getblockhash', height)
  const { merkleroot } = await rpc<{ merkleroot: string }>(dev.reference, 'getblockheader', hash)
  return tx.encodePayload({ height, hash, merkleRoot: merkleroot, balance: null })
}

function infoOf(dev: DevKomodo) {
  return rpc<{ registered: { baton: string; batontxid: string }[] }>(dev.asset, 'oraclesinfo', dev.oracleTxid)
}

async function standIn(dev: DevKomodo): Promise<Map<string, string>> {
  const register = (await infoOf(dev)).registered[0]?.batontxid as string
  await send(dev.asset, 'oraclesdata', dev.oracleTxid, await payloadAt(10))
  dev.control.mine('asset')
  const [first] = dev.operators
  const [one, two] = dev.gateways
  const info = await infoOf(dev)
  const baton = info.registered[0]?.baton as string
  const { samples } = await rpc<{ samples: { txid: string }[] }>(
    dev.asset,
    'oraclessamples',
    dev.oracleTxid,
    baton,
    '1',
  )
  const own = await rpc<Record<string, string>>(dev.asset, 'oraclesaddress')
  const ours: Record<keyof typeof RECORDED, string> = {
    oracle: dev.oracleTxid,
    bind: dev.bindTxid,
    bind2: two?.bindTxid as string,
    token: one?.tokenId as string,
    alice: dev.pubkey,
    bob: dev.user.pubkey,
    aliceAddress: first?.address as string,
    bobAddress: dev.user.address,
    minerAddress: first?.address as string,
    aliceWif: first?.wif as string,
    multisig: two?.depositAddress as string,
    baton,
    aliceOracles: own['myCCAddress(Oracles)'] as string,
    register,
    data: samples[0]?.txid as string,
    supply: '1000000000000',
    lessSupply: '999900000000',
  }
  const fixed = new Map(
    Object.entries(RECORDED).map(([name, text]) => [text, ours[name as keyof typeof RECORDED]]),
  )
  for (const chain of ['KMDREF', 'PEGSX']) blocks.set(chain, await blocksOf(dev, chain))
  return fixed
}

/** Recorded blocks and their coinbases, and ours of the same heights. */
async function blocksOf(dev: DevKomodo, chain: string): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  const add = async (height: number, hash: unknown, coinbase?: unknown) => {
    const ours = await rpc<{ hash: string; tx: string[] }>(access(chain), 'getblock', String(height))
    if (typeof hash === 'string') found.set(hash, ours.hash)
    if (typeof coinbase === 'string') found.set(coinbase, ours.tx[0] as string)
  }
  for (const call of recordings('komodod')['general'] ?? []) {
    if (call.chain !== chain || !call.reply?.startsWith('{"result":{"last_notarized_height"')) continue
    const { result } = JSON.parse(call.reply) as { result: Record<string, unknown> }
    const height = result['height'] as number
    if (height > dev.control.height(chain === 'KMDREF' ? 'reference' : 'asset')) continue
    await add(height, result['hash'], (result['tx'] as unknown[] | undefined)?.[0])
    if (height > 0) await add(height - 1, result['previousblockhash'])
  }
  return found
}

/** What a text is, where its content is a matter of the chain. */
function faceOf(text: string): string {
  return text
    .replace(/[0-9a-f]{200,}/g, '<hex>')
    .replace(/[0-9a-f]{64}/g, '<id>')
    .replace(/\b[Rb][1-9A-HJ-NP-Za-km-z]{33}\b/g, '<address>')
    .replace(/[0-9a-f]{40,}/g, '<hex>')
    .replace(/\b\d+\.\d{8}\b/g, '<coins>')
    .replace(/\d+( ?!= ?(?:fullsupply )?)\d+/g, '<n>$1<n>')
    .replace(/ht\.\d+/g, 'ht.<n>')
    .replace(/KMDREF|PEGSX|KMDDEV|PEGSDEV/g, '<chain>')
}

/** Members in their order, types, and the texts of errors. */
function shapeOf(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [] : [shapeOf(value[0])]
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).map(([name, member]) => [name, shapeOf(member, name)])
  if (typeof value !== 'string') return typeof value
  return ['error', 'result', 'WARNING', 'coin', 'type', 'status'].includes(key) ? faceOf(value) : 'text'
}

/** Differences that the stand-in has on purpose; each with its reason. */
const KNOWN: readonly [RegExp, string][] = [
  [/^help /, 'help is short: one line of usage'],
  [/^getinfo|^getblockchaininfo/, 'compared by name below'],
  [/^getnetworkinfo|^getmininginfo|^getwalletinfo|^getpeerinfo/, 'not played'],
  [/^listunspent/, 'interest, an offset of rewards, is not played'],
  [/^z_|importgateway|pegs/, 'not played'],
  [
    /^gettransaction (wallet|after)|with tx$|in mempool\)?$|after 1 block|some blocks later|of payment/,
    'about one transaction of that chain; its life is played below',
  ],
  [
    /^(send|sign)rawtransaction(?! (bad|hex|empty|garbage|number|no|of unknown|missing))/,
    'spends coins of that chain; played below',
  ],
  [
    /^gatewaysdeposit (wrong|claimvout)|^gatewaysclaim wrong/,
    'about one deposit of that chain; played below',
  ],
  [/^gatewaysbind (unknown oracle|not an oracle)/, 'needs a token that no gateway is bound to'],
  [/^verifytxoutproof$/, 'a proof of that chain'],
  [/ foreign$|chainInfo$/, 'that address had been paid and watched before'],
]

function isKnown(label: string): boolean {
  return KNOWN.some(([pattern]) => pattern.test(label))
}

t.setTimeout(600_000)

type Tap = {
  readonly fail: (name: string, extra: object) => unknown
  readonly ok: (value: unknown, name: string) => unknown
}

let dev: DevKomodo
let names: Map<string, string>
const blocks = new Map<string, Map<string, string>>()
const dataDir = mkdtempSync(join(tmpdir(), 'pegminer-komodo-'))
const access = (chain: string): DaemonAccess =>
  chain === 'KMDREF' ? dev.reference : chain === 'PEGSX-B' ? dev.user.asset : dev.asset

function translated(value: unknown, chain: string): unknown {
  if (typeof value === 'string') return names.get(value) ?? blocks.get(chain)?.get(value) ?? value
  if (Array.isArray(value)) return value.map((each) => translated(each, chain))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [names.get(key) ?? key, translated(member, chain)]),
    )
  return value
}

/** A reply as far as it does not hang on the chain: error code and text, members, id. Other bodies as they are. */
function essenceOf(body: string): unknown {
  if (!body.startsWith('{') && !body.startsWith('[')) return body
  const parsed = JSON.parse(body) as Reply | readonly Reply[]
  return Array.isArray(parsed) ? parsed.map(replyEssence) : replyEssence(parsed as Reply)
}

interface Reply {
  readonly result: unknown
  readonly error: { readonly code: number; readonly message: string } | null
  readonly id: unknown
}

function replyEssence({ result, error, id }: Reply): unknown {
  const refusal = error && [error.code, faceOf(error.message.split('\n')[0] as string)]
  return [refusal, shapeOf(result, 'result'), id]
}

function requestOf({ request = {}, chain }: RecordedCall): {
  body: string
  options: Parameters<typeof post>[2]
} {
  const { method, params = [], auth, httpMethod, path, rawBody } = request
  const body = rawBody ?? JSON.stringify({ id: 'rec', method, params: translated(params, chain) })
  const options = {
    ...(auth === 'wrong credentials' ? { auth: 'wrong' as const } : auth === 'none' ? { auth } : {}),
    ...(httpMethod ? { method: httpMethod } : {}),
    ...(path ? { path } : {}),
  }
  return { body, options: options as Parameters<typeof post>[2] }
}

async function compare(t: Pick<Tap, 'fail'>, call: RecordedCall): Promise<void> {
  const { body, options } = requestOf(call)
  const ours = await post(access(call.chain), body, options)
  const recorded = call.reply ?? ''
  const theirs = [call.status, call.httpHeaders?.['content-type'] ?? null, essenceOf(recorded)]
  if (JSON.stringify(theirs) === JSON.stringify([ours.status, ours.type, essenceOf(ours.body)])) return
  t.fail(`${call.label} (${call.request?.method ?? 'raw'})`, {
    asked: body.slice(0, 300),
    theirs: [call.status, recorded.slice(0, 700)],
    ours: [ours.status, ours.type, ours.body.slice(0, 700)],
  })
}

async function compareAll(t: Tap, calls: readonly RecordedCall[], least: number): Promise<void> {
  let compared = 0
  for (const call of calls) {
    if (!call.request || call.reply === null || call.reply === undefined || isKnown(call.label)) continue
    await compare(t, call)
    compared++
  }
  t.ok(compared >= least, `${compared} replies compared`)
}

const NOON = Date.UTC(2026, 10, 29, 12)

t.before(async () => {
  dev = await startDevKomodo({
    dataDir,
    manual: true,
    gateways: [
      { m: 1, n: 1 },
      { m: 2, n: 2 },
    ],
    referenceHeight: 137,
    // Ids follow from it, and from ids which coins the wallet takes.
    now: () => NOON,
  })
  dev.control.mine('asset', 133 - dev.control.height('asset'))
  names = await standIn(dev)
})
t.teardown(async () => {
  await dev.close()
  rmSync(dataDir, { recursive: true, force: true })
})

t.test('plain calls, their errors, and the HTTP layer', async (t) => {
  const { general = [], keys = [] } = recordings('komodod')
  await compareAll(t, general, 190)
  await compareAll(
    t,
    keys.filter(({ label }) => /importprivkey|setpubkey when/.test(label)),
    5,
  )
})

/** Members of `getblockchaininfo` that this program does not read. */
const UNPLAYED = new Set(['chainSupply', 'valuePools', 'softforks', 'upgrades', 'consensus'])

t.test('facts of a node: members in their order, and their types', async (t) => {
  const typesOf = (value: unknown) =>
    Object.entries(value as object).map(([name, member]) => [name, typeof member] as const)
  for (const chain of ['KMDREF', 'PEGSX'])
    for (const method of ['getinfo', 'getblockchaininfo']) {
      const call = (recordings('komodod')['general'] ?? []).find(
        (each) => each.chain === chain && each.request?.method === method && each.label === method,
      )
      const theirs = typesOf((JSON.parse(call?.reply ?? '') as { result: unknown }).result)
      const ours = typesOf(await rpc(access(chain), method))
      t.ok(theirs.length > 10, `${method} of ${chain}`)
      t.same(
        ours,
        theirs.filter(([name]) => !UNPLAYED.has(name)),
      )
    }
})

/** Refusals that hang on nothing but the call itself and ids that exist. */
const REFUSALS: readonly [string, RegExp][] = [
  [
    'oracles',
    /unknown|params?$|empty|long|fee (too|0|"1)|too (short|long)|76 bytes|odd hex|non-hex|0x|8192|not an? |bad (format|txid|pubkey)|too much|number|extra/,
  ],
  ['tokens', /empty|supply 0|unknown|usage|number/],
  [
    'gateways-bind-deposit-errors',
    /unknown|usage|illegal|M |too|invalid|wrong|null|without balance|not enough|zero id|not an oracle|does not own/,
  ],
  ['gateways-deposit-claim', /unknown|wrong|usage/],
  ['gateways-withdraw', /unknown|usage|invalid dest/],
]

t.test('refusals of the contract modules', async (t) => {
  dev.control.lockLeaks = false
  for (const [file, pattern] of REFUSALS) {
    const calls = (recordings('komodod')[file] ?? []).filter(
      ({ label, reply, request, status }) =>
        pattern.test(label) &&
        request?.method !== 'decoderawtransaction' &&
        request?.method !== 'sendrawtransaction' &&
        (status === 500 || reply?.includes('"error":"') === true),
    )
    await compareAll(t, calls, 1)
  }
})

/** The recorded reply of a label, and ours, must have the same members, types and texts. */
function sameShape(
  t: { readonly same: (a: unknown, b: unknown, name: string) => unknown },
  label: string,
  ours: unknown,
): void {
  const call = Object.values(recordings('komodod'))
    .flat()
    .find((each) => each.label === label && each.reply)
  const { result } = JSON.parse(call?.reply ?? '{}') as { result?: unknown }
  t.same(shapeOf(ours, 'result'), shapeOf(result, 'result'), label)
}

/** Ops whose only fixed outputs are the first and the last: whether there is change is a matter of the wallet. */
const STEPS = new Set(['gateway-partial', 'gateway-complete', 'gateway-done'])

/** Kinds and places of a transaction's inputs and outputs, amounts that the protocol fixes, and its op. */
function layoutOf(decoded: tx.Transaction): unknown {
  const op = tx.gatewayOpOf(decoded)?.op.op ?? tx.opOf(decoded)?.op
  const outputs = op && STEPS.has(op) ? [decoded.outputs[0], decoded.outputs.at(-1)] : decoded.outputs
  return {
    version: decoded.version,
    inputs: decoded.inputs.map(({ script }) => (script.startsWith('4c') ? 'module' : 'normal')),
    outputs: outputs.map((output) => {
      const { value, script } = output as tx.TxOutput
      return [tx.scriptKind(script).kind, value === 10_000n ? value : value > 0n]
    }),
    op,
  }
}

/** Our transaction, laid out as the recorded one that was decoded under a label. */
function sameLayout(
  t: { readonly same: (a: unknown, b: unknown, name: string) => unknown },
  label: string,
  hex: string,
): void {
  const call = Object.values(recordings('komodod'))
    .flat()
    .find((each) => each.label === label)
  const recorded = call?.request?.params?.[0] as string
  t.same(layoutOf(tx.decodeTransaction(hex)), layoutOf(tx.decodeTransaction(recorded)), label)
}

t.test(
  'the life of headers, deposits and withdrawals: shapes of replies, layout of transactions',
  async (t) => {
    const { asset, reference, user, oracleTxid, bindTxid, control } = dev
    const ask = (method: string, ...params: unknown[]) => rpc(asset, method, ...params)
    const hexOf = (access: DaemonAccess, txid: string) => rpc<string>(access, 'getrawtransaction', txid, 0)
    control.mine('asset')
    const [{ baton }] = (await rpc<{ registered: [{ baton: string }] }>(asset, 'oraclesinfo', oracleTxid))
      .registered
    sameShape(t, 'oraclesinfo, three subscriptions confirmed', await ask('oraclesinfo', oracleTxid))
    sameShape(t, 'oraclessamples 4', await ask('oraclessamples', oracleTxid, baton, '4'))
    sameShape(
      t,
      'oraclessample of a mempool data tx',
      await ask('oraclessample', oracleTxid, names.get(RECORDED.data)),
    )
    sameShape(t, 'oraclesaddress with pubkey', await ask('oraclesaddress', user.pubkey))
    sameShape(t, 'gatewaysaddress with pubkey', await ask('gatewaysaddress', user.pubkey))
    sameShape(t, 'gatewaysinfo 2-of-2', await ask('gatewaysinfo', dev.gateways[1]?.bindTxid))
    sameShape(t, 'tokeninfo', await ask('tokeninfo', dev.gateways[0]?.tokenId))
    sameShape(t, 'gatewaysexternaladdress', await ask('gatewaysexternaladdress', bindTxid, user.pubkey))
    sameLayout(t, 'oraclescreate / decode', await build(asset, 'oraclescreate', 'KMD', 'blockheaders', 'Ihh'))
    sameLayout(t, 'oraclesfund / decode', await build(asset, 'oraclesfund', oracleTxid))
    sameLayout(
      t,
      'oraclessubscribe 0.01 / decode',
      await build(asset, 'oraclessubscribe', oracleTxid, dev.pubkey, '0.01'),
    )
    sameLayout(
      t,
      'oraclesdata #1 in one block (height 10) / decode',
      await hexOf(asset, names.get(RECORDED.data) as string),
    )

    const coinTxid = control.deposit({ amount: 1_000_000_000n })
    const [hash] = control.mine('reference')
    const height = control.height('reference')
    const depositHex = await hexOf(reference, coinTxid)
    const proof = await rpc<string>(reference, 'gettxoutproof', [coinTxid])
    const params = [bindTxid, String(height), 'KMD', coinTxid, '0', depositHex, proof, user.pubkey, '10']
    sameShape(t, 'gatewaysdeposit, height not published', await rpc(user.asset, 'gatewaysdeposit', ...params))
    await send(asset, 'oraclesdata', oracleTxid, await payloadAt(height))
    const other = [...params.slice(0, 8), '9']
    sameShape(t, 'gatewaysdeposit wrong amount', await rpc(user.asset, 'gatewaysdeposit', ...other))
    const depositTxid = await send(user.asset, 'gatewaysdeposit', ...params)
    sameLayout(t, 'B: gatewaysdeposit 2-of-2, one publisher / decode', await hexOf(asset, depositTxid))
    t.match(await rpc(user.asset, 'gatewaysdeposit', ...params), {
      error: `cointxid.${coinTxid} already exists`,
    })
    control.mine('asset')
    const claim = [bindTxid, 'KMD', depositTxid, user.pubkey, '10']
    t.match(await rpc(user.asset, 'gatewaysclaim', ...claim), {
      error: 'gatewaysdeposit tx not yet confirmed/notarized',
    })
    control.mine('asset')
    const pending = await rpc<{ pending: unknown[] }>(user.asset, 'gatewayspendingdeposits', bindTxid, 'KMD')
    matchExactly(t, pending, {
      coin: 'KMD',
      pending: [{ cointxid: coinTxid, deposittxid: depositTxid, amount: 10, confirmed_or_notarized: true }],
    })
    sameShape(
      t,
      'gatewaysclaim wrong amount',
      await rpc(user.asset, 'gatewaysclaim', ...claim.slice(0, 4), '9'),
    )
    sameShape(
      t,
      'gatewaysclaim wrong destpub',
      await rpc(user.asset, 'gatewaysclaim', ...claim.slice(0, 3), dev.pubkey, '10'),
    )
    const before = await rpc<{ balance: number }>(user.asset, 'tokenbalance', dev.gateways[0]?.tokenId)
    sameLayout(
      t,
      'B: gatewaysclaim / decode',
      await hexOf(asset, await send(user.asset, 'gatewaysclaim', ...claim)),
    )
    control.mine('asset')
    const after = await rpc<{ balance: number }>(user.asset, 'tokenbalance', dev.gateways[0]?.tokenId)
    t.equal(after.balance - before.balance, 1_000_000_000)
    t.ok(hash)
    // As in real nodes: once it is in a block, the same deposit is taken a second time.
    t.ok(await build(user.asset, 'gatewaysdeposit', ...params))
    t.equal(
      await rpc(asset, 'gatewaysinfo', RECORDED.oracle).then((reply) => (reply as { result: string }).result),
      'error',
    )
  },
)

/** The error that was recorded under a label. */
function recordedError(label: string): string {
  const call = Object.values(recordings('komodod'))
    .flat()
    .find((each) => each.label === label && each.status === 500)
  const { error } = JSON.parse(call?.reply ?? '') as { error: { code: number; message: string } }
  return `${error.code} ${error.message}`
}

t.test('what is built and breaks a rule: the network refuses it', async (t) => {
  const { control, user, operators, gateways } = dev
  const [one, two] = gateways as [(typeof gateways)[number], (typeof gateways)[number]]
  control.lockLeaks = false
  const refused = { message: recordedError('send it through node A') }
  const sent = (hex: string) => rpc<string>(user.asset, 'sendrawtransaction', hex)
  const { balance } = await rpc<{ balance: number }>(user.asset, 'tokenbalance', one.tokenId)
  const more = ((balance + 1) / 1e8).toFixed(8)
  const over = await build(user.asset, 'gatewayswithdraw', one.bindTxid, 'KMD', user.pubkey, more)
  await t.rejects(sent(over), refused, 'more tokens than there are')

  const withdrawTxid = control.withdraw({ gateway: 1, amount: 100_000_000n })
  const early = await rpc<{ error: string }>(user.asset, 'gatewayspartialsign', withdrawTxid, 'KMD', '00')
  t.equal(early.error, 'gatewayswithdraw tx not yet confirmed/notarized')
  control.mine('asset', 2)
  const [a, b] = operators as [(typeof operators)[number], (typeof operators)[number]]
  const half = await build(a.asset, 'gatewayscompletesigning', withdrawTxid, 'KMD', '00')
  await t.rejects(sent(half), refused, `complete with one signature of ${two.m}`)
  const first = await send(a.asset, 'gatewayspartialsign', withdrawTxid, 'KMD', '00')
  const rival = await build(b.asset, 'gatewayspartialsign', withdrawTxid, 'KMD', '00')
  await t.rejects(sent(rival), { message: '-26 18: bad-txns-inputs-spent' }, 'the marker is spent')
  control.mine('asset')
  const second = await send(b.asset, 'gatewayspartialsign', first, 'KMD', '00')
  control.mine('asset')
  const third = await build(a.asset, 'gatewayspartialsign', second, 'KMD', '00')
  await t.rejects(sent(third), refused, 'more signatures than the gateway needs')
  const whole = await send(b.asset, 'gatewayscompletesigning', second, 'KMD', '00')
  control.mine('asset', 2)
  t.ok(await send(a.asset, 'gatewaysmarkdone', whole, 'KMD'))
  control.mine('asset')
})

t.test('a withdrawal of two signers: shapes and layouts', async (t) => {
  const { control, operators, reference } = dev
  const [a, b] = operators as [(typeof operators)[number], (typeof operators)[number]]
  const gateway = dev.gateways[1] as (typeof dev.gateways)[number]
  const withdrawTxid = control.withdraw({ gateway: 1, amount: 100_000_000n })
  sameLayout(t, 'decode it', await rpc<string>(a.asset, 'getrawtransaction', withdrawTxid, 0))
  control.mine('asset', 2)
  const pendingAt = (access: DaemonAccess) =>
    rpc<{ pending: Record<string, unknown>[] }>(access, 'gatewayspendingwithdraws', gateway.bindTxid, 'KMD')
  const first = await pendingAt(a.asset)
  sameShape(t, 'gatewayspendingwithdraws gateway 2', first)
  t.match(await pendingAt(dev.user.asset), { queueflag: 0 })
  const item = first.pending[0] as { withdrawaddr: string; withdrawtxidaddr: string; depositaddr: string }
  for (const { reference } of [a, b]) {
    const address = await rpc<string>(reference, 'addmultisigaddress', 2, gateway.pubkeys)
    t.equal(address, gateway.depositAddress)
    await rpc(reference, 'importaddress', address, '', false)
  }
  sameShape(
    t,
    'validateaddress multisig (one key in wallet)',
    await rpc(a.reference, 'validateaddress', gateway.depositAddress),
  )
  const unspent = await rpc<{ txid: string; vout: number }[]>(a.reference, 'listunspent', 1, 99999999, [
    item.depositaddr,
  ])
  sameShape(t, 'listunspent multisig', unspent)
  const [{ txid, vout }] = unspent as [{ txid: string; vout: number }]
  const outputs = { [item.withdrawaddr]: 0.9998, [item.withdrawtxidaddr]: 0.0001, [item.depositaddr]: 99 }
  const raw = await rpc<string>(a.reference, 'createrawtransaction', [{ txid, vout }], outputs)
  const half = await rpc<{ hex: string; complete: boolean }>(a.reference, 'signrawtransaction', raw)
  sameShape(t, 'signrawtransaction with one of two keys (wallet)', half)
  for (const hex of [raw, half.hex])
    await t.rejects(rpc(reference, 'sendrawtransaction', hex), { message: /^-25 $/ })
  const partialTxid = await send(a.asset, 'gatewayspartialsign', withdrawTxid, 'KMD', half.hex)
  sameLayout(
    t,
    'A: gatewayspartialsign / decode',
    await rpc<string>(a.asset, 'getrawtransaction', partialTxid, 0),
  )
  sameShape(t, 'A: pending, partial in mempool', await pendingAt(a.asset))
  control.mine('asset')
  const second = await pendingAt(b.asset)
  sameShape(t, 'B: pending after partial', second)
  t.match(second.pending[0], { number_of_signs: 1, last_txid: partialTxid, hex: half.hex })
  const whole = await rpc<{ hex: string; complete: boolean }>(b.reference, 'signrawtransaction', half.hex)
  sameShape(t, 'signrawtransaction with the second key given', whole)
  t.equal(whole.complete, true)
  const completeTxid = await send(b.asset, 'gatewayscompletesigning', partialTxid, 'KMD', whole.hex)
  sameLayout(
    t,
    'B: gatewayscompletesigning / decode',
    await rpc<string>(b.asset, 'getrawtransaction', completeTxid, 0),
  )
  control.mine('asset', 2)
  const processed = await rpc(a.asset, 'gatewaysprocessed', gateway.bindTxid, 'KMD')
  sameShape(t, 'A: gatewaysprocessed', processed)
  sameShape(
    t,
    'A: gatewaysprocessed of gateway 1 (does it leak items of gateway 2?)',
    await rpc(a.asset, 'gatewaysprocessed', dev.bindTxid, 'KMD'),
  )
  const paid = await rpc<string>(reference, 'sendrawtransaction', whole.hex)
  t.equal(await rpc(reference, 'sendrawtransaction', whole.hex), paid, 'again, in the mempool')
  control.mine('reference')
  await t.rejects(rpc(reference, 'sendrawtransaction', whole.hex), {
    message: '-27 transaction already in block chain',
  })
  const doneTxid = await send(a.asset, 'gatewaysmarkdone', completeTxid, 'KMD')
  sameLayout(t, 'A: gatewaysmarkdone / decode', await rpc<string>(a.asset, 'getrawtransaction', doneTxid, 0))
  const again = await build(b.asset, 'gatewaysmarkdone', completeTxid, 'KMD')
  control.mine('asset')
  await t.rejects(rpc(b.asset, 'sendrawtransaction', again), {
    message: recordedError('gatewaysmarkdone again after confirmation / send'),
  })
  matchExactly(t, await rpc(a.asset, 'gatewaysprocessed', gateway.bindTxid, 'KMD'), { processed: [] })
  t.equal(control.balance('reference', item.withdrawtxidaddr), 10_000n)
})
