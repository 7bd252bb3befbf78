/** Work under way: nothing rejects unseen, and the end of a run waits for it. */
import { isCoded, messageOf } from '../../base/index.js'
import type { MinerErrorCode } from '../errors.js'
import type { NoticeEvent } from '../events.js'

export type Notice = (level: NoticeEvent['level'], code: string, message: string) => void

export type Tasks = ReturnType<typeof createTasks>

export function createTasks(notice: Notice) {
  const underWay = new Set<Promise<void>>()
  let hushed = false
  return {
    /** What goes wrong is a warning; `code` is for what has none of its own. Silent once the run ends. */
    track(code: MinerErrorCode, work: Promise<unknown>): Promise<void> {
      const done = work.then(
        () => undefined,
        (error: unknown) => {
          if (!hushed) notice('warn', isCoded(error) ? error.code : code, messageOf(error))
        },
      )
      underWay.add(done)
      return done.finally(() => underWay.delete(done))
    },
    /** Nothing is said of failures any more. */
    hush(): void {
      hushed = true
    },
    /** Settled when all of it is done. */
    done: () => Promise.all(underWay),
  }
}
