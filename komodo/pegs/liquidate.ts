/** Liquidation of another's account: refused where the daemon would build in vain, and the tokens are counted after it. */
import { accountAt } from './accounts.js'
import { refuse } from './errors.js'
import type { AccountState, Liquidation } from './formulas.js'
import { viewOf, type Holding } from './holder.js'
import { inspectLiquidate } from './inspect-account.js'
import { checkCoins, ownOutputs, type Asking, type Operating } from './operations.js'
import { globalText, standingOf, victimsIn, type Standing, type Victim } from './standing.js'
import { balanceOf, mustHave, type Traded } from './trades.js'
import { carry } from './write.js'

const FACTS = ['tokens', 'pool', 'burn', 'before'] as const

/** Pays another's whole debt for some 95 % of what it deposited. */
export async function liquidate(operating: Operating, accountTxid: string): Promise<Traded> {
  const { client, journal, peg, token, pubkey, signal } = operating
  const { pegsTxid } = peg
  const given = { signal }
  if (journal.write('liquidate') === null) {
    const { reward, pool, burn } = await mayLiquidate(operating, accountTxid)
    const facts = { tokens: reward, pool, burn, before: await balanceOf(operating) }
    journal.learn(Object.fromEntries(FACTS.map((name) => [name, facts[name].toString()])))
  }
  const fact = (name: (typeof FACTS)[number]) => BigInt(journal.fact(name) ?? '0')
  const [tokens, pool, debt] = [fact('tokens'), fact('pool'), fact('burn')]
  const { txid } = await carry(operating, {
    id: 'liquidate',
    confirmations: 1,
    build: async (height) => {
      const account = await accountAt(client, { pegsTxid, txid: accountTxid }, given)
      if (account === null) throw refuse(`${accountTxid} is no account's latest transaction`)
      const { owner } = account
      const { tokenId } = token
      const after = { deposit: 0n, debt: 0n }
      const hex = await client.pegsLiquidate(pegsTxid, tokenId, accountTxid, given)
      const intent = { pegsTxid, tokenId, amount: tokens, after, owner, pool, debt }
      return inspectLiquidate(hex, intent, { height, pubkey })
    },
  })
  await mustHave(operating, tokens, txid)
  return { txid, tokens, coins: -debt }
}

/** What it brings. Throws `E_PEGS_REFUSED`. */
export async function mayLiquidate(asking: Asking, accountTxid: string): Promise<Liquidation> {
  const { client, peg, signal } = asking
  const given = { signal }
  const standing = await standingOf(client, peg, given)
  const { account } = await viewOf(client, asking, { ...given, prices: standing.prices })
  const { debt, gain } = preyOf(standing, { ...asking, account }, accountTxid)
  checkCoins(debt, await ownOutputs(client, given))
  return gain
}

interface Liquidator extends Holding {
  readonly account: AccountState | null
}

/** The account, and what its liquidation brings. Throws `E_PEGS_REFUSED` with the reason why it cannot be. Pure. */
export function preyOf(
  standing: Standing,
  { peg, token, pubkey, account }: Liquidator,
  accountTxid: string,
): Victim & { readonly gain: Liquidation } {
  const { red, globalRed } = peg.thresholds
  if ((standing.prices.get(token.tokenId)?.price ?? 0n) === 0n)
    throw refuse('the token has no price: the daemon would die of it')
  if (account === null)
    throw refuse('only who has an account of the token himself may liquidate: pegs fund first')
  const victim = victimsIn(standing, peg, token).find(({ txid }) => txid === accountTxid)
  if (!victim) throw refuse(`${accountTxid} is no account above ${red} %: see pegs worst`)
  const { owner, exchanged, ratio, gain } = victim
  if (owner === pubkey)
    throw refuse('that is your own account: pegs redeem pays the same debt, and all of the tokens are yours')
  if (exchanged)
    throw refuse(
      'tokens were exchanged out of that account: it cannot be liquidated before its owner does something with it',
    )
  if (!standing.open)
    throw refuse(
      `the whole peg owes ${globalText(standing)} of what it holds: below ${globalRed} % no account is liquidated`,
    )
  if (gain === null)
    throw refuse(
      `at ${ratio} the deposit is worth less than the reward: above 95.24 % only its owner can mend it`,
    )
  return { ...victim, gain }
}
