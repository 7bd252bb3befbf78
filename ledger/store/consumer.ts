/** The ledger as one that follows the chain: each block in the transaction in which the others take it too. */
import type { Transaction } from '../../base/index.js'
import type { BlockConsumer } from '../../chain/index.js'
import type { DifficultyOrClaim } from '../../oracle/index.js'
import type { Network } from '../../pegnet/index.js'
import { followedChains, ledgerBlockOf, ledgerChains } from '../block.js'
import { applyBlock } from '../engine/apply.js'
import type { Terms } from '../engine/grade.js'
import type { LedgerBlock } from '../engine/types.js'
import { rulesOf } from '../rules.js'
import { beginLedger } from './about.js'
import { LEDGER_SCHEMA } from './schema.js'
import { createView } from './view.js'
import { rollback, writeOutcome } from './write.js'

export interface LedgerConsumerOptions {
  readonly network: Network
  readonly difficulty: DifficultyOrClaim
}

export function ledgerConsumer({ network, difficulty }: LedgerConsumerOptions): BlockConsumer {
  const chains = ledgerChains(network)
  const terms = { network, difficulty, rules: rulesOf(network) }
  return {
    ...LEDGER_SCHEMA,
    chains: followedChains(chains),
    apply(block, tx) {
      beginLedger(tx, { network: network.name, origin: 'chain', height: block.height - 1 })
      takeBlock(tx, ledgerBlockOf(block, chains), terms)
    },
    rollback(height, tx) {
      rollback(tx, height)
      if (height < 0) tx.run('DELETE FROM ledger_about')
    },
  }
}

/** Applies the block to the tables. Within a transaction. */
export function takeBlock(tx: Transaction, block: LedgerBlock, terms: Terms): void {
  writeOutcome(tx, applyBlock(createView(tx), block, terms))
}
