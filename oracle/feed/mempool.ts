/** What the asset chain's unconfirmed transactions spend, and which of them are this publisher's. */
import {
  decodeTransaction,
  type CallOptions,
  type KomodoClient,
  type Outpoint,
  type Transaction,
} from '../../komodo/index.js'
import { readable } from './evidence.js'
import { nameOf } from './payouts.js'

export interface Mempool {
  readonly transactions: ReadonlyMap<string, Transaction>
  readonly hexes: ReadonlyMap<string, string>
  isSpent(outpoint: Outpoint): boolean
  refresh(options?: CallOptions): Promise<void>
  /** Just sent: known before the next refresh. */
  learn(txid: string, hex: string): void
}

/** More are looked at in the next pass; a chain of a relay's size has a few dozen. */
const MOST_NEW = 500

export function createMempool(client: Pick<KomodoClient, 'mempool' | 'transaction'>): Mempool {
  const transactions = new Map<string, Transaction>()
  const hexes = new Map<string, string>()
  let spent = new Set<string>()

  const learn = (txid: string, hex: string): void => {
    const tx = decodeTransaction(hex)
    transactions.set(txid, tx)
    hexes.set(txid, hex)
    for (const input of tx.inputs) spent.add(nameOf(input))
  }
  return {
    transactions,
    hexes,
    isSpent: (outpoint) => spent.has(nameOf(outpoint)),
    learn,
    async refresh(options) {
      const now = new Set(await client.mempool(options))
      for (const txid of transactions.keys())
        if (!now.has(txid)) {
          transactions.delete(txid)
          hexes.delete(txid)
        }
      let looked = 0
      for (const txid of now) {
        if (transactions.has(txid) || looked++ >= MOST_NEW) continue
        const found = await client.transaction(txid, options)
        // The transaction may have been mined or dropped meanwhile.
        if (found === null || found.confirmations > 0) continue
        const tx = readable(found.hex)
        if (tx === null) continue
        transactions.set(txid, tx)
        hexes.set(txid, found.hex)
      }
      spent = new Set([...transactions.values()].flatMap(({ inputs }) => inputs.map(nameOf)))
    },
  }
}

/** Whether a transaction stands in a block that is lost, and does not wait for another one. */
export async function isOrphaned(
  client: Pick<KomodoClient, 'transaction'>,
  mempool: Mempool,
  txid: string,
  options: CallOptions,
): Promise<boolean> {
  if (mempool.transactions.has(txid)) return false
  return (await client.transaction(txid, options))?.orphaned === true
}
