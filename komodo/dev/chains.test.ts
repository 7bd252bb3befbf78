import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import t from 'tap'

import { vectors } from '../fixtures/vectors.js'
import * as tx from '../tx/index.js'
import type { Chain } from './chain/chain.js'
import { FIRST_NONCES, seededNonce } from './chain/mine.js'
import { startChains } from './fixtures/chains.js'
import { build, post, rpc, send } from './fixtures/client.js'
import type { DaemonAccess, DevKomodo, DevKomodoOptions } from './index.js'
import { isLawful } from './modules/consensus.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'
import { until } from '../../test/fixtures/until.js'

t.setTimeout(600_000)

const folders: string[] = []
const open: DevKomodo[] = []
t.teardown(async () => {
  await Promise.all(open.map((dev) => dev.close()))
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'pegminer-komodo-'))
  folders.push(made)
  return made
}

/** A network with a clock of its own, five outputs that pay for headers, and blocks by hand. */
async function start(options: Partial<DevKomodoOptions> = {}): Promise<DevKomodo> {
  const dev = await startChains({ dataDir: folder(), manual: true, subscriptions: 5, ...options })
  open.push(dev)
  return dev
}

async function payloadAt(dev: DevKomodo, height: number): Promise<string> {
  const hash = await rpc<string>(dev.reference, 'getblockhash', height)
  const { merkleroot } = await rpc<{ merkleroot: string }>(dev.reference, 'getblockheader', hash)
  return tx.encodePayload({ height, hash, merkleRoot: merkleroot, balance: null })
}

const publish = async (dev: DevKomodo, height: number) =>
  send(dev.asset, 'oraclesdata', dev.oracleTxid, await payloadAt(dev, height))

interface Registered {
  readonly baton: string
  readonly batontxid: string
  readonly funds: string
}

async function publisher(dev: DevKomodo): Promise<Registered> {
  const info = await rpc<{ registered: [Registered] }>(dev.asset, 'oraclesinfo', dev.oracleTxid)
  return info.registered[0]
}

async function samples(dev: DevKomodo): Promise<{ txid: string; data: string[] }[]> {
  const { baton } = await publisher(dev)
  const reply = await rpc<{ samples: { txid: string; data: string[] }[] }>(
    dev.asset,
    'oraclessamples',
    dev.oracleTxid,
    baton,
    '0',
  )
  return reply.samples
}

/** Whether a gateway finds a header: `true`, or what it says. The deposit itself is none. */
async function reaches(dev: DevKomodo, height: number): Promise<boolean> {
  const params = [dev.bindTxid, String(height), 'KMD', 'ab'.repeat(32), '0', '00', '00', dev.user.pubkey, '1']
  const { error } = await rpc<{ error: string }>(dev.user.asset, 'gatewaysdeposit', ...params)
  return error === 'deposittxid didnt validate'
}

async function unanswered(access: DaemonAccess): Promise<boolean> {
  try {
    await post(access, '{"id":1,"method":"getblockcount","params":[]}', { timeout: 1500 })
    return false
  } catch {
    return true
  }
}

t.test('one data transaction for each confirmed output, in the order of the baton', async (t) => {
  const dev = await start()
  const sent: string[] = []
  for (let height = 20; height < 25; height++) {
    sent.push(await publish(dev, height))
    t.equal((await publisher(dev)).batontxid, sent.at(-1), 'the baton follows the mempool')
  }
  const refusal = await rpc<{ error: string }>(
    dev.asset,
    'oraclesdata',
    dev.oracleTxid,
    await payloadAt(dev, 25),
  )
  t.match(refusal.error, /^couldnt find enough oracle inputs R\w+, limit 1 per utxo$/)
  dev.control.mine('asset')
  t.same(
    (await samples(dev)).map(({ txid }) => txid),
    [...sent].reverse(),
    'newest first',
  )
  const { tx: txids } = await rpc<{ tx: string[] }>(
    dev.asset,
    'getblock',
    String(dev.control.height('asset')),
  )
  t.same(txids.slice(1), sent, 'mined in the order of the baton')
  const [last, before] = [sent.at(-1), sent.at(-2)].map((txid) => txid as string)
  const decoded = tx.decodeTransaction(await rpc<string>(dev.asset, 'getrawtransaction', last))
  t.match(decoded.inputs[1], { txid: before, vout: 1 })
  t.match(tx.opOf(decoded), { op: 'oracle-data', previousBaton: before, data: await payloadAt(dev, 24) })
  for (let height = 20; height < 25; height++) t.ok(await reaches(dev, height))
  t.notOk(await reaches(dev, 25))
  await dev.close()
})

