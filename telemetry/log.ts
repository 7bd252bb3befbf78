/** What every command needs of this room: a door of its own, since the server, metrics and alarms are half a hundred modules. */
export { CENSORED, createCensor } from './censor.js'
export type { Censor } from './censor.js'
export { createLogger, jsonOf, oneLine } from './logger.js'
export type { Log, Logger, LogLevel } from './logger.js'
export { painter } from './style.js'
export type { Paint, Style } from './style.js'
