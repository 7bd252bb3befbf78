/** The kinds of values that a setting may have: how each is written, read and described. */
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

import { parseActivations, type Activations } from '../pegnet/index.js'
import { shown } from './problems.js'
import { meant } from './suggest.js'

/** How the text of a flag, a variable or a file becomes a value. */
export interface ValueType<T> {
  /** What an editor accepts (JSON schema); without it any one value. */
  readonly schema?: object
  /** Stands for the value in help texts, such as `N` or `DIR`; '' for a switch that takes none. */
  readonly placeholder: string
  /** Completes the sentence "… must be", for errors and tables. */
  readonly expects: string
  /** All that it may be, if that is a few words. */
  readonly words?: readonly string[]
  /** The value, or undefined if the text is not one. Relative paths count from `folder`, else the working directory. */
  parse(text: string, folder?: string): T | undefined
}

/**
 * What is wrong with a value, and what may have been meant. Secrets are not repeated, nor what may hold one: addresses,
 * lists and sections.
 */
export function wrongValue(
  { expects, placeholder, words = [] }: Pick<ValueType<unknown>, 'expects' | 'placeholder' | 'words'>,
  raw: unknown,
  secret = false,
): string {
  if (raw === undefined || raw === null) return `must be ${expects}, it is missing`
  if (secret || placeholder === 'URL' || typeof raw === 'object') return `must be ${expects}`
  const text = `${raw as string | number | boolean}`
  return `must be ${expects}, not ${shown(text)}${meant(text, words)}`
}

/** In JSON schema: any one value. */
export const ANY_SCALAR = { type: ['string', 'number', 'boolean'] }

/** In JSON schema: a value, or a list of such, which the file may hold in place of one with commas. */
function oneOrList(one: object, maxItems: number): object {
  return { anyOf: [one, { type: 'array', items: one, maxItems }] }
}

/** A whole number in decimal digits between two limits, both allowed. */
export function integer(min: number, max: number, unit = ''): ValueType<number> {
  return {
    placeholder: unit === '' ? 'N' : unit.toUpperCase(),
    expects: `a whole number${unit === '' ? '' : ` of ${unit}`} from ${min} to ${max}`,
    schema: { type: 'integer', minimum: min, maximum: max },
    parse: (text) => {
      const value = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : NaN
      return value >= min && value <= max ? value : undefined
    },
  }
}

/** One of some words, in any case. */
export function choice<const T extends string>(...words: readonly T[]): ValueType<T> {
  return {
    placeholder: words.join('|'),
    expects: `one of ${words.join(', ')}`,
    words,
    schema: { enum: words },
    parse: (text) => words.find((word) => word.toLowerCase() === text.toLowerCase()),
  }
}

/** On or off. As a flag it takes no value and `--no-…` turns it off. */
export const toggle: ValueType<boolean> = {
  placeholder: '',
  expects: 'true or false',
  schema: { type: 'boolean' },
  parse: (text) =>
    /^(true|on|yes|1)$/i.test(text) ? true : /^(false|off|no|0)$/i.test(text) ? false : undefined,
}

/** Text of a given form; `expects` says which. */
export function pattern(placeholder: string, form: RegExp, expects: string): ValueType<string> {
  const schema = { type: 'string', pattern: form.source }
  return { placeholder, expects, schema, parse: (text) => (form.test(text) ? text : undefined) }
}

/** Any text on one line, up to some length. */
export const text = (most: number): ValueType<string> =>
  pattern('TEXT', new RegExp(`^[^\\x00-\\x1f]{1,${most}}$`), 'one line of text')

/** 64 hex digits, in small letters once they are read. */
export const txid: ValueType<string> = lowerCase(
  pattern('TXID', /^[0-9a-fA-F]{64}$/, 'a transaction id: 64 hex digits'),
)

/** A compressed public key in hex, in small letters once it is read. */
export const publicKey: ValueType<string> = lowerCase(
  pattern('HEX', /^0[23][0-9a-fA-F]{64}$/, 'a compressed public key: 66 hex digits that begin with 02 or 03'),
)

