/**
 * The miner's events as a person wants to see them: a line a height instead of a minute, one line for the fate of
 * a block's records instead of three each, and a speed line at a fixed pace.
 */
import { CLOCK, type Clock } from '../../base/index.js'
import type { EntryEvent, MinerEvent } from '../../miner/index.js'
import { clockText } from './format.js'
import type { Output } from '../program/output.js'
import {
  blockLine,
  entriesLine,
  gradedLine,
  jobLine,
  noticeLine,
  pricesLine,
  skippedLine,
  speedLine,
  summaryLines,
  type Line,
} from './lines.js'
import { factPrinter } from './facts.js'

export interface EventView {
  readonly show: (event: MinerEvent) => void
  /** A line of its own among them. */
  readonly print: (line: Line) => void
  /** Prints what is held back and stops the timer. */
  readonly close: () => void
}

export interface EventViewOptions {
  readonly output: Output
  /** Time between two speed lines, ms. */
  readonly speedEveryMs: number
  readonly clock?: Clock
}

/** News of records come in bursts; one line tells what happened in so long. */
const ENTRIES_MS = 1_000
const LABEL_WIDTH = 8

export function createEventView({ output, speedEveryMs, clock = CLOCK }: EventViewOptions): EventView {
  const { paint } = output
  const fact = factPrinter(output)
  let height: number | null = null
  /** The last line about a block's prices: an attempt that changes nothing is not printed again. */
  let priced = ''
  let lastSpeed = clock.monotonicMs()
  let fate = createFate(0)
  let timer: NodeJS.Timeout | undefined

  const print = ({ label, style, text }: Line): void =>
    output.line(
      `${paint('dim', clockText(clock.wallMs()))}  ${paint(style, label.padEnd(LABEL_WIDTH))}  ${text}`,
    )
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    fate.take().forEach(print)
  }
  const showEntry = (event: EntryEvent): void => {
    if (event.height !== fate.height) {
      flush()
      fate = createFate(event.height)
    }
    fate.add(event)
    timer ??= setTimeout(flush, ENTRIES_MS)
  }

  const show = (event: MinerEvent): void => {
    switch (event.event) {
      case 'entry':
        return showEntry(event)
      case 'hashrate':
        // Half a second of slack: the miner's events and these lines are timed apart.
        if (clock.monotonicMs() - lastSpeed < speedEveryMs - 500) return
        lastSpeed = clock.monotonicMs()
        return print(speedLine(event))
      case 'block':
        if (event.height === height) return
        height = event.height
        return print(blockLine(event))
      case 'prices': {
        const line = pricesLine(event)
        const said = `${event.height} ${line.text}`
        if (said === priced) return
        priced = said
        return print(line)
      }
      case 'job':
        return print(jobLine(event))
      case 'graded':
        flush()
        return print(gradedLine(event))
      case 'skipped':
        return print(skippedLine(event))
      case 'notice':
        return print(noticeLine(event))
      case 'stopped':
        flush()
        output.line()
        return summaryLines(event).forEach(([label, value]) => fact(label, value))
    }
  }
  return { show, print, close: flush }
}

/** Where the records of one block are. */
function createFate(height: number) {
  const status = new Map<string, EntryEvent['status']>()
  const reasons = new Map<string, number>()
  let best = ''
  let news = false
  return {
    height,
    add: (event: EntryEvent): void => {
      news = true
      status.set(event.entryHash, event.status)
      if (event.difficulty > best) best = event.difficulty
      if (event.status === 'missed') {
        const reason = event.reason ?? 'unknown reason'
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
      }
    },
    /** The lines for what is new since the last call. */
    take: (): Line[] => {
      if (!news) return []
      news = false
      const counts: Record<string, number> = {}
      for (const where of status.values()) counts[where] = (counts[where] ?? 0) + 1
      const failures = [...reasons].map(([reason, count]): Line => ({
        label: 'missed',
        style: 'red',
        text: `${count} of them: ${reason}`,
      }))
      reasons.clear()
      return [entriesLine(counts, best), ...failures]
    },
  }
}
