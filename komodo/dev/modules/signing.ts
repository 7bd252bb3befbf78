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
import { gatewayOpAt, withdrawalOf, withdrawalsAt } from './gateway-state.js'
import type { Withdrawal } from './gateway-state.js'
import { bound, isBinding } from './gateways.js'

interface Step {
  readonly lastTxid: string
  readonly coin: string
  readonly hex: string
}

function stepOf(params: Params): Step {
  return { lastTxid: looseId(text(params, 0)), coin: text(params, 1), hex: text(params, 2) }
}

/** The withdrawal that a step takes further; else what the module says. */
function target(node: DevNode, { lastTxid, coin }: Step, missing: string): Withdrawal | NodeJson {
  const { chain } = node
  if (!chain.find(lastTxid)) return refused(`${missing} ${lastTxid}`)
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

/** Family B: one call; how many have signed says whether it is a step or the end. */
const withdrawSign: Call = (node, params) => {
  arity(params, 3, 3, 'gatewayswithdrawsign lasttxid coin hex')
  const withdrawal = target(node, stepOf(params), "can't find last tx")
  if (!isWithdrawal(withdrawal)) return withdrawal
  const binding = bound(node.chain, withdrawal.op.bindTxid, withdrawal.op.coin)
  const last = isBinding(binding) && withdrawal.signatures + 1 >= binding.op.m
  return (last ? completeSigning : partialSign)(node, params)
}

const markDone: Call = (node, params) => {
  arity(params, 2, 2, 'gatewaysmarkdone completesigningtx coin')
  const { chain } = node
  const [completeTxid, coin] = [looseId(text(params, 0)), text(params, 1)]
  if (!chain.find(completeTxid)) return refused(`invalid completesigning txid ${completeTxid}`)
  const complete = gatewayOpAt(chain, completeTxid)
  if (complete?.op !== 'gateway-complete' || complete.coin !== coin)
    return refused(`cannot decode completesigning tx opret ${completeTxid}`)
  if (!isConfirmed(chain, completeTxid))
    return refused('gatewayscompletesigning tx not yet confirmed/notarized')
  const op = { op: 'gateway-done', withdrawTxid: complete.withdrawTxid, coin, completeTxid } as const
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

const pending =
  (help: string, marksProcessed: boolean): Call =>
  (node, params) => {
    const { binding, bindTxid, coin, pubkey, queueflag } = listOf(node, params, help)
    if (!isBinding(binding)) return binding
    const { chain } = node
    const mine = withdrawalsAt(chain, ['gateway-withdraw', 'gateway-partial']).filter(
      ({ op }) => op.bindTxid === bindTxid && op.coin === coin,
    )
    const items = mine.map(({ txid, op, lastTxid, signatures, hex }) => ({
      withdrawtxid: txid,
      withdrawtxidaddr: tx.markerAddress(txid, binding.versions),
      withdrawaddr: tx.pubkeyAddress(op.withdrawPubkey, binding.versions),
      amount: tx.coinsText(op.amount),
      confirmed_or_notarized: isConfirmed(chain, txid),
      depositaddr: queueflag ? binding.depositAddress : undefined,
      signeraddr: queueflag ? tx.pubkeyAddress(pubkey, binding.versions) : undefined,
      number_of_signs: binding.op.n > 1 ? signatures : undefined,
      last_txid: binding.op.n > 1 || marksProcessed ? lastTxid : undefined,
      hex: binding.op.n > 1 && signatures > 0 ? hex : undefined,
      processed: marksProcessed ? false : undefined,
    }))
    return { coin, pending: items, queueflag }
  }

/** As in real nodes, the finished items of all gateways of the same coin are listed, not only those of this one. */
const finished =
  (help: string, names: { readonly list: 'processed' | 'signed'; readonly txid: string }): Call =>
  (node, params) => {
    const { binding, bindTxid, coin, queueflag } = listOf(node, params, help)
    if (!isBinding(binding)) return binding
    const { chain } = node
    const items = withdrawalsAt(chain, ['gateway-complete'])
      .filter(({ op }) => op.coin === coin && (node.family !== 'B' || op.bindTxid === bindTxid))
      .map(({ txid, op, lastTxid, hex }) => ({
        [names.txid]: lastTxid,
        withdrawtxid: txid,
        withdrawtxidaddr: tx.markerAddress(txid, binding.versions),
        withdrawaddr: tx.pubkeyAddress(op.withdrawPubkey, binding.versions),
        confirmed_or_notarized: isConfirmed(chain, lastTxid),
        amount: tx.coinsText(op.amount),
        hex,
      }))
    return { coin, [names.list]: items, queueflag }
  }

export const SIGNING_CALLS_A: Readonly<Record<string, Call>> = {
  gatewayspendingwithdraws: pending('gatewayspendingwithdraws bindtxid coin', false),
  gatewayspartialsign: partialSign,
  gatewayscompletesigning: completeSigning,
  gatewaysprocessed: finished('gatewaysprocessed bindtxid coin', {
    list: 'processed',
    txid: 'completesigningtxid',
  }),
  gatewaysmarkdone: markDone,
}

export const SIGNING_CALLS_B: Readonly<Record<string, Call>> = {
  gatewayspendingsignwithdraws: pending('gatewayspendingsignwithdraws bindtxid coin', true),
  gatewayswithdrawsign: withdrawSign,
  gatewayssignedwithdraws: finished('gatewayssignedwithdraws bindtxid coin', {
    list: 'signed',
    txid: 'withdrawsigntxid',
  }),
  gatewaysmarkdone: markDone,
}
