/** Building and signing transactions of contract modules, in the layout that nodes give them. */

import * as tx from '../tx/index.js'
import type { Condition, ModuleOp, Transaction, TxInput, TxOutput } from '../tx/index.js'
import type { Chain, Coin } from './chain/chain.js'
import type { OwnCoin, Wallet } from './wallet.js'

/** Fee of every module transaction, and value of its markers; satoshis. */
export const FEE = 10_000n
/** Blocks that a transaction may wait. */
const EXPIRY_BLOCKS = 200

export interface ModuleInput {
  readonly coin: Coin
  readonly condition: Condition
  readonly privateKey: Uint8Array
}

export interface Draft {
  readonly normals: readonly OwnCoin[]
  readonly modules: readonly ModuleInput[]
  readonly outputs: readonly TxOutput[]
  readonly op: ModuleOp
  /** Key that change goes to. */
  readonly changePubkey: string
}

export function moduleOutput(code: string, pubkey: string, value: bigint): TxOutput {
  return { value, script: tx.conditionScript(tx.moduleCondition(code, pubkey)) }
}

export function tokenOutput(code: string, pubkey: string, value: bigint): TxOutput {
  return { value, script: tx.conditionScript(tx.tokenCondition(code, pubkey)) }
}

export function keyOutput(pubkey: string, value: bigint): TxOutput {
  return { value, script: tx.payToPubkey(pubkey) }
}

/** An empty transaction of the version that the next block takes. */
export function shell(chain: Chain, inputs: readonly TxInput[], outputs: readonly TxOutput[]): Transaction {
  const next = chain.height + 1
  return next >= chain.params.saplingHeight
    ? tx.saplingTransaction(inputs, outputs, { expiryHeight: next + EXPIRY_BLOCKS })
    : tx.plainTransaction(inputs, outputs)
}

/**
 * Hex of the signed transaction: one normal input first, then the modules', further normal ones last; change just
 * before the OP_RETURN, which is the last output.
 */
export function finalize(chain: Chain, wallet: Wallet, draft: Draft): string {
  const [first, ...others] = draft.normals
  const order: (OwnCoin | ModuleInput)[] = [...(first ? [first] : []), ...draft.modules, ...others]
  const coins = order.map((each): Coin => ('coin' in each ? each.coin : each))
  const paid = coins.reduce((sum, { value }) => sum + value, 0n)
  const total = draft.outputs.reduce((sum, { value }) => sum + value, 0n)
  const change = paid >= total + 2n * FEE ? [keyOutput(draft.changePubkey, paid - total - FEE)] : []
  const outputs = [...draft.outputs, ...change, { value: 0n, script: tx.opScript(draft.op) }]
  const inputs = coins.map(({ txid, vout }): TxInput => ({ txid, vout, script: '', sequence: 0xffffffff }))
  const blank = shell(chain, inputs, outputs)
  const scripts = order.map((each, index) => {
    if ('coin' in each)
      return tx.signConditionInput(blank, index, { ...each.coin, condition: each.condition }, each.privateKey)
    return tx.signKeyInput(
      blank,
      index,
      each,
      wallet.keys.get(wallet.ownerOf(each.script) as string) as Uint8Array,
    )
  })
  return tx.encodeTransaction(tx.withScripts(blank, scripts))
}

/** A payment from single-key coins: outputs in the given order, change to `changeScript`. */
export function pay(
  chain: Chain,
  wallet: Wallet,
  request: {
    readonly coins: readonly OwnCoin[]
    readonly outputs: readonly TxOutput[]
    readonly changeScript: string
    readonly fee?: bigint
  },
): string {
  const { coins, outputs, changeScript, fee = FEE } = request
  const paid = coins.reduce((sum, { value }) => sum + value, 0n)
  const total = outputs.reduce((sum, { value }) => sum + value, 0n)
  const rest = paid - total - fee
  const all = rest > 0n ? [...outputs, { value: rest, script: changeScript }] : outputs
  const inputs = coins.map(({ txid, vout }): TxInput => ({ txid, vout, script: '', sequence: 0xfffffffe }))
  const blank = shell(chain, inputs, all)
  const scripts = coins.map((coin, index) =>
    tx.signKeyInput(blank, index, coin, wallet.keys.get(wallet.ownerOf(coin.script) as string) as Uint8Array),
  )
  return tx.encodeTransaction(tx.withScripts(blank, scripts))
}
