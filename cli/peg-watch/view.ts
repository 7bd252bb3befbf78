/** What `pegminer peg-watch` prints. Pure. */
import { unitsText } from '../../base/index.js'
import {
  gainOf,
  type Look,
  type PaperAccount,
  type PaperEvent,
  type TokenLook,
  type Trade,
  worthNow,
} from '../../desk/index.js'
import type { Output } from '../program/output.js'
import { countText, percentText, plural } from '../view/format.js'

/** 1e-16 USD with cents. */
export const moneyText = (money: bigint): string => {
  const cents = (money < 0n ? -money : money) / 10n ** 14n
  return `${money < 0n ? '-' : ''}${countText(cents / 100n)}.${String(cents % 100n).padStart(2, '0')}`
}

const DIGITS = 6
/** 1e-8 USD, six digits. */
const priceText = (price: bigint | null): string => {
  if (price === null) return '–'
  const usd = Number(price) / 1e8
  const places = usd > 0 ? DIGITS - 1 - Math.floor(Math.log10(usd)) : 2
  return usd.toFixed(Math.min(8, Math.max(2, places)))
}

const signed = (part: number): string =>
  part === 0 ? 'at peg' : `${part > 0 ? '+' : ''}${percentText(part)}`

const PRICE = 12
export const HEAD = ` ${'token'.padEnd(6)}${['oracle', 'next', 'bid', 'ask'].map((name) => name.padStart(PRICE)).join('')}${'premium'.padStart(10)}${'USD'.padStart(9)}${'case'.padStart(5)}`

export function tokenText(look: TokenLook, { paint }: Pick<Output, 'paint'>): string {
  const { token, rate, expected, bid, ask, premium, depth, scenario } = look
  const prices = [rate, expected, bid, ask].map((price) => priceText(price).padStart(PRICE)).join('')
  const off = signed(premium).padStart(10)
  const usd = countText(depth / 10n ** 16n).padStart(9)
  const shown = scenario === null ? off : paint('yellow', off)
  return ` ${token.padEnd(6)}${prices}${shown}${usd}${scenario === null ? '' : scenario.padStart(5)}`
}

const amountText = (amount: bigint): string => unitsText(amount).replace(/(\.\d{4})\d+$/, '$1')

export function tradeText(trade: Trade): string {
  const { buy, sell, input, output, cost, kept } = trade
  const gain = gainOf(trade)
  return (
    `${moneyText(gain)} USD (${percentText(shareOf(gain, cost))}): buy ${amountText(input + (kept ?? 0n))} ${buy.token} at ${buy.exchange} for ` +
    `${moneyText(cost)}, ${kept ? `pay ${unitsText(kept)} of it for the withdrawal, ` : ''}convert, sell ${amountText(output)} ${sell.token} at ${sell.exchange}`
  )
}

export const shareOf = (gain: bigint, cost: bigint): number =>
  cost === 0n ? 0 : Number((gain * 1_000_000n) / cost) / 1e6

const REDUCED = {
  average: 'the average makes less of it than the rate',
  bank: 'as if it had the bank of its block alone: what others convert into PEG there makes this less',
} as const

/** What there is to say of a trade besides. */
export function remarksOf({ risk, reduced, closed }: Trade): string {
  const falls =
    risk === null
      ? 'the ledger has too few prices to tell a risk'
      : `once in 20 times it is worth ${percentText(risk.fall)} less by then; would have lost ${percentText(risk.lost, 0)} of the time`
  return [...(closed === null ? [falls] : [closed]), ...reduced.map((rule) => REDUCED[rule])].join('; ')
}

/** Of which of these the withdrawal is not reckoned; null: of none. */
export function freeText(trades: readonly Trade[]): string | null {
  const bought = trades.flatMap(({ buy, kept }) => (kept === null ? `${buy.token} at ${buy.exchange}` : []))
  const names = [...new Set(bought)].join(', ')
  return names === ''
    ? null
    : `without what the exchange keeps of a withdrawal of ${names}: say it in pegWatch.withdrawals`
}

export const troubleText = ({ exchange, symbol, reason }: Look['troubles'][number]): string =>
  `${exchange}${symbol === null ? '' : ` ${symbol}`}: ${reason}`

export const tokenFacts = (token: TokenLook) => ({
  ...{ ...token, rate: unitsText(token.rate), expected: textOf(token.expected), bid: textOf(token.bid) },
  ...{ ask: textOf(token.ask), depth: usdText(token.depth) },
})

const textOf = (units: bigint | null): string | null => (units === null ? null : unitsText(units))

export const tradeFacts = (trade: Trade) => ({
  ...{ buy: trade.buy, sell: trade.sell, input: unitsText(trade.input), output: unitsText(trade.output) },
  ...{
    kept: textOf(trade.kept),
    cost: usdText(trade.cost),
    proceeds: usdText(trade.proceeds),
    gain: usdText(gainOf(trade)),
  },
  ...{ reduced: trade.reduced, closed: trade.closed, risk: trade.risk },
})

export const usdText = (money: bigint): string => unitsText(money / 10n ** 8n)

export function paperText(account: PaperAccount): string {
  const { capital, cash, gained, count, open } = account
  return (
    `${moneyText(worthNow(account))} USD of ${moneyText(capital)}; ${moneyText(gained)} gained by ${plural(count, 'trade')}, ` +
    `${open.length} open, ${moneyText(cash)} in cash`
  )
}

export const paperFacts = (account: PaperAccount) => ({
  ...{ capital: usdText(account.capital), cash: usdText(account.cash), usd: usdText(worthNow(account)) },
  ...{ gained: usdText(account.gained), count: account.count, open: account.open.length },
})

export function paperEvent({ stage, trade }: PaperEvent) {
  const { buy, sell, boughtAt, convertedAt, input, cost, left, proceeds } = trade
  return {
    ...{ event: 'peg-watch.paper', stage, buy, sell, boughtAt, convertedAt, input: unitsText(input) },
    ...{ cost: usdText(cost), output: unitsText(left.output), refund: unitsText(left.refund) },
    ...{ proceeds: usdText(proceeds), gain: stage === 'sold' ? usdText(proceeds - cost) : null },
  }
}
