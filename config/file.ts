/** The configuration file: reads it, and says which settings and sections it holds and where. */
import { closeSync, fstatSync, openSync, readSync, type Stats } from 'node:fs'
import { dirname, resolve } from 'node:path'

import {
  lineOfPath,
  MAX_CONFIG_BYTES,
  parseConfigText,
  plainOf,
  type ConfigNode,
  type ConfigPath,
} from './document.js'
import { problem, shown, type Problem } from './problems.js'
import { strangerWith, strangerWithLink } from './rights.js'
import { groupOf, SETTING_KEYS, settingOf, type SettingKey } from './settings.js'
import { meant, nearest } from './suggest.js'
import { path } from './types.js'
import { stampOf } from './watch-file.js'

export interface FileText {
  readonly text: string
  readonly line: number
}

export interface ConfigFile {
  /** As the user named it. */
  readonly name: string
  /** Its folder, absolute. Relative paths in the file count from here. */
  readonly folder: string
  /** Whether others than its owner can read it. */
  readonly readableByOthers: boolean
  /** Which other user can change it (`strangerWith`), if any. */
  readonly stranger?: string | undefined
  /** The state that it was read in (`stampOf`); '' if it could not be. */
  readonly stamp: string
  /** Syntax, unknown keys, values of the wrong shape. The values themselves are checked by `resolveAll`. */
  readonly problems: readonly Problem[]
  /** What the file says of a setting, if anything. */
  textOf(key: SettingKey): FileText | undefined
  /** The path to a secret (`miner.ecSecretFile`), as it is written. */
  secretFileOf(key: SettingKey): FileText | undefined
  /** A section as plain objects, lists and scalars, without the settings of the table. */
  sectionOf(name: string): unknown
  /** Line of a part of a section. */
  lineOf(name: string, path: ConfigPath): number
  /** `pegminer.yaml:12`. */
  at(line: number): string
}

interface FileFacts {
  readonly name: string
  readonly readableByOthers?: boolean
  readonly stranger?: string | undefined
  readonly stamp?: string
  /** Names of all sections that some command checks. */
  readonly sections?: readonly string[]
}

/** Never throws: a file that cannot be read is a problem of an empty one. */
export function readConfigFile(name: string, sections: readonly string[] = []): ConfigFile {
  try {
    const { text, stat } = readText(name)
    const readableByOthers = (stat.mode & 0o077) !== 0
    const stranger = strangerWith(stat) ?? strangerWithLink(path.parse(name) ?? name)
    return parseConfigFile(text, { name, sections, readableByOthers, stranger, stamp: stampOf(stat) })
  } catch (error) {
    const found = problem('E_CONFIG_FILE', `${shown(name)} cannot be read: ${whyOf(error)}`)
    return { ...parseConfigFile('', { name }), problems: [found] }
  }
}

/** A YAML file of its own, such as a plan: what it says, and where each thing stands. */
export interface YamlFile {
  readonly value: unknown
  readonly problems: readonly Problem[]
  /** Relative paths in it count from here. */
  readonly folder: string
  readonly readableByOthers: boolean
  /** `plan.yaml:7`. */
  readonly at: (path: ConfigPath) => string
}

/** Never throws: what is wrong with it stands in `problems`. */
export function readYaml(name: string): YamlFile {
  const folder = dirname(path.parse(name) ?? resolve(name))
  const none = { value: undefined, folder, readableByOthers: true, at: () => name }
  try {
    const { text, stat } = readText(name)
    const { root, problems } = parseConfigText(text)
    return {
      value: root && plainOf(root),
      problems: problems.map(({ line, message }) => problem('E_CONFIG_FILE', `${name}:${line}: ${message}`)),
      folder,
      readableByOthers: (stat.mode & 0o077) !== 0,
      at: (place) => `${name}:${root === undefined ? 1 : lineOfPath(root, place)}`,
    }
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : whyOf(error)
    return { ...none, problems: [problem('E_CONFIG_FILE', `${shown(name)} cannot be read: ${why}`)] }
  }
}

