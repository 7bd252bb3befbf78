/** Calls about blocks, the mempool and the address index. */
import * as tx from '../../tx/index.js'
import type { NodeJson } from '../../tx/index.js'
import type { Block, IndexKind, StoredTx } from '../chain/chain.js'
import type { Call } from '../modules/calls.js'
import type { DevNode } from '../node.js'
import { RpcError, usage } from './errors.js'
import { array, flag, integer, looseId, text } from './params.js'
import type { Params } from './params.js'
import { blockHex, blockJson, headerJson, verboseTransaction } from './views.js'

function blockOf({ chain }: DevNode, hash: string): Block {
  const block = chain.blocks.get(looseId(hash))
  if (!block) throw new RpcError(-5, 'Block not found')
  return block
}

const getblockhash: Call = ({ chain }, params) => {
  if (params.length !== 1)
    throw usage('getblockhash index\n\nReturns hash of block in best-block-chain at index provided.')
  const block = chain.at(integer(params, 0))
  if (!block) throw new RpcError(-8, 'Block height out of range')
  return block.hash
}

const getblockheader: Call = (node, params) => {
  if (params.length < 1 || params.length > 2) throw usage('getblockheader "hash" ( verbose )')
  const block = blockOf(node, text(params, 0))
  return flag(params, 1, true) ? headerJson(node.chain, block) : tx.encodeHeader(block.header)
}

const getblock: Call = (node, params) => {
  if (params.length < 1 || params.length > 2) throw usage('getblock "hash|height" ( verbosity )')
  const name = text(params, 0)
  const verbosity = typeof params[1] === 'boolean' ? Number(params[1]) : integer(params, 1, 1)
  if (/^-?\d{1,10}$/.test(name) && !node.chain.at(Number(name)))
    throw new RpcError(-8, 'Block height out of range')
  const block = /^\d{1,10}$/.test(name) ? (node.chain.at(Number(name)) as Block) : blockOf(node, name)
  return verbosity === 0 ? blockHex(node.chain, block) : blockJson(node.chain, block, verbosity === 2)
}

const NO_NOTARY = '0'.repeat(64)

const getinfo: Call = (node) => {
  const { chain, wallet, pubkey } = node
  const reference = node.name === 'reference'
  const balance = wallet
    .coins(chain)
    .reduce((sum, { value, spendable }) => (spendable ? sum + value : sum), 0n)
  return {
    version: 90000,
    protocolversion: 170013,
    KMDversion: '0.9.0',
    synced: true,
    notarized: 0,
    prevMoMheight: 0,
    notarizedhash: NO_NOTARY,
    notarizedtxid: NO_NOTARY,
    notarizedtxid_height: 'mempool',
    KMDnotarized_height: 0,
    notarized_confirms: 0,
    walletversion: 60000,
    balance,
    blocks: chain.height,
    longestchain: chain.height,
    tiptime: chain.tip.header.time,
    difficulty: 1,
    keypoololdest: chain.params.genesisTime,
    keypoolsize: 101,
    paytxfee: 0n,
    sapling: chain.height >= chain.params.saplingHeight ? chain.params.saplingHeight : -1,
    timeoffset: 0,
    connections: 1,
    proxy: '',
    testnet: false,
    relayfee: 100n,
    errors: '',
    pubkey: pubkey ?? undefined,
    CCid: reference ? undefined : 2,
    name: chain.params.name,
    p2pport: 0,
    rpcport: 0,
    magic: reference ? 1835726721 : 1835726722,
    premine: Number(chain.params.premine / 100_000_000n),
    reward: chain.params.reward.toString(),
    halving: '0',
    decay: '0',
    endsubsidy: '0',
    notarypay: '0',
  }
}

const getblockchaininfo: Call = ({ chain }) => ({
  chain: 'main',
  blocks: chain.height,
  synced: true,
  headers: chain.height,
  bestblockhash: chain.tip.hash,
  difficulty: 1,
  verificationprogress: 1,
  chainwork: (chain.height + 1).toString(16).padStart(64, '0'),
  pruned: false,
  commitments: 0,
})

