/** The gateways whose withdrawals are signed. docs/protocol/komodo.md#contract-calls */
import type { CallOptions, Rpc } from '../rpc.js'
import { bad, hashOf, integerOf, listOf, objectOf, satOf, textOf, type Json } from '../shape.js'
import type { ContractCalls } from './contract.js'

/** Of withdrawals in a reply. */
const MAX_ITEMS = 10_000

export type GatewayInfo = Awaited<ReturnType<ReturnType<typeof gatewayCalls>['gatewayInfo']>>
/** One member of the lists of withdrawals to sign. */
export type PendingWithdrawal = ReturnType<typeof pendingOf>
/** One member of the lists of completely signed withdrawals. */
export type SignedWithdrawal = ReturnType<typeof signedOf>

export function gatewayCalls(rpc: Rpc, { build, read }: ContractCalls) {
  const at = (method: string): string => `${method} at ${rpc.name}`

  /** `signer`: the node's key is one of the gateway's. */
  async function withdrawals<T>(
    method: string,
    key: string,
    [bind, coin, given]: readonly [string, string, CallOptions | undefined],
    itemOf: (item: Json, where: string) => T,
  ) {
    const where = at(method)
    const reply = await read(method, [bind, coin], given)
    if (reply['coin'] !== coin) throw bad(where, `the list is not one of ${coin}`)
    const items = listOf(reply[key], where, MAX_ITEMS).map((item) => itemOf(objectOf(item, where), where))
    return { signer: reply['queueflag'] === 1 || reply['queueflag'] === true, items }
  }

  return {
    /** All of the chain, as ids of their bindings. */
    async gatewayList(given?: CallOptions): Promise<readonly string[]> {
      const where = at('gatewayslist')
      return listOf(await rpc.call('gatewayslist', [], given), where, MAX_ITEMS).map((txid) =>
        hashOf(txid, where),
      )
    },
    async gatewayInfo(bindTxid: string, given?: CallOptions) {
      const where = at('gatewaysinfo')
      const reply = await read('gatewaysinfo', [bindTxid], given)
      const number = (key: string): number => integerOf(reply[key], `${where}: ${key}`)
      const pubkeys = listOf(reply['pubkeys'], `${where}: pubkeys`, 15).map((key) =>
        textOf(key, `${where}: pubkeys`).toLowerCase(),
      )
      return {
        m: number('M'),
        n: number('N'),
        pubkeys,
        coin: textOf(reply['coin'], `${where}: coin`),
        oracleTxid: hashOf(reply['oracletxid'], `${where}: oracletxid`),
        deposit: textOf(reply['deposit'] ?? reply['depositaddr'], `${where}: deposit`),
        tokenId: hashOf(reply['tokenid'], `${where}: tokenid`),
        /** Tokens that blocks have left to it, satoshis; null if the daemon does not say. */
        remaining: reply['remaining'] === undefined ? null : satOf(reply['remaining'], `${where}: remaining`),
        /** Version bytes of the reference coin's addresses. */
        versions: {
          pubkey: number('prefix'),
          script: number('prefix2'),
          wif: number('wiftype'),
          taddr: number('taddr'),
        },
      }
    },
    pendingWithdrawals: (family: 'A' | 'B', bind: string, coin: string, given?: CallOptions) =>
      withdrawals(
        family === 'A' ? 'gatewayspendingwithdraws' : 'gatewayspendingsignwithdraws',
        'pending',
        [bind, coin, given],
        pendingOf,
      ),
    signedWithdrawals: (family: 'A' | 'B', bind: string, coin: string, given?: CallOptions) =>
      withdrawals(
        family === 'A' ? 'gatewaysprocessed' : 'gatewayssignedwithdraws',
        family === 'A' ? 'processed' : 'signed',
        [bind, coin, given],
        signedOf,
      ),
    partialSign: (lastTxid: string, coin: string, hex: string, given?: CallOptions) =>
      build('gatewayspartialsign', [lastTxid, coin, hex], given),
    completeSigning: (lastTxid: string, coin: string, hex: string, given?: CallOptions) =>
      build('gatewayscompletesigning', [lastTxid, coin, hex], given),
    withdrawSign: (lastTxid: string, coin: string, hex: string, given?: CallOptions) =>
      build('gatewayswithdrawsign', [lastTxid, coin, hex], given),
    markDone: (completeTxid: string, coin: string, given?: CallOptions) =>
      build('gatewaysmarkdone', [completeTxid, coin], given),
  }
}

function pendingOf(item: Json, where: string) {
  const withdrawTxid = hashOf(item['withdrawtxid'], `${where}: withdrawtxid`)
  const { hex, number_of_signs: signs } = item
  return {
    withdrawTxid,
    markerAddress: textOf(item['withdrawtxidaddr'], `${where}: withdrawtxidaddr`),
    payAddress: textOf(item['withdrawaddr'], `${where}: withdrawaddr`),
    amount: satOf(item['amount'], `${where}: amount`),
    confirmed: item['confirmed_or_notarized'] === true,
    /** Where the next signature refers to: the withdrawal itself or the last partial transaction. */
    lastTxid:
      item['last_txid'] === undefined ? withdrawTxid : hashOf(item['last_txid'], `${where}: last_txid`),
    signs: Number.isSafeInteger(signs) ? (signs as number) : 0,
    /** What the co-signers before us made of it. */
    hex: typeof hex === 'string' && hex !== '' ? hex : null,
    /** Family B: this node has signed already, or there are enough signatures. */
    done: item['processed'] === true,
  }
}

function signedOf(item: Json, where: string) {
  const complete = item['completesigningtxid'] ?? item['withdrawsigntxid']
  return {
    completeTxid: hashOf(complete, `${where}: completesigningtxid`),
    withdrawTxid: hashOf(item['withdrawtxid'], `${where}: withdrawtxid`),
    markerAddress: textOf(item['withdrawtxidaddr'], `${where}: withdrawtxidaddr`),
    payAddress: textOf(item['withdrawaddr'], `${where}: withdrawaddr`),
    confirmed: item['confirmed_or_notarized'] === true,
    hex: typeof item['hex'] === 'string' ? item['hex'] : '',
  }
}
