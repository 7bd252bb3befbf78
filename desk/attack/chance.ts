/** Estimates from sums. Pure. */
import { GRADING_RULES } from '../../oracle/index.js'
import { networkOf } from '../../pegnet/index.js'
import type { AttackResult, BlockFate, Estimate, Scenario } from './types.js'

/** Of the normal distribution: 95 % lie within so many standard deviations. */
const WIDE = 1.959964
/** As a part of that of all or nothing: equal values would count as endlessly many tries. */
const LEAST_SCATTER = 1e-9
const MAINNET = networkOf('MainNet')

export const NO_BLOCKS = {
  ...{ blocks: 0, first: 0, moved: 0, stopped: 0, closed: 0 },
  ...{ places: 0, placesSquared: 0, reward: 0, rewardSquared: 0, shift: 0, shiftSquared: 0 },
}
/** Sums over blocks. */
export type Tally = Readonly<typeof NO_BLOCKS>

export function counted(tally: Tally, { places, reward, first, shift, kind }: BlockFate): Tally {
  return {
    blocks: tally.blocks + 1,
    first: tally.first + Number(first),
    moved: tally.moved + Number(kind === 'moved'),
    stopped: tally.stopped + Number(kind === 'stopped'),
    closed: tally.closed + Number(kind === 'closed'),
    places: tally.places + places,
    placesSquared: tally.placesSquared + places ** 2,
    reward: tally.reward + reward,
    rewardSquared: tally.rewardSquared + reward ** 2,
    shift: tally.shift + shift,
    shiftSquared: tally.shiftSquared + shift ** 2,
  }
}

export const added = (one: Tally, two: Tally): Tally =>
  Object.fromEntries(
    (Object.keys(NO_BLOCKS) as (keyof Tally)[]).map((key) => [key, one[key] + two[key]]),
  ) as unknown as Tally

/** Wilson's interval, which is right for rare events too. */
export function chanceOf(hits: number, tries: number): Estimate {
  if (tries === 0) return { value: 0, low: 0, high: 1 }
  const value = hits / tries
  const squared = WIDE ** 2 / tries
  const middle = (value + squared / 2) / (1 + squared)
  const half = (WIDE * Math.sqrt((value * (1 - value)) / tries + squared / tries / 4)) / (1 + squared)
  return { value, low: Math.max(0, middle - half), high: Math.min(1, middle + half) }
}

export function meanOf(sum: number, squares: number, tries: number): Estimate {
  if (tries === 0) return { value: 0, low: 0, high: 0 }
  const value = sum / tries
  const variance = Math.max(0, squares / tries - value ** 2)
  const half = WIDE * Math.sqrt(variance / Math.max(1, tries - 1))
  return { value, low: value - half, high: value + half }
}

/**
 * The mean of values from 0 to `most`. Wilson's interval, for as many tries of all or nothing as would scatter like them:
 * where each block gives all or nothing it is that of a chance, and it has a width where all blocks gave nothing too.
 */
export function partOf(
  { sum, squares }: { readonly sum: number; readonly squares: number },
  tries: number,
  most: number,
): Estimate {
  if (tries === 0) return { value: 0, low: 0, high: most }
  const value = sum / tries / most
  const scatter = (squares / most ** 2 - tries * value ** 2) / Math.max(1, tries - 1)
  const widest = value * (1 - value)
  const like = tries > 1 && widest > 0 ? Math.min(1, Math.max(scatter / widest, LEAST_SCATTER)) : 1
  const { low, high } = chanceOf((value * tries) / like, tries / like)
  return { value: value * most, low: low * most, high: high * most }
}

export function resultOf(scenario: Scenario, tally: Tally): AttackResult {
  const { blocks } = tally
  const paid = GRADING_RULES[MAINNET.oprVersionAt(scenario.height)].payouts.length
  return {
    ...{ scenario, blocks, hashes: liarHashes(scenario) },
    first: chanceOf(tally.first, blocks),
    moved: chanceOf(tally.moved, blocks),
    stopped: chanceOf(tally.stopped, blocks),
    closed: chanceOf(tally.closed, blocks),
    places: partOf({ sum: tally.places, squares: tally.placesSquared }, blocks, paid),
    reward: partOf({ sum: tally.reward, squares: tally.rewardSquared }, blocks, 1),
    shift: meanOf(tally.shift, tally.shiftSquared, blocks),
  }
}

/** The honest miners go on as before: what the liars add makes their share. */
export const liarHashes = ({ hashes, liars: { share } }: Scenario): number => (hashes * share) / (1 - share)

/** Time of a block in which miners hash: minutes 1 to 9 of ten. */
export const MINING_SECONDS = 480
