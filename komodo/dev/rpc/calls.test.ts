/** What the embedded daemons answer to wrong calls of blocks, keys and coins: the codes and texts of komodod. */
import t from 'tap'

import * as tx from '../../tx/index.js'
import { startChains } from '../fixtures/chains.js'
import { rpc } from '../fixtures/client.js'
import type { DaemonAccess, DevKomodo } from '../index.js'

type Refusal = readonly [method: string, params: readonly unknown[], error: string]

interface Tap {
  readonly rejects: (call: Promise<unknown>, wanted: { message: string }, name: string) => unknown
}

const NO_ID = '00'.repeat(32)
const GARBAGE_KEY = `02${'00'.repeat(32)}`
const SCRIPT_ADDRESS = tx.scriptAddress('51')

let dev: DevKomodo
let node: DaemonAccess
const call = <T = unknown>(method: string, ...params: unknown[]) => rpc<T>(node, method, ...params)

t.before(async () => {
  const gateways = [
    { m: 1, n: 1 },
    { m: 2, n: 2 },
  ]
  dev = await startChains({ dataDir: t.testdir(), manual: true, gateways, pegs: {} })
  node = dev.user.reference
})
t.teardown(() => dev.close())

async function refusals(t: Tap, rows: readonly Refusal[]): Promise<void> {
  for (const [method, params, error] of rows)
    await t.rejects(call(method, ...params), { message: error }, `${method} ${JSON.stringify(params)}`)
}

t.test('wrong questions about blocks, transactions and addresses', async (t) => {
  const range = '-8 Block height out of range'
  const list = '-5 Addresses is expected to be an array'
  await refusals(t, [
    ['getblock', [], '-1 getblock "hash|height" ( verbosity )\n'],
    ['getblock', ['0', 1, 2], '-1 getblock "hash|height" ( verbosity )\n'],
    ['getblock', ['99999'], range],
    ['getblock', ['-1'], range],
    ['getblock', ['0', 'all'], '-1 JSON value is not an integer as expected'],
    ['getblockheader', [], '-1 getblockheader "hash" ( verbose )\n'],
    ['getblockheader', [NO_ID, true, true], '-1 getblockheader "hash" ( verbose )\n'],
    ['getblockheader', [NO_ID, 1], '-5 Block not found'],
    ['getrawtransaction', [], '-1 getrawtransaction "txid" ( verbose )\n'],
    ['gettxout', [NO_ID], '-1 gettxout "txid" n ( includemempool )\n'],
    ['gettxoutproof', [[]], '-5 Transaction not yet in block'],
    ['getaddressbalance', ['xx'], '-5 Invalid address'],
    ['getaddressbalance', [], '-5 Invalid addresse'],
    ['getaddressbalance', [null], '-5 Invalid addresse'],
    ['getaddressbalance', [[dev.user.address]], '-5 Invalid addresse'],
    ['getaddressbalance', [{}], list],
    ['getaddressbalance', [{ addresses: dev.user.address }], list],
    ['getaddressbalance', [{ addresses: [7] }], '-1 JSON value is not a string as expected'],
    ['getaddressbalance', [{ addresses: ['xx'] }], '-5 Invalid addresses'],
  ])
})

