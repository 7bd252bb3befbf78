/** What is wrong with the settings of a run: collected, then reported all at once. */
import { CodedError, errorsOf } from '../base/index.js'

export const CONFIG_ERRORS = {
  E_CONFIG: {
    summary: 'Several settings are wrong; each is reported on a line of its own.',
    remedy: 'See the lines.',
    kind: 'usage',
  },
  E_CONFIG_FILE: {
    summary: 'The configuration file cannot be read, or is not the YAML that it must be.',
    remedy: 'See the line that the message names; pegminer config init writes an example.',
    kind: 'usage',
  },
  E_CONFIG_KEY: {
    summary: 'The configuration file holds an unknown key.',
    remedy: 'Correct or remove the line that the message names; docs/settings.md lists all keys.',
    kind: 'usage',
  },
  E_CONFIG_SECTION: {
    summary: 'A structured part of the configuration file, such as that of the price sources, is wrong.',
    remedy: 'Correct the line that the message names.',
    kind: 'usage',
  },
  E_CONFIG_EXISTS: {
    summary: 'A file of that name exists, and the program never overwrites a file of the user.',
    remedy: 'Name another file, or move that one away.',
    kind: 'usage',
  },
  E_CONFIG_IMPORT: {
    summary: 'The file to import is not the ini file of another PegNet miner, or cannot be read.',
    remedy: 'Name its defaultconfig.ini.',
    kind: 'usage',
  },
  E_CONFIG_FLAG: {
    summary: 'A flag is unknown, belongs to another command, or lacks its value.',
    remedy: 'See the list of flags: pegminer COMMAND --help.',
    kind: 'usage',
  },
  E_CONFIG_ARGUMENT: {
    summary: 'The command takes no such argument.',
    remedy: 'See the usage line: pegminer COMMAND --help.',
    kind: 'usage',
  },
  E_CONFIG_VALUE: {
    summary: 'A setting has a value that it cannot have.',
    remedy: 'Give a value of the form that the message names.',
    kind: 'usage',
  },
  E_CONFIG_MISSING: {
    summary: 'A setting that the command needs was not given.',
    remedy: 'Give it as the flag, the environment variable or the line of the file that the message names.',
    kind: 'usage',
  },
  E_CONFIG_NETWORK: {
    summary: 'A setting does not fit the network.',
    remedy: 'Leave it out, or choose the network that the message names.',
    kind: 'usage',
  },
  E_CONFIG_SECRET: {
    summary: 'A secret was given in a way that would disclose it, twice, or in a file that cannot be read.',
    remedy:
      'Give it once: in its environment variable, or in a file that the variable with _FILE or the key with File names.',
    kind: 'usage',
  },
} as const

export const fail = errorsOf(CONFIG_ERRORS)

/** One thing that is wrong. The message is one line and never holds a secret. */
export interface Problem {
  readonly code: keyof typeof CONFIG_ERRORS
  readonly message: string
  /** The setting that it is about. */
  readonly key?: string
}

export const problem = (code: Problem['code'], message: string, key?: string): Problem => ({
  code,
  message,
  ...(key === undefined ? {} : { key }),
})

/** All of them as one error: `details.problems` has the list. */
export function problemsError(problems: readonly Problem[]): CodedError {
  const [first] = problems
  if (first && problems.length === 1) return fail(first.code, first.message, { details: { problems } })
  return fail('E_CONFIG', problems.map(({ message }) => message).join('; '), { details: { problems } })
}

/** One thing that is wrong, as an error. */
export const mistake = (...one: Parameters<typeof problem>): CodedError => problemsError([problem(...one)])

/** What stands on the command line is not what the command takes. */
export const wrongArgument = (message: string): CodedError => mistake('E_CONFIG_ARGUMENT', message)

/** The problems in an error of `problemsError`, or undefined for any other error. */
export function problemsOf(error: unknown): readonly Problem[] | undefined {
  return error instanceof CodedError
    ? (error.details['problems'] as readonly Problem[] | undefined)
    : undefined
}

/** User's text as it may be repeated in a message: short, on one line, quoted. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
