/** Log, metrics, alarms, and the HTTP server that serves them. */
export type { BasketPulse, GatewayPulse, PegsPulse, WatchLimits, WatchSeen } from './alarms/alarm.js'
export { runbookText } from './alarms/runbook.js'
export { ALARMS, WATCHDOG_RULES } from './alarms/table.js'
export type { AlarmId, AlarmRow, WatchdogCode, WatchdogKind } from './alarms/table.js'
export { createApi } from './api.js'
export type { ApiActions, FarmRead } from './api.js'
export type { LedgerReads, ShownSetting } from './api-types.js'
export { createLedgerApi } from './ledger-api.js'
export { createFeedApi, createFeedBoard } from './feed-api.js'
export { watchFeed } from './feed-watch.js'
export { createBoard } from './board.js'
export type { Board, BoardEntry, MinerNews } from './board.js'
export type { BlockDetails, LogLine, Past, PastBlock, PastLog, PastSeries } from './past.js'
export type { StakePast, StakeSkip, StakeStanding, StakingView } from './staking.js'
export { METRIC_LIST } from './catalog.js'
export type { MetricSpec } from './catalog.js'
export { TELEMETRY_ERRORS } from './errors.js'
export {
  basketChecks,
  gatewayChecks,
  ledgerChecks,
  liveChecks,
  pegsChecks,
  pegWatchChecks,
  readyChecks,
} from './health.js'
export type { Check } from './health.js'
export type { MetricTree } from './instruments.js'
export * from './log.js'
export { createMetrics } from './metrics.js'
export type { Metrics } from './metrics.js'
export { runbookPage } from './runbook.js'
export { startTelemetry } from './server.js'
export type { TelemetryOptions, TelemetryRoutes, TelemetryServer } from './server.js'
export { isStalled } from './sources.js'
export type {
  GatewayNumbers,
  LedgerNumbers,
  MinerNumbers,
  ThreadNumbers,
  WithdrawalNumbers,
} from './sources.js'