const getchaintips: Call = ({ chain }) => {
  const parents = new Set([...chain.blocks.values()].map(({ header }) => header.previous))
  const tips = [...chain.blocks.values()].filter(({ hash }) => hash === chain.tip.hash || !parents.has(hash))
  return tips
    .sort((a, b) => b.height - a.height)
    .map((block) => {
      const active = block.hash === chain.tip.hash
      let at: Block | undefined = block
      let length = 0
      let invalid = false
      for (; at && !chain.isActive(at); at = chain.blocks.get(at.header.previous)) {
        length++
        invalid ||= chain.invalid.has(at.hash)
      }
      const status = active ? 'active' : invalid ? 'invalid' : 'valid-fork'
      return { height: block.height, hash: block.hash, branchlen: length, status }
    })
}

const getrawmempool: Call = ({ chain }, params) => {
  const entries = [...chain.mempool.values()]
  if (!flag(params, 0, false)) return entries.map(({ txid }) => txid)
  return Object.fromEntries(
    entries.map(({ txid, hex, fee, time, height, tx: { inputs } }) => [
      txid,
      {
        size: hex.length / 2,
        fee,
        time: Math.floor(time / 1000),
        height,
        startingpriority: 0,
        currentpriority: 0,
        depends: inputs.map((input) => input.txid).filter((id) => chain.mempool.has(id)),
      },
    ]),
  )
}

const getmempoolinfo: Call = ({ chain }) => {
  const bytes = [...chain.mempool.values()].reduce((sum, { hex }) => sum + hex.length / 2, 0)
  return { size: chain.mempool.size, bytes, usage: bytes }
}

function hexId(params: Params, at: number): string {
  const value = text(params, at)
  if (!/^[0-9a-f]{64}$/i.test(value))
    throw new RpcError(-8, `parameter ${at + 1} must be hexadecimal string (not '${value}')`)
  return value.toLowerCase()
}

const getrawtransaction: Call = ({ chain }, params) => {
  if (params.length < 1 || params.length > 2) throw usage('getrawtransaction "txid" ( verbose )')
  const txid = hexId(params, 0)
  const verbose = integer(params, 1, 0)
  const stored = chain.find(txid)
  if (!stored) throw new RpcError(-5, 'No information available about transaction')
  return verbose === 0 ? stored.hex : verboseTransaction(chain, stored)
}

const gettxout: Call = ({ chain }, params) => {
  if (params.length < 2 || params.length > 3) throw usage('gettxout "txid" n ( includemempool )')
  const [txid, vout] = [hexId(params, 0), integer(params, 1)]
  const coin = flag(params, 2, true) ? chain.available(txid, vout) : chain.coin(txid, vout)
  if (!coin) return null
  const confirmations = chain.confirmations(txid)
  return {
    bestblock: chain.tip.hash,
    confirmations,
    rawconfirmations: confirmations,
    value: coin.value,
    scriptPubKey: tx.scriptJson(coin.script),
    version: (chain.find(txid) as StoredTx).tx.version,
    coinbase: coin.coinbase,
  }
}

const gettxoutproof: Call = (node, params) => {
  const { chain } = node
  const txids = array(params, 0).map((value) => hexId([value], 0))
  const wanted = new Set(txids)
  const block = params.length > 1 ? blockOf(node, text(params, 1)) : chain.anyBlockOf(txids[0] ?? '')
  if (!block) throw new RpcError(-5, 'Transaction not yet in block')
  if (![...wanted].every((txid) => block.txids.includes(txid)))
    throw new RpcError(-5, '(Not all) transactions not found in specified block')
  return tx.encodeTxOutProof(block.header, block.txids, wanted)
}

const verifytxoutproof: Call = ({ chain }, params) => {
  const proof = tx.decodeTxOutProof(text(params, 0))
  const known = chain.blocks.get(tx.blockHashOf(proof.header))
  if (proof.merkleRoot !== proof.header.merkleRoot) return []
  if (!known || !chain.isActive(known)) throw new RpcError(-5, 'Block not found in chain')
  return proof.matches.map(({ txid }) => txid)
}

