/**
 * All alarms, in the order of the runbook: of the machine, the node, prices, records, of the ledger, the feed, a peg, a
 * basket and markets.
 */
import type { Alarm, AlarmText, Judged, WatchdogRule } from './alarm.js'
import { BASKET_ALARMS } from './basket.js'
import { FEED_ALARMS } from './feed.js'
import { LEDGER_ALARMS } from './ledger.js'
import { MACHINE_ALARMS } from './machine.js'
import { NODE_ALARMS } from './node.js'
import { PEG_WATCH_ALARMS } from './peg-watch.js'
import { PEGS_ALARMS } from './pegs.js'
import { PRICE_ALARMS } from './prices.js'
import { RECORD_ALARMS } from './records.js'

const ROWS = [
  ...MACHINE_ALARMS,
  ...NODE_ALARMS,
  ...PRICE_ALARMS,
  ...RECORD_ALARMS,
  ...LEDGER_ALARMS,
  ...FEED_ALARMS,
  ...PEGS_ALARMS,
  ...BASKET_ALARMS,
  ...PEG_WATCH_ALARMS,
] as const
type Row = (typeof ROWS)[number]

export type AlarmId = Row['id']
export type WatchdogKind = Extract<Row, { watchdog: WatchdogRule }>['watchdog']['kind']
export type WatchdogCode = Extract<Row, { watchdog: WatchdogRule }>['watchdog']['code']

/** A row as its readers see it. */
export type AlarmRow = AlarmText &
  Judged & {
    readonly id: AlarmId
    readonly expr: string
    readonly watchdog?: WatchdogRule & { readonly kind: WatchdogKind; readonly code: WatchdogCode }
  }

const rowOf = (row: Alarm): AlarmRow =>
  ({ ...row, expr: row.expr ?? `pegnet_watchdog_alarm{alarm="${row.watchdog.kind}"} == 1` }) as AlarmRow

export const ALARMS: readonly AlarmRow[] = ROWS.map(rowOf)

/** What the watchdog judges. */
export const WATCHDOG_RULES = ALARMS.flatMap(({ watchdog }) => (watchdog === undefined ? [] : [watchdog]))

const BY_NOTICE: ReadonlyMap<string, AlarmId> = new Map(
  ALARMS.flatMap(({ id, notices = [], watchdog }) =>
    [...notices, ...(watchdog === undefined ? [] : [watchdog.code])].map((code) => [code, id] as const),
  ),
)

/** The alarm that a notice tells of; null: none. */
export const alarmOfNotice = (code: string): AlarmId | null => BY_NOTICE.get(code) ?? null
