/** The history of graded blocks: following the chain, keeping what was graded, answering questions about it. */
export { HISTORY_ERRORS } from './errors.js'
export { expectationOf, hashPowerOf, networkHashrate, SPACE } from './hash-power.js'
export type { Expectation } from './hash-power.js'
export { createGradedHistory, HISTORY_FILE } from './history.js'
export { openHistory } from './open.js'
export type { FollowProgress, GradedHistory, GradedHistoryOptions, PreviousWinners } from './history.js'
export type { Extent, HeightRange, HistoryQueries } from './queries.js'
export type { BlockSummary, HistoryOverview, OwnTotals, Point, PointRange } from './overview.js'
export { openSeries } from './series.js'
export type { LogEntry, SeriesStore } from './series.js'
export type {
  AssetCost,
  Fate,
  OprBlock,
  OwnRecord,
  OwnStep,
  RankedRecord,
  RankedStake,
  Rates,
} from './types.js'
