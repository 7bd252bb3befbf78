/** The calls of the gateways module: binding, deposits, claims, withdrawals. */
import * as tx from '../../tx/index.js'
import type { NodeJson } from '../../tx/index.js'
import { FEE, keyOutput, moduleOutput, tokenOutput } from '../build.js'
import type { Chain } from '../chain/chain.js'
import { GATEWAYS, moduleAddress } from '../keys.js'
import type { DevNode } from '../node.js'
import { DaemonCrash, RpcError, usage } from '../rpc/errors.js'
import { looseCoins, looseId, looseInteger, text } from '../rpc/params.js'
import { keyAt } from '../rpc/wallet-calls.js'
import type { Params } from '../rpc/params.js'
import { addressReply, arity, built, isConfirmed, refused, selfOf } from './calls.js'
import type { Call } from './calls.js'
import { bindingAt, gatewayOpAt, withdrawalsAt } from './gateway-state.js'
import type { Binding } from './gateway-state.js'
import { dataForHeight, oracleAt, batonOf, registrations } from './oracle-state.js'
import { gatewayTokenCoins, sumOf, takeTokens, tokenAt, tokenCoins } from './tokens.js'

const MAX_KEYS = 15
const MIN_SUPPLY = 1_000_000n
/** Whole coins, as printed in the module's complaints. */
const whole = (satoshis: bigint) => (satoshis / 100_000_000n).toString()

function readPubkey(params: Params, at: number): string {
  const pubkey = text(params, at).toLowerCase()
  if (!tx.isPublicKey(pubkey)) throw new RpcError(-1, 'invalid destination pubkey')
  return pubkey
}

/** The binding of a call, if its coin is the right one; else what the module says. */
export function bound(chain: Chain, bindTxid: string, coin: string, blank = ''): Binding | NodeJson {
  const binding = bindingAt(chain, bindTxid)
  if (binding === 'unknown') return refused(`cant find bindtxid ${bindTxid}`)
  if (binding === 'other') return refused(`invalid bindtxid ${bindTxid} coin.`)
  if (binding.op.coin !== coin) return refused(`invalid ${blank}bindtxid ${bindTxid} coin.${binding.op.coin}`)
  return binding
}

export function isBinding(value: Binding | NodeJson): value is Binding {
  return typeof value === 'object' && value !== null && 'depositAddress' in value
}

