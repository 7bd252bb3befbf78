/** What a run has achieved: entries by status, graded blocks, places, rewards. Pure bookkeeping. */
import { priceToDecimal, type OprBlock } from '../oracle/index.js'
import type { EntryStatus, GradedEvent } from './events.js'

export interface Tally {
  /** Counts an entry once in each status that it passes. */
  entry(status: EntryStatus): void
  /** Counts a graded block. `ours`: hashes of the entries that we published for it. */
  graded(block: OprBlock, ours: ReadonlySet<string>, counts: boolean): GradedEvent
  readonly entries: Readonly<Record<EntryStatus, number>>
  readonly blocks: number
  readonly places: number
  /** 1e-8 PEG. */
  readonly reward: bigint
}

export function createTally(): Tally {
  const entries: Record<EntryStatus, number> = {
    committed: 0,
    revealed: 0,
    acknowledged: 0,
    landed: 0,
    missed: 0,
  }
  let blocks = 0
  let places = 0
  let reward = 0n
  return {
    entry(status) {
      entries[status]++
    },
    graded(block, ours, counts) {
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
    get blocks() {
      return blocks
    },
    get places() {
      return places
    },
    get reward() {
      return reward
    },
  }
}
