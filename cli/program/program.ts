/** The program: finds the command, resolves its settings, runs it, and turns the outcome into an exit code. */
import { isCoded, messageOf } from '../../base/index.js'
import {
  checkSection,
  configFileName,
  isConfigNamed,
  meant,
  problem,
  problemsError,
  problemsOf,
  readConfigFile,
  readFlags,
  resolveAll,
  settingOf,
  shown,
  trustedFile,
  type ConfigFile,
  type Flags,
  type Problem,
  type Resolved,
  type SectionValidator,
  type SettingKey,
} from '../../config/index.js'
import { createCensor, createLogger, painter, type Censor, type LogLevel } from '../../telemetry/log.js'
import { COMMANDS, SECTION_NAMES } from './commands.js'
import { EXIT, type CommandSpec, type Io } from './context.js'
import { forbidDumps } from './dumps.js'
import { fail } from './errors.js'
import { commandHelp, overviewHelp } from './help.js'
import { createOutput, errorLine, foldedFor, wantsColor, widthOf } from './output.js'
import { KNOWN_KEYS } from './known-keys.js'
import { versionOf } from './version.js'

/** Runs one command line (without `node` and the script) and resolves to the exit code. Never rejects. */
export async function runProgram(words: readonly string[], io: Io): Promise<number> {
  const gone = watchOutput(io)
  let json = words.includes('--json') || /^(true|on|yes|1)$/i.test(io.env['PEGMINER_OUTPUT_JSON'] ?? '')
  const secrets = new Set<string>()
  const report = (error: unknown): number => reportError(error, io, json, secrets)
  try {
    const [first = '--help', ...rest] = words
    const help = helpOrVersion(first, rest, io)
    if (help) {
      io.stdout.write(`${help.join('\n')}\n`)
      return words.length === 0 ? EXIT.usage : EXIT.done
    }
    const command = COMMANDS.find(({ name }) => name === first)
    if (command === undefined) throw unknownCommand(first)
    if (command.keys.some((key) => settingOf(key).secret)) forbidDumps()
    sayEnding(io)
    const run = await resolveCommand(command, { words: rest, env: io.env })
    // The configuration file may ask for it too.
    json = run.settings['output.json']
    run.secrets.forEach((secret) => secrets.add(secret))
    const read = async (): Promise<ResolvedCommand> => {
      const next = await resolveCommand(command, { words: rest, env: io.env, file: run.config?.name })
      next.secrets.forEach((secret) => secrets.add(secret))
      return next
    }
    const interrupted = AbortSignal.any([io.interrupted, gone])
    const code = await runCommand(command, run, { ...io, interrupted }, secrets, read)
    await flushed(io)
    return gone.aborted ? endOf(gone, io, report) : code
  } catch (error) {
    if (gone.aborted) return endOf(gone, io, report)
    if (!io.interrupted.aborted) return report(error)
    // An interrupt ends the work under way with an error; only other errors are told.
    if (isCoded(error) && !/_(ABORTED|CLOSED)$/.test(error.code)) report(error)
    return EXIT.interrupted
  }
}

/** Resolves when the system has taken the last output, or has refused it and the error was seen. */
function flushed({ stdout }: Io): Promise<void> {
  return new Promise((resolve) => {
    const heard = (): void => void setImmediate(resolve)
    if (stdout.writable) stdout.write('', heard)
    else heard()
  })
}

/** A reader that is gone is no error; a terminal that is gone counts as an interrupt; a full disk is an error. */
function endOf(gone: AbortSignal, { stdout, interrupted }: Io, report: (error: unknown) => number): number {
  const cause: unknown = gone.reason
  const code = (cause as NodeJS.ErrnoException).code
  if (interrupted.aborted || (code === 'EIO' && stdout.isTTY === true)) return EXIT.interrupted
  if (code === 'EPIPE' || code === 'EIO' || code === 'ECONNRESET' || code === 'ERR_STREAM_DESTROYED')
    return EXIT.done
  return report(fail('E_CLI_OUTPUT', `standard output cannot be written: ${messageOf(cause)}`, { cause }))
}