const bind: Call = (node, params) => {
  const help =
    'gatewaysbind tokenid oracletxid coin tokensupply M N pubkey(s) pubtype p2shtype wiftype [taddr]'
  if (params.length < 10) throw usage(help)
  const self = selfOf(node)
  const { chain } = node
  const [tokenId, oracleTxid, coin] = [looseId(text(params, 0)), looseId(text(params, 1)), text(params, 2)]
  const supply = BigInt(looseInteger(text(params, 3)))
  const [m, n] = [looseInteger(text(params, 4)), looseInteger(text(params, 5))]
  if (m < 1 || n < 1 || m > n || n > MAX_KEYS || supply < MIN_SUPPLY || tokenId === tx.ZERO_ID)
    throw usage('illegal M or N > 15 or tokensupply or invalid tokenid')
  if (params.length < 6 + n + 3) throw usage('not enough parameters for N pubkeys')
  const pubkeys = Array.from({ length: n }, (_, i) => readPubkey(params, 6 + i))
  const numbers = [0, 1, 2].map((i) => looseInteger(text(params, 6 + n + i)))
  const taddr = params.length === 6 + n + 4 ? looseInteger(text(params, 6 + n + 3)) : 0
  const komodo = coin === 'KMD'
  const [prefix, prefix2, wiftype] = komodo ? [60, 85, 188] : (numbers as [number, number, number])
  // It looks for an earlier binding in each waiting transaction, but reads another, empty one.
  if (chain.mempool.size > 0 && node.family !== 'B' && bindings(chain).length === 0)
    throw new DaemonCrash('a transaction without outputs')
  for (const [i, pubkey] of pubkeys.entries())
    if (sumOf(chain.indexed(tx.pubkeyAddress(pubkey), 0)) === 0n)
      return refused(
        `M.${String.fromCharCode(m)} N.${String.fromCharCode(n)} but pubkeys[${i}] has no balance`,
      )
  const full = tokenAt(chain, tokenId)?.supply ?? 0n
  if (supply !== full)
    return refused(
      `Gateway bind.${coin} (${tokenId}) globaladdr.${moduleAddress(GATEWAYS.code, GATEWAYS.pubkey)} totalsupply ${whole(supply)} != fullsupply ${whole(full)}`,
    )
  const tokens = tokenCoins(chain, tokenId, self.pubkey)
  if (sumOf(tokens) !== supply)
    return refused(
      `token balance on ${moduleAddress(tx.EVAL.tokens, self.pubkey)} ${whole(sumOf(tokens))}!=${whole(supply)}`,
    )
  const oracle = oracleAt(chain, oracleTxid)
  if (oracle === 'unknown') return refused(`cant find oracletxid ${oracleTxid}`)
  if (oracle === 'other') return refused(`mismatched oracle name  != ${coin}`)
  if (!oracle.format.startsWith(node.family === 'B' ? 'IhhL' : 'Ihh'))
    return refused(`illegal format ${oracle.format} != Ihh`)
  const normals = node.wallet.pick(chain, 2n * FEE, 3)
  if (!normals || !self.privateKey) return refused('cant find enough inputs')
  const { privateKey } = self
  const outputs = [
    tokenOutput(GATEWAYS.code, GATEWAYS.pubkey, supply),
    moduleOutput(GATEWAYS.code, GATEWAYS.pubkey, FEE),
  ]
  const inner = {
    op: 'gateway-bind',
    coin,
    tokenSupply: supply,
    oracleTxid,
    m,
    n,
    pubkeys,
    taddr: komodo ? 0 : taddr,
    prefix,
    prefix2,
    wiftype,
  } as const
  const condition = tx.moduleCondition(tx.EVAL.tokens, self.pubkey)
  const modules = tokens.map((each) => ({ coin: each, condition, privateKey }))
  return built(node, {
    normals,
    modules,
    outputs,
    op: wrapped(tokenId, GATEWAYS.pubkey, inner),
    changePubkey: self.pubkey,
  })
}

/** A gateway call inside a token transfer to `owner`. */
function wrapped(tokenId: string, owner: string, op: tx.GatewayOp): tx.ModuleOp {
  return { op: 'token-transfer', tokenId, owners: [owner], blobs: [{ id: tx.GATEWAY_BLOB, op, raw: '' }] }
}

const info: Call = (node, params) => {
  arity(params, 1, 1, 'gatewaysinfo bindtxid')
  selfOf(node)
  const bindTxid = looseId(text(params, 0))
  const binding = bindingAt(node.chain, bindTxid)
  if (binding === 'unknown') return refused(`cant find bindtxid ${bindTxid}`)
  if (binding === 'other') return refused(`invalid bindtxid ${bindTxid} coin.`)
  const { op, tokenId, depositAddress } = binding
  const remaining = sumOf(gatewayTokenCoins(node.chain, tokenId))
  return {
    result: 'success',
    name: 'Gateways',
    M: op.m,
    N: op.n,
    pubkeys: op.pubkeys,
    coin: op.coin,
    oracletxid: op.oracleTxid,
    taddr: op.taddr,
    prefix: op.prefix,
    prefix2: op.prefix2,
    wiftype: op.wiftype,
    [node.family === 'B' ? 'depositaddr' : 'deposit']: depositAddress,
    tokenid: tokenId,
    totalsupply: tx.coinsText(op.tokenSupply),
    remaining: tx.coinsText(remaining),
    issued: tx.coinsText(op.tokenSupply - remaining),
  }
}

function bindings(chain: Chain): string[] {
  return chain
    .indexed(moduleAddress(GATEWAYS.code, GATEWAYS.pubkey), 1)
    .filter(({ txid, vout }) => vout === 1 && gatewayOpAt(chain, txid)?.op === 'gateway-bind')
    .map(({ txid }) => txid)
}

const list: Call = ({ chain }, params) => {
  arity(params, 0, 0, 'gatewayslist')
  return bindings(chain)
}

const external: Call = (node, params) => {
  arity(params, 2, 2, 'gatewaysexternaladdress bindtxid pubkey')
  const binding = bindingAt(node.chain, looseId(text(params, 0)))
  if (typeof binding === 'string') return refused(`cant find bindtxid ${looseId(text(params, 0))}`)
  return { result: 'success', address: tx.pubkeyAddress(text(params, 1).toLowerCase(), binding.versions) }
}

