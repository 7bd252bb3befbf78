/**
 * Carries out the schedule's actions and feeds their results back to it. Everything asynchronous is tracked here:
 * nothing rejects unseen, and `stop` waits for what is under way.
 */
import { isCoded, messageOf, type Network } from '../config/index.js'
import type { MinuteEvent } from '../factom/index.js'
import type { Crew } from './crew.js'
import type { MinerErrorCode } from './errors.js'
import { hexOfBytes, hexOfDifficulty, type MinerEvent } from './events.js'
import type { Gatherer } from './gather.js'
import { buildRecord, type MinedRecord } from './record.js'
import type { Rivals } from './rivals.js'
import { INITIAL_STATE, advance, type Action, type ScheduleEvent, type ScheduleState } from './schedule.js'
import type { Submitter } from './submit.js'

export interface ConductorParts {
  readonly network: Network
  readonly identity: string
  readonly coinbase: string
  readonly recordsPerBlock: number
  readonly gatherer: Gatherer
  readonly crew: Pick<Crew, 'mine' | 'rest'>
  readonly submitter: Submitter
  readonly rivals: Pick<Rivals, 'begin' | 'submit' | 'drop'> | null
  readonly emit: (event: MinerEvent) => void
}

export interface Conductor {
  tick(event: MinuteEvent): void
  readonly phase: ScheduleState['phase']
  /** The clock's last word. */
  readonly at: MinuteEvent | null
  /** The first height of this run that anything was mined for. */
  readonly firstMined: number | null
  /** Ends what is under way and waits for it. */
  stop(): Promise<void>
}

/** Prices are asked for again after so many seconds, in a block of 600 s. */
const RETRY_SECONDS = 20
const SHORTEST_RETRY_MS = 300

export function createConductor(parts: ConductorParts): Conductor {
  const { network, identity, coinbase, recordsPerBlock, gatherer, crew, submitter, rivals, emit } = parts
  let state: ScheduleState = INITIAL_STATE
  let at: MinuteEvent | null = null
  let firstMined: number | null = null
  let record: MinedRecord | null = null
  let gathering = new AbortController()
  let publishing = new AbortController()
  let stopped = false
  const underWay = new Set<Promise<void>>()
  const waiting: ScheduleEvent[] = []
  let busy = false

  /** Actions may cause events at once; those wait their turn. */
  function dispatch(event: ScheduleEvent): void {
    waiting.push(event)
    if (busy) return
    busy = true
    try {
      for (let next = waiting.shift(); next !== undefined && !stopped; next = waiting.shift()) {
        const { state: after, actions } = advance(state, next)
        state = after
        for (const action of actions) attempt(action)
      }
    } finally {
      busy = false
    }
  }

  function attempt(action: Action): void {
    try {
      perform(action)
    } catch (error) {
      notice('error', 'E_MINER_INTERNAL', `${action.do}: ${messageOf(error)}`)
    }
  }

  function perform(action: Action): void {
    switch (action.do) {
      case 'gather':
        return gather(action.height, action.steps)
      case 'mine':
        return mine(action)
      case 'submit':
        return submit(action.height, action.credits)
      case 'close':
        return publishing.abort()
      case 'recover':
        return recover(action.height)
      case 'abandon':
      case 'skip':
        gathering.abort()
        crew.rest()
        rivals?.drop()
        record = null
        return emit({ event: 'skipped', height: action.height, code: action.code, reason: action.reason })
      case 'grade':
        if (action.below > 0) track('E_MINER_GRADING', gatherer.sync(action.below - 1))
    }
  }

  function track(code: MinerErrorCode, work: Promise<unknown>): void {
    const done = work.then(
      () => undefined,
      (error: unknown) => {
        if (!stopped) notice('warn', isCoded(error) ? error.code : code, messageOf(error))
      },
    )
    underWay.add(done)
    void done.then(() => underWay.delete(done))
  }

  function notice(level: 'info' | 'warn' | 'error', code: string, message: string): void {
    emit({ event: 'notice', level, code, message })
  }

  function gather(height: number, steps: readonly ('winners' | 'prices' | 'funds')[]): void {
    if (steps.length > 1 || gathering.signal.aborted) {
      gathering.abort()
      gathering = new AbortController()
    }
    const { signal } = gathering
    const blockSeconds = at?.blockSeconds ?? network.blockSeconds
    for (const step of steps) {
      const asked = gatherer.gather(step, { height, blockSeconds, signal }).then((fact) => {
        if (signal.aborted || stopped) return
        if (fact.type === 'failed') notice('warn', fact.code, `block ${height}: ${fact.reason}`)
        dispatch(fact)
        if (fact.type === 'failed' && step === 'prices') retryLater(height, blockSeconds, signal)
      })
      track('E_MINER_INTERNAL', asked)
    }
  }

  /** A source may be back before the next minute. */
  function retryLater(height: number, blockSeconds: number, signal: AbortSignal): void {
    const retry = (): void => {
      if (!signal.aborted && !stopped) dispatch({ type: 'retry', height })
    }
    setTimeout(retry, Math.max(SHORTEST_RETRY_MS, (RETRY_SECONDS * 1000 * blockSeconds) / 600)).unref()
  }

  function mine({ height, winners, prices }: Extract<Action, { do: 'mine' }>): void {
    try {
      record = buildRecord({ network, height, identity, coinbase, winners: winners.winners, prices })
      rivals?.begin({ height, winners: winners.winners, prices })
    } catch (error) {
      const reason = messageOf(error)
      return dispatch({ type: 'failed', height, step: 'record', code: 'E_MINER_RECORD', reason })
    }
    firstMined ??= height
    crew.mine({ oprHash: record.oprHash, floor: winners.floor })
    emit({
      event: 'job',
      height,
      oprHash: hexOfBytes(record.oprHash),
      floor: hexOfDifficulty(winners.floor),
      winnersFrom: winners.winnersFrom,
    })
  }

  function submit(height: number, credits: number): void {
    const best = crew.rest()
    publishing = new AbortController()
    const { signal } = publishing
    if (record === null || best.length === 0) {
      const reason = 'no nonce was above the floor'
      emit({ event: 'skipped', height, code: 'E_MINER_NO_HITS', reason })
    } else {
      const submission = { record, best, limit: recordsPerBlock, credits, signal }
      track('E_MINER_PUBLISH', submitter.submit(submission))
    }
    if (rivals !== null) track('E_MINER_PUBLISH', rivals.submit(signal))
    record = null
  }

  function recover(height: number): void {
    publishing = new AbortController()
    const recovered = submitter.recover(height, publishing.signal).then((count) => {
      if (count > 0)
        notice('info', 'E_MINER_RECOVERED', `block ${height}: ${count} entries of an earlier run finished`)
    })
    track('E_MINER_PUBLISH', recovered)
  }

  return {
    tick(event) {
      if (stopped) return
      at = event
      emit({ event: 'block', height: event.height, minute: event.minute })
      dispatch({ type: 'minute', height: event.height, minute: event.minute })
    },
    get phase() {
      return state.phase
    },
    get at() {
      return at
    },
    get firstMined() {
      return firstMined
    },
    async stop() {
      stopped = true
      gathering.abort()
      publishing.abort()
      rivals?.drop()
      await Promise.all(underWay)
    },
  }
}
