/**
 * Carries out the schedule's actions and feeds their results back to it. Everything asynchronous is tracked here:
 * nothing rejects unseen, and `stop` waits for what is under way.
 */
import { isCoded, messageOf, monotonicMs } from '../../base/index.js'
import type { Network } from '../../pegnet/index.js'
import type { MinuteEvent, NodeHealth } from '../../factom/index.js'
import type { Crew } from '../work/local.js'
import type { MinerErrorCode } from '../errors.js'
import { hexOfBytes, hexOfDifficulty, type MinerEvent } from '../events.js'
import type { Gatherer } from './gather.js'
import { buildRecord, type MinedRecord } from './record.js'
import type { Rivals } from '../rivals.js'
import {
  INITIAL_STATE,
  advance,
  type Action,
  type FailedFact,
  type ScheduleEvent,
  type ScheduleState,
} from './schedule.js'
import type { Submission, Submitter } from './submit.js'
import { within } from './within.js'

export interface ConductorParts {
  readonly network: Network
  /** What holds for the next record. */
  readonly terms: () => RecordTerms
  readonly gatherer: Gatherer
  readonly crew: Pick<Crew, 'mine' | 'rest'>
  readonly submitter: Submitter
  readonly rivals: Pick<Rivals, 'begin' | 'submit' | 'drop'> | null
  readonly emit: (event: MinerEvent) => void
}

export interface RecordTerms {
  readonly identity: string
  readonly coinbase: string
  /** Most records to publish of the block. */
  readonly recordsPerBlock: number
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
const FIRST_SLACK = 2
/** How long the end of a run waits for what is being looked up in the saved block. */
const LAST_SETTLE_MS = 2000
/** Before the minute's end: what leaves later may reach the node in the next block. */
const MARGIN_MS = 250
const MARGIN_SHARE = 0.02

export function createConductor(parts: ConductorParts): Conductor {
  const { network, terms, gatherer, crew, submitter, rivals, emit } = parts
  let state: ScheduleState = INITIAL_STATE
  let at: MinuteEvent | null = null
  let firstMined: number | null = null
  let record: MinedRecord | null = null
  /** Most entries of the record at hand. */
  let limit = 0
  let gathering = new AbortController()
  let publishing = new AbortController()
  const settling = new AbortController()
  let settled = Promise.resolve()
  let settlesNow = false
  let stopped = false
  const underWay = new Set<Promise<void>>()
  const waiting: ScheduleEvent[] = []
  let busy = false

  /** What was said of each step's failures in the block at hand: what repeats itself is not said again. */
  const told = new Map<string, string>()

  function tellFailure({ step, code, reason, height }: FailedFact): void {
    const message = `block ${height}: ${reason}`
    if (told.get(step) === message) return
    told.set(step, message)
    notice('warn', code, message)
  }

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
        if (fact.type === 'failed') tellFailure(fact)
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
    const { identity, coinbase, recordsPerBlock } = terms()
    limit = recordsPerBlock
    try {
      record = buildRecord({ network, height, identity, coinbase, winners: winners.winners, prices })
      rivals?.begin({ height, winners: winners.winners, prices })
    } catch (error) {
      const reason = messageOf(error)
      return dispatch({ type: 'failed', height, step: 'record', code: 'E_MINER_RECORD', reason })
    }
    firstMined ??= height
    crew.mine({ oprHash: record.oprHash, floor: winners.floor, keep: limit })
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
    const deadline = deadlineOf(at)
    const trouble = troubleOf(at?.health)
    if (trouble !== null) {
      emit({ event: 'skipped', height, ...trouble })
      rivals?.drop()
    } else if (record === null || best.length === 0) {
      const reason = 'no nonce was above the floor'
      emit({ event: 'skipped', height, code: 'E_MINER_NO_HITS', reason })
    } else {
      const networkMs = at === null ? undefined : Math.round(monotonicMs() + at.nodeAheadMs)
      const submission = { record, best, limit, credits, signal, deadline, networkMs }
      track('E_MINER_PUBLISH', publish(submission))
    }
    if (rivals !== null && trouble === null) track('E_MINER_PUBLISH', rivals.submit(signal, deadline))
    record = null
  }

  /**
   * The credits of minute 1 may be gone: a commit that cannot be paid would wait at the node and land, paid but
   * worthless, in a later block. If they cannot be asked for in good time, those of minute 1 count.
   */
  async function publish(submission: Submission): Promise<void> {
    const { signal, record } = submission
    const blockSeconds = at?.blockSeconds ?? network.blockSeconds
    const { height } = record
    const fact = await within(Math.min(1000, blockSeconds * 20), signal, (soon) =>
      gatherer.gather('funds', { height, blockSeconds, signal: soon }),
    )
    if (signal.aborted) return
    const credits = fact.type === 'funds' ? fact.balance : submission.credits
    if (credits > 0) return void (await submitter.submit({ ...submission, credits }))
    const reason = 'the entry credits were used up while the block was mined'
    emit({ event: 'skipped', height, code: 'E_MINER_NO_CREDITS', reason })
  }

  /** One at a time; what the node cannot tell now is asked for again with the next minute. */
  function settle(savedHeight: number): void {
    if (settlesNow || !submitter.unsettled(savedHeight)) return
    settlesNow = true
    settled = submitter
      .settle(savedHeight, settling.signal)
      .catch((error: unknown) => {
        if (!stopped) notice('warn', isCoded(error) ? error.code : 'E_MINER_PUBLISH', messageOf(error))
      })
      .finally(() => (settlesNow = false))
  }

  function recover(height: number): void {
    publishing = new AbortController()
    const limits = { signal: publishing.signal, deadline: deadlineOf(at) }
    const recovered = submitter.recover(height, limits).then((count) => {
      if (count > 0)
        notice('info', 'E_MINER_RECOVERED', `block ${height}: ${count} entries of an earlier run finished`)
    })
    track('E_MINER_PUBLISH', recovered)
  }

  return {
    tick(event) {
      if (stopped) return
      const before = at
      at = event
      emit({ event: 'block', height: event.height, minute: event.minute })
      dispatch({ type: 'minute', height: event.height, minute: event.minute })
      if (event.health.state !== 'ok') return
      // A node that this run begins with may be a block or two behind the one of the last run.
      if (before === null) track('E_MINER_PUBLISH', submitter.reset(event.height + FIRST_SLACK))
      else if (event.height < before.height) track('E_MINER_PUBLISH', submitter.reset(event.height))
      settle(event.height - 1)
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
      const giveUp = setTimeout(() => settling.abort(), LAST_SETTLE_MS)
      await settled
      clearTimeout(giveUp)
    },
  }
}

/** The end of minute 9, a little earlier, `monotonicMs`. */
function deadlineOf(at: MinuteEvent | null): number {
  if (at === null) return Infinity
  return at.endsAt - Math.min(MARGIN_MS, at.blockSeconds * 100 * MARGIN_SHARE)
}

/** Why nothing is published on a node: it would come into another block, or wait there and be paid in vain. */
function troubleOf(health: NodeHealth | undefined): { code: string; reason: string } | null {
  switch (health?.state) {
    case 'syncing':
      return { code: 'E_FACTOM_SYNCING', reason: 'the node is still fetching blocks; nothing is published' }
    case 'lagging':
      return { code: 'E_FACTOM_LAGGING', reason: 'the node is blocks behind; nothing is published' }
    case 'stalled':
      return { code: 'E_FACTOM_STALLED', reason: 'the chain stands still; nothing is published' }
    case 'ok':
    case 'unknown':
    case 'unreachable':
    case undefined:
      return null
  }
}
