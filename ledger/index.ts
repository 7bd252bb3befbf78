/** Who holds what: the rules of PegNet's ledger, and what the entries of its chain say. */
export { ledgerBlockOf, ledgerChains } from './block.js'
export { applyBlock } from './engine/apply.js'
export { averagesAt } from './engine/averages.js'
export { ratioOf, type Ratio } from './engine/convert.js'
export { STAKERS } from './engine/grade.js'
export { aftersOf } from './engine/bookings.js'
export { inDollars } from './engine/dollars.js'
export { ratesOf, type BlockRates } from './engine/rates.js'
export { refusalText } from './engine/refusals.js'
export type * from './engine/types.js'
export { readCheckpoint, requireCheckpointFile, writeCheckpoint } from './checkpoint/file.js'
export type { Checkpoint } from './checkpoint/shape.js'
export { restoreCheckpoint } from './checkpoint/restore.js'
export { diffLedger } from './diff/compare.js'
export { createPegnetd } from './diff/pegnetd.js'
export { LEDGER_ERRORS } from './errors.js'
export { readRecordedChain } from './recorded.js'
export { serveRpc } from './rpc/server.js'
export { readRecord, saidIn } from './record.js'
export { rulesOf, type LedgerRules } from './rules.js'
export { TICKERS, tickerOf, type Ticker } from './tickers.js'
export {
  addressText,
  readAddress,
  readAnyAddress,
  readTypedAddress,
  typedAddress,
} from './transactions/address.js'
export type { LedgerTransaction } from './transactions/types.js'
export { readEntry } from './transactions/why.js'
export { ledgerFollowing } from './store/consumer.js'
export { syncFromFile } from './store/from-file.js'
export { ledgerNetwork } from './store/about.js'
export { openLedger, type LedgerQueries } from './store/queries.js'
export { stateHash } from './store/state-hash.js'
export type { GradedRecord } from './store/miners.js'
export type { Whose } from './store/miner-sums.js'
export type { LedgerAction, PlacedAction } from './store/pages.js'
export type { RecordChain } from './store/records.js'
export { bankTexts, createLedgerReads, timeAt, timesOver } from './rest/reads.js'
export { heightIn, heightsIn, rangeIn } from './rest/ask.js'
export { historyColumns, historyRow, type HistoryPage, type ShownAction } from './rest/history.js'
export { LEDGER_SCHEMA } from './store/schema.js'
export type { TakenBlock } from './store/taken.js'
export type { BlockContents, RawEntry } from './store/contents.js'
export { createWorths, type Worths } from './store/worth.js'
export { addNext, addSecrets, addWatched, addWords, findAddress } from './wallet/addresses.js'
export type { Added, Contents } from './wallet/addresses.js'
export { readBackup } from './wallet/backup.js'
export { composeBatch, goodUntil, signBatch, type SignedBatch, type Unsigned } from './wallet/batch.js'
export { composeBurn, requireBurns } from './wallet/burn.js'
export { changesOf } from './wallet/changes.js'
export {
  closeVault,
  EMPTY,
  EMPTY_VAULT,
  lockWallet,
  openVault,
  readWallet,
  writeWallet,
} from './wallet/file.js'
export type { Vault, Wallet, WalletAddress } from './wallet/file.js'
export { signingKey, type SigningKey } from './wallet/keys.js'
export {
  creditsOf,
  keyIn,
  lookAt,
  requireAccepted,
  requireChain,
  requireCredits,
  reservedOf,
  sameOf,
  signedBefore,
} from './wallet/look.js'
export { fateOf, isOver, openOutbox, type Fate, type Outbox } from './wallet/outbox.js'
export { amountOf, batchFileText, readBatchFile, transactionsOf } from './wallet/plan.js'
export type { BatchFile, Plan } from './wallet/plan.js'
export { previewOf, type Preview } from './wallet/preview.js'
export {
  forgetOver,
  lookBack,
  requireSent,
  sendAgain,
  sendBatch,
  signingTime,
  standingOf,
} from './wallet/sending.js'
export type { Earlier, LookingParts, SendingParts } from './wallet/sending.js'
export { remoteSource } from './wallet/remote.js'
export { pricesAfter, pricesOfBlock, tablesSource } from './wallet/source.js'
export type { LastPrices, LedgerSource } from './wallet/source.js'