const whyOf = (error: unknown): string =>
  WHY[(error as NodeJS.ErrnoException).code ?? ''] ?? (error as Error).message

/**
 * A file that was found, not named: in a folder that others can write to it may be a stranger's, and it can hold
 * commands. The same file, or an empty one with that as its problem.
 */
export function trustedFile(file: ConfigFile): ConfigFile {
  const { name, stamp, stranger } = file
  if (stranger === undefined) return file
  const found = problem(
    'E_CONFIG_FILE',
    `${name} in this folder is not used: ${stranger}; if it is the one you mean, say --config ${name}, if not, --config off`,
  )
  return { ...parseConfigFile('', { name, stamp }), problems: [found] }
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; pegminer config init writes one',
  EACCES: 'you have no right to',
  EISDIR: 'it is a folder',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8 text',
}

function readText(name: string): { text: string; stat: Stats } {
  const file = openSync(path.parse(name) ?? name, 'r')
  try {
    const stat = fstatSync(file)
    if (stat.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    if (!stat.isFile()) throw new TypeError('it is not a file')
    const bytes = Buffer.alloc(MAX_CONFIG_BYTES + 1)
    let length = 0
    for (let n = -1; n !== 0 && length < bytes.length; length += n)
      n = readSync(file, bytes, length, bytes.length - length, null)
    if (length > MAX_CONFIG_BYTES) throw new RangeError(`it has more than ${MAX_CONFIG_BYTES / 1024} KiB`)
    return {
      text: new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length)),
      stat,
    }
  } finally {
    closeSync(file)
  }
}

/** As `readConfigFile`, for a text that is at hand. Pure. */
export function parseConfigFile(text: string, facts: FileFacts): ConfigFile {
  const { name, readableByOthers = true, stranger, stamp = '', sections = [] } = facts
  const { root, problems: syntax } = parseConfigText(text)
  const at = (line: number): string => `${name}:${line}`
  const problems: Problem[] = syntax.map(({ line, message }) =>
    problem('E_CONFIG_FILE', `${at(line)}: ${message}`),
  )
  const found = new Map<string, FileText>()
  const note = (code: Problem['code'], line: number, message: string): void =>
    void problems.push(problem(code, `${at(line)}: ${message}`))
  if (root !== undefined && syntax.length === 0) collect(root, sections, found, note)

  return {
    name,
    folder: dirname(path.parse(name) ?? resolve(name)),
    readableByOthers,
    stranger,
    stamp,
    problems,
    at,
    textOf: (key) => found.get(key),
    secretFileOf: (key) => found.get(`${key}File`),
    sectionOf: (section) => {
      const node = nodeAt(root, section.split('.'))
      if (node?.kind !== 'map') return node === undefined ? undefined : (plainOf(node) ?? undefined)
      const own = [...node.entries].filter(([key]) => !isSetting(`${section}.${key}`))
      return own.length === 0 && node.entries.size > 0
        ? undefined
        : Object.fromEntries(own.map(([key, { node }]) => [key, plainOf(node)]))
    },
    lineOf: (section, path) => (root === undefined ? 1 : lineOfPath(root, [...section.split('.'), ...path])),
  }
}

const IN_FILE = SETTING_KEYS.filter((key) => !settingOf(key).notInFile)
const NAMES = new Set<string>(IN_FILE.flatMap((key) => (settingOf(key).secret ? [key, `${key}File`] : [key])))
const isSetting = (name: string): boolean => NAMES.has(name)

function nodeAt(root: ConfigNode | undefined, path: readonly string[]): ConfigNode | undefined {
  let here = root
  for (const step of path) here = here?.kind === 'map' ? here.entries.get(step)?.node : undefined
  return here
}

