/** Events of the feed → lines for people; tables of check and status. Pure. */
import { coinsText } from '../../komodo/index.js'
import {
  isOver,
  type CheckLine,
  type FeedEvent,
  type FeedState,
  type GatewayView,
} from '../../oracle/feed/index.js'
import { oneLine, type Paint, type Style } from '../../telemetry/log.js'
import { clockText, durationText, plural } from '../view/format.js'

const LABEL_WIDTH = 10
const SHORT = 16

const short = (hex: string): string => `${hex.slice(0, SHORT)}…`

interface Line {
  readonly label: string
  readonly style: Style
  readonly text: string
}

export function feedLine(event: FeedEvent, paint: Paint, now: number): string | null {
  const line = lineOf(event)
  if (line === null) return null
  const gateway = 'gateway' in event ? `${event.gateway}  ` : ''
  return `${paint('dim', clockText(now))}  ${paint('dim', gateway)}${paint(line.style, line.label.padEnd(LABEL_WIDTH))}  ${oneLine(line.text)}`
}

function lineOf(event: FeedEvent): Line | null {
  switch (event.event) {
    case 'header': {
      const why = event.why === 'live' ? '' : ` (${event.why})`
      const dry = event.dryRun ? ', not sent: dry run' : ''
      return { label: 'header', style: 'green', text: `${event.height}${why}  ${short(event.txid)}${dry}` }
    }
    case 'withdrawal': {
      const bad = ['held', 'rejected', 'refused', 'stuck'].includes(event.state)
      // `feed approve` needs the whole id.
      const id = event.state === 'held' ? event.withdrawtxid : short(event.withdrawtxid)
      const text = `${event.state}: ${event.amount} to ${event.to}, ${id}`
      const more = event.message === undefined ? '' : `; ${event.message}`
      return { label: 'withdrawal', style: bad ? 'yellow' : 'cyan', text: text + more }
    }
    case 'funds': {
      const hours = event.hoursLeft === null ? '' : ` (${Math.floor(event.hoursLeft)} h)`
      const text = `${event.oracle} in ${plural(event.outputs, 'output')}, ${event.headersLeft} headers left${hours}, wallet ${event.wallet}`
      const more = event.message === undefined ? '' : `; ${event.message}`
      return { label: 'funds', style: event.action === 'alarm' ? 'red' : 'magenta', text: text + more }
    }
    case 'reorg':
      return { label: 'reorg', style: 'yellow', text: `${event.chain} chain: ${event.message}` }
    case 'state': {
      const lag = !event.lag ? '' : `, ${event.lag} to publish`
      const at = event.published === null ? '' : `, published up to ${event.published}`
      const why = event.message === '' ? '' : `: ${event.message}`
      // These two states alternate from block to block while a feed catches up, so they are not told.
      if (event.state === 'publishing' || event.state === 'budget') return null
      return {
        label: event.state,
        style: event.state === 'idle' ? 'dim' : 'yellow',
        text: `tip ${event.tip}${at}${lag}${why}`,
      }
    }
    case 'notice': {
      const style: Style = event.level === 'error' ? 'red' : event.level === 'warn' ? 'yellow' : 'dim'
      return {
        label: event.level === 'info' ? 'notice' : event.level,
        style,
        text: `${event.code}: ${event.message}`,
      }
    }
    case 'backfilled':
      return { label: 'backfill', style: 'green', text: `all asked for is published, up to ${event.to}` }
    case 'report':
      return {
        label: 'report',
        style: 'bold',
        text: `published up to ${event.published ?? 'nothing'}, lag ${event.lag ?? '?'}, ${plural(event.headers, 'header')}, ${event.paid} withdrawals paid, ${event.headersLeft ?? '?'} headers left; ${event.state}`,
      }
    case 'stopped': {
      const why = {
        interrupted: 'interrupted',
        asked: 'as asked',
        blocks: 'all done',
        once: 'one pass done',
        failed: 'failed',
      }[event.reason]
      return {
        label: 'ended',
        style: 'bold',
        text: `${why} after ${durationText(event.milliseconds)}: ${plural(event.headers, 'header')}, ${plural(event.withdrawals, 'withdrawal')}`,
      }
    }
  }
}

const MARKS: Readonly<Record<CheckLine['result'], { mark: string; style: Style }>> = {
  ok: { mark: 'ok', style: 'green' },
  warn: { mark: 'look', style: 'yellow' },
  wait: { mark: 'wait', style: 'yellow' },
  fail: { mark: 'FAIL', style: 'red' },
}

export function checkLines(lines: readonly CheckLine[], paint: Paint): string[] {
  return lines.flatMap(({ name, result, found, remedy }) => {
    const { mark, style } = MARKS[result]
    const line = ` ${paint(style, mark.padEnd(5))} ${name.padEnd(17)} ${oneLine(found)}`
    return remedy === '' ? [line] : [line, ` ${''.padEnd(5)} ${''.padEnd(17)} ${paint('dim', `→ ${remedy}`)}`]
  })
}

export function statusLines(
  name: string,
  state: FeedState,
  { paint, view }: { paint: Paint; view: GatewayView | null },
): string[] {
  const records = Object.values(state.withdrawals).sort((a, b) => b.seenAt - a.seenAt)
  const open = records.filter((record) => !isOver(record))
  const blocking = view?.withdrawals?.blockedBy ?? null
  const plan = view?.relay?.plan
  const budget = view?.relay?.budget
  const waits =
    view?.relay?.state.state === 'budget' ? '; the change of headers under way comes with the next block' : ''
  return [
    paint('bold', name),
    ...(plan
      ? [
          `  headers      published up to ${plan.top ?? 'nothing'} of ${plan.target}, ${plan.lag} due, ${plan.gaps} missing below`,
        ]
      : []),
    ...(budget ? [`  budget       ${budget.perBlock} a block, ${budget.headersLeft} left${waits}`] : []),
    ...(state.wanted.length === 0
      ? []
      : [`  backfill     ${state.wanted.map(([from, to]) => `${from}–${to}`).join(', ')}`]),
    `  withdrawals  ${open.length} open, ${records.length - open.length} done`,
    ...(blocking === null
      ? []
      : [paint('yellow', `  blocked by   ${blocking.withdrawTxid}: no other withdrawal can be asked for`)]),
    ...open.map(
      ({ withdrawTxid, amount, to, step, message }) =>
        `    ${step.padEnd(10)} ${withdrawTxid}  ${coinsText(BigInt(amount))} to ${to}${message === '' ? '' : `; ${oneLine(message)}`}`,
    ),
  ]
}