/** Addresses of the calls of the address index: one text, or an object with a list. */
function addressesOf(params: Params): { addresses: readonly string[]; chainInfo: boolean } {
  const [value] = params
  if (typeof value === 'string') {
    if (!tx.decodeAddress(value)) throw new RpcError(-5, 'Invalid address')
    return { addresses: [value], chainInfo: false }
  }
  // The text lacks a letter in real nodes too.
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RpcError(-5, 'Invalid addresse')
  const { addresses: list, chainInfo } = value as Record<string, unknown>
  if (!Array.isArray(list)) throw new RpcError(-5, 'Addresses is expected to be an array')
  const addresses = list.map((_, i) => {
    const address = text(list, i)
    if (!tx.decodeAddress(address)) throw new RpcError(-5, 'Invalid addresses')
    return address
  })
  return { addresses, chainInfo: chainInfo === true }
}

function indexKind(params: Params): IndexKind {
  return params[1] === undefined || params[1] === 0 ? 0 : 1
}

const getaddressutxos: Call = ({ chain }, params) => {
  const { addresses, chainInfo } = addressesOf(params)
  const kind = indexKind(params)
  const utxos = addresses
    .flatMap((address) => chain.indexed(address, kind).map((coin) => ({ address, coin })))
    .sort((a, b) => a.coin.height - b.coin.height)
    .map(({ address, coin }): NodeJson => ({
      address,
      txid: coin.txid,
      outputIndex: coin.vout,
      script: coin.script,
      satoshis: Number(coin.value),
      height: coin.height,
    }))
  return chainInfo ? { utxos, hash: chain.tip.hash, height: chain.height } : utxos
}

const getaddressbalance: Call = ({ chain }, params) => {
  const history = addressesOf(params).addresses.flatMap((address) =>
    chain.historyOf(address, indexKind(params)),
  )
  const balance = history.reduce((sum, { value }) => sum + value, 0n)
  const received = history.reduce((sum, { value }) => (value > 0n ? sum + value : sum), 0n)
  return { balance: Number(balance), received: Number(received) }
}

const getaddresstxids: Call = ({ chain }, params) => [
  ...new Set(
    addressesOf(params).addresses.flatMap((address) =>
      chain.historyOf(address, indexKind(params)).map(({ txid }) => txid),
    ),
  ),
]

const getaddressmempool: Call = ({ chain }, params) => {
  const wanted = new Set(addressesOf(params).addresses)
  return [...chain.mempool.values()].flatMap(({ txid, time, tx: { inputs, outputs } }) => {
    const timestamp = Math.floor(time / 1000)
    const spent = inputs.flatMap((input, index) => {
      const output = chain.output(input.txid, input.vout)
      const address = output && chain.addressOf(output.script)
      return output && address && wanted.has(address)
        ? {
            address,
            txid,
            index,
            satoshis: -Number(output.value),
            timestamp,
            prevtxid: input.txid,
            prevout: input.vout,
          }
        : []
    })
    const received = outputs.flatMap(({ value, script }, index) => {
      const address = chain.addressOf(script)
      return address && wanted.has(address)
        ? { address, txid, index, satoshis: Number(value), timestamp }
        : []
    })
    return [...spent, ...received]
  })
}

const invalidateblock: Call = (node, params) => {
  node.options.ledger.invalidate(looseId(text(params, 0)))
  return null
}

const reconsiderblock: Call = (node, params) => {
  const { hash } = blockOf(node, text(params, 0))
  node.options.ledger.reconsider(hash)
  return null
}

function indexed(call: Call): Call {
  return (node, params) => {
    if (!node.addressIndex) throw new RpcError(-5, 'No information available for address')
    return call(node, params)
  }
}

export const CHAIN_CALLS: Readonly<Record<string, Call>> = {
  getblockcount: ({ chain }) => chain.height,
  getbestblockhash: ({ chain }) => chain.tip.hash,
  getblockhash,
  getblockheader,
  getblock,
  getinfo,
  getblockchaininfo,
  getchaintips,
  getrawmempool,
  getmempoolinfo,
  getrawtransaction,
  gettxout,
  gettxoutproof,
  verifytxoutproof,
  getaddressutxos: indexed(getaddressutxos),
  getaddressbalance: indexed(getaddressbalance),
  getaddresstxids: indexed(getaddresstxids),
  getaddressmempool,
  invalidateblock,
  reconsiderblock,
  getconnectioncount: () => 1,
}
