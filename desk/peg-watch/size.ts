/** How much to buy on one side, convert, and sell on the other, so that most is gained. Pure, in whole units. */
import type { Ratio } from '../../ledger/index.js'
import { upwards, type Step } from './market.js'

export interface Size {
  /** What is converted, and what that gives. */
  readonly input: bigint
  readonly output: bigint
  /** 1e-16 USD. */
  readonly cost: bigint
  readonly proceeds: bigint
}

export type Steps = readonly Pick<Step, 'amount' | 'net'>[]

/**
 * The size of the greatest gain; null: there is none. Both sides get worse with each step, so what one more unit gains
 * falls: the walk goes on to the step at which it would lose. Conversions round down, so the sizes next to that step are
 * compared. Where a unit is worth whole units of the other token, or they of it, no size gains more; else one may gain
 * what a unit of both is worth.
 */
export function bestSize(asks: Steps, bids: Steps, ratio: Ratio): Size | null {
  const { from, to } = ratio
  const outputOf = (input: bigint): bigint => (input * from) / to
  const least = (output: bigint): bigint => upwards(output * to, from)
  let end: { readonly input: bigint } | { readonly output: bigint } | null = null
  let [k, j] = [0, 0]
  let [bought, sold] = [asks[0]?.amount ?? 0n, bids[0]?.amount ?? 0n]
  for (let [ask, bid] = [asks[0], bids[0]]; ask && bid && bid.net * from > ask.net * to;) {
    const [here, there] = [bought * from, sold * to]
    end = here <= there ? { input: bought } : { output: sold }
    if (here <= there) bought += (ask = asks[++k])?.amount ?? 0n
    if (there <= here) sold += (bid = bids[++j])?.amount ?? 0n
  }
  if (end === null) return null
  const outputs =
    'output' in end ? [end.output, end.output - 1n] : [outputOf(end.input), outputOf(end.input) + 1n]
  const inputs = 'input' in end ? [end.input] : [(end.output * to) / from]
  const sizes = [...outputs.map(least), ...inputs].map((input) => sizeOf(input, outputOf(input), asks, bids))
  return sizes.reduce<Size | null>(
    (best, size) => (size !== null && gainOf(size) > (best === null ? 0n : gainOf(best)) ? size : best),
    null,
  )
}

export const gainOf = ({ cost, proceeds }: Pick<Size, 'cost' | 'proceeds'>): bigint => proceeds - cost

/** Null: the books do not hold so much. */
export function sizeOf(input: bigint, output: bigint, asks: Steps, bids: Steps): Size | null {
  const [cost, proceeds] = [moneyOf(input, asks), moneyOf(output, bids)]
  return cost === null || proceeds === null || input <= 0n ? null : { input, output, cost, proceeds }
}

/** What an amount costs, or brings, step by step; null: the steps do not hold so much. */
function moneyOf(amount: bigint, steps: Steps): bigint | null {
  let [left, money] = [amount, 0n]
  for (const step of steps) {
    if (left <= 0n) break
    const taken = left < step.amount ? left : step.amount
    money += taken * step.net
    left -= taken
  }
  return left > 0n ? null : money
}

/** The steps as far as this much is in them. */
export function upTo<S extends Pick<Step, 'amount'>>(steps: readonly S[], most: bigint): S[] {
  let left = most
  return steps.flatMap((step) => {
    const amount = left < step.amount ? left : step.amount
    left -= amount
    return amount > 0n ? [{ ...step, amount }] : []
  })
}

/** The steps behind this much. */
export function behind<S extends Pick<Step, 'amount'>>(steps: readonly S[], least: bigint): S[] {
  let left = least
  return steps.flatMap((step) => {
    const amount = left < step.amount ? step.amount - left : 0n
    left -= step.amount - amount
    return amount > 0n ? [{ ...step, amount }] : []
  })
}

/** The steps as far as this much money buys them. */
export function payable<S extends Pick<Step, 'amount' | 'net'>>(steps: readonly S[], money: bigint): S[] {
  let left = money
  return steps.flatMap((step) => {
    const whole = left / step.net
    const amount = whole < step.amount ? whole : step.amount
    left = whole < step.amount ? 0n : left - amount * step.net
    return amount > 0n ? [{ ...step, amount }] : []
  })
}
