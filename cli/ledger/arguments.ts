/** Words that name an address or a token. */
import { meant, shown, wrongArgument } from '../../config/index.js'
import { readAnyAddress, TICKERS } from '../../ledger/index.js'

/** Its RCD hash, hex. */
export function addressOf(text: string): string {
  const address = readAnyAddress(text)
  if (address !== null) return address
  throw wrongArgument(`${shown(text)} is no address; give one that begins with FA`)
}

export function tickerOf(word: string): string {
  if (TICKERS.includes(word)) return word
  const hint = meant(word, TICKERS, 'see pegminer ledger issuance')
  throw wrongArgument(`there is no token ${shown(word)}${hint}`)
}
