/** What a daemon's wallet has, watches and signs. */
import type { CallOptions, Rpc } from '../rpc.js'
import { coinsNumber, flagOf, hashOf, hexOf, integerOf, listOf, objectOf, satOf, textOf } from '../shape.js'

export type WalletUtxo = Awaited<ReturnType<ReturnType<typeof walletCalls>['unspent']>>[number]

export function walletCalls(rpc: Rpc) {
  const at = (method: string): string => `${method} at ${rpc.name}`

  return {
    /** The wallet's outputs with at least `least` confirmations, of these addresses or of all. */
    async unspent(least: number, addresses?: readonly string[], given?: CallOptions) {
      const where = at('listunspent')
      const params = addresses === undefined ? [least, 99_999_999] : [least, 99_999_999, addresses]
      return listOf(await rpc.call('listunspent', params, given), where).map((item) => {
        const utxo = objectOf(item, where)
        return {
          txid: hashOf(utxo['txid'], `${where}: txid`),
          vout: integerOf(utxo['vout'], `${where}: vout`),
          sat: satOf(utxo['amount'], `${where}: amount`),
          address: typeof utxo['address'] === 'string' ? utxo['address'] : '',
          script: hexOf(utxo['scriptPubKey'], `${where}: scriptPubKey`),
          confirmations: integerOf(
            utxo['rawconfirmations'] ?? utxo['confirmations'],
            `${where}: confirmations`,
          ),
          spendable: utxo['spendable'] === true,
          /** What a block made. */
          coinbase: utxo['generated'] === true,
        }
      })
    },
    async address(address: string, given?: CallOptions) {
      const reply = objectOf(await rpc.call('validateaddress', [address], given), at('validateaddress'))
      return {
        valid: flagOf(reply['isvalid'], at('validateaddress')),
        mine: reply['ismine'] === true,
        watched: reply['iswatchonly'] === true,
        /** Of an address of several keys: whether the wallet has the script that signing needs. */
        redeemScript: typeof reply['hex'] === 'string' && reply['hex'] !== '',
      }
    },
    async watch(address: string, label: string, given?: CallOptions): Promise<void> {
      await rpc.call('importaddress', [address, label, false], given)
    },
    async watchMultisig(m: number, pubkeys: readonly string[], given?: CallOptions): Promise<string> {
      return textOf(await rpc.call('addmultisigaddress', [m, pubkeys], given), at('addmultisigaddress'))
    },
    /** `expiry` 0: the node's own. Outputs come in the order given. */
    async createRaw(
      inputs: readonly { readonly txid: string; readonly vout: number }[],
      outputs: readonly (readonly [address: string, sat: bigint])[],
      expiry: number,
      given?: CallOptions,
    ): Promise<string> {
      const amounts = Object.fromEntries(outputs.map(([address, sat]) => [address, coinsNumber(sat)]))
      const plain = inputs.map(({ txid, vout }) => ({ txid, vout }))
      const params = expiry === 0 ? [plain, amounts] : [plain, amounts, 0, expiry]
      return hexOf(await rpc.call('createrawtransaction', params, given), at('createrawtransaction'))
    },
    async signRaw(hex: string, given?: CallOptions) {
      const where = at('signrawtransaction')
      const reply = objectOf(await rpc.call('signrawtransaction', [hex], given), where)
      return { hex: hexOf(reply['hex'], `${where}: hex`), complete: reply['complete'] === true }
    },
  }
}
