/** The calls of the Pegs module that read: accounts, their history, ratios. */
import { isAbove, ratioText, valueOf } from '../../pegs/formulas.js'
import type { NodeJson } from '../../tx/index.js'
import type { Chain } from '../chain/chain.js'
import { looseId, text } from '../rpc/params.js'
import { arity, refused, selfOf, type Call } from './calls.js'
import * as state from './pegs-state.js'
import type { Account, Peg } from './pegs-state.js'
import { sumOf, tokenAt } from './tokens.js'

/** From here on an account is among the worst. */
const WORST = 90n

const ACTIONS: Readonly<Record<string, string>> = {
  'pegs-fund': 'fund',
  'pegs-get': 'get',
  'pegs-redeem': 'redeem',
  'pegs-liquidate': 'liquidate',
}

/** A reading call: the peg is looked up, then asked. */
function reads(
  name: string,
  answer: (chain: Chain, peg: Peg, pubkey: string) => Record<string, NodeJson>,
): Call {
  return (node, params) => {
    arity(params, 1, 1, `${name} pegstxid`)
    const { pubkey } = selfOf(node)
    const txid = looseId(text(params, 0))
    const peg = state.pegAt(node.chain, txid)
    if (peg === 'unknown') return refused(`cant find pegstxid ${txid}`)
    if (peg === 'other') return refused(`invalid pegstxid ${txid}`)
    return { result: 'success', name, ...answer(node.chain, peg, pubkey) }
  }
}

const nameOf = (chain: Chain, tokenId: string): string => tokenAt(chain, tokenId)?.name ?? ''

/** The number 0 where there is no ratio. */
function ratioJson(
  chain: Chain,
  { tokenId, deposit, debt }: Pick<Account, 'tokenId' | 'deposit' | 'debt'>,
): NodeJson {
  const price = state.priceOf(chain, tokenId)
  return debt === 0n || deposit === 0n || price === 0n ? 0 : ratioText(debt, valueOf(deposit, price))
}

function totals(chain: Chain, peg: Peg): NodeJson[] {
  const accounts = state.accountsOf(chain, peg.txid)
  return peg.tokenIds.flatMap((tokenId) => {
    const own = accounts.filter((account) => account.tokenId === tokenId)
    if (own.length === 0) return []
    // What was seized counts as deposited.
    const pooled = sumOf(state.pooledTokens(chain, tokenId))
    const deposit = own.reduce((sum, account) => sum + account.deposit, pooled)
    const debt = own.reduce((sum, account) => sum + account.debt, 0n)
    return {
      token: nameOf(chain, tokenId),
      'total deposit': Number(deposit),
      'total debt': Number(debt),
      'total ratio': ratioJson(chain, { tokenId, deposit, debt }),
    }
  })
}

export const PEGS_READ_CALLS: Readonly<Record<string, Call>> = {
  pegsinfo: reads('pegsinfo', (chain, peg) => {
    const { debt, value } = state.globalOf(chain, peg)
    return { info: totals(chain, peg), 'global ratio': ratioText(debt, value) }
  }),
  pegsaccountinfo: reads('pegsaccountinfo', (chain, peg, pubkey) => ({
    'account info': state.ownAccounts(chain, peg.txid, pubkey).map((account) => ({
      token: nameOf(chain, account.tokenId),
      deposit: Number(account.deposit),
      debt: Number(account.debt),
      ratio: ratioJson(chain, account),
    })),
  })),
  pegsaccounthistory: reads('pegsaccounthistory', (chain, peg, pubkey) => ({
    'account history': state.historyOf(chain, peg.txid, pubkey).map((account) => ({
      action: ACTIONS[account.op.op] ?? '',
      amount: Number(account.op.amount),
      accounttxid: account.txid,
      token: nameOf(chain, account.tokenId),
      deposit: Number(account.deposit),
      debt: Number(account.debt),
    })),
  })),
  pegsworstaccounts: reads('pegsworstaccounts', (chain, peg) => {
    const bad: Record<string, NodeJson[]> = {}
    for (const account of state.accountsOf(chain, peg.txid)) {
      const worth = valueOf(account.deposit, state.priceOf(chain, account.tokenId))
      if (account.debt === 0n || !isAbove(account.debt, worth, WORST)) continue
      const { txid, deposit, debt } = account
      const item = {
        accounttxid: txid,
        deposit: Number(deposit),
        debt: Number(debt),
        ratio: ratioText(debt, worth),
      }
      ;(bad[nameOf(chain, account.tokenId)] ??= []).push(item)
    }
    // Without a bad account the daemon prints the name of none.
    return Object.keys(bad).length === 0 ? { '': [] } : bad
  }),
}
