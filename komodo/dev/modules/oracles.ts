/** The calls of the oracles module. */
import * as tx from '../../tx/index.js'
import type { NodeJson } from '../../tx/index.js'
import { FEE, keyOutput, moduleOutput } from '../build.js'
import type { Coin } from '../chain/chain.js'
import { ORACLES, batonKey, moduleAddress } from '../keys.js'
import type { DevNode } from '../node.js'
import { looseCoins, looseId, looseInteger, text } from '../rpc/params.js'
import type { Params } from '../rpc/params.js'
import { addressReply, arity, built, refused, selfOf } from './calls.js'
import type { Call } from './calls.js'
import { isFormat, valuesOf } from './format.js'
import * as state from './oracle-state.js'

const MAX_DATA_BYTES = 8192
const cant = (txid: string) => refused(`cant find oracletxid ${txid}`)

const create: Call = (node, params) => {
  arity(params, 3, 3, 'oraclescreate name description format')
  const self = selfOf(node)
  const [name, description, format] = [text(params, 0), text(params, 1), text(params, 2)]
  if (name === '') return refused('name must not be empty')
  if (name.length > 32) return refused(`name.${name.length} must be less then 32`)
  if (description.length > 4096) return refused(`description.${description.length} must be less then 4096`)
  if (!isFormat(format)) return refused('invalid format type')
  const normals = node.wallet.pick(node.chain, 2n * FEE, 1)
  if (!normals) return refused('error adding normal inputs')
  const op = { op: 'oracle-create', name, description, format } as const
  const outputs = [keyOutput(ORACLES.pubkey, FEE)]
  return built(node, { normals, modules: [], outputs, op, changePubkey: self.pubkey })
}

const fund: Call = (node, params) => {
  arity(params, 1, 1, 'oraclesfund oracletxid')
  const { pubkey } = selfOf(node)
  const oracleTxid = looseId(text(params, 0))
  if (typeof state.oracleAt(node.chain, oracleTxid) === 'string') return cant(oracleTxid)
  const normals = node.wallet.pick(node.chain, 2n * FEE, 1)
  if (!normals) return refused('error adding normal inputs')
  const op = { op: 'oracle-fund', oracleTxid, pubkey, amount: FEE } as const
  const outputs = [moduleOutput(ORACLES.code, pubkey, FEE)]
  return built(node, { normals, modules: [], outputs, op, changePubkey: pubkey })
}

/** The fee as it is read: satoshis; only where that gives 0, coins. */
function readDataFee(value: string): bigint {
  const satoshis = looseInteger(value)
  return satoshis === 0 ? looseCoins(value) : BigInt(satoshis)
}

const register: Call = (node, params) => {
  arity(params, 2, 2, 'oraclesregister oracletxid datafee')
  const { pubkey, privateKey } = selfOf(node)
  const oracleTxid = looseId(text(params, 0))
  const dataFee = readDataFee(text(params, 1))
  if (dataFee < FEE) return refused('datafee must be txfee or more')
  if (typeof state.oracleAt(node.chain, oracleTxid) === 'string') return cant(oracleTxid)
  if (!privateKey) return null
  const normals = node.wallet.pick(node.chain, 3n * FEE, 4)
  if (!normals) return refused('error adding normal inputs')
  const funds = fundOf(node, oracleTxid, pubkey)
  if (!funds)
    return refused(
      'error adding inputs from your Oracles CC address, please fund it first with oraclesfund rpc!',
    )
  const outputs = [
    keyOutput(tx.markerKey(oracleTxid), FEE),
    moduleOutput(ORACLES.code, tx.publicKeyOf(batonKey(privateKey)), FEE),
    keyOutput(pubkey, FEE),
  ]
  const condition = tx.moduleCondition(ORACLES.code, pubkey)
  const op = { op: 'oracle-register', oracleTxid, pubkey, amount: dataFee } as const
  return built(node, {
    normals,
    modules: [{ coin: funds, condition, privateKey }],
    outputs,
    op,
    changePubkey: pubkey,
  })
}