function helpOrVersion(first: string, rest: readonly string[], io: Io): readonly string[] | undefined {
  if (first === '--version' || first === '-V' || first === '-v' || first === 'version') return [versionOf()]
  const color = wantsColor(io.stdout, undefined, io.env['NO_COLOR'])
  const style = { paint: painter(color), width: Math.min(100, widthOf(io.stdout)) }
  const named = (name: string | undefined) => COMMANDS.find((command) => command.name === name)
  if (first === '--help' || first === '-h' || first === 'help') {
    const command = named(rest[0])
    return command ? commandHelp(command, style) : overviewHelp(versionOf(), COMMANDS, style)
  }
  const command = named(first)
  return command && readFlags(rest, command.flagKeys ?? command.keys).help
    ? commandHelp(command, style)
    : undefined
}

function unknownCommand(word: string): Error {
  if (word.startsWith('-'))
    return fail('E_CLI_COMMAND', `the command comes first, before ${shown(word)}; see pegminer --help`)
  const names = COMMANDS.map(({ name }) => name)
  return fail('E_CLI_COMMAND', `unknown command ${shown(word)}${meant(word, names, 'see pegminer --help')}`)
}

async function runCommand(
  command: CommandSpec,
  resolved: ResolvedCommand,
  io: Io,
  secrets: Iterable<string>,
  read: () => Promise<ResolvedCommand>,
): Promise<number> {
  const { settings, origins, places, texts, sections, sectionSecrets } = resolved
  const { warnings, config, positionals } = resolved
  const fatal = command.reportsProblems ? resolved.flagProblems : resolved.problems
  const json = settings['output.json']
  const censor = createCensor(secrets, KNOWN_KEYS)
  const color = (stream: Io['stdout']) => wantsColor(stream, settings['output.color'], io.env['NO_COLOR'])
  let level = settings['log.level']
  const log = loggerOf(settings['log.format'], io, {
    level: () => level,
    censor,
    color: color(io.stderr),
    json,
  })
  const namesFile = fatal.length === 0 && command.namesFile?.(positionals) === true
  if (config?.problems.length === 0 && !resolved.named && !namesFile)
    log.info('settings are from the file found in this folder', {
      file: config.name,
      ...(command.keys.includes('network.name') ? { network: settings['network.name'] } : {}),
    })
  if (fatal.length > 0) throw problemsError(fatal)
  for (const warning of warnings) log.warn(warning)
  const run = await command.load()
  return run({
    settings,
    origins,
    places,
    texts,
    problems: resolved.problems,
    sections,
    sectionSecrets,
    config,
    positionals,
    output: createOutput({
      stream: io.stdout,
      json,
      color: color(io.stdout),
      censor,
      signal: io.interrupted,
    }),
    log,
    stdin: io.stdin,
    stdout: io.stdout,
    stderr: io.stderr,
    env: io.env,
    signal: io.interrupted,
    again: {
      read,
      onHangUp: io.onHangUp ?? (() => () => {}),
      setLogLevel: (next) => void (level = next),
    },
  })
}

interface ResolvedCommand extends Resolved<SettingKey> {
  readonly sections: Readonly<Record<string, unknown>>
  readonly sectionSecrets: Readonly<Record<string, readonly string[]>>
  readonly secrets: readonly string[]
  readonly config: ConfigFile | undefined
  /** Whether flag or variable names the file; else it was found. */
  readonly named: boolean
  readonly positionals: readonly string[]
  readonly flagProblems: readonly Problem[]
}

