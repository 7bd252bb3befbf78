/** From a source's configuration to the source. */
import type { Clock } from '../../base/index.js'
import type { SourceConfig } from './config.js'
import { fail } from './errors.js'
import type { ExchangeHost } from './exchange-host.js'
import { exchangeOptions, exchangeUrls } from './exchanges.js'
import type { ExchangeSettings } from './ccxt-exchange.js'
import { presetOf } from './http-presets.js'
import { createHttpSource } from './http-source.js'
import type { Source } from './types.js'

export interface SourceContext {
  readonly symbols: readonly string[]
  readonly key?: string | undefined
  readonly exchanges: ExchangeHost
  readonly clock: Clock
  /** Told each complete reply of a publisher. */
  readonly onReply?: ((url: string, body: string) => void) | undefined
}

/** What ccxt's class of a source is made with. Throws `E_PRICES_SOURCE`. */
export function exchangeSettings(config: Extract<SourceConfig, { type: 'ccxt' }>): ExchangeSettings {
  const { name, exchange, url, rateLimit, deadlineMs } = config
  const urls = url === undefined ? undefined : exchangeUrls(exchange, url)
  if (url !== undefined && urls === undefined)
    throw fail('E_PRICES_SOURCE', `${name}: how to reach ${exchange} at another URL is not known`)
  const options = exchangeOptions(exchange)
  return {
    timeoutMs: deadlineMs,
    ...(urls === undefined || url === undefined ? {} : { urls, within: url }),
    ...(rateLimit === undefined ? {} : { rateLimit }),
    ...(options === undefined ? {} : { options }),
  }
}

/** Sets up one source; nothing is asked yet. Throws `E_PRICES_SOURCE`. */
export function openSource(config: SourceConfig, context: SourceContext): Source {
  const { symbols, key, exchanges, clock, onReply } = context
  const { name, url, deadlineMs } = config
  if (config.type === 'ccxt') {
    const { exchange } = config
    const request = { name, exchange, settings: exchangeSettings(config), symbols }
    return {
      ...{ name, origin: exchange, kind: 'spot' },
      poll: (signal) => exchanges.poll(request, signal),
      // The host ends with the feed.
      close: () => Promise.resolve(),
    }
  }
  return createHttpSource({
    name,
    preset: presetOf(config.preset),
    symbols,
    timeoutMs: deadlineMs,
    now: clock.wallMs,
    onReply,
    ...(url === undefined ? {} : { url }),
    ...(key === undefined ? {} : { key }),
  })
}
