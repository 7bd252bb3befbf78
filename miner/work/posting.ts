/** Steers the slots of a pool through the control block: which record, which floor, whether they hash at all. */
import {
  PAUSE,
  RUN,
  awaitSeen,
  clearJob,
  stateOf,
  writeFloor,
  writeJob,
  writeState,
  type Control,
  type PostedJob,
} from './control.js'
import { WHOLE_SPACE, type Lease } from './nonces.js'
import type { Pool } from './pool-types.js'
import type { SwitchTimes } from './switch-times.js'

export type Posting = Pick<Pool, 'publish' | 'setFloor' | 'clear' | 'pause' | 'resume'>

/**
 * How long the main thread stands aside at most when there is new work. It would go on with other things, on the
 * processor of a thread that has not seen the work yet.
 */
const HAND_OVER_MS = 5

/** `awake`: the slots that hash now. */
export function createPosting(
  control: Control,
  switchTimes: SwitchTimes,
  awake: () => readonly number[],
): Posting {
  let job: PostedJob | null = null
  let lease: Lease = WHOLE_SPACE
  return {
    publish({ oprHash, floor, keep, lease: given = WHOLE_SPACE }) {
      const before = job !== null && Buffer.compare(job.oprHash, oprHash) === 0 ? job : null
      const goesOn = before !== null && given.from === lease.from && given.to === lease.to
      lease = given
      job =
        before === null
          ? { id: (job?.id ?? 0) + 1, oprHash: oprHash.slice(), floor, keep }
          : { ...before, floor }
      const slots = awake()
      if (before === null) switchTimes.begin(job.id, slots)
      const epoch = goesOn ? writeJob(control, job) : writeJob(control, job, lease)
      if (before === null && stateOf(control) === RUN) awaitSeen(control, slots, epoch, HAND_OVER_MS)
      return job.id
    },
    setFloor(floor) {
      if (job === null || job.floor === floor) return
      job = { ...job, floor }
      writeFloor(control, floor)
    },
    clear() {
      clearJob(control)
    },
    pause() {
      if (stateOf(control) !== RUN) return
      switchTimes.cancel()
      writeState(control, PAUSE)
    },
    resume() {
      if (stateOf(control) === PAUSE) writeState(control, RUN)
    },
  }
}