const dumpKey: Call = (node, params) => {
  arity(params, 2, 2, 'gatewaysdumpprivkey bindtxid address')
  const binding = bindingAt(node.chain, looseId(text(params, 0)))
  const key = keyAt(node.wallet, text(params, 1))
  if (typeof binding === 'string') return refused(`cant find bindtxid ${looseId(text(params, 0))}`)
  return { result: 'success', privkey: tx.encodeWif(key, binding.versions) }
}

const deposit: Call = (node, params) => {
  arity(
    params,
    9,
    9,
    'gatewaysdeposit bindtxid height coin cointxid claimvout deposithex proof destpub amount',
  )
  const self = selfOf(node)
  const { chain } = node
  const [bindTxid, coin] = [looseId(text(params, 0)), text(params, 2)]
  const [height, claimVout] = [looseInteger(text(params, 1)), looseInteger(text(params, 4))]
  const coinTxid = looseId(text(params, 3))
  const [depositHex, proof] = [text(params, 5), text(params, 6)]
  const destination = readPubkey(params, 7)
  const amount = looseCoins(text(params, 8))
  if (amount <= 0n || claimVout < 0) throw usage('invalid param: amount, numpks or claimvout')
  const binding = bound(chain, bindTxid, coin, 'coin - ')
  if (!isBinding(binding)) return binding
  if (!isConfirmed(chain, bindTxid)) return refused('gatewaysbind tx not yet confirmed/notarized')
  const found = headerOf(chain, binding, height)
  if (!found.root || found.count < Math.floor(found.of / 2))
    return refused(
      `couldnt find merkleroot for ht.${height} ${coin} oracle.${binding.op.oracleTxid} m.${found.count} vs n.${found.of}`,
    )
  if (isWaiting(chain, coinTxid)) return refused(`cointxid.${coinTxid} already exists`)
  const crashes = node.hasPegs
  const facts = { claimVout, depositHex, proof, destination, amount, coinTxid, root: found.root, crashes }
  if (!depositHolds(binding, facts)) return refused('deposittxid didnt validate')
  const normals = node.wallet.pick(chain, 3n * FEE, 60)
  if (!normals) return refused('cant find enough inputs')
  const outputs = [moduleOutput(GATEWAYS.code, destination, FEE), keyOutput(tx.markerKey(coinTxid), FEE)]
  const op = {
    op: 'gateway-deposit',
    coin,
    bindTxid,
    publishers: found.publishers,
    dataTxids: found.dataTxids,
    height,
    coinTxid,
    claimVout,
    depositHex,
    proof,
    destination,
    amount,
  } as const
  return built(node, { normals, modules: [], outputs, op, changePubkey: self.pubkey })
}

/** A deposit of the same transaction in the mempool; one in a block is not noticed, as in real nodes. */
function isWaiting(chain: Chain, coinTxid: string): boolean {
  return [...chain.mempool.keys()].some((txid) => {
    const op = gatewayOpAt(chain, txid)
    return op?.op === 'gateway-deposit' && op.coinTxid === coinTxid
  })
}

/** The Merkle root of the first publisher who has the height, and how many agree. */
function headerOf(chain: Chain, { op }: Binding, height: number) {
  const publishers: string[] = []
  const dataTxids: string[] = []
  let root: string | null = null
  for (const pubkey of op.pubkeys) {
    const registered = registrations(chain, op.oracleTxid).find((each) => each.pubkey === pubkey)
    const baton = chain.addressOf(chain.output(registered?.txid ?? '', 1)?.script ?? '')
    if (!registered || baton === null) continue
    const start = batonOf(chain, op.oracleTxid, pubkey, baton)
    const found = dataForHeight(chain, start, { oracleTxid: op.oracleTxid, height })
    if (!found) continue
    const its = tx.turned(found.data.slice(72, 136))
    root ??= its
    if (its !== root) continue
    publishers.push(pubkey)
    dataTxids.push(found.txid)
  }
  return { root, publishers, dataTxids, count: publishers.length, of: op.pubkeys.length }
}

