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
/** Names of those that keep the history, as following knows them. */
export const HISTORY_CONSUMERS = [OPR_SCHEMA.name, 'spr'] as const
/** Staking records count from this version of oracle records on. */
export const STAKING_SINCE: OprVersion = 5

/** The winners that a record must name. `height` is the block that they are of, `null` if there never were any. */
export interface PreviousWinners {
  readonly winners: string[]
  readonly height: number | null
}

/** What a record of this height must name, if `block` is the last graded block below it. */
function winnersAfter(block: OprBlock | null, height: number, network: Network): PreviousWinners {
  if (!block || block.winnersFrom === null)
    return { winners: noWinners(network.oprVersionAt(height)), height: null }
  return { winners: [...block.winners], height: block.winnersFrom }
}

/**
 * What a record of this height must name, by one who knows it from elsewhere; null if it is not known. The history asks
 * where it has no winners of its own: it was begun in the middle of the chain.
 */
export type WinnersAt = (height: number, tx: Pick<Transaction, 'all' | 'one'>) => readonly string[] | null

/** The winners by what the history has; else by what it is told. */
export function winnersFor(
  block: OprBlock | null,
  { height, network, tx, winnersAt }: WinnersQuestion,
): PreviousWinners {
  const own = winnersAfter(block, height, network)
  const elsewhere = own.height === null ? (winnersAt?.(height, tx) ?? []) : []
  return elsewhere.length === 0 ? own : { winners: [...elsewhere], height: null }
}

interface WinnersQuestion {
  readonly height: number
  readonly network: Network
  readonly tx: Pick<Transaction, 'all' | 'one'>
  readonly winnersAt: WinnersAt | undefined
}

export function oprConsumer(network: Network, difficulty: Difficulty, winnersAt?: WinnersAt): BlockConsumer {
  const chainId = oprChainId(network)
  return {
    ...OPR_SCHEMA,
    chains: [chainId],
    apply(block, tx) {
      const found = block.chains.get(chainId)
      if (!found) return
      const { height, blockSeconds } = block
      const before = createQueries(tx).blockBefore(height)
      const previous = winnersFor(before, { height, network, tx, winnersAt })
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
    name: HISTORY_CONSUMERS[1],
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
