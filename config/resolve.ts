/** The value of every setting of a command: flag, else environment, else configuration file, else default. */
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

import { messageOf } from '../base/index.js'
import type { ConfigFile } from './file.js'
import type { Flags } from './flags.js'
import { problem, shown, type Problem } from './problems.js'
import { othersCanRead, strangerWith } from './rights.js'
import {
  displayNameOf,
  envNameOf,
  SETTING_KEYS,
  settingOf,
  type SettingKey,
  type Settings,
} from './settings.js'
import { nearest } from './suggest.js'
import { path, wrongValue } from './types.js'

export type Origin = 'flag' | 'environment' | 'file' | 'default'
export type Environment = Readonly<Record<string, string | undefined>>

export interface Resolved<K extends SettingKey> {
  readonly settings: Pick<Settings, K>
  readonly origins: Readonly<Record<K, Origin>>
  /** Where exactly: the flag, the variable, the line of the file; '' for a default. */
  readonly places: Readonly<Record<K, string>>
  /** The values as they were written; '' for a default. A secret's is not there. */
  readonly texts: Readonly<Record<K, string>>
  /** Everything that is wrong, the problems of flags and file included. A setting that is wrong has its default. */
  readonly problems: readonly Problem[]
  /** One-line hints about what was found but has no effect. */
  readonly warnings: readonly string[]
}

export interface Sources {
  readonly flags: Pick<Flags, 'texts' | 'problems'>
  readonly env: Environment
  readonly file?: ConfigFile | undefined
}

/** A secret's file holds one line; anything larger is another file. */
const MAX_SECRET_BYTES = 4096
const PREFIX = 'PEGMINER_'
/** Read if it is in the working directory. */
export const CONFIG_NAME = 'pegminer.yaml'

/** Returns what is wrong, too. What the file says of other commands' settings is checked as well. */
export function resolveAll<K extends SettingKey>(keys: readonly K[], sources: Sources): Resolved<K> {
  const { flags, env, file } = sources
  const problems: Problem[] = [...flags.problems, ...(file?.problems ?? [])]
  const settings: Partial<Record<SettingKey, unknown>> = {}
  const origins: Partial<Record<SettingKey, Origin>> = {}
  const places: Partial<Record<SettingKey, string>> = {}
  const texts: Partial<Record<SettingKey, string>> = {}
  const warnings: string[] = []
  for (const key of keys) {
    const spec = settingOf(key)
    const source = sourceOf(key, sources, problems)
    origins[key] = source?.origin ?? 'default'
    places[key] = source?.place ?? ''
    texts[key] = spec.secret ? '' : (source?.text ?? '')
    if (source?.warning !== undefined) warnings.push(source.warning)
    settings[key] = valueOf(key, source, problems) ?? spec.default
  }
  // A wrong line of the file stays wrong when a flag or variable covers it, or another command is run.
  for (const key of SETTING_KEYS)
    if (!keys.includes(key as K) || origins[key] !== 'file') {
      const source = fileSource(key, sources, problems, { read: false })
      if (source) valueOf(key, source, problems)
    }
  return {
    settings: settings as Pick<Settings, K>,
    origins: origins as Record<K, Origin>,
    places: places as Record<K, string>,
    texts: texts as Record<K, string>,
    problems: problems.filter(({ message }, k) => problems.findIndex((p) => p.message === message) === k),
    warnings: [...warnings, ...unknownVariables(env)],
  }
}

const namedFile = ({ flags, env }: Sources): string | undefined =>
  flags.texts.get('config.file') ?? (env[envNameOf('config.file')] || undefined)

/** Whether flag or variable names the file; one that is found because it is here must be this user's own. */
export const isConfigNamed = (sources: Sources): boolean => namedFile(sources) !== undefined

/** The name of the file to read: that of flag or variable, else `pegminer.yaml` if it is here, else none. */
export function configFileName(sources: Sources): string | undefined {
  const name = namedFile(sources)
  if (name === undefined) return existsSync(CONFIG_NAME) ? CONFIG_NAME : undefined
  return name === '' || /^off$/i.test(name) ? undefined : name
}

interface Source {
  readonly text: string
  readonly origin: Origin
  /** What a message begins with. */
  readonly name: string
  readonly place: string
  /** Where relative paths count from. */
  readonly folder?: string
  readonly warning?: string | undefined
}

function valueOf(key: SettingKey, source: Source | undefined, problems: Problem[]): unknown {
  if (source === undefined) return undefined
  const { type, secret } = settingOf(key)
  const value = type.parse(source.text, source.folder)
  if (value !== undefined) return value
  const message = `${source.name} ${wrongValue(type, source.text, secret)}`
  problems.push(problem('E_CONFIG_VALUE', message, key))
  return undefined
}

