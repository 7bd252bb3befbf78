/**
 * The JSON form of record version 1. Which texts count as records was decided by Go's JSON reader, so that reader's
 * ways are kept where `JSON.parse` has others: keys of the outer object in any case, repeated keys (the last one
 * counts, repeated `assets` are merged), heights as plain integers only, `null` for "not given", U+FFFD for each bad
 * byte. docs/protocol/records-and-grading.md#json-form
 */
import { fail } from './errors.js'
import { priceToNumber, roundPrice } from './prices.js'
import type { ProtoFields } from './proto.js'

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })
/** A character of UTF-8, its bytes written as one character each; the group holds a byte that belongs to none. */
const CHARACTER =
  /[\0-\x7f]+|[\xc2-\xdf][\x80-\xbf]|(?:\xe0[\xa0-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]|\xed[\x80-\x9f])[\x80-\xbf]|(?:\xf0[\x90-\xbf]|[\xf1-\xf3][\x80-\xbf]|\xf4[\x80-\x8f])[\x80-\xbf]{2}|([^])/g
const TOKEN = /[ \t\r\n]*("[^"\\]*(?:\\.[^"\\]*)*"|[-0-9][-+.0-9eE]*|true|false|null|[{}[\],:])/y
const INTEGER = /^-?\d{1,10}$/
/** Escape sequences, and the characters that Go's writer escapes although JSON does not ask for it. */
const SPECIAL = /\\(?:u[0-9a-f]{4}|.)|[<>&\u2028\u2029]/g

/** Canonical bytes: keys in order, no white space, numbers in their shortest form. */
export function encodeJson(record: ProtoFields, assets: readonly string[]): Uint8Array {
  const prices = record.prices.map((price, k) => `"${assets[k]}":${JSON.stringify(priceToNumber(price))}`)
  return new TextEncoder().encode(
    `{"coinbase":${quote(record.address)},"dbht":${record.height},"winners":[${record.winners.map(quote).join()}],` +
      `"minerid":${quote(record.identity)},"assets":{${prices.join()}}}`,
  )
}

function quote(text: string): string {
  return JSON.stringify(text).replace(SPECIAL, (found) => {
    if (found === '\\b') return '\\u0008'
    if (found === '\\f') return '\\u000c'
    if (found.startsWith('\\ud')) return '\\ufffd'
    return found.startsWith('\\') ? found : `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** `values` are the doubles as written, 0 where there is none; `absent` is the first of `assets` without one, or -1. */
export function decodeJson(
  content: Uint8Array,
  assets: readonly string[],
): ProtoFields & { values: number[]; absent: number } {
  const text = textOf(content)
  try {
    JSON.parse(text)
  } catch {
    throw fail('E_OPR_DECODE', 'the content is not JSON')
  }
  const tokens = createTokens(text)
  let [address, identity, height] = ['', '', 0]
  let winners: string[] = []
  let prices = new Map<string, number>()

  const readers: Readonly<Record<string, () => void>> = {
    coinbase: () => (address = tokens.string() ?? address),
    minerid: () => (identity = tokens.string() ?? identity),
    dbht: () => (height = tokens.integer() ?? height),
    winners: () => {
      const old = winners
      winners = []
      // `null` in a repeated list leaves what the earlier list had there.
      tokens.list(() => winners.push(tokens.string() ?? old[winners.length] ?? ''))
    },
    assets: () => {
      const given = tokens.object((asset) => prices.set(asset, tokens.number() ?? 0))
      if (!given) prices = new Map()
    },
  }
  tokens.object((key) => {
    const name = key.toLowerCase().replaceAll('ſ', 's')
    if (Object.hasOwn(readers, name)) readers[name]?.()
    else tokens.skip()
  })

  const values = assets.map((asset) => prices.get(asset) ?? 0)
  const absent = assets.findIndex((asset) => !prices.has(asset))
  return { address, identity, height, winners, prices: values.map(roundPrice), values, absent }
}

/**
 * Decodes UTF-8: each byte that belongs to no character becomes a U+FFFD of its own; a `TextDecoder` puts some
 * together.
 */
function textOf(content: Uint8Array): string {
  try {
    return UTF8.decode(content)
  } catch {
    const bytes = Buffer.from(content).toString('latin1')
    const mended = bytes.replace(CHARACTER, (found, stray?: string) =>
      stray === undefined ? found : '\xef\xbf\xbd',
    )
    return UTF8.decode(Buffer.from(mended, 'latin1'))
  }
}

/** Reads the tokens of a text that is known to be JSON. `null` is answered as `null`, another kind refuses. */
function createTokens(text: string) {
  const pattern = new RegExp(TOKEN)
  let token = ''
  const next = () => (token = pattern.exec(text)?.[1] ?? '')
  const mismatch = () => fail('E_OPR_DECODE', 'a value of the JSON has the wrong kind')
  next()

  /** Takes the token at hand. */
  const take = () => {
    const taken = token
    next()
    return taken
  }
  const scalar = <T>(kind: RegExp, convert: (literal: string) => T): T | null => {
    const literal = take()
    if (literal === 'null') return null
    if (!kind.test(literal)) throw mismatch()
    return convert(literal)
  }
  /** Visits the members between a pair of brackets; answers false for `null`. */
  const members = (open: string, close: string, visit: () => void): boolean => {
    const first = take()
    if (first === 'null') return false
    if (first !== open) throw mismatch()
    while (token !== close) {
      visit()
      if (token === ',') next()
    }
    next()
    return true
  }
  const plain = (literal: string) => (JSON.parse(literal) as string).replace(/\p{Surrogate}/gu, '\ufffd')

  return {
    string: () => scalar(/^"/, plain),
    integer: () =>
      scalar(INTEGER, (literal) => {
        const value = Number(literal)
        if (value !== (value | 0)) throw mismatch()
        return value + 0
      }),
    number: () =>
      scalar(/^[-\d]/, (literal) => {
        const value = Number(literal)
        if (!Number.isFinite(value)) throw mismatch()
        return value
      }),
    list: (visit: () => void) => members('[', ']', visit),
    object: (visit: (key: string) => void) =>
      members('{', '}', () => {
        const key = plain(take())
        next()
        visit(key)
      }),
    /** Passes over one value of any kind. */
    skip: () => {
      let depth = 0
      do {
        if (token === '{' || token === '[') depth++
        if (token === '}' || token === ']') depth--
        next()
      } while (depth > 0)
    },
  }
}