interface DepositFacts {
  readonly claimVout: number
  readonly depositHex: string
  readonly proof: string
  readonly destination: string
  readonly amount: bigint
  readonly coinTxid: string
  readonly root: string
  /** Daemons of 2020 die of an output that is not there. */
  readonly crashes: boolean
}

function depositHolds(binding: Binding, facts: DepositFacts): boolean {
  try {
    const proof = tx.decodeTxOutProof(facts.proof)
    if (proof.merkleRoot !== facts.root || !proof.matches.some(({ txid }) => txid === facts.coinTxid))
      return false
    const paid = tx.decodeTransaction(facts.depositHex)
    const claim = paid.outputs[facts.claimVout]
    if (claim === undefined && facts.crashes) throw new DaemonCrash('an output that is not there')
    const target = paid.outputs.slice(0, 2).find(({ script }) => addressIs(script, binding))
    return (
      tx.txidOf(facts.depositHex) === facts.coinTxid &&
      claim !== undefined &&
      tx.addressOfScript(claim.script, binding.versions) ===
        tx.pubkeyAddress(facts.destination, binding.versions) &&
      target?.value === facts.amount
    )
  } catch (error) {
    if (error instanceof DaemonCrash) throw error
    return false
  }
}

function addressIs(script: string, { depositAddress, versions }: Binding): boolean {
  return tx.addressOfScript(script, versions) === depositAddress
}

const claim: Call = (node, params) => {
  arity(params, 5, 5, 'gatewaysclaim bindtxid coin deposittxid destpub amount')
  const { chain } = node
  const self = selfOf(node)
  const [bindTxid, coin, depositTxid] = [looseId(text(params, 0)), text(params, 1), looseId(text(params, 2))]
  const destination = readPubkey(params, 3)
  const amount = looseCoins(text(params, 4))
  const binding = bound(chain, bindTxid, coin, 'coin - ')
  if (!isBinding(binding)) return binding
  const op = gatewayOpAt(chain, depositTxid)
  if (op?.op !== 'gateway-deposit') return refused(`cant find deposittxid ${depositTxid}`)
  if (!isConfirmed(chain, depositTxid)) return refused('gatewaysdeposit tx not yet confirmed/notarized')
  if (op.destination !== destination) return refused('different destination pubkey from desdeposit tx')
  const marker = chain.available(depositTxid, 0)
  const own = op.destination === self.pubkey && marker ? op.amount : 0n
  if (own !== amount)
    return refused(
      `invalid Gateways deposittxid ${depositTxid} ${whole(own)} != ${whole(amount)}, remember claim must be done from destination pubkey from deposit tx!`,
    )
  const tokens = gatewayTokenCoins(chain, binding.tokenId)
  if (!marker || !self.privateKey || sumOf(tokens) < amount)
    return refused('cant find enough tokens in gateways address for given amount')
  const inner = { op: 'gateway-claim', bindTxid, coin, depositTxid, destination, amount } as const
  const taken = takeTokens(tokens, amount)
  const gateway = tx.tokenCondition(GATEWAYS.code, GATEWAYS.pubkey)
  const modules = [
    ...taken.map((each) => ({ coin: each, condition: gateway, privateKey: GATEWAYS.privateKey })),
    { coin: marker, condition: tx.moduleCondition(GATEWAYS.code, self.pubkey), privateKey: self.privateKey },
  ]
  const rest = sumOf(taken) - amount
  const outputs = [
    moduleOutput(tx.EVAL.tokens, destination, amount),
    ...(rest > 0n ? [tokenOutput(GATEWAYS.code, GATEWAYS.pubkey, rest)] : []),
  ]
  return built(node, {
    normals: [],
    modules,
    outputs,
    op: wrapped(binding.tokenId, destination, inner),
    changePubkey: self.pubkey,
  })
}

/** Withdrawals under way, of all gateways. One that is completely signed and not marked yet blocks no other. */
const underWay = ({ chain }: DevNode) => withdrawalsAt(chain, ['gateway-withdraw', 'gateway-partial'])

/** Whether a gateway takes no withdrawal now, since one is under way or waits for its block. */
export function isWithdrawing(node: DevNode, bindTxid: string): boolean {
  if (underWay(node).some(({ op }) => op.bindTxid === bindTxid)) return true
  const waiting = [...node.chain.mempool.keys()].map((txid) => gatewayOpAt(node.chain, txid))
  return waiting.some((op) => op?.op === 'gateway-withdraw' && op.bindTxid === bindTxid)
}

