/**
 * Development only: what made-up holders do, so that an embedded network has something to show. Each wish is a batch of
 * one holder; now and then one asks for more than it has, which the ledger refuses. Pure: chance is passed in.
 */
import type { Balances, LedgerTransaction, Ticker } from '../../ledger/index.js'

export interface HolderState {
  /** Hex. */
  readonly address: string
  readonly balances: Balances
}

/** Tokens that conversions may give under all rules. */
const TARGETS: readonly Ticker[] = ['pUSD', 'pEUR', 'pXBT', 'pETH', 'pXAU', 'pJPY', 'pGBP', 'pXAG']
/** Of a balance, in hundredths. */
const SHARE = { least: 1, most: 25 }
const CONVERTS = 0.6
const OVERSPENDS = 0.05
const RECIPIENTS = 3
/** Less than this is left alone, 1e-8. */
const DUST = 1_000_000n

/** At most one batch of each of `most` holders that have anything. `chance` gives numbers from 0 to below 1. */
export function wishesOf(
  holders: readonly HolderState[],
  most: number,
  chance: () => number,
): LedgerTransaction[] {
  const able = shuffled(
    holders.filter(({ balances }) => spendable(balances).length > 0),
    chance,
  )
  return able.slice(0, most).map((holder) => wishOf(holder, holders, chance))
}

const spendable = (balances: Balances): [Ticker, bigint][] =>
  [...balances].filter(([, amount]) => amount >= DUST)

function wishOf(
  { address, balances }: HolderState,
  others: readonly HolderState[],
  chance: () => number,
): LedgerTransaction {
  const [ticker, held] = oneOf(spendable(balances), chance)
  const share = BigInt(SHARE.least + Math.floor(chance() * (SHARE.most - SHARE.least + 1)))
  const amount = chance() < OVERSPENDS ? 2n * held : (held * share) / 100n
  if (chance() < CONVERTS) {
    const targets = TARGETS.filter((target) => target !== ticker)
    return { kind: 'conversion', input: { address, ticker, amount }, target: oneOf(targets, chance) }
  }
  const receivers = shuffled(
    others.filter((other) => other.address !== address),
    chance,
  ).slice(0, 1 + Math.floor(chance() * RECIPIENTS))
  const part = amount / BigInt(receivers.length)
  const outputs = receivers.map((other) => ({ address: other.address, amount: part }))
  return { kind: 'transfer', input: { address, ticker, amount: part * BigInt(receivers.length) }, outputs }
}

const oneOf = <T>(list: readonly T[], chance: () => number): T =>
  list[Math.floor(chance() * list.length)] as T

function shuffled<T>(list: readonly T[], chance: () => number): T[] {
  return list
    .map((value) => ({ value, at: chance() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)
}
