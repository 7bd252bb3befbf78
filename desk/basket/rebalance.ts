/**
 * Which conversions set a basket right: surplus into what is short, and nothing else. Pure. Worth is counted in units of an
 * amount times units of a rate: 1e-16 USD, exactly.
 */
import type { Balances, Rates, Ticker } from '../../ledger/index.js'
import type { Basket, Obligation } from './file.js'
import { WHOLE } from './weights.js'

export interface Move {
  readonly ticker: Ticker
  readonly amount: bigint
  readonly target: Ticker
}

export interface Standing {
  readonly balances: Balances
  readonly rates: Rates
  readonly parts: ReadonlyMap<Ticker, bigint>
  /** UNIX ms. */
  readonly now: number
}

/** A token of the basket: what it is worth, and what it should be. */
export interface Line {
  readonly ticker: Ticker
  readonly held: bigint
  readonly rate: bigint
  readonly worth: bigint
  /** Of which so much is owed soon. */
  readonly owed: bigint
  readonly wanted: bigint
}

/** What must be held now: what is paid within the time of each. An amount counts until its date is past. */
export function owedAt(cover: readonly Obligation[], now: number): ReadonlyMap<Ticker, bigint> {
  const owed = new Map<Ticker, bigint>()
  for (const { token, amount, date, ahead } of cover)
    if (now >= date - ahead && now <= date) owed.set(token, (owed.get(token) ?? 0n) + amount)
  return owed
}

/** The tokens of the basket and what is owed; tokens beside it are left alone. One without a rate is left out. */
export function linesOf(basket: Pick<Basket, 'cover'>, { balances, rates, parts, now }: Standing): Line[] {
  const owed = owedAt(basket.cover, now)
  const raw = [...new Set([...parts.keys(), ...owed.keys()])].flatMap((ticker) => {
    const [held, rate] = [balances.get(ticker) ?? 0n, rates.get(ticker) ?? 0n]
    return rate === 0n
      ? []
      : [{ ticker, held, rate, worth: held * rate, owed: (owed.get(ticker) ?? 0n) * rate }]
  })
  const whole = raw.reduce((sum, { worth }) => sum + worth, 0n)
  const set = raw.reduce((sum, line) => sum + line.owed, 0n)
  const free = whole > set ? whole - set : 0n
  const counted = raw.reduce((sum, { ticker }) => sum + (parts.get(ticker) ?? 0n), 0n)
  return raw.map((line) => {
    const part = parts.get(line.ticker) ?? 0n
    const share = counted === 0n ? 0n : (free * part) / counted
    return { ...line, wanted: line.owed + share }
  })
}

/** How far the most distant token is from its part, as a part of the whole. */
export function driftOf(lines: readonly Line[]): number {
  const whole = lines.reduce((sum, { worth }) => sum + worth, 0n)
  if (whole === 0n) return 0
  const most = lines.reduce((far, { worth, wanted }) => {
    const off = worth > wanted ? worth - wanted : wanted - worth
    return off > far ? off : far
  }, 0n)
  return Number((most * WHOLE) / whole) / Number(WHOLE)
}

/** What is owed is filled first, then the largest gap; the largest surplus is spent first. */
export function movesOf(lines: readonly Line[], least: bigint): Move[] {
  const surplus = lines
    .map((line) => ({ ...line, left: line.worth - line.wanted }))
    .filter(({ left }) => left > 0n)
    .sort((one, two) => descending(one.left, two.left))
  const short = lines
    .map((line) => ({ ...line, left: line.wanted - line.worth, due: line.owed > line.worth }))
    .filter(({ left }) => left > 0n)
    .sort((one, two) => Number(two.due) - Number(one.due) || descending(one.left, two.left))
  const moves: Move[] = []
  for (const to of short)
    for (const from of surplus) {
      const worth = from.left < to.left ? from.left : to.left
      if (worth < least * WHOLE) continue
      const amount = worth / from.rate
      if (amount === 0n) continue
      moves.push({ ticker: from.ticker, amount, target: to.ticker })
      from.left -= worth
      to.left -= worth
    }
  return moves
}

const descending = (one: bigint, two: bigint): number => (one === two ? 0 : one > two ? -1 : 1)

/** Worth of all tokens that have a rate, 1e-16 USD. */
export const worthOf = (balances: Balances, rates: Rates): bigint =>
  [...balances].reduce((sum, [ticker, amount]) => sum + amount * (rates.get(ticker) ?? 0n), 0n)
