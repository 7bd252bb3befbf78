/** Estimates from sums. Pure. */
import type { AttackResult, BlockFate, Estimate, Scenario, Tally } from './types.js'

/** Of the normal distribution: 95 % lie within so many standard deviations. */
const WIDE = 1.959964

export const NO_BLOCKS: Tally = {
  ...{ blocks: 0, first: 0, moved: 0, stopped: 0, closed: 0 },
  ...{ places: 0, placesSquared: 0, reward: 0, rewardSquared: 0, shift: 0, shiftSquared: 0 },
}

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

export function resultOf(scenario: Scenario, tally: Tally): AttackResult {
  const { blocks } = tally
  return {
    ...{ scenario, blocks, hashes: liarHashes(scenario) },
    first: chanceOf(tally.first, blocks),
    moved: chanceOf(tally.moved, blocks),
    stopped: chanceOf(tally.stopped, blocks),
    closed: chanceOf(tally.closed, blocks),
    places: meanOf(tally.places, tally.placesSquared, blocks),
    reward: meanOf(tally.reward, tally.rewardSquared, blocks),
    shift: meanOf(tally.shift, tally.shiftSquared, blocks),
  }
}

/** The honest miners go on as before: what the liars add makes their share. */
export const liarHashes = ({ hashes, liars: { share } }: Scenario): number => (hashes * share) / (1 - share)

/** Time of a block in which miners hash: minutes 1 to 9 of ten. */
export const MINING_SECONDS = 480
