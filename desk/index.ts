/** Claims about PegNet, put to its own rules: attacks on its prices, baskets that conversions keep, pegs and what restores them. */
export { AXES, HONEST, PRESETS, varied, type Axis, type Preset } from './attack/presets.js'
export { MINING_SECONDS } from './attack/chance.js'
export { simulateAttacks } from './attack/run.js'
export type { AttackResult, Estimate, Scenario } from './attack/types.js'
export { openBook, type Book } from './basket/book.js'
export { createDue, decide, standingOf, type Decision } from './basket/decide.js'
export { readBasket, type Basket } from './basket/file.js'
export { keepOnce, type KeepEvent } from './basket/keep.js'
export { simulateBasket, type Simulation, type Step } from './basket/simulate.js'
export { DESK_ERRORS } from './errors.js'
export { lookAt, type Look, type PegHistory, type TokenLook } from './peg-watch/look.js'
export type { MarketName } from './peg-watch/market.js'
export { paperStep, worthNow, type PaperAccount, type PaperEvent } from './peg-watch/paper.js'
export { openPaper, type PaperFile } from './peg-watch/paper-file.js'
export { createPegWatchPages, lookNews, PEG_WATCH_API } from './peg-watch/site.js'
export { pegWatchSection, pegWatchShape, type PegWatch } from './peg-watch/section.js'
export { gainOf } from './peg-watch/size.js'
export {
  readStage,
  rulesAsOf,
  stagedHistory,
  stagedListing,
  stagedMarkets,
  STAGES,
} from './peg-watch/stage.js'
export type { Stage } from './peg-watch/stage.js'
export type { Trade } from './peg-watch/trades.js'
