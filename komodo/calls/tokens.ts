/** The tokens that gateways stand for. docs/protocol/pegs.md#prices */
import { rpcCodeOf, RPC_CODES, type CallOptions, type Rpc } from '../rpc.js'
import { bad, hashOf, integerOf, listOf, printable, textOf } from '../shape.js'
import { coinsText } from '../tx/index.js'
import type { ContractCalls } from './contract.js'

/** Of tokens in a reply. */
const MAX_ITEMS = 10_000

export function tokenCalls(rpc: Rpc, { build, read }: ContractCalls) {
  const at = (method: string): string => `${method} at ${rpc.name}`

  return {
    tokenCreate: (name: string, supply: bigint, description: string, given?: CallOptions) =>
      build('tokencreate', [name, coinsText(supply), description], given),
    async tokenInfo(tokenId: string, given?: CallOptions) {
      const where = at('tokeninfo')
      const reply = await read('tokeninfo', [tokenId], given)
      const found = hashOf(reply['tokenid'], `${where}: tokenid`)
      if (found !== tokenId) throw bad(where, 'the reply is about another token')
      return {
        tokenId,
        owner: textOf(reply['owner'], `${where}: owner`).toLowerCase(),
        name: printable(textOf(reply['name'], `${where}: name`), 64),
        /** Satoshis. */
        supply: BigInt(integerOf(reply['supply'], `${where}: supply`)),
        description: printable(textOf(reply['description'], `${where}: description`), 4096),
      }
    },
    /** Satoshis that blocks have given a key. */
    async tokenBalance(tokenId: string, pubkey: string, given?: CallOptions): Promise<bigint> {
      const reply = await read('tokenbalance', [tokenId, pubkey], given)
      return BigInt(integerOf(reply['balance'], `${at('tokenbalance')}: balance`))
    },
    /** Ids; in blocks only. */
    async tokenList(given?: CallOptions): Promise<readonly string[]> {
      const where = at('tokenlist')
      return listOf(await rpc.call('tokenlist', [], given), where, MAX_ITEMS).map((id) => hashOf(id, where))
    },
    async setMining(on: boolean, given?: CallOptions): Promise<void> {
      await rpc.call('setgenerate', on ? [true, 1] : [false], given)
    },
    async isMining(given?: CallOptions): Promise<boolean> {
      return (await rpc.call('getgenerate', [], given)) === true
    },
    /** A proof that a transaction stands in a block; null while it does not. */
    async proofOf(txid: string, block: string, given?: CallOptions): Promise<string | null> {
      try {
        return textOf(await rpc.call('gettxoutproof', [[txid], block], given), at('gettxoutproof'))
      } catch (error) {
        if (rpcCodeOf(error) === RPC_CODES.address) return null
        throw error
      }
    },
  }
}
