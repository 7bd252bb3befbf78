/** Runs a schedule: events in, actions carried out, one event at a time. */
import { messageOf } from '../../base/index.js'
import type { Notice } from './tasks.js'

/** A pure function of (state, event), and the state that it begins with. */
export interface Schedule<State, Event, Action> {
  readonly initial: State
  readonly advance: (
    state: State,
    event: Event,
  ) => { readonly state: State; readonly actions: readonly Action[] }
}

export interface ScheduleRunner<State extends { readonly phase: string }, Event> {
  /** Actions may cause events at once; those wait their turn. */
  dispatch(event: Event): void
  readonly phase: State['phase']
  /** Events are dropped from now on. */
  stop(): void
}

/** An action that throws is told; what comes after it goes on. */
export function createScheduleRunner<
  State extends { readonly phase: string },
  Event,
  Action extends { readonly do: string },
>(
  { initial, advance }: Schedule<State, Event, Action>,
  perform: (action: Action) => void,
  notice: Notice,
): ScheduleRunner<State, Event> {
  let state = initial
  const waiting: Event[] = []
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
    get phase(): State['phase'] {
      return state.phase
    },
    stop() {
      stopped = true
    },
  }
}
