/** The ledger as one that follows the chain: each block in the transaction in which the others take it too. */
import { monotonicMs, type Transaction } from '../../base/index.js'
import type { BlockConsumer } from '../../chain/index.js'
import type { DifficultyOrClaim, StakersAt, WinnersAt } from '../../oracle/index.js'
import type { Network } from '../../pegnet/index.js'
import { followedChains, ledgerBlockOf, ledgerChains } from '../block.js'
import { applyBlock } from '../engine/apply.js'
import type { AverageForm } from '../engine/averages.js'
import { STAKERS, type Terms } from '../engine/grade.js'
import type { BlockOutcome, LedgerBlock } from '../engine/types.js'
import { rulesOf } from '../rules.js'
import { aboutLedger, beginLedger } from './about.js'
import { writeContents } from './contents.js'
import { writeFlows } from './flows.js'
import { writeMinerSums } from './miner-sums.js'
import { writeRecords } from './records.js'
import { LEDGER_SCHEMA } from './schema.js'
import { takenBlock, type TakenBlock } from './taken.js'
import { createView } from './view.js'
import { rollback, writeOutcome } from './write.js'

export interface LedgerConsumerOptions {
  readonly network: Network
  readonly difficulty: DifficultyOrClaim
  /** Default: `window`. */
  readonly averages?: AverageForm | undefined
  /** Told of each block that was taken, before it is written for good. */
  readonly onBlock?: ((block: TakenBlock) => void) | undefined
}

export function ledgerConsumer({
  network,
  difficulty,
  averages,
  onBlock,
}: LedgerConsumerOptions): BlockConsumer {
  const chains = ledgerChains(network)
  const terms = { network, difficulty, averages, rules: rulesOf(network) }
  return {
    ...LEDGER_SCHEMA,
    chains: followedChains(chains),
    apply(block, tx) {
      const { name, oprHeights: activations } = network
      beginLedger(tx, { network: name, origin: 'chain', height: block.height - 1, averages, activations })
      const started = monotonicMs()
      const outcome = takeBlock(tx, ledgerBlockOf(block, chains, network.blockSeconds), terms)
      onBlock?.(takenBlock(outcome, monotonicMs() - started))
    },
    rollback(height, tx) {
      // Of what was before its checkpoint it knows nothing: then it begins anew.
      const kept = height < (aboutLedger(tx)?.begins ?? 0) ? -1 : height
      rollback(tx, kept)
      if (kept < 0) tx.run('DELETE FROM ledger_about')
    },
  }
}

/** Who may stake in the block of this height; null if the ledger is not at the block before. */
export const stakersAt: StakersAt = (height, tx) =>
  aboutLedger(tx)?.height === height - 1 ? new Set(createView(tx).richest('PEG', STAKERS)) : null

/** What an oracle record of this height must name; null if the ledger is not at the block before. */
export const winnersAt: WinnersAt = (height, tx) =>
  aboutLedger(tx)?.height === height - 1 ? createView(tx).previousWinners() : null

/** What a follower of the chain is given for the ledger to take part, and to tell who may stake and who won. */
export const ledgerFollowing = (options: LedgerConsumerOptions) => ({
  consumers: [ledgerConsumer(options)],
  stakersAt,
  winnersAt,
})

/** Applies the block to the tables. Within a transaction. */
export function takeBlock(tx: Transaction, block: LedgerBlock, terms: Terms): BlockOutcome {
  const outcome = applyBlock(createView(tx), block, terms)
  writeOutcome(tx, outcome)
  writeContents(tx, block, outcome)
  writeRecords(tx, block, outcome)
  writeMinerSums(tx, block.height)
  writeFlows(tx, block.height)
  return outcome
}
