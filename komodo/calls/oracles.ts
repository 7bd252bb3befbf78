/** The oracles that a relay publishes at. docs/protocol/komodo.md#oracles */
import type { CallOptions, Rpc } from '../rpc.js'
import { bad, hashOf, listOf, objectOf, printable, satOf, textOf } from '../shape.js'
import { coinsText } from '../tx/index.js'
import type { ContractCalls } from './contract.js'

const NO_ID = '0'.repeat(64)
/** Of publishers in a reply. */
const MAX_ITEMS = 10_000

export type OracleInfo = Awaited<ReturnType<ReturnType<typeof oracleCalls>['oracleInfo']>>
export type Registration = OracleInfo['registered'][number]

export function oracleCalls(rpc: Rpc, { build, read }: ContractCalls) {
  const at = (method: string): string => `${method} at ${rpc.name}`

  return {
    async oracleInfo(oracleTxid: string, given?: CallOptions) {
      const where = at('oraclesinfo')
      const reply = await read('oraclesinfo', [oracleTxid], given)
      const registered = listOf(reply['registered'], `${where}: registered`, MAX_ITEMS).map((item) => {
        const one = objectOf(item, where)
        const baton = hashOf(one['batontxid'], `${where}: batontxid`)
        return {
          publisher: textOf(one['publisher'], `${where}: publisher`).toLowerCase(),
          /** Address of the baton outputs. */
          baton: textOf(one['baton'], `${where}: baton`),
          /** The newest data (or register) transaction as the daemon sees it; null if it sees none. */
          batonTxid: baton === NO_ID ? null : baton,
          /** Satoshis. */
          funds: satOf(one['funds'], `${where}: funds`),
          dataFee: satOf(one['datafee'], `${where}: datafee`),
        }
      })
      const txid = hashOf(reply['txid'], `${where}: txid`)
      if (txid !== oracleTxid) throw bad(where, 'the reply is about another oracle')
      return {
        txid,
        name: printable(textOf(reply['name'], `${where}: name`), 64),
        format: printable(textOf(reply['format'], `${where}: format`), 64),
        registered,
      }
    },
    /** Where the publisher's subscriptions lie. */
    async oracleFundsAddress(pubkey: string, given?: CallOptions): Promise<string> {
      const reply = await read('oraclesaddress', [pubkey], given)
      return textOf(reply['PubkeyCCaddress(Oracles)'], `${at('oraclesaddress')}: PubkeyCCaddress(Oracles)`)
    },
    oracleData: (oracleTxid: string, payload: string, given?: CallOptions) =>
      build('oraclesdata', [oracleTxid, payload], given),
    oracleSubscribe: (oracleTxid: string, publisher: string, sat: bigint, given?: CallOptions) =>
      build('oraclessubscribe', [oracleTxid, publisher, coinsText(sat)], given),
    oracleFund: (oracleTxid: string, given?: CallOptions) => build('oraclesfund', [oracleTxid], given),
    /** The fee goes as whole satoshis: the daemon reads `1.5` as 1 (docs/protocol/komodo.md#oracles). */
    oracleRegister: (oracleTxid: string, dataFee: bigint, given?: CallOptions) =>
      build('oraclesregister', [oracleTxid, dataFee.toString()], given),
  }
}
