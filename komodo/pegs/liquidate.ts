/** Liquidation of another's account: refused where the daemon would build in vain, and the tokens are counted after it. */
import { accountAt } from './accounts.js'
import { fail } from './errors.js'
import type { Liquidation } from './formulas.js'
import { viewOf } from './holder.js'
import { inspectLiquidate } from './inspect-account.js'
import { checkCoins, ownOutputs, type Operating } from './operations.js'
import { globalText, standingOf, victimsIn } from './standing.js'
import { balanceOf, mustHave, type Traded } from './trades.js'
import { carry } from './write.js'

const refuse = (why: string) => fail('E_PEGS_REFUSED', why)

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

/** Throws `E_PEGS_REFUSED`. */
async function mayLiquidate(operating: Operating, accountTxid: string): Promise<Liquidation> {
  const { client, peg, token, signal } = operating
  const given = { signal }
  const standing = await standingOf(client, peg, given)
  const { account } = await viewOf(client, operating, { ...given, prices: standing.prices })
  if (account === null)
    throw refuse('only who has an account of the token himself may liquidate: pegs fund first')
  const victim = victimsIn(standing, peg, token).find(({ txid }) => txid === accountTxid)
  const { red, globalRed } = peg.thresholds
  if (!victim) throw refuse(`${accountTxid} is no account above ${red} %: see pegs worst`)
  if (victim.exchanged)
    throw refuse(
      'tokens were exchanged out of that account: it cannot be liquidated before its owner does something with it',
    )
  if (!standing.open)
    throw refuse(
      `the whole peg owes ${globalText(standing)} of what it holds: below ${globalRed} % no account is liquidated`,
    )
  if (victim.gain === null)
    throw refuse(
      `at ${victim.ratio} the deposit is worth less than the reward: above 95.24 % only its owner can mend it`,
    )
  checkCoins(victim.debt, await ownOutputs(client, given))
  return victim.gain
}
