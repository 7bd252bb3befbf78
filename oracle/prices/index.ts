/** Prices: sources, routes, aggregation, and the feed that takes a snapshot of them for each block. */
export { alarmsOf } from './alarms.js'
export { configHashOf } from './config.js'
export type { PriceConfig, SourceConfig } from './config.js'
export { DEFAULT_PRICES, devPrices } from './defaults.js'
export type { RawPrices } from './defaults.js'
export { PRICE_ERRORS } from './errors.js'
export { inlineExchanges } from './exchange-host.js'
export type { ExchangeHost } from './exchange-host.js'
export { isExchange } from './exchanges.js'
export { createPriceFeed } from './price-feed.js'
export type { FeedSource, PriceFeed, PriceFeedOptions, SnapshotOptions } from './price-feed.js'
export { gradeCost } from './guards.js'
export { LAST_YEAR } from './holidays.js'
export { closedUntil } from './hours.js'
export { importOracleIni } from './ini.js'
export type { ImportedPrices, OracleIni } from './ini.js'
export type { PollReport } from './poller.js'
export { createQuota } from './quota.js'
export { ageText, percent, reasonText, voices } from './reasons.js'
export { routePlanOf } from './snapshot.js'
export type { SnapshotInput } from './snapshot.js'
export { assetJson, readSnapshotLine, replay, snapshotJson, snapshotLine } from './snapshot-json.js'
export type { Difference, StoredSnapshot } from './snapshot-json.js'
export { createRests } from './rests.js'
export type { Rests } from './rests.js'
export { isFarOff } from './source-clock.js'
export { createSnapshotStore, readSnapshotFile } from './snapshot-store.js'
export type { SnapshotStore } from './snapshot-store.js'
export { pricesSection } from './section.js'
export type { PriceSection } from './section.js'
export { PRICES as pricesShape } from './shape.js'
export { readPrices } from './validate.js'
export type { PriceContext, PriceProblem, PriceReading, PriceSettings } from './validate.js'
export type {
  AssetPrice,
  PriceMemory,
  PriceSnapshot,
  PriceStatus,
  QuoteKind,
  Reason,
  Rejection,
  SourceState,
  Vote,
  WinnersView,
} from './types.js'
