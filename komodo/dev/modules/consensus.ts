/**
 * The checks of the contract modules before a node takes a transaction: those that can refuse a transaction that a node
 * has built for its user. As in real nodes the reason stays in the node's own log (docs/protocol/komodo.md#sending).
 */
import type { Transaction } from '../../tx/index.js'
import * as tx from '../../tx/index.js'
import { FEE } from '../build.js'
import type { Chain } from '../chain/chain.js'
import { GATEWAYS, PEGS, moduleAddress, tokenAddress } from '../keys.js'
import { isConfirmed } from './calls.js'
import { bindingAt, gatewayOpAt, markersAddress, withdrawalOf } from './gateway-state.js'
import { dataIsBalanced } from './oracle-state.js'
import { depositAddressOf } from './pegs-state.js'
import { tokenIdOf } from './tokens.js'

export function isLawful(chain: Chain, transaction: Transaction): boolean {
  const op = tx.opOf(transaction)
  switch (op?.op) {
    case 'oracle-data':
      return dataIsBalanced(chain, transaction)
    case 'token-transfer':
      return tokensAreKept(chain, transaction, op)
    case 'gateway-partial':
    case 'gateway-complete':
    case 'gateway-sign':
    case 'gateway-done':
      return stepIsLawful(chain, transaction, op)
    default:
      return true
  }
}

/** As many tokens of the kind that it names come out as go in; those of another kind do not count. */
function tokensAreKept(
  chain: Chain,
  { inputs, outputs }: Transaction,
  { tokenId, owners }: tx.OpOf<'token-transfer'>,
): boolean {
  const addressOf = (script: string): string | null => chain.addressOf(script)
  const spent = inputs.flatMap(({ txid, vout, script }) =>
    tokenIdOf(chain, txid) === tokenId && releasesTokens(script) ? (chain.output(txid, vout) ?? []) : [],
  )
  const keys = owners.filter((owner) => owner !== '')
  const holders = new Set([
    tokenAddress(GATEWAYS.code, GATEWAYS.pubkey),
    tokenAddress(PEGS.code, PEGS.pubkey),
    ...keys.map((owner) => moduleAddress(tx.EVAL.tokens, owner)),
    ...keys.map((owner) => depositAddressOf(owner)),
    ...spent.map(({ script }) => addressOf(script)),
  ])
  const made = outputs.filter(({ script }) => holders.has(addressOf(script)))
  const sum = (each: readonly { readonly value: bigint }[]): bigint =>
    each.reduce((total, { value }) => total + value, 0n)
  return sum(spent) === sum(made)
}

/** Whether an input's fulfilment is one that the tokens module takes part in. */
function releasesTokens(script: string): boolean {
  const tree = tx.readFulfilment(script)
  return (
    tree?.type === 'threshold' &&
    tree.parts.some((part) => part.type === 'eval' && part.code === tx.EVAL.tokens)
  )
}

/**
 * A step of a withdrawal spends a marker of the module, names the withdrawal's coin,
 * and has the signatures: at most as many as the gateway needs, or at least, when it is complete.
 */
function stepIsLawful(
  chain: Chain,
  { inputs }: Transaction,
  op: tx.OpOf<'gateway-partial' | 'gateway-complete' | 'gateway-sign' | 'gateway-done'>,
): boolean {
  const before = op.op === 'gateway-done' ? gatewayOpAt(chain, op.completeTxid) : op
  if (before === null || !('signatures' in before)) return false
  if (op.op === 'gateway-done' && !isConfirmed(chain, op.completeTxid)) return false
  const withdrawal = withdrawalOf(chain, op.withdrawTxid)
  if (withdrawal?.txid !== op.withdrawTxid || withdrawal.op.coin !== op.coin) return false
  const binding = bindingAt(chain, withdrawal.op.bindTxid)
  if (typeof binding === 'string' || !isConfirmed(chain, op.withdrawTxid)) return false
  const marked = inputs.some(({ txid, vout }) => {
    const output = chain.output(txid, vout)
    return output?.value === FEE && chain.addressOf(output.script) === markersAddress()
  })
  const { m } = binding.op
  if (op.op === 'gateway-sign') return marked
  return marked && (op.op === 'gateway-partial' ? before.signatures <= m : before.signatures >= m)
}