t.test('wrong questions about keys and coins', async (t) => {
  const { address, pubkey } = dev.user
  const other = dev.operators[0]?.address ?? ''
  const text = '-1 JSON value is not a string as expected'
  const usage =
    '-1 createrawtransaction [{"txid":"id","vout":n},...] {"address":amount,...} ( locktime ) ( expiryheight )\n'
  const object = '-1 JSON value is not an object as expected'
  const input = { txid: NO_ID, vout: 0 }
  await refusals(t, [
    ['validateaddress', [7], text],
    ['importprivkey', [7], text],
    ['importprivkey', ['Uxx'], '-5 Invalid private key encoding'],
    ['importaddress', [address, 7], text],
    ['importaddress', [address, '', 'no'], '-1 JSON value is not a boolean as expected'],
    ['importaddress', ['abc'], '-5 Invalid Komodo address or script'],
    ['dumpprivkey', ['xx'], '-5 Invalid transparent address'],
    ['dumpprivkey', [SCRIPT_ADDRESS], '-3 Address does not refer to a key'],
    ['dumpprivkey', [other], `-4 Private key for address ${other} is not known`],
    ['createmultisig', [0, []], '-1 a multisignature address must require at least one key to redeem'],
    [
      'createmultisig',
      [2, [pubkey]],
      '-1 not enough keys supplied (got 1 keys, but need at least 2 to redeem)',
    ],
    [
      'createmultisig',
      [1, Array(17).fill(pubkey)],
      '-1 Number of addresses involved in the multisignature address creation > 16\nReduce the number',
    ],
    ['createmultisig', [1, [7]], text],
    ['createmultisig', [1, ['xx']], '-1  Invalid public key: xx'],
    ['createmultisig', [1, [GARBAGE_KEY]], `-1  Invalid public key: ${GARBAGE_KEY}`],
    ['createmultisig', [1, [other]], `-1 no full public key for address ${other}`],
    ['createmultisig', [1, [SCRIPT_ADDRESS]], `-1 ${SCRIPT_ADDRESS} does not refer to a key`],
    ['listunspent', [1, 9, [7]], '-5 Invalid Komodo address: 7'],
    ['listunspent', [1, 9, [address, address]], `-8 Invalid parameter, duplicated address: ${address}`],
    ['createrawtransaction', [], usage],
    ['createrawtransaction', [[]], usage],
    ['createrawtransaction', [null, {}], '-3 Expected type array, got null'],
    ['createrawtransaction', [[], []], '-3 Expected type object, got array'],
    ['createrawtransaction', [[], {}, true], '-3 Expected type number, got bool'],
    ['createrawtransaction', [[null], {}], object],
    ['createrawtransaction', [[[]], {}], object],
    ['createrawtransaction', [[{}], {}], "-8 txid must be hexadecimal string (not '')"],
    ['createrawtransaction', [[{ txid: 'zz' }], {}], "-8 txid must be hexadecimal string (not 'zz')"],
    ['createrawtransaction', [[{ txid: NO_ID }], {}], '-8 Invalid parameter, missing vout key'],
    ['createrawtransaction', [[{ ...input, vout: -1 }], {}], '-8 Invalid parameter, vout must be positive'],
    ['createrawtransaction', [[input], { xx: 1 }], '-5 Invalid Komodo address or script: xx'],
    ['createrawtransaction', [[input], { [address]: null }], '-3 Amount is not a number or string'],
    ['createrawtransaction', [[input], { [address]: '1,5' }], '-3 Invalid amount'],
    ['createrawtransaction', [[input], { [address]: 1e-9 }], '-3 Invalid amount'],
    ['createrawtransaction', [[input], { [address]: -0.1 }], '-3 Amount out of range'],
    ['createrawtransaction', [[input], { [address]: '9999999999' }], '-3 Amount out of range'],
    ['decoderawtransaction', ['00'], '-22 TX decode failed'],
    ['gettransaction', [NO_ID], '-5 Invalid or non-wallet transaction id'],
    ['setgenerate', [], '-1 setgenerate generate ( genproclimit )\n'],
    ['setgenerate', [true, 1, 1], '-1 setgenerate generate ( genproclimit )\n'],
    ['setpubkey', [7], text],
  ])
})

t.test('what is not sent, signed or locked', async (t) => {
  const { address } = dev.user
  const object = '-1 JSON value is not an object as expected'
  const spent = { txid: NO_ID, vout: 0, scriptPubKey: '51' }
  const hex = await call<string>('createrawtransaction', [{ txid: NO_ID, vout: 0 }], { [address]: 1 })
  await refusals(t, [
    ['sendtoaddress', [7, 1], '-1 JSON value is not a string as expected'],
    ['sendtoaddress', ['xx', 1], '-5 Invalid Komodo address'],
    ['sendtoaddress', [address], '-3 Amount is not a number or string'],
    ['sendtoaddress', [address, 0], '-3 Invalid amount for send'],
    ['sendtoaddress', [address, '20000000'], '-4 Insufficient funds'],
    ['sendmany', [''], object],
    ['sendmany', ['', null], object],
    ['sendmany', ['', { xx: 1 }], '-5 Invalid Komodo address or pubkey: xx'],
    ['sendmany', ['', { [address]: 0 }], '-3 Invalid amount for send'],
    ['lockunspent', [], '-1 lockunspent unlock [{"txid":"txid","vout":n},...]\n'],
    ['lockunspent', ['yes'], '-3 Expected type bool, got string'],
    ['lockunspent', [false, 7], '-3 Expected type array, got number'],
    ['lockunspent', [false, [null]], '-8 Invalid parameter, expected object'],
    ['lockunspent', [false, [7]], '-8 Invalid parameter, expected object'],
    ['lockunspent', [false, [{ vout: 0 }]], '-3 Missing txid'],
    ['lockunspent', [false, [{ txid: 7, vout: 0 }]], '-3 Expected type string for txid, got number'],
    ['lockunspent', [false, [{ txid: NO_ID }]], '-3 Missing vout'],
    ['lockunspent', [false, [{ txid: 'zz', vout: 0 }]], '-8 Invalid parameter, expected hex txid'],
    ['lockunspent', [false, [{ txid: NO_ID, vout: -1 }]], '-8 Invalid parameter, vout must be positive'],
    ['signrawtransaction', [7], '-3 Expected type string, got number'],
    ['signrawtransaction', ['zz'], "-8 argument 1 must be hexadecimal string (not 'zz')"],
    ['signrawtransaction', ['00'], '-22 TX decode failed'],
    ['signrawtransaction', [hex, 'x'], '-1 JSON value is not an array as expected'],
    ['signrawtransaction', [hex, [null]], `-22 expected object with {"txid'","vout","scriptPubKey"}`],
    ['signrawtransaction', [hex, [7]], `-22 expected object with {"txid'","vout","scriptPubKey"}`],
    ['signrawtransaction', [hex, [{}]], '-3 Missing scriptPubKey'],
    ['signrawtransaction', [hex, [{ scriptPubKey: '51', txid: NO_ID }]], '-3 Missing vout'],
    ['signrawtransaction', [hex, [{ ...spent, amount: 'x' }]], '-3 Invalid amount'],
    ['signrawtransaction', [hex, null, [7]], '-1 JSON value is not a string as expected'],
    ['signrawtransaction', [hex, null, ['Uxx']], '-5 Invalid private key'],
  ])
})

