/** Cron expressions: when mining is wanted, when a report is due. Calendar arithmetic is node-cron's. */
import { createTask, validateDetailed, type ScheduledTask } from 'node-cron'

/** Null, or what is wrong with an expression of five or six fields. */
export function cronMistake(expression: string): string | null {
  const [mistake] = validateDetailed(expression).errors
  return mistake?.message ?? null
}

/** Whether the system knows a time zone, such as `Europe/Vienna`. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

export interface Hours {
  /** Cron expressions: when mining begins, and when it ends. */
  readonly resume: string
  readonly pause: string
  readonly timeZone: string
}

/** node-cron writes to the console when a run is late; what is late here is looked at anew anyway. */
const SILENT = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} }

/** A task of the calendar, not started. */
function taskOf(expression: string, timeZone: string, work: () => void): ScheduledTask {
  return createTask(expression, work, { timezone: timeZone, noOverlap: true, logger: SILENT, unref: true })
}

/**
 * Whether these are hours to mine. Asked, not remembered: it is mining time if the next thing in the calendar is an
 * end. So it is right at the start, after a sleep of the machine, and when its clock is set.
 */
export function createHours({ resume, pause, timeZone }: Hours, next = nextRun): (now: number) => boolean {
  let known: { readonly from: number; readonly until: number; readonly mining: boolean } | null = null
  return (now) => {
    if (known === null || now < known.from || now >= known.until) {
      const [begins, ends] = [next(resume, timeZone), next(pause, timeZone)]
      known = { from: now, until: Math.min(begins, ends), mining: ends < begins }
    }
    return known.mining
  }
}

/** When an expression is due next, ms since 1970; Infinity: never again. */
export function nextRun(expression: string, timeZone: string): number {
  const task = taskOf(expression, timeZone, () => {})
  try {
    return task.getNextRuns(1)[0]?.getTime() ?? Infinity
  } finally {
    void task.destroy()
  }
}

/** Calls at each time of an expression. Returns the way to stop. */
export function onCalendar(expression: string, timeZone: string, work: () => void): () => void {
  const task = taskOf(expression, timeZone, work)
  void task.start()
  return () => void task.destroy()
}
