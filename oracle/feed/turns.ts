/** Whose turn it is to take a withdrawal further, and how long nothing has happened. */
import { isOurTurn, TURN_MS, type Place } from './withdrawal.js'

/** Rounds of all signers' turns after which none of them will sign what is there. */
const LONG_ROUNDS = 3
const MOST_STAGES = 1_000

export interface TurnParts {
  /** Our place among the gateway's keys. */
  readonly index: number
  readonly n: number
  readonly monotonicMs: () => number
}

export function createTurns({ index, n, monotonicMs }: TurnParts) {
  /** When each stage was seen first. */
  const since = new Map<string, number>()

  function sinceOf(stage: string): number {
    if (since.size > MOST_STAGES) since.clear()
    const first = since.get(stage) ?? monotonicMs()
    since.set(stage, first)
    return first
  }

  return {
    isOurs(withdrawTxid: string, { lastTxid, signs }: Pick<Place, 'lastTxid' | 'signs'>): boolean {
      const first = sinceOf(lastTxid)
      return n === 1 || isOurTurn({ withdrawTxid, signs, index, n, since: first, now: monotonicMs() })
    },
    waitedLong({ lastTxid }: Pick<Place, 'lastTxid'>): boolean {
      return monotonicMs() - sinceOf(lastTxid) > LONG_ROUNDS * n * TURN_MS
    },
  }
}

export type Turns = ReturnType<typeof createTurns>
