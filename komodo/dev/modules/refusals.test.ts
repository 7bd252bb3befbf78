/** What daemons answer to calls of the contract modules that cannot be carried out. */
import t from 'tap'

import * as tx from '../../tx/index.js'
import { startChains } from '../fixtures/chains.js'
import { build, rpc, send } from '../fixtures/client.js'
import type { Store } from '../chain/store.js'
import type { DaemonAccess, DevKomodo, DevOperator } from '../index.js'
import { createNetwork, settle } from '../network.js'
import type { DevNode } from '../node.js'
import { DaemonCrash, RpcError } from '../rpc/errors.js'
import { methodTable } from '../rpc/table.js'
import type { Family } from '../types.js'
import { valuesOf } from './format.js'

type Row = readonly [method: string, params: readonly unknown[], error: string]

const NOTHING = 'ab'.repeat(32)
const FAR_TOO_MUCH = '99999999'

let dev: DevKomodo
let peg: string
let plain: string
let operators: readonly DevOperator[]
const mine = (blocks = 1) => dev.control.mine('asset', blocks)

t.before(async () => {
  const gateways = [
    { m: 1, n: 1 },
    { m: 2, n: 2 },
  ]
  dev = await startChains({ dataDir: t.testdir(), manual: true, gateways, pegs: {} })
  dev.control.lockLeaks = false
  peg = dev.pegsTxid ?? ''
  operators = dev.operators
  plain = dev.control.pay('asset', dev.user.address, 1_000_000_000n)
  mine(30)
})
t.teardown(() => dev.close())

interface Tap {
  readonly same: (found: unknown, wanted: unknown, name: string) => unknown
  readonly rejects: (call: Promise<unknown>, wanted: { message: string }, name: string) => unknown
}

/** Refusals of a module stand in the result; those of the daemon, which begin with a code, are errors. */
async function refuses(t: Tap, access: DaemonAccess, rows: readonly Row[]): Promise<void> {
  for (const [method, params, error] of rows) {
    const name = `${method} ${JSON.stringify(params).slice(0, 150)}`
    if (/^-\d/.test(error)) await t.rejects(rpc(access, method, ...params), { message: error }, name)
    else t.same(await rpc(access, method, ...params), { result: 'error', error }, name)
  }
}

/** While it runs, none of the wallet's coins may be spent. */
async function withoutCoins(access: DaemonAccess, work: () => Promise<void>): Promise<void> {
  const coins = await rpc<{ txid: string; vout: number }[]>(access, 'listunspent', 0)
  await rpc(access, 'lockunspent', false, coins)
  await work()
  await rpc(access, 'lockunspent', true)
}

t.test('pegs', async (t) => {
  const [{ tokenId, bindTxid }] = dev.gateways as [DevKomodo['gateways'][0]]
  const user = dev.user.asset
  const unfound = `cant find pegstxid ${NOTHING}`
  const invalid = `invalid pegstxid ${plain}`
  await refuses(t, user, [
    ['pegscreate', ['1', '1'], '-1 pegscreate amount N bindtxid1 [bindtxid2 ...]\n'],
    ['pegscreate', ['1', '1', NOTHING], `cant find bindtxid ${NOTHING}`],
    ['pegscreate', ['1', '1', plain], `invalid bindtxid ${plain}`],
    ['pegscreate', [FAR_TOO_MUCH, '1', bindTxid], 'error adding normal inputs'],
    ['pegsfund', [NOTHING, tokenId, '1'], unfound],
    ['pegsfund', [plain, tokenId, '1'], invalid],
    ['pegsget', [NOTHING, tokenId, '1'], unfound],
    ['pegsredeem', [plain, tokenId], invalid],
    ['pegsexchange', [NOTHING, tokenId, '1'], unfound],
    ['pegsexchange', [bindTxid, tokenId, '1'], `invalid pegstxid ${bindTxid}`],
    ['pegsliquidate', [plain, tokenId, NOTHING], invalid],
    ['pegsaddress', [7], '-1 JSON value is not a string as expected'],
    [
      'pegsget',
      [peg, tokenId, 'much'],
      'cannot find account from which to issue coins, fund account first with pegsfund!',
    ],
  ])
  await send(user, 'pegsfund', peg, tokenId, '10')
  mine()
  await withoutCoins(user, () =>
    refuses(t, user, [
      ['pegsredeem', [peg, tokenId], 'error adding normal inputs'],
      ['tokencreate', ['X', '1'], 'cant find normal inputs'],
    ]),
  )
  await withoutCoins(dev.asset, () =>
    refuses(t, dev.asset, [['pegsexchange', [peg, tokenId, '0'], 'error adding normal inputs']]),
  )
  await send(user, 'pegsfund', peg, tokenId, '1')
  const waits = 'previous account tx not yet confirmed'
  await refuses(t, user, [
    ['pegsfund', [peg, tokenId, '1'], waits],
    ['pegsget', [peg, tokenId, '1'], waits],
    ['pegsredeem', [peg, tokenId], waits],
    ['pegsliquidate', [peg, tokenId, NOTHING], waits],
  ])
  mine()
})

