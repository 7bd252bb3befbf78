/** What leaves and what does not: recorded transactions of real daemons, and forgeries of them. */
import t from 'tap'

import { inspectMerge } from './inspect.js'
import { inputSigners, termsFault } from './payout.js'
import { hash160Hex, payToPubkey, push, saplingTransaction, withScripts } from './tx/index.js'
import { allCalls, recordings, type RecordedCall } from './fixtures/recordings.js'
import {
  addressOfScript,
  brokenRule,
  decodeTransaction,
  encodeTransaction,
  gatewayOpOf,
  inspectData,
  inspectSigning,
  inspectSubscribe,
  inspectWithdraw,
  judgePayout,
  leastAmount,
  markerAddress,
  opOf,
  opScript,
  payoutFee,
  payoutOutputs,
  payToPubkeyHash,
  pubkeyAddress,
  satOf,
  scriptKind,
  type DataIntent,
  type ModuleOp,
  type PayoutIntent,
  type SpentOutput,
  type Transaction,
} from './index.js'

interface Built {
  readonly method: string
  readonly params: readonly string[]
  readonly hex: string
  readonly tx: Transaction
  readonly label: string
}

/** Every transaction that a recorded contract call built. */
function built(call: RecordedCall): Built[] {
  const words = call.cli?.filter((word) => !word.startsWith('-ac_name')) ?? []
  const method = call.request?.method ?? words[0] ?? ''
  const params = (call.request?.params ?? words.slice(1)) as readonly string[]
  const hex = /"hex":\s*"([0-9a-f]{40,})"/.exec(call.reply ?? call.stdout ?? '')?.[1]
  if (hex === undefined || method === 'getrawtransaction') return []
  try {
    return [{ method, params, hex, tx: decodeTransaction(hex), label: call.label }]
  } catch {
    return []
  }
}

const all = allCalls().flatMap(built)
const of = (method: string): Built[] => all.filter((one) => one.method === method)
const op = <K extends ModuleOp['op']>(tx: Transaction, kind: K): Extract<ModuleOp, { op: K }> => {
  const found = opOf(tx)
  if (found?.op !== kind) throw new Error(`not ${kind}`)
  return found as Extract<ModuleOp, { op: K }>
}

function dataIntent({ tx, params }: Built): DataIntent {
  return {
    oracleTxid: params[0] ?? '',
    publisher: op(tx, 'oracle-data').pubkey,
    payload: params[1] ?? '',
    baton: tx.inputs[1]?.txid ?? '',
    batonAddress: addressOfScript(tx.outputs[1]?.script ?? '') ?? '',
    dataFee: tx.outputs[2]?.value ?? 0n,
    subscriptions: [],
  }
}

t.test('recorded headers pass, of version 4 with one or two normal inputs', (t) => {
  const headers = of('oraclesdata')
  t.ok(headers.length > 60, `${headers.length} headers`)
  for (const one of headers) {
    const intent = dataIntent(one)
    const { spent } = inspectData(one.hex, intent, { height: 1, pubkey: intent.publisher })
    if (spent.length < 1) t.fail(one.label)
  }
  t.ok(
    headers.some(({ tx }) => tx.inputs.length === 4),
    'a normal input at the end',
  )
  t.end()
})

