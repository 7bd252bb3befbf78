/** What the chain says about pegs: accounts with their owners, the pool, prices and ratios. */
import { globalSums, isAbove, valueOf } from '../../pegs/formulas.js'
import { priceBy } from '../../pegs/expression.js'
import * as tx from '../../tx/index.js'
import type { PegsOp } from '../../tx/index.js'
import type { Chain, Coin } from '../chain/chain.js'
import { PEGS, moduleAddress, sharedAddress, tokenAddress } from '../keys.js'
import { bindingAt } from './gateway-state.js'
import { opAt } from './oracle-state.js'
import { feedValues } from './prices.js'
import { sumOf, tokenAt, tokenIdOf } from './tokens.js'

type AccountOp = Exclude<PegsOp, { op: 'pegs-create' }>

export interface Account {
  /** The transaction that made its state. */
  readonly txid: string
  readonly tokenId: string
  readonly owner: string
  readonly op: AccountOp
  readonly deposit: bigint
  readonly debt: bigint
}

function pegsOpAt(
  chain: Chain,
  txid: string,
): { op: PegsOp; tokenId: string | null; owners: readonly string[] } | null {
  const outer = opAt(chain, txid)
  if (outer?.op === 'token-transfer') {
    const op = outer.blobs.find(({ id }) => id === tx.PEGS_BLOB)?.op
    return op && tx.isPegsOp(op) ? { op, tokenId: outer.tokenId, owners: outer.owners } : null
  }
  if (!outer || !tx.isPegsOp(outer)) return null
  return { op: outer, tokenId: outer.op === 'pegs-get' ? outer.tokenId : null, owners: [] }
}

export interface Peg {
  readonly txid: string
  readonly tokenIds: readonly string[]
}

export function pegAt(chain: Chain, txid: string): Peg | 'unknown' | 'other' {
  if (!chain.find(txid)) return 'unknown'
  const found = pegsOpAt(chain, txid)?.op
  if (found?.op !== 'pegs-create') return 'other'
  const tokenIds = found.bindTxids.flatMap((bindTxid) => {
    const binding = bindingAt(chain, bindTxid)
    return typeof binding === 'string' ? [] : binding.tokenId
  })
  return { txid, tokenIds }
}

/** The account that a transaction left behind; null if it touched none of this peg. */
export function accountAt(chain: Chain, pegsTxid: string, txid: string): Account | null {
  const found = pegsOpAt(chain, txid)
  if (!found || found.op.op === 'pegs-create' || found.tokenId === null || found.op.pegsTxid !== pegsTxid)
    return null
  const owner = ownerOf(chain, txid, found)
  // An exchange out of the pool alone touches no account.
  if (owner === '') return null
  const { op, tokenId } = found
  return { txid, tokenId, owner, op, deposit: op.deposit, debt: op.debt }
}

function ownerOf(
  chain: Chain,
  txid: string,
  { op, owners }: { readonly op: PegsOp; readonly owners: readonly string[] },
): string {
  if (op.op === 'pegs-exchange') return owners[1] ?? ''
  if (op.op !== 'pegs-liquidate') return 'pubkey' in op ? op.pubkey : ''
  for (const input of chain.find(txid)?.tx.inputs ?? []) {
    const before = input.vout === 1 ? pegsOpAt(chain, input.txid) : null
    if (before) return ownerOf(chain, input.txid, before)
  }
  return ''
}

const MARKERS = () => sharedAddress(PEGS.code, [PEGS.pubkey, PEGS.pubkey])
const ownMarkers = (pubkey: string) => sharedAddress(PEGS.code, [pubkey, PEGS.pubkey])

/** All accounts of a peg as blocks say it; what waits does not count. */
export function accountsOf(chain: Chain, pegsTxid: string): Account[] {
  return liveAt(chain, pegsTxid, MARKERS(), 0)
}

export function ownAccounts(chain: Chain, pegsTxid: string, pubkey: string): Account[] {
  return liveAt(chain, pegsTxid, ownMarkers(pubkey), 1)
}

function liveAt(chain: Chain, pegsTxid: string, address: string, vout: number): Account[] {
  return chain
    .indexed(address, 1)
    .filter((coin) => coin.vout === vout)
    .flatMap(({ txid }) => accountAt(chain, pegsTxid, txid) ?? [])
}

/** Every transaction of an owner's accounts, in the order of the blocks. */
export function historyOf(chain: Chain, pegsTxid: string, pubkey: string): Account[] {
  return chain
    .historyOf(ownMarkers(pubkey), 1)
    .filter(({ value }) => value > 0n)
    .flatMap(({ txid }) => accountAt(chain, pegsTxid, txid) ?? [])
}

/** An output of the pool that pays for the next operation. */
export function poolCoin(chain: Chain): Coin | undefined {
  return chain
    .indexed(moduleAddress(PEGS.code, PEGS.pubkey), 1)
    .find(({ txid, vout }) => !chain.poolSpender(txid, vout))
}

const tokenCoinsAt = (chain: Chain, tokenId: string, address: string): Coin[] =>
  chain
    .indexed(address, 1)
    .filter(({ txid, vout }) => tokenIdOf(chain, txid) === tokenId && !chain.poolSpender(txid, vout))

/** Tokens that were seized and wait for who exchanges coins. */
export function pooledTokens(chain: Chain, tokenId: string): Coin[] {
  return tokenCoinsAt(chain, tokenId, tokenAddress(PEGS.code, PEGS.pubkey))
}

/** Address of the tokens of an owner's accounts. */
export function depositAddressOf(owner: string): string {
  const condition = tx.sharedTokenCondition(PEGS.code, [owner, PEGS.pubkey])
  return tx.addressOfScript(tx.conditionScript(condition)) as string
}

/** Tokens of an account. */
export function depositedTokens(chain: Chain, tokenId: string, owner: string): Coin[] {
  return tokenCoinsAt(chain, tokenId, depositAddressOf(owner))
}

/** 1e-8 coins for a token; 0 if there is no price. */
export function priceOf(chain: Chain, tokenId: string): bigint {
  return priceBy(tokenAt(chain, tokenId)?.description ?? '', feedValues(chain))
}

/** What all owe, and what all that is held is worth. */
export function globalOf(chain: Chain, { txid, tokenIds }: Peg): { debt: bigint; value: bigint } {
  const accounts = accountsOf(chain, txid)
  return globalSums(
    tokenIds.map((tokenId) => {
      const own = accounts.filter((account) => account.tokenId === tokenId)
      return {
        deposit: own.reduce((sum, { deposit }) => sum + deposit, 0n),
        debt: own.reduce((sum, { debt }) => sum + debt, 0n),
        pool: sumOf(pooledTokens(chain, tokenId)),
        price: priceOf(chain, tokenId),
      }
    }),
  )
}

/** The account that owes most against what it holds, of those above `percent` that hold enough tokens. */
export function worstAccount(
  chain: Chain,
  pegsTxid: string,
  { tokenId, percent, least }: { readonly tokenId: string; readonly percent: bigint; readonly least: bigint },
): Account | undefined {
  const price = priceOf(chain, tokenId)
  const worth = ({ deposit }: Account) => valueOf(deposit, price)
  return accountsOf(chain, pegsTxid)
    .filter((account) => account.tokenId === tokenId && account.deposit >= least)
    .filter((account) => isAbove(account.debt, worth(account), percent))
    .sort((a, b) => Number(b.debt * worth(a) - a.debt * worth(b)))[0]
}
