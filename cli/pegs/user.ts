/** The words of `pegs` for those who use a peg: looks at it, and journeys. */
import { wrongArgument } from '../../config/index.js'
import { coinsType } from '../../komodo/index.js'
import { withResources } from '../program/resources.js'
import { openHolder } from './holder.js'
import { MOST, travel } from './journeys.js'
import type { PegsContext, UserWord } from './plan.js'
import { tellAccount, tellHistory, tellPeg, tellWorst } from './views.js'

export async function use(context: PegsContext, word: UserWord, words: readonly string[]): Promise<number> {
  return withResources(async (resources) => {
    const amount = amountOf(word, words)
    const holder = await openHolder(context, resources)
    switch (word) {
      case 'info':
      case 'price':
        return await tellPeg(context, holder)
      case 'accounts':
        return await tellAccount(context, holder)
      case 'history':
        return await tellHistory(context, holder)
      case 'worst':
        return await tellWorst(context, holder)
      case 'watch':
        return await (await import('./watch.js')).watch(context, holder, resources)
      default:
        return await travel(context, { holder, word, amount, account: words[0] ?? '', resources })
    }
  })
}

/** Satoshis, or `MOST`; null if the word takes no amount. */
function amountOf(word: UserWord, [text, ...rest]: readonly string[]): bigint | null {
  if (word === 'liquidate') {
    if (rest.length > 0 || !/^[0-9a-fA-F]{64}$/.test(text ?? ''))
      throw wrongArgument('pegs liquidate needs the id of an account: 64 hex digits, see pegs worst')
    return null
  }
  if (!['deposit', 'fund', 'get', 'exchange', 'withdraw'].includes(word)) {
    if (text !== undefined) throw wrongArgument(`pegs ${word} takes no further argument`)
    return null
  }
  if (word === 'get' && text === 'max' && rest.length === 0) return MOST
  const sat = text === undefined ? undefined : coinsType(1n).parse(text)
  if (sat === undefined || rest.length > 0)
    throw wrongArgument(`pegs ${word} needs an amount of coins, such as 1.5`)
  return sat
}
