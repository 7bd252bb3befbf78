/** Texts that are made from the settings table: an annotated configuration file, and a JSON schema for editors. Pure. */
import { yaml } from './document.js'
import { groupOf, SETTING_KEYS, settingOf, type SettingKey } from './settings.js'
import type { JsonSchema } from './shape.js'
import { ANY_SCALAR } from './types.js'

export interface ExampleOptions {
  /** Settings to list. */
  readonly keys: readonly SettingKey[]
  /** Values by key, those of secrets' files by key and `File`; '' for one that must be filled in. */
  readonly values: Readonly<Record<string, string>>
  /** Structured sections by name, as plain values. */
  readonly sections?: Readonly<Record<string, object>>
  /** Lines at the top. */
  readonly head: readonly string[]
  readonly width?: number
}

/**
 * A file with every setting, its meaning and its default. What has no value is commented out; taking the `#` away
 * never makes the file wrong.
 */
export function exampleConfig({ keys, values, sections = {}, head, width = 78 }: ExampleOptions): string {
  const listed = keys.filter((key) => !settingOf(key).notInFile)
  const groups = [...new Set([...listed.map(groupOf), ...Object.keys(sections)])]
  const lines = head.map((line) => `# ${line}`.trimEnd())
  for (const group of groups) {
    lines.push('', `${group}:`)
    for (const key of listed.filter((key) => groupOf(key) === group)) {
      const name = settingOf(key).secret ? `${key}File` : key
      lines.push(
        ...comment(descriptionOf(key), width).map((line) => `  ${line}`),
        `  ${entry(name, values[name], key)}`,
      )
    }
    const section = sections[group]
    if (section !== undefined && Object.keys(section).length > 0)
      lines.push(
        ...yaml()
          .stringify(section)
          .trimEnd()
          .split('\n')
          .map((line) => `  ${line}`),
      )
  }
  return `${lines.join('\n')}\n`
}

function descriptionOf(key: SettingKey): string {
  const { description, default: value, defaultText, secret } = settingOf(key)
  const fallback =
    defaultText ?? (typeof value === 'string' || typeof value === 'number' ? String(value) : '')
  return `${secret ? 'file with the ' : ''}${description}${fallback === '' ? '' : ` (${fallback})`}`
}

function entry(name: string, value: string | undefined, key: SettingKey): string {
  const short = name.slice(name.indexOf('.') + 1)
  if (value === '') return `${short}: # to be filled in`
  if (value !== undefined) return `${short}: ${scalarText(value)}`
  const { type, secret, default: fallback, defaultText } = settingOf(key)
  const text = defaultText ?? (fallback === undefined ? '' : `${fallback as string | number}`)
  const fits = !secret && text !== '' && type.parse(text) !== undefined && !text.includes(' ')
  return `# ${short}:${fits ? ` ${scalarText(text)}` : ''}`
}

function comment(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(`# ${word}`)
  }
  return lines
}

/** Text as a YAML scalar that is read back as the same text. */
function scalarText(text: string): string {
  const plain = /^[\w./][\w./:%+,@~-]*$/.test(text) && !/^null$/i.test(text) && !text.endsWith(':')
  return plain ? text : JSON.stringify(text)
}

/** JSON schema (draft 7) of the configuration file. Sections without a schema of their own may hold anything. */
export function configSchema(
  sections: readonly string[],
  schemas: Readonly<Record<string, JsonSchema>> = {},
): object {
  const inFile = SETTING_KEYS.filter((key) => !settingOf(key).notInFile)
  const groups = [...new Set([...inFile.map(groupOf), ...sections.map(groupOf)])]
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'pegminer.yaml',
    description: 'Settings of pegminer',
    type: ['object', 'null'],
    additionalProperties: false,
    properties: Object.fromEntries(
      groups.map((group) => [group, groupSchema(group, sections, schemas[group])]),
    ),
  }
}

function groupSchema(group: string, sections: readonly string[], schema: JsonSchema | undefined): object {
  const inFile = SETTING_KEYS.filter((key) => groupOf(key) === group && !settingOf(key).notInFile)
  const settings = inFile.flatMap((key) => {
    const { type, secret } = settingOf(key)
    const name = key.slice(group.length + 1)
    const text = { description: descriptionOf(key) }
    const setting: [string, object][] = [[name, { ...(type.schema ?? ANY_SCALAR), ...text }]]
    return secret ? [...setting, [`${name}File`, { type: 'string', ...text }] as [string, object]] : setting
  })
  const own = sections
    .filter((name) => name.startsWith(`${group}.`))
    .map((name): [string, object] => [name.slice(group.length + 1), {}])
  const isOpen = sections.includes(group) && schema === undefined
  return {
    type: isOpen ? ['object', 'array', 'null'] : ['object', 'null'],
    additionalProperties: isOpen,
    // Nothing is required: a section that lies beside settings may be left out.
    properties: { ...Object.fromEntries([...settings, ...own]), ...schema?.properties },
  }
}