/** Every setting of the file, and every unknown key. */
function collect(
  root: ConfigNode,
  sections: readonly string[],
  found: Map<string, FileText>,
  note: (code: Problem['code'], line: number, message: string) => void,
): void {
  if (root.kind !== 'map') {
    if (root.kind !== 'scalar' || root.value !== null)
      note(
        'E_CONFIG_FILE',
        root.line,
        'the file must hold sections, such as "miner:", with settings below them',
      )
    return
  }
  for (const [section, { line, node }] of root.entries) {
    const inTable = GROUPS.includes(section)
    const inSections = sections.some((name) => name === section || name.startsWith(`${section}.`))
    if (!inTable && !inSections) {
      note('E_CONFIG_KEY', line, unknownSection(section, [...new Set([...GROUPS, ...sections.map(groupOf)])]))
      continue
    }
    if (node.kind === 'scalar' && node.value === null) continue
    if (node.kind !== 'map') {
      if (!sections.includes(section)) note('E_CONFIG_VALUE', line, notAGroup(section))
      continue
    }
    for (const [key, entry] of node.entries) {
      const name = `${section}.${key}`
      if (!isSetting(name)) {
        if (sections.includes(section) || sections.includes(name)) continue
        note('E_CONFIG_KEY', entry.line, unknownSetting(section, key, sections))
        continue
      }
      const text = settingText(entry.node)
      if (text === undefined)
        note('E_CONFIG_VALUE', entry.line, `${name} must be a value or a list of values`)
      else if (text !== null) found.set(name, { text, line: entry.line })
    }
  }
}

/** Null: nothing stands there, as if the key were not there. Undefined: it is something else than a value. */
function settingText(node: ConfigNode): string | null | undefined {
  if (node.kind === 'scalar') return node.value === null ? null : node.text
  if (node.kind === 'map' || node.items.some(({ kind }) => kind !== 'scalar')) return undefined
  return node.items.map((item) => (item.kind === 'scalar' ? item.text : '')).join(',')
}

const GROUPS: readonly string[] = [...new Set(IN_FILE.map(groupOf))]

/** `block-seconds`, `blockSeconds` and `BLOCK_SECONDS` are the same word. */
const plain = (word: string): string => word.replace(/[-_]/g, '').toLowerCase()

/** What a word means: a key, else the name of a flag, else the last part of a key. */
const MEANT: ReadonlyMap<string, SettingKey> = new Map(
  [
    (key: SettingKey) => key.split('.')[1] ?? '',
    (key: SettingKey) => settingOf(key).flag ?? '',
    String,
  ].flatMap((nameOf) => IN_FILE.toReversed().map((key) => [plain(nameOf(key)), key])),
)
const keyMeant = (word: string): SettingKey | undefined => MEANT.get(plain(word))

const place = (key: SettingKey): string => {
  const [group = '', name = ''] = key.split('.')
  return `"${name}:" below "${group}:"`
}

function unknownSection(section: string, known: readonly string[]): string {
  const key = keyMeant(section)
  const hint = key ? `; write ${place(key)}` : meant(section, known, `known are ${known.join(', ')}`)
  return `${shown(section)} is unknown${hint}`
}

function unknownSetting(section: string, key: string, sections: readonly string[]): string {
  const known = [...NAMES, ...sections]
    .filter((name) => name.startsWith(`${section}.`))
    .map((name) => name.slice(section.length + 1))
  const near = known.find((name) => plain(name) === plain(key)) ?? nearest(key, known)
  const elsewhere = keyMeant(key)
  const hint =
    near !== undefined
      ? `did you mean ${near}?`
      : elsewhere
        ? `did you mean ${place(elsewhere)}?`
        : `known are ${known.join(', ')}`
  return `${shown(`${section}.${key}`)} is unknown; ${hint}`
}

function notAGroup(section: string): string {
  const key = IN_FILE.find((key) => settingOf(key).flag === section && groupOf(key) === section)
  const [example = ''] = IN_FILE.filter((name) => groupOf(name) === section)
  return `${section} must hold settings; write ${place(key ?? (example as SettingKey))}`
}
