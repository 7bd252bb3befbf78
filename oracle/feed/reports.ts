/** When a feed makes its reports. */
import { createCalendar, reportDue } from '../../base/calendar.js'

export interface Reports {
  /** Whether one is due now; it is looked regularly anyway. */
  readonly look: () => void
  readonly stop: () => void
}

const LOOK_MS = 1_000

/**
 * `when` is a cron expression, UTC. Whether a report is due follows from the last time that it names: a clock that is
 * set brings none twice, and none is lost. What was due before the start is not made up for.
 */
export function startReports(when: string, tell: () => void, wallMs: () => number): Reports {
  const calendar = createCalendar(when, 'Etc/UTC')
  let { through } = reportDue(calendar, -Infinity, wallMs())
  const look = (): void => {
    const { due, through: after } = reportDue(calendar, through, wallMs())
    through = after
    if (due) tell()
  }
  const timer = setInterval(look, LOOK_MS)
  return { look, stop: () => clearInterval(timer) }
}
