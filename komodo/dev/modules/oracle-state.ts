/** What the chain says about oracles: who publishes, at which fee, with which outputs, and where the baton is. */
import { rememberedOf } from '../../../base/index.js'
import * as tx from '../../tx/index.js'
import type { Chain, Coin } from '../chain/chain.js'
import { FEE } from '../build.js'
import { ORACLES, moduleAddress } from '../keys.js'

const MAX_ORACLE_INPUTS = 60

const opIn = rememberedOf((transaction: tx.Transaction) => ({ op: tx.opOf(transaction) }))

/** The op of a transaction. */
export function opAt(chain: Chain, txid: string): tx.ModuleOp | null {
  const found = chain.find(txid)
  return found ? opIn(found.tx).op : null
}

/** `unknown`: no such transaction. `other`: it creates no oracle. */
export function oracleAt(chain: Chain, txid: string): tx.OpOf<'oracle-create'> | 'unknown' | 'other' {
  if (!chain.find(txid)) return 'unknown'
  const op = opAt(chain, txid)
  return op?.op === 'oracle-create' ? op : 'other'
}

export interface Registration {
  readonly txid: string
  readonly pubkey: string
  readonly dataFee: bigint
  readonly height: number
}

/** The latest confirmed registration of each publisher, in the order of the address index. */
export function registrations(chain: Chain, oracleTxid: string): Registration[] {
  const latest = new Map<string, Registration>()
  for (const coin of chain.indexed(tx.markerAddress(oracleTxid), 0)) {
    const op = opAt(chain, coin.txid)
    if (op?.op !== 'oracle-register' || op.oracleTxid !== oracleTxid) continue
    const height = chain.blockOf(coin.txid)?.height ?? 0
    const known = latest.get(op.pubkey)
    if (!known || height > known.height)
      latest.set(op.pubkey, { txid: coin.txid, pubkey: op.pubkey, dataFee: op.amount, height })
  }
  return [...latest.values()]
}

/** 0 if the publisher is not registered (or not yet in a block). */
export function dataFeeOf(chain: Chain, oracleTxid: string, pubkey: string): bigint {
  return registrations(chain, oracleTxid).find((each) => each.pubkey === pubkey)?.dataFee ?? 0n
}

/** Sum of what the publisher subscribed to himself. */
export function lifetimeOf(chain: Chain, oracleTxid: string, pubkey: string): bigint {
  return chain.indexed(tx.markerAddress(oracleTxid), 0).reduce((sum, { txid }) => {
    const op = opAt(chain, txid)
    const own = op?.op === 'oracle-subscribe' && op.oracleTxid === oracleTxid && op.pubkey === pubkey
    return own ? sum + op.amount : sum
  }, 0n)
}

