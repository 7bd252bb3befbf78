/** Words that name an address or a token. */
import { meant, mistake, shown, wrongArgument, type Settings } from '../../config/index.js'
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

/** Which part of a history is asked for. */
export function rangeOf(settings: Pick<Settings, 'history.from' | 'history.to' | 'ledger.count'>) {
  const { 'history.from': from = 0, 'history.to': to = 2 ** 32, 'ledger.count': last } = settings
  if (from > to) throw mistake('E_CONFIG_VALUE', `--from ${from} is above --to ${to}`)
  return { from, to, last }
}
