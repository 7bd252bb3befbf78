/** Who wins a block, with the rule that only the largest holders of PEG may stake (docs/protocol/ledger.md#stakers). */
import { gradeBlock, gradeStakingBlock, type DifficultyOrClaim, type OprEntry } from '../../oracle/index.js'
import type { Network } from '../../pegnet/index.js'
import type { LedgerRules } from '../rules.js'
import type { AverageForm } from './averages.js'
import type { Grades } from './rates.js'
import type { LedgerBlock, LedgerEvent, LedgerView } from './types.js'

/** The largest holders of PEG, so many of them, may publish staking records. */
export const STAKERS = 100

export interface Terms {
  readonly rules: LedgerRules
  readonly network: Pick<Network, 'oprVersionAt' | 'sprVersionAt'>
  readonly difficulty: DifficultyOrClaim
  /** Default: `window`. */
  readonly averages?: AverageForm | undefined
}

export function gradesOf(
  view: LedgerView,
  { height, oracle, staking }: LedgerBlock,
  { rules, network, difficulty }: Terms,
  tell: (event: LedgerEvent) => void,
): Grades {
  const entries = height >= rules.pegnet2 ? staking : null
  return {
    oracle:
      oracle &&
      gradeBlock(
        {
          version: network.oprVersionAt(height),
          height,
          previousWinners: view.previousWinners(),
          entries: oracle,
        },
        difficulty,
      ),
    staking:
      entries &&
      gradeStakingBlock({
        version: network.sprVersionAt(height),
        height,
        entries: entitled(entries, new Set(view.richest('PEG', STAKERS)), tell),
      }),
  }
}

/** The entries whose second external id is the address of a large holder. */
function entitled(
  entries: readonly OprEntry[],
  holders: ReadonlySet<string>,
  tell: (event: LedgerEvent) => void,
): OprEntry[] {
  return entries.filter(({ hash, extIds }) => {
    const [, staker] = extIds
    if (staker) return holders.has(Buffer.from(staker).toString('hex'))
    tell({ type: 'skipped', hash, reason: 'a staking record without an address' })
    return false
  })
}
