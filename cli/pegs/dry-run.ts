/** `--dry-run` of a journey: all that is checked before it, and what would come of it. Nothing is sent. */
import {
  coinsText,
  mayDeposit,
  mayExchange,
  mayLiquidate,
  mayWithdraw,
  outcomeOf,
  ownOutputs,
  payoutFee,
  ratioText,
  valueOf,
  type HolderView,
  type Operation,
  type PegToken,
} from '../../komodo/index.js'
import type { Holder } from './holder.js'
import type { UserWord } from './plan.js'

export interface Rehearsal {
  readonly holder: Holder
  readonly token: PegToken
  readonly view: HolderView
  readonly word: UserWord
  readonly sat: bigint
  /** Whose account is liquidated, by its latest transaction. */
  readonly account: string
  readonly signal: AbortSignal
}

/** What would come of it, in a line. Throws `E_PEGS_REFUSED` as the journey would. */
export async function rehearse(rehearsal: Rehearsal): Promise<string> {
  const { holder, token, word, sat, account, signal } = rehearsal
  const { asset: client, reference, peg, pubkey } = holder
  const asking = { client, reference, peg, token, pubkey, signal }
  const { coin } = token.gateway
  switch (word) {
    case 'deposit':
      await mayDeposit(asking, sat)
      return `${coinsText(sat)} tokens for ${coinsText(sat)} ${coin}`
    case 'withdraw':
      await mayWithdraw(asking, sat)
      return `${coinsText(sat - 2n * payoutFee(coin))} ${coin} for ${coinsText(sat)} tokens`
    case 'exchange':
      return `${coinsText(await mayExchange(asking, sat))} tokens for ${coinsText(sat)} coins`
    case 'liquidate': {
      const { reward, burn, profit } = await mayLiquidate(asking, account)
      return `${coinsText(reward)} tokens for ${coinsText(burn)} coins, profit ${coinsText(profit)}`
    }
    default:
      return rehearseOperation(rehearsal)
  }
}

async function rehearseOperation({ holder, view, word, sat, signal }: Rehearsal): Promise<string> {
  const operation: Operation = word === 'redeem' ? { do: word } : { do: word as 'fund' | 'get', sat }
  const { after } = outcomeOf(operation, view, await ownOutputs(holder.asset, { signal }))
  const ratio = ratioText(after.debt, valueOf(after.deposit, view.price))
  return `account: ${coinsText(after.deposit)} tokens, ${coinsText(after.debt)} coins owed, ratio ${ratio}`
}