interface Signed {
  readonly hex: string
  readonly complete: boolean
  readonly errors?: readonly { readonly error: string }[]
}

t.test('outputs that only the caller knows are signed with the keys that he brings', async (t) => {
  const [alice, bob] = [dev.operators[0], dev.operators[1]]
  if (!alice || !bob) return t.fail('two operators')
  const pubkeys = [alice.pubkey, bob.pubkey]
  const { address, redeemScript } = await call<{ address: string; redeemScript: string }>(
    'createmultisig',
    2,
    pubkeys,
  )
  const sign = (hex: string, spent: object | null, keys: readonly string[] | null) =>
    call<Signed>('signrawtransaction', hex, spent && [spent], keys)
  const scriptOf = (name: string) => tx.addressScript(tx.readAddress(name))
  const txid = 'ab'.repeat(32)
  const least = await call<string>('createrawtransaction', [{ txid, vout: 1 }], { [address]: 1e-8 }, 9)
  t.match(await call('decoderawtransaction', least), {
    vin: [{ sequence: 0xfffffffe }],
    vout: [{ valueZat: 1 }],
    locktime: 9,
  })
  const hex = await call<string>('createrawtransaction', [{ txid, vout: 1 }], { [dev.user.address]: '0.5' })
  t.match(await sign(hex, null, null), {
    complete: false,
    errors: [{ txid, vout: 1, error: 'Input not found or already spent' }],
  })

  const shared = { txid, vout: 1, scriptPubKey: scriptOf(address), amount: 1 }
  const without = await sign(hex, shared, [alice.wif])
  t.equal(without.hex, hex, 'the script behind an address of a script is not known')
  t.equal(without.complete, false)
  const half = await sign(hex, { ...shared, redeemScript }, [alice.wif])
  t.equal(half.complete, false)
  t.not(half.hex, hex)
  const whole = await sign(half.hex, shared, [dev.user.wif, bob.wif])
  t.same([whole.complete, whole.errors], [true, undefined], 'the script stands beside the first signature')
  const again = await sign(whole.hex, shared, [alice.wif, bob.wif])
  t.equal(again.hex, whole.hex, 'what is signed is left alone')

  const plain = { txid, vout: 1, scriptPubKey: scriptOf(alice.address), amount: 1 }
  t.equal((await sign(hex, plain, [alice.wif])).complete, true)
  const { amount, ...worthless } = plain
  const [unpriced, priced] = [await sign(hex, worthless, [alice.wif]), await sign(hex, plain, [alice.wif])]
  t.same(
    [unpriced.complete, unpriced.hex === priced.hex],
    [true, false],
    `signed for nothing, not for ${amount}`,
  )
  const foreign = await sign(hex, plain, [bob.wif])
  t.same([foreign.complete, foreign.hex], [false, hex])
  t.equal((await sign(hex, plain, [])).complete, false, 'with no keys, not with those of the wallet')
})

