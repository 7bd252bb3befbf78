/** What a run has achieved: entries by status, graded blocks, places, rewards. Pure bookkeeping. */
import { priceToDecimal, type OprBlock } from '../../oracle/index.js'
import type { EntryEvent, EntryStatus, GradedEvent, SkippedEvent } from '../events.js'

/** Blocks one after the other without a record of ours, up to the last. */
export interface SkippedBlocks {
  readonly blocks: number
  /** Of the last one. */
  readonly height: number
  readonly code: string
  readonly reason: string
}

export type Tally = ReturnType<typeof createTally>

export function createTally() {
  const entries: Record<EntryStatus, number> = {
    committed: 0,
    revealed: 0,
    acknowledged: 0,
    landed: 0,
    missed: 0,
  }
  let skipped: SkippedBlocks | null = null
  let blocks = 0
  let places = 0
  let reward = 0n
  let credits = 0
  return {
    /** Counts an entry once in each status that it passes, and what it cost. */
    entry({ status, height, credits: paid = 0 }: Pick<EntryEvent, 'height' | 'status' | 'credits'>): void {
      entries[status]++
      credits += paid
      if (status !== 'missed' && height > (skipped?.height ?? -1)) skipped = null
    },
    /** Nothing of ours will be in this block. */
    skip({ height, code, reason }: Pick<SkippedEvent, 'height' | 'code' | 'reason'>): void {
      const before = skipped?.height === height ? skipped.blocks - 1 : (skipped?.blocks ?? 0)
      skipped = { blocks: before + 1, height, code, reason }
    },
    get skipped(): SkippedBlocks | null {
      return skipped
    },
    /** Counts a graded block. `ours`: hashes of the entries that we published for it. */
    graded(block: OprBlock, ours: ReadonlySet<string>, counts: boolean): GradedEvent {
      const mine = block.records.filter(({ entryHash }) => ours.has(entryHash))
      const paid = mine.reduce((sum, { payout }) => sum + payout, 0n)
      if (counts) blocks++
      places += mine.filter(({ payout }) => payout > 0n).length
      reward += paid
      return {
        event: 'graded',
        height: block.height,
        version: block.version,
        records: block.entries,
        valid: block.valid,
        gradable: block.gradable,
        winners: block.winners,
        mine: mine.map(({ entryHash, place, payout, grade }) => ({
          entryHash,
          place,
          payout: priceToDecimal(payout),
          grade,
        })),
        reward: priceToDecimal(paid),
      }
    },
    entries,
    get blocks(): number {
      return blocks
    },
    get places(): number {
      return places
    },
    /** 1e-8 PEG. */
    get reward(): bigint {
      return reward
    },
    /** Entry credits that were paid. */
    get credits(): number {
      return credits
    },
  }
}
