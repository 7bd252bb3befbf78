/**
 * What a person should look at, for the pages and `/api/v1/summary`: alarms that the program itself judges, and
 * notices. Pure.
 */
import { alarmOfNotice, ALARMS, type AlarmRow } from './alarms/table.js'
import type { BoardEntry, BoardNotice } from './board.js'
import type { Check } from './health.js'
import type { GatewayNumbers, LedgerPulse, MinerNumbers } from './sources.js'

export interface Alert {
  readonly level: 'warn' | 'error'
  readonly message: string
  readonly time: number | null
  /** What to do about it: the title of its entry at /runbook. Null: the message says it all. */
  readonly runbook: string | null
}

export const warn = (message: string, alarm?: AlarmRow): Alert => ({
  level: alarm?.level ?? 'warn',
  message,
  time: null,
  runbook: alarm?.id ?? null,
})

export const alertOfNotice = ({ level, code, message, time }: BoardNotice): Alert => ({
  level: level === 'error' ? 'error' : 'warn',
  message: `${code}: ${message}`,
  time,
  runbook: alarmOfNotice(code),
})

/** Checks of a miner that fail, and what else its numbers and its last records say. */
export const alertsOfMiner = (miner: MinerNumbers, entries: readonly BoardEntry[]): Alert[] =>
  ALARMS.flatMap((alarm) => {
    const { check, ofMiner } = alarm
    const found = check?.find(miner) ?? null
    const texts = [
      check !== undefined && found?.ok === false ? `${check.name}: ${found.found}` : null,
      ofMiner?.(miner, entries) ?? null,
    ]
    return texts.flatMap((text) => (text === null ? [] : [warn(text, alarm)]))
  })

/** Checks of a ledger that fail. */
export const alertsOfLedger = (pulse: LedgerPulse): Alert[] =>
  ALARMS.flatMap((alarm) => {
    const found = alarm.ledgerCheck?.find(pulse) ?? null
    return found?.ok === false ? [warn(`ledger: ${found.found}`, alarm)] : []
  })

/** Checks of gateways that fail: the name of the gateway stands before that of the check. */
export const alertsOfGatewayChecks = (checks: readonly Check[]): Alert[] =>
  checks
    .filter(({ ok }) => !ok)
    .map(({ name, found }) => warn(`${name}: ${found}`, alarmOfGatewayCheck(name)))

const alarmOfGatewayCheck = (name: string): AlarmRow | undefined =>
  ALARMS.find(({ gatewayCheck: check }) => check !== undefined && name.endsWith(` ${check.name}`))

/** What is wrong with gateways, by their numbers alone. */
export const alertsOfGateways = (gateways: readonly GatewayNumbers[]): Alert[] =>
  gateways.flatMap((gateway) =>
    ALARMS.flatMap((alarm) =>
      (alarm.ofGateway?.(gateway) ?? []).map((text) => warn(`${gateway.name}${text}`, alarm)),
    ),
  )