t.test('the headers of the documentation, as its payloads are read', async (t) => {
  const dev = await start()
  const known = vectors.payloads.filter(({ height }) => height < 100)
  t.equal(known.length, 4)
  for (const { payload } of known) await send(dev.asset, 'oraclesdata', dev.oracleTxid, payload)
  const written = (await samples(dev)).map(({ data }) => data.join(' ')).sort()
  t.same(written, known.map(({ height, hash, merkleRoot }) => [height, hash, merkleRoot].join(' ')).sort())
  await dev.close()
})

t.test('out of funds: too little is left, then nothing', async (t) => {
  const dev = await start({ subscriptions: 1, subscription: 0.0025, dataFee: 100_000 })
  for (const height of [20, 21]) {
    await publish(dev, height)
    dev.control.mine('asset')
  }
  t.equal((await publisher(dev)).funds, '0.00050000')
  const hex = await build(dev.asset, 'oraclesdata', dev.oracleTxid, await payloadAt(dev, 22))
  await t.rejects(rpc(dev.asset, 'sendrawtransaction', hex), {
    message: /^-26 16: mandatory-script-verify-flag-failed/,
  })
  await send(dev.asset, 'oraclessubscribe', dev.oracleTxid, dev.pubkey, '0.0005')
  dev.control.mine('asset')
  const decoded = tx.decodeTransaction(
    await rpc<string>(dev.asset, 'getrawtransaction', await publish(dev, 22)),
  )
  t.equal(
    decoded.inputs.filter(({ script }) => script.startsWith('4c')).length,
    3,
    'small outputs are merged',
  )
  t.equal(decoded.outputs[0]?.value, 0n)
  dev.control.mine('asset')
  const own = await rpc<Record<string, string>>(dev.asset, 'oraclesaddress')
  const utxos = await rpc<{ satoshis: number }[]>(
    dev.asset,
    'getaddressutxos',
    { addresses: [own['myCCAddress(Oracles)']] },
    1,
  )
  t.ok(
    utxos.some(({ satoshis }) => satoshis === 0),
    'an output of nothing stays in the index',
  )
  dev.control.drain('asset', 0)
  const refusal = await rpc<{ error: string }>(
    dev.asset,
    'oraclesdata',
    dev.oracleTxid,
    await payloadAt(dev, 23),
  )
  t.equal(refusal.error, 'couldnt add normal inputs')
  await t.rejects(rpc(dev.asset, 'sendtoaddress', dev.user.address, 1), { message: '-4 Insufficient funds' })
  await dev.close()
})

t.test(
  'a reorganisation of the asset chain: a stale baton, and a header that no gateway reaches',
  async (t) => {
    const dev = await start({ subscriptions: 8 })
    const first = (await publisher(dev)).batontxid
    await publish(dev, 20)
    dev.control.mine('asset')
    const kept = (await publisher(dev)).batontxid
    const second = await publish(dev, 21)
    dev.control.mine('asset')
    dev.control.disconnect('asset', 1)
    t.same(dev.control.mempool('asset'), [second], 'the transaction is back in the mempool')
    const own = await rpc<Record<string, string>>(dev.asset, 'oraclesaddress')
    const utxos = await rpc<{ height: number }[]>(
      dev.asset,
      'getaddressutxos',
      { addresses: [own['myCCAddress(Oracles)']] },
      1,
    )
    t.ok(
      utxos.some(({ height }) => height === 0),
      'spent outputs come back with height 0',
    )
    const stale = (await publisher(dev)).batontxid
    t.equal(stale, tx.ZERO_ID, 'neither the true baton nor one behind it')
    t.not(stale, kept)
    t.not(first, kept)
    await publish(dev, 22)
    dev.control.mine('asset')
    t.ok((await reaches(dev, 21)) !== (await reaches(dev, 22)), 'two branches: only one of them is followed')
    t.same((await samples(dev)).map(({ data }) => data[0]).sort(), ['20', '21', '22'], 'yet all are listed')
    await dev.close()
  },
)