t.test('oracles and tokens', async (t) => {
  const user = dev.user.asset
  const { oracleTxid, gateways } = dev
  const { tokenId = '' } = gateways[0] ?? {}
  const { pubkey } = dev.user
  await refuses(t, user, [
    [
      'oraclesregister',
      [oracleTxid, '10000'],
      'error adding inputs from your Oracles CC address, please fund it first with oraclesfund rpc!',
    ],
    ['oraclessamples', [plain, dev.user.address, '1'], `invalid oracletxid ${tx.ZERO_ID}`],
    ['oraclesaddress', [7], '-1 JSON value is not a string as expected'],
    ['tokeninfo', [NOTHING], 'cant find tokenid'],
    ['tokeninfo', [plain], 'tokenid isnt token creation txid'],
    ['tokentransfer', ['0', pubkey, '1'], 'invalid tokenid'],
    ['tokentransfer', [tokenId, pubkey, '0'], 'amount must be positive'],
    ['tokentransfer', [tokenId, pubkey, FAR_TOO_MUCH.repeat(2)], 'insufficient token inputs'],
    ['tokentransfer', [plain, pubkey, '1'], 'no token inputs'],
    ['tokentransfer', [tokenId, 'xx', '1'], '-1 invalid destpubkey'],
  ])
  await withoutCoins(user, () =>
    refuses(t, user, [
      ['oraclescreate', ['X', '', 's'], 'error adding normal inputs'],
      ['oraclesregister', [oracleTxid, '10000'], 'error adding normal inputs'],
      ['tokentransfer', [tokenId, pubkey, '1'], 'insufficient normal inputs for tx fee'],
    ]),
  )
  const made = await send(user, 'tokencreate', 'WHOLE', '1')
  await refuses(t, user, [['tokeninfo', [made], 'the transaction is still in mempool']])
  mine()
  const given = tx.decodeTransaction(await build(user, 'tokentransfer', made, dev.pubkey, '100000000'))
  const conditions = given.outputs.filter(({ script }) => tx.scriptKind(script).kind === 'cryptocondition')
  t.equal(conditions.length, 1, 'nothing is left of a token that is given away whole')
})

t.test('a gateway of a foreign chain', async (t) => {
  const access = dev.user.asset
  const { pubkey, address } = dev.user
  const tokenId = await send(access, 'tokencreate', 'BTC', '1')
  const oracleTxid = await send(access, 'oraclescreate', 'BTC', '', 'Ihh')
  const wrongOracle = await send(access, 'oraclescreate', 'BTC', '', 's')
  mine(2)
  const params = (oracle: string, ...rest: readonly string[]) =>
    [tokenId, oracle, 'BTC', '100000000', '1', '1', ...rest] as const
  const types = ['0', '5', '128']
  const noBind = (id: string) => `invalid bindtxid ${id} coin.`
  const key = dev.operators[0]?.address ?? ''
  await refuses(t, access, [
    [
      'gatewaysbind',
      [...params(oracleTxid).slice(0, 5), '2', pubkey, ...types],
      '-1 not enough parameters for N pubkeys\n',
    ],
    ['gatewaysbind', params(oracleTxid, 'xx', ...types), '-1 invalid destination pubkey'],
    ['gatewaysbind', params(NOTHING, pubkey, ...types), `cant find oracletxid ${NOTHING}`],
    ['gatewaysbind', params(plain, pubkey, ...types), 'mismatched oracle name  != BTC'],
    ['gatewaysbind', params(wrongOracle, pubkey, ...types), 'illegal format s != Ihh'],
    ['gatewaysinfo', [plain], noBind(plain)],
    ['gatewayspendingdeposits', [plain, 'KMD'], noBind(plain)],
    ['gatewaysexternaladdress', [NOTHING, pubkey], `cant find bindtxid ${NOTHING}`],
    ['gatewaysdumpprivkey', [NOTHING, address], `cant find bindtxid ${NOTHING}`],
    ['gatewaysdumpprivkey', [dev.bindTxid, 'xx'], '-5 Invalid transparent address'],
    ['gatewaysdumpprivkey', [dev.bindTxid, tx.scriptAddress('51')], '-3 Address does not refer to a key'],
    ['gatewaysdumpprivkey', [dev.bindTxid, key], `-4 Private key for address ${key} is not known`],
  ])
  const bindParams = params(oracleTxid, pubkey, '7', '8', '9', '28')
  await withoutCoins(access, () =>
    refuses(t, access, [['gatewaysbind', bindParams, 'cant find enough inputs']]),
  )
  const bindTxid = await send(access, 'gatewaysbind', ...bindParams)
  const deposit = [bindTxid, '10', 'BTC', NOTHING, '0', '00', '00', pubkey] as const
  await refuses(t, access, [
    ['gatewaysdeposit', [...deposit, '0'], '-1 invalid param: amount, numpks or claimvout\n'],
    ['gatewaysdeposit', [...deposit, '1'], 'gatewaysbind tx not yet confirmed/notarized'],
  ])
  mine(2)
  t.match(await rpc(access, 'gatewaysinfo', bindTxid), {
    coin: 'BTC',
    taddr: 28,
    prefix: 7,
    prefix2: 8,
    wiftype: 9,
    issued: '0.00000000',
  })
  const none = `couldnt find merkleroot for ht.10 BTC oracle.${oracleTxid} m.0 vs n.1`
  await refuses(t, access, [['gatewaysdeposit', [...deposit, '1'], none]])
})

