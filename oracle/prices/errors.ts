/** Codes of this room. */
import { errorsOf } from '../../base/index.js'

export const PRICE_ERRORS = {
  E_PRICES_TIMEOUT: {
    summary: 'A price source did not answer completely in time.',
    remedy: 'Nothing to do if it passes; other sources stand in. Check the connection if all sources say so.',
    retryable: true,
  },
  E_PRICES_UNREACHABLE: {
    summary: 'A price source could not be reached, or reported trouble of its own.',
    remedy: 'Nothing to do if it passes; other sources stand in. Check the connection if all sources say so.',
    retryable: true,
  },
  E_PRICES_REPLY: {
    summary: 'A price source answered with something that is no price list.',
    remedy: 'Nothing to do if it passes; if it lasts, the source has changed its interface: leave it out.',
    retryable: true,
  },
  E_PRICES_LIMITED: {
    summary: 'A price source asks for fewer requests.',
    remedy: 'Nothing to do; it is left alone for as long as it asks.',
    retryable: true,
  },
  E_PRICES_BLOCKED: {
    summary: 'A price source refuses this machine (region, key, or ban).',
    remedy: 'Leave the source out, or reach it from a place that it serves.',
  },
  E_PRICES_KEY: {
    summary: 'A price source does not accept the key, or wants one.',
    remedy: 'Check the key that prices.sources names for it, or leave the source out.',
  },
  E_PRICES_QUOTA: {
    summary: 'This month’s requests to a price source are used up.',
    remedy:
      'Ask it less often (interval), or raise maxPerMonth if your contract allows it; other sources stand in.',
  },
  E_PRICES_LIAR: {
    summary: 'A price source is far off the others on several assets; its votes do not count.',
    remedy: 'Nothing if it passes; if it lasts, leave the source out: prices.sources.NAME.enabled = false.',
  },
  E_PRICES_WINNERS: {
    summary: 'Our prices are far from those of the last winners.',
    remedy: 'See `pegminer prices explain ASSET`; prices.winners.action decides what is done.',
  },
  E_PRICES_UNGUARDED: {
    summary: 'Prices were taken without knowing what the last winners said.',
    remedy:
      'Nothing if it passes; otherwise see why the blocks before could not be graded (E_MINER_WINNERS, E_HISTORY_…).',
  },
  E_PRICES_CLOCK: {
    summary: 'The clock of this machine differs from that of most price sources.',
    remedy: 'Set the clock, for example with systemd-timesyncd or chrony.',
  },
  E_PRICES_CALENDAR: {
    summary: 'The rules of holidays and early closes are older than the calendars that markets follow now.',
    remedy: 'Update the program; until then metals may lack sources on a holiday that has changed.',
  },
  E_PRICES_STORE: {
    summary: 'A snapshot of prices could not be kept.',
    remedy: 'Make room on the disk, or make the folder writable; mining goes on without it.',
  },
  E_PRICES_STORED: {
    summary: 'A file or line is no stored snapshot of prices.',
    remedy:
      'Name a file that `pegminer mine` or `pegminer prices` has kept: prices/snapshots*.jsonl in the data directory.',
    kind: 'usage',
  },
  E_PRICES_CLOSED: {
    summary: 'Prices were asked for after the price feed was closed, or while it closed.',
    remedy: 'Nothing to do when the program is ending.',
  },
  E_PRICES_ROUTE: {
    summary: 'A route from quotes to a price cannot be read or used.',
    remedy: 'Write it like `kraken:BTC/USD`, `1 / er-api:JPY` or `binance:ETH/USDT * USDT/USD`.',
    kind: 'usage',
  },
  E_PRICES_SOURCE: {
    summary: 'A price source is not known, or is set up twice.',
    remedy: 'Use an exchange that ccxt knows or one of the presets, each once.',
    kind: 'usage',
  },
  E_PRICES_TROUBLE: {
    summary: 'The trouble for the embedded exchange cannot be read.',
    remedy: 'Write `random`, or incidents such as `binance:429@1m+2m,all:depeg@5m+3m`.',
    kind: 'usage',
  },
  E_PRICES_DEV: {
    summary: 'The embedded exchange cannot be started.',
    remedy: 'Choose another port, or 0 for any free one.',
    kind: 'usage',
  },
} as const

export const fail = errorsOf(PRICE_ERRORS)