t.test('a reorganisation after a second registration: the baton of the first is offered again', async (t) => {
  const dev = await start({ subscriptions: 8 })
  const old = await publish(dev, 20)
  dev.control.mine('asset')
  await send(dev.asset, 'oraclesfund', dev.oracleTxid)
  dev.control.mine('asset')
  const second = await send(dev.asset, 'oraclesregister', dev.oracleTxid, '100000')
  dev.control.mine('asset')
  t.equal((await publisher(dev)).batontxid, second, 'the newer registration has a baton of its own')
  await publish(dev, 21)
  dev.control.mine('asset')
  await publish(dev, 22)
  dev.control.mine('asset')
  t.notOk(await reaches(dev, 20), 'what was published before it is cut off')
  dev.control.disconnect('asset', 1)
  t.equal((await publisher(dev)).batontxid, old, 'the unspent one of the dead branch')
  const lost = tx.decodeTransaction(await rpc(dev.asset, 'getrawtransaction', await publish(dev, 23)))
  t.match(lost.inputs[1], { txid: old, vout: 1 }, 'and a header is built on it')
  dev.control.mine('asset')
  t.ok((await reaches(dev, 22)) !== (await reaches(dev, 23)), 'two branches: only one of them is followed')
  await dev.close()
})

t.test('a reorganisation of the reference chain: other hashes, orphans that still answer', async (t) => {
  const dev = await start()
  const height = dev.control.height('reference')
  const paid = dev.control.pay('reference', dev.user.address, 100_000n)
  dev.control.mine('reference', 3)
  const hashes = await Promise.all(
    [0, 1, 2].map((i) => rpc<string>(dev.reference, 'getblockhash', height + 1 + i)),
  )
  dev.control.reorg('reference', 3, { empty: true })
  t.equal(dev.control.height('reference'), height + 4)
  const again = await Promise.all(
    [0, 1, 2].map((i) => rpc<string>(dev.reference, 'getblockhash', height + 1 + i)),
  )
  again.forEach((hash, i) => t.not(hash, hashes[i]))
  t.match(await rpc(dev.reference, 'getblockheader', hashes[0]), { confirmations: -1, height: height + 1 })
  t.ok(await rpc(dev.reference, 'gettxoutproof', [paid]), 'a proof of an orphan')
  t.same(dev.control.mempool('reference'), [paid])
  dev.control.mine('reference')
  t.match(await rpc(dev.reference, 'getrawtransaction', paid, 1), { confirmations: 1, height: height + 5 })
  const tip = await rpc<string>(dev.reference, 'getbestblockhash')
  await rpc(dev.reference, 'invalidateblock', tip)
  t.equal(dev.control.height('reference'), height + 4)
  await rpc(dev.reference, 'reconsiderblock', tip)
  t.equal(await rpc(dev.reference, 'getbestblockhash'), tip)
  await dev.close()
})

