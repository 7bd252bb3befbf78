/**
 * What every room stands on: coded errors, clocks and deadlines, bounded JSON, files that survive a crash. Each hashing
 * thread loads it, so what needs a library has a door of its own: `calendar.js`, `http-post.js`.
 */
export { isAxiosError, loadAxios } from './axios.js'
export { checkJson, isMapping, parseJson } from './bounded-json.js'
export { concat, fromHex, hexOfWord, isHash, sha256, sha256d, toHex } from './bytes.js'
export * from './clock.js'
export { Late, withDeadline, within } from './deadline.js'
export { endOfChild } from './child-end.js'
export { childEnvironment, threadEnvironment } from './environment.js'
export * from './errors.js'
export { goJson } from './go-json.js'
export type { Json } from './go-json.js'
export { hostInUrl, isOwnHost, isPrivateHost } from './own-host.js'
export {
  book,
  bookedAt,
  momentNow,
  periodOf,
  readMoment,
  readSpent,
  spend,
  spentIn,
  spentUnder,
  takenOver,
  takeOver,
} from './spending.js'
export type { Moment, Period, Spent } from './spending.js'
export { isLoopback } from './loopback.js'
export { blobOf, hexOf, numberOrNull, openDatabase, wordBlob } from './storage/database.js'
export type {
  Database,
  DatabaseTrouble,
  Migrations,
  OpenOptions as DatabaseOptions,
  Row,
  Schema,
  Transaction,
  Value,
} from './storage/database.js'
export { loadKoffi } from './koffi.js'
export type { Koffi } from './koffi.js'
export { lazily } from './lazily.js'
export { remembered, rememberedOf } from './remember.js'
export { median } from './median.js'
export { pauseAfter, retried, sleep } from './pauses.js'
export type { Pauses, Sleep } from './pauses.js'
export { JSON_TYPE, movedTo, readPages, replyOf, unlessKnown, withTag } from './pages.js'
export type { PageReply } from './pages.js'
export { BadRequest, Csv, nameIn, numberIn, wantsCsv } from './query.js'
export type { Bounds } from './query.js'
export { normalNumber, randomNumbers } from './random.js'
export { makeFolder } from './storage/folder.js'
export { openLines, readLines } from './storage/line-file.js'
export type { LineFileErrors } from './storage/line-file.js'
export { awaitLock, lockFile } from './storage/lock.js'
export type { AwaitedLock, LockTiming } from './storage/lock.js'
export {
  cutBack,
  isCutLine,
  openToAppend,
  replaceFile,
  requireWritable,
  writeAll,
  writeWhole,
} from './storage/whole-file.js'
export type { WriteOptions } from './storage/whole-file.js'
export { parseUnits, unitsText } from './units.js'
