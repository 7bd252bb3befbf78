/** The code of each thread of a simulation. Started through piscina. */
import { randomNumbers } from '../../base/index.js'
import { playBlock, stageOf } from './block.js'
import { counted, NO_BLOCKS, type Tally } from './chance.js'
import type { Scenario } from './types.js'

export interface AttackTask {
  readonly scenario: Scenario
  /** Of this part alone: what a thread does follows from its task. */
  readonly seed: string
  readonly blocks: number
}

export default function run({ scenario, seed, blocks }: AttackTask): Tally {
  const stage = stageOf(scenario)
  const random = randomNumbers(seed)
  let tally = NO_BLOCKS
  for (let k = 0; k < blocks; k++) tally = counted(tally, playBlock(stage, random))
  return tally
}