t.test(
  'a leaked lock: three requests are lost, then the node answers at a height that never changes',
  async (t) => {
    const dev = await start()
    const height = dev.control.height('asset')
    await t.rejects(rpc(dev.asset, 'oraclesdata', dev.oracleTxid, 5), {
      message: '-1 JSON value is not a string as expected',
    })
    for (let i = 0; i < 3; i++) t.ok(await unanswered(dev.asset))
    t.ok(await rpc(dev.asset, 'getblockcount'))
    dev.control.mine('asset', 2)
    t.equal(await rpc(dev.asset, 'getblockcount'), height)
    const txid = await publish(dev, 20)
    t.same(await rpc(dev.asset, 'getrawmempool'), [txid])
    t.same(dev.control.mempool('asset'), [], 'it is relayed to no node')
    t.equal(await rpc(dev.user.asset, 'getblockcount'), height + 2, 'other nodes go on')
    await dev.control.restart('asset')
    t.equal(await rpc(dev.asset, 'getblockcount'), height + 2)
    t.ok(await publish(dev, 20))
    await t.rejects(rpc(dev.asset, 'oraclesinfo', 5), { message: /^-1 / })
    t.ok(await rpc(dev.asset, 'getblockcount'), 'reading calls do not leak')

    const params = [dev.bindTxid, 'KMD', dev.user.pubkey, '1']
    const hex = await build(dev.user.asset, 'gatewayswithdraw', ...params)
    t.ok(await unanswered(dev.user.asset), 'a withdrawal leaves the locks taken, though it succeeds')
    await dev.control.restart('asset', 1)
    const sent = await rpc<string>(dev.user.asset, 'sendrawtransaction', hex)
    t.equal(sent, tx.txidOf(hex), 'the transaction that was kept is good')
    const again = await rpc<{ error: string }>(dev.user.asset, 'gatewayswithdraw', ...params)
    t.equal(again.error, 'unable to create withdraw, another withdraw pending')
    await dev.close()
  },
)

t.test('daemons that hang, refuse, warm up, drop a reply', async (t) => {
  const dev = await start()
  dev.control.hang('reference')
  t.ok(await unanswered(dev.reference))
  t.ok(await rpc(dev.asset, 'getblockcount'))
  await dev.control.restart('reference')
  t.ok(await rpc(dev.reference, 'getblockcount'))
  const { url } = dev.reference
  await dev.control.stop('reference')
  await t.rejects(rpc(dev.reference, 'getblockcount'))
  await dev.control.restart('reference')
  t.equal(dev.reference.url, url, 'the same port')
  dev.control.warmUp('asset', 'Loading wallet...')
  await t.rejects(rpc(dev.asset, 'getinfo'), { message: '-28 Loading wallet...' })
  dev.control.warmUp('asset', null)
  const seen: string[] = []
  const stop = dev.control.onCall(({ method, phase, chain, operator }) => {
    seen.push(`${chain} ${operator} ${method} ${phase}`)
    return method === 'sendrawtransaction' && phase === 'done' ? 'drop' : undefined
  })
  const hex = await build(dev.asset, 'oraclesdata', dev.oracleTxid, await payloadAt(dev, 20))
  await t.rejects(rpc(dev.asset, 'sendrawtransaction', hex))
  t.same(dev.control.mempool('asset'), [tx.txidOf(hex)], 'it was done, only the reply is lost')
  t.ok(seen.includes('asset 0 sendrawtransaction asked'))
  stop()
  const full = dev.control.onCall(() => 'busy')
  t.match(await post(dev.asset, '{"id":1,"method":"getinfo"}'), {
    status: 500,
    body: 'Work queue depth exceeded',
  })
  full()
  await dev.control.restart('asset', 0, { loseMempool: true })
  t.same(dev.control.mempool('asset'), [])
  t.equal(
    await rpc(dev.asset, 'sendrawtransaction', hex),
    tx.txidOf(hex),
    'the kept transaction is taken again',
  )
  await dev.close()
})

