/** Work under way: nothing rejects unseen, and the end of a run waits for it. */
import { isCoded, messageOf } from '../../base/index.js'
import type { MinerErrorCode } from '../errors.js'
import type { NoticeEvent } from '../events.js'

export type Notice = (level: NoticeEvent['level'], code: string, message: string) => void

export interface Tasks {
  /** What goes wrong is a warning; `code` is for what has none of its own. Silent once the run ends. */
  track(code: MinerErrorCode, work: Promise<unknown>): Promise<void>
  /** Nothing is said of failures any more. */
  hush(): void
  /** Settled when all of it is done. */
  done(): Promise<unknown>
}

export function createTasks(notice: Notice): Tasks {
  const underWay = new Set<Promise<void>>()
  let hushed = false
  return {
    track(code, work) {
      const done = work.then(
        () => undefined,
        (error: unknown) => {
          if (!hushed) notice('warn', isCoded(error) ? error.code : code, messageOf(error))
        },
      )
      underWay.add(done)
      return done.finally(() => underWay.delete(done))
    },
    hush() {
      hushed = true
    },
    done: () => Promise.all(underWay),
  }
}
