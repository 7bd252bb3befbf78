/** The section `pegWatch` of the configuration file. Pure. */
import { optional, type InferOutput } from 'valibot'

import {
  decimal,
  duration,
  integer,
  named,
  readShape,
  section,
  share,
  special,
  value,
  valueOrNone,
  type SectionProblem,
  type SectionResult,
} from '../../config/index.js'
import { TICKERS } from '../../ledger/index.js'
import type { LookRules } from './look.js'
import type { MarketName } from './market.js'

const MOST_MARKETS = 20
/** Each is a request a look, and each pair of them may be a trade. */
const MOST_TOGETHER = 200
const MARKET = /^([a-z][a-z0-9-]{0,39}):([A-Z0-9]{1,20}\/[A-Z0-9]{1,20})$/
const text = { type: 'string', pattern: MARKET.source }

const marketList = special<readonly (readonly [exchange: string, symbol: string])[]>({
  expects: `a market such as gate:PUSD/USDT, or a list of at most ${MOST_MARKETS}`,
  schema: { anyOf: [text, { type: 'array', maxItems: MOST_MARKETS, items: text }] },
  meaning: 'where it is traded: a source of prices.sources or an exchange of ccxt, and the symbol there',
  parse: (raw) => {
    const list = (Array.isArray(raw) ? (raw as unknown[]) : [raw]).map((one) =>
      typeof one === 'string' ? MARKET.exec(one) : null,
    )
    return list.length > MOST_MARKETS || list.includes(null)
      ? undefined
      : list.flatMap((found) => (found === null ? [] : [[found[1] ?? '', found[2] ?? ''] as const]))
  },
})

export const pegWatchShape = section({
  markets: optional(named(marketList, 'markets by token, such as pUSD or PEG'), {}),
  fee: optional(value(decimal(0, 50), 'percent that a taker pays'), 0.2),
  fees: optional(named(value(decimal(0, 50), 'the same there'), 'fees of exchanges that take others'), {}),
  withdrawals: optional(
    named(
      named(value(decimal(0, 1e9), 'so much of it is kept there, whatever the amount'), 'tokens'),
      'what exchanges keep of a withdrawal, by token',
    ),
    {},
  ),
  atPeg: optional(value(share, 'a token that is off by less is at its peg'), '1%'),
  deep: optional(value(decimal(0, 1e12), 'USD from which on a depth is much'), 10_000),
  least: optional(value(decimal(0, 1e9), 'USD that a trade must gain to be shown'), 1),
  most: valueOrNone(decimal(0.01, 1e12), 'USD that a trade may cost'),
  convertAfter: optional(value(integer(2, 1000, 'blocks'), 'from a purchase to its conversion'), 3),
  sellAfter: optional(value(integer(0, 1000, 'blocks'), 'from there to the sale'), 2),
  window: optional(value(integer(50, 5000, 'blocks'), 'of the past by which the risk is measured'), 2016),
  capital: optional(value(decimal(1, 1e12), 'USD that a paper account begins with'), 10_000),
  every: optional(value(duration, 'time from look to look'), '30s'),
})

type Raw = InferOutput<typeof pegWatchShape>

export interface PegWatch extends LookRules {
  readonly markets: readonly MarketName[]
  readonly everyMs: number
  /** USD. */
  readonly capital: number
}

export function pegWatchSection(raw: unknown): SectionResult<PegWatch> {
  const { value: found, problems } = readShape(pegWatchShape, raw ?? {})
  const strange = [
    ...marketProblems(found?.markets ?? {}),
    ...Object.entries(found?.withdrawals ?? {}).flatMap(([exchange, tokens]) =>
      strangeTokens(tokens, ['withdrawals', exchange]),
    ),
  ]
  return found === undefined || problems.length + strange.length > 0
    ? { problems: [...problems, ...strange] }
    : { value: pegWatchOf(found) }
}

const strangeTokens = (tokens: object, path: readonly string[]): SectionProblem[] =>
  Object.keys(tokens)
    .filter((token) => !TICKERS.includes(token))
    .map((token) => ({
      path: [...path, token],
      message: 'there is no such token; pUSD, pXBT and PEG are some',
    }))

function marketProblems(markets: Raw['markets']): SectionProblem[] {
  const problems = strangeTokens(markets, ['markets'])
  const count = Object.values(markets).reduce((sum, list) => sum + list.length, 0)
  if (count > MOST_TOGETHER)
    problems.push({
      path: ['markets'],
      message: `names ${count} markets: at most ${MOST_TOGETHER} can be watched`,
    })
  return problems
}

function pegWatchOf({
  markets,
  fee,
  fees,
  withdrawals,
  convertAfter,
  sellAfter,
  every,
  ...rest
}: Raw): PegWatch {
  return {
    ...rest,
    markets: Object.entries(markets).flatMap(([token, list]) =>
      list.map(([exchange, symbol]) => ({ token, exchange, symbol })),
    ),
    fee: fee / 100,
    fees: mapped(fees, (percent) => percent / 100),
    withdrawals: mapped(withdrawals, (tokens) =>
      mapped(tokens, (amount) => BigInt(Math.round(amount * 1e8))),
    ),
    waits: { convert: convertAfter, sell: sellAfter },
    everyMs: every,
  }
}

const mapped = <V, W>(table: Readonly<Record<string, V>>, of: (value: V) => W): Record<string, W> =>
  Object.fromEntries(Object.entries(table).map(([key, value]) => [key, of(value)]))