t.test('a wallet: its own transactions, what it watches, what it keeps back', async (t) => {
  const { address, pubkey } = dev.user
  t.equal(await call('addmultisigaddress', 1, [address]), tx.scriptAddress(tx.multisigScript(1, [pubkey])))
  const watched = tx.payToPubkey(dev.pubkey)
  t.equal(await call('importaddress', watched), null, 'a script as it is')
  await t.rejects(call('importaddress', tx.payToPubkey(pubkey)), /^-4 The wallet already contains/)

  const balance = await call<number>('getbalance')
  const txid = await call<string>('sendtoaddress', dev.operators[0]?.address, 0.5)
  type Own = Record<string, unknown>
  const waiting = await call<Own>('gettransaction', txid)
  t.match(waiting, { txid, confirmations: 0, amount: -0.5001 })
  t.notOk('blockhash' in waiting || 'blocktime' in waiting)
  t.ok((waiting['time'] as number) > Date.now() / 1000 - 120, 'of when it came in')
  dev.control.mine('reference')
  t.match(await call<Own>('gettransaction', txid), { confirmations: 1, blockindex: Number })
  t.ok((await call<number>('getbalance')) < balance)
  const [coinbase = ''] = (await call<{ tx: string[] }>('getblock', '1')).tx
  await t.rejects(call('gettransaction', coinbase), /^-5 Invalid or non-wallet/, 'of the miner')

  const coins = await call<{ txid: string; vout: number }[]>('listunspent')
  t.equal(await call('lockunspent', false), true)
  t.same(await call('listunspent'), coins, 'nothing is named, so nothing is locked')
  await call('lockunspent', false, coins)
  t.same(await call('listunspent'), [])
  await t.rejects(call('sendtoaddress', address, 1), { message: '-4 Insufficient funds' })
  await call('lockunspent', true, coins.slice(1))
  t.same(await call('listunspent'), coins.slice(1))
  await call('lockunspent', true)
  t.same(await call('listunspent'), coins)

  t.match(await call('setpubkey', dev.pubkey), { error: /only set pubkey once/, address, pubkey })
})

t.test('what the network does not take', async (t) => {
  const { address } = dev.user
  const [coin] = await call<{ txid: string; vout: number }[]>('listunspent')
  if (!coin) return t.fail('a coin')
  const script = tx.addressScript(tx.readAddress(address))
  const input = { ...coin, script: '51', sequence: 0xffffffff }
  const outputs = [{ value: 1_000_000n, script }]
  const expiryHeight = dev.control.height('reference') + 50
  const sapling = tx.saplingTransaction([input], outputs, { expiryHeight })
  const nowhere = { ...input, txid: tx.ZERO_ID, vout: 0xffffffff }
  const much = [{ value: 100_000_000_000_000n, script }]
  for (const [transaction, error] of [
    [{ ...sapling, inputs: [] }, '-22 TX decode failed'],
    [{ ...sapling, outputs: [] }, '-22 TX decode failed'],
    [{ ...sapling, inputs: [nowhere] }, '-26 16: coinbase'],
    [tx.plainTransaction([input], outputs), '-26 16: tx-overwinter-flag-not-set'],
    [{ ...sapling, outputs: much }, '-26 16: bad-txns-in-belowout'],
    [sapling, '-25 '],
  ] as const)
    await t.rejects(call('sendrawtransaction', tx.encodeTransaction(transaction)), { message: error }, error)
})

t.test('the same facts in another form', async (t) => {
  const { address } = dev.user
  const hash = await call<string>('getbestblockhash')
  const height = dev.control.height('reference')
  const utxos = await call('getaddressutxos', { addresses: [address] })
  t.same(await call('getaddressutxos', address), utxos, 'one address as a text')
  t.same(await call('getaddressutxos', { addresses: [address], chainInfo: true }), { utxos, hash, height })
  t.same(await call('getblock', hash, 1), await call('getblock', String(height), true))
  t.equal(await call('getblock', hash, 0), await call('getblock', hash, false))
  t.equal(await call('help', 'stop'), 'stop')
  t.equal(await call('help', 'nothing'), 'help: unknown command: nothing')
})

t.test('branches: the active one, one that was left, one that was refused', async (t) => {
  type Tip = { readonly hash: string; readonly branchlen: number; readonly status: string }
  const tips = async () =>
    (await call<Tip[]>('getchaintips')).map(({ branchlen, status }) => `${status} ${branchlen}`).sort()
  t.same(await tips(), ['active 0'])
  dev.control.mine('reference', 2)
  dev.control.reorg('reference', 2)
  t.same(await tips(), ['active 0', 'valid-fork 2'])
  const left = (await call<Tip[]>('getchaintips')).find(({ status }) => status === 'valid-fork')?.hash ?? ''
  const proven = (await call<{ tx: string[] }>('getblock', left)).tx
  const proof = await call('gettxoutproof', proven, left)
  await t.rejects(call('verifytxoutproof', proof), { message: '-5 Block not found in chain' })
  const tip = await call<string>('getbestblockhash')
  await call('invalidateblock', tip)
  t.same(await tips(), ['active 0', 'invalid 1', 'valid-fork 2'])
  await call('reconsiderblock', tip)
  t.equal(await call('getbestblockhash'), tip)
  await t.rejects(call('reconsiderblock', NO_ID), { message: '-5 Block not found' })
})
