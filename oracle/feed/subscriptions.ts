/** The outputs that pay for headers of an oracle. docs/protocol/komodo.md#subscriptions */
import {
  decodeTransaction,
  opOf,
  type CallOptions,
  type KomodoClient,
  type Outpoint,
  type Registration,
} from '../../komodo/index.js'
import { LEAST_SAT, type OracleUtxo } from './funds.js'

/** Transactions whose origin is remembered. */
const MOST_ORIGINS = 5_000

export function createSubscriptions(asset: KomodoClient, oracleTxid: string) {
  let address: string | null = null
  const origins = new Map<string, boolean>()

  /** The address holds the subscriptions of every oracle that the key publishes for, and what `oraclesfund` made. */
  async function isOurs({ txid }: Outpoint, options: CallOptions): Promise<boolean> {
    const known = origins.get(txid)
    if (known !== undefined) return known
    const found = await asset.transaction(txid, options)
    if (found === null) return false
    const ours = isSubscription(found.hex, oracleTxid)
    origins.set(txid, ours)
    return ours
  }

  return {
    async list({ publisher }: Registration, options: CallOptions): Promise<OracleUtxo[]> {
      address ??= await asset.oracleFundsAddress(publisher, options)
      const mine: OracleUtxo[] = []
      for (const utxo of await asset.utxos(address, true, options))
        if (utxo.sat >= LEAST_SAT && (await isOurs(utxo, options))) mine.push(utxo)
      if (origins.size > MOST_ORIGINS) origins.clear()
      return mine
    },
    /** One that was just sent need not be asked for. */
    learn(txid: string, hex: string): void {
      origins.set(txid, isSubscription(hex, oracleTxid))
    },
  }
}

/** Whether the daemon takes outputs of this transaction for headers of the oracle. */
function isSubscription(hex: string, oracleTxid: string): boolean {
  const op = opOf(decodeTransaction(hex))
  return (op?.op === 'oracle-subscribe' || op?.op === 'oracle-data') && op.oracleTxid === oracleTxid
}
