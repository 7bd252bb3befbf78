/** The section `prices` of the configuration file, checked once and completed for the network that it is used on. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import { isLoopback, wallMs } from '../../base/index.js'
import type { SectionContext, SectionResult } from '../../config/index.js'
import type { SourceConfig } from './config.js'
import { DEFAULT_PRICES, devPrices } from './defaults.js'
import { isExchange } from './exchanges.js'
import { readPrices, type PriceContext, type PriceSettings } from './validate.js'

export interface PriceSection {
  /** Prices of the real exchanges. */
  readonly settings: PriceSettings
  /**
   * The same rules with all sources at the embedded exchange of this URL. A source of the user's whose `url` is on this
   * machine stays where it is; others that the exchange has not are left out, and a notice names those of the user's.
   */
  at(exchange: string): PriceSettings
}

/** A key's file holds one line; anything larger is another file. */
const MAX_KEY_BYTES = 4096

/** Checks the raw section; undefined stands for an empty one. */
export function pricesSection(
  raw: unknown,
  { folder, env }: Pick<SectionContext, 'folder' | 'env'>,
): SectionResult<PriceSection> {
  const keyAt: PriceContext['keyAt'] = (place) => {
    if ('env' in place) return env[place.env]
    try {
      const text = readFileSync(resolve(folder, place.file), 'utf8')
      return text.length > MAX_KEY_BYTES ? undefined : text.trim()
    } catch {
      return undefined
    }
  }
  const context: PriceContext = { keyAt, hasExchange: isExchange, now: wallMs() }
  const reading = readPrices(raw, context)
  if (!reading.ok) return { problems: reading.problems }
  const settings = reading.value
  const at = (exchange: string): PriceSettings => {
    const there = readPrices(raw, { ...context, overlay: devPrices(exchange) })
    if (!there.ok) return settings
    const { config } = there.value
    const isNear = ({ url }: SourceConfig): boolean =>
      url !== undefined && (new URL(url).origin === new URL(exchange).origin || isLoopback(url))
    const sources = config.sources.filter(isNear)
    const known = Object.keys(DEFAULT_PRICES['sources'] as object)
    const away = config.sources.filter(
      (source) => !isNear(source) && (source.url !== undefined || !known.includes(source.name)),
    )
    const notices = away.map(
      ({ name, url }) =>
        `prices.sources.${name} is left out: ${url === undefined ? 'it has no url' : 'its url is not on this machine'}, and this network asks nothing on the internet`,
    )
    return { ...there.value, config: { ...config, sources }, notices }
  }
  return { value: { settings, at }, secrets: [...settings.keys.values()], warnings: settings.warnings }
}