/** Outputs that pay for data: confirmed, of this oracle, not spent in the mempool; by id as hashed. */
export function oracleCoins(chain: Chain, oracleTxid: string, pubkey: string): Coin[] {
  return chain
    .indexed(moduleAddress(ORACLES.code, pubkey), 1)
    .filter(({ txid, vout, value }) => {
      if (vout !== 0 || value < FEE || chain.poolSpender(txid, vout)) return false
      const op = opAt(chain, txid)
      return (op?.op === 'oracle-subscribe' || op?.op === 'oracle-data') && op.oracleTxid === oracleTxid
    })
    .map((coin) => ({ coin, order: tx.turned(coin.txid) }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .map(({ coin }) => coin)
}

/** Coins worth `total`, or as many as there are. */
export function takeCoins(coins: readonly Coin[], total: bigint): Coin[] {
  const taken: Coin[] = []
  let sum = 0n
  for (const coin of coins) {
    if (sum >= total || taken.length >= MAX_ORACLE_INPUTS) break
    taken.push(coin)
    sum += coin.value
  }
  return taken
}

/**
 * The transaction whose output 1 is the baton: the one of the greatest height among the unspent ones of the address
 * index, then along the mempool. An output that a disconnected block had spent stands in the index with height 0 and
 * is not seen: so the baton is an old one, or none (`null`), until the spender is in a block again.
 */
export function batonOf(
  chain: Chain,
  oracleTxid: string,
  pubkey: string,
  batonAddress: string,
): string | null {
  const holders = chain.indexed(batonAddress, 1).filter(({ txid, vout, value, height }) => {
    const op = opAt(chain, txid)
    if (
      vout !== 1 ||
      value !== FEE ||
      height <= 0 ||
      (op?.op !== 'oracle-register' && op?.op !== 'oracle-data')
    )
      return false
    return op.oracleTxid === oracleTxid && op.pubkey === pubkey
  })
  let txid = holders.reduce<Coin | undefined>(
    (best, coin) => (best && best.height >= coin.height ? best : coin),
    undefined,
  )?.txid
  for (let next = txid; next !== undefined;) {
    txid = next
    const spender = chain.poolSpender(next, 1)
    next = spender && opAt(chain, spender.txid)?.op === 'oracle-data' ? spender.txid : undefined
  }
  return txid ?? null
}

/** The confirmed or waiting data transactions at a baton address: those of the mempool by id, then the newest first. */
export function samplesAt(
  chain: Chain,
  oracleTxid: string,
  batonAddress: string,
): { txid: string; data: string }[] {
  const dataOf = (txid: string): tx.OpOf<'oracle-data'> | null => {
    const op = opAt(chain, txid)
    return op?.op === 'oracle-data' && op.oracleTxid === oracleTxid ? op : null
  }
  const waiting = [...chain.mempool.values()]
    .filter(
      ({ txid, tx: { outputs } }) =>
        dataOf(txid) && chain.addressOf(outputs[1]?.script ?? '') === batonAddress,
    )
    .map(({ txid }) => txid)
    .sort((a, b) => (tx.turned(a) < tx.turned(b) ? -1 : 1))
  const confirmed = chain
    .historyOf(batonAddress, 1)
    .filter(({ value, txid }) => value > 0n && dataOf(txid))
    .map(({ txid }) => txid)
    .reverse()
  return [...new Set([...waiting, ...confirmed])].map((txid) => ({
    txid,
    data: (dataOf(txid) as tx.OpOf<'oracle-data'>).data,
  }))
}

/** The data of the newest transaction along the baton that says something of this height; `null` if none does. */
export function dataForHeight(
  chain: Chain,
  start: string | null,
  { oracleTxid, height }: { readonly oracleTxid: string; readonly height: number },
): { readonly txid: string; readonly data: string } | null {
  for (let txid = start; txid !== null;) {
    const op = opAt(chain, txid)
    if (op?.op !== 'oracle-data' || op.oracleTxid !== oracleTxid) return null
    if (Buffer.from(op.data, 'hex').readUInt32LE(0) === height) return { txid, data: op.data }
    txid = op.previousBaton
  }
  return null
}

/**
 * Satoshis that a data transaction must leave: its oracle inputs, less the fee, which goes to the publisher. Only one
 * that spends an output of the module is looked at: as in real nodes, a plain payment may say whatever it likes.
 */
export function dataIsBalanced(chain: Chain, transaction: tx.Transaction): boolean {
  const op = tx.opOf(transaction)
  const spendsModule = transaction.inputs.some(({ script }) => tx.readFulfilment(script) !== null)
  if (op?.op !== 'oracle-data' || !spendsModule) return true
  const fee = dataFeeOf(chain, op.oracleTxid, op.pubkey)
  const own = moduleAddress(ORACLES.code, op.pubkey)
  const inputs = transaction.inputs.reduce((sum, { txid, vout }) => {
    const output = chain.output(txid, vout)
    return output && vout === 0 && chain.addressOf(output.script) === own ? sum + output.value : sum
  }, 0n)
  const [rest, , paid] = transaction.outputs
  return fee > 0n && paid?.value === fee && inputs === (rest?.value ?? 0n) + fee
}
