/**
 * The text of a configuration file → values that know their lines. The file is YAML 1.2, of which only what a person
 * expects is taken: no tags, no aliases, no merge keys, no directives, one document. Pure, and nothing here throws.
 */
import type * as Yaml from 'yaml'

import { lazily } from '../base/index.js'

export const yaml = lazily<typeof Yaml>('yaml')

/** What a key holds, with the number of its line, from 1. */
export type ConfigNode =
  | { readonly kind: 'scalar'; readonly line: number; readonly value: unknown; readonly text: string }
  | { readonly kind: 'list'; readonly line: number; readonly items: readonly ConfigNode[] }
  | { readonly kind: 'map'; readonly line: number; readonly entries: ReadonlyMap<string, ConfigEntry> }

export interface ConfigEntry {
  /** Line of the key. */
  readonly line: number
  readonly node: ConfigNode
}

export interface LineProblem {
  readonly line: number
  readonly message: string
}

/** Keys and list indices from the root of a document or section to a value. */
export type ConfigPath = readonly (string | number)[]

/** A long file has some hundred lines; what is larger is another file. */
export const MAX_CONFIG_BYTES = 256 * 1024
/** The parser builds regular expressions as deep as the nesting, and a few ten thousand levels end the process. */
const MAX_OPEN_BRACKETS = 64
/** One mistake early in a file makes a parser see many. */
const MAX_SYNTAX_PROBLEMS = 5

/** The root, undefined for an empty file, and everything that the file must not have. */
export function parseConfigText(text: string): {
  readonly root: ConfigNode | undefined
  readonly problems: readonly LineProblem[]
} {
  if (text === '') return { root: undefined, problems: [] }
  const deep = lineOfDeepBracket(text)
  if (deep !== undefined) return { root: undefined, problems: [{ line: deep, message: TOO_DEEP }] }
  const { LineCounter, parseDocument } = yaml()
  const counter = new LineCounter()
  const lineAt = (offset: number): number => Math.max(1, counter.linePos(offset).line)
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    stringKeys: true,
    // The library's own check is quadratic in the number of keys, so `convert` looks for duplicates.
    uniqueKeys: false,
    resolveKnownTags: false,
    prettyErrors: false,
    lineCounter: counter,
  })
  const problems: LineProblem[] = document.errors
    .slice(0, MAX_SYNTAX_PROBLEMS)
    .map((error) => ({ line: lineAt(error.pos[0]), message: syntaxText(error.code, error.message) }))
  if (document.directives?.yaml.explicit === true || Object.keys(document.directives?.tags ?? {}).length > 1)
    problems.push({ line: 1, message: 'leave out the line that begins with %' })
  if (problems.length > 0) return { root: undefined, problems }
  const contents = document.contents
  const root = contents === null ? undefined : convert(contents, 1, lineAt, problems)
  return { root, problems }
}

const TOO_DEEP = `more than ${MAX_OPEN_BRACKETS} brackets are open at once`

function lineOfDeepBracket(text: string): number | undefined {
  let open = 0
  let line = 1
  for (const char of text) {
    if (char === '\n') line++
    else if (char === '[' || char === '{') open++
    else if ((char === ']' || char === '}') && open > 0) open--
    if (open > MAX_OPEN_BRACKETS) return line
  }
  return undefined
}

function syntaxText(code: string, message: string): string {
  if (code === 'RESOURCE_EXHAUSTION') return 'this is nested too deeply'
  if (code === 'MULTIPLE_DOCS') return 'the file holds more than one document; remove the line ---'
  if (code === 'TAB_AS_INDENT') return 'indent with spaces; tabs are not allowed'
  return `not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`
}

/** Recursion is bounded: the parser refuses what is nested deeper than a few hundred levels. */
function convert(
  node: Yaml.ParsedNode | null,
  line: number,
  lineAt: (offset: number) => number,
  problems: LineProblem[],
): ConfigNode {
  if (node === null) return { kind: 'scalar', line, value: null, text: '' }
  const { isAlias, isMap, isScalar, isSeq } = yaml()
  const at = isScalar(node) && node.value === null && node.source === '' ? line : lineAt(node.range[0])
  if (isAlias(node)) {
    problems.push({ line: at, message: 'aliases (*name) are not allowed; repeat the value' })
    return { kind: 'scalar', line: at, value: null, text: '' }
  }
  if (node.tag !== undefined) problems.push({ line: at, message: 'tags (!name) are not allowed' })
  if (isScalar(node)) return { kind: 'scalar', line: at, value: node.value, text: textOf(node) }
  if (isSeq(node)) {
    const items = node.items.map((item) => convert(item, at, lineAt, problems))
    return { kind: 'list', line: at, items }
  }
  if (!isMap(node)) return { kind: 'scalar', line: at, value: null, text: '' }
  const entries = new Map<string, ConfigEntry>()
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? String(key.value) : ''
    const keyLine = isScalar(key) ? lineAt(key.range[0]) : at
    const earlier = entries.get(name)
    if (earlier)
      problems.push({
        line: keyLine,
        message: `${JSON.stringify(name)} stands here a second time; the first is on line ${earlier.line}`,
      })
    else if (name === '<<' || name === '__proto__')
      problems.push({ line: keyLine, message: `${name} is not allowed` })
    else entries.set(name, { line: keyLine, node: convert(value, keyLine, lineAt, problems) })
  }
  return { kind: 'map', line: at, entries }
}

/**
 * The text of a value as it is written, so that digits are not rounded and leading zeros not lost; without its quotes
 * if it was quoted.
 */
function textOf(node: Yaml.Scalar.Parsed): string {
  if (node.type === 'PLAIN' && node.source !== undefined) return node.source
  return typeof node.value === 'string' ? node.value : (node.source ?? '')
}

/** Plain objects, lists and scalars, as JSON would have them. */
export function plainOf(node: ConfigNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(plainOf)
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, plainOf(entry.node)]))
}

/** The line of what a path leads to, or of the last thing on the way that is there. */
export function lineOfPath(node: ConfigNode, path: ConfigPath): number {
  let line = node.line
  let here: ConfigNode | undefined = node
  for (const step of path) {
    const next: ConfigEntry | undefined =
      here.kind === 'map'
        ? here.entries.get(String(step))
        : here.kind === 'list' && typeof step === 'number'
          ? entryOf(here.items[step])
          : undefined
    if (next === undefined) return line
    line = next.line
    here = next.node
  }
  return line
}

const entryOf = (node: ConfigNode | undefined): ConfigEntry | undefined => node && { line: node.line, node }
