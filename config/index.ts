/** Settings and configuration files: what may be set, where a value came from, what is wrong with it. */
export { configSchema, exampleConfig } from './example.js'
export { parseConfigFile, readConfigFile, readYaml, trustedFile } from './file.js'
export type { ConfigFile } from './file.js'
export { flagNamesOf, readFlags } from './flags.js'
export type { Flags } from './flags.js'
export { importGoIni } from './go-ini.js'
export {
  CONFIG_ERRORS,
  mistake,
  problem,
  problemsError,
  problemsOf,
  shown,
  wrongArgument,
} from './problems.js'
export type { Problem } from './problems.js'
export { CONFIG_NAME, configFileName, isConfigNamed, resolveAll } from './resolve.js'
export type { Environment, Origin, Resolved, Sources } from './resolve.js'
export { checkSection, pathText, unknownKeys } from './sections.js'
export type { SectionContext, SectionProblem, SectionResult, SectionValidator } from './sections.js'
export { displayNameOf, envNameOf, SETTING_KEYS, settingOf, SETTINGS } from './settings.js'
export type { SettingKey, Settings } from './settings.js'
export {
  either,
  jsonSchemaOf,
  listOfShapes,
  named,
  NO_SECTION,
  orText,
  readShape,
  section,
  special,
  value,
  valueOrNone,
} from './shape.js'
export type { JsonSchema, Shape } from './shape.js'
export { meant, nearest } from './suggest.js'
export {
  choice,
  decimal,
  duration,
  httpUrl,
  integer,
  orAuto,
  path as pathType,
  pattern,
  share,
  text,
  toggle,
  txid,
  wrongValue,
} from './types.js'
export type { CpuChoice, ThreadCount, ValueType } from './types.js'
export { watchFile } from './watch-file.js'
export type { WatchOptions } from './watch-file.js'