t.test('forged headers do not leave', (t) => {
  const [one] = of('oraclesdata')
  if (one === undefined) throw new Error('no recording')
  const intent = dataIntent(one)
  const around = { height: 1, pubkey: intent.publisher }
  const rule = (
    change: (tx: Transaction) => Transaction,
    wanted: Partial<DataIntent> = {},
    height = 1,
  ): unknown => {
    try {
      inspectData(encodeTransaction(change(one.tx)), { ...intent, ...wanted }, { ...around, height })
    } catch (error) {
      return brokenRule(error)
    }
    return null
  }
  const same = (tx: Transaction): Transaction => tx
  const outputs = (change: (values: Transaction['outputs'][number][]) => void) => (tx: Transaction) => {
    const copy = tx.outputs.map((output) => ({ ...output }))
    change(copy)
    return { ...tx, outputs: copy }
  }
  const thief = payToPubkeyHash('00'.repeat(20))
  t.equal(rule(same), null)
  t.equal(rule(same, { payload: 'aa' }), 'op-return')
  t.equal(rule(same, { oracleTxid: '11'.repeat(32) }), 'op-return')
  t.equal(rule(same, { publisher: `02${'11'.repeat(32)}` }), 'op-return')
  t.equal(
    rule(same, { baton: '22'.repeat(32) }),
    'baton',
    'the stale baton that the daemon itself believes in',
  )
  t.equal(rule(same, { dataFee: 1n }), 'amount')
  t.equal(rule(same, { batonAddress: 'R' }), 'outputs')
  t.equal(rule(same, {}, one.tx.expiryHeight - 5), 'expired')
  t.equal(
    rule((tx) => ({ ...tx, inputs: tx.inputs.map((input) => ({ ...input, script: '' })) })),
    'unsigned',
  )
  t.equal(
    rule((tx) => ({ ...tx, inputs: [tx.inputs[0]!, tx.inputs[2]!, tx.inputs[1]!] })),
    'baton',
    'another order',
  )
  t.equal(
    rule((tx) => ({ ...tx, inputs: tx.inputs.slice(1) })),
    'inputs',
    'no normal input in front',
  )
  t.equal(
    rule((tx) => ({ ...tx, inputs: tx.inputs.slice(0, 2) })),
    'inputs',
    'no subscription',
  )
  t.equal(rule(outputs((values) => values.splice(3, 0, { value: 5n, script: thief }))), 'foreign-output')
  t.equal(rule(outputs((values) => (values[2] = { ...values[2]!, script: thief }))), 'amount')
  t.equal(rule(outputs((values) => (values[0] = { ...values[0]!, script: thief }))), 'outputs')
  t.equal(rule(outputs((values) => void values.pop())), 'op-return')
  t.equal(
    rule((tx) => ({ ...tx, version: 2, overwintered: false, versionGroupId: 0, expiryHeight: 0 })),
    'layout',
  )
  const [subscription] = one.tx.inputs.slice(2)
  const known = { txid: subscription!.txid, vout: subscription!.vout }
  const sat = one.tx.outputs[0]!.value + intent.dataFee
  t.equal(rule(same, { subscriptions: [{ ...known, sat }] }), null)
  t.equal(rule(same, { subscriptions: [{ ...known, sat: sat + 1n }] }), 'amount', 'subscriptions vanish')
  const prior = op(one.tx, 'oracle-data')
  t.equal(
    rule(
      outputs(
        (values) =>
          (values[values.length - 1] = {
            value: 0n,
            script: opScript({ ...prior, previousBaton: '33'.repeat(32) }),
          }),
      ),
    ),
    'baton',
  )
  try {
    inspectData('zz', intent, around)
    t.fail('no transaction')
  } catch (error) {
    t.equal(brokenRule(error), 'layout')
  }
  t.end()
})

t.test('subscriptions: those to a broken key do not leave', (t) => {
  let refused = 0
  for (const { hex, params, tx } of of('oraclessubscribe')) {
    const { pubkey, amount } = op(tx, 'oracle-subscribe')
    const [oracleTxid = '', publisher = ''] = params
    try {
      inspectSubscribe(hex, { oracleTxid, publisher, sat: amount }, { height: 1, pubkey })
    } catch (error) {
      t.equal(brokenRule(error), 'outputs')
      t.equal(publisher, '02aa')
      refused++
    }
  }
  t.ok(refused >= 1)
  t.end()
})

t.test('signatures passed on, of version 1 and 4', (t) => {
  const kinds = {
    gatewayspartialsign: 'partial',
    gatewayscompletesigning: 'complete',
    gatewaysmarkdone: 'done',
  } as const
  const counts: Record<string, number> = {}
  for (const [method, kind] of Object.entries(kinds))
    for (const { hex, tx, params } of of(method)) {
      const found = gatewayOpOf(tx)?.op
      if (found === undefined || !('withdrawTxid' in found)) throw new Error('no gateway op')
      const own = tx.outputs.map(({ script }) => scriptKind(script)).find((one) => one.kind === 'pubkey')
      const pubkey = found.op === 'gateway-partial' ? found.signer : own?.kind === 'pubkey' ? own.pubkey : ''
      const [lastTxid = '', coin = '', payoutHex = ''] = params
      const intent = {
        kind,
        withdrawTxid: found.withdrawTxid,
        lastTxid,
        coin,
        payoutHex,
        family: 'A' as const,
      }
      inspectSigning(hex, intent, { height: 1, pubkey })
      t.throws(() => inspectSigning(hex, { ...intent, lastTxid: '44'.repeat(32) }, { height: 1, pubkey }))
      t.throws(() => inspectSigning(hex, { ...intent, withdrawTxid: '55'.repeat(32) }, { height: 1, pubkey }))
      counts[kind] = (counts[kind] ?? 0) + 1
    }
  t.match(counts, { partial: Number, complete: Number, done: Number })
  t.end()
})

