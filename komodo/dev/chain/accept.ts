/** The checks of a node before it lets a transaction into its mempool, in its order. */
import { RpcError } from '../rpc/errors.js'
import * as tx from '../../tx/index.js'
import type { Transaction } from '../../tx/index.js'
import type { Chain, PoolEntry, StoredTx } from './chain.js'
import { kindOf } from './chain.js'
import { isIssue, spentBy } from './issue.js'

export interface Policy {
  /** Bytes of an OP_RETURN script that are relayed. */
  readonly dataCarrierSize: number
  /** The answer of the contract modules; an error if they refuse. */
  readonly validate: (chain: Chain, transaction: Transaction) => boolean
  /** Transactions whose signatures were just made here and need no second look. */
  readonly known: ReadonlySet<string>
}

const NOT_TRUE = new RpcError(
  -26,
  '16: mandatory-script-verify-flag-failed (Script evaluated without error but finished with a false/empty top stack element)',
)
/** Below this, spending an output costs more than a third of it. */
const DUST = 54n

/**
 * A checked entry for the mempool, or `null` if it is there already. Throws `RpcError`: -22, -25, -26, -27.
 */
export function checkTransaction(chain: Chain, hex: string, policy: Policy, time: number): PoolEntry | null {
  const stored = decode(hex)
  const { txid } = stored
  if (stored.tx.outputs.some((_, vout) => chain.coin(txid, vout)))
    throw new RpcError(-27, 'transaction already in block chain')
  if (chain.mempool.has(txid)) return null
  checkStandard(chain, stored.tx, policy)
  const fee = checkInputs(chain, stored.tx)
  if (!policy.known.has(txid)) checkSignatures(chain, stored.tx)
  if (!policy.validate(chain, stored.tx)) throw NOT_TRUE
  return { ...stored, time, height: chain.height, fee }
}

function decode(hex: string): StoredTx {
  try {
    const decoded = tx.decodeTransaction(hex.toLowerCase())
    if (decoded.inputs.length === 0 || decoded.outputs.length === 0) throw new RangeError('empty')
    return { txid: tx.txidOf(hex), hex: hex.toLowerCase(), tx: decoded }
  } catch {
    throw new RpcError(-22, 'TX decode failed')
  }
}

function checkStandard(chain: Chain, transaction: Transaction, { dataCarrierSize }: Policy): void {
  const next = chain.height + 1
  const sapling = next >= chain.params.saplingHeight
  if (tx.isCoinbase(transaction)) throw new RpcError(-26, '16: coinbase')
  if (transaction.overwintered !== sapling)
    throw new RpcError(-26, sapling ? '16: tx-overwinter-flag-not-set' : '16: tx-overwinter-not-active')
  if (transaction.expiryHeight !== 0 && next > transaction.expiryHeight)
    throw new RpcError(-26, '16: tx-overwinter-expired')
  if (!isFinal(chain, transaction)) throw new RpcError(-26, '64: non-final')
  for (const { value, script } of transaction.outputs) {
    if (value < 0n) throw new RpcError(-26, '16: bad-txns-vout-negative')
    const kind = tx.scriptKind(script).kind
    if (kind === 'nonstandard' || (kind === 'nulldata' && script.length / 2 > dataCarrierSize))
      throw new RpcError(-26, '64: scriptpubkey')
    if (kind !== 'nulldata' && kind !== 'cryptocondition' && value < DUST) throw new RpcError(-26, '64: dust')
  }
}

/** Lock times from here on are UNIX seconds, below they are heights. */
const LOCK_TIMES = 500_000_000
const FINAL = 0xffffffff
const MEDIAN_BLOCKS = 11

/** Whether the next block may hold it: its lock time has passed, or every input says that it does not matter. */
export function isFinal(chain: Chain, { lockTime, inputs }: Transaction): boolean {
  if (lockTime === 0) return true
  const reached = lockTime < LOCK_TIMES ? chain.height + 1 : medianTime(chain)
  return lockTime < reached || inputs.every(({ sequence }) => sequence === FINAL)
}

/** The median of the times of the last blocks, which no single miner decides. */
function medianTime(chain: Chain): number {
  const times: number[] = []
  for (let height = chain.height; height >= 0 && times.length < MEDIAN_BLOCKS; height--)
    times.push(chain.at(height)?.header.time ?? 0)
  return times.sort((a, b) => a - b)[times.length >> 1] ?? 0
}

/** The fee. */
function checkInputs(chain: Chain, transaction: Transaction): bigint {
  const spent = transaction.inputs.map(({ txid, vout }, index) => {
    if (chain.poolSpender(txid, vout)) throw conflict(chain, transaction)
    return spentBy(chain, transaction, index)
  })
  if (spent.includes(undefined))
    throw spendsModules(chain, transaction) && !spendsLost(chain, transaction)
      ? MODULE_SPENT
      : new RpcError(-25, 'Missing inputs')
  const paid = spent.reduce((sum, coin) => sum + (coin?.value ?? 0n), 0n)
  const total = transaction.outputs.reduce((sum, { value }) => sum + value, 0n)
  if (total > paid) throw new RpcError(-26, '16: bad-txns-in-belowout')
  return paid - total
}

const MODULE_SPENT = new RpcError(-26, '18: bad-txns-inputs-spent')

function conflict(chain: Chain, transaction: Transaction): RpcError {
  return spendsModules(chain, transaction) ? MODULE_SPENT : new RpcError(-26, '16: mempool conflict')
}

/** An output of a block that is no longer in the chain. */
function spendsLost(chain: Chain, { inputs }: Transaction): boolean {
  return inputs.some(({ txid }) => chain.confirmations(txid) < 0)
}

function spendsModules(chain: Chain, { inputs }: Transaction): boolean {
  return inputs.some(({ txid, vout }) => kindOf(chain.output(txid, vout)?.script ?? '') === 1)
}

function checkSignatures(chain: Chain, transaction: Transaction): void {
  transaction.inputs.forEach(({ txid, vout }, index) => {
    if (isIssue(transaction, index)) return
    const spent = chain.available(txid, vout)
    // A node answers with an empty text here: its reason is lost on the way.
    if (!spent || !tx.inputIsSigned(transaction, index, spent)) throw new RpcError(-25, '')
  })
}