interface Proven {
  readonly height: number
  readonly txid: string
  readonly hex: string
  readonly proof: string
}

async function paid(gateway: number): Promise<Proven> {
  const txid = dev.control.deposit({ gateway, amount: 500_000_000n })
  dev.control.mine('reference')
  const hex = await rpc<string>(dev.reference, 'getrawtransaction', txid)
  return {
    height: dev.control.height('reference'),
    txid,
    hex,
    proof: await rpc(dev.reference, 'gettxoutproof', [txid]),
  }
}

async function payloadAt(height: number): Promise<string> {
  const hash = await rpc<string>(dev.reference, 'getblockhash', height)
  const { merkleroot } = await rpc<{ merkleroot: string }>(dev.reference, 'getblockheader', hash)
  return tx.encodePayload({ height, hash, merkleRoot: merkleroot, balance: null })
}

t.test('deposits and claims', async (t) => {
  const [one, two] = operators as [DevOperator, DevOperator]
  const { bindTxid, oracleTxid } = dev.gateways[1] as DevKomodo['gateways'][0]
  const { height, txid, hex, proof } = await paid(1)
  const right = await payloadAt(height)
  await send(one.asset, 'oraclesdata', oracleTxid, right)
  await send(two.asset, 'oraclesdata', oracleTxid, right.slice(0, 72) + 'cd'.repeat(32))
  mine(2)
  const user = dev.user.asset
  const { pubkey } = dev.user
  const params = (vout: string, proven: string): readonly string[] => [
    bindTxid,
    String(height),
    'KMD',
    txid,
    vout,
    hex,
    proven,
    pubkey,
    '5',
  ]
  const [coinbase] = (await rpc<{ tx: [string] }>(dev.reference, 'getblock', '5')).tx
  const elsewhere = await rpc<string>(dev.reference, 'gettxoutproof', [coinbase])
  await refuses(t, user, [
    ['gatewaysdeposit', params('0', elsewhere), 'deposittxid didnt validate'],
    ['gatewaysdeposit', params('0', '00'), 'deposittxid didnt validate'],
    ['gatewaysdeposit', params('1', proof), 'deposittxid didnt validate'],
  ])
  await t.rejects(rpc(two.asset, 'gatewaysdeposit', ...params('9', proof)), /socket hang up|ECONNRESET/)
  await t.rejects(
    rpc(two.asset, 'getblockcount'),
    /ECONNREFUSED/,
    'an output that is not there kills the daemon',
  )
  await dev.control.restart('asset', 1)
  await withoutCoins(user, () =>
    refuses(t, user, [['gatewaysdeposit', params('0', proof), 'cant find enough inputs']]),
  )
  const built = await build(user, 'gatewaysdeposit', ...params('0', proof))
  t.match(
    tx.opOf(tx.decodeTransaction(built)),
    { publishers: [one.pubkey] },
    'who says otherwise is not counted',
  )
  const deposited = await rpc<string>(user, 'sendrawtransaction', built)
  mine(2)
  const mismatch = (own: string) =>
    `invalid Gateways deposittxid ${deposited} ${own} != 5, remember claim must be done from destination pubkey from deposit tx!`
  await refuses(t, user, [
    ['gatewaysclaim', [NOTHING, 'KMD', deposited, pubkey, '5'], `cant find bindtxid ${NOTHING}`],
    ['gatewaysclaim', [plain, 'KMD', deposited, pubkey, '5'], `invalid bindtxid ${plain} coin.`],
  ])
  await refuses(t, one.asset, [['gatewaysclaim', [bindTxid, 'KMD', deposited, pubkey, '5'], mismatch('0')]])
  t.match(await rpc(user, 'gatewayspendingdeposits', bindTxid, 'KMD'), {
    pending: [{ cointxid: txid, deposittxid: deposited }],
  })
  t.match(
    await rpc(user, 'gatewayspendingdeposits', dev.bindTxid, 'KMD'),
    { pending: [] },
    'of another gateway',
  )
  await send(user, 'gatewaysclaim', bindTxid, 'KMD', deposited, pubkey, '5')
  t.match(await rpc(user, 'gatewayspendingdeposits', bindTxid, 'KMD'), { pending: [] })
  await refuses(t, user, [['gatewaysclaim', [bindTxid, 'KMD', deposited, pubkey, '5'], mismatch('0')]])
  mine()
})