t.test("another gateway's withdrawal must not take the payout over", (t) => {
  const outcomes = of('gatewayswithdraw').map(({ hex, params, tx, label }) => {
    const [bindTxid = '', coin = '', withdrawPubkey = '', amount = '0'] = params
    const { tokenId } = op(tx, 'token-transfer')
    const intent = { bindTxid, coin, withdrawPubkey, sat: satOf(amount, ''), tokenId }
    try {
      inspectWithdraw(hex, intent, { height: 1, pubkey: '' })
      return `ok ${/hijack/i.test(label)}`
    } catch (error) {
      return `${brokenRule(error)} ${label}`
    }
  })
  t.ok(outcomes.filter((one) => one === 'ok false').length >= 4, outcomes.join(', '))
  // The recordings hold three that were built for another key; two of them were made to show it.
  const refused = outcomes.filter((one) => !one.startsWith('ok'))
  t.equal(refused.length, 3, refused.join(', '))
  t.equal(refused.filter((one) => /hijack|while gateway 1/.test(one)).length, 2)
  t.end()
})

/** The rule that a transaction breaks; null: none. */
function ruleOf(inspect: () => unknown): string | null {
  try {
    inspect()
  } catch (error) {
    return brokenRule(error)
  }
  return null
}

const THIEF = payToPubkeyHash('77'.repeat(20))
/** The same transaction with another output at `at`. */
const withOutput = (tx: Transaction, at: number, change: Partial<SpentOutput>): Transaction => ({
  ...tx,
  outputs: tx.outputs.map((output, k) => (k === at ? { ...output, ...change } : output)),
})

t.test('forged subscriptions do not leave', (t) => {
  const [one] = of('oraclessubscribe').filter(({ params }) => params[1] !== '02aa')
  const [data] = of('oraclesdata')
  if (one === undefined || data === undefined) throw new Error('no recording')
  const { pubkey, amount } = op(one.tx, 'oracle-subscribe')
  const [oracleTxid = '', publisher = ''] = one.params
  const rule = (tx: Transaction) =>
    ruleOf(() =>
      inspectSubscribe(encodeTransaction(tx), { oracleTxid, publisher, sat: amount }, { height: 1, pubkey }),
    )
  t.equal(rule(one.tx), null)
  t.equal(rule(withOutput(one.tx, 0, { value: 1n })), 'amount')
  t.equal(rule(withOutput(one.tx, 0, { script: THIEF })), 'outputs')
  t.equal(rule(withOutput(one.tx, 1, { script: THIEF })), 'outputs')
  t.equal(rule(withOutput(one.tx, 1, { value: 1n })), 'outputs')
  t.equal(rule({ ...one.tx, inputs: [...one.tx.inputs, data.tx.inputs[2]!] }), 'inputs', 'it spends another')
  t.equal(rule({ ...one.tx, valueBalance: 1n }), 'layout', 'a shielded part')
  t.end()
})

t.test('forged steps of a withdrawal do not leave', (t) => {
  for (const [method, kind] of [
    ['gatewayspartialsign', 'partial'],
    ['gatewaysmarkdone', 'done'],
  ] as const) {
    const [one] = of(method)
    if (one === undefined) throw new Error('no recording')
    const found = gatewayOpOf(one.tx)?.op
    if (found === undefined || !('withdrawTxid' in found)) throw new Error('no gateway op')
    const own = one.tx.outputs.map(({ script }) => scriptKind(script)).find((each) => each.kind === 'pubkey')
    const pubkey = found.op === 'gateway-partial' ? found.signer : own?.kind === 'pubkey' ? own.pubkey : ''
    const [lastTxid = '', coin = '', payoutHex = ''] = one.params
    const intent = { kind, withdrawTxid: found.withdrawTxid, lastTxid, coin, payoutHex }
    const rule = (tx: Transaction, family: 'A' | 'B' = 'A') =>
      ruleOf(() => inspectSigning(encodeTransaction(tx), { ...intent, family }, { height: 1, pubkey }))
    t.equal(rule(one.tx), null, kind)
    t.equal(rule(withOutput(one.tx, 0, { value: 1n })), 'amount')
    t.equal(rule(withOutput(one.tx, 0, { script: THIEF })), 'outputs', 'the marker goes elsewhere')
    const mute = withOutput(one.tx, one.tx.outputs.length - 1, { script: '6a02aabb' })
    for (const family of ['A', 'B'] as const) t.equal(rule(mute, family), 'op-return', `family ${family}`)
    t.equal(rule({ ...one.tx, outputs: [] }, 'B'), 'op-return', 'no outputs at all')
  }
  t.end()
})

