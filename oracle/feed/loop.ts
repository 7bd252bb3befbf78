/** Passes of a gateway, again and again: trouble makes the pauses longer and never ends them. */
import { isCoded, type Sleep } from '../../base/index.js'
import type { Notices } from './notices.js'

const FIRST_PAUSE_MS = 1_000
export const LONGEST_PAUSE_MS = 30_000

export interface LoopParts {
  readonly notices: Notices
  readonly sleep: Sleep
}

export function createLoop({ notices, sleep }: LoopParts) {
  /** Rejects only with what no waiting mends: an unusable folder. */
  return async function loop(
    step: () => Promise<void>,
    pause: () => number,
    signal: AbortSignal,
  ): Promise<void> {
    let failures = 0
    while (!signal.aborted) {
      try {
        await step()
        notices.passed({ again: failures > 0 })
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        if (isCoded(error) && error.code === 'E_FEED_STATE') throw error
        failures++
        notices.failed(error)
      }
      const wait = failures === 0 ? pause() : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1))
      await sleep(failures === 0 ? wait : wait * (0.5 + Math.random()), signal)
    }
  }
}
