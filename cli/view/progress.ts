/** How far a long job is: a bar on a terminal, a log line now and then elsewhere, events with `--json`. */
import { monotonicMs } from '../../base/index.js'
import type { ByteMapNotice, ByteMapProgress } from '../../lxrhash/index.js'
import type { CommandContext } from '../program/context.js'
import { durationText, rateText } from './format.js'
import { widthOf } from '../program/output.js'

export type Progress = ReturnType<typeof createProgress>

/** Faster than this, people cannot follow. */
const BAR_MS = 100
/** One event or log line in so long, besides one at the begin of each phase. */
const EVENT_MS = 1_000
const LOG_MS = 10_000

/** The terminal writes ^C behind the bar; it must not begin a line of its own. */
const ROOM_FOR_ECHO = 4

const PHASE = {
  wait: 'waiting for',
  fetch: 'fetching',
  resume: 'resuming',
  build: 'building',
  save: 'saving',
  open: 'reading',
  verify: 'verifying',
} as const

type Context = Pick<CommandContext<never>, 'output' | 'log' | 'stderr'>

export function createProgress({ output, log, stderr }: Context, what: string, now = monotonicMs) {
  const bar = stderr.isTTY === true
  const every = [
    {
      milliseconds: EVENT_MS,
      last: -Infinity,
      show: (state: ByteMapProgress) => output.event({ event: 'bytemap', ...state }),
    },
    bar
      ? {
          milliseconds: BAR_MS,
          last: -Infinity,
          show: (state: ByteMapProgress) =>
            void stderr.write(`\r\u001b[K${barText(what, state, widthOf(stderr) - ROOM_FOR_ECHO)}`),
        }
      : {
          milliseconds: LOG_MS,
          last: now(),
          show: ({ phase, done, total, perSecond, secondsLeft }: ByteMapProgress) =>
            log.info(
              `${PHASE[phase]} the ${what}`,
              phase === 'wait'
                ? {}
                : {
                    percent: percentOf(done, total),
                    rate: rateText(perSecond, 'B/s'),
                    left: durationText(secondsLeft * 1000),
                  },
            ),
        },
  ]
  let phase = ''
  const clear = (): void => {
    if (bar && phase !== '') stderr.write('\r\u001b[K')
  }
  return {
    show: (state: ByteMapProgress): void => {
      const begins = state.phase !== phase
      phase = state.phase
      for (const way of every) {
        if (now() - way.last < way.milliseconds && !(begins && bar)) continue
        way.last = now()
        way.show(state)
      }
    },
    /** A line for the log, an event with `--json`. */
    notice: ({ level, code, message }: ByteMapNotice): void => {
      clear()
      log[level](`${code}: ${message}`)
      output.event({ event: 'notice', level, code, message })
    },
    /** Removes the bar. */
    end: clear,
  }
}

const percentOf = (done: number, total: number): number => (total > 0 ? Math.floor((100 * done) / total) : 0)

/** One line: `ByteMap 2^30 (1 GiB)  building  ███████░░░░░░  54 %  11.2 MB/s  3 min 20 s left`. */
export function barText(
  what: string,
  { phase, done, total, perSecond, secondsLeft }: ByteMapProgress,
  width: number,
): string {
  const share = total > 0 ? Math.min(1, done / total) : 0
  const left = perSecond > 0 ? `${durationText(secondsLeft * 1000)} left` : ''
  const head = `${what}  ${PHASE[phase].padEnd(9)}  `
  const tail = `  ${String(percentOf(done, total)).padStart(3)} %  ${rateText(perSecond, 'B/s').padStart(9)}  ${left.padEnd(16)}`
  const cells = Math.max(10, Math.min(40, width - head.length - tail.length))
  const full = Math.round(share * cells)
  return `${head}${'█'.repeat(full)}${'░'.repeat(cells - full)}${tail}`
}
