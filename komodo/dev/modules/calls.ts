/** What all calls of contract modules share. */
import { rememberedOf } from '../../../base/index.js'
import * as tx from '../../tx/index.js'
import type { NodeJson } from '../../tx/index.js'
import type { Chain } from '../chain/chain.js'
import type { Draft } from '../build.js'
import { finalize } from '../build.js'
import { batonKey, moduleAddress, tokenAddress } from '../keys.js'
import type { ModuleKeys } from '../keys.js'
import type { DevNode } from '../node.js'
import { RpcError, usage } from '../rpc/errors.js'
import type { Params } from '../rpc/params.js'

export type Call = (node: DevNode, params: Params) => NodeJson

/** Confirmations that the modules ask for. */
const ENOUGH = 2

export function refused(error: string): NodeJson {
  return { result: 'error', error }
}

/** The key of -pubkey; its private half is null if the wallet lacks it. Throws -1 if there is none. */
export function selfOf(node: DevNode) {
  const { pubkey } = node
  if (pubkey === null)
    throw usage(
      'to use CC contracts, you need to launch daemon with valid -pubkey= for an address in your wallet',
    )
  const privateKey = node.wallet.keys.get(pubkey) ?? null
  return { pubkey, privateKey, batonAddress: privateKey && batonAddressOf(privateKey) }
}

const batonAddressOf = rememberedOf((privateKey: Uint8Array) =>
  moduleAddress(tx.EVAL.oracles, tx.publicKeyOf(batonKey(privateKey))),
)

/** Success with the transaction's hex; nothing is sent. */
export function built(node: DevNode, draft: Draft): NodeJson {
  const hex = finalize(node.chain, node.wallet, draft)
  node.known.add(tx.txidOf(hex))
  return draft.op.op.startsWith('token-create') ? { result: 'success', hex } : { hex, result: 'success' }
}

export function arity(params: Params, least: number, most: number, text: string): void {
  if (params.length < least || params.length > most) throw usage(text)
}

export function isConfirmed(chain: Chain, txid: string): boolean {
  return chain.confirmations(txid) >= ENOUGH
}

function sum(chain: Chain, address: string, kind: 0 | 1): bigint {
  return chain.indexed(address, kind).reduce((total, { value }) => total + value, 0n)
}

/** The reply of `oraclesaddress` and `gatewaysaddress`. */
export function addressReply(node: DevNode, module: ModuleKeys, params: Params): NodeJson {
  const { chain } = node
  const { pubkey } = selfOf(node)
  const given = params[0]
  if (given !== undefined && typeof given !== 'string')
    throw new RpcError(-1, 'JSON value is not a string as expected')
  const { code, name } = module
  const moduleCc = moduleAddress(code, module.pubkey)
  const normal = tx.pubkeyAddress(module.pubkey)
  const own = moduleAddress(code, pubkey)
  const other = given !== undefined && tx.isPublicKey(given.toLowerCase()) ? given.toLowerCase() : null
  const otherCc = other === null ? null : moduleAddress(code, other)
  return {
    result: 'success',
    [`${name}CCAddress`]: moduleCc,
    [`${name}CCBalance`]: sum(chain, moduleCc, 1),
    [`${name}NormalAddress`]: normal,
    [`${name}NormalBalance`]: sum(chain, normal, 0),
    GatewaysPubkey: code === tx.EVAL.gateways ? module.pubkey : undefined,
    [`${name}CCTokensAddress`]: tokenAddress(code, module.pubkey),
    [`PubkeyCCaddress(${name})`]: otherCc ?? undefined,
    [`PubkeyCCbalance(${name})`]: otherCc === null ? undefined : sum(chain, otherCc, 1),
    [`myCCAddress(${name})`]: own,
    [`myCCbalance(${name})`]: sum(chain, own, 1),
    myaddress: tx.pubkeyAddress(pubkey),
    mybalance: sum(chain, tx.pubkeyAddress(pubkey), 0),
  }
}
