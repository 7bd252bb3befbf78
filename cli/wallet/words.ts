/** The words of a wallet, shown. */
import { mistake } from '../../config/index.js'
import type { WalletContext } from './context.js'

/** Standard output may be a file, or go to another program: words are for eyes alone. */
export function requireTerminal({ output, stdout }: WalletContext): void {
  if (!output.json && stdout.isTTY === true) return
  throw mistake('E_CONFIG_SECRET', '--words shows secrets: on a terminal only, without --json')
}

export function showWords(context: WalletContext, words: string | undefined): void {
  requireTerminal(context)
  const { output } = context
  output.line()
  if (words === undefined)
    return output.line(' Its keys were imported one by one: there are no words for them.')
  output.line(' All keys of the kind "words" can be made of these again. Who has them has all of it.')
  const list = words.split(' ').map((word, k) => `${String(k + 1).padStart(2)} ${word.padEnd(9)}`)
  for (let at = 0; at < list.length; at += 6) output.line(` ${list.slice(at, at + 6).join(' ')}`)
}
