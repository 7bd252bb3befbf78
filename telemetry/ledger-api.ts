/** What `/api/v1/…` answers when a ledger serves it by itself. */
import { CLOCK, type Clock } from '../base/index.js'
import { alertsOfLedger } from './alerts.js'
import type { Api } from './api-types.js'
import { ledgerChecks } from './health.js'
import type { LedgerPulse } from './sources.js'

export interface LedgerApiSources {
  readonly facts: { readonly version: string; readonly network: string; readonly startedAt: number }
  readonly ledger: NonNullable<Api['ledger']>
  readonly pulse: () => LedgerPulse
  /** Default: `ledger`. */
  readonly program?: 'ledger' | 'explorer'
  readonly clock?: Clock
}

export function createLedgerApi({
  facts,
  ledger,
  pulse,
  program = 'ledger',
  clock = CLOCK,
}: LedgerApiSources): Api {
  const begun = clock.monotonicMs()
  return {
    ...{ program, ledger, act: {} },
    read: {
      summary() {
        const now = pulse()
        return {
          program,
          ...facts,
          changeable: false,
          now: clock.wallMs(),
          uptimeSeconds: Math.round((clock.monotonicMs() - begun) / 1000),
          ...now,
          ...{ live: [], ready: ledgerChecks(now), alerts: alertsOfLedger(now) },
        }
      },
    },
  }
}
