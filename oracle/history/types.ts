/** What the history knows, as it is asked and told. Amounts and prices are 1e-8 units, times UNIX ms, hashes hex. */
import type { OprVersion } from '../../pegnet/index.js'
import type { ChainTip, EntryStatus } from '../../factom/index.js'

/** A record that took part in grading. */
export interface RankedRecord {
  readonly entryHash: string
  /** 0 is the best. */
  readonly place: number
  readonly identity: string
  readonly address: string
  readonly difficulty: bigint
  /** NaN is possible in version 1. */
  readonly grade: number
  readonly payout: bigint
}

/** A graded block of oracle price records. */
export interface OprBlock {
  readonly height: number
  readonly time: number
  /** Of the entry block. */
  readonly keyMr: string
  readonly version: OprVersion
  readonly entries: number
  /** Entries that passed the checks. */
  readonly valid: number
  readonly gradable: boolean
  /** Short hashes that the next record names: this block's, or those of an earlier one if it is not gradable. */
  readonly winners: readonly string[]
  /** Height of the block that they are of; null if there never was one. */
  readonly winnersFrom: number | null
  /** Estimated hashes a second of the whole network; null if the block is not gradable. */
  readonly hashPower: number | null
  /** At most 50, best first; none if the block is not gradable. */
  readonly records: readonly RankedRecord[]
}

export type RankedStake = Omit<RankedRecord, 'identity' | 'difficulty'>

/** What one asset's price added to a record's grade. */
export interface AssetCost {
  readonly asset: string
  /** (price - average) / average. */
  readonly distance: number
  readonly cost: number
}

/** What a block decided about a record of ours. */
export interface Fate {
  /** `graded`, or why it took no part. */
  readonly verdict: string
  readonly place: number | null
  readonly payout: bigint | null
  readonly grade: number | null
  /** The assets that its grade comes from, the largest part first; none if the grade is 0. */
  readonly costs: readonly AssetCost[]
}

/** What happened to a record of ours up to its block. */
export interface OwnStep {
  readonly entryHash: string
  /** Height that it was mined for. */
  readonly height: number
  readonly status: EntryStatus
  readonly reason?: string
  /** 16 hex digits each, where they are known. */
  readonly nonce?: string
  readonly difficulty?: string
  readonly time: number
}

export interface OwnRecord extends Partial<Fate> {
  readonly entryHash: string
  readonly height: number
  /** The last stage that its publisher has told of. What became of it in all: `ownFate`. */
  readonly status: EntryStatus
  readonly reason: string | null
  readonly nonce: string | null
  readonly difficulty: string | null
  readonly submitted: number | null
  readonly acknowledged: number | null
  /** Height of the block that it is in; null while it is in none. */
  readonly block: number | null
}

/** What happened to a staking record of ours up to its block. */
export type OwnStakeStep = Pick<OwnStep, 'entryHash' | 'height' | 'status' | 'reason' | 'time'> & {
  /** Who stakes. */
  readonly address: string
}

/** A staking record of ours with what its block decided; `height` is the one that it was made for. */
export interface OwnStake extends Omit<OwnRecord, 'nonce' | 'difficulty' | 'acknowledged' | 'costs'> {
  readonly address: string
}

/** What is written of a graded block of oracle price records. */
export interface OprToStore extends ChainTip {
  readonly version: OprVersion
  readonly entries: number
  readonly valid: number
  /** Places that are paid; 0 if the block is not gradable. */
  readonly winners: number
  readonly winnersFrom: number | null
  readonly hashPower: number | null
  readonly records: readonly RankedRecord[]
  /** By asset: the price of the first place, and the median of all winners. */
  readonly rates: ReadonlyMap<string, { readonly price: bigint; readonly median: bigint }>
  /** How many entries took no part, by reason. */
  readonly refusals: ReadonlyMap<string, number>
  /** What the block decides about any of its entries, if it should turn out to be ours. */
  readonly fateOf: (entryHash: string) => Fate | null
}

/** What is written of a graded block of staking price records. */
export interface SprToStore extends ChainTip {
  readonly version: number
  readonly entries: number
  readonly valid: number
  readonly winners: number
  /** Whether it was known who may stake; else every valid record took part. */
  readonly judged: boolean
  readonly records: readonly RankedStake[]
  /** What the block decides about any of its entries, if it should turn out to be ours. */
  readonly fateOf: (entryHash: string) => Omit<Fate, 'costs'> | null
}

/** What one height's winners said, by asset code; the network's own token is PEG in every version. */
export interface Rates {
  readonly height: number
  /** How many winners. */
  readonly winners: number
  /** Of the first place. */
  readonly prices: ReadonlyMap<string, bigint>
  /** Of all of them; as the first place where the block was graded before medians were kept. */
  readonly medians: ReadonlyMap<string, bigint>
}
