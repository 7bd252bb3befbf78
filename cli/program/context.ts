/** What a command is, and what it is given. */
import type { Readable } from 'node:stream'

import type {
  ConfigFile,
  Environment,
  Origin,
  Problem,
  SectionValidator,
  SettingKey,
  Settings,
} from '../../config/index.js'
import type { Logger } from '../../telemetry/index.js'
import type { Output, Terminal } from './output.js'

/** House rule for every command; `missing` and `differs` are answers of `pegminer prices`, not failures. */
export const EXIT = { done: 0, failure: 1, usage: 2, missing: 3, differs: 5, interrupted: 130 } as const

/** The outside of a run: the process, or what a test puts in its place. */
export interface Io {
  readonly stdin: Readable
  readonly stdout: Terminal
  readonly stderr: Terminal
  readonly env: Environment
  /** Whether output and log go to one place, as with `2>&1`: without `--json` the log is then for people, too. */
  readonly mixed?: boolean
  /** Aborted when the user interrupts. */
  readonly interrupted: AbortSignal
  /** Listeners are told when settings are to be read again (`Signals`). */
  readonly onHangUp?: (listener: () => void) => () => void
}

/** What was read from flags, environment and configuration file. */
export interface CommandInput<K extends SettingKey, S = unknown> {
  readonly settings: Pick<Settings, K>
  readonly origins: Readonly<Record<K, Origin>>
  /** The structured sections of the configuration file that the command names, checked. */
  readonly sections: S
  /** The secrets in each of them, those of files and variables that it names too. */
  readonly sectionSecrets: Readonly<Record<string, readonly string[]>>
  /** The configuration file, if one was read. */
  readonly config: ConfigFile | undefined
  /** Where each setting comes from exactly, and how it was written (`Resolved`). */
  readonly places: Readonly<Record<K, string>>
  readonly texts: Readonly<Record<K, string>>
  /** What is wrong with settings and sections: nothing, unless the command `reportsProblems` itself. */
  readonly problems: readonly Problem[]
}

export interface CommandContext<K extends SettingKey, S = unknown> extends CommandInput<K, S> {
  readonly positionals: readonly string[]
  readonly output: Output
  /** The log, on standard error. */
  readonly log: Logger
  readonly stdin: Readable
  /** For screens that are drawn; everything else goes through `output`. */
  readonly stdout: Terminal
  readonly stderr: Terminal
  readonly env: Environment
  /**
   * Aborted when the user interrupts or the output's reader is gone: the command then ends, and leaves nothing half
   * done.
   */
  readonly signal: AbortSignal
  /** For commands that run on. */
  readonly again: Reread<K, S>
}

/** How settings are read again while a command runs. */
export interface Reread<K extends SettingKey, S = unknown> {
  /**
   * Reads all settings anew, from the same file; `problems` has all that is wrong. Never rejects for a mistake of the
   * user.
   */
  read(): Promise<CommandInput<K, S>>
  readonly onHangUp: (listener: () => void) => () => void
  setLogLevel(level: Settings['log.level']): void
}

/** Resolves to the exit code; an interrupted command may also reject with anything. */
export type CommandRun<K extends SettingKey, S = unknown> = (context: CommandContext<K, S>) => Promise<number>

/**
 * Structured sections of the configuration file, by name: `prices` is all below `prices:` that is no setting of the
 * table, `feed.gateways` only that key. Each loads the function that checks it.
 */
export type SectionLoaders<S> = { readonly [N in keyof S]: () => Promise<SectionValidator<S[N]>> }

export interface Example {
  readonly line: string
  readonly text: string
}

export interface CommandSpec<K extends SettingKey = SettingKey, S = unknown> {
  readonly name: string
  /** One clause for the list of commands. */
  readonly summary: string
  /** What stands after the name besides flags, such as `[HEX…]`. */
  readonly arguments?: { readonly form: string; readonly most: number }
  /** Paragraphs for its help. */
  readonly details: readonly string[]
  readonly keys: readonly K[]
  /** Those of them that are flags too, if not all. */
  readonly flagKeys?: readonly K[]
  /** Flags that stand first in the help, the others follow by section. */
  readonly mostUsed?: readonly K[]
  readonly sections?: SectionLoaders<S>
  /** Further checks before it can run, so that all mistakes are reported at once. */
  check?(): Promise<(settings: Pick<Settings, K>, origins: Readonly<Record<K, Origin>>) => readonly Problem[]>
  /** The command is run even if settings or sections are wrong, and reports that itself. */
  readonly reportsProblems?: true
  /** With these arguments its first lines name configuration file and network: the log need not. */
  readonly namesFile?: (positionals: readonly string[]) => boolean
  readonly examples: readonly Example[]
  /** Loads what the command needs, only when it is called. */
  load(): Promise<CommandRun<K, S>>
}
