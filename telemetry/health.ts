/** Is the program alive, and is it doing its work? Pure: the table of alarms judges. */
import type {
  BasketPulse,
  CheckRule,
  Finding,
  GatewayPulse,
  PegsPulse,
  PegWatchPulse,
} from './alarms/alarm.js'
import {
  ALARMS_OF_BASKET,
  ALARMS_OF_LEDGER,
  ALARMS_OF_PEG_WATCH,
  ALARMS_OF_PEGS,
  GATEWAY_ALARMS,
  MINER_ALARMS,
} from './alarms/table.js'
import type { LedgerPulse, MinerNumbers } from './sources.js'

export interface Check extends Finding {
  readonly name: string
}

/** Alive: the loops have turned lately. A failed check means that a restart would help. */
export const liveChecks = (miner: MinerNumbers): Check[] => checksOf(MINER_CHECKS, 'live', miner)

/** Ready: it would mine and publish the block at hand. A failed check may mend itself. */
export const readyChecks = (miner: MinerNumbers): Check[] => checksOf(MINER_CHECKS, 'ready', miner)

/** Ready: each gateway was looked at lately, and publishes what is due. */
export const gatewayChecks = (pulse: GatewayPulse): Check[] =>
  checksOf(GATEWAY_CHECKS, 'ready', pulse).map((check) => ({ ...check, name: `${pulse.name} ${check.name}` }))

/** Ready: the ledger is not far behind the node. */
export const ledgerChecks = (pulse: LedgerPulse): Check[] => checksOf(LEDGER_CHECKS, 'ready', pulse)

/** Ready: the peg was looked at lately, and its chain moves. */
export const pegsChecks = (pulse: PegsPulse): Check[] => checksOf(PEGS_CHECKS, 'ready', pulse)

/** Ready: the basket was looked at lately, and what is owed soon is held. */
export const basketChecks = (pulse: BasketPulse): Check[] => checksOf(BASKET_CHECKS, 'ready', pulse)

/** Ready: the markets were looked at lately, and each exchange has given an order book. */
export const pegWatchChecks = (pulse: PegWatchPulse): Check[] => checksOf(PEG_WATCH_CHECKS, 'ready', pulse)

const PEG_WATCH_CHECKS = ALARMS_OF_PEG_WATCH.flatMap(({ pegWatchCheck }) =>
  pegWatchCheck === undefined ? [] : [pegWatchCheck],
)
const BASKET_CHECKS = ALARMS_OF_BASKET.flatMap(({ basketCheck }) =>
  basketCheck === undefined ? [] : [basketCheck],
)
const PEGS_CHECKS = ALARMS_OF_PEGS.flatMap(({ pegsCheck }) => (pegsCheck === undefined ? [] : [pegsCheck]))
const LEDGER_CHECKS = ALARMS_OF_LEDGER.flatMap(({ ledgerCheck }) =>
  ledgerCheck === undefined ? [] : [ledgerCheck],
)
const MINER_CHECKS = MINER_ALARMS.flatMap(({ check }) => (check === undefined ? [] : [check]))
const GATEWAY_CHECKS = GATEWAY_ALARMS.flatMap(({ gatewayCheck }) =>
  gatewayCheck === undefined ? [] : [gatewayCheck],
)

function checksOf<Facts>(
  rules: readonly CheckRule<Facts>[],
  makes: CheckRule<Facts>['makes'],
  facts: Facts,
): Check[] {
  return rules
    .filter((rule) => rule.makes === makes)
    .flatMap(({ name, find }) => {
      const finding = find(facts)
      return finding === null ? [] : [{ name, ...finding }]
    })
}