/** The output of `oraclesfund`, in a block or waiting. */
function fundOf({ chain }: DevNode, oracleTxid: string, pubkey: string): Coin | undefined {
  const ids = [
    ...chain.indexed(moduleAddress(ORACLES.code, pubkey), 1).map(({ txid }) => txid),
    ...chain.mempool.keys(),
  ]
  for (const txid of ids) {
    const op = state.opAt(chain, txid)
    if (op?.op !== 'oracle-fund' || op.oracleTxid !== oracleTxid || op.pubkey !== pubkey) continue
    const coin = chain.available(txid, 0)
    if (coin) return coin
  }
  return undefined
}

const subscribe: Call = (node, params) => {
  arity(params, 3, 3, 'oraclessubscribe oracletxid publisher amount')
  const { pubkey } = selfOf(node)
  const oracleTxid = looseId(text(params, 0))
  const publisher = text(params, 1).toLowerCase()
  const amount = looseCoins(text(params, 2))
  if (typeof state.oracleAt(node.chain, oracleTxid) === 'string') return cant(oracleTxid)
  const normals = node.wallet.pick(node.chain, amount + 2n * FEE, 64)
  if (!normals) return refused('error adding normal inputs')
  const outputs = [moduleOutput(ORACLES.code, publisher, amount), keyOutput(tx.markerKey(oracleTxid), FEE)]
  const op = { op: 'oracle-subscribe', oracleTxid, pubkey, amount } as const
  return built(node, { normals, modules: [], outputs, op, changePubkey: pubkey })
}

const data: Call = (node, params) => {
  arity(params, 2, 2, 'oraclesdata oracletxid hexstr')
  const { pubkey, privateKey, batonAddress } = selfOf(node)
  const { chain } = node
  const oracleTxid = looseId(text(params, 0))
  const hex = text(params, 1).toLowerCase()
  if (hex.length / 2 > MAX_DATA_BYTES) return refused(`datasize ${Math.floor(hex.length / 2)} is too big`)
  const dataFee = state.dataFeeOf(chain, oracleTxid, pubkey)
  if (dataFee <= 0n) return refused(`datafee ${dataFee}is illegal`)
  const oracle = state.oracleAt(chain, oracleTxid)
  if (typeof oracle === 'string') return cant(oracleTxid)
  if (hex === '' || !valuesOf(oracle.format, hex))
    return refused('data does not match length or content format specification')
  if (!privateKey || batonAddress === null) return null
  const normals = node.wallet.pick(chain, 2n * FEE, 3)
  if (!normals) return refused('couldnt add normal inputs')
  const previous = state.batonOf(chain, oracleTxid, pubkey, batonAddress)
  const coins = state.takeCoins(state.oracleCoins(chain, oracleTxid, pubkey), dataFee)
  if (coins.length === 0)
    return refused(
      `couldnt find enough oracle inputs ${moduleAddress(ORACLES.code, pubkey)}, limit 1 per utxo`,
    )
  const inputs = coins.reduce((sum, { value }) => sum + value, 0n)
  const own = tx.moduleCondition(ORACLES.code, pubkey)
  const holder = batonKey(privateKey)
  const baton = previous === null ? undefined : chain.available(previous, 1)
  const modules = [
    ...(baton
      ? [
          {
            coin: baton,
            condition: tx.moduleCondition(ORACLES.code, tx.publicKeyOf(holder)),
            privateKey: holder,
          },
        ]
      : []),
    ...coins.map((coin) => ({ coin, condition: own, privateKey })),
  ]
  const outputs = [
    moduleOutput(ORACLES.code, pubkey, inputs > dataFee ? inputs - dataFee : 0n),
    moduleOutput(ORACLES.code, tx.publicKeyOf(holder), FEE),
    keyOutput(pubkey, dataFee),
  ]
  const op = {
    op: 'oracle-data',
    oracleTxid,
    previousBaton: previous ?? tx.ZERO_ID,
    pubkey,
    data: hex,
  } as const
  return built(node, { normals, modules, outputs, op, changePubkey: pubkey })
}

