/** Runs the schedule: events in, actions carried out, one event at a time. */
import { messageOf } from '../../base/index.js'
import { INITIAL_STATE, advance, type Action, type ScheduleEvent, type ScheduleState } from './schedule.js'
import type { Notice } from './tasks.js'

export interface ScheduleRunner {
  /** Actions may cause events at once; those wait their turn. */
  dispatch(event: ScheduleEvent): void
  readonly phase: ScheduleState['phase']
  /** Events are dropped from now on. */
  stop(): void
}

/** An action that throws is told; what comes after it goes on. */
export function createScheduleRunner(perform: (action: Action) => void, notice: Notice): ScheduleRunner {
  let state: ScheduleState = INITIAL_STATE
  const waiting: ScheduleEvent[] = []
  let busy = false
  let stopped = false

  function attempt(action: Action): void {
    try {
      perform(action)
    } catch (error) {
      notice('error', 'E_MINER_INTERNAL', `${action.do}: ${messageOf(error)}`)
    }
  }

  return {
    dispatch(event) {
      waiting.push(event)
      if (busy) return
      busy = true
      try {
        for (let next = waiting.shift(); next !== undefined && !stopped; next = waiting.shift()) {
          const { state: after, actions } = advance(state, next)
          state = after
          actions.forEach(attempt)
        }
      } finally {
        busy = false
      }
    },
    get phase() {
      return state.phase
    },
    stop() {
      stopped = true
    },
  }
}
