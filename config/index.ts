/** Settings, networks, coded errors: what every room may know. */
export { ASSETS, STAKING_ASSETS } from './assets.js'
export { checkJson, parseJson } from './bounded-json.js'
export type { JsonBounds } from './bounded-json.js'
export { childEnvironment } from './environment.js'
export * from './errors.js'
export { withActivations } from './activations.js'
export type { Activations } from './activations.js'
export * from './clock.js'
export { Late, withDeadline } from './deadline.js'
export type { ConfigPath } from './document.js'
export { configSchema, exampleConfig, scalarText } from './example.js'
export { importGoIni } from './go-ini.js'
export type { ImportedIni } from './go-ini.js'
export { parseConfigFile, readConfigFile, trustedFile } from './file.js'
export type { ConfigFile } from './file.js'
export { makeFolder } from './folder.js'
export { lockFile } from './lock.js'
export type { LockRefusals } from './lock.js'
export { watchFile } from './watch-file.js'
export type { WatchOptions } from './watch-file.js'
export { cutBack, isCutLine, openToAppend, replaceFile, writeAll, writeWhole } from './write-whole.js'
export type { WriteOptions } from './write-whole.js'
export { flagNamesOf, readFlags } from './flags.js'
export type { Flags } from './flags.js'
export * from './networks.js'
export { CONFIG_ERRORS, problem, problemsError, problemsOf, shown } from './problems.js'
export type { Problem } from './problems.js'
export { CONFIG_NAME, configFileName, isConfigNamed, resolveAll, resolveSettings } from './resolve.js'
export type { Environment, Origin, Resolved, Sources } from './resolve.js'
export { checkSection, pathText, unknownKeys } from './sections.js'
export type { SectionContext, SectionProblem, SectionResult, SectionValidator } from './sections.js'
export { displayNameOf, envNameOf, SETTING_KEYS, settingOf, SETTINGS } from './settings.js'
export type { SettingKey, Settings, SettingSpec } from './settings.js'
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
export { nearest } from './suggest.js'
export type { CpuChoice, ThreadCount, ValueType } from './types.js'
export { unitsText } from './units.js'
