/** Blocks and transactions as nodes describe them. */
import * as tx from '../../tx/index.js'
import type { NodeJson } from '../../tx/index.js'
import type { Block, Chain, StoredTx } from '../chain/chain.js'

/** A header as it is asked for by hash; orphaned ones have -1 confirmations. */
export function headerJson(chain: Chain, block: Block): Record<string, NodeJson | undefined> {
  const { header } = block
  const confirmations = chain.isActive(block) ? chain.height - block.height + 1 : -1
  const next = chain.isActive(block) ? chain.at(block.height + 1)?.hash : undefined
  return {
    last_notarized_height: 0,
    hash: block.hash,
    confirmations,
    rawconfirmations: confirmations,
    height: block.height,
    version: header.version,
    merkleroot: header.merkleRoot,
    finalsaplingroot: header.saplingRoot ?? tx.ZERO_ID,
    time: header.time,
    nonce: header.nonce,
    solution: header.solution ?? '',
    bits: header.bits.toString(16).padStart(8, '0'),
    difficulty: 1,
    chainwork: (block.height + 1).toString(16).padStart(64, '0'),
    segid: -1,
    previousblockhash: block.height > 0 ? header.previous : undefined,
    nextblockhash: next,
  }
}

export function blockHex(chain: Chain, block: Block): string {
  const hexes = block.txids.map((txid) => (chain.find(txid) as StoredTx).hex)
  return tx.encodeBlock(block.header, hexes)
}

export function blockJson(chain: Chain, block: Block, details: boolean): NodeJson {
  const { height, version, merkleroot, finalsaplingroot, segid, ...rest } = headerJson(chain, block)
  const { last_notarized_height, hash, confirmations, rawconfirmations, ...work } = rest
  const { previousblockhash, nextblockhash, ...own } = work
  return {
    ...{ last_notarized_height, hash, confirmations, rawconfirmations, size: block.size },
    ...{ height, version, merkleroot, segid, finalsaplingroot },
    tx: details
      ? block.txids.map((txid) => tx.transactionJson((chain.find(txid) as StoredTx).tx))
      : block.txids,
    ...own,
    anchor: tx.ZERO_ID,
    ...supplyJson(chain, block.height),
    ...{ previousblockhash, nextblockhash },
  }
}

const POOLS = ['transparent', 'sprout', 'sapling', 'burned'] as const

/** How many coins there are up to a height, and how many its block made. */
function supplyJson({ params }: Chain, height: number): { chainSupply: NodeJson; valuePools: NodeJson } {
  const made = (at: number) => (at === 0 ? 0n : at === 1 ? params.premine : params.reward)
  const total = height === 0 ? 0n : params.premine + params.reward * BigInt(height - 1)
  const pool = (value: bigint, delta: bigint) => ({
    monitored: true,
    chainValue: value,
    chainValueZat: Number(value),
    valueDelta: delta,
    valueDeltaZat: Number(delta),
  })
  return {
    chainSupply: pool(total, made(height)),
    valuePools: POOLS.map((id) => ({
      id,
      ...(id === 'transparent' ? pool(total, made(height)) : pool(0n, 0n)),
    })),
  }
}

/** The reply of `getrawtransaction` with verbosity 1. */
export function verboseTransaction(chain: Chain, stored: StoredTx): NodeJson {
  const { txid, overwintered, version, ...rest } = tx.transactionJson(stored.tx, 'valueSat')
  const vin = stored.tx.inputs.map((input, i) => {
    const { scriptSig, sequence, ...shown } = rest.vin[i] as (typeof rest.vin)[0]
    const spent = chain.output(input.txid, input.vout)
    if (!spent) return { ...shown, scriptSig, sequence }
    const address = chain.addressOf(spent.script) ?? undefined
    return { ...shown, address, scriptSig, value: spent.value, valueSat: Number(spent.value), sequence }
  })
  const vout = rest.vout.map((output, n) => {
    const spender = chain.spender(stored.txid, n)
    return { ...output, spentTxId: spender?.txid, spentIndex: spender?.index, spentHeight: spender?.height }
  })
  const { hex } = stored
  const place = placeOf(chain, txid)
  return { hex, txid, overwintered, version, last_notarized_height: 0, ...rest, vin, vout, ...place }
}

function placeOf(chain: Chain, txid: string): Record<string, NodeJson> {
  const block = chain.anyBlockOf(txid)
  if (!block || (chain.mempool.has(txid) && !chain.isActive(block))) return {}
  if (!chain.isActive(block))
    return { blockhash: block.hash, height: -1, confirmations: 0, rawconfirmations: 0 }
  const confirmations = chain.height - block.height + 1
  const { time } = block.header
  return {
    blockhash: block.hash,
    height: block.height,
    confirmations,
    rawconfirmations: confirmations,
    time,
    blocktime: time,
  }
}
