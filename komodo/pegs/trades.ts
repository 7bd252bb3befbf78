/**
 * Exchange of coins for tokens, and liquidation of another's account: what the daemon would die of, lose or build in vain
 * is refused before, and the tokens that come are counted after it.
 */
import type { KomodoClient } from '../client.js'
import * as tx from '../tx/index.js'
import { fail } from './errors.js'
import {
  globalSums,
  isAtLeast,
  liquidationOf,
  ratioText,
  tokensFor,
  USUAL_THRESHOLDS,
  valueOf,
  type Liquidation,
} from './formulas.js'
import { priceOf, viewOf, type Peg, type PegToken } from './holder.js'
import { PEGS_PUBKEY } from './inspect.js'
import { inspectExchange, inspectLiquidate } from './inspect-account.js'
import { checkCoins, DUST, type Operating } from './operations.js'
import { carry } from './write.js'

export interface Traded {
  readonly txid: string
  /** Tokens that came. */
  readonly tokens: bigint
  readonly coins: bigint
}

const refuse = (why: string) => fail('E_PEGS_REFUSED', why)

/** Own coins burnt, tokens for them by the price. */
export async function exchange(operating: Operating, sat: bigint): Promise<Traded> {
  const { client, journal, peg, token, signal } = operating
  if (journal.write('exchange') === null) {
    const tokens = await mayExchange(operating, sat)
    journal.learn({ tokens: tokens.toString(), before: (await balanceOf(operating)).toString() })
  }
  const tokens = BigInt(journal.fact('tokens') ?? '0')
  const intent = { pegsTxid: peg.pegsTxid, tokenId: token.tokenId, amount: sat, tokens }
  const { txid } = await carry(operating, {
    id: 'exchange',
    confirmations: 1,
    build: async (height) => {
      const hex = await client.pegsExchange(peg.pegsTxid, token.tokenId, sat, { signal })
      return inspectExchange(hex, intent, { height, pubkey: operating.pubkey })
    },
  })
  await mustHave(operating, tokens, txid)
  return { txid, tokens, coins: -sat }
}

async function mayExchange({ client, peg, token, pubkey, signal }: Operating, sat: bigint): Promise<bigint> {
  const given = { signal }
  if (sat < DUST) throw refuse(`less than ${tx.coinsText(DUST)} coins is dust, which no node takes`)
  const view = await viewOf(client, { peg, token, pubkey }, given)
  if (view.account !== null)
    throw refuse(
      'you have, or had, an account of this token: the daemon exchanges only for others; pegs redeem instead',
    )
  if (view.price === 0n) throw refuse('the token has no price: the daemon would die of it')
  await checkOwned(client, sat, given)
  const tokens = tokensFor(sat, view.price)
  const pool = await poolOf(client, token, given)
  if (tokens < pool)
    throw refuse(
      `the pool holds ${tx.coinsText(pool)} tokens, and the rest of what is taken out of it would be lost: exchange coins for all of them, at least`,
    )
  return tokens
}

/** Seized tokens of a kind that wait for an exchange. */
async function poolOf(
  client: KomodoClient,
  { tokenId }: PegToken,
  given: { readonly signal: AbortSignal },
): Promise<bigint> {
  const condition = tx.tokenCondition(tx.EVAL.pegs, PEGS_PUBKEY)
  const address = tx.addressOfScript(tx.conditionScript(condition)) as string
  let sum = 0n
  for (const { txid, sat } of await client.utxos(address, true, given)) {
    const found = await client.transaction(txid, given)
    const op = found && tx.opOf(tx.decodeTransaction(found.hex))
    if (op?.op === 'token-transfer' && op.tokenId === tokenId) sum += sat
  }
  return sum
}

async function checkOwned(
  client: KomodoClient,
  sat: bigint,
  given: { readonly signal: AbortSignal },
): Promise<void> {
  const owned = await client.unspent(0, undefined, given)
  checkCoins(
    sat,
    owned.filter(({ spendable }) => spendable).map((coin) => coin.sat),
  )
}

const balanceOf = ({ client, token, pubkey, signal }: Operating) =>
  client.tokenBalance(token.tokenId, pubkey, { signal })

async function mustHave(operating: Operating, tokens: bigint, txid: string): Promise<void> {
  const before = BigInt(operating.journal.fact('before') ?? '0')
  const now = await balanceOf(operating)
  if (now < before + tokens)
    throw fail(
      'E_PEGS_DIFFERS',
      `after ${txid} you have ${tx.coinsText(now)} tokens, not ${tx.coinsText(before + tokens)}`,
    )
}

export interface Victim {
  readonly txid: string
  readonly deposit: bigint
  readonly debt: bigint
  readonly ratio: string
  /** Null: nothing can be done, since the deposit is worth too little. */
  readonly gain: Liquidation | null
}

