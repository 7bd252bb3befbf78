/** The consumers of the chain that keep the history: oracle price records, then staking price records. */
import type { Schema, Transaction } from '../../base/index.js'
import type { BlockConsumer } from '../../chain/index.js'
import type { Network, OprVersion } from '../../pegnet/index.js'
import { noWinners, type Difficulty } from '../grading/index.js'
import { oprChainId, sprChainId } from '../records/index.js'
import { gradeOpr, gradeSpr } from './grade.js'
import { createQueries } from './queries.js'
import { MIGRATIONS } from './schema.js'
import { createStore } from './store.js'
import type { OprBlock } from './types.js'

export const OPR_SCHEMA: Schema = { name: 'opr', migrations: MIGRATIONS }
/** Staking records count from this version of oracle records on. */
export const STAKING_SINCE: OprVersion = 5

/** The winners that a record must name. `height` is the block that they are of, `null` if there never were any. */
export interface PreviousWinners {
  readonly winners: string[]
  readonly height: number | null
}

/** What a record of this height must name, if `block` is the last graded block below it. */
export function winnersAfter(block: OprBlock | null, height: number, network: Network): PreviousWinners {
  if (!block || block.winnersFrom === null)
    return { winners: noWinners(network.oprVersionAt(height)), height: null }
  return { winners: [...block.winners], height: block.winnersFrom }
}

export function oprConsumer(network: Network, difficulty: Difficulty): BlockConsumer {
  const chainId = oprChainId(network)
  return {
    ...OPR_SCHEMA,
    chains: [chainId],
    apply(block, tx) {
      const found = block.chains.get(chainId)
      if (!found) return
      const { height, blockSeconds } = block
      const previous = winnersAfter(createQueries(tx).blockBefore(height), height, network)
      const graded = gradeOpr(block, found, { network, difficulty, previous, blockSeconds })
      createStore(tx).addOpr(height, graded)
    },
    rollback: (height, tx) => createStore(tx).rollbackOpr(height),
  }
}

/**
 * The addresses, RCD hashes in hex, that may stake in the block of this height; null if it is not known. Asked within
 * the transaction in which the block is taken, before any consumer behind the history has taken it.
 */
export type StakersAt = (height: number, tx: Transaction) => ReadonlySet<string> | null

export function sprConsumer(network: Network, stakersAt: StakersAt = () => null): BlockConsumer {
  const chainId = sprChainId(network)
  return {
    name: 'spr',
    migrations: [],
    chains: [chainId],
    apply(block, tx) {
      const found = block.chains.get(chainId)
      if (!found || network.oprVersionAt(block.height) < STAKING_SINCE) return
      const stakers = stakersAt(block.height, tx)
      createStore(tx).addSpr(block.height, gradeSpr(block, found, { network, stakers }))
    },
    rollback: (height, tx) => createStore(tx).rollbackSpr(height),
  }
}
