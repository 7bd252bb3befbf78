/**
 * Grading of staking records: those of one block in, places and payouts out
 * (docs/protocol/records-and-grading.md#staking-records). Pure. There is no proof of work and there are no previous
 * winners: the first 50 addresses in the order of the block are compared.
 */
import type { SprVersion } from '../../pegnet/index.js'
import type { Spr } from '../records/index.js'
import { fail } from './errors.js'
import type { GradedBlock, GradedRecord, LeftOut } from './grade.js'
import { rank, UNGRADED, type Comparable } from './rank.js'
import { GRADED_RECORDS, STAKING_RULES } from './rules.js'
import { checkStakingEntry } from './validate-staking.js'
import type { OprEntry } from './validate.js'

export interface StakingInput {
  readonly version: SprVersion
  readonly height: number
  /** In the order of the entry block. */
  readonly entries: readonly OprEntry[]
}

export interface GradedStakingRecord extends Omit<GradedRecord, 'opr' | 'oprHash' | 'nonce' | 'difficulty'> {
  readonly spr: Spr
}

export interface GradedStakingBlock extends Pick<
  GradedBlock,
  'height' | 'entries' | 'records' | 'rejected' | 'gradable'
> {
  readonly version: SprVersion
  /** Valid records that were left out, because an earlier one has the same address. */
  readonly dropped: LeftOut[]
  /** In final order, all of them: those behind the first 50 of the block were not compared and have no grade. */
  readonly graded: GradedStakingRecord[]
  /** How many records were compared; stays 50 if the block is not gradable. */
  readonly cutoff: number
}

/** Grades a block. Throws `E_GRADING_INPUT` for a negative height; no content of an entry makes it throw. */
export function gradeStakingBlock({ version, height, entries }: StakingInput): GradedStakingBlock {
  if (!Number.isInteger(height) || height < 0)
    throw fail('E_GRADING_INPUT', `no block has the height ${height}`)
  const rejected: LeftOut[] = []
  const dropped: LeftOut[] = []
  const records: (Comparable & Pick<GradedStakingRecord, 'entryHash' | 'spr' | 'index'>)[] = []
  const addresses = new Set<string>()
  entries.forEach((entry, index) => {
    const { hash: entryHash } = entry
    const checked = checkStakingEntry(entry, { version, height })
    if (!checked.accepted) {
      rejected.push({ index, entryHash, reason: checked.reason })
    } else if (addresses.has(checked.spr.address)) {
      dropped.push({ index, entryHash, reason: 'repeats an earlier address' })
    } else {
      const { spr, values } = checked
      addresses.add(spr.address)
      records.push({ entryHash, spr, index, values, ...UNGRADED })
    }
  })
  const gradable = records.length >= STAKING_RULES.winners
  const compared = records.slice(0, GRADED_RECORDS)
  if (gradable) rank(compared, STAKING_RULES)
  const order = gradable ? [...compared, ...records.slice(GRADED_RECORDS)] : records

  return {
    version,
    height,
    entries: entries.length,
    records: records.length + dropped.length,
    rejected,
    dropped,
    graded: order.map((record, k) => ({
      ...record,
      place: gradable ? k : -1,
      payout: (gradable && STAKING_RULES.payouts[k]) || 0n,
    })),
    gradable,
    cutoff: gradable ? compared.length : GRADED_RECORDS,
  }
}