const info: Call = (node, params) => {
  arity(params, 1, 1, 'oraclesinfo oracletxid')
  selfOf(node)
  const { chain } = node
  const txid = looseId(text(params, 0))
  const oracle = state.oracleAt(chain, txid)
  if (oracle === 'unknown') return refused('cant find oracleid')
  if (oracle === 'other') return refused(`invalid oracletxid ${tx.ZERO_ID}`)
  const { name, description, format } = oracle
  const registered = state.registrations(chain, txid).map(({ pubkey, dataFee, txid: registerTxid }) => {
    const baton = chain.addressOf(chain.output(registerTxid, 1)?.script ?? '') ?? ''
    const funds = state.oracleCoins(chain, txid, pubkey).reduce((sum, { value }) => sum + value, 0n)
    return {
      publisher: pubkey,
      baton,
      batontxid: state.batonOf(chain, txid, pubkey, baton) ?? tx.ZERO_ID,
      lifetime: tx.coinsText(state.lifetimeOf(chain, txid, pubkey)),
      funds: tx.coinsText(funds),
      datafee: tx.coinsText(dataFee),
    }
  })
  return { result: 'success', txid, name, description, format, marker: tx.markerAddress(txid), registered }
}

/** In the lists of samples an unknown id is printed as zeros. */
const samples: Call = (node, params) => {
  arity(params, 3, 3, 'oraclessamples oracletxid batonaddress num')
  selfOf(node)
  const { chain } = node
  const txid = looseId(text(params, 0))
  const address = text(params, 1)
  const most = looseInteger(text(params, 2))
  const oracle = state.oracleAt(chain, txid)
  if (oracle === 'unknown') return cant(tx.ZERO_ID)
  if (oracle === 'other') return refused(`invalid oracletxid ${tx.ZERO_ID}`)
  const all = state.samplesAt(chain, txid, address)
  const shown = most === 0 ? all : all.slice(0, Math.max(1, most))
  return {
    result: 'success',
    samples: shown.map((sample) => ({ txid: sample.txid, data: valuesOf(oracle.format, sample.data) ?? [] })),
  }
}

const sample: Call = (node, params) => {
  arity(params, 2, 2, 'oraclessample oracletxid txid')
  selfOf(node)
  const { chain } = node
  const [oracleTxid, txid] = [looseId(text(params, 0)), looseId(text(params, 1))]
  const oracle = state.oracleAt(chain, oracleTxid)
  if (oracle === 'unknown') return refused('cannot find oracles txid')
  if (oracle === 'other') return refused('invalid oracles txid')
  if (!chain.find(txid)) return refused('cannot find data txid')
  const op = state.opAt(chain, txid)
  if (op?.op !== 'oracle-data') return refused('invalid data tx')
  return { result: 'success', txid, data: valuesOf(oracle.format, op.data) ?? [] }
}

const list: Call = (node, params): NodeJson => {
  arity(params, 0, 0, 'oracleslist')
  const { chain } = node
  return chain
    .indexed(tx.pubkeyAddress(ORACLES.pubkey), 0)
    .filter(({ txid, vout }) => vout === 0 && state.opAt(chain, txid)?.op === 'oracle-create')
    .map(({ txid }) => txid)
}

const address: Call = (node, params: Params) => addressReply(node, ORACLES, params)

export const ORACLE_CALLS: Readonly<Record<string, Call>> = {
  oraclescreate: create,
  oraclesfund: fund,
  oraclesregister: register,
  oraclessubscribe: subscribe,
  oraclesdata: data,
  oraclesinfo: info,
  oraclessamples: samples,
  oraclessample: sample,
  oracleslist: list,
  oraclesaddress: address,
}