t.test(
  'the wallet learns late, small carriers are not relayed, another gateway gets the payout',
  async (t) => {
    let clock = Date.now()
    const options = {
      walletDelayMs: 1000,
      dataCarrierSize: 208,
      now: () => clock,
      gateways: [
        { m: 1, n: 1 },
        { m: 1, n: 1 },
      ],
    }
    const dev = await start(options)
    dev.control.drain('asset', 0, 100_000n)
    dev.control.mine('asset')
    await send(dev.asset, 'oraclesfund', dev.oracleTxid)
    const early = await rpc<{ error: string }>(dev.asset, 'oraclesfund', dev.oracleTxid)
    t.equal(early.error, 'error adding normal inputs')
    clock += 1000
    t.ok(await send(dev.asset, 'oraclesfund', dev.oracleTxid))
    t.ok(
      await publish(dev, 20).catch(async () => {
        clock += 1000
        return publish(dev, 20)
      }),
    )

    const gateways = dev.gateways as [(typeof dev.gateways)[number], (typeof dev.gateways)[number]]
    const withdrawTxid = dev.control.withdraw({ gateway: 0, amount: 100_000_000n, pubkey: dev.pubkey })
    dev.control.mine('asset', 2)
    clock += 1000
    dev.control.lockLeaks = false
    const hijacked = await build(
      dev.user.asset,
      'gatewayswithdraw',
      gateways[1].bindTxid,
      'KMD',
      dev.user.pubkey,
      '1',
    )
    t.match(tx.gatewayOpOf(tx.decodeTransaction(hijacked))?.op, {
      bindTxid: gateways[1].bindTxid,
      withdrawPubkey: dev.pubkey,
    })
    clock += 1000
    const hex = await build(dev.asset, 'gatewayscompletesigning', withdrawTxid, 'KMD', '00'.repeat(200))
    await t.rejects(rpc(dev.asset, 'sendrawtransaction', hex), { message: '-26 64: scriptpubkey' })
    await dev.close()
  },
)

t.test(
  'a transaction waits for its lock time, unless all its inputs say that it does not matter',
  async (t) => {
    let clock = Date.UTC(2026, 0, 1)
    const dev = await start({ now: () => clock })
    const access = dev.reference
    const [coin] = await rpc<{ txid: string; vout: number; amount: number }[]>(access, 'listunspent', 1)
    const made = async (lockTime: number, sequence: number): Promise<string> => {
      const raw = await rpc<string>(
        access,
        'createrawtransaction',
        [{ txid: coin!.txid, vout: coin!.vout, sequence }],
        { [dev.operators[0]!.address]: 0.5 },
        lockTime,
      )
      return (await rpc<{ hex: string }>(access, 'signrawtransaction', raw)).hex
    }
    const submit = (hex: string) => rpc(access, 'sendrawtransaction', hex)
    const refused = { message: '-26 64: non-final' }
    const tip = dev.control.height('reference')
    await t.rejects(submit(await made(tip + 1, 0)), refused, 'at this height the next block may not hold it')
    await t.rejects(submit(await made(1_999_999_999, 0)), refused)
    // The middle of eleven blocks counts, not the newest.
    const { tiptime } = await rpc<{ tiptime: number }>(access, 'getinfo')
    const timed = await made(tiptime + 60, 0xfffffffe)
    clock = (tiptime + 120) * 1000
    dev.control.mine('reference', 5)
    await t.rejects(submit(timed), refused)
    dev.control.mine('reference', 1)
    const txid = await submit(timed)
    t.same(dev.control.mempool('reference'), [txid])
    dev.control.disconnect('reference', 1)
    dev.control.mine('reference', 1)
    t.same(dev.control.mempool('reference'), [txid], 'the block that made it final is gone: it waits again')
    dev.control.mine('reference', 1)
    t.same(dev.control.mempool('reference'), [])
    await dev.close()

    const other = await start()
    const free = await rpc<{ txid: string; vout: number }[]>(other.reference, 'listunspent', 1)
    const raw = await rpc<string>(
      other.reference,
      'createrawtransaction',
      [{ txid: free[0]!.txid, vout: free[0]!.vout, sequence: 0xffffffff }],
      { [other.operators[0]!.address]: 0.5 },
      1_999_999_999,
    )
    const { hex } = await rpc<{ hex: string }>(other.reference, 'signrawtransaction', raw)
    t.type(await rpc(other.reference, 'sendrawtransaction', hex), 'string', 'no input asks for it')
    await other.close()
  },
)