/** Settings and sections of a command, with all that is wrong with flags, variables and file. */
async function resolveCommand(
  command: CommandSpec,
  { words, env, file }: { words: readonly string[]; env: Io['env']; file?: string | undefined },
): Promise<ResolvedCommand> {
  const flags = withArguments(readFlags(words, command.flagKeys ?? command.keys), command)
  // A file that was there at the start must be there the next time too.
  const reads = command.keys.includes('config.file')
  const name = file ?? (reads ? configFileName({ flags, env }) : undefined)
  const named = isConfigNamed({ flags, env })
  const config = name === undefined ? undefined : configOf(name, named)
  const resolved = resolveAll(command.keys, { flags, env, file: config })
  const loaders = Object.entries<() => Promise<SectionValidator<unknown>>>(command.sections ?? {})
  const checked = await Promise.all(
    loaders.map(async ([name, load]) => ({
      name,
      ...checkSection(name, await load(), { file: config, env }),
    })),
  )
  const known = new Set(resolved.problems.map(({ key }) => key))
  // While the network's name is wrong, it is not known what the network needs.
  const check = known.has('network.name') ? undefined : await command.check?.()
  const besides = check?.(resolved.settings, resolved.origins) ?? []
  const secrets = command.keys.filter((key) => settingOf(key).secret).map((key) => resolved.settings[key])
  return {
    ...resolved,
    ...{ config, named },
    positionals: flags.positionals,
    sections: Object.fromEntries(checked.map(({ name, value }) => [name, value])),
    sectionSecrets: Object.fromEntries(checked.map(({ name, secrets }) => [name, secrets])),
    secrets: [
      ...secrets.flat().filter((secret) => typeof secret === 'string'),
      ...checked.flatMap((section) => section.secrets),
    ],
    flagProblems: flags.problems,
    problems: [
      ...resolved.problems,
      ...besides.filter(({ key }) => !known.has(key)),
      ...checked.flatMap((section) => section.problems),
    ],
    warnings: [
      ...(config?.stranger === undefined ? [] : [`${config.name}: ${config.stranger}`]),
      ...resolved.warnings,
      ...checked.flatMap((section) => section.warnings),
    ],
  }
}

function configOf(name: string, named: boolean): ConfigFile {
  const config = readConfigFile(name, SECTION_NAMES)
  return named ? config : trustedFile(config)
}

/** Arguments beyond those that the command takes are problems, unless a wrong flag explains them. */
function withArguments(flags: Flags, command: CommandSpec): Flags {
  const surplus = flags.positionals.slice(command.arguments?.most ?? 0)
  if (surplus.length === 0 || flags.problems.length > 0) return flags
  const found = surplus.map((word) =>
    problem('E_CONFIG_ARGUMENT', `unexpected argument ${shown(word)}; see --help`),
  )
  return { ...flags, problems: found }
}

function loggerOf(
  wanted: 'auto' | 'pretty' | 'json',
  io: Io,
  { level, censor, color, json }: { level: () => LogLevel; censor: Censor; color: boolean; json: boolean },
) {
  const auto = io.stderr.isTTY || (io.mixed === true && !json) ? 'pretty' : 'json'
  const format = wanted === 'auto' ? auto : wanted
  return createLogger({
    level,
    format,
    color,
    censor,
    // journald stamps each line itself.
    time: format === 'json' || io.env['JOURNAL_STREAM'] === undefined,
    write: (line) => sayTo(io.stderr, line),
  })
}

/** A line, folded between words where a terminal would break it within one. */
function sayTo(stream: Io['stderr'], line: string): void {
  stream.write(`${foldedFor(stream, line)}\n`)
}

/** Says what went wrong: one line each, on standard error, and with `--json` as events. Returns the exit code. */
function reportError(error: unknown, io: Io, json: boolean, secrets: Iterable<string>): number {
  const censor = createCensor(secrets, KNOWN_KEYS)
  const found = problemsOf(error) ?? [
    isCoded(error)
      ? { code: error.code, message: error.message }
      : { code: 'E_CLI_INTERNAL', message: messageOf(error) },
  ]
  const output = createOutput({ stream: io.stdout, json, color: false, censor, signal: io.interrupted })
  for (const { code, message } of found) {
    output.event({ event: 'error', code, message })
    sayTo(io.stderr, censor(errorLine(code, message)))
  }
  if (!isCoded(error) && error instanceof Error) io.stderr.write(`${censor(error.stack ?? '')}\n`)
  return isCoded(error) && error.kind === 'usage' ? EXIT.usage : EXIT.failure
}

/** The terminal has just printed ^C at the beginning of a line, or behind a progress bar. */
function sayEnding({ interrupted, stderr }: Io): void {
  if (stderr.isTTY !== true) return
  const say = (): void => void stderr.write('\r\u001b[Kending; Ctrl-C once more forces it\n')
  interrupted.addEventListener('abort', say, { once: true })
}

/** Aborted, with the error as its reason, when standard output can take no more. */
function watchOutput({ stdout, stderr }: Io): AbortSignal {
  const gone = new AbortController()
  // The listeners stay: a late error of a stream without one would end the process with a stack.
  stdout.on('error', (error) => gone.abort(error))
  stderr.on('error', () => {})
  return gone.signal
}
