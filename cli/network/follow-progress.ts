/** How far following the chain is: a bar on a terminal, a log line now and then elsewhere, events with `--json`. */
import { monotonicMs } from '../../base/index.js'
import type { FollowProgress } from '../../oracle/index.js'
import type { CommandContext } from '../program/context.js'
import { countText, durationText, plural } from '../view/format.js'
import { widthOf } from '../program/output.js'

type Context = Pick<CommandContext<never>, 'output' | 'log' | 'stderr'>

const BAR_MS = 100
const EVENT_MS = 1_000
const LOG_MS = 10_000
const CELLS = 24

export type FollowView = ReturnType<typeof createFollowView>

export function createFollowView({ output, log, stderr }: Context, now = monotonicMs) {
  const bar = stderr.isTTY === true
  let last: FollowProgress | null = null
  let shown = { bar: -Infinity, event: -Infinity, log: now() }
  return {
    show(progress: FollowProgress): void {
      last = progress
      const time = now()
      if (bar && time - shown.bar >= BAR_MS) {
        shown = { ...shown, bar: time }
        stderr.write(`\r\u001b[K${barText(progress, widthOf(stderr))}`)
      }
      if (time - shown.event >= EVENT_MS) {
        shown = { ...shown, event: time }
        output.event({ event: 'follow', ...factsOf(progress) })
      }
      if (!bar && time - shown.log >= LOG_MS) {
        shown = { ...shown, log: time }
        const { height, to, secondsLeft } = factsOf(progress)
        log.info('following the chain', { height, to, left: durationText(secondsLeft * 1000) })
      }
    },
    /** Removes the bar and tells what was done, if anything was. */
    end(): void {
      if (bar) stderr.write('\r\u001b[K')
      if (last === null) return
      output.event({ event: 'followed', ...factsOf(last) })
      output.line(` ${doneText(last)}`)
      output.line()
    },
  }
}

function factsOf({ height, to, blocks, entries, milliseconds }: FollowProgress) {
  const seconds = milliseconds / 1000
  const blocksPerSecond = seconds > 0 ? blocks / seconds : 0
  return {
    ...{ height, to, blocks, entries, milliseconds: Math.round(milliseconds) },
    blocksPerSecond: Math.round(10 * blocksPerSecond) / 10,
    entriesPerSecond: seconds > 0 ? Math.round(entries / seconds) : 0,
    secondsLeft: blocksPerSecond > 0 ? Math.round((to - height) / blocksPerSecond) : 0,
  }
}

/** `following the chain  ███████░░░  54 %  block 210,330 of 258,796  31 blocks/s  1 min 05 s left`. */
export function barText(progress: FollowProgress, width: number): string {
  const { height, to, blocks, blocksPerSecond, secondsLeft } = factsOf(progress)
  const share = blocks / (blocks + to - height)
  const full = Math.round(share * CELLS)
  const parts = [
    `following the chain  ${'█'.repeat(full)}${'░'.repeat(CELLS - full)}  ${String(Math.floor(100 * share)).padStart(3)} %`,
    `block ${height} of ${to}`,
    `${blocksPerSecond} blocks/s`,
    `${durationText(secondsLeft * 1000)} left`,
  ]
  return parts.join('  ').slice(0, width - 1)
}

function doneText(progress: FollowProgress): string {
  const { blocks, entries, milliseconds, blocksPerSecond, entriesPerSecond } = factsOf(progress)
  const what = `${plural(blocks, 'block')}, ${`${countText(entries)} ${entries === 1 ? 'entry' : 'entries'}`}`
  const speed = `${blocksPerSecond} blocks/s, ${countText(entriesPerSecond)} entries/s`
  return `followed ${what} in ${durationText(milliseconds)}: ${speed}`
}