function lowerCase(type: ValueType<string>): ValueType<string> {
  return { ...type, parse: (text) => type.parse(text)?.toLowerCase() }
}

/** A number between two limits, both allowed. */
export function decimal(min: number, max: number): ValueType<number> {
  return {
    placeholder: 'NUMBER',
    expects: `a number from ${min} to ${max}`,
    schema: { type: 'number', minimum: min, maximum: max },
    parse: (text) => {
      const value = /^[+-]?\d{1,15}(\.\d{1,20})?(e[+-]?\d{1,2})?$/i.test(text) ? Number(text) : NaN
      return value >= min && value <= max ? value : undefined
    },
  }
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const DURATION = /^\s*(\d{1,9}(?:\.\d{1,3})?)\s*(ms|s|m|h|d)\s*$/
const LONGEST = 366 * 86_400_000

/** `60s`, `5m`, `36h`, `500ms`, `2d` → ms, above 0. */
export const duration: ValueType<number> = {
  placeholder: 'TIME',
  expects: 'a duration such as 60s, 5m or 36h',
  schema: { type: 'string', pattern: DURATION.source },
  parse: (text) => {
    const [, digits, unit] = DURATION.exec(text) ?? []
    const ms = Number(digits) * (UNITS[unit ?? ''] ?? NaN)
    return ms > 0 && ms <= LONGEST ? ms : undefined
  },
}

const PERCENT = /^\s*(\d{1,4}(?:\.\d{1,6})?)\s*%\s*$/

/** `1.5%`, or a number up to 10 → a fraction above 0. */
export const share: ValueType<number> = {
  placeholder: 'N%',
  expects: 'a share such as 1.5%',
  schema: {
    anyOf: [
      { type: 'number', exclusiveMinimum: 0, maximum: 10 },
      { type: 'string', pattern: PERCENT.source },
    ],
  },
  parse: (text) => {
    const percent = PERCENT.exec(text)?.[1]
    const value = percent === undefined ? decimal(0, 10).parse(text) : Number(percent) / 100
    return value !== undefined && value > 0 && value <= 10 ? value : undefined
  },
}

/**
 * A path; `~` at its beginning is the home directory. Relative ones count from the working directory, or in a
 * configuration file from that file's folder.
 */
export const path: ValueType<string> = {
  placeholder: 'DIR',
  expects: 'a path',
  schema: { type: 'string' },
  parse: (text, folder = '') => {
    if (text === '' || text.includes('\0')) return undefined
    return resolve(folder, /^~(?=$|\/)/.test(text) ? join(homedir(), text.slice(1)) : text)
  },
}

/** 1 to 16 hex digits, `0x` allowed before them. */
export const hex64: ValueType<bigint> = {
  placeholder: 'HEX',
  expects: 'up to 16 hex digits',
  parse: (text) =>
    /^(0x)?[0-9a-f]{1,16}$/i.test(text) ? BigInt(`0x${text.replace(/^0x/i, '')}`) : undefined,
}

/** Address of an HTTP server, `http://` if no scheme is given. It may hold a password, so errors never repeat it. */
export const httpUrl: ValueType<string> = {
  placeholder: 'URL',
  expects: 'an address such as http://localhost:8088',
  schema: { type: 'string' },
  parse: (text) => {
    const url = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`
    return /^https?:\/\/[^\s/]\S*$/i.test(url) && url.length <= 2048 && URL.canParse(url) ? url : undefined
  },
}

/** Several of them with commas between them, at most 16. */
export const httpUrls: ValueType<readonly string[]> = {
  placeholder: 'URL',
  expects: `${httpUrl.expects}, or several with commas between them`,
  schema: oneOrList({ type: 'string' }, 16),
  parse: (text) => {
    const urls = text.split(',', 17).map((part) => httpUrl.parse(part.trim()))
    return urls.length <= 16 && urls.every((url) => url !== undefined) ? urls : undefined
  },
}

/** A TCP port, or 0 for any free one. */
export const port: ValueType<number> = {
  ...integer(0, 65_535),
  placeholder: 'PORT',
  expects: 'a port from 0 (any free one) to 65535',
}

/** A TCP port, 0 for any free one, or `off`. */
export const portOrOff: ValueType<number | 'off'> = {
  placeholder: 'PORT|off',
  expects: 'a port from 0 (any free one) to 65535, or off',
  schema: { anyOf: [port.schema, { const: 'off' }] },
  parse: (text) => (/^off$/i.test(text) ? 'off' : port.parse(text)),
}

/** How many threads: a number, a share of the processor's, or all of them. */
export type ThreadCount = { readonly count: number } | { readonly percent: number }

const MAX_THREADS = 256

export const threadCount: ValueType<ThreadCount> = {
  placeholder: 'N|N%|auto',
  expects: `a number from 1 to ${MAX_THREADS}, a share such as 50%, or auto`,
  parse: (text) => {
    if (/^auto$/i.test(text)) return { percent: 100 }
    const percent = /^(\d{1,3})%$/.exec(text)?.[1]
    if (percent !== undefined) return +percent >= 1 && +percent <= 100 ? { percent: +percent } : undefined
    const count = integer(1, MAX_THREADS).parse(text)
    return count === undefined ? undefined : { count }
  },
}

/** A value, or `auto`: the program decides. */
export function orAuto<T>(item: ValueType<T>): ValueType<T | 'auto'> {
  return {
    placeholder: `${item.placeholder}|auto`,
    expects: `${item.expects}, or auto`,
    ...(item.schema ? { schema: { anyOf: [item.schema, { const: 'auto' }] } } : {}),
    parse: (text) => (/^auto$/i.test(text) ? 'auto' : item.parse(text)),
  }
}

/** Processors by number, all that there are, or none in particular. */
export type CpuChoice = 'off' | 'auto' | readonly number[]

/** Linux numbers processors from 0; no machine has more than 1024 for now. */
const MAX_CPU = 1023

export const cpuChoice: ValueType<CpuChoice> = {
  placeholder: 'auto|LIST|off',
  expects: 'auto, off, or numbers of processors such as 0,2,4-7',
  schema: oneOrList({ type: ['string', 'integer'] }, MAX_CPU + 1),
  parse: (text) => {
    const word = choice('off', 'auto').parse(text)
    if (word !== undefined) return word
    const cpus = text.split(',', MAX_CPU + 2).map(cpuRange)
    return cpus.every((range) => range !== undefined) ? [...new Set(cpus.flat())] : undefined
  },
}

function cpuRange(text: string): number[] | undefined {
  const [, from = '', to = from] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(text) ?? []
  if (from === '' || +to < +from || +to > MAX_CPU) return undefined
  return Array.from({ length: +to - +from + 1 }, (_, k) => +from + k)
}

/** Several values of a kind with commas between them, at most 32. */
export function listOf<T>(item: ValueType<T>): ValueType<readonly T[]> {
  const one = item.schema ?? ANY_SCALAR
  return {
    placeholder: `${item.placeholder},…`,
    expects: `${item.expects}, or several with commas between them`,
    schema: { anyOf: [one, { type: 'string' }, { type: 'array', items: one, maxItems: 32 }] },
    parse: (text) => {
      const values = text.split(',', 33).map((part) => item.parse(part))
      return values.length <= 32 && values.every((value) => value !== undefined) ? values : undefined
    },
  }
}

/** A list of versions with the heights at which they begin. */
export const activations: ValueType<Activations> = {
  placeholder: 'LIST',
  expects: 'MainNet, or versions with their first heights, both ascending, such as 2@0,3@10,4@20,5@30',
  schema: oneOrList({ type: 'string' }, 32),
  parse: parseActivations,
}
