/** A followed block → what the history keeps of it. Pure but for the proof of work that is passed in. */
import type { Network } from '../../pegnet/index.js'
import { toHex, type FollowedBlock, type FollowedEntryBlock } from '../../factom/index.js'
import { distancesOf, gradeBlock, gradeStakingBlock, GRADING_RULES } from '../grading/index.js'
import type { Difficulty, GradedBlock, GradedRecord, GradedStakingBlock, OprEntry } from '../grading/index.js'
import { ASSETS } from '../records/index.js'
import { hashPowerOf } from './hash-power.js'
import { rateCode } from './queries.js'
import type { AssetCost, Fate, OprToStore, SprToStore } from './types.js'

export interface GradingContext {
  readonly network: Network
  readonly difficulty: Difficulty
  /** What records of this block must name, and the height of the block that they are of. */
  readonly previous: { readonly winners: readonly string[]; readonly height: number | null }
  readonly blockSeconds: number
}

export function gradeOpr(
  { height }: FollowedBlock,
  block: FollowedEntryBlock,
  { network, difficulty, previous, blockSeconds }: GradingContext,
): OprToStore {
  const version = network.oprVersionAt(height)
  const graded = gradeBlock(
    { version, height, previousWinners: previous.winners, entries: oprEntries(block) },
    difficulty,
  )
  const { gradable } = graded
  return {
    keyMr: block.keyMr,
    sequence: block.sequence,
    version,
    entries: graded.entries,
    valid: graded.records,
    winners: gradable ? GRADING_RULES[version].winners : 0,
    winnersFrom: gradable ? height : previous.height,
    hashPower: gradable ? hashPowerOf(graded.byDifficulty, blockSeconds) : null,
    records: gradable
      ? graded.graded.map(({ entryHash, place, opr, difficulty, grade, payout }) => ({
          ...{ entryHash, place, difficulty, grade, payout },
          ...{ identity: opr.identity, address: opr.address },
        }))
      : [],
    rates: gradable ? ratesOf(graded) : new Map(),
    refusals: refusalsOf(graded),
    fateOf: (entryHash) => fateOf(graded, block, entryHash),
  }
}

/** An entry block's entries as graders read them. */
export function oprEntries(block: FollowedEntryBlock): OprEntry[] {
  return block.entries.map(({ hash, entry }) => ({ hash, extIds: entry.extIds, content: entry.content }))
}

/**
 * Staking records. Whether a staker is among the 100 largest holders of PEG only a ledger knows
 * (docs/protocol/ledger.md#stakers); `stakers` null: it is not asked.
 */
export function gradeSpr(
  { height }: FollowedBlock,
  block: FollowedEntryBlock,
  { network, stakers }: Pick<GradingContext, 'network'> & { readonly stakers: ReadonlySet<string> | null },
): SprToStore {
  const version = network.sprVersionAt(height)
  const all = oprEntries(block)
  const entries = stakers ? all.filter(({ extIds: [, staker] }) => staker && stakers.has(toHex(staker))) : all
  const graded = gradeStakingBlock({ version, height, entries })
  const { gradable } = graded
  const records = gradable ? graded.graded.slice(0, graded.cutoff) : []
  return {
    keyMr: block.keyMr,
    sequence: block.sequence,
    version,
    entries: all.length,
    valid: graded.records,
    judged: stakers !== null,
    winners: records.filter(({ payout }) => payout > 0n).length,
    records: records.map(({ entryHash, place, spr, grade, payout }) => ({
      ...{ entryHash, place, grade, payout },
      address: spr.address,
    })),
    fateOf: (entryHash) => stakeFateOf({ graded, entries, all }, entryHash),
  }
}

/** What the block decided about one staking record; null if it is not in the block. */
function stakeFateOf(
  {
    graded,
    entries,
    all,
  }: {
    readonly graded: GradedStakingBlock
    /** Those that took part, of all in the block. */
    readonly entries: readonly OprEntry[]
    readonly all: readonly OprEntry[]
  },
  entryHash: string,
): Omit<Fate, 'costs'> | null {
  const isIt = ({ hash }: OprEntry): boolean => hash === entryHash
  if (!all.some(isIt)) return null
  const none = { place: null, payout: null, grade: null }
  if (!entries.some(isIt)) return { ...none, verdict: 'not of one of the 100 largest holders of PEG' }
  const record = graded.graded.find((known) => known.entryHash === entryHash)
  if (record && !graded.gradable) return { ...none, verdict: 'too few valid records in the block' }
  if (record && record.place < graded.cutoff) {
    const { place, payout, grade } = record
    return { verdict: 'graded', place, payout, grade }
  }
  if (record) return { ...none, verdict: 'not among the first 50 of the block' }
  const left = [...graded.rejected, ...graded.dropped].find((known) => known.entryHash === entryHash)
  return { ...none, verdict: left?.reason ?? 'refused' }
}

/**
 * How many entries were refused, by reason. There are few reasons: they come from the rules, and may differ in a
 * number.
 */
const MOST_REASONS = 50
const MOST_REASON = 200

function refusalsOf({ rejected, dropped }: GradedBlock): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { reason } of [...rejected, ...dropped]) {
    const text = reason.slice(0, MOST_REASON)
    const key = counts.has(text) || counts.size < MOST_REASONS ? text : 'other reasons'
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

/** What the winners said. */
function ratesOf({ version, graded }: GradedBlock): OprToStore['rates'] {
  const winners = graded.slice(0, GRADING_RULES[version].winners).map(({ opr }) => opr.prices)
  return new Map(
    ASSETS[version].map((asset, k) => {
      const said = winners.map((prices) => prices[k] ?? 0n)
      return [rateCode(asset), { price: said[0] ?? 0n, median: medianOf(said) }]
    }),
  )
}

/** The median of the values above 0; 0 if there are none. */
function medianOf(prices: readonly bigint[]): bigint {
  const sorted = prices.filter((price) => price > 0n).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return ((sorted[(sorted.length - 1) >> 1] ?? 0n) + (sorted[sorted.length >> 1] ?? 0n)) / 2n
}

/** What the block decided about one entry; null if it is not in the block. */
function fateOf(block: GradedBlock, { entries }: FollowedEntryBlock, entryHash: string): Fate | null {
  if (!entries.some(({ hash }) => hash === entryHash)) return null
  const none = { place: null, payout: null, grade: null, costs: [] }
  const record = block.graded.find((known) => known.entryHash === entryHash)
  if (record && block.gradable) {
    const { place, payout, grade } = record
    return { verdict: 'graded', place, payout, grade, costs: costsOf(record) }
  }
  if (record) return { ...none, verdict: 'too few valid records in the block' }
  const left = [...block.rejected, ...block.dropped].find((known) => known.entryHash === entryHash)
  return { ...none, verdict: left?.reason ?? 'not among the 50 most difficult' }
}

/** What each asset added to a record's grade, the largest part first. */
function costsOf({ opr, values, averages, band }: GradedRecord): AssetCost[] {
  const assets = ASSETS[opr.version]
  return distancesOf(values, averages, band)
    .map(({ distance, cost }, k) => ({ asset: rateCode(assets[k] ?? ''), distance, cost }))
    .filter(({ cost }) => cost > 0)
    .sort((a, b) => b.cost - a.cost)
}
