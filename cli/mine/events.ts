/** What becomes of each event of a run: it is printed, measured, recorded, shown on the page. */
import type { MinerEvent, MinerView } from '../../miner/index.js'
import type { Board, Metrics } from '../../telemetry/index.js'
import type { Output } from '../program/output.js'
import { minerLogLine } from '../service/log-lines.js'
import type { Recorder } from '../service/past.js'
import type { Service } from '../service/service.js'
import { rateText } from '../view/format.js'
import { incompleteLine } from '../view/prices.js'
import type { EventView } from '../view/stream.js'

export interface EventParts {
  readonly view: MinerView
  readonly metrics: Pick<Metrics, 'tree' | 'entryStep'>
  readonly service: Pick<Service, 'ready' | 'status'>
  readonly recorder: Pick<Recorder, 'tell' | 'measure'>
  readonly board: Pick<Board, 'hear'>
  readonly output: Output
  readonly lines: Pick<EventView, 'show'>
}

/** Events of the miner, and notices from the parts around it. Those that come before the listener wait for it. */
export function createNews() {
  const early: MinerEvent[] = []
  let hear = (event: MinerEvent): void => void early.push(event)
  return {
    emit: (event: MinerEvent): void => hear(event),
    listen(listener: (event: MinerEvent) => void): void {
      hear = listener
      early.splice(0).forEach(listener)
    },
  }
}

/** Returns the listener of the miner's events, and of notices from the parts around it. */
export function createListener(parts: EventParts): (event: MinerEvent) => void {
  const { view, recorder, board, output, lines } = parts
  let explained: number | null = null
  return (event) => {
    measure(event, parts)
    output.event(event)
    lines.show(event)
    const logged = minerLogLine(event)
    if (logged) recorder.tell(logged)
    // Once a block: the next attempts say in one line how many are missing still.
    if (event.event === 'prices' && !event.complete && explained !== event.height) {
      explained = event.height
      if (view.prices) output.line(incompleteLine(view.prices, output))
    }
    board.hear(event)
  }
}

function measure(event: MinerEvent, { view, metrics, service, recorder }: EventParts): void {
  if (event.event === 'entry') metrics.entryStep(event)
  if (event.event === 'skipped' && event.code === 'E_MINER_PRICES') metrics.tree.oracle.skipped.inc()
  if (event.event === 'prices' && !event.guarded) metrics.tree.oracle.unguarded.inc()
  if (event.event === 'job') service.ready(`mining block ${event.height}`)
  if (event.event === 'hashrate') recorder.measure('hashrate', event.total)
  if (event.event === 'hashrate') service.status(statusText(view, event.total))
}

/** For `systemctl status`. */
const statusText = ({ state, height }: Pick<MinerView, 'state' | 'height'>, hashrate: number): string =>
  `${state}, block ${height ?? 'unknown'}, ${rateText(hashrate)}`