/** Accounts above 90 %, and what their liquidation would bring; `open`: whether the peg as a whole allows it. */
export async function victimsOf(
  client: KomodoClient,
  { peg, token }: { readonly peg: Peg; readonly token: PegToken },
  given: { readonly signal: AbortSignal },
): Promise<{ readonly victims: readonly Victim[]; readonly open: boolean; readonly global: string }> {
  const { price } = await priceOf(client, token, given)
  const bad = await client.worstAccounts(peg.pegsTxid, given)
  const totals = await client.pegTotals(peg.pegsTxid, given)
  const sums = []
  for (const each of peg.tokens) {
    const found = totals.tokens.find(({ token: name }) => name === each.name)
    // What the daemon calls deposited has the pool in it.
    if (found)
      sums.push({
        deposit: found.deposit,
        debt: found.debt,
        pool: 0n,
        price: (await priceOf(client, each, given)).price,
      })
  }
  const { debt, value } = globalSums(sums)
  const victims = bad
    .filter((account) => account.token === token.name && price > 0n)
    .map((account) => {
      const gain = liquidationOf(account, price)
      const ratio = ratioText(account.debt, valueOf(account.deposit, price))
      return {
        txid: account.txid,
        deposit: account.deposit,
        debt: account.debt,
        ratio,
        gain: gain.pool < 0n ? null : gain,
      }
    })
  return {
    victims,
    open: debt > 0n && isAtLeast(debt, value, USUAL_THRESHOLDS.globalRed),
    global: totals.globalRatio,
  }
}

/** Pays another's whole debt for some 95 % of what it deposited. */
export async function liquidate(operating: Operating, accountTxid: string): Promise<Traded> {
  const { client, journal, peg, token, pubkey, signal } = operating
  const given = { signal }
  if (journal.write('liquidate') === null) {
    const { reward, pool, burn } = await mayLiquidate(operating, accountTxid)
    const facts = { tokens: reward, pool, burn, before: await balanceOf(operating) }
    journal.learn(Object.fromEntries(Object.entries(facts).map(([name, sat]) => [name, sat.toString()])))
  }
  const [tokens, pool, burn] = ['tokens', 'pool', 'burn'].map((name) =>
    BigInt(journal.fact(name) ?? '0'),
  ) as [bigint, bigint, bigint]
  const { txid } = await carry(operating, {
    id: 'liquidate',
    confirmations: 1,
    build: async (height) => {
      const owner = await ownerOf(client, accountTxid, given)
      const after = { deposit: 0n, debt: 0n }
      const intent = {
        pegsTxid: peg.pegsTxid,
        tokenId: token.tokenId,
        amount: tokens,
        after,
        owner,
        pool,
        debt: burn,
      }
      const hex = await client.pegsLiquidate(peg.pegsTxid, token.tokenId, accountTxid, given)
      return inspectLiquidate(hex, intent, { height, pubkey })
    },
  })
  await mustHave(operating, tokens, txid)
  return { txid, tokens, coins: -burn }
}

async function mayLiquidate(operating: Operating, accountTxid: string): Promise<Liquidation> {
  const { client, peg, token, pubkey, signal } = operating
  const given = { signal }
  const { account } = await viewOf(client, { peg, token, pubkey }, given)
  if (account === null)
    throw refuse('only who has an account of the token himself may liquidate: pegs fund first')
  const { victims, open, global } = await victimsOf(client, { peg, token }, given)
  const victim = victims.find(({ txid }) => txid === accountTxid)
  if (!victim) throw refuse(`${accountTxid} is no account above 90 %: see pegs worst`)
  if (!open)
    throw refuse(`the whole peg owes ${global} of what it holds: below 90 % no account is liquidated`)
  if (victim.gain === null)
    throw refuse(
      `at ${victim.ratio} the deposit is worth less than the reward: above 95.24 % only its owner can mend it`,
    )
  await checkOwned(client, victim.debt, given)
  return victim.gain
}

/** Whose account it is. */
async function ownerOf(
  client: KomodoClient,
  accountTxid: string,
  given: { readonly signal: AbortSignal },
): Promise<string> {
  const found = await client.transaction(accountTxid, given)
  const op = found && tx.pegsOpOf(tx.decodeTransaction(found.hex))?.op
  if (op?.op === 'pegs-exchange')
    throw refuse(
      'tokens were exchanged out of that account: it cannot be liquidated before its owner does something with it',
    )
  if (op?.op === 'pegs-fund' || op?.op === 'pegs-get') return op.pubkey
  throw refuse(`${accountTxid} is no account's latest transaction`)
}
