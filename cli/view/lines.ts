/** Events of the miner → lines for people. Pure; which lines appear when is decided in `stream.ts`. */
import type {
  BlockEvent,
  GradedEvent,
  HashrateEvent,
  JobEvent,
  NoticeEvent,
  PricesEvent,
  SkippedEvent,
  StoppedEvent,
} from '../../miner/index.js'
import { PAID_PLACES } from '../../oracle/index.js'
import { ageText, percent } from '../../oracle/prices/index.js'
import { oneLine, type Style } from '../../telemetry/log.js'
import { countText, durationText, plural, rateText } from './format.js'

export interface Line {
  readonly label: string
  readonly style: Style
  readonly text: string
}

/** Two lines of a usual terminal. What is longer names each of 62 assets; `--json` has it in full. */
const LONGEST_TEXT = 200

const shortened = (text: string): string =>
  text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 2)} …` : text

export function blockLine({ height, minute }: BlockEvent): Line {
  // A block usually begins in its first minutes; another minute is told.
  return { label: 'block', style: 'bold', text: minute <= 1 ? `${height}` : `${height}, minute ${minute}` }
}

/** `62 assets, 58 from 3+ sources; held: TZS 4 h; widest spread RVN 0.80 %`. */
export function pricesLine({ assets, complete, missing, strong, held, widest }: PricesEvent): Line {
  const lacking = Object.keys(missing)
  if (complete) {
    const kept = Object.entries(held).map(([asset, ageMs]) => `${asset} ${ageText(ageMs)}`)
    const parts = [
      `${assets} assets, ${strong} from 3+ sources`,
      ...(kept.length > 0 ? [`held: ${named(kept)}`] : []),
      ...(widest === null ? [] : [`widest spread ${widest.asset} ${percent(widest.spread)}`]),
    ]
    return { label: 'prices', style: kept.length > 0 ? 'yellow' : 'cyan', text: parts.join('; ') }
  }
  return {
    label: 'prices',
    style: 'yellow',
    text: `${assets} assets; ${lacking.length} missing: ${named(lacking)}`,
  }
}

const named = (words: readonly string[]): string =>
  `${words.slice(0, 8).join(' ')}${words.length > 8 ? ' …' : ''}`

export function jobLine({ oprHash, floor, winnersFrom }: JobEvent): Line {
  const winners = winnersFrom === null ? 'no winners yet' : `winners of ${winnersFrom}`
  const limit = /^0+$/.test(floor) ? 'no floor' : `floor ${floor.slice(0, 8)}…`
  return { label: 'job', style: 'cyan', text: `record ${oprHash.slice(0, 16)}…, ${winners}, ${limit}` }
}

export function speedLine({ windows }: Pick<HashrateEvent, 'windows'>): Line {
  const { s10, s60, m15, max } = windows
  const cell = (rate: number | null): string => (rate === null ? 'n/a' : rateText(rate)).padEnd(9)
  const text = `10s ${cell(s10)}  60s ${cell(s60)}  15m ${cell(m15)}  max ${max > 0 ? rateText(max) : 'n/a'}`
  return { label: 'speed', style: 'magenta', text }
}

export function gradedLine({ height, records, valid, gradable, winners, mine, reward }: GradedEvent): Line {
  const refused = records === valid ? '' : `, ${records - valid} refused`
  if (!gradable)
    return {
      label: 'graded',
      style: 'yellow',
      text: `block ${height}: ${plural(records, 'record')}${refused}; too few for a payout`,
    }
  const places = mine.filter(({ place }) => place < PAID_PLACES)
  const best = Math.min(...mine.map(({ place }) => place)) + 1
  const paid = winners.length > 0 && reward !== '0'
  const ours =
    places.length === 0
      ? 'none of ours among the winners'
      : `ours ${places.length} of ${PAID_PLACES}, best place ${best}`
  return {
    label: 'graded',
    style: paid ? 'green' : 'yellow',
    text: `block ${height}: ${plural(records, 'record')}${refused}; ${ours}; +${reward} PEG`,
  }
}

export function skippedLine({ height, code, reason }: SkippedEvent): Line {
  return {
    label: 'skipped',
    style: 'yellow',
    text: shortened(`block ${height}: ${code}: ${oneLine(reason)}`),
  }
}

export function noticeLine({ level, code, message }: NoticeEvent): Line {
  const style: Style = level === 'error' ? 'red' : level === 'warn' ? 'yellow' : 'dim'
  return {
    label: level === 'info' ? 'notice' : level,
    style,
    text: shortened(`${code}: ${oneLine(message)}`),
  }
}

/** How many of a block's records are where; `missed` with its reasons comes on lines of its own. */
export function entriesLine(counts: Readonly<Record<string, number>>, best: string): Line {
  const parts = ['landed', 'acknowledged', 'revealed', 'committed', 'missed']
    .filter((status) => (counts[status] ?? 0) > 0)
    .map((status) => `${counts[status]} ${status}`)
  const style: Style = (counts['missed'] ?? 0) > 0 ? 'yellow' : 'cyan'
  return {
    label: 'entries',
    style,
    text: `${parts.join(', ')}${best === '' ? '' : `; best difficulty ${best}`}`,
  }
}

/** The summary at the end. */
export function summaryLines(event: StoppedEvent): [label: string, value: string][] {
  const why = {
    blocks: 'all blocks done',
    interrupted: 'interrupted',
    asked: 'as asked',
    failed: 'failed',
  }[event.reason]
  return [
    ['ended', `${why} after ${durationText(event.milliseconds)}`],
    ['blocks', `${event.blocks} graded`],
    [
      'records',
      `${plural(event.records, 'record')} published, ${plural(event.places, 'place')} among the winners`,
    ],
    ['reward', `${event.reward} PEG`],
    ['hashrate', `${rateText(event.meanHashrate)} mean, ${countText(BigInt(event.hashes))} hashes`],
    ...(event.jobSwitch === null ? [] : [newWorkLine(event.jobSwitch)]),
  ]
}

function newWorkLine({ p50, p99, max }: NonNullable<StoppedEvent['jobSwitch']>): [string, string] {
  const [half, most, worst] = [p50, p99, max].map((ms) => `${ms.toFixed(ms < 1 ? 2 : 1)} ms`)
  return ['new work', `all threads had it after ${half} (p50), ${most} (p99), ${worst} (max)`]
}