t.test('forged requests for a withdrawal do not leave', (t) => {
  const [one] = of('gatewayswithdraw')
  if (one === undefined) throw new Error('no recording')
  const [bindTxid = '', coin = '', withdrawPubkey = '', amount = '0'] = one.params
  const { tokenId } = op(one.tx, 'token-transfer')
  const intent = { bindTxid, coin, withdrawPubkey, sat: satOf(amount, ''), tokenId }
  const rule = (tx: Transaction, wanted: Partial<typeof intent> = {}) =>
    ruleOf(() => inspectWithdraw(encodeTransaction(tx), { ...intent, ...wanted }, { height: 1, pubkey: '' }))
  t.equal(rule(one.tx), null)
  t.equal(rule(withOutput(one.tx, one.tx.outputs.length - 1, { script: '6a02aabb' })), 'op-return')
  for (const wanted of [{ bindTxid: '11'.repeat(32) }, { coin: 'BTC' }, { tokenId: '22'.repeat(32) }])
    t.equal(rule(one.tx, wanted), 'op-return', JSON.stringify(wanted))
  t.equal(rule(one.tx, { sat: intent.sat + 1n }), 'amount')
  t.equal(rule(withOutput(one.tx, 0, { value: 1n })), 'amount', 'the marker')
  t.equal(rule(withOutput(one.tx, 1, { value: 1n })), 'amount', 'the tokens')
  t.end()
})

t.test('merging outputs: all of them, into one', (t) => {
  const pubkey = `02${'11'.repeat(32)}`
  const inputs = ['aa', 'bb'].map((byte, vout) => ({
    ...{ txid: byte.repeat(32), vout, script: '51', sequence: 0xffffffff },
  }))
  const good = saplingTransaction(inputs, [{ value: 9n, script: payToPubkey(pubkey) }], { expiryHeight: 0 })
  const rule = (tx: Transaction) =>
    ruleOf(() => inspectMerge(encodeTransaction(tx), { inputs, sat: 9n }, { height: 1, pubkey }))
  t.equal(rule(good), null)
  t.equal(rule({ ...good, inputs: inputs.slice(1) }), 'inputs')
  t.equal(rule({ ...good, inputs: inputs.map((input) => ({ ...input, vout: 7 })) }), 'inputs')
  t.equal(rule({ ...good, outputs: [...good.outputs, ...good.outputs] }), 'amount')
  t.equal(rule(withOutput(good, 0, { value: 8n })), 'amount')
  t.equal(rule(withOutput(good, 0, { script: THIEF })), 'foreign-output')
  t.end()
})