t.test('withdrawals and their signatures', async (t) => {
  const [one] = operators as [DevOperator]
  const user = dev.user.asset
  const { bindTxid } = dev
  const { pubkey } = dev.user
  await refuses(t, one.asset, [
    ['gatewayswithdraw', [bindTxid, 'KMD', pubkey, '1'], 'not enough balance of tokens for withdraw'],
  ])
  await withoutCoins(user, () =>
    refuses(t, user, [
      ['gatewayswithdraw', [bindTxid, 'KMD', pubkey, '1'], 'cant find enough normal inputs'],
    ]),
  )
  const withdrawal = await send(user, 'gatewayswithdraw', bindTxid, 'KMD', pubkey, '1')
  mine(2)
  await refuses(t, one.asset, [
    ['gatewayspartialsign', [withdrawal, 'BTC', 'aa'], `invalid withdraw tx ${withdrawal}`],
    ['gatewaysmarkdone', [withdrawal, 'KMD'], `cannot decode completesigning tx opret ${withdrawal}`],
  ])
  await withoutCoins(one.asset, () =>
    refuses(t, one.asset, [
      ['gatewayspartialsign', [withdrawal, 'KMD', 'aa'], 'error adding funds for partialsign'],
      ['gatewayscompletesigning', [withdrawal, 'KMD', 'aa'], 'error adding funds for completesigning'],
    ]),
  )
  const complete = await send(one.asset, 'gatewayscompletesigning', withdrawal, 'KMD', 'aa')
  const early = 'gatewayscompletesigning tx not yet confirmed/notarized'
  await refuses(t, one.asset, [['gatewaysmarkdone', [complete, 'KMD'], early]])
  mine()
  await refuses(t, one.asset, [
    ['gatewaysmarkdone', [complete, 'KMD'], early],
    ['gatewaysmarkdone', [complete, 'BTC'], `cannot decode completesigning tx opret ${complete}`],
  ])
  mine()
  await send(one.asset, 'gatewaysmarkdone', complete, 'KMD')
})

/** Daemons of a chain on which nothing has happened yet. */
function fresh(family: Family, pegs: boolean) {
  const options = { dataDir: '', family, ...(pegs ? { pegs: { empty: true } } : {}) }
  const store: Store = { events: [], append: () => undefined, reset: () => undefined, close: () => undefined }
  const network = createNetwork(settle(options), store, () => 1_600_000_000_000)
  const methods = methodTable(family, pegs)
  const [node] = network.nodes.asset as [DevNode]
  const ask = (method: string, ...params: readonly string[]): unknown => {
    try {
      return methods.get(method)?.(node, params)
    } catch (error) {
      return error instanceof RpcError ? `${error.code} ${error.message}` : error
    }
  }
  return { node, ask, network, methods }
}

