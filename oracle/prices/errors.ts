/** Codes of this room. */
import { errorsOf } from '../../config/index.js'

export const PRICE_ERRORS = {
  E_PRICES_TIMEOUT: {
    summary: 'A price source did not answer completely in time.',
    remedy: 'Nothing to do if it passes; other sources stand in. Check the connection if all sources say so.',
    kind: 'failure',
    retryable: true,
  },
  E_PRICES_UNREACHABLE: {
    summary: 'A price source could not be reached, or reported trouble of its own.',
    remedy: 'Nothing to do if it passes; other sources stand in. Check the connection if all sources say so.',
    kind: 'failure',
    retryable: true,
  },
  E_PRICES_REPLY: {
    summary: 'A price source answered with something that is no price list.',
    remedy: 'Nothing to do if it passes; if it lasts, the source has changed its interface: leave it out.',
    kind: 'failure',
    retryable: true,
  },
  E_PRICES_LIMITED: {
    summary: 'A price source asks for fewer requests.',
    remedy: 'Nothing to do; it is left alone for as long as it asks.',
    kind: 'failure',
    retryable: true,
  },
  E_PRICES_BLOCKED: {
    summary: 'A price source refuses this machine (region, key, or ban).',
    remedy: 'Leave the source out, or reach it from a place that it serves.',
    kind: 'failure',
  },
  E_PRICES_CLOSED: {
    summary: 'Prices were asked for after the price feed was closed, or while it closed.',
    remedy: 'Nothing to do when the program is ending.',
    kind: 'failure',
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
  E_PRICES_SCHEDULE: {
    summary: 'The schedule for refreshing prices is no cron expression.',
    remedy: 'Write six fields, seconds first: `*/15 * * * * *`.',
    kind: 'usage',
  },
  E_PRICES_DEV: {
    summary: 'The embedded exchange cannot be started.',
    remedy: 'Choose another port, or 0 for any free one.',
    kind: 'usage',
  },
} as const

export const fail = errorsOf(PRICE_ERRORS)
