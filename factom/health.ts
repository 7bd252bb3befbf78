/** How a node is, judged by what it says of its clock; and when the operator is told. No I/O. */
import { isCoded, messageOf } from '../base/index.js'
import { minuteMs, type CurrentMinute } from './current-minute.js'

export type NodeHealth =
  /** Not asked yet. */
  | { readonly state: 'unknown' }
  | { readonly state: 'ok'; readonly height: number; readonly minute: number }
  /** It fetches blocks that others have made. */
  | { readonly state: 'syncing'; readonly saved: number; readonly leader: number }
  /** It is behind what it, or a node before it, has shown already. */
  | { readonly state: 'lagging'; readonly saved: number; readonly best: number }
  /** Its minutes have stopped. */
  | { readonly state: 'stalled'; readonly minute: number; readonly minuteAgeMs: number }
  | {
      readonly state: 'unreachable'
      readonly failures: number
      readonly downMs: number
      readonly code: string
      readonly reason: string
    }

export type NodeState = NodeHealth['state']
export const NODE_STATES: readonly NodeState[] = [
  'unknown',
  'ok',
  'syncing',
  'lagging',
  'stalled',
  'unreachable',
]

/** A minute that lasts longer than this multiple of its nominal length stands still, */
const STALL_FACTOR = 1.5
/** but never before this time, ms: a busy machine is late by seconds. */
const STALL_SLACK_MS = 5000
/** Two nodes never step in the same moment. */
const LAG_BLOCKS = 2

/** `best`: the highest saved height that was believed before, -1 for none. */
export function healthOf(state: CurrentMinute, best: number): NodeHealth {
  const { directoryBlockHeight: saved, leaderHeight: leader, minute } = state
  if (saved <= best - LAG_BLOCKS) return { state: 'lagging', saved, best }
  // In minute 0 of a running chain the block before is not saved yet: equal heights mean that whole blocks come in.
  if (leader > saved + 1 || (minute === 0 && leader === saved && leader > 0))
    return { state: 'syncing', saved, leader }
  const minuteAgeMs = state.minuteStart > 0 ? state.nodeTime - state.minuteStart : 0
  const longest = Math.max(minuteMs(state) * STALL_FACTOR, minuteMs(state) + STALL_SLACK_MS)
  if (state.stallDetected || minuteAgeMs > longest) return { state: 'stalled', minute, minuteAgeMs }
  return { state: 'ok', height: saved + 1, minute }
}

/** The health of a node after `failures` polls in a row without an answer. */
export function unreachable(error: unknown, failures: number, downMs: number): NodeHealth {
  const code = isCoded(error) ? error.code : 'E_FACTOM_UNREACHABLE'
  return { state: 'unreachable', failures, downMs, code, reason: messageOf(error) }
}

export interface HealthNews {
  readonly level: 'info' | 'warn'
  /** `E_FACTOM_…`. */
  readonly code: string
  readonly message: string
}

const REPEAT_MS = 60_000

/**
 * Turns the stream of judgements into news: a state that is not good when it was seen twice in a row, once a minute
 * while it lasts, and its end. It takes the monotonic clock's time.
 */
export function createHealthNews(): (health: NodeHealth, monotonicMs: number) => HealthNews | null {
  let state: NodeState = 'unknown'
  let since = 0
  let seen = 0
  let toldAt = -Infinity
  let isKnown = false
  return (health, monotonicMs) => {
    if (health.state !== state) {
      const before = { isKnown, since }
      state = health.state
      seen = 1
      if (health.state !== 'ok') {
        // One trouble follows another that was told: they count as one, which began with the first.
        if (!before.isKnown) since = monotonicMs
        return null
      }
      isKnown = false
      toldAt = -Infinity
      if (!before.isKnown) return null
      const message = `the node is well again after ${secondsText(monotonicMs - before.since)}, at minute ${health.minute} of block ${health.height}`
      return { level: 'info', code: 'E_FACTOM_RECOVERED', message }
    }
    seen++
    if (health.state === 'ok' || health.state === 'unknown' || seen < 2) return null
    if (monotonicMs - toldAt < REPEAT_MS) return null
    const lasting = isKnown ? ` (for ${secondsText(monotonicMs - since)})` : ''
    isKnown = true
    toldAt = monotonicMs
    return { level: 'warn', ...troubleOf(health, lasting) }
  }
}

function troubleOf(
  health: Exclude<NodeHealth, { state: 'ok' | 'unknown' }>,
  lasting: string,
): { code: string; message: string } {
  switch (health.state) {
    case 'syncing':
      return {
        code: 'E_FACTOM_SYNCING',
        message: `the node is still fetching blocks: ${health.saved} saved, ${health.leader} known${lasting}`,
      }
    case 'lagging':
      return {
        code: 'E_FACTOM_LAGGING',
        message: `the node is at height ${health.saved}, ${health.best} was seen before${lasting}`,
      }
    case 'stalled':
      return {
        code: 'E_FACTOM_STALLED',
        message: `the chain stands still in its minute ${health.minute}, which has lasted ${secondsText(health.minuteAgeMs)}`,
      }
    case 'unreachable':
      return { code: health.code, message: `${health.reason}${lasting}` }
  }
}

function secondsText(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}
