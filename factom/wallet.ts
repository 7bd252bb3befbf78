/** factom-walletd: where people who come from the Go miner keep their keys. Its API is JSON-RPC like factomd's. */
import { isCoded } from '../base/index.js'
import { ecKey, type EcKey } from './address.js'
import { fail } from './errors.js'
import { readerOf } from './reply.js'
import { createRpc, rpcCodeOf, type RpcOptions } from './rpc.js'

export type WalletOptions = Pick<RpcOptions, 'url' | 'login' | 'ca' | 'timeoutMs'>

/**
 * The key of an entry-credit address, as the reference miner gets it: asked for once (`address`), used here. Throws
 * `E_FACTOM_WALLET` if the wallet has no such key or gives another one, `E_FACTOM_…` if it cannot be asked.
 */
export async function walletKey(
  options: WalletOptions,
  address: string,
  signal?: AbortSignal,
): Promise<EcKey> {
  const rpc = createRpc(options)
  try {
    const reply = readerOf(await rpc.call('address', { address }, signal), 'address')
    const key = ecKey(reply.text('secret', 100))
    if (key.address === address) return key
  } catch (error) {
    const known = isCoded(error) && (rpcCodeOf(error) !== null || OF_THE_REPLY.has(error.code))
    if (!known) throw error
    throw fail('E_FACTOM_WALLET', `the wallet at ${rpc.url} has no key for ${address}: ${error.message}`)
  } finally {
    rpc.close()
  }
  throw fail('E_FACTOM_WALLET', `the wallet at ${rpc.url} gives the key of another address than ${address}`)
}

const OF_THE_REPLY: ReadonlySet<string> = new Set(['E_FACTOM_ADDRESS', 'E_FACTOM_SHAPE'])
