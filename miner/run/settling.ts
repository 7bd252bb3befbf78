/** Looks for our records in saved blocks: one look at a time, and not long at the end of a run. */
import type { Submitter } from './submit.js'
import type { Tasks } from './tasks.js'

const LAST_MS = 2000

export function createSettling(
  submitter: Pick<Submitter, 'unsettled' | 'settle'>,
  tasks: Pick<Tasks, 'track'>,
) {
  const end = new AbortController()
  let looking: Promise<void> | null = null
  return {
    /** What the node cannot tell now is asked for again with the next minute. */
    look(savedHeight: number): void {
      if (looking !== null || !submitter.unsettled(savedHeight)) return
      looking = tasks
        .track('E_MINER_PUBLISH', submitter.settle(savedHeight, end.signal))
        .finally(() => (looking = null))
    },
    /** The look under way may end within moments, then it is cut off. */
    async stop(): Promise<void> {
      const giveUp = setTimeout(() => end.abort(), LAST_MS)
      await looking
      clearTimeout(giveUp)
    },
  }
}
