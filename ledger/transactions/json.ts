/**
 * JSON as Go's encoding/json reads it, byte by byte: which texts are valid, and what the members of an object are. The
 * rules of the ledger count the bytes between them (docs/protocol/ledger.md#json), so nothing may be decoded first.
 */

/** Go refuses to go deeper. */
const MOST_DEPTH = 10_000

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [BRACKET, BRACKET_END, BRACE, BRACE_END] = [0x5b, 0x5d, 0x7b, 0x7d]
const WHITE = new Set([0x20, 0x09, 0x0a, 0x0d])
const WORD_OR_NUMBER = /^(?:null|true|false|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$/
const ESCAPED = new Set([...'"\\/bfnrt'].map((letter) => letter.charCodeAt(0)))
const HEX4 = /^[0-9a-fA-F]{4}$/

/** Invalid UTF-8 becomes U+FFFD, in Go as here. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  String.fromCharCode(...bytes.subarray(from, to))

/** What may come next. */
type Wanted = 'value' | 'valueOrEnd' | 'key' | 'keyOrEnd' | 'colon' | 'commaOrEnd' | 'nothing'

/** One valid JSON value without the white space around its parts; null if it is none. */
export function compactJson(bytes: Uint8Array): Uint8Array | null {
  const kept = new Uint8Array(bytes.length)
  let length = 0
  const open: number[] = []
  let wanted: Wanted = 'value'
  let at = 0
  const close = (): void => {
    open.pop()
    wanted = open.length === 0 ? 'nothing' : 'commaOrEnd'
  }
  while (at < bytes.length) {
    const byte = bytes[at] as number
    if (WHITE.has(byte)) {
      at++
      continue
    }
    const end = tokenEnd(bytes, at)
    if (end === null) return null
    if (byte === BRACE || byte === BRACKET) {
      if (wanted !== 'value' && wanted !== 'valueOrEnd') return null
      if (open.push(byte) > MOST_DEPTH) return null
      wanted = byte === BRACE ? 'keyOrEnd' : 'valueOrEnd'
    } else if (byte === BRACE_END) {
      if (open.at(-1) !== BRACE || (wanted !== 'keyOrEnd' && wanted !== 'commaOrEnd')) return null
      close()
    } else if (byte === BRACKET_END) {
      if (open.at(-1) !== BRACKET || (wanted !== 'valueOrEnd' && wanted !== 'commaOrEnd')) return null
      close()
    } else if (byte === COMMA) {
      if (wanted !== 'commaOrEnd') return null
      wanted = open.at(-1) === BRACE ? 'key' : 'value'
    } else if (byte === COLON) {
      if (wanted !== 'colon') return null
      wanted = 'value'
    } else if (wanted === 'key' || wanted === 'keyOrEnd') {
      if (byte !== QUOTE) return null
      wanted = 'colon'
    } else {
      if (wanted !== 'value' && wanted !== 'valueOrEnd') return null
      wanted = open.length === 0 ? 'nothing' : 'commaOrEnd'
    }
    kept.set(bytes.subarray(at, end), length)
    length += end - at
    at = end
  }
  return wanted === 'nothing' ? kept.subarray(0, length) : null
}

const STRUCTURE = new Set([COMMA, COLON, BRACKET, BRACKET_END, BRACE, BRACE_END])

/** Where the token at `at` ends: a mark, a text, a number or a word; null if it is none. */
function tokenEnd(bytes: Uint8Array, at: number): number | null {
  const byte = bytes[at] as number
  if (STRUCTURE.has(byte)) return at + 1
  if (byte === QUOTE) return textEnd(bytes, at)
  let end = at
  while (end < bytes.length && !isMark(bytes[end] as number)) end++
  return WORD_OR_NUMBER.test(ascii(bytes, at, end)) ? end : null
}

const isMark = (byte: number): boolean => STRUCTURE.has(byte) || WHITE.has(byte) || byte === QUOTE

function textEnd(bytes: Uint8Array, at: number): number | null {
  for (let end = at + 1; end < bytes.length; end++) {
    const byte = bytes[end] as number
    if (byte === QUOTE) return end + 1
    if (byte < 0x20) return null
    if (byte !== BACKSLASH) continue
    const escaped = bytes[++end] ?? 0
    if (escaped === 0x75) {
      if (!HEX4.test(ascii(bytes, end + 1, end + 5))) return null
      end += 4
    } else if (!ESCAPED.has(escaped)) return null
  }
  return null
}

/** Behind the value that begins at `at`, in compact JSON that is valid. */
function valueEnd(json: Uint8Array, at: number): number {
  let depth = 0
  let next = at
  do {
    const byte = json[next] as number
    if (byte === BRACE || byte === BRACKET) depth++
    if (byte === BRACE_END || byte === BRACKET_END) depth--
    next = tokenEnd(json, next) as number
  } while (depth > 0)
  return next
}

/** The members of an object in compact JSON, as they stand; null if it is no object. */
export function membersOf(json: Uint8Array): [key: string, value: Uint8Array][] | null {
  if (json[0] !== BRACE) return null
  const members: [string, Uint8Array][] = []
  let at = 1
  while (json[at] !== BRACE_END) {
    if (json[at] === COMMA) at++
    const colon = textEnd(json, at) as number
    const end = valueEnd(json, colon + 1)
    members.push([textOf(json.subarray(at, colon)) as string, json.subarray(colon + 1, end)])
    at = end
  }
  return members
}

/** The elements of a list in compact JSON; null if it is no list. */
export function elementsOf(json: Uint8Array): Uint8Array[] | null {
  if (json[0] !== BRACKET) return null
  const elements: Uint8Array[] = []
  let at = 1
  while (json[at] !== BRACKET_END) {
    if (json[at] === COMMA) at++
    const end = valueEnd(json, at)
    elements.push(json.subarray(at, end))
    at = end
  }
  return elements
}

/** The decoded text; null if the value is none. */
export function textOf(json: Uint8Array): string | null {
  return json[0] === QUOTE ? (JSON.parse(decoder.decode(json)) as string) : null
}

export const isNull = (json: Uint8Array): boolean => json[0] === 0x6e

const UINT64 = 1n << 64n

/** A whole number of 64 bits without sign; 0 for `null`, as Go leaves the value alone; null if it is neither. */
export function uint64Of(json: Uint8Array): bigint | null {
  if (isNull(json)) return 0n
  if (json.length > 20 || json.some((byte) => byte < 0x30 || byte > 0x39)) return null
  const value = BigInt(ascii(json, 0, json.length))
  return value < UINT64 ? value : null
}

/** How Go compares the names of members: letters in any case, with the two letters beyond ASCII that fold into it. */
export const foldedName = (name: string): string =>
  name
    .replaceAll('\u017f', 's')
    .replaceAll('\u212a', 'k')
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