t.test('a new withdrawal may be asked for once the one before is completely signed', async (t) => {
  const dev = await start()
  dev.control.lockLeaks = false
  const amount = 100_000_000n
  const withdrawTxid = dev.control.withdraw({ amount })
  dev.control.mine('asset', 2)
  t.throws(() => dev.control.withdraw({ amount }), /another withdraw pending/)
  const completeTxid = await send(dev.asset, 'gatewayscompletesigning', withdrawTxid, 'KMD', '00')
  dev.control.mine('asset', 2)
  t.match(await rpc(dev.asset, 'gatewayscompletesigning', completeTxid, 'KMD', '00'), {
    error: `invalid last txid ${completeTxid}`,
  })
  t.type(dev.control.withdraw({ amount }), 'string')
  dev.control.mine('asset', 2)
  await send(dev.asset, 'gatewaysmarkdone', completeTxid, 'KMD')
  await dev.close()
})

t.test('family B: one signing call, its lists, its format', async (t) => {
  const dev = await start({ family: 'B', gateways: [{ m: 2, n: 2 }] })
  t.equal(dev.format, 'IhhL')
  t.match(await rpc(dev.asset, 'gatewaysinfo', dev.bindTxid), {
    depositaddr: dev.gateways[0]?.depositAddress,
  })
  await t.rejects(rpc(dev.asset, 'gatewayspendingwithdraws', dev.bindTxid, 'KMD'), {
    message: '-32601 Method not found',
  })
  await t.rejects(rpc(dev.asset, 'gatewaysclaim'), { message: '-32601 Method not found' })
  const hash = await rpc<string>(dev.reference, 'getblockhash', 20)
  const payload = tx.encodePayload({ height: 20, hash, merkleRoot: hash, balance: 5n })
  t.ok(await build(dev.asset, 'oraclesdata', dev.oracleTxid, payload))
  const [a, b] = dev.operators as [(typeof dev.operators)[number], (typeof dev.operators)[number]]
  const withdrawTxid = dev.control.withdraw({ amount: 100_000_000n })
  dev.control.mine('asset', 2)
  const one = await send(a.asset, 'gatewayswithdrawsign', withdrawTxid, 'KMD', 'aa')
  const list = (access: DaemonAccess) =>
    rpc<{ pending: object[] }>(access, 'gatewayspendingsignwithdraws', dev.bindTxid, 'KMD')
  t.match((await list(a.asset)).pending[0], {
    withdrawtxid: withdrawTxid,
    last_txid: one,
    processed: true,
    number_of_signs: 1,
    hex: 'aa',
  })
  t.notOk('processed' in ((await list(b.asset)).pending[0] ?? {}))
  const two = await send(b.asset, 'gatewayswithdrawsign', one, 'KMD', 'bb')
  const op = tx.opOf(tx.decodeTransaction(await rpc<string>(a.asset, 'getrawtransaction', two)))
  matchExactly(t, op, {
    op: 'gateway-sign',
    withdrawTxid,
    lastTxid: one,
    signers: [a.pubkey, b.pubkey],
    signatures: 2,
    hex: 'bb',
  })
  t.equal(
    tx.opScript(op as tx.ModuleOp),
    tx.decodeTransaction(await rpc<string>(a.asset, 'getrawtransaction', two)).outputs.at(-1)?.script,
  )
  dev.control.mine('asset', 2)
  const signed = await rpc(a.asset, 'gatewayssignedwithdraws', dev.bindTxid, 'KMD')
  matchExactly(t, signed, {
    signed: [{ withdrawsigntxid: two, withdrawtxid: withdrawTxid, number_of_signs: 2, hex: 'bb' }],
  })
  await send(a.asset, 'gatewaysmarkdone', two, 'KMD')
  dev.control.mine('asset')
  matchExactly(t, await rpc(a.asset, 'gatewayssignedwithdraws', dev.bindTxid, 'KMD'), { signed: [] })
  await dev.close()
})

