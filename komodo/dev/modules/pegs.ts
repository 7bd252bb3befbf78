/** The calls of the Pegs module, of daemons of 2020: what they check, and what they leave unchecked. */
import { isAbove, isAtLeast, liquidationOf, tokensFor, valueOf } from '../../pegs/formulas.js'
import * as tx from '../../tx/index.js'
import type { NodeJson, TxOutput } from '../../tx/index.js'
import { FEE, keyOutput, moduleOutput, shell, tokenOutput, type Draft, type ModuleInput } from '../build.js'
import type { Chain, Coin } from '../chain/chain.js'
import { PEGS } from '../keys.js'
import type { DevNode } from '../node.js'
import { DaemonCrash } from '../rpc/errors.js'
import { looseCoins, looseId, looseInteger, text } from '../rpc/params.js'
import type { Params } from '../rpc/params.js'
import { usage } from '../rpc/errors.js'
import { addressReply, arity, built, refused, selfOf, type Call } from './calls.js'
import { bindingAt } from './gateway-state.js'
import * as state from './pegs-state.js'
import type { Account, Peg } from './pegs-state.js'
import { PEGS_READ_CALLS } from './pegs-reads.js'
import { sumOf, takeTokens, tokenCoins } from './tokens.js'
import type { OwnCoin } from '../wallet.js'

const POOL_OUTPUTS = 100n
const NO_POOL = 'not enough balance in pegs global CC address'
const UNCONFIRMED = 'previous account tx not yet confirmed'
/** Where change of the pool's tokens goes: real daemons use a key that was never set. */
const LOST_KEY = `02${'00'.repeat(32)}`

const create: Call = (node, params) => {
  const help = 'pegscreate amount N bindtxid1 [bindtxid2 ...]'
  if (params.length < 3) throw usage(help)
  const { pubkey } = selfOf(node)
  const { chain } = node
  const amount = looseCoins(text(params, 0))
  const count = looseInteger(text(params, 1))
  // Fewer ids than they say are: the daemon reads on, and dies with its locks taken.
  const bindTxids = Array.from({ length: count }, (_, i) => looseId(text(params, 2 + i)))
  for (const bindTxid of bindTxids) {
    const binding = bindingAt(chain, bindTxid)
    if (binding === 'unknown') return refused(`cant find bindtxid ${bindTxid}`)
    if (binding === 'other') return refused(`invalid bindtxid ${bindTxid}`)
  }
  const normals = node.wallet.pick(chain, amount, 64)
  if (!normals) return refused('error adding normal inputs')
  const each = BigInt.asUintN(64, amount - FEE) / POOL_OUTPUTS
  const outputs = Array.from({ length: Number(POOL_OUTPUTS) }, () =>
    moduleOutput(PEGS.code, PEGS.pubkey, each),
  )
  const op = { op: 'pegs-create', bindTxids } as const
  return built(node, { normals, modules: [], outputs, op, changePubkey: pubkey })
}

interface Asked {
  readonly peg: Peg
  readonly tokenId: string
}

/** The peg and token of a call; else what the module says. */
function asked(chain: Chain, params: Params, checksToken: boolean): Asked | { readonly error: NodeJson } {
  const [pegsTxid, tokenId] = [looseId(text(params, 0)), looseId(text(params, 1))]
  const peg = state.pegAt(chain, pegsTxid)
  if (peg === 'unknown') return { error: refused(`cant find pegstxid ${pegsTxid}`) }
  if (peg === 'other') return { error: refused(`invalid pegstxid ${pegsTxid}`) }
  if (checksToken && !peg.tokenIds.includes(tokenId)) return { error: refused(`invalid tokenid ${tokenId}`) }
  return { peg, tokenId }
}

/** The caller's account: through the mempool as long as operations of these kinds wait there. */
function ownAccount(
  chain: Chain,
  { peg, tokenId }: Asked,
  { pubkey, through }: { readonly pubkey: string; readonly through: readonly string[] },
): Account | 'waiting' | null {
  const found = state.ownAccounts(chain, peg.txid, pubkey).find((each) => each.tokenId === tokenId)
  let account = found ?? null
  while (account !== null) {
    const spender = chain.poolSpender(account.txid, 1)
    if (!spender) return account
    const next = state.accountAt(chain, peg.txid, spender.txid)
    if (!next || !through.includes(next.op.op)) return 'waiting'
    account = next
  }
  return null
}

const pegsInput = (coin: Coin): ModuleInput => ({
  coin,
  condition: tx.moduleCondition(PEGS.code, PEGS.pubkey),
  privateKey: PEGS.privateKey,
})

