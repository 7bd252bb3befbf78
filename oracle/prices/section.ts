/** The section `prices` of the configuration file, checked once and completed for the network that it is used on. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

import type { SectionContext, SectionResult } from '../../config/index.js'
import { devPrices } from './defaults.js'
import { isExchange } from './exchanges.js'
import { readPrices, type PriceContext, type PriceSettings } from './validate.js'

export interface PriceSection {
  /** Prices of the world. */
  readonly settings: PriceSettings
  /** The same rules with all sources at the embedded exchange of this URL; sources that it has not are left out. */
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
  const context: PriceContext = { keyAt, hasExchange: isExchange, now: Date.now() }
  const reading = readPrices(raw, context)
  if (!reading.ok) return { problems: reading.problems }
  const settings = reading.value
  const at = (exchange: string): PriceSettings => {
    const there = readPrices(raw, { ...context, overlay: devPrices(exchange) })
    if (!there.ok) return settings
    const { config } = there.value
    const sources = config.sources.filter(
      ({ url }) => url !== undefined && new URL(url).origin === new URL(exchange).origin,
    )
    return { ...there.value, config: { ...config, sources } }
  }
  return { value: { settings, at }, secrets: [...settings.keys.values()], warnings: settings.warnings }
}
