/** One for each claim of PegNet's white paper about oracle miners: what is supposed, and what is varied. */
import type { Scenario } from './types.js'

/** What may be varied, each with the words of its axis. */
export const AXES = {
  share: 'share of all hashes that the liars make, %',
  lie: 'how far the false price is off, %',
  records: 'records that each group of liars publishes',
  height: 'height on MainNet, which says the rules',
  groups: 'groups of liars',
  stakers: 'staking records that lie',
} as const
export type Axis = keyof typeof AXES

export interface Preset {
  /** What the white paper says, or what follows from it. */
  readonly claim: string
  readonly scenario: Scenario
  readonly axis: Axis
  readonly values: readonly number[]
}

/**
 * Prices as 50 miners of MainNet's block 210330 told them: 7 % of them not those of most others, off by 0.14 %. They hashed
 * 3.7 thousand millions of times for it, by its difficulties.
 */
export const HONEST: Scenario = {
  height: 300_000,
  miners: 40,
  records: 10,
  hashes: 3.7e9,
  ...{ apart: 0.07, spread: 0.0014 },
  liars: { share: 0.3, records: 50, asset: 'XBT', by: 0.05, groups: 1 },
  ...{ stakers: 0, lyingStakers: 0, moved: 0.01 },
}

const liars = (given: Partial<Scenario['liars']>) => ({ liars: { ...HONEST.liars, ...given } })
const SHARES = [0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9]
const percent = (value: number): number => Math.round(value * 1e4) / 100

export const PRESETS = {
  majority: {
    claim: 'False prices need a majority of the hash power.',
    ...{ scenario: HONEST, axis: 'share', values: SHARES.map(percent) },
  },
  unpaid: {
    claim: 'Bad data is ignored and not paid: the liars lose what they hash for.',
    ...{ scenario: { ...HONEST, ...liars({ share: 0.4 }) } },
    ...{ axis: 'lie', values: [0, 0.25, 0.5, 1, 1.5, 2, 3, 5, 10] },
  },
  small: {
    claim: 'A minority cannot move a price by less than the band either.',
    scenario: { ...HONEST, ...liars({ share: 0.4, by: 0.009 }), moved: 0.005 },
    ...{ axis: 'share', values: [5, 10, 20, 30, 40, 45, 50, 60] },
  },
  records: {
    claim: 'More records without more hash power win nothing.',
    scenario: { ...HONEST, ...liars({ share: 0.2, by: 0 }), moved: 1 },
    ...{ axis: 'records', values: [1, 2, 5, 10, 20, 50] },
  },
  all: {
    claim: 'Who lies about all assets is found as well as one who lies about one.',
    ...{ scenario: { ...HONEST, ...liars({ asset: 'all' }) }, axis: 'share', values: SHARES.map(percent) },
  },
  peg: {
    claim: 'The price of PEG, which miners are paid in, is as safe as any other.',
    ...{ scenario: { ...HONEST, ...liars({ asset: 'PEG' }) }, axis: 'share', values: SHARES.map(percent) },
  },
  groups: {
    claim: 'Groups of liars that know nothing of each other need a majority together, too.',
    scenario: { ...HONEST, ...liars({ share: 0.6 }) },
    ...{ axis: 'groups', values: [1, 2, 3, 4, 6] },
  },
  rules: {
    claim: 'Each version of the rules withstands a minority.',
    scenario: { ...HONEST, ...liars({ share: 0.45 }) },
    ...{ axis: 'height', values: [206_422, 214_287, 222_270, 231_620, 258_796, 300_000] },
  },
  staking: {
    claim: 'Where holders stake, their band stops a majority of the hash power.',
    scenario: { ...HONEST, ...liars({ share: 0.7, by: 0.2 }), stakers: 30 },
    ...{ axis: 'height', values: [258_796, 260_118, 274_036] },
  },
  holders: {
    claim: 'Miners and holders both have to be bought.',
    scenario: { ...HONEST, ...liars({ share: 0.7, by: 0.5 }), stakers: 30 },
    ...{ axis: 'stakers', values: [0, 10, 14, 15, 16, 20, 30] },
  },
} as const satisfies Readonly<Record<string, Preset>>
export type PresetName = keyof typeof PRESETS

/** The scenario at one value of an axis. */
export function varied(scenario: Scenario, axis: Axis, value: number): Scenario {
  const { liars } = scenario
  switch (axis) {
    case 'share':
      return { ...scenario, liars: { ...liars, share: value / 100 } }
    case 'lie':
      return { ...scenario, liars: { ...liars, by: value / 100 } }
    case 'records':
      return { ...scenario, liars: { ...liars, records: value } }
    case 'groups':
      return { ...scenario, liars: { ...liars, groups: value } }
    case 'height':
      return { ...scenario, height: value }
    case 'stakers':
      return { ...scenario, lyingStakers: value }
  }
}
