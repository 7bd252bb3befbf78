/** What pages are told as it happens: that there is a new block, and how the program stands that follows the chain. */
import type { LedgerQueries } from '../ledger/index.js'
import type { Reader } from './answers/parts.js'

/** Answers with how things are if `all` is asked for or anything has changed since it was last told; else null. */
export function blockNews(
  query: Pick<LedgerQueries, 'about'>,
  { pulse, blockSeconds }: Pick<Reader, 'pulse' | 'blockSeconds'>,
): (all: boolean) => object | null {
  let lastText = ''
  return (all) => {
    const { network, height } = query.about()
    const { nodeHeight, minute, trouble } = pulse() ?? { nodeHeight: null, minute: null, trouble: null }
    const news = { network, height, nodeHeight, minute, trouble, blockSeconds: blockSeconds() }
    const text = JSON.stringify(news)
    if (all) return news
    if (text === lastText) return null
    lastText = text
    return news
  }
}
