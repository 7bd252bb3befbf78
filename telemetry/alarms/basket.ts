/** Alarms of a basket that is kept. */
import { alarms, minutes } from './alarm.js'

/** Since the last look, ms. Each new block of the ledger is one, but while a conversion is on its way, for two blocks. */
const LOOK_LIMIT_MS = 3_600_000

export const BASKET_ALARMS = alarms([
  {
    id: 'BasketNotLooking',
    severity: 'critical',
    summary: '{{ $labels.instance }}: the basket was not looked at for {{ $value | humanizeDuration }}',
    meaning:
      'Each new block of the ledger is a look, and there was none for an hour: the ledger is not followed, lacks blocks, or the node does not answer. Nothing is converted meanwhile, nor held for what is owed.',
    look: 'The log and what `pegminer basket run` prints say what it waits for; `pegminer ledger status` how far the ledger is.',
    remedy:
      'Start what follows the ledger (`pegminer ledger serve`), or mend the node; the basket goes on by itself.',
    expr: `time() - pegnet_basket_look_timestamp_seconds > ${LOOK_LIMIT_MS / 1000}`,
    for: '5m',
    basketCheck: {
      name: 'looks',
      makes: 'ready',
      find: ({ lookAgeMs: age, waits }) => ({
        ok: age !== null && age <= LOOK_LIMIT_MS,
        found: `${age === null ? 'none yet' : `${minutes(age)} ago`}${waits === null ? '' : `: ${waits}`}`,
      }),
    },
  },
  {
    id: 'BasketOwedMissing',
    severity: 'critical',
    summary: '{{ $labels.instance }}: {{ $value }} USD of what is owed soon are not held',
    meaning:
      'The time of an obligation has come, and the basket does not hold enough of its token, though conversions had half an hour: there is no surplus, the token cannot be converted into, or conversions wait.',
    look: '`pegminer basket plan` says what is short and why a conversion is left.',
    remedy:
      'Send tokens to the address, raise `mostCost` or `mostADay`, or get the token elsewhere before its date.',
    expr: 'pegnet_basket_missing_usd > 0',
    for: '30m',
    basketCheck: {
      name: 'owed',
      makes: 'ready',
      find: ({ missing }) =>
        missing === null
          ? null
          : { ok: missing === 0, found: missing === 0 ? 'held' : `${missing.toFixed(2)} USD missing` },
    },
  },
  {
    id: 'BasketDriftHigh',
    severity: 'warning',
    summary: '{{ $labels.instance }}: a part of the basket is off by {{ $value | humanizePercentage }} of it',
    meaning:
      'For an hour a token has been further from its part than the band allows, and was not set right.',
    look: '`pegminer basket plan`: which conversions are left, and why; whether `run.send` is true.',
    remedy: 'Raise `mostCost` or `mostADay`, or leave out tokens that nothing converts into any more.',
    expr: 'pegnet_basket_drift > on(instance) pegnet_basket_band',
    for: '60m',
  },
  {
    id: 'BasketConversionFailed',
    severity: 'warning',
    summary: '{{ $labels.instance }}: a conversion of the basket was {{ $labels.fate }}',
    meaning:
      'The ledger refused a conversion, left it for ever, or it came into no block in time. Nothing was lost but its entry credit; the next look decides anew.',
    look: 'What `pegminer basket run` printed of it, and `pegminer wallet history`.',
    remedy:
      'If it comes again: see that the address has entry credits, that no other program spends its tokens, and that both tokens have prices.',
    expr: 'increase(pegnet_basket_conversions_total{fate=~"refused|dropped|expired|missed"}[1h]) > 0',
    for: '0s',
  },
  {
    id: 'BasketDayLimit',
    severity: 'warning',
    summary: '{{ $labels.instance }}: the limit of the day keeps the basket from converting',
    meaning: 'What is due is more than `run.mostADay` still allows today (UTC). The rest waits for tomorrow.',
    look: '`pegnet_basket_spent_usd` against `pegnet_basket_limit_usd`.',
    remedy: 'Wait, or raise `mostADay` in the file of the basket and start it again.',
    expr: 'increase(pegnet_basket_conversions_total{fate="limited"}[1h]) > 0',
    for: '0s',
  },
])
