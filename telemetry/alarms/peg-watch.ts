/** Alarms of peg-watch: markets of tokens beside the oracle. */
import { alarms, minutes } from './alarm.js'

/** Since the last look, ms. */
const LOOK_LIMIT_MS = 300_000
/** As a part of 1. */
const FAR = 0.05

export const PEG_WATCH_ALARMS = alarms([
  {
    id: 'PegWatchBlind',
    severity: 'warning',
    summary:
      '{{ $labels.instance }}: the markets of tokens were not looked at for {{ $value | humanizeDuration }}',
    meaning: 'Pegs are not watched: the ledger cannot be read, or the program hangs.',
    look: 'The log says what a look ends with.',
    remedy: 'Mend what the log names, then start peg-watch again.',
    expr: `time() - pegnet_peg_watch_look_timestamp_seconds > ${LOOK_LIMIT_MS / 1000}`,
    for: '5m',
    pegWatchCheck: {
      name: 'looks',
      makes: 'ready',
      find: ({ lookAgeMs: age }) => ({
        ok: age !== null && age <= LOOK_LIMIT_MS,
        found: age === null ? 'none yet' : `${minutes(age)} ago`,
      }),
    },
  },
  {
    id: 'PegWatchNoBooks',
    severity: 'warning',
    summary: '{{ $labels.instance }}: {{ $labels.exchange }} has given no order book',
    meaning:
      'An exchange is away, refuses, or lists none of the markets: what it trades is not in what is shown.',
    look: 'The page and the lines `lacks` say why.',
    remedy: 'Nothing if it passes; else take its markets out of pegWatch.markets.',
    expr: 'pegnet_peg_watch_books == 0',
    for: '15m',
    pegWatchCheck: {
      name: 'exchanges',
      makes: 'ready',
      find: ({ silent }) => ({
        ok: silent.length === 0,
        found: silent.length === 0 ? 'all have order books' : `none of ${silent.join(', ')}`,
      }),
    },
  },
  {
    id: 'PegWatchOff',
    severity: 'warning',
    summary:
      '{{ $labels.instance }}: {{ $labels.token }} is traded {{ $value | humanizePercentage }} off its peg',
    meaning: `For ten minutes a pegged token could be bought ${FAR * 100} % below its peg, or sold as much above it.`,
    look: '`pegminer peg-watch --once` says how much is for sale, which case it is, and what would restore it.',
    remedy:
      'Nothing has to be done; a trade that it names would earn, and brings the token nearer to its peg.',
    expr: `abs(pegnet_peg_watch_premium{token!="PEG"}) > ${FAR}`,
    for: '10m',
  },
  {
    id: 'PegWatchTrade',
    severity: 'info',
    summary: '{{ $labels.instance }}: a trade would earn {{ $value | humanize }} USD',
    meaning:
      'For two minutes there was a trade that earns more than pegWatch.least after fees, by the rules of the ledger.',
    look: 'The page and `pegminer peg-watch --once` name it with its risk.',
    remedy: 'Trade by hand if you want; raise pegWatch.least if this comes too often.',
    expr: 'pegnet_peg_watch_gain_usd > 0',
    for: '2m',
  },
])
