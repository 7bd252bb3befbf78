/**
 * What the original program did in seven minutes, call by call, against what this one makes of the same facts: payloads,
 * order, outputs, amounts, markers.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'

import { startChains } from '../../komodo/dev/fixtures/chains.js'
import { recordings } from '../../komodo/fixtures/recordings.js'
import {
  coinsNumber,
  decodeTransaction,
  encodePayload,
  gatewayOpOf,
  judgePayout,
  markerAddress,
  payoutFee,
  payoutOutputs,
  type PayoutIntent,
} from '../../komodo/index.js'
import { openRig } from './fixtures/rig.js'

interface Call {
  readonly method: string
  readonly params: readonly string[]
  readonly output: string
}

const calls: readonly Call[] = (recordings('komodod')['original-oraclefeed'] ?? []).map(
  ({ cli = [], stdout = '' }) => {
    const [method = '', ...params] = cli.filter((word) => !word.startsWith('-ac_name'))
    return { method, params, output: stdout.trim() }
  },
)
const json = (call: Call | undefined): Record<string, unknown> =>
  JSON.parse(call?.output ?? '{}') as Record<string, unknown>

t.test('every payload is the same', (t) => {
  let headers = 0
  for (const [k, call] of calls.entries()) {
    if (call.method !== 'oraclesdata') continue
    const before = calls.slice(0, k)
    const asked = before.filter(({ method }) => method === 'getblockhash').at(-1)
    const header = json(before.filter(({ method }) => method === 'getblockheader').at(-1))
    const payload = encodePayload({
      height: Number(asked?.params[0]),
      hash: asked?.output ?? '',
      merkleRoot: String(header['merkleroot']),
      balance: null,
    })
    t.equal(payload, call.params[1])
    headers++
  }
  t.ok(headers > 30, `${headers} headers`)
  t.end()
})

t.test('the payout of its withdrawal: outputs, amounts, marker, order', (t) => {
  const at = calls.findIndex(({ method }) => method === 'createrawtransaction')
  const create = calls[at]!
  const listed = json(
    calls
      .slice(0, at)
      .filter(({ method }) => method === 'gatewayspendingwithdraws')
      .at(-1),
  )
  const [item] = listed['pending'] as Record<string, string>[]
  const unspent = JSON.parse(
    calls
      .slice(0, at)
      .filter(({ method }) => method === 'listunspent')
      .at(-1)?.output ?? '[]',
  ) as { txid: string; vout: number; amount: number; scriptPubKey: string }[]
  const inputs = JSON.parse(create.params[0] ?? '[]') as { txid: string; vout: number }[]
  const versions = { pubkey: 60, script: 85, wif: 188, taddr: 0 }
  const intent: PayoutIntent = {
    payAddress: item!['withdrawaddr']!,
    markerAddress: markerAddress(item!['withdrawtxid']!, versions),
    depositAddress: item!['depositaddr']!,
    amount: BigInt(Math.round(Number(item!['amount']) * 1e8)),
    fee: payoutFee('KMD'),
    versions,
  }
  t.equal(intent.markerAddress, item!['withdrawtxidaddr'])
  const spent = inputs.map(({ txid, vout }) =>
    unspent.find((coin) => coin.txid === txid && coin.vout === vout)!,
  )
  const sum = spent.reduce((total, { amount }) => total + BigInt(Math.round(amount * 1e8)), 0n)
  const ours = Object.fromEntries(
    payoutOutputs(intent, sum).map(([address, sat]) => [address, coinsNumber(sat)]),
  )
  const theirs = JSON.parse(create.params[1] ?? '{}') as Record<string, number>
  t.same(ours, theirs)
  t.same(Object.keys(ours), Object.keys(theirs), 'in the same order')

  const signed = json(calls[at + 1])
  const verdict = judgePayout(String(signed['hex']), intent, ({ txid, vout }) => {
    const coin = unspent.find((one) => one.txid === txid && one.vout === vout)
    return coin && { value: BigInt(Math.round(coin.amount * 1e8)), script: coin.scriptPubKey }
  })
  t.match(verdict, { ok: true, payout: { complete: true } })
  const complete = calls[at + 2]!
  t.same(complete.params, [item!['withdrawtxid'], 'KMD', signed['hex']])
  const sent = calls.find(
    ({ method, params }) => method === 'sendrawtransaction' && params[0] === signed['hex'],
  )
  t.equal(sent?.output, verdict.ok ? verdict.payout.txid : '', 'the id is known before it is sent')
  t.end()
})

t.test('the same calls in the same order, for a header and for a withdrawal', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'feed-original-'))
  const chains = await startChains({ dataDir: join(folder, 'chains'), manual: true, subscriptions: 1 })
  const rig = await openRig(chains, { folder: join(folder, 'rig') })
  t.teardown(async () => {
    rig.close()
    await chains.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const made: { method: string; params: readonly unknown[] }[] = []
  chains.control.onCall(({ phase, method, params }) => {
    if (phase === 'asked') made.push({ method, params })
    return undefined
  })
  const order = (wanted: readonly string[], from: readonly { method: string }[]): string[] =>
    from.map(({ method }) => method).filter((method) => wanted.includes(method))

  const header = ['getblockhash', 'getblockheader', 'oraclesdata', 'sendrawtransaction']
  await rig.relayPass()
  const first = calls.findIndex(({ method }) => method === 'getblockhash')
  // Ours asks for the block before it as well, once: a header is published when it is linked and has its work.
  const [height, hash] = ['getblockhash', 'getblockheader'].map(
    (method) => made.find((call) => call.method === method)?.params[0],
  )
  const ofHeader = made.filter(
    ({ method, params }) => !method.startsWith('getblockh') || params[0] === height || params[0] === hash,
  )
  t.same(made.length - ofHeader.length, 2)
  t.same(order(header, ofHeader), order(header, calls.slice(first, first + 4)))
  const data = made.find(({ method }) => method === 'oraclesdata')
  t.equal(data?.params[0], chains.oracleTxid)
  t.equal(
    String(data?.params[1]).length,
    calls.find(({ method }) => method === 'oraclesdata')?.params[1]?.length,
  )

  const withdrawal = [
    'listunspent',
    'createrawtransaction',
    'signrawtransaction',
    'gatewayscompletesigning',
    'gatewaysmarkdone',
  ]
  const withdrawTxid = chains.control.withdraw({ amount: 100_000_000n })
  chains.control.mine('asset', 2)
  made.length = 0
  for (let k = 0; k < 12 && rig.file.state.withdrawals[withdrawTxid]?.step !== 'done'; k++) {
    await rig.withdrawPass()
    chains.control.mine('asset')
    chains.control.mine('reference')
  }
  // Ours asks the wallet for coins at the marker's address as well: that is how a payment made earlier is found.
  const ofDeposit = made.filter(({ method, params }) => method !== 'listunspent' || params[0] === 1)
  t.same(order(withdrawal, ofDeposit), order(withdrawal, calls))
  const argumentsOf = (method: string) => made.find((call) => call.method === method)?.params
  const complete = argumentsOf('gatewayscompletesigning') as string[]
  t.same(complete.slice(0, 2), [withdrawTxid, 'KMD'])
  const mark = argumentsOf('gatewaysmarkdone') as string[]
  const marked = await rig.asset.transaction(mark[0] ?? '')
  t.match(gatewayOpOf(decodeTransaction(marked?.hex ?? ''))?.op, { op: 'gateway-complete', withdrawTxid })
  // On purpose: a payout of ours is good for 1440 blocks, since several signers may need a day; theirs for 200.
  const payout = decodeTransaction(complete[2] ?? '')
  t.ok(payout.expiryHeight - chains.control.height('reference') > 1_400)
})
