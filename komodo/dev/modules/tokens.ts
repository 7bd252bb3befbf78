/** The calls of the tokens module, as far as gateways need them. */
import * as tx from '../../tx/index.js'
import { FEE, moduleOutput } from '../build.js'
import type { Chain, Coin } from '../chain/chain.js'
import { GATEWAYS, TOKENS_PUBKEY, moduleAddress, tokenAddress } from '../keys.js'
import { RpcError } from '../rpc/errors.js'
import { looseCoins, looseId, looseInteger, text } from '../rpc/params.js'
import { arity, built, refused, selfOf } from './calls.js'
import type { Call } from './calls.js'
import { opAt } from './oracle-state.js'

const CODE = tx.EVAL.tokens

export interface TokenInfo {
  readonly owner: string
  readonly name: string
  readonly description: string
  /** Satoshis. */
  readonly supply: bigint
}

/** `null` if the transaction creates no token. */
export function tokenAt(chain: Chain, tokenId: string): TokenInfo | null {
  const found = chain.find(tokenId)
  const op = opAt(chain, tokenId)
  if (!found || op?.op !== 'token-create') return null
  const { pubkey, name, description } = op
  return { owner: pubkey, name, description, supply: found.tx.outputs[1]?.value ?? 0n }
}

/** The token that outputs of a transaction are of; null if they are none. */
export function tokenIdOf(chain: Chain, txid: string): string | null {
  const op = opAt(chain, txid)
  if (op?.op === 'token-create') return txid
  return op?.op === 'token-transfer' ? op.tokenId : null
}

/** Confirmed outputs of one token at an address; those that the mempool spends too. */
function coinsAt(chain: Chain, tokenId: string, address: string): Coin[] {
  return chain.indexed(address, 1).filter(({ txid }) => tokenIdOf(chain, txid) === tokenId)
}

/** Tokens of a key. */
export function tokenCoins(chain: Chain, tokenId: string, pubkey: string): Coin[] {
  const coins = coinsAt(chain, tokenId, moduleAddress(CODE, pubkey))
  // A token's first transaction has a marker of the module beside the tokens.
  return coins.filter(({ txid, vout }) => !chain.poolSpender(txid, vout) && !(txid === tokenId && vout === 0))
}

/** Tokens that gateways hold. */
export function gatewayTokenCoins(chain: Chain, tokenId: string): Coin[] {
  return coinsAt(chain, tokenId, tokenAddress(GATEWAYS.code, GATEWAYS.pubkey))
}

/** As many of the coins as make the amount; all if they are too few. */
export function takeTokens<T extends { readonly value: bigint }>(coins: readonly T[], amount: bigint): T[] {
  const taken: T[] = []
  for (const coin of coins) {
    if (taken.reduce((sum, { value }) => sum + value, 0n) >= amount) break
    taken.push(coin)
  }
  return taken
}

export const sumOf = (coins: readonly Coin[]) => coins.reduce((sum, { value }) => sum + value, 0n)

const create: Call = (node, params) => {
  arity(params, 2, 4, 'tokencreate name supply [description][data]')
  const { pubkey } = selfOf(node)
  const name = text(params, 0)
  const supply = looseCoins(text(params, 1))
  const description = params.length > 2 ? text(params, 2) : ''
  if (name === '' || name.length > 32) return refused('Token name must not be empty and up to 32 characters')
  if (supply <= 0n) return refused('Token supply must be positive')
  const { chain, wallet } = node
  const normals = wallet.pick(chain, supply + 2n * FEE, 64, 1)
  if (!normals) return refused('cant find normal inputs')
  const outputs = [moduleOutput(CODE, TOKENS_PUBKEY, FEE), moduleOutput(CODE, pubkey, supply)]
  const op = { op: 'token-create', pubkey, name, description, extra: '' } as const
  return built(node, { normals, modules: [], outputs, op, changePubkey: pubkey })
}

const info: Call = (node, params) => {
  arity(params, 1, 1, 'tokeninfo tokenid')
  selfOf(node)
  const tokenid = looseId(text(params, 0))
  if (!node.chain.find(tokenid)) return refused('cant find tokenid')
  if (!node.chain.blockOf(tokenid)) return refused('the transaction is still in mempool')
  const token = tokenAt(node.chain, tokenid)
  if (!token) return refused('tokenid isnt token creation txid')
  const { owner, name, supply, description } = token
  return { result: 'success', tokenid, owner, name, supply: Number(supply), description }
}

const balance: Call = (node, params) => {
  arity(params, 1, 2, 'tokenbalance tokenid [pubkey]')
  const self = selfOf(node)
  const tokenid = looseId(text(params, 0))
  const pubkey = params.length > 1 ? text(params, 1).toLowerCase() : self.pubkey
  if (!tokenAt(node.chain, tokenid)) return refused('cant find tokenid')
  const sum = sumOf(tokenCoins(node.chain, tokenid, pubkey))
  return { result: 'success', CCaddress: moduleAddress(CODE, pubkey), tokenid, balance: Number(sum) }
}

const list: Call = (node, params) => {
  arity(params, 0, 0, 'tokenlist')
  const { chain } = node
  return chain
    .indexed(moduleAddress(CODE, TOKENS_PUBKEY), 1)
    .filter(({ txid, vout }) => vout === 0 && opAt(chain, txid)?.op === 'token-create')
    .map(({ txid }) => txid)
}

const transfer: Call = (node, params) => {
  arity(params, 3, 3, 'tokentransfer tokenid destpubkey amount')
  const { chain } = node
  const self = selfOf(node)
  const [tokenId, destination] = [looseId(text(params, 0)), text(params, 1).toLowerCase()]
  const amount = BigInt(looseInteger(text(params, 2)))
  if (!tx.isPublicKey(destination)) throw new RpcError(-1, 'invalid destpubkey')
  if (tokenId === tx.ZERO_ID) return refused('invalid tokenid')
  if (amount <= 0n) return refused('amount must be positive')
  const tokens = tokenCoins(chain, tokenId, self.pubkey)
  const normals = node.wallet.pick(chain, FEE, 3)
  if (!normals || !self.privateKey) return refused('insufficient normal inputs for tx fee')
  if (tokens.length === 0) return refused('no token inputs')
  if (sumOf(tokens) < amount) return refused('insufficient token inputs')
  const { privateKey, pubkey } = self
  const taken = takeTokens(tokens, amount)
  const rest = sumOf(taken) - amount
  const outputs = [
    moduleOutput(CODE, destination, amount),
    ...(rest > 0n ? [moduleOutput(CODE, pubkey, rest)] : []),
  ]
  const condition = tx.moduleCondition(CODE, pubkey)
  const modules = taken.map((coin) => ({ coin, condition, privateKey }))
  const op = { op: 'token-transfer', tokenId, owners: [destination], blobs: [] } as const
  return built(node, { normals, modules, outputs, op, changePubkey: pubkey })
}

export const TOKEN_CALLS: Readonly<Record<string, Call>> = {
  tokencreate: create,
  tokentransfer: transfer,
  tokeninfo: info,
  tokenbalance: balance,
  tokenlist: list,
}
