/** What an address holds, now or after an earlier block, valued; and its history with the balance after each line. */
import { BadRequest, Csv, unitsText } from '../../base/index.js'
import { addressText, heightIn, TICKERS, typedAddress } from '../../ledger/index.js'
import { addressOf } from '../search.js'
import { asking, type Answer, type Reader } from './parts.js'

interface Line {
  readonly verdict: number
  readonly address: string
  readonly ticker: string | null
  readonly target: string | null
  readonly outputs: readonly { readonly address: string }[]
}

export const address: Answer = (reader, name, asked) => {
  const { query, reads, worths } = reader
  const found = addressOf(name)
  if (found === null) throw new BadRequest('this is no address: give one that begins with FA')
  const text = addressText(found)
  const own = asking({ address: text }, asked)
  own.delete('height')
  const history = reads.history(own)
  if (history instanceof Csv) return history
  const tip = query.about().height
  const height = heightIn(asked, reader)
  const dollars = height === tip ? worths.dollars() : worths.dollarsAt(height)
  const held = [...query.balancesOf(found, height)].map(([ticker, amount]) => ({
    ...{ ticker, amount, usd: dollars?.(amount, ticker) ?? null },
  }))
  const { actions, next } = history as { actions: readonly Line[]; next: string | null }
  return {
    ...{ address: text, height, tip },
    usd: dollars === null ? null : unitsText(held.reduce((sum, { usd }) => sum + (usd ?? 0n), 0n)),
    balances: held.map(({ ticker, amount, usd }) => ({
      ...{ ticker, amount: unitsText(amount), usd: usd === null ? null : unitsText(usd) },
    })),
    typed: TICKERS.map((ticker) => ({ ticker, address: typedAddress(found, ticker) })),
    actions: actions.map((line) => ({ ...line, after: afterLine(reader, found, line) })),
    next,
  }
}

/** What the address had of the tokens of a line after the block that executed it. */
function afterLine(
  { query }: Reader,
  own: string,
  { verdict, address: payer, ticker, target }: Line,
): object[] {
  if (verdict <= 0 || verdict < (query.about().begins ?? 0)) return []
  // What a conversion or payment gives belongs to the line's address, what a transfer gives to its outputs.
  const tickers = addressText(own) === payer ? [ticker, target] : [ticker]
  return tickers
    .filter((one): one is string => one !== null && TICKERS.includes(one))
    .map((one) => ({ ticker: one, amount: unitsText(query.balanceOf(own, one, verdict)) }))
}