t.test('payouts', async (t) => {
  const recording = recordings('komodod-pegs')
  const raw = Object.values(recording)
    .flat()
    .map((call) => call.reply ?? '')
    .flatMap((reply) =>
      [...reply.matchAll(/"hex":"(0400008085202f89[0-9a-f]+)"/g)].map(([, hex = '']) => hex),
    )
  const outputsOf = new Map<string, SpentOutput>()
  const { txidOf } = await import('./index.js')
  for (const hex of new Set(raw)) {
    try {
      const tx = decodeTransaction(hex)
      tx.outputs.forEach((output, k) => outputsOf.set(`${txidOf(hex)}:${k}`, output))
    } catch {
      // another kind of hex
    }
  }
  const [withdrawal] = of('gatewayscompletesigning').filter(({ params }) =>
    (params[0] ?? '').startsWith('4b95e969'),
  )
  if (withdrawal === undefined) throw new Error('no recording')
  const payout = withdrawal.params[2] ?? ''
  const tx = decodeTransaction(payout)
  const bind = recording['withdraw-2of2']?.find(({ reply }) => reply?.includes('"number_of_signs":1'))
  const item =
    /"withdrawtxid":"([0-9a-f]{64})".*?"withdrawaddr":"(\w+)","amount":"([\d.]+)".*?"depositaddr":"(\w+)"/.exec(
      bind?.reply ?? '',
    )
  const [, withdrawTxid = '', payAddress = '', amount = '', depositAddress = ''] = item ?? []
  const versions = { pubkey: 60, script: 85, wif: 188, taddr: 0 }
  const intent: PayoutIntent = {
    payAddress,
    markerAddress: markerAddress(withdrawTxid, versions),
    depositAddress,
    amount: satOf(amount, ''),
    fee: payoutFee('KMD'),
    versions,
  }
  // The deposit itself stands in no reply: an output of the right script and value takes its place.
  const change = tx.outputs[2]!
  const value = change.value + intent.amount
  const spentOf = (): SpentOutput => ({ value, script: change.script })
  const judged = judgePayout(payout, intent, spentOf)
  t.match(judged, { ok: true, payout: { complete: true, signatures: 2 } })
  const forged = (edit: (tx: Transaction) => Transaction) =>
    judgePayout(encodeTransaction(edit(tx)), intent, spentOf)
  t.match(
    forged((x) => ({ ...x, inputs: x.inputs.map((input) => ({ ...input, script: '' })) })),
    {
      ok: true,
      payout: { complete: false, signatures: 0 },
    },
  )
  const [user, marker] = tx.outputs as [SpentOutput, SpentOutput]
  const thief = { ...user, script: payToPubkeyHash('77'.repeat(20)) }
  for (const outputs of [
    [thief, marker, change],
    [user, thief, change],
    [user, marker, thief],
    [user, marker],
    [user, marker, change, thief],
    [{ ...user, value: user.value + 1n }, marker, change],
    [user, marker, { ...change, value: change.value - 50_000n }],
    [marker, user, change],
  ])
    t.match(
      forged((x) => ({ ...x, outputs })),
      { ok: false, why: 'thief' },
    )
  t.match(
    judgePayout(payout, intent, () => ({ value, script: user.script })),
    { ok: false, why: 'thief' },
    "inputs that are not the gateway's",
  )
  t.match(
    judgePayout(payout, intent, () => undefined),
    { ok: false, why: 'unreadable' },
  )
  t.match(judgePayout('zz', intent, spentOf), { ok: false, why: 'unreadable' })
  t.match(
    forged((x) => ({ ...x, valueBalance: 1n })),
    { ok: false, why: 'thief', message: /shielded parts/ },
  )
  const facts = { height: tx.expiryHeight - 100, time: null, m: 2, n: 2 }
  t.equal(termsFault(tx, facts), null)
  t.match(termsFault({ ...tx, version: 3 }, facts), /of version 3 instead of 4/)
  t.match(
    termsFault({ ...tx, inputs: Array(99).fill(tx.inputs[0]!) as Transaction['inputs'] }, facts),
    /99 inputs/,
  )
  t.match(termsFault({ ...tx, lockTime: 600_000_000 }, facts), /lock time 600000000 has not passed/)
  t.equal(termsFault({ ...tx, lockTime: 600_000_000 }, { ...facts, time: 600_000_000 }), null)
  t.match(judgePayout(payout, { ...intent, amount: intent.amount + 1n }, spentOf), {
    ok: false,
    why: 'thief',
  })
  const single = { value, script: payToPubkeyHash('77'.repeat(20)) }
  t.same(inputSigners(tx, 0, single), [], 'by another key than that of the address')
  const bare = withScripts(tx, [push('aa'.repeat(70)) + push(`03${'22'.repeat(32)}`)])
  t.same(inputSigners(bare, 0, single), [], 'a key that does not lead to the address')
  t.same(inputSigners(tx, 7, single), [], 'an input that is not there')
  const noise = withScripts(tx, [push('aa'.repeat(70)) + push(`02${'11'.repeat(32)}`)])
  const script = payToPubkeyHash(hash160Hex(`02${'11'.repeat(32)}`))
  t.same(inputSigners(noise, 0, { value, script }), [], 'a signature that does not hold')
  t.same(payoutOutputs(intent, intent.amount).length, 2, 'no change of nothing')
  t.equal(leastAmount(10_000n), 21_000n)
  t.match(pubkeyAddress(`02${'11'.repeat(32)}`), /^R/)
})
