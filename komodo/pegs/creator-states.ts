/**
 * The creation of a peg as a list of stages, and how far it has come: pure functions of the plan, of what is written
 * down, and of the chain's height.
 */
import { LAST_HEIGHT, WARN_HEIGHT, whyImpossible, type GatewayPlan, type PegPlan } from './plan.js'

export const CREATOR_STATES = [
  'PREFLIGHT',
  'CHAIN_UP',
  'TOKEN',
  'ORACLE',
  'ORACLE_FUND',
  'PUBLISHER',
  'SUBSCRIBE',
  'BIND',
  'PEG',
  'KEYS',
  'RESTART',
  'FEED',
  'WARM_UP',
  'READY',
] as const

export type CreatorState = (typeof CREATOR_STATES)[number]

export interface Stage {
  /** Names its transaction in the journal; a stage of several has one more word for each. */
  readonly id: string
  readonly state: CreatorState
  readonly gateway: GatewayPlan | null
}

const PER_GATEWAY = [
  ['token', 'TOKEN'],
  ['oracle', 'ORACLE'],
  ['fund', 'ORACLE_FUND'],
  ['register', 'PUBLISHER'],
  ['subscribe', 'SUBSCRIBE'],
  ['bind', 'BIND'],
] as const

/** What is sent, in order: each waits for the block of the one before. */
export function stagesOf(plan: PegPlan): readonly Stage[] {
  return [
    ...plan.gateways.flatMap((gateway) =>
      PER_GATEWAY.map(([word, state]) => ({ id: `${word}:${gateway.token}`, state, gateway })),
    ),
    { id: 'peg', state: 'PEG', gateway: null },
  ]
}

export type Deadline =
  | { readonly is: 'fine' | 'near'; readonly height: number; readonly left: number }
  /** Not even with a block a transaction. */
  | { readonly is: 'missed'; readonly why: string }

/** The limit of the first 100 blocks, held against what is still to be sent. */
export function deadlineOf(plan: PegPlan, height: number, stagesDone: number): Deadline {
  const stages = stagesOf(plan).length
  if (stagesDone >= stages) return { is: 'fine', height, left: LAST_HEIGHT - height }
  const least = (stages - stagesDone) * plan.confirmations
  if (height + least > LAST_HEIGHT)
    return { is: 'missed', why: whyImpossible(plan, height, stagesDone) ?? `height ${height} is too late` }
  return { is: height >= WARN_HEIGHT ? 'near' : 'fine', height, left: LAST_HEIGHT - height }
}

/** Heights before version 4 begins at which nothing new is built: it might be left behind on the way. */
const CROSSING = { from: 57, to: 60 }

export const isCrossing = (height: number): boolean => height >= CROSSING.from && height < CROSSING.to + 1
