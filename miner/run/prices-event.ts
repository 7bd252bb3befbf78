/** What is told of prices that were taken. Pure. */
import { ASSETS, type OprVersion } from '../../oracle/index.js'
import { voices, type PriceSnapshot } from '../../oracle/prices/index.js'
import type { PricesEvent } from '../events.js'

/** `guarded`: whether the last winners were known, so that prices could be held against theirs. */
export function pricesEvent(
  { height, version }: { readonly height: number; readonly version: OprVersion },
  taken: PriceSnapshot,
  guarded: boolean,
): PricesEvent {
  const all = [...taken.assets.values()]
  const widest = all.reduce<(typeof all)[number] | null>(
    (most, price) => (price.spread > (most?.spread ?? 0) ? price : most),
    null,
  )
  return {
    event: 'prices',
    height,
    assets: ASSETS[version].filter((asset) => taken.prices.has(asset)).length,
    complete: taken.complete,
    guarded,
    missing: Object.fromEntries(taken.missing),
    strong: all.filter((price) => price.status === 'ok' && voices(price) >= 3).length,
    held: Object.fromEntries(
      all.flatMap(({ asset, status, ageMs }) => (status === 'held' ? [[asset, ageMs]] : [])),
    ),
    widest: widest && { asset: widest.asset, spread: widest.spread },
  }
}
