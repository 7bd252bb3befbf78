/** Is the program alive, and is it doing its work? Pure: the table of alarms judges. */
import type { CheckRule, Finding, GatewayPulse } from './alarms/alarm.js'
import { ALARMS, type AlarmRow } from './alarms/table.js'

export interface Check extends Finding {
  readonly name: string
}

/** Judges by the rules that rows have for one kind of facts. */
function checksOf<Facts>(
  ruleOf: (row: AlarmRow) => CheckRule<Facts> | undefined,
  makes: CheckRule<Facts>['makes'],
): (facts: Facts) => Check[] {
  const rules = ALARMS.flatMap((row) => ruleOf(row) ?? []).filter((rule) => rule.makes === makes)
  return (facts) =>
    rules.flatMap(({ name, find }) => {
      const finding = find(facts)
      return finding === null ? [] : [{ name, ...finding }]
    })
}

/** Alive: the loops have turned lately. A failed check means that a restart would help. */
export const liveChecks = checksOf(({ check }) => check, 'live')

/** Ready: it would mine and publish the block at hand. A failed check may mend itself. */
export const readyChecks = checksOf(({ check }) => check, 'ready')

const checksOfGateway = checksOf(({ gatewayCheck }) => gatewayCheck, 'ready')

/** Ready: each gateway was looked at lately, and publishes what is due. */
export const gatewayChecks = (pulse: GatewayPulse): Check[] =>
  checksOfGateway(pulse).map((check) => ({ ...check, name: `${pulse.name} ${check.name}` }))

/** Ready: the ledger is not far behind the node. */
export const ledgerChecks = checksOf(({ ledgerCheck }) => ledgerCheck, 'ready')

/** Ready: the peg was looked at lately, and its chain moves. */
export const pegsChecks = checksOf(({ pegsCheck }) => pegsCheck, 'ready')

/** Ready: the basket was looked at lately, and what is owed soon is held. */
export const basketChecks = checksOf(({ basketCheck }) => basketCheck, 'ready')

/** Ready: the markets were looked at lately, and each exchange has given an order book. */
export const pegWatchChecks = checksOf(({ pegWatchCheck }) => pegWatchCheck, 'ready')
