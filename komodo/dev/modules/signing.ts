/** The calls that carry a withdrawal from the request to its end; families A and B name them differently. */
import * as tx from '../../tx/index.js'
import type { NodeJson } from '../../tx/index.js'
import { FEE, keyOutput, moduleOutput } from '../build.js'
import type { DevNode } from '../node.js'
import { GATEWAYS } from '../keys.js'
import { looseId, text } from '../rpc/params.js'
import type { Params } from '../rpc/params.js'
import { arity, built, isConfirmed, refused, selfOf } from './calls.js'
import type { Call } from './calls.js'
import { gatewayOpAt, liveMarkers, withdrawalOf, withdrawalsAt } from './gateway-state.js'
import type { Binding, Withdrawal } from './gateway-state.js'
import { bound, isBinding } from './gateways.js'

interface Step {
  readonly lastTxid: string
  readonly coin: string
  readonly hex: string
}

function stepOf(params: Params): Step {
  return { lastTxid: looseId(text(params, 0)), coin: text(params, 1), hex: text(params, 2) }
}

const CONTINUED: readonly tx.GatewayOp['op'][] = ['gateway-withdraw', 'gateway-partial', 'gateway-sign']

/** The withdrawal that a step takes further; else what the module says. */
function target(node: DevNode, { lastTxid, coin }: Step, missing: string): Withdrawal | NodeJson {
  const { chain } = node
  const op = chain.find(lastTxid) ? gatewayOpAt(chain, lastTxid)?.op : undefined
  // A complete withdrawal is taken no further.
  if (op === undefined || !CONTINUED.includes(op)) return refused(`${missing} ${lastTxid}`)
  const withdrawal = withdrawalOf(chain, lastTxid)
  if (!withdrawal || withdrawal.op.coin !== coin) return refused(`invalid withdraw tx ${lastTxid}`)
  if (!isConfirmed(chain, withdrawal.txid)) return refused('gatewayswithdraw tx not yet confirmed/notarized')
  return withdrawal
}

function isWithdrawal(value: Withdrawal | NodeJson): value is Withdrawal {
  return typeof value === 'object' && value !== null && 'lastTxid' in value
}

/** Spends the marker of `lastTxid` and makes a new one; the spent one may be gone, then the network refuses. */
function advance(
  node: DevNode,
  step: { readonly lastTxid: string; readonly op: tx.GatewayOp; readonly error: string },
): NodeJson {
  const { chain } = node
  const { pubkey } = selfOf(node)
  const normals = node.wallet.pick(chain, FEE, 3)
  if (!normals) return refused(step.error)
  const output = chain.output(step.lastTxid, 0)
  if (!output) return refused(step.error)
  const coin = { ...output, txid: step.lastTxid, vout: 0, coinbase: false, height: 0 }
  const condition = tx.moduleCondition(GATEWAYS.code, GATEWAYS.pubkey)
  const done = step.op.op === 'gateway-done'
  const outputs = [done ? keyOutput(pubkey, FEE) : moduleOutput(GATEWAYS.code, GATEWAYS.pubkey, FEE)]
  const modules = [{ coin, condition, privateKey: GATEWAYS.privateKey }]
  return built(node, { normals, modules, outputs, op: step.op, changePubkey: pubkey })
}

const partialSign: Call = (node, params) => {
  arity(params, 3, 3, 'gatewayspartialsign txidaddr refcoin hex')
  const step = stepOf(params)
  const withdrawal = target(node, step, "can't find last tx")
  if (!isWithdrawal(withdrawal)) return withdrawal
  const { coin, hex, lastTxid } = step
  const signer = selfOf(node).pubkey
  const signatures = withdrawal.signatures + 1
  const op = { op: 'gateway-partial', withdrawTxid: withdrawal.txid, coin, signatures, signer, hex } as const
  return advance(node, { lastTxid, op, error: 'error adding funds for partialsign' })
}

const completeSigning: Call = (node, params) => {
  arity(params, 3, 3, 'gatewayscompletesigning withdrawtxid coin hex')
  const step = stepOf(params)
  const withdrawal = target(node, step, 'invalid last txid')
  if (!isWithdrawal(withdrawal)) return withdrawal
  const { coin, hex, lastTxid } = step
  const op = {
    op: 'gateway-complete',
    withdrawTxid: withdrawal.txid,
    coin,
    signatures: withdrawal.signatures + 1,
    hex,
  } as const
  return advance(node, { lastTxid, op, error: 'error adding funds for completesigning' })
}

