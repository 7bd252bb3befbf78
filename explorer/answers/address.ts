/** What an address holds, now or after an earlier block, valued; and its history with the balance after each line. */
import { BadRequest, Csv, unitsText, wantsCsv } from '../../base/index.js'
import {
  addressText,
  heightIn,
  historyColumns,
  historyRow,
  TICKERS,
  typedAddress,
  type HistoryPage,
  type ShownAction,
} from '../../ledger/index.js'
import { addressOf } from '../search.js'
import { balancesAfter, type Held } from './after.js'
import { asking, type Answer, type Reader } from './parts.js'

type Line = ShownAction & { readonly after: readonly Held[] }

export const address: Answer = (reader, name, asked) => {
  const { query, reads } = reader
  const found = addressOf(name)
  if (found === null) throw new BadRequest('this is no address: give one that begins with FA')
  const text = addressText(found)
  const tip = query.about().height
  const height = heightIn(asked, reader)
  if (asked.get('list') === 'balances') {
    if (!wantsCsv(asked)) throw new BadRequest('list is for format=csv: balances or history')
    return Csv.of(['ticker', 'amount', 'usd'], heldAt(reader, found, { height, tip }).balances)
  }
  const own = asking({ address: text, format: 'json' }, asked)
  own.delete('height')
  const { actions, next } = reads.history(own) as HistoryPage
  const after = balancesAfter(reader, found, actions)
  const lines = actions.map((line, k): Line => ({ ...line, after: after[k] ?? [] }))
  if (wantsCsv(asked)) return csvOf(lines)
  return {
    ...{ address: text, height, tip },
    ...heldAt(reader, found, { height, tip }),
    typed: TICKERS.map((ticker) => ({ ticker, address: typedAddress(found, ticker) })),
    ...{ actions: lines, next },
  }
}

/** Valued by the prices of that block. */
function heldAt(
  { query, worths }: Reader,
  address: string,
  { height, tip }: { readonly height: number; readonly tip: number },
) {
  const dollars = height === tip ? worths.dollars() : worths.dollarsAt(height)
  const held = [...query.balancesOf(address, height)].map(([ticker, amount]) => ({
    ...{ ticker, amount, usd: dollars?.(amount, ticker) ?? null },
  }))
  return {
    usd: dollars === null ? null : unitsText(held.reduce((sum, { usd }) => sum + (usd ?? 0n), 0n)),
    balances: held.map(({ ticker, amount, usd }) => ({
      ...{ ticker, amount: unitsText(amount), usd: usd === null ? null : unitsText(usd) },
    })),
  }
}

/** Behind the columns of the history: what the address had of both tokens after the line. */
const csvOf = (lines: readonly Line[]): Csv =>
  new Csv(
    [...historyColumns, 'balance', 'balance_usd', 'target_balance', 'target_balance_usd'],
    lines.map((line) => {
      const of = (ticker: string | null): (string | null)[] => {
        const held = line.after.find((one) => one.ticker === ticker)
        return [held?.amount ?? null, held?.usd ?? null]
      }
      return [...historyRow(line), ...of(line.ticker), ...of(line.target)]
    }),
  )
