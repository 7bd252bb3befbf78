/** `pegminer wallet list|address`: what anybody may see of it. */
import {
  findAddress,
  readAddress,
  readWallet,
  TICKERS,
  typedAddress,
  type WalletAddress,
} from '../../ledger/index.js'
import { tickerOf } from '../ledger/arguments.js'
import { EXIT } from '../program/context.js'
import { plural } from '../view/format.js'
import { fileOf, type WalletContext } from './context.js'
import { unlockVault } from './open.js'
import { requireTerminal, showWords } from './words.js'

export function tellAddress({ output }: Pick<WalletContext, 'output'>, entry: WalletAddress): void {
  const { address, name, kind, path } = entry
  output.event({ event: 'wallet.address', address, name, kind, path })
  output.line(` ${address}  ${KINDS[kind].padEnd(10)}  ${name ?? ''}`.trimEnd())
}

const KINDS = { words: 'words', factoid: 'key', ethereum: 'Ethereum', watch: 'watched' } as const

export async function list(context: WalletContext): Promise<number> {
  const { settings, output } = context
  if (settings['wallet.words']) requireTerminal(context)
  const wallet = readWallet(fileOf(context))
  for (const entry of wallet.addresses) tellAddress(context, entry)
  if (wallet.addresses.length === 0) output.line(' no address yet')
  if (settings['wallet.words']) {
    const { seeds } = await unlockVault(context, wallet)
    for (const { words } of seeds) showWords(context, words)
    if (seeds.length === 0) showWords(context, undefined)
  }
  return EXIT.done
}

/** One address, as it is written for each token. */
export function address(context: WalletContext, first?: string, second?: string): number {
  const { output } = context
  const isToken = (word: string | undefined): boolean => word !== undefined && TICKERS.includes(word)
  // `wallet address pUSD` where there is one address only.
  const [which, token] = second === undefined && isToken(first) ? [undefined, first] : [first, second]
  const found = findAddress(readWallet(fileOf(context)).addresses, which)
  const hash = readAddress(found.address) ?? ''
  const tickers = token === undefined ? TICKERS : [tickerOf(token)]
  const typed = Object.fromEntries(tickers.map((ticker) => [ticker, typedAddress(hash, ticker)]))
  output.event({ event: 'wallet.address', ...found, typed })
  output.line(` ${found.address}${found.name === null ? '' : `  ${found.name}`}`)
  output.line()
  for (const text of Object.values(typed)) output.line(` ${text}`)
  output.line()
  output.line(` ${plural(tickers.length, 'form')} of the same address, each for one token.`)
  return EXIT.done
}
