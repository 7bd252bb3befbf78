/** Alarms of the ledger. */
import { alarms } from './alarm.js'

/** The node may have saved so many blocks that are not followed yet. */
const LAG = 2

export const LEDGER_ALARMS = alarms([
  {
    id: 'LedgerLags',
    severity: 'warning',
    summary: '{{ $labels.instance }}: the ledger does not keep up with the chain',
    meaning:
      'For half an hour the ledger has lacked blocks that the node has: balances are old, and the chain is still being caught up with, or cannot be followed.',
    look: 'The log and `/api/v1/summary` say what keeps it from following; `pegnet_ledger_height` says whether it moves.',
    remedy: 'Wait if it moves; else mend or change the node, or what the log names.',
    expr: `pegnet_ledger_lag_blocks > ${LAG} or time() - pegnet_ledger_even_timestamp_seconds > 1800`,
    for: '30m',
    ledgerCheck: {
      name: 'ledger',
      makes: 'ready',
      find({ height, nodeHeight, trouble }) {
        if (trouble !== null) return { ok: false, found: trouble }
        if (height === null) return { ok: false, found: 'no block yet' }
        const lag = nodeHeight === null ? 0 : nodeHeight - height
        return {
          ok: lag <= LAG,
          found: lag <= 0 ? `block ${height}` : `block ${height}, ${lag} behind the node`,
        }
      },
    },
  },
])