t.test('a daemon without a key, and with one whose private half it lacks', (t) => {
  const { node, ask, network } = fresh('A', true)
  const own = node.pubkey ?? ''
  for (let k = 0; k < 110; k++) network.ledgers.asset.mine()
  node.pubkey = null
  const lacks =
    '-1 to use CC contracts, you need to launch daemon with valid -pubkey= for an address in your wallet\n'
  for (const [method, ...params] of [
    ['oraclescreate', 'X', '', 's'],
    ['tokencreate', 'X', '1'],
    ['gatewaysaddress'],
    ['pegsaddress'],
    ['pegscreate', '1', '1', NOTHING],
  ] as const)
    t.equal(ask(method, ...params), lacks, method)
  t.equal((ask('getinfo') as { pubkey?: string }).pubkey, undefined)
  t.same(ask('setpubkey', '02aa'), { error: 'pubkey is wrong length, must be 66 char hex string.' })
  const foreign = network.nodes.asset[1]?.pubkey ?? ''
  t.match(ask('setpubkey', foreign), {
    WARNING: 'privkey for this pubkey is not imported to wallet!',
    pubkey: foreign,
  })
  t.match(ask('setpubkey', own), { error: /only set pubkey once/, pubkey: foreign })
  const { hex } = ask('oraclescreate', 'X', '', 's') as { hex: string }
  const oracle = node.submit(hex)
  network.ledgers.asset.mine()
  t.equal(ask('oraclesregister', oracle, '10000'), null, 'it cannot sign, and says nothing')
  node.pubkey = null
  t.same(ask('setpubkey', own), { WARNING: undefined, address: tx.pubkeyAddress(own), pubkey: own })
  t.end()
})

t.test('the first gateway of a chain: it must be bound while nothing waits', (t) => {
  const { node, ask, network } = fresh('A', true)
  for (let k = 0; k < 2; k++) network.ledgers.asset.mine()
  const bind = [NOTHING, NOTHING, 'KMD', '100000000', '1', '1', node.pubkey ?? '', '60', '85', '188']
  t.match(ask('gatewaysbind', ...bind), { error: /^Gateway bind.KMD .* totalsupply 1 != fullsupply 0$/ })
  ask('sendtoaddress', tx.pubkeyAddress(node.pubkey ?? ''), '1')
  t.ok(ask('gatewaysbind', ...bind) instanceof DaemonCrash)
  t.end()
})

t.test('family B: lists and steps of gateways that are not there', (t) => {
  const { ask, methods } = fresh('B', false)
  const unknown = { result: 'error', error: `cant find bindtxid ${NOTHING}` }
  t.same(ask('gatewayspendingsignwithdraws', NOTHING, 'KMD'), unknown)
  t.same(ask('gatewayssignedwithdraws', NOTHING, 'KMD'), unknown)
  t.same(ask('gatewayswithdrawsign', NOTHING, 'KMD', 'aa'), {
    result: 'error',
    error: `can't find last tx ${NOTHING}`,
  })
  t.notOk(methods.has('gatewaysclaim') || methods.has('pegscreate'))
  t.end()
})

t.test('a hybrid knows the name of a call that it has not', (t) => {
  const { ask } = fresh('hybrid', true)
  t.equal(ask('pegsclose'), '-1 pegsclose pegstxid tokenid\n')
  t.equal(ask('help', 'pegsclose'), 'pegsclose pegstxid tokenid\n')
  t.end()
})

t.test('prices are those of chains that have them', async (t) => {
  await refuses(t, dev.reference, [['prices', ['1'], '-8 only -ac_cbopret chains have prices']])
})

t.test('data by the letters of a format', (t) => {
  const rows: readonly [format: string, data: string, values: readonly string[] | null][] = [
    ['', '', []],
    ['s', '026869', ['hi']],
    ['S', '02006869', ['hi']],
    ['s', '0107', null],
    ['s', '0568', null],
    ['s', '', null],
    ['S', '02', null],
    ['d', '0207ff', ['07ff']],
    ['D', '020007ff', ['07ff']],
    ['c', 'ff', ['-1']],
    ['C', 'ff', ['255']],
    ['t', 'feff', ['-2']],
    ['T', 'feff', ['65534']],
    ['i', 'ffffffff', ['-1']],
    ['I', 'ffffffff', ['4294967295']],
    ['l', 'ff'.repeat(8), ['-1']],
    ['L', 'ff'.repeat(8), ['18446744073709551615']],
    ['h', `01${'00'.repeat(31)}`, [`${'00'.repeat(31)}01`]],
    ['h', '01', null],
    ['Cs', '070168', ['7', 'h']],
    ['C', '0707', null],
    ['C', 'zz', null],
  ]
  for (const [format, data, values] of rows) t.same(valuesOf(format, data), values, `${format} ${data}`)
  t.end()
})
