/** What the operator should be told about a snapshot; each is a notice, which an alarm of the table names. Pure. */
import { median } from '../../base/index.js'
import { LAST_YEAR } from './holidays.js'
import { percent } from './reasons.js'
import type { FeedSource } from './price-feed.js'
import type { PriceSnapshot } from './types.js'

export interface PriceAlarm {
  readonly code:
    'E_PRICES_LIAR' | 'E_PRICES_WINNERS' | 'E_PRICES_UNGUARDED' | 'E_PRICES_CLOCK' | 'E_PRICES_CALENDAR'
  readonly message: string
  /** Equal alarms have equal keys: told once as long as they last. */
  readonly key: string
}

/** With a clock that is this wrong, records come late for the minutes of a block, too. */
const CLOCK_OFF_MS = 60_000
const MANY = 6

export function alarmsOf(
  snapshot: PriceSnapshot,
  sources: readonly Pick<FeedSource, 'state'>[],
  { warnAt, guarded }: { readonly warnAt: number; readonly guarded: boolean },
): PriceAlarm[] {
  const alarms: PriceAlarm[] = []
  for (const [source, assets] of snapshot.outliers) {
    if (assets.length < 2) continue
    const message = `${source} is far off the others on ${listed(assets)}; its votes for them do not count`
    alarms.push({ code: 'E_PRICES_LIAR', message, key: `liar ${source}` })
  }
  const far = [...snapshot.assets.values()].filter(({ deviation }) => Math.abs(deviation ?? 0) > warnAt)
  if (far.length > 0) {
    const named = far.map(({ asset, deviation }) => `${asset} ${percent(deviation ?? 0)}`)
    const message = `prices of ours are far from those of the last winners: ${listed(named)}`
    alarms.push({
      code: 'E_PRICES_WINNERS',
      message,
      key: `winners ${far.map(({ asset }) => asset).join(' ')}`,
    })
  }
  if (!guarded) {
    const message = 'the last winners are not known, so prices of ours are compared with no others'
    alarms.push({ code: 'E_PRICES_UNGUARDED', message, key: 'unguarded' })
  }
  if (new Date(snapshot.takenAt).getUTCFullYear() > LAST_YEAR) {
    const message = `the rules of holidays are those known up to ${LAST_YEAR}; closed markets may be taken for open ones`
    alarms.push({ code: 'E_PRICES_CALENDAR', message, key: 'calendar' })
  }
  const skews = sources.flatMap(({ state }) => (state.skewMs === null ? [] : [state.skewMs]))
  const off = median(skews)
  if (skews.length >= 3 && Math.abs(off) > CLOCK_OFF_MS) {
    const minutes = Math.round(Math.abs(off) / 6000) / 10
    const message = `the clock of this machine is ${minutes} min ${off > 0 ? 'behind' : 'ahead of'} that of ${skews.length} price sources; set it`
    alarms.push({ code: 'E_PRICES_CLOCK', message, key: 'clock' })
  }
  return alarms
}

const listed = (names: readonly string[]): string =>
  names.length <= MANY
    ? names.join(', ')
    : `${names.slice(0, MANY).join(', ')} and ${names.length - MANY} more`
