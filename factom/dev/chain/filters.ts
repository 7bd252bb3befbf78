/** factomd's replay filters: what is too old, too early, or here a second time. */
import type { ChainState } from './state.js'

/** Minutes around now in which a commit or a factoid transaction must be dated. */
const RANGE_MINUTES = 60
/** Minutes for which the entry of a reveal is not taken again. */
const REVEAL_MINUTES = 90
const HOUR_MS = 3_600_000

export function minuteOf(ms: number): number {
  return Math.floor(ms / 60_000)
}

/** Whether a commit or transaction of this id and time is taken at `nowMs`. */
export function admits(
  state: ChainState,
  { txid, timeMs }: { readonly txid: string; readonly timeMs: number },
  nowMs: number,
): boolean {
  return Math.abs(minuteOf(nowMs) - minuteOf(timeMs)) <= RANGE_MINUTES && !state.seen.has(txid)
}

/** Messages that wait are forgotten an hour before the start of the block, commits likewise. */
export function expired(state: ChainState, timeMs: number): boolean {
  return timeMs < state.open.openedMs - HOUR_MS
}

export function revealedLately(state: ChainState, entryHash: string, nowMs: number): boolean {
  const minute = state.revealed.get(entryHash)
  return minute !== undefined && minute >= minuteOf(nowMs) - REVEAL_MINUTES
}

/** Forgets what no filter asks for any more. */
export function forget(state: ChainState, nowMs: number): void {
  const now = minuteOf(nowMs)
  for (const [txid, minute] of state.seen) if (minute < now - RANGE_MINUTES) state.seen.delete(txid)
  for (const [hash, minute] of state.revealed) if (minute < now - REVEAL_MINUTES) state.revealed.delete(hash)
  for (const [hash, { timeMs }] of state.commits) {
    if (Math.abs(now - minuteOf(timeMs)) > RANGE_MINUTES) state.commits.delete(hash)
  }
  const kept = state.held.filter(({ timeMs }) => !expired(state, timeMs))
  if (kept.length < state.held.length) state.held.splice(0, state.held.length, ...kept)
}