/** Both markers of an account, spent by the module. */
function markersOf(chain: Chain, { txid, owner }: Account): ModuleInput[] {
  return [PEGS.pubkey, owner].map((key, vout) => ({
    coin: { ...(chain.output(txid, vout) as TxOutput), txid, vout, coinbase: false, height: 0 },
    condition: tx.sharedCondition(PEGS.code, [key, PEGS.pubkey]),
    privateKey: PEGS.privateKey,
  }))
}

const accountOutputs = (owner: string): TxOutput[] =>
  [PEGS.pubkey, owner].map((key) => ({
    value: FEE,
    script: tx.conditionScript(tx.sharedCondition(PEGS.code, [key, PEGS.pubkey])),
  }))

const depositOutput = (owner: string, value: bigint): TxOutput => ({
  value,
  script: tx.conditionScript(tx.sharedTokenCondition(PEGS.code, [owner, PEGS.pubkey])),
})

const tokensOf = (chain: Chain, { tokenId, owner }: Account): ModuleInput[] =>
  state.depositedTokens(chain, tokenId, owner).map((coin) => ({
    coin,
    condition: tx.sharedTokenCondition(PEGS.code, [owner, PEGS.pubkey]),
    privateKey: PEGS.privateKey,
  }))

const wrapped = (tokenId: string, owners: readonly string[], op: tx.PegsAccountOp): tx.ModuleOp => ({
  op: 'token-transfer',
  tokenId,
  owners,
  blobs: [{ id: tx.PEGS_BLOB, op, raw: '' }],
})

const fund: Call = (node, params) => {
  arity(params, 3, 3, 'pegsfund pegstxid tokenid amount')
  const { chain } = node
  const self = selfOf(node)
  const found = asked(chain, params, true)
  const amount = looseCoins(text(params, 2))
  if ('error' in found) return found.error
  const { peg, tokenId } = found
  const account = ownAccount(chain, found, { pubkey: self.pubkey, through: [] })
  if (account === 'waiting') return refused(UNCONFIRMED)
  const tokens = tokenCoins(chain, tokenId, self.pubkey)
  if (sumOf(tokens) < amount)
    return refused(`not enough balance (${sumOf(tokens)}) for this amount of tokens ${amount}`)
  const pool = state.poolCoin(chain)
  if (!pool || !self.privateKey) return refused(NO_POOL)
  const taken = takeTokens(tokens, amount)
  const rest = sumOf(taken) - amount
  const spentMarkers = account ? 2n * FEE : 0n
  const outputs = [
    ...accountOutputs(self.pubkey),
    depositOutput(self.pubkey, amount),
    ...(rest > 0n ? [moduleOutput(tx.EVAL.tokens, self.pubkey, rest)] : []),
    moduleOutput(PEGS.code, PEGS.pubkey, pool.value + spentMarkers - 3n * FEE),
  ]
  const own = tx.moduleCondition(tx.EVAL.tokens, self.pubkey)
  const { privateKey, pubkey } = self
  const modules = [
    pegsInput(pool),
    ...(account ? markersOf(chain, account) : []),
    ...taken.map((coin) => ({ coin, condition: own, privateKey })),
  ]
  const deposit = (account?.deposit ?? 0n) + amount
  const op = {
    op: 'pegs-fund',
    pegsTxid: peg.txid,
    pubkey,
    amount,
    deposit,
    debt: account?.debt ?? 0n,
  } as const
  return built(node, {
    normals: [],
    modules,
    outputs,
    op: wrapped(tokenId, [pubkey, PEGS.pubkey], op),
    changePubkey: pubkey,
  })
}

const get: Call = (node, params) => {
  arity(params, 3, 3, 'pegsget pegstxid tokenid amount')
  const { chain } = node
  const { pubkey } = selfOf(node)
  const found = asked(chain, params, false)
  const amount = looseCoins(text(params, 2))
  if ('error' in found) return found.error
  const { peg, tokenId } = found
  const account = ownAccount(chain, found, { pubkey, through: ['pegs-get', 'pegs-redeem'] })
  if (account === 'waiting') return refused(UNCONFIRMED)
  if (account === null)
    return refused('cannot find account from which to issue coins, fund account first with pegsfund!')
  const debt = account.debt + amount
  const worth = valueOf(account.deposit, state.priceOf(chain, tokenId))
  // Over the limit, and without a price, the whole answer is an empty text.
  if (worth === 0n || isAbove(debt, worth, chain.params.thresholds.most)) return ''
  const outputs = [...accountOutputs(pubkey), keyOutput(pubkey, amount)]
  const facts = {
    ...{ pegsTxid: peg.txid, tokenId, pubkey, amount, debt },
    ...{ deposit: account.deposit, accountTxid: account.txid },
  }
  const op = tx.issueOp(facts, outputs, (inputs, burnt) => shell(chain, inputs, burnt))
  return { hex: issue(node, { account, outputs, op }), result: 'success' }
}

