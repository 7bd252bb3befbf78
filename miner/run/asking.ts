/** Has the steps of a record fetched and tells each result as an event of the schedule; says what fails, once. */
import type { FailedFact, RetryFact, Step } from './schedule.js'
import type { Fact, Gatherer } from './gather.js'
import type { Notice, Tasks } from './tasks.js'

export interface AskingParts {
  readonly gatherer: Pick<Gatherer, 'gather'>
  readonly dispatch: (event: Fact | RetryFact) => void
  readonly notice: Notice
  readonly tasks: Pick<Tasks, 'track'>
}

export type Asking = ReturnType<typeof createAsking>

/** Prices are asked for again after so many seconds, in a block of 600 s. */
const RETRY_SECONDS = 20
const SHORTEST_RETRY_MS = 300

export function createAsking({ gatherer, dispatch, notice, tasks }: AskingParts) {
  let gathering = new AbortController()
  /** What was said of each step's failures in the block at hand: what repeats itself is not said again. */
  const said = new Map<string, string>()

  function tellFailure({ step, code, reason, height }: FailedFact): void {
    const message = `block ${height}: ${reason}`
    if (said.get(step) === message) return
    said.set(step, message)
    notice('warn', code, message)
  }

  /** A source may be back before the next minute. */
  function retryLater(height: number, blockSeconds: number, signal: AbortSignal): void {
    const retry = (): void => {
      if (!signal.aborted) dispatch({ type: 'retry', height })
    }
    setTimeout(retry, Math.max(SHORTEST_RETRY_MS, (RETRY_SECONDS * 1000 * blockSeconds) / 600)).unref()
  }

  return {
    /** All steps replace what was asked before; single ones are asked again. */
    gather(height: number, steps: readonly Step[], blockSeconds: number): void {
      if (steps.length > 1 || gathering.signal.aborted) {
        gathering.abort()
        gathering = new AbortController()
      }
      const { signal } = gathering
      for (const step of steps) {
        const asked = gatherer.gather(step, { height, blockSeconds, signal }).then((fact) => {
          if (signal.aborted) return
          if (fact.type === 'failed') tellFailure(fact)
          dispatch(fact)
          if (fact.type === 'failed' && step === 'prices') retryLater(height, blockSeconds, signal)
        })
        void tasks.track('E_MINER_INTERNAL', asked)
      }
    },
    /** What is under way is called off; its results are dropped. */
    cancel: () => gathering.abort(),
  }
}
