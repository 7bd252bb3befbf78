/** The history of graded blocks: keeping what was graded as the chain is followed, answering questions about it. */
export type { FollowProgress } from '../../chain/index.js'
export { HISTORY_ERRORS } from './errors.js'
export { expectationOf, hashPowerOf, networkHashrate, SPACE } from './hash-power.js'
export type { Expectation } from './hash-power.js'
export { createGradedHistory, HISTORY_FILE } from './history.js'
export { openHistory } from './open.js'
export { ownFate } from './own-fate.js'
export type { GradedHistory, GradedHistoryOptions } from './history.js'
export { HISTORY_CONSUMERS, STAKING_SINCE } from './consumers.js'
export type { PreviousWinners, StakersAt, WinnersAt } from './consumers.js'
export type { Extent, HeightRange, HistoryQueries } from './queries.js'
export type { BlockSummary, HistoryOverview, OwnTotals, Point, PointRange } from './overview.js'
export { openStakeLog } from './stake-log.js'
export type { StakeLog } from './stake-log.js'
export { openSeries } from './series.js'
export type { LogEntry, SeriesStore } from './series.js'
export type {
  AssetCost,
  Fate,
  OprBlock,
  OwnRecord,
  OwnStake,
  OwnStakeStep,
  OwnStep,
  RankedRecord,
  RankedStake,
  Rates,
} from './types.js'