/** Family B: one call for each signer; the number of signatures says when it is enough. */
const withdrawSign: Call = (node, params) => {
  arity(params, 3, 3, 'gatewayswithdrawsign lasttxid coin hex')
  const step = stepOf(params)
  const withdrawal = target(node, step, "can't find last tx")
  if (!isWithdrawal(withdrawal)) return withdrawal
  const { coin, hex, lastTxid } = step
  const signers = [...withdrawal.signers, selfOf(node).pubkey]
  const withdrawTxid = withdrawal.txid
  const op = {
    op: 'gateway-sign',
    withdrawTxid,
    lastTxid,
    signers,
    coin,
    signatures: signers.length,
    hex,
  } as const
  return advance(node, { lastTxid, op, error: 'error adding funds for withdrawsign' })
}

const markDone: Call = (node, params) => {
  arity(params, 2, 2, 'gatewaysmarkdone completesigningtx coin')
  const { chain } = node
  const [completeTxid, coin] = [looseId(text(params, 0)), text(params, 1)]
  if (!chain.find(completeTxid)) return refused(`invalid completesigning txid ${completeTxid}`)
  const complete = gatewayOpAt(chain, completeTxid)
  const last = node.family === 'B' ? 'gateway-sign' : 'gateway-complete'
  if (
    (complete?.op !== 'gateway-complete' && complete?.op !== 'gateway-sign') ||
    complete.op !== last ||
    complete.coin !== coin
  )
    return refused(`cannot decode completesigning tx opret ${completeTxid}`)
  if (!isConfirmed(chain, completeTxid))
    return refused('gatewayscompletesigning tx not yet confirmed/notarized')
  const teller = node.family === 'B' ? { teller: selfOf(node).pubkey } : {}
  const op = {
    op: 'gateway-done',
    withdrawTxid: complete.withdrawTxid,
    ...teller,
    coin,
    completeTxid,
  } as const
  return advance(node, { lastTxid: completeTxid, op, error: 'error adding funds for markdone' })
}

function listOf(node: DevNode, params: Params, help: string) {
  arity(params, 2, 2, help)
  const { pubkey } = selfOf(node)
  const coin = text(params, 1)
  const bindTxid = looseId(text(params, 0))
  const binding = bound(node.chain, bindTxid, coin)
  const queueflag = isBinding(binding) && binding.op.pubkeys.includes(pubkey) ? 1 : 0
  return { binding, bindTxid, coin, pubkey, queueflag }
}

const pending: Call = (node, params) => {
  const { binding, bindTxid, coin, pubkey, queueflag } = listOf(
    node,
    params,
    'gatewayspendingwithdraws bindtxid coin',
  )
  if (!isBinding(binding)) return binding
  const { chain } = node
  const { n } = binding.op
  const items = withdrawalsAt(chain, ['gateway-withdraw', 'gateway-partial'])
    .filter(({ op }) => op.bindTxid === bindTxid && op.coin === coin)
    .map((withdrawal) => ({
      ...itemOf(node, binding, withdrawal),
      ...signerOf(binding, queueflag, pubkey),
      number_of_signs: n > 1 ? withdrawal.signatures : undefined,
      last_txid: n > 1 ? withdrawal.lastTxid : undefined,
      hex: n > 1 && withdrawal.signatures > 0 ? withdrawal.hex : undefined,
    }))
  return { coin, pending: items, queueflag }
}

function itemOf({ chain }: DevNode, binding: Binding, { txid, op }: Withdrawal) {
  return {
    withdrawtxid: txid,
    withdrawtxidaddr: tx.markerAddress(txid, binding.versions),
    withdrawaddr: tx.pubkeyAddress(op.withdrawPubkey, binding.versions),
    amount: tx.coinsText(op.amount),
    confirmed_or_notarized: isConfirmed(chain, txid),
  }
}

function signerOf(binding: Binding, queueflag: number, pubkey: string) {
  const signeraddr = tx.pubkeyAddress(pubkey, binding.versions)
  return queueflag ? { depositaddr: binding.depositAddress, signeraddr } : {}
}

