/**
 * The value of every setting of a command: flag, else environment, else default. (A configuration file will come
 * between environment and default.)
 */
import { readFileSync, statSync } from 'node:fs'

import { messageOf } from './errors.js'
import type { Flags } from './flags.js'
import { problem, problemsError, shown, type Problem } from './problems.js'
import {
  displayNameOf,
  envNameOf,
  SETTING_KEYS,
  settingOf,
  type SettingKey,
  type Settings,
} from './settings.js'
import { nearest } from './suggest.js'

export type Origin = 'flag' | 'environment' | 'default'
export type Environment = Readonly<Record<string, string | undefined>>

export interface Resolved<K extends SettingKey> {
  readonly settings: Pick<Settings, K>
  readonly origins: Readonly<Record<K, Origin>>
  /** One-line hints about what was found but has no effect. */
  readonly warnings: readonly string[]
}

/** A secret's file holds one line; anything larger is another file. */
const MAX_SECRET_BYTES = 4096
const PREFIX = 'PEGMINER_'

/** Throws one error (`problemsError`) with everything that is wrong, the flags' own problems included. */
export function resolveSettings<K extends SettingKey>(
  keys: readonly K[],
  flags: Pick<Flags, 'texts' | 'problems'>,
  env: Environment,
): Resolved<K> {
  const problems: Problem[] = [...flags.problems]
  const settings: Partial<Record<SettingKey, unknown>> = {}
  const origins: Partial<Record<SettingKey, Origin>> = {}
  for (const key of keys) {
    const spec = settingOf(key)
    const source = sourceOf(key, flags, env, problems)
    origins[key] = source?.origin ?? 'default'
    settings[key] = spec.default
    if (source === undefined) continue
    const value = spec.type.parse(source.text)
    if (value === undefined) problems.push(badValue(key, source))
    else settings[key] = value
  }
  if (problems.length > 0) throw problemsError(problems)
  return {
    settings: settings as Pick<Settings, K>,
    origins: origins as Record<K, Origin>,
    warnings: unknownVariables(env),
  }
}

interface Source {
  readonly text: string
  readonly origin: Origin
  readonly name: string
}

function sourceOf(
  key: SettingKey,
  flags: Pick<Flags, 'texts'>,
  env: Environment,
  problems: Problem[],
): Source | undefined {
  const flag = flags.texts.get(key)
  if (flag !== undefined) return { text: flag, origin: 'flag', name: displayNameOf(key) }
  const name = envNameOf(key)
  const text = env[name] === '' ? undefined : env[name]
  if (!settingOf(key).secret) return text === undefined ? undefined : { text, origin: 'environment', name }
  const file = env[`${name}_FILE`]
  if (file === undefined || file === '')
    return text === undefined ? undefined : { text: text.trim(), origin: 'environment', name }
  if (text !== undefined) {
    problems.push(problem('E_CONFIG_SECRET', `${name} and ${name}_FILE are both set; keep one of them`))
    return undefined
  }
  try {
    return { text: readSecret(file), origin: 'environment', name: `${name}_FILE` }
  } catch (error) {
    problems.push(
      problem('E_CONFIG_SECRET', `${name}_FILE: ${shown(file)} cannot be used: ${messageOf(error)}`),
    )
    return undefined
  }
}

function readSecret(file: string): string {
  const stat = statSync(file)
  if (!stat.isFile() || stat.size > MAX_SECRET_BYTES) throw new TypeError('not a small text file')
  return readFileSync(file, 'utf8').trim()
}

function badValue(key: SettingKey, source: Source): Problem {
  const { type, secret } = settingOf(key)
  const quoted = secret || type.placeholder === 'URL' ? '' : `, not ${shown(source.text)}`
  return problem('E_CONFIG_VALUE', `${source.name} must be ${type.expects}${quoted}`)
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
