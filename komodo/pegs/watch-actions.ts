/** What a watched peg asks for to be done by itself, within limits. Pure. */
import { coinsText } from '../tx/index.js'
import { UNIT } from './expression.js'
import { isAtLeast, valueOf } from './formulas.js'
import { checkCoins, DUST, outcomeOf } from './operations.js'
import type { Victim } from './standing.js'
import type { Look } from './watch.js'

/** Each is done only if it is asked for; amounts in satoshis. */
export interface WatchRules {
  /** From the ratio `from` on (percent) tokens are put into the own account until it is `to`. */
  readonly topUp: { readonly from: bigint; readonly to: bigint; readonly daily: bigint } | null
  /** From this ratio on the own debt is paid. */
  readonly redeem: { readonly from: bigint; readonly daily: bigint } | null
  /** Accounts of others, if it brings at least `profit` coins. */
  readonly liquidate: { readonly profit: bigint; readonly daily: bigint } | null
}

export const NO_RULES: WatchRules = { topUp: null, redeem: null, liquidate: null }

export const RULE_NAMES = ['topUp', 'redeem', 'liquidate'] as const
export type RuleName = (typeof RULE_NAMES)[number]

export interface WatchAction {
  readonly rule: RuleName
  /** What is spent: tokens of a top-up, else coins. */
  readonly sat: bigint
  /** Whose account is liquidated, by its latest transaction. */
  readonly account: string | null
}

/** `held`: something should be done, and is not, for this reason. */
export type WatchChoice =
  | { readonly do: 'nothing' }
  | { readonly do: 'act'; readonly action: WatchAction }
  | { readonly do: 'hold'; readonly rule: RuleName; readonly held: string }

export interface WatchMeans {
  /** What may still be spent today, by rule. */
  readonly left: Readonly<Record<RuleName, bigint>>
  /** Outputs of the own wallet, satoshis. */
  readonly outputs: readonly bigint[]
}

const NOTHING: WatchChoice = { do: 'nothing' }

/** The first rule that has something to do: what saves the own account comes before what earns. */
export function chooseAction(look: Look, rules: WatchRules, means: WatchMeans): WatchChoice {
  // Without a price nothing is judged, and a daemon dies of some calls.
  if (look.view.price === 0n) return NOTHING
  for (const choose of [chooseRedeem, chooseTopUp, chooseLiquidation]) {
    const choice = choose(look, rules, means)
    if (choice.do !== 'nothing') return choice
  }
  return NOTHING
}

/** The price that the module goes by, or that it will come to, if that is worse. */
const worsePrice = ({ view: { price, market } }: Look): bigint =>
  market > 0n && market < price ? market : price

function isFrom(look: Look, percent: bigint): boolean {
  const { deposit, debt } = look.view.account ?? { deposit: 0n, debt: 0n }
  return debt > 0n && isAtLeast(debt, valueOf(deposit, worsePrice(look)), percent)
}

function chooseRedeem(look: Look, { redeem }: WatchRules, { left, outputs }: WatchMeans): WatchChoice {
  if (redeem === null || !isFrom(look, redeem.from)) return NOTHING
  const debt = look.view.account?.debt ?? 0n
  return act(
    { rule: 'redeem', sat: debt, account: null },
    left.redeem,
    () => void outcomeOf({ do: 'redeem' }, look.view, outputs),
  )
}

function chooseTopUp(look: Look, { topUp }: WatchRules, { left }: WatchMeans): WatchChoice {
  if (topUp === null || !isFrom(look, topUp.from)) return NOTHING
  const { account, tokens } = look.view
  const { deposit, debt } = account ?? { deposit: 0n, debt: 0n }
  const need = divideUp(debt * 100n * UNIT, topUp.to * worsePrice(look)) - deposit
  const most = [need, tokens, left.topUp].reduce((a, b) => (a < b ? a : b))
  if (most >= DUST) return { do: 'act', action: { rule: 'topUp', sat: most, account: null } }
  const why =
    left.topUp < DUST
      ? `today's limit of ${coinsText(topUp.daily)} tokens is used up`
      : 'you have no tokens left'
  return { do: 'hold', rule: 'topUp', held: why }
}

function chooseLiquidation(
  { view, victims, open }: Look,
  { liquidate }: WatchRules,
  { left, outputs }: WatchMeans,
): WatchChoice {
  if (liquidate === null || !open || view.account === null) return NOTHING
  const profitOf = ({ gain }: Victim): bigint => gain?.profit ?? 0n
  const [best] = victims
    .filter((victim) => !victim.exchanged && victim.gain !== null && profitOf(victim) >= liquidate.profit)
    .sort((a, b) => (profitOf(a) > profitOf(b) ? -1 : 1))
  if (best === undefined) return NOTHING
  return act({ rule: 'liquidate', sat: best.debt, account: best.txid }, left.liquidate, () =>
    checkCoins(best.debt, outputs),
  )
}

function act(action: WatchAction, left: bigint, check: () => void): WatchChoice {
  const { rule, sat } = action
  if (sat > left)
    return {
      do: 'hold',
      rule,
      held: `it takes ${coinsText(sat)} coins, and today's limit leaves ${coinsText(left)}`,
    }
  try {
    check()
  } catch (error) {
    return { do: 'hold', rule, held: (error as Error).message }
  }
  return { do: 'act', action }
}

const divideUp = (a: bigint, b: bigint): bigint => (a + b - 1n) / b