t.test('tokens: as many come out as go in, and of the same kind', async (t) => {
  const dev = await start()
  const txid = dev.control.withdraw({ amount: 100_000_000n })
  const known = new Map<string, tx.Transaction>()
  const load = async (id: string): Promise<tx.Transaction> => {
    const transaction = tx.decodeTransaction(await rpc<string>(dev.asset, 'getrawtransaction', id))
    known.set(id, transaction)
    return transaction
  }
  const withdrawal = await load(txid)
  for (const input of withdrawal.inputs) await load(input.txid)
  // The chain as far as the rule looks at it.
  const chain = {
    find: (id: string) => (known.has(id) ? { tx: known.get(id) } : undefined),
    output: (id: string, vout: number) => known.get(id)?.outputs[vout],
    addressOf: tx.addressOfScript,
  } as unknown as Chain
  t.ok(isLawful(chain, withdrawal))
  const op = tx.opOf(withdrawal) as Extract<tx.ModuleOp, { op: 'token-transfer' }>
  const last = withdrawal.outputs.length - 1
  const changed = (at: number, output: Partial<tx.Transaction['outputs'][number]>) => ({
    ...withdrawal,
    outputs: withdrawal.outputs.map((each, k) => (k === at ? { ...each, ...output } : each)),
  })
  const other = { ...op, tokenId: '12'.repeat(32) }
  t.notOk(isLawful(chain, changed(last, { script: tx.opScript(other) })), 'tokens of another kind')
  const paid = withdrawal.outputs.findIndex(({ value }) => value === 100_000_000n)
  for (const value of [99_999_999n, 100_000_001n])
    t.notOk(isLawful(chain, changed(paid, { value })), `${value} for 100000000`)
  await dev.close()
})

t.test('everything is there again after the end, whatever its kind', async (t) => {
  const dataDir = folder()
  const dev = await start({ dataDir })
  await publish(dev, 20)
  dev.control.mine('asset')
  const waiting = await publish(dev, 21)
  dev.control.reorg('reference', 2)
  await rpc(dev.reference, 'importaddress', tx.markerAddress(dev.bindTxid), 'marker', false)
  const facts = async (dev: DevKomodo) => [
    await rpc(dev.asset, 'getbestblockhash'),
    await rpc(dev.reference, 'getbestblockhash'),
    await rpc(dev.asset, 'getrawmempool'),
    await rpc(dev.asset, 'oraclesinfo', dev.oracleTxid),
    await rpc(dev.reference, 'validateaddress', tx.markerAddress(dev.bindTxid)),
    dev.gateways,
    dev.operators.map(({ pubkey }) => pubkey),
  ]
  const before = await facts(dev)
  await t.rejects(start({ dataDir }), { code: 'E_DEVKOMODO_LOCKED' })
  await dev.close()
  await t.rejects(start({ dataDir, dataFee: 200_000 }), { code: 'E_DEVKOMODO_DAMAGED' })
  const again = await start({ dataDir })
  t.same(await facts(again), before)
  t.same(again.control.mempool('asset'), [waiting])
  again.control.mine('asset')
  t.ok(await reaches(again, 21))
  await again.close()
  await t.rejects(start({ gateways: [{ m: 3, n: 2 }] }), { code: 'E_DEVKOMODO_OPTION' })
})

t.test('where the search for the work of the first blocks begins, it ends', async (t) => {
  const dev = await start()
  const skippedAt = async (_: number, height: number): Promise<number> => {
    const hash = await rpc<string>(dev.reference, 'getblockhash', height)
    const { nonce } = await rpc<{ nonce: string }>(dev.reference, 'getblockheader', hash)
    const begun = seededNonce({ seed: 'pegminer', name: 'KMDDEV' }, height, height)
    return Number(BigInt(`0x${nonce}`) - BigInt(`0x${begun}`))
  }
  t.same(await Promise.all(FIRST_NONCES.map(skippedAt)), FIRST_NONCES)
  await dev.close()
})

t.test('blocks by the clock', async (t) => {
  const dev = await start({ manual: false, blockSeconds: { asset: 0.05, reference: 0.05 } })
  const from = dev.control.height('asset')
  await until(() => dev.control.height('asset') >= from + 2 && dev.control.height('reference') >= 64, 20)
  t.pass('both chains grow')
  await dev.close()
})
