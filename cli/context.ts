/** What a command is, and what it is given. */
import type { Readable, Writable } from 'node:stream'

import type { Environment, Origin, SettingKey, Settings } from '../config/index.js'
import type { Logger } from '../telemetry/index.js'
import type { Output } from './output.js'

/** House rule for every command. */
export const EXIT = { done: 0, failure: 1, usage: 2, interrupted: 130 } as const

/** A stream that may be a terminal. */
export type Terminal = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** The outside of a run: the process, or what a test puts in its place. */
export interface Io {
  readonly stdin: Readable
  readonly stdout: Terminal
  readonly stderr: Terminal
  readonly env: Environment
  /** Aborted when the user interrupts. */
  readonly interrupted: AbortSignal
}

export interface CommandContext<K extends SettingKey> {
  readonly settings: Pick<Settings, K>
  readonly origins: Readonly<Record<K, Origin>>
  readonly positionals: readonly string[]
  readonly output: Output
  /** The log, on standard error. */
  readonly log: Logger
  readonly stdin: Readable
  readonly stderr: Terminal
  readonly env: Environment
  /** Aborted when the user interrupts or nobody reads the output any more: end what you do, keep nothing half done. */
  readonly signal: AbortSignal
}

/** Resolves to the exit code; an interrupted command may also reject with anything. */
export type CommandRun<K extends SettingKey> = (context: CommandContext<K>) => Promise<number>

export interface Example {
  readonly line: string
  readonly text: string
}

export interface CommandSpec<K extends SettingKey = SettingKey> {
  readonly name: string
  /** One clause for the list of commands. */
  readonly summary: string
  /** What stands after the name besides flags, such as `[HEX…]`. */
  readonly arguments?: { readonly form: string; readonly most: number }
  /** Paragraphs for its help. */
  readonly details: readonly string[]
  readonly keys: readonly K[]
  readonly examples: readonly Example[]
  /** Loads what the command needs, only when it is called. */
  load(): Promise<CommandRun<K>>
}
