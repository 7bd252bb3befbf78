/**
 * Import transactions: their first input is no output of the chain but a burn transaction that they carry, and what
 * that burns on paper is issued. The Pegs module makes coins so.
 */
import * as tx from '../../tx/index.js'
import type { Transaction } from '../../tx/index.js'
import type { Chain, Coin } from './chain.js'

/** What is issued: null if the burn does not stand for exactly these outputs, or was used already. */
function issuedCoin(chain: Chain, transaction: Transaction): Coin | undefined {
  const [input] = transaction.inputs
  const op = tx.opOf(transaction)
  if (op?.op !== 'pegs-get' || input?.script !== tx.IMPORT_SCRIPT) return undefined
  if (tx.txidOf(op.burnHex) !== input.txid || chain.spender(input.txid, tx.IMPORT_VOUT)) return undefined
  if (tx.payoutsHashOf(transaction.outputs.slice(0, -1)) !== op.payoutsHash) return undefined
  return { txid: input.txid, vout: input.vout, value: op.amount, script: '', coinbase: false, height: -1 }
}

export const isIssue = ({ inputs }: Transaction, index: number): boolean =>
  index === 0 && inputs[0]?.vout === tx.IMPORT_VOUT

/** What an input spends: an output of the chain or the mempool, or what the transaction issues itself. */
export function spentBy(chain: Chain, transaction: Transaction, index: number): Coin | undefined {
  const input = transaction.inputs[index]
  if (!input) return undefined
  return isIssue(transaction, index)
    ? issuedCoin(chain, transaction)
    : chain.available(input.txid, input.vout)
}
