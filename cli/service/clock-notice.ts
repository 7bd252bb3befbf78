/** What is done when the clock of the machine is set while a program runs: it is said once and counted. */
import { watchClock, type ClockWatch, type ClockWatchOptions } from '../../base/index.js'
import type { Metrics } from '../../telemetry/index.js'
import { durationText } from '../view/format.js'

export interface ClockNoticeHooks extends ClockWatchOptions {
  readonly metrics: Pick<Metrics, 'tree'>
  readonly tell: (level: 'warn', code: 'E_CLI_CLOCK', message: string) => void
}

export function noticeClockSteps({ metrics, tell, ...options }: ClockNoticeHooks): ClockWatch {
  const { clockSteps } = metrics.tree
  for (const direction of ['forwards', 'back']) clockSteps.inc({ direction }, 0)
  return watchClock((stepMs) => {
    const direction = stepMs > 0 ? 'forwards' : 'back'
    clockSteps.inc({ direction })
    const cause = stepMs > 0 ? 'it was set, or the machine slept' : 'it was set'
    tell('warn', 'E_CLI_CLOCK', `the clock went ${direction} by ${durationText(Math.abs(stepMs))}: ${cause}`)
  }, options)
}
