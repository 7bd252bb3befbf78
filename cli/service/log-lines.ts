/** Which of a program's events go into the log of its status page, and in what words. Pure. */
import type { MinerEvent } from '../../miner/index.js'
import type { FeedEvent } from '../../oracle/feed/index.js'
import type { LogLine } from '../../telemetry/index.js'
import { plural } from '../view/format.js'

type Line = Omit<LogLine, 'id' | 'time'>

/** Null: it is no event for a log. */
export function minerLogLine(event: MinerEvent): Line | null {
  switch (event.event) {
    case 'notice':
      return event
    case 'skipped':
      return {
        level: 'warn',
        code: event.code,
        message: `nothing of ours in block ${event.height}: ${event.reason}`,
      }
    case 'graded': {
      const { height, gradable, mine, reward } = event
      const paid = mine.filter(({ payout }) => payout !== '0').length
      const ours = gradable
        ? `${plural(paid, 'record')} of ours paid, +${reward} PEG`
        : 'too few records for a payout'
      return { level: 'info', code: 'graded', message: `block ${height}: ${ours}` }
    }
    case 'stopped':
      return { level: 'info', code: 'stopped', message: event.reason }
    default:
      return null
  }
}

/** Headers come every minute and have a table of their own. */
export function feedLogLine(event: FeedEvent): Line | null {
  switch (event.event) {
    case 'notice':
      return { level: event.level, code: event.code, message: `${event.gateway}: ${event.message}` }
    case 'withdrawal': {
      const { gateway, state, amount, to, withdrawtxid, message } = event
      const bad = ['held', 'refused', 'stuck', 'rejected'].includes(state)
      const why = message === undefined ? '' : `; ${message}`
      const text = `${gateway}: ${state}: ${amount} to ${to}, ${withdrawtxid}${why}`
      return { level: bad ? 'warn' : 'info', code: 'withdrawal', message: text }
    }
    case 'reorg':
      return {
        level: 'warn',
        code: 'reorg',
        message: `${event.gateway}: ${event.chain} chain: ${event.message}`,
      }
    case 'funds': {
      if (event.action === 'none') return null
      const why = event.message === undefined ? '' : `; ${event.message}`
      const text = `${event.gateway}: ${event.action}, ${event.headersLeft} headers left${why}`
      return { level: event.action === 'alarm' ? 'warn' : 'info', code: 'funds', message: text }
    }
    case 'stopped':
      return { level: 'info', code: 'stopped', message: event.reason }
    default:
      return null
  }
}
