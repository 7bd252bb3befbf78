/** Our own staking records as the part of a program that stakes sees them, beside the one that follows the chain. */
import { blobOf } from '../../base/index.js'
import { openChainDatabase } from '../../chain/index.js'
import { OPR_SCHEMA } from './consumers.js'
import { noteStake, stakeOf } from './own-stakes.js'
import type { OwnStake, OwnStakeStep } from './types.js'

export type StakeLog = ReturnType<typeof openStakeLog>

/** Opens the file of what follows the chain. Throws what `openChainDatabase` throws. */
export function openStakeLog(file: string) {
  const db = openChainDatabase({ file, schemas: [OPR_SCHEMA] })
  return {
    own: (step: OwnStakeStep): void => noteStake(db, step),
    /** A staking record of ours. */
    stake(entryHash: string): OwnStake | null {
      const row = db.one('SELECT * FROM own_stakes WHERE entry_hash = ?', blobOf(entryHash))
      return row ? stakeOf(row) : null
    },
    /** The last block with staking records: how many of them passed the checks, and how many were paid. */
    lastStaking(): { readonly height: number; readonly valid: number; readonly winners: number } | null {
      const row = db.one('SELECT height, valid, winners FROM spr_blocks ORDER BY height DESC LIMIT 1')
      return row
        ? { height: Number(row['height']), valid: Number(row['valid']), winners: Number(row['winners']) }
        : null
    },
    /** The last height up to which staking records are graded; null if there is none. */
    height(): number | null {
      const row = db.one("SELECT height FROM progress WHERE consumer = 'spr'")
      return row?.['height'] === null || row?.['height'] === undefined ? null : Number(row['height'])
    },
    close: (): void => db.close(),
  }
}
