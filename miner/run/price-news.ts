/** Tells of prices that were taken, and what a person should know about them, once as long as it lasts. */
import { alarmsOf, type PriceFeed, type PriceSnapshot } from '../../oracle/prices/index.js'
import type { Network } from '../../pegnet/index.js'
import type { PricesEvent } from '../events.js'
import { pricesEvent } from './prices-event.js'
import type { Notice } from './tasks.js'

export interface PriceNewsParts {
  readonly versionAt: Network['oprVersionAt']
  readonly prices: Pick<PriceFeed, 'config' | 'sources'>
  readonly emit: (event: PricesEvent) => void
  readonly notice: Notice
}

/** `guarded`: whether the last winners were known, so that prices could be held against theirs. */
export function createPriceNews({
  versionAt,
  prices,
  emit,
  notice,
}: PriceNewsParts): (height: number, taken: PriceSnapshot, guarded: boolean) => void {
  /** What was told and lasts. */
  let alarms: ReadonlySet<string> = new Set()
  return (height, taken, guarded) => {
    emit(pricesEvent({ height, version: versionAt(height) }, taken, guarded))
    const now = alarmsOf(taken, prices.sources(), { warnAt: prices.config.winners.warn, guarded })
    for (const { code, message, key } of now)
      if (!alarms.has(key)) notice('warn', code, `block ${height}: ${message}`)
    alarms = new Set(now.map(({ key }) => key))
  }
}