/** An import transaction: the burn first, then the markers; it never expires. */
function issue(
  { chain, known }: DevNode,
  { account, outputs, op }: { account: Account; outputs: readonly TxOutput[]; op: tx.PegsGetOp },
): string {
  const markers = markersOf(chain, account)
  const burn = {
    txid: tx.txidOf(op.burnHex),
    vout: tx.IMPORT_VOUT,
    script: tx.IMPORT_SCRIPT,
    sequence: 0xffffffff,
  }
  const spent = markers.map(({ coin: { txid, vout } }) => ({ txid, vout, script: '', sequence: 0xffffffff }))
  const all = [...outputs, { value: 0n, script: tx.opScript(op) }]
  const blank = { ...shell(chain, [burn, ...spent], all), expiryHeight: 0 }
  const scripts = markers.map(({ coin, condition, privateKey }, k) =>
    tx.signConditionInput(blank, k + 1, { ...coin, condition }, privateKey),
  )
  const hex = tx.encodeTransaction(tx.withScripts(blank, [tx.IMPORT_SCRIPT, ...scripts]))
  known.add(tx.txidOf(hex))
  return hex
}

/** What an operation takes besides the account: the caller's coins, and an output of the pool. */
function meansOf(
  { chain, wallet }: DevNode,
  coins: bigint,
): { readonly normals: OwnCoin[]; readonly pool: Coin } | { readonly error: NodeJson } {
  const normals = wallet.pick(chain, coins, 64)
  if (!normals) return { error: refused('error adding normal inputs') }
  const pool = state.poolCoin(chain)
  return pool ? { normals, pool } : { error: refused(NO_POOL) }
}

const redeem: Call = (node, params) => {
  arity(params, 2, 2, 'pegsredeem pegstxid tokenid')
  const { chain } = node
  const { pubkey } = selfOf(node)
  const found = asked(chain, params, true)
  if ('error' in found) return found.error
  const { peg, tokenId } = found
  const account = ownAccount(chain, found, { pubkey, through: ['pegs-redeem'] })
  if (account === 'waiting') return refused(UNCONFIRMED)
  if (account === null) return refused('cannot find account from which to redeem tokens!')
  const { deposit, debt } = account
  const means = meansOf(node, debt > FEE ? debt : FEE)
  if ('error' in means) return means.error
  const { normals, pool } = means
  const outputs = [
    ...accountOutputs(pubkey),
    moduleOutput(tx.EVAL.tokens, pubkey, deposit),
    burnOutput(peg, debt),
    moduleOutput(PEGS.code, PEGS.pubkey, pool.value - FEE),
  ]
  const modules = [
    pegsInput(pool),
    ...markersOf(chain, account),
    ...(deposit > 0n ? tokensOf(chain, account) : []),
  ]
  const op = {
    op: 'pegs-redeem',
    pegsTxid: peg.txid,
    pubkey,
    amount: deposit,
    deposit: 0n,
    debt: 0n,
  } as const
  return built(node, { normals, modules, outputs, op: wrapped(tokenId, [pubkey], op), changePubkey: pubkey })
}

/** Coins that no key can spend again. */
const burnOutput = ({ txid }: Peg, coins: bigint): TxOutput => keyOutput(tx.markerKey(txid), coins)

const exchange: Call = (node, params) => {
  arity(params, 3, 3, 'pegsexchange pegstxid tokenid amount')
  const { chain } = node
  const { pubkey } = selfOf(node)
  const found = asked(chain, params, true)
  const amount = looseCoins(text(params, 2))
  if ('error' in found) return found.error
  const { peg, tokenId } = found
  if (state.ownAccounts(chain, peg.txid, pubkey).some((account) => account.tokenId === tokenId))
    return refused('you have active account, please close account first before exchanging other coins!')
  const price = state.priceOf(chain, tokenId)
  if (price === 0n) throw new DaemonCrash('division by zero')
  const tokens = tokensFor(amount, price)
  const pooled = takeTokens(state.pooledTokens(chain, tokenId), tokens)
  const short = tokens - sumOf(pooled)
  const need = { tokenId, percent: chain.params.thresholds.yellow, least: short }
  const account = short > 0n ? state.worstAccount(chain, peg.txid, need) : undefined
  if (short > 0n && !account) return refused('cannot find account from which to get tokens for exchange!')
  const means = meansOf(node, amount > FEE ? amount : FEE)
  if ('error' in means) return means.error
  const { normals, pool } = means
  const draft = exchangeDraft(chain, { peg, tokenId, pubkey, amount, tokens, pooled, account, pool })
  return built(node, { ...draft, normals, changePubkey: pubkey })
}