function sourceOf(key: SettingKey, sources: Sources, problems: Problem[]): Source | undefined {
  const flag = sources.flags.texts.get(key)
  const name = displayNameOf(key)
  if (flag !== undefined) return { text: flag, origin: 'flag', name, place: name }
  return environmentSource(key, sources.env, problems) ?? fileSource(key, sources, problems, { read: true })
}

function environmentSource(key: SettingKey, env: Environment, problems: Problem[]): Source | undefined {
  const name = envNameOf(key)
  const { secret } = settingOf(key)
  const text = env[name] || undefined
  const file = (secret && env[`${name}_FILE`]) || undefined
  if (file === undefined)
    return text === undefined
      ? undefined
      : { text: secret ? text.trim() : text, origin: 'environment', name, place: name }
  if (text !== undefined) {
    problems.push(problem('E_CONFIG_SECRET', `${name} and ${name}_FILE are both set; keep one of them`, key))
    return undefined
  }
  const place = `${name}_FILE`
  return secretSource(
    { name: place, place, origin: 'environment', key },
    { path: file, shown: file, env },
    problems,
  )
}

/** `read`: whether the file of a secret is opened. A run that does not need it need not be able to. */
function fileSource(
  key: SettingKey,
  { file, env }: Sources,
  problems: Problem[],
  { read }: { readonly read: boolean },
): Source | undefined {
  const text = file?.textOf(key)
  const named = settingOf(key).secret ? file?.secretFileOf(key) : undefined
  if (file === undefined || (text === undefined && named === undefined)) return undefined
  const line = file.at((text ?? named)!.line)
  const { folder } = file
  if (named === undefined) {
    if (settingOf(key).secret && file.readableByOthers) {
      problems.push(
        problem(
          'E_CONFIG_SECRET',
          `${line}: other users can read this file, so it must not hold ${key}; name a file of the secret's own with ` +
            `${key}File, or take their right away: chmod 600 ${file.name}`,
          key,
        ),
      )
      return undefined
    }
    return { text: text!.text, origin: 'file', name: `${line}: ${key}`, place: line, folder }
  }
  if (text !== undefined) {
    problems.push(
      problem('E_CONFIG_SECRET', `${line}: ${key} and ${key}File are both there; keep one of them`, key),
    )
    return undefined
  }
  if (!read) return undefined
  const where = path.parse(named.text, folder)
  if (where === undefined) {
    problems.push(
      problem('E_CONFIG_VALUE', `${line}: ${key}File must be ${path.expects}, not ${shown(named.text)}`, key),
    )
    return undefined
  }
  const name = `${line}: ${key}File`
  return secretSource(
    { name, place: line, origin: 'file', key },
    { path: where, shown: named.text, env },
    problems,
  )
}

function secretSource(
  { key, ...source }: Pick<Source, 'name' | 'place' | 'origin'> & { readonly key: SettingKey },
  file: { readonly path: string; readonly shown: string; readonly env: Environment },
  problems: Problem[],
): Source | undefined {
  try {
    const { text, stranger } = readSecret(file.path, file.env)
    const warning = stranger === undefined ? undefined : `${source.name}: ${shown(file.shown)}: ${stranger}`
    return { ...source, text, warning }
  } catch (error) {
    problems.push(
      problem(
        'E_CONFIG_SECRET',
        `${source.name}: ${shown(file.shown)} cannot be used: ${whyText(error)}`,
        key,
      ),
    )
    return undefined
  }
}

function whyText(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'there is no such file'
    case 'EACCES':
      return 'you may not read it'
    default:
      return messageOf(error)
  }
}

/** Whether systemd put the file there for this service. */
function isCredential(file: string, env: Environment): boolean {
  const folder = env['CREDENTIALS_DIRECTORY']
  return Boolean(folder) && existsSync(folder!) && realpathSync(dirname(file)) === realpathSync(folder!)
}

function readSecret(file: string, env: Environment): { text: string; stranger: string | undefined } {
  const stat = statSync(file)
  if (!stat.isFile() || stat.size > MAX_SECRET_BYTES) throw new TypeError('not a small text file')
  if (process.platform !== 'win32' && othersCanRead(stat, isCredential(file, env)))
    throw new TypeError(`other users can read it; take their right away: chmod 600 ${file}`)
  return { text: readFileSync(file, 'utf8').trim(), stranger: strangerWith(stat) }
}

/** Variables that look like a misspelt one of ours. Others are left alone: containers set `PEGMINER_SERVICE_HOST`. */
function unknownVariables(env: Environment): string[] {
  const known = SETTING_KEYS.flatMap((key) =>
    settingOf(key).secret ? [envNameOf(key), `${envNameOf(key)}_FILE`] : [envNameOf(key)],
  ).map((name) => name.slice(PREFIX.length))
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !known.includes(name.slice(PREFIX.length)))
    .flatMap((name) => {
      const near = nearest(name.slice(PREFIX.length), known)
      return near === undefined ? [] : [`the variable ${name} has no effect; did you mean ${PREFIX}${near}?`]
    })
}
