/** Standard output: lines for people, or one JSON object a line. Never a secret; a reader that is gone is no error. */
import { once } from 'node:events'
import type { Writable } from 'node:stream'

import { wallMs } from '../../base/index.js'
import { jsonOf, oneLine, painter, type Censor, type Paint } from '../../telemetry/log.js'
import { fold } from '../view/fold.js'

/** A stream that may be a terminal. */
export type Terminal = Writable & { readonly isTTY?: boolean; readonly columns?: number }

export interface Output {
  readonly json: boolean
  readonly paint: Paint
  /** Columns to keep to, 80 to 120. */
  readonly width: number
  /** A line for people; nothing with `--json`. */
  readonly line: (text?: string) => void
  /**
   * A command to be copied. It is never folded: what a terminal itself wraps, it gives back in one piece. Nothing with
   * `--json`.
   */
  readonly command: (text: string) => void
  /** An object for programs; nothing without `--json`. `time` is added. */
  readonly event: <E extends { readonly event: string }>(event: E) => void
  /** Resolves when the reader has taken enough of what was printed to go on. */
  readonly drained: () => Promise<void>
}

export interface OutputOptions {
  readonly stream: Terminal
  readonly json: boolean
  readonly color: boolean
  readonly censor: Censor
  readonly signal: AbortSignal
  readonly now?: () => number
}

export function createOutput({ stream, json, color, censor, signal, now = wallMs }: OutputOptions): Output {
  let full = false
  const put = (clean: string): void => {
    if (!stream.writable) return
    full = !stream.write(`${clean}\n`)
  }
  return {
    json,
    paint: painter(color),
    width: widthOf(stream),
    line: (text = '') => {
      if (!json) put(foldedFor(stream, censor(text)))
    },
    command: (text) => {
      if (!json) put(censor(text))
    },
    event: ({ event, ...rest }) => {
      if (json) put(censor(jsonOf({ event, time: new Date(now()).toISOString(), ...rest })))
    },
    drained: async () => {
      if (!full || !stream.writable) return
      await once(stream, 'drain', { signal })
      full = false
    },
  }
}

/** A terminal breaks lines within words. One without a size says that it has no columns. */
export const foldedFor = (stream: Terminal, text: string): string =>
  stream.isTTY === true ? fold(text, stream.columns || 80) : text

/** 80 columns where nothing is known; more than 120 are hard to read. */
export function widthOf(stream: Terminal): number {
  return Math.min(120, Math.max(80, stream.columns ?? 80))
}

/** Colours: what the user says, else `NO_COLOR`, else whether it is a terminal. */
export function wantsColor(
  stream: Terminal,
  setting: boolean | undefined,
  noColor: string | undefined,
): boolean {
  if (setting !== undefined) return setting
  return (noColor ?? '') === '' && stream.isTTY === true
}

/** One line for standard error: what went wrong. */
export function errorLine(code: string, message: string): string {
  return `pegminer: ${code}: ${oneLine(message)}`
}
