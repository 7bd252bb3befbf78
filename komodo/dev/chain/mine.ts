/** New blocks: header of the Equihash form, coinbase, and what the mempool holds. */
import { createHash } from 'node:crypto'

import * as tx from '../../tx/index.js'
import type { Transaction } from '../../tx/index.js'
import type { Block, Chain, ChainParams, PoolEntry, StoredTx } from './chain.js'
import { pricesScript } from './market.js'
import { solved } from './solve.js'
import { targetOf } from '../../index.js'

/** Bytes of a solution with the light Equihash parameters (48, 5) of test networks. */
const SOLUTION_BYTES = 36
const BITS = 0x200f0f0f
const TARGET = targetOf(BITS) as bigint
/** Root of the empty Sapling tree, as in every block of a chain without shielded transactions. */
const EMPTY_SAPLING_ROOT = '3e49b5f954aa9d3545bc6c37744661eea48d7c34e3000d82b7f0010c30f4c2fb'

function seededHex(parts: readonly (string | number)[], bytes: number): string {
  let hex = ''
  for (let i = 0; hex.length < bytes * 2; i++)
    hex += createHash('sha256')
      .update([...parts, i].join(' '))
      .digest('hex')
  return hex.slice(0, bytes * 2)
}

/** By height: how far the search for the work of the first blocks goes with the usual seed, so it begins there. */
export const FIRST_NONCES: readonly number[] = [
  8, 8, 37, 9, 11, 0, 4, 37, 12, 37, 0, 0, 7, 159, 1, 58, 21, 24, 7, 11, 43, 89, 16, 28, 29, 6, 23, 53, 10, 3,
  3, 32, 14, 99, 2, 11, 101, 42, 15, 26, 9, 2, 4, 17, 1, 28, 5, 55, 10, 47, 23, 28, 16, 17, 14, 29, 39, 3, 22,
  14, 1, 0,
]

/** Where the search for a block's work begins, or would, hex. */
export function seededNonce(
  { seed, name }: Pick<ChainParams, 'seed' | 'name'>,
  height: number,
  fork: number,
): string {
  return seededHex([seed, name, 'nonce', height, fork], 32)
}

/** What was found for a header once and is written down, since finding it takes time. */
export interface Work {
  readonly nonce: string
  readonly solution: string
}

export interface BlockPlan {
  readonly time: number
  /** Tells blocks of the same height apart. */
  readonly fork: number
  /** Absent: to be found. */
  readonly work?: Work
  /** Of the feeds, if the chain has any. */
  readonly prices?: readonly number[]
}

/** A block on top of the tip. */
export function buildBlock(
  chain: Chain,
  pool: readonly PoolEntry[],
  { time, fork, work, prices }: BlockPlan,
): { readonly block: Block; readonly transactions: readonly StoredTx[] } {
  const { params } = chain
  const height = chain.active.length
  const previous = height === 0 ? tx.ZERO_ID : chain.tip.hash
  const coinbase = storedOf(coinbaseOf(chain, { height, time, prices }))
  const transactions = [coinbase, ...pool.map(({ txid, hex, tx }) => ({ txid, hex, tx }))]
  const txids = transactions.map(({ txid }) => txid)
  const blank: tx.BlockHeader = {
    version: 4,
    previous,
    merkleRoot: tx.merkleRootOf(txids),
    saplingRoot: EMPTY_SAPLING_ROOT,
    time,
    bits: BITS,
    nonce: seededNonce(params, height, fork),
    solution: seededHex([params.seed, params.name, 'solution', height, fork], SOLUTION_BYTES),
  }
  const header =
    work !== undefined
      ? { ...blank, ...work }
      : params.proven
        ? solved(blank, TARGET, FIRST_NONCES[height])
        : blank
  const size =
    tx.encodeHeader(header).length / 2 + 1 + transactions.reduce((sum, { hex }) => sum + hex.length / 2, 0)
  return {
    block: { hash: tx.blockHashOf(header), height, header, txids, size },
    transactions,
  }
}

export function storedOf(transaction: Transaction): StoredTx {
  const hex = tx.encodeTransaction(transaction)
  return { txid: tx.txidOf(hex), hex, tx: transaction }
}

function coinbaseOf(
  { params }: Chain,
  { height, time, prices }: Pick<BlockPlan, 'time' | 'prices'> & { readonly height: number },
): Transaction {
  const number = height < 17 ? (0x50 + height).toString(16) : pushNumber(height)
  const input: tx.TxInput = {
    txid: tx.ZERO_ID,
    vout: tx.NO_OUTPUT,
    script: `${number}0101`,
    sequence: 0xffffffff,
  }
  const value = height === 0 ? 0n : height === 1 ? params.premine : params.reward
  const feeds = prices === undefined ? [] : [{ value: 0n, script: pricesScript(time, prices) }]
  const outputs: tx.TxOutput[] = [{ value, script: params.minerScript }, ...feeds]
  return height < params.saplingHeight
    ? tx.plainTransaction([input], outputs, time)
    : tx.saplingTransaction([input], outputs, { lockTime: time, expiryHeight: 0 })
}

function pushNumber(value: number): string {
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest >>= 8) bytes.push(rest & 0xff)
  if ((bytes.at(-1) as number) >= 0x80) bytes.push(0)
  return tx.push(Buffer.from(bytes).toString('hex'))
}
