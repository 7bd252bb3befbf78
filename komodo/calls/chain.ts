/** What a daemon says of its chain and takes into it. */
import { readRawHeader, type RawHeader } from '../header.js'
import type { Outpoint } from '../built.js'
import { RPC_CODES, rpcCodeOf, type CallOptions, type Rpc } from '../rpc.js'
import { bad, hashOf, hexOf, integerOf, listOf, objectOf, printable, satOf } from '../shape.js'
import { txidOf } from '../tx/index.js'

export type ChainInfo = Awaited<ReturnType<ReturnType<typeof chainCalls>['chainInfo']>>
export type NodeInfo = Awaited<ReturnType<ReturnType<typeof chainCalls>['nodeInfo']>>
export type KnownTransaction = NonNullable<Awaited<ReturnType<ReturnType<typeof chainCalls>['transaction']>>>

export function chainCalls(rpc: Rpc) {
  const at = (method: string): string => `${method} at ${rpc.name}`

  return {
    /** Also tells the watch over the daemon's health which height it saw. */
    async chainInfo(given?: CallOptions) {
      const where = at('getblockchaininfo')
      const reply = objectOf(await rpc.call('getblockchaininfo', [], given), where)
      const blocks = integerOf(reply['blocks'], `${where}: blocks`)
      rpc.sawHeight(blocks)
      return {
        blocks,
        headers: Number.isSafeInteger(reply['headers']) ? (reply['headers'] as number) : blocks,
        bestBlock: hashOf(reply['bestblockhash'], `${where}: bestblockhash`),
      }
    },
    async nodeInfo(given?: CallOptions) {
      const where = at('getinfo')
      const reply = objectOf(await rpc.call('getinfo', [], given), where)
      const { pubkey } = reply
      return {
        name: typeof reply['name'] === 'string' ? printable(reply['name'], 80) : '',
        /** The node's `-pubkey`; null if none is set. */
        pubkey:
          typeof pubkey === 'string' && /^0[23][0-9a-f]{64}$/i.test(pubkey) ? pubkey.toLowerCase() : null,
        blocks: integerOf(reply['blocks'], `${where}: blocks`),
        connections: Number.isSafeInteger(reply['connections']) ? (reply['connections'] as number) : 0,
        /** Satoshis in the wallet. */
        balance: reply['balance'] === undefined ? 0n : satOf(reply['balance'], `${where}: balance`),
        /** UNIX seconds of the last block; null if the daemon does not say. */
        tipTime: Number.isSafeInteger(reply['tiptime']) ? (reply['tiptime'] as number) : null,
      }
    },
    async blockHash(height: number, given?: CallOptions): Promise<string> {
      return hashOf(await rpc.call('getblockhash', [height], given), at('getblockhash'))
    },
    /** The bytes of a header, which hash to its name, and what they say. Throws `E_KOMODO_HEADER` if they do not. */
    async header(hash: string, given?: CallOptions): Promise<RawHeader> {
      const where = at('getblockheader')
      const hex = hexOf(await rpc.call('getblockheader', [hash, false], given), where)
      return readRawHeader(hex, hash)
    },
    async mempool(given?: CallOptions): Promise<readonly string[]> {
      const where = at('getrawmempool')
      return listOf(await rpc.call('getrawmempool', [], given), where).map((txid) => hashOf(txid, where))
    },
    /** Null if the node knows no such transaction. */
    async transaction(txid: string, given?: CallOptions) {
      const where = at('getrawtransaction')
      try {
        const reply = objectOf(await rpc.call('getrawtransaction', [txid, 1], given), where)
        const raw = reply['rawconfirmations'] ?? reply['confirmations'] ?? 0
        const height = Number.isSafeInteger(reply['height']) ? (reply['height'] as number) : null
        const confirmations = integerOf(raw, `${where}: confirmations`)
        const inBlock = typeof reply['blockhash'] === 'string'
        const hex = hexOf(reply['hex'], `${where}: hex`)
        if (txidOf(hex) !== txid) throw bad(where, `the bytes are not those of ${txid}`)
        return {
          hex,
          /** 0 in the mempool. */
          confirmations: Math.max(0, confirmations),
          /** Null in the mempool, and for one that only a dead block holds. */
          height: height !== null && height > 0 && confirmations > 0 ? height : null,
          /** True if it stands in a block that is no longer in the chain. */
          orphaned: inBlock && confirmations <= 0,
        }
      } catch (error) {
        if (rpcCodeOf(error) === RPC_CODES.address) return null
        throw error
      }
    },
    /** Outputs of contract addresses need `contract`. */
    async utxos(address: string, contract: boolean, given?: CallOptions) {
      const where = at('getaddressutxos')
      const params = [{ addresses: [address] }, ...(contract ? [1] : [])]
      return listOf(await rpc.call('getaddressutxos', params, given), where).map((item) => {
        const utxo = objectOf(item, where)
        return {
          txid: hashOf(utxo['txid'], `${where}: txid`),
          vout: integerOf(utxo['outputIndex'], `${where}: outputIndex`),
          sat: BigInt(integerOf(utxo['satoshis'], `${where}: satoshis`)),
          /** 0 for an output that a disconnected block gave back (docs/protocol/komodo.md#batons). */
          height: integerOf(utxo['height'], `${where}: height`),
        }
      })
    },
    /** Whether an output stands unspent in the chain; with `mempool` what waits there counts too. */
    async isUnspent({ txid, vout }: Outpoint, given?: CallOptions & { mempool?: boolean }): Promise<boolean> {
      const reply = await rpc.call('gettxout', [txid, vout, given?.mempool ?? false], given)
      if (reply === null) return false
      objectOf(reply, at('gettxout'))
      return true
    },
    /** The id as the daemon says it. See `reasons.ts` for what goes wrong. */
    async send(hex: string, given?: CallOptions): Promise<string> {
      return hashOf(await rpc.call('sendrawtransaction', [hex], given), at('sendrawtransaction'))
    },
  }
}
