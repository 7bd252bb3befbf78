/**
 * Structured parts of the configuration file, such as price sources: a room checks its own with a pure function, and
 * never sees files or lines.
 */
import type { ConfigPath } from './document.js'
import type { ConfigFile } from './file.js'
import { problem, type Problem } from './problems.js'
import { meant } from './suggest.js'

export interface SectionProblem {
  /** Keys and list indices from the section's root to what is wrong; [] is the section itself. */
  readonly path: ConfigPath
  /** One clause with the remedy, for example `must be a number above 0`. Never a secret. */
  readonly message: string
}

export type SectionResult<T> =
  | {
      readonly value: T
      /** Texts that must never be printed. */
      readonly secrets?: readonly string[]
      /** Worth a word, but no error. */
      readonly warnings?: readonly SectionProblem[]
    }
  | { readonly problems: readonly SectionProblem[] }

/**
 * Checks a section and completes it by its defaults. `raw` is what the file holds below the section's name as plain
 * objects, lists and scalars, without the keys that are settings of the table; undefined if there is none.
 */
export type SectionValidator<T> = (raw: unknown, context: SectionContext) => SectionResult<T>

export interface SectionContext {
  /** Folder of the file: relative paths count from here. */
  readonly folder: string
  /** Whether others than its owner can read the file: then it must hold no secret. */
  readonly readableByOthers: boolean
  readonly env: Readonly<Record<string, string | undefined>>
}

/** The keys of a mapping that are not known, with what may have been meant. */
export function unknownKeys(
  mapping: object,
  known: readonly string[],
  path: ConfigPath = [],
): SectionProblem[] {
  return Object.keys(mapping)
    .filter((key) => !known.includes(key))
    .map((key) => ({
      path: [...path, key],
      message: `unknown key${meant(key, known, `known are ${known.join(', ')}`)}`,
    }))
}

/** `sources.kraken.routes[2]`. */
export function pathText(path: ConfigPath): string {
  return path
    .map((step, k) => (typeof step === 'number' ? `[${step}]` : `${k === 0 ? '' : '.'}${step}`))
    .join('')
}

export interface CheckedSection<T> {
  readonly value: T | undefined
  readonly secrets: readonly string[]
  readonly problems: readonly Problem[]
  readonly warnings: readonly string[]
}

/** Runs a validator and says where in the file its problems are. Without a file the section is empty. */
export function checkSection<T>(
  name: string,
  validate: SectionValidator<T>,
  { file, env }: { readonly file: ConfigFile | undefined; readonly env: SectionContext['env'] },
): CheckedSection<T> {
  const result = validate(file?.sectionOf(name), {
    folder: file?.folder ?? process.cwd(),
    readableByOthers: file?.readableByOthers ?? true,
    env,
  })
  const say = ({ path, message }: SectionProblem): string => {
    const what = pathText([name, ...path])
    return `${file === undefined ? '' : `${file.at(file.lineOf(name, path))}: `}${what}: ${message}`
  }
  return 'problems' in result
    ? {
        value: undefined,
        secrets: [],
        warnings: [],
        problems: result.problems.map((found) => problem('E_CONFIG_SECTION', say(found))),
      }
    : {
        value: result.value,
        secrets: result.secrets ?? [],
        warnings: (result.warnings ?? []).map(say),
        problems: [],
      }
}
