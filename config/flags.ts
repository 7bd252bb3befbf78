/** Command-line words → values of settings. Nothing here throws: everything that is wrong comes back at once. */
import { parseArgs, type ParseArgsConfig } from 'node:util'

import { problem, shown, type Problem } from './problems.js'
import { displayNameOf, envNameOf, SETTING_KEYS, settingOf, type SettingKey } from './settings.js'
import { nearest } from './suggest.js'

export interface Flags {
  /** Text of each flag that was given; of one given twice, the last, or all with commas if it may be repeated. */
  readonly texts: ReadonlyMap<SettingKey, string>
  readonly positionals: readonly string[]
  readonly help: boolean
  readonly problems: readonly Problem[]
}

/** Names of a setting's flags, without dashes: the short one first. */
export function flagNamesOf(key: SettingKey): string[] {
  const { flag, secret } = settingOf(key)
  if (secret) return []
  return flag === undefined ? [key] : [flag, key]
}

const isToggle = (key: SettingKey): boolean => settingOf(key).type.placeholder === ''

/** Reads the words after the command. `keys` are the settings that the command knows. */
export function readFlags(words: readonly string[], keys: readonly SettingKey[]): Flags {
  const keyOf = new Map<string, SettingKey>()
  const options: Options = { help: { type: 'boolean', short: 'h' } }
  for (const key of keys) {
    const { letter } = settingOf(key)
    flagNamesOf(key).forEach((name, k) => {
      keyOf.set(name, key)
      const short = k === 0 && letter !== undefined ? { short: letter } : {}
      options[name] = { type: isToggle(key) ? 'boolean' : 'string', ...short }
    })
  }
  const { tokens, missing } = tokensOf(words, options)

  const texts = new Map<SettingKey, string>()
  const positionals: string[] = []
  const problems: Problem[] = []
  let help = false
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const { name, rawName, value } = token
    if (name === 'help') {
      help = true
      continue
    }
    const key = keyOf.get(name)
    const off = key === undefined && name.startsWith('no-') ? keyOf.get(name.slice(3)) : undefined
    if (off !== undefined && isToggle(off) && value === undefined) texts.set(off, 'false')
    else if (key === undefined) problems.push(unknownFlag(rawName, [...keyOf.keys(), 'help']))
    else if (isToggle(key)) texts.set(key, value ?? 'true')
    else texts.set(key, settingOf(key).repeatable ? joined(texts.get(key), value) : (value ?? ''))
  }
  for (const [name, rawName] of missing) {
    const { expects } = settingOf(keyOf.get(name)!).type
    problems.push(problem('E_CONFIG_FLAG', `${rawName} needs a value: ${expects}`))
  }
  return { texts, positionals, help, problems }
}

function joined(before: string | undefined, value = ''): string {
  return before === undefined ? value : `${before},${value}`
}

type Options = NonNullable<ParseArgsConfig['options']>

/**
 * The parser lets a flag without a value swallow the flag that follows it. Such a flag is noted as missing its
 * value, and the words are read again without it.
 */
function tokensOf(words: readonly string[], options: Options, missing = new Map<string, string>()) {
  const args = [...words]
  const { tokens } = parseArgs({ args, options, strict: false, tokens: true, allowPositionals: true })
  const swallower = tokens.find(
    (token) =>
      token.kind === 'option' &&
      options[token.name]?.type === 'string' &&
      (token.value === undefined || (!token.inlineValue && /^-(?!\d)/.test(token.value))),
  )
  if (swallower?.kind !== 'option') return { tokens, missing }
  return tokensOf(
    words.toSpliced(swallower.index, 1),
    options,
    missing.set(swallower.name, swallower.rawName),
  )
}

function unknownFlag(rawName: string, known: readonly string[]): Problem {
  const name = rawName.replace(/^-+/, '')
  const same = (key: SettingKey) =>
    [key, key.split('.')[1] ?? ''].some(
      (known) => known.replace(/-/g, '').toLowerCase() === name.replace(/-/g, '').toLowerCase(),
    )
  const secret = SETTING_KEYS.find((key) => settingOf(key).secret && same(key))
  if (secret) {
    const variable = envNameOf(secret)
    return problem(
      'E_CONFIG_SECRET',
      `a secret is never a flag, since other users can read the command line; set ${variable} or ${variable}_FILE`,
    )
  }
  const elsewhere = SETTING_KEYS.find((key) => flagNamesOf(key).includes(name))
  if (elsewhere)
    return problem('E_CONFIG_FLAG', `${displayNameOf(elsewhere)} does not belong to this command; see --help`)
  const near = rawName.startsWith('--') ? nearest(name, known) : undefined
  const hint = near === undefined ? 'see --help' : `did you mean --${near}?`
  return problem('E_CONFIG_FLAG', `unknown flag ${shown(rawName)}; ${hint}`)
}
