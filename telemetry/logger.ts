/** The log: constant sentences with data, for people (pretty) or for machines (JSON lines). */
import { wallMs } from '../base/index.js'
import type { Censor } from './censor.js'
import { painter } from './style.js'

/**
 * `error`: something is lost or stops. `warn`: it works, but the operator should look. `info`: steps of the program's
 * life. `debug`: every call.
 */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug'
const LEVELS: readonly LogLevel[] = ['error', 'warn', 'info', 'debug']

export type LogData = Readonly<Record<string, unknown>>
export type Log = (message: string, data?: LogData) => void
export type Logger = Readonly<Record<LogLevel, Log>>

export interface LoggerOptions {
  /** Nothing below it is written. May change. */
  readonly level: () => LogLevel
  readonly format: 'pretty' | 'json'
  /** Receives each finished line, without its line feed. */
  readonly write: (line: string) => void
  readonly censor: Censor
  readonly color?: boolean
  /** False where another program stamps the lines, as journald does. */
  readonly time?: boolean
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

const STYLE = { error: 'red', warn: 'yellow', info: 'cyan', debug: 'dim' } as const

export function createLogger(options: LoggerOptions): Logger {
  const { level, format, write, censor, color = false, time = true, now = wallMs } = options
  const paint = painter(color)
  const render = (at: LogLevel, message: string, data: LogData): string => {
    const stamp = new Date(now()).toISOString()
    if (format === 'json') return jsonOf({ ...(time ? { time: stamp } : {}), level: at, message, ...data })
    const name = paint(STYLE[at], at.padEnd(5))
    const fields = Object.entries(data).map(([key, value]) => ` ${key}=${prettyOf(value)}`)
    return `${time ? `${stamp.slice(11, 19)}  ` : ''}${name}  ${oneLine(message)}${fields.join('')}`
  }
  const at =
    (which: LogLevel): Log =>
    (message, data = {}) => {
      if (LEVELS.indexOf(which) <= LEVELS.indexOf(level())) write(censor(render(which, message, data)))
    }
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') }
}

/** JSON for what JSON does not know: bigint as a decimal string, maps as objects, errors by code and message. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return part.toString()
    if (part instanceof Map) return Object.fromEntries(part) as unknown
    if (part instanceof Error) return { code: (part as { code?: unknown }).code, message: part.message }
    return part
  })
}

function prettyOf(value: unknown): string {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'string') return /^[\w.:/@%+-]+$/.test(value) ? value : JSON.stringify(value)
  if (value instanceof Error) return JSON.stringify(value.message)
  return jsonOf(value) ?? 'undefined'
}

/** Text from outside may hold control characters, which could forge lines or steer the terminal. */
export function oneLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
}
