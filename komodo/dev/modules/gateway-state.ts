/** What the chain says about gateways: bindings, deposits, withdrawals and their progress. */
import * as tx from '../../tx/index.js'
import type { AddressVersions, GatewayOp, OpOf } from '../../tx/index.js'
import type { Chain, Coin } from '../chain/chain.js'
import { GATEWAYS, moduleAddress } from '../keys.js'
import { opAt } from './oracle-state.js'

export interface Binding {
  readonly txid: string
  readonly tokenId: string
  readonly op: OpOf<'gateway-bind'>
  readonly versions: AddressVersions
  readonly depositAddress: string
}

/** The gateway op of a transaction, wrapped in a token call or not. */
export function gatewayOpAt(chain: Chain, txid: string): GatewayOp | null {
  const op = opAt(chain, txid)
  const inner = op?.op === 'token-transfer' ? op.blobs.find(({ id }) => id === tx.GATEWAY_BLOB)?.op : op
  return inner && tx.isGatewayOp(inner) ? inner : null
}

export function bindingAt(chain: Chain, txid: string): Binding | 'unknown' | 'other' {
  if (!chain.find(txid)) return 'unknown'
  const outer = opAt(chain, txid)
  const op = gatewayOpAt(chain, txid)
  if (op?.op !== 'gateway-bind' || outer?.op !== 'token-transfer') return 'other'
  const versions = { pubkey: op.prefix, script: op.prefix2, wif: op.wiftype, taddr: op.taddr }
  const depositAddress = tx.depositAddress(op.m, op.pubkeys, versions)
  return { txid, tokenId: outer.tokenId, op, versions, depositAddress }
}

/** Address where the module's markers lie. */
export const markersAddress = () => moduleAddress(GATEWAYS.code, GATEWAYS.pubkey)

/** Confirmed markers that nothing spends, in a block or waiting: what is still to be done. */
export function liveMarkers(chain: Chain): Coin[] {
  return chain
    .indexed(markersAddress(), 1)
    .filter(({ txid, vout }) => vout === 0 && !chain.poolSpender(txid, vout))
}

export interface Withdrawal {
  /** The transaction that asked for it. */
  readonly txid: string
  readonly op: OpOf<'gateway-withdraw'>
  /** The latest transaction that takes it further; the asking one at first. */
  readonly lastTxid: string
  readonly signatures: number
  /** What has been signed so far, hex. */
  readonly hex: string
  /** Who has signed; only known in family B. */
  readonly signers: readonly string[]
}

export function withdrawalOf(chain: Chain, txid: string): Withdrawal | null {
  const op = gatewayOpAt(chain, txid)
  if (op?.op === 'gateway-withdraw') return { txid, op, lastTxid: txid, signatures: 0, hex: '', signers: [] }
  if (op?.op !== 'gateway-partial' && op?.op !== 'gateway-complete' && op?.op !== 'gateway-sign') return null
  const asked = gatewayOpAt(chain, op.withdrawTxid)
  if (asked?.op !== 'gateway-withdraw') return null
  return {
    txid: op.withdrawTxid,
    op: asked,
    lastTxid: txid,
    signatures: op.signatures,
    hex: op.hex,
    signers: op.op === 'gateway-sign' ? op.signers : [],
  }
}

/** Withdrawals whose latest live step is of one of these kinds. */
export function withdrawalsAt(chain: Chain, kinds: readonly GatewayOp['op'][]): Withdrawal[] {
  return liveMarkers(chain).flatMap(({ txid }) => {
    const op = gatewayOpAt(chain, txid)
    return op && kinds.includes(op.op) ? (withdrawalOf(chain, txid) ?? []) : []
  })
}
