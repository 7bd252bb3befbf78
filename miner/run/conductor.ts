/**
 * Carries out the schedule's actions and feeds their results back to it. It decides nothing: what is begun, skipped or
 * published stands in `schedule.ts`.
 */
import type { MinuteEvent } from '../../factom/index.js'
import { createAsking } from './asking.js'
import { createBlockWork, type BlockParts } from './block.js'
import type { RecordContents } from './interface.js'
import type { Gatherer } from './gather.js'
import { createScheduleRunner } from './schedule-runner.js'
import { advance, INITIAL_STATE, type Action, type ScheduleEvent, type ScheduleState } from './schedule.js'
import { createSettling } from './settling.js'
import type { Submitter } from './submit.js'
import { createTasks, type Notice } from './tasks.js'

export interface ConductorParts extends Omit<BlockParts, 'dispatch' | 'at'> {
  readonly gatherer: Gatherer
  readonly submitter: Submitter
}

export type Conductor = ReturnType<typeof createConductor>

/** A node that a run begins with may be so many blocks behind the one of the last run. */
const FIRST_SLACK = 2

export function createConductor(parts: ConductorParts) {
  const { network, gatherer, submitter, emit } = parts
  const notice: Notice = (level, code, message) => emit({ event: 'notice', level, code, message })
  const tasks = createTasks(notice)
  const track = (code: Parameters<typeof tasks.track>[0], work: Promise<unknown>): void =>
    void tasks.track(code, work)
  const runner = createScheduleRunner({ initial: INITIAL_STATE, advance }, perform, notice)
  const dispatch = (event: ScheduleEvent): void => runner.dispatch(event)
  let at: MinuteEvent | null = null
  const block = createBlockWork({ ...parts, dispatch, at: () => at })
  const asking = createAsking({ gatherer, dispatch, notice, tasks })
  const settling = createSettling(submitter, tasks)
  let stopped = false

  function perform(action: Action): void {
    switch (action.do) {
      case 'gather':
        return asking.gather(action.height, action.steps, at?.blockSeconds ?? network.blockSeconds)
      case 'mine':
        return block.mine(action)
      case 'submit':
        return track('E_MINER_PUBLISH', block.collect(action.height))
      case 'publish':
        return track('E_MINER_PUBLISH', block.publish(action.credits))
      case 'close':
        return block.close()
      case 'recover':
        return track('E_MINER_PUBLISH', block.recover(action.height))
      case 'abandon':
      case 'skip':
        asking.cancel()
        track('E_MINER_INTERNAL', block.drop())
        return emit({ event: 'skipped', height: action.height, code: action.code, reason: action.reason })
      case 'grade':
        if (action.below > 0) track('E_MINER_GRADING', gatherer.sync(action.below - 1))
    }
  }

  return {
    tick(event: MinuteEvent): void {
      if (stopped) return
      const before = at
      at = event
      const { height, minute, health } = event
      emit({ event: 'block', height, minute })
      dispatch({ type: 'minute', height, minute, node: health.state })
      if (health.state !== 'ok') return
      if (before === null) track('E_MINER_PUBLISH', submitter.reset(height + FIRST_SLACK))
      else if (height < before.height) track('E_MINER_PUBLISH', submitter.reset(height))
      settling.look(height - 1)
    },
    get phase(): ScheduleState['phase'] {
      return runner.phase
    },
    /** The clock's last word. */
    get at(): MinuteEvent | null {
      return at
    },
    /** The first height of this run that anything was mined for. */
    get firstMined(): number | null {
      return block.firstMined
    },
    /** What is being mined; null if nothing is. */
    get record(): RecordContents | null {
      return block.record
    },
    /** Ends what is under way and waits for it. */
    async stop(): Promise<void> {
      stopped = true
      runner.stop()
      tasks.hush()
      asking.cancel()
      block.close()
      await Promise.all([tasks.done(), settling.stop()])
    },
  }
}
