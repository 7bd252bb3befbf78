/**
 * The calls that a relay, a gateway signer, and the creator and users of a peg need, typed and checked. One client per
 * daemon; asset chain and reference chain speak the same language. docs/protocol/komodo.md#contract-calls
 */
import { isCoded } from '../base/index.js'
import { chainCalls } from './calls/chain.js'
import { contractCalls } from './calls/contract.js'
import { depositCalls } from './calls/deposits.js'
import { gatewayCalls } from './calls/gateways.js'
import { oracleCalls } from './calls/oracles.js'
import { pegsCalls } from './calls/pegs.js'
import { tokenCalls } from './calls/tokens.js'
import { walletCalls } from './calls/wallet.js'
import { createRpc, type Rpc, type RpcOptions } from './rpc.js'

export type KomodoClient = ReturnType<typeof createKomodoClient>

export function createKomodoClient(options: RpcOptions | { readonly rpc: Rpc }) {
  const rpc = 'rpc' in options ? options.rpc : createRpc(options)
  const contract = contractCalls(rpc)
  return {
    name: rpc.name,
    rpc,
    close: () => rpc.close(),
    ...chainCalls(rpc),
    ...walletCalls(rpc),
    ...oracleCalls(rpc, contract),
    ...gatewayCalls(rpc, contract),
    ...tokenCalls(rpc, contract),
    ...depositCalls(rpc, contract),
    ...pegsCalls(rpc, contract),
  }
}

/** True if the daemon was away, busy or stuck rather than refused the call: the caller may try again later. */
export function isAway(error: unknown): boolean {
  return (
    isCoded(error) &&
    [
      'E_KOMODO_UNREACHABLE',
      'E_KOMODO_TIMEOUT',
      'E_KOMODO_HUNG',
      'E_KOMODO_WARMUP',
      'E_KOMODO_BUSY',
    ].includes(error.code)
  )
}
