/** What binds a gateway, and what moves coins through it. docs/protocol/komodo.md#gateways */
import type { CallOptions, Rpc } from '../rpc.js'
import { flagOf, hashOf, listOf, objectOf, satOf, textOf } from '../shape.js'
import { coinsText } from '../tx/index.js'
import type { ContractCalls } from './contract.js'

export interface BindFacts {
  readonly tokenId: string
  readonly oracleTxid: string
  readonly coin: string
  readonly supply: bigint
  readonly m: number
  readonly pubkeys: readonly string[]
}

/** Of deposits in a reply. */
const MAX_ITEMS = 10_000

export function depositCalls(rpc: Rpc, { build, read }: ContractCalls) {
  const at = (method: string): string => `${method} at ${rpc.name}`

  return {
    oracleCreate: (name: string, description: string, format: string, given?: CallOptions) =>
      build('oraclescreate', [name, description, format], given),
    /** `supply` in satoshis: the daemon takes it so. */
    gatewayBind: ({ tokenId, oracleTxid, coin, supply, m, pubkeys }: BindFacts, given?: CallOptions) => {
      const numbers = [supply, m, pubkeys.length].map(String)
      return build(
        'gatewaysbind',
        [tokenId, oracleTxid, coin, ...numbers, ...pubkeys, '60', '85', '188'],
        given,
      )
    },
    gatewayDeposit: (
      facts: {
        bindTxid: string
        height: number
        coin: string
        coinTxid: string
        claimVout: number
        hex: string
        proof: string
        pubkey: string
        sat: bigint
      },
      given?: CallOptions,
    ) => {
      const { bindTxid, height, coin, coinTxid, claimVout, hex, proof, pubkey, sat } = facts
      const where = [bindTxid, String(height), coin, coinTxid, String(claimVout)]
      return build('gatewaysdeposit', [...where, hex, proof, pubkey, coinsText(sat)], given)
    },
    gatewayClaim: (
      facts: { bindTxid: string; coin: string; depositTxid: string; pubkey: string; sat: bigint },
      given?: CallOptions,
    ) => {
      const { bindTxid, coin, depositTxid, pubkey, sat } = facts
      return build('gatewaysclaim', [bindTxid, coin, depositTxid, pubkey, coinsText(sat)], given)
    },
    gatewayWithdraw: (
      facts: { bindTxid: string; coin: string; pubkey: string; sat: bigint },
      given?: CallOptions,
    ) => {
      const { bindTxid, coin, pubkey, sat } = facts
      return build('gatewayswithdraw', [bindTxid, coin, pubkey, coinsText(sat)], given)
    },
    async pendingDeposits(bindTxid: string, coin: string, given?: CallOptions) {
      const where = at('gatewayspendingdeposits')
      const reply = await read('gatewayspendingdeposits', [bindTxid, coin], given)
      return listOf(reply['pending'], where, MAX_ITEMS).map((item) => {
        const one = objectOf(item, where)
        return {
          coinTxid: hashOf(one['cointxid'], `${where}: cointxid`),
          depositTxid: hashOf(one['deposittxid'], `${where}: deposittxid`),
          claimPubkey: textOf(one['claim_pubkey'], `${where}: claim_pubkey`),
          amount: satOf(one['amount'], `${where}: amount`),
          confirmed: flagOf(one['confirmed_or_notarized'], `${where}: confirmed_or_notarized`),
        }
      })
    },
  }
}
