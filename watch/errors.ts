import { errorsOf, type ErrorSpec } from '../base/index.js'
import { ALARMS, type WatchdogCode } from '../telemetry/index.js'

/** Of each alarm that the watchdog raises, its meaning and what to do: as in the runbook. */
const ALARM_CODES = Object.fromEntries(
  ALARMS.flatMap(({ watchdog, meaning, remedy }) =>
    watchdog === undefined
      ? []
      : [[watchdog.code, { summary: meaning, remedy, retryable: watchdog.mends ?? false }] as const],
  ),
) as Record<WatchdogCode, ErrorSpec>

/** Codes of what watches over a run: given as reasons of notices. */
export const WATCH_ERRORS = {
  ...ALARM_CODES,
  E_WATCH_CLEARED: {
    summary: 'An alarm of the watchdog is over.',
    remedy: 'Nothing.',
  },
  E_WATCH_ACTION: {
    summary: 'The command or the webhook of the watchdog or the report failed.',
    remedy: 'Try it with pegminer mine --watchdog-test.',
  },
  E_WATCH_UNKNOWN: {
    summary:
      'The system does not tell what a setting asks for, such as its temperature; the setting has no effect.',
    remedy: 'Leave the setting out; machines in the cloud and containers often have no such sensor.',
  },
  E_WATCH_PAUSED: {
    summary: 'Mining was paused or goes on, by schedule, battery, load or temperature.',
    remedy: 'Nothing.',
  },
  E_WATCH_REPORT: {
    summary: 'The report of the day.',
    remedy: 'Nothing; it is in the folder reports of the data directory too.',
  },
} as const

export const watchError = errorsOf(WATCH_ERRORS)

export type WatchErrorCode = keyof typeof WATCH_ERRORS