/** The key that will be paid: with another gateway's withdrawal under way, that one's (not in family B). */
const payoutKey = (node: DevNode, asked: string): string =>
  node.family === 'B' ? asked : (underWay(node).at(-1)?.op.withdrawPubkey ?? asked)

const withdraw: Call = (node, params) => {
  arity(params, 4, 4, 'gatewayswithdraw bindtxid coin withdrawpub amount')
  const { chain } = node
  const self = selfOf(node)
  const [bindTxid, coin] = [looseId(text(params, 0)), text(params, 1)]
  const pubkey = readPubkey(params, 2)
  const amount = looseCoins(text(params, 3))
  const binding = bound(chain, bindTxid, coin, 'coin - ')
  if (!isBinding(binding)) return binding
  if (isWithdrawing(node, bindTxid)) return refused('unable to create withdraw, another withdraw pending')
  const payee = payoutKey(node, pubkey)
  const tokens = tokenCoins(chain, binding.tokenId, self.pubkey)
  // Fewer tokens than are wanted are taken all the same; then the network refuses.
  if (tokens.length === 0 || !self.privateKey) return refused('not enough balance of tokens for withdraw')
  const normals = node.wallet.pick(chain, 2n * FEE, 2)
  if (!normals) return refused('cant find enough normal inputs')
  const { privateKey } = self
  const taken = takeTokens(tokens, amount)
  const rest = sumOf(taken) - amount
  const outputs = [
    moduleOutput(GATEWAYS.code, GATEWAYS.pubkey, FEE),
    tokenOutput(GATEWAYS.code, GATEWAYS.pubkey, amount),
    ...(rest > 0n ? [moduleOutput(tx.EVAL.tokens, self.pubkey, rest)] : []),
  ]
  const asker = node.family === 'B' ? { asker: self.pubkey } : {}
  const inner = { op: 'gateway-withdraw', bindTxid, ...asker, coin, withdrawPubkey: payee, amount } as const
  const condition = tx.moduleCondition(tx.EVAL.tokens, self.pubkey)
  const modules = taken.map((each) => ({ coin: each, condition, privateKey }))
  const op = wrapped(binding.tokenId, GATEWAYS.pubkey, inner)
  return built(node, { normals, modules, outputs, op, changePubkey: self.pubkey })
}

const pendingDeposits: Call = (node, params) => {
  arity(params, 2, 2, 'gatewayspendingdeposits bindtxid coin')
  const self = selfOf(node)
  const { chain } = node
  const [bindTxid, coin] = [looseId(text(params, 0)), text(params, 1)]
  const binding = bound(chain, bindTxid, coin)
  if (!isBinding(binding)) return binding
  const pending = chain.indexed(moduleAddress(GATEWAYS.code, self.pubkey), 1).flatMap(({ txid, vout }) => {
    const op = gatewayOpAt(chain, txid)
    if (op?.op !== 'gateway-deposit' || vout !== 0 || op.bindTxid !== bindTxid || chain.poolSpender(txid, 0))
      return []
    const amount = Number(tx.coinsText(op.amount))
    return {
      cointxid: op.coinTxid,
      deposittxid: txid,
      deposittxidaddr: tx.markerAddress(op.coinTxid),
      depositaddr: binding.depositAddress,
      tokens_destination_address: moduleAddress(tx.EVAL.tokens, op.destination),
      claim_pubkey: op.destination,
      amount,
      confirmed_or_notarized: isConfirmed(chain, txid),
    }
  })
  return { coin, pending }
}

export const GATEWAY_CALLS: Readonly<Record<string, Call>> = {
  gatewaysbind: bind,
  gatewaysinfo: info,
  gatewayslist: list,
  gatewaysexternaladdress: external,
  gatewaysdumpprivkey: dumpKey,
  gatewaysdeposit: deposit,
  gatewaysclaim: claim,
  gatewayswithdraw: withdraw,
  gatewayspendingdeposits: pendingDeposits,
  gatewaysaddress: (node, params) => addressReply(node, GATEWAYS, params),
}