/** As in real nodes, the finished items of all gateways of the same coin are listed, not only those of this one. */
const processed: Call = (node, params) => {
  const { binding, coin, queueflag } = listOf(node, params, 'gatewaysprocessed bindtxid coin')
  if (!isBinding(binding)) return binding
  const { chain } = node
  const items = withdrawalsAt(chain, ['gateway-complete'])
    .filter(({ op }) => op.coin === coin)
    .map(({ txid, op, lastTxid, hex }) => ({
      completesigningtxid: lastTxid,
      withdrawtxid: txid,
      withdrawtxidaddr: tx.markerAddress(txid, binding.versions),
      withdrawaddr: tx.pubkeyAddress(op.withdrawPubkey, binding.versions),
      confirmed_or_notarized: isConfirmed(chain, lastTxid),
      amount: tx.coinsText(op.amount),
      hex,
    }))
  return { coin, processed: items, queueflag }
}

/** Family B sees the mempool too, and shows one withdrawal at a time: the one under way, or the next. */
function stepsOf({ chain }: DevNode, bindTxid: string, coin: string): Withdrawal[] {
  const ids = [...chain.mempool.keys(), ...liveMarkers(chain).map(({ txid }) => txid)]
  return ids.flatMap((txid) => {
    const op = gatewayOpAt(chain, txid)
    const withdrawal = op && withdrawalOf(chain, txid)
    if (!withdrawal || chain.poolSpender(txid, 0)) return []
    return withdrawal.op.bindTxid === bindTxid && withdrawal.op.coin === coin ? withdrawal : []
  })
}

const pendingSign: Call = (node, params) => {
  const help = 'gatewayspendingsignwithdraws bindtxid coin'
  const { binding, bindTxid, coin, pubkey, queueflag } = listOf(node, params, help)
  if (!isBinding(binding)) return binding
  const { m, n } = binding.op
  const steps = stepsOf(node, bindTxid, coin)
  const next =
    steps.find(({ signatures }) => signatures > 0) ?? steps.find(({ txid }) => node.chain.blockOf(txid))
  const items = (next ? [next] : []).map((withdrawal) => ({
    ...itemOf(node, binding, withdrawal),
    ...signerOf(binding, queueflag, pubkey),
    last_txid: withdrawal.lastTxid,
    processed: withdrawal.signers.includes(pubkey) || withdrawal.signatures >= m ? true : undefined,
    number_of_signs: n > 1 ? withdrawal.signatures : undefined,
    hex: n > 1 && withdrawal.signatures > 0 ? withdrawal.hex : undefined,
  }))
  return { coin, pending: items, queueflag }
}

const signed: Call = (node, params) => {
  const help = 'gatewayssignedwithdraws bindtxid coin'
  const { binding, bindTxid, coin, pubkey, queueflag } = listOf(node, params, help)
  if (!isBinding(binding)) return binding
  const { m, n } = binding.op
  const items = stepsOf(node, bindTxid, coin)
    .filter(({ signatures }) => signatures >= m)
    .map((withdrawal) => ({
      withdrawsigntxid: withdrawal.lastTxid,
      withdrawtxid: withdrawal.txid,
      withdrawtxidaddr: tx.markerAddress(withdrawal.txid, binding.versions),
      withdrawaddr: tx.pubkeyAddress(withdrawal.op.withdrawPubkey, binding.versions),
      confirmed_or_notarized: isConfirmed(node.chain, withdrawal.lastTxid),
      amount: tx.coinsText(firstAmount(withdrawal)),
      ...signerOf(binding, queueflag, pubkey),
      last_txid: withdrawal.lastTxid,
      number_of_signs: n > 1 ? withdrawal.signatures : undefined,
      hex: withdrawal.hex,
    }))
  return { coin, signed: items, queueflag }
}

/** What the payout's first output is worth, as family B shows it. */
function firstAmount({ hex, op }: Withdrawal): bigint {
  try {
    return tx.decodeTransaction(hex).outputs[0]?.value ?? op.amount
  } catch {
    return op.amount
  }
}

export const SIGNING_CALLS_A: Readonly<Record<string, Call>> = {
  gatewayspendingwithdraws: pending,
  gatewayspartialsign: partialSign,
  gatewayscompletesigning: completeSigning,
  gatewaysprocessed: processed,
  gatewaysmarkdone: markDone,
}

export const SIGNING_CALLS_B: Readonly<Record<string, Call>> = {
  gatewayspendingsignwithdraws: pendingSign,
  gatewayswithdrawsign: withdrawSign,
  gatewayssignedwithdraws: signed,
  gatewaysmarkdone: markDone,
}