interface Exchange {
  readonly peg: Peg
  readonly tokenId: string
  readonly pubkey: string
  readonly amount: bigint
  readonly tokens: bigint
  readonly pooled: readonly Coin[]
  readonly account: Account | undefined
  readonly pool: Coin
}

function exchangeDraft(
  chain: Chain,
  { peg, tokenId, pubkey, amount, tokens, pooled, account, pool }: Exchange,
): Pick<Draft, 'modules' | 'outputs' | 'op'> {
  const fromAccount = account ? tokensOf(chain, account) : []
  const rest = sumOf(pooled) + sumOf(fromAccount.map(({ coin }) => coin)) - tokens
  const left = account && { deposit: account.deposit - tokens, debt: account.debt - amount }
  const inner = { op: 'pegs-exchange', pegsTxid: peg.txid, pubkey, amount } as const
  const op = { ...inner, ...(left ?? { deposit: 0n, debt: 0n }) }
  return {
    modules: [
      pegsInput(pool),
      ...pooled.map((coin) => ({
        coin,
        condition: tx.tokenCondition(PEGS.code, PEGS.pubkey),
        privateKey: PEGS.privateKey,
      })),
      ...fromAccount,
      ...(account ? markersOf(chain, account) : []),
    ],
    outputs: [
      ...(account ? accountOutputs(account.owner) : []),
      moduleOutput(tx.EVAL.tokens, pubkey, tokens),
      burnOutput(peg, amount),
      ...(rest > 0n
        ? [account ? depositOutput(account.owner, rest) : tokenOutput(PEGS.code, LOST_KEY, rest)]
        : []),
      moduleOutput(PEGS.code, PEGS.pubkey, pool.value - FEE),
    ],
    op: wrapped(tokenId, [pubkey, account?.owner ?? ''], op),
  }
}

const liquidate: Call = (node, params) => {
  arity(params, 3, 3, 'pegsliquidate pegstxid tokenid accounttxid')
  const { chain } = node
  const { pubkey } = selfOf(node)
  const found = asked(chain, params, true)
  if ('error' in found) return found.error
  const { peg, tokenId } = found
  const own = ownAccount(chain, found, { pubkey, through: [] })
  if (own === null)
    return refused('cannot find account, you must have an account to liquidate another account!')
  if (own === 'waiting') return refused(UNCONFIRMED)
  const accountTxid = looseId(text(params, 2))
  const victim = state.accountsOf(chain, peg.txid).find(({ txid }) => txid === accountTxid)
  if (chain.poolSpender(accountTxid, 0)) return refused('previous liquidate account tx not yet confirmed')
  const price = state.priceOf(chain, tokenId)
  const all = state.globalOf(chain, peg)
  const worth = valueOf(victim?.deposit ?? 0n, price)
  const { red, globalRed } = chain.params.thresholds
  const isBad = victim !== undefined && victim.debt > 0n && isAtLeast(victim.debt, worth, red)
  if (!isBad || !isAtLeast(all.debt, all.value, globalRed))
    return refused(
      `not able to liquidate account until account ratio > ${red}% and global ratio > ${globalRed}%`,
    )
  if (victim.op.op === 'pegs-exchange' || victim.tokenId !== tokenId)
    return refused(`cannot find account to liquidate or invalid tx ${accountTxid}`)
  if (price === 0n) throw new DaemonCrash('division by zero')
  const { reward, pool: seized, burn } = liquidationOf(victim, price)
  const means = meansOf(node, burn)
  if ('error' in means) return means.error
  const { normals, pool } = means
  const outputs = [
    ...accountOutputs(victim.owner),
    moduleOutput(tx.EVAL.tokens, pubkey, reward),
    tokenOutput(PEGS.code, PEGS.pubkey, seized),
    burnOutput(peg, burn),
    moduleOutput(PEGS.code, PEGS.pubkey, pool.value - FEE),
  ]
  const modules = [pegsInput(pool), ...markersOf(chain, victim), ...tokensOf(chain, victim)]
  const op = {
    op: 'pegs-liquidate',
    pegsTxid: peg.txid,
    pubkey,
    amount: reward,
    deposit: 0n,
    debt: 0n,
  } as const
  return built(node, { normals, modules, outputs, op: wrapped(tokenId, [pubkey], op), changePubkey: pubkey })
}

export const PEGS_CALLS: Readonly<Record<string, Call>> = {
  ...PEGS_READ_CALLS,
  pegscreate: create,
  pegsfund: fund,
  pegsget: get,
  pegsredeem: redeem,
  pegsexchange: exchange,
  pegsliquidate: liquidate,
  pegsaddress: (node, params) => {
    arity(params, 0, 1, 'pegssaddress [pubkey]')
    return addressReply(node, PEGS, params)
  },
}
