/** Claims about PegNet, put to its own rules: attacks on its prices, baskets that conversions keep, pegs and what restores them. */
export { AXES, HONEST, PRESETS, varied } from './attack/presets.js'
export type { Axis, Preset, PresetName } from './attack/presets.js'
export { MINING_SECONDS } from './attack/chance.js'
export { simulateAttacks } from './attack/run.js'
export type { AttackResult, Estimate, Scenario } from './attack/types.js'
export { openBook } from './basket/book.js'
export type { Book } from './basket/book.js'
export { createDue, decide, standingOf } from './basket/decide.js'
export type { Decision, Reason } from './basket/decide.js'
export { basketShape, readBasket } from './basket/file.js'
export type { Basket } from './basket/file.js'
export { keepOnce } from './basket/keep.js'
export type { KeepEvent } from './basket/keep.js'
export { simulateBasket } from './basket/simulate.js'
export type { Simulation, Step } from './basket/simulate.js'
export { DESK_ERRORS } from './errors.js'
export { lookAt } from './peg-watch/look.js'
export type { Look, PegHistory, TokenLook } from './peg-watch/look.js'
export type { MarketName } from './peg-watch/market.js'
export { paperStep, worthNow } from './peg-watch/paper.js'
export type { PaperAccount, PaperEvent } from './peg-watch/paper.js'
export { openPaper } from './peg-watch/paper-file.js'
export type { PaperFile } from './peg-watch/paper-file.js'
export { createPegWatchPages, lookNews, PEG_WATCH_API } from './peg-watch/site.js'
export { pegWatchSection, pegWatchShape } from './peg-watch/section.js'
export type { PegWatch } from './peg-watch/section.js'
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
