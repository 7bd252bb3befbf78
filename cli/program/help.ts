/** Help texts, made from the tables of commands and settings. */
import { displayNameOf, envNameOf, settingOf, type SettingKey } from '../../config/index.js'
import type { Paint } from '../../telemetry/index.js'
import type { CommandSpec } from './context.js'
import { flagGroups } from './flag-groups.js'
import { wrap } from '../view/format.js'

export interface HelpStyle {
  readonly paint: Paint
  readonly width: number
}

/** `pegminer --help`. */
export function overviewHelp(
  version: string,
  commands: readonly CommandSpec[],
  { paint, width }: HelpStyle,
): string[] {
  const column = Math.max(...commands.map(({ name }) => name.length)) + 4
  return [
    `${paint('bold', 'pegminer')} ${version}: mines the PegNet oracle on the Factom chain`,
    '',
    paint('bold', 'Usage'),
    '  pegminer COMMAND [flags]',
    '',
    paint('bold', 'Commands'),
    ...commands.flatMap(({ name, summary }) => row(name, summary, { paint, width, column })),
    '',
    paint('bold', 'Begin'),
    '  pegminer mine --network dev    try it: no account, no node, no internet',
    '',
    'pegminer COMMAND --help says more; pegminer --version says the version.',
    'Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 130 interrupted.',
  ]
}

/** `pegminer COMMAND --help`. */
export function commandHelp(command: CommandSpec, { paint, width }: HelpStyle): string[] {
  const { name, details, examples } = command
  const keys = command.flagKeys ?? command.keys
  const form = command.arguments === undefined ? '' : ` ${command.arguments.form}`
  const groups = flagGroups(command).map(({ title, keys }) => ({ title, flags: keys.map(flagText) }))
  const flags = groups.flatMap((group) => group.flags)
  const secrets = keys.filter((key) => settingOf(key).secret)
  const column = Math.min(30, Math.max(...flags.map(({ left }) => left.length), '-h, --help'.length) + 4)
  return [
    ...titleLines(`pegminer ${name}`, command.summary, { paint, width }),
    '',
    paint('bold', 'Usage'),
    ...usageLines(`pegminer ${name}${form} [flags]`, width - 6).map(
      (line, k) => `${k === 0 ? '  ' : '      '}${line}`,
    ),
    '',
    ...details.flatMap((text) => [...wrap(text, width), '']),
    ...groups.flatMap(({ title, flags }, k) => [
      ...(k === 0 ? [] : ['']),
      paint('bold', title),
      ...flags.flatMap(({ left, right }) => row(left, right, { paint, width, column })),
    ]),
    ...row('-h, --help', 'this text', { paint, width, column }),
    '',
    ...(secrets.length === 0
      ? []
      : [
          paint('bold', 'Secrets'),
          ...secrets.flatMap((key) => {
            const variable = envNameOf(key)
            const { description, defaultText } = settingOf(key)
            return [
              `  ${paint('cyan', variable)} or ${paint('cyan', `${variable}_FILE`)}`,
              ...wrap(`${description} (${defaultText})`, width - 6).map((line) => `      ${line}`),
            ]
          }),
          '',
        ]),
    ...(keys.includes('config.file') ? [...wrap(sameText(keys[0]!), width), ''] : []),
    paint('bold', 'Examples'),
    ...exampleLines(examples, { paint, width }),
  ]
}

/** Flags stand all beside their meanings, or all above them. */
function exampleLines(examples: CommandSpec['examples'], { paint, width }: HelpStyle): string[] {
  const column = Math.max(...examples.map(({ line }) => line.length)) + 4
  const isBeside = examples.every(({ text }) => 2 + column + text.length <= width)
  return examples.flatMap(({ line, text }) =>
    isBeside
      ? [`  ${paint('cyan', line.padEnd(column))}${text}`]
      : [
          ...shellLines(line, width - 2).map((part) => `  ${paint('cyan', part)}`),
          ...wrap(text, width - 6).map((part) => `      ${part}`),
        ],
  )
}

/** A long command as a shell takes it, on several lines: a flag stays beside its value. */
function shellLines(line: string, width: number): string[] {
  if (line.length <= width) return [line]
  const lines = packed(line.split(/(?<= )(?=-|pegminer |PEGMINER_)/), width - 8)
  return lines.map((part, k) => `${k === 0 ? '' : '      '}${part}${k === lines.length - 1 ? '' : ' \\'}`)
}

/** What one can choose from is broken between two choices only. */
function usageLines(text: string, width: number): string[] {
  const kept = text.replace(/\[[^\]]*\]/g, (choices) => choices.replaceAll(' ', '\u00a0'))
  return packed(kept.split(/(?<=[ |])/), width).map((line) => line.replaceAll('\u00a0', ' '))
}

function packed(parts: readonly string[], width: number): string[] {
  const lines: string[] = []
  for (const part of parts) {
    const last = lines.at(-1)
    if (last !== undefined && `${last}${part}`.trimEnd().length <= width)
      lines[lines.length - 1] = last + part
    else lines.push(part)
  }
  return lines.map((line) => line.trimEnd())
}

function sameText(key: SettingKey): string {
  const [section = '', name = ''] = key.split('.')
  const same = `${displayNameOf(key)} is ${envNameOf(key)}, and "${name}:" below "${section}:"`
  return `Each flag is also a variable and a line of pegminer.yaml: ${same}. A flag beats the variable, the variable the file.`
}

/** A flag as it is given, and what it means. */
export function flagText(key: SettingKey): { left: string; right: string } {
  const { letter, type, description } = settingOf(key)
  const flag = displayNameOf(key)
  const short = letter === undefined ? '' : `-${letter}, `
  const left = short + (type.placeholder === '' ? switchText(key, flag) : `${flag} ${type.placeholder}`)
  const fallback = defaultTextOf(key)
  return { left, right: fallback === '' ? description : `${description} (${fallback})` }
}

/** A switch that is neither on nor off by itself can be set to both. */
function switchText(key: SettingKey, flag: string): string {
  return settingOf(key).default === undefined ? flag.replace(/^--/, '--[no-]') : flag
}

function titleLines(title: string, summary: string, { paint, width }: HelpStyle): string[] {
  const [first = '', ...rest] = wrap(`${title}: ${summary}`, width)
  return [first.replace(title, () => paint('bold', title)), ...rest]
}

/** The default as text; '' for a switch that is off. */
export function defaultTextOf(key: SettingKey): string {
  const { default: value, defaultText } = settingOf(key)
  if (defaultText !== undefined) return defaultText
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** Two columns; a name that is too long for the left one stands on a line of its own. */
function row(
  left: string,
  right: string,
  { paint, width, column }: HelpStyle & { column: number },
): string[] {
  const lines = wrap(right, width - column - 2)
  const indent = ' '.repeat(column + 2)
  if (left.length > column - 2)
    return [`  ${paint('cyan', left)}`, ...lines.map((line) => `${indent}${line}`)]
  return lines.map((line, k) =>
    k === 0 ? `  ${paint('cyan', left.padEnd(column))}${line}` : `${indent}${line}`,
  )
}
