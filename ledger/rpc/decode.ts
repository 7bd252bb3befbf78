/**
 * Objects of requests as Go's encoding/json takes them into a struct: strictly by kind, names in any case, unknown names
 * refused, in Go's words. Numbers are read from their digits: a double would round them. Pure.
 */
import { elementsOf, foldedName, isNull, membersOf, textOf } from '../transactions/json.js'

const decoder = new TextDecoder()
export const rawText = (json: Uint8Array): string => decoder.decode(json)

/** Throws what a value is instead of what it should be. */
class Mismatch extends Error {}

interface Reader<T> {
  /** Go's name for it. */
  readonly type: string
  /** Throws `Mismatch`; other errors count as they are. */
  readonly read: (json: Uint8Array) => T
}

function wordOf(json: Uint8Array): string {
  switch (json[0]) {
    case 0x22:
      return 'string'
    case 0x7b:
      return 'object'
    case 0x5b:
      return 'array'
    case 0x74:
    case 0x66:
      return 'bool'
    default:
      return 'number'
  }
}

function integer(type: string, least: bigint, most: bigint): Reader<number> {
  return {
    type,
    read: (json) => {
      const word = wordOf(json)
      if (word !== 'number') throw new Mismatch(word)
      const digits = rawText(json)
      const value = /^-?\d{1,20}$/.test(digits) ? BigInt(digits) : null
      if (value === null || value < least || value > most) throw new Mismatch(`number ${digits}`)
      return Number(value)
    },
  }
}

const signed = (type: string, bits: bigint): Reader<number> =>
  integer(type, -(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n)

function text(json: Uint8Array): string {
  const found = textOf(json)
  if (found === null) throw new Mismatch(wordOf(json))
  return found
}

/** Why a text is no hexadecimal number of whole bytes, as Go says it; null if it is one. */
export function hexProblem(digits: string): string | null {
  const wrong = /[^0-9a-fA-F]/u.exec(digits)?.[0]
  if (wrong !== undefined) {
    const code = (wrong.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
    return `encoding/hex: invalid byte: U+${code} '${wrong}'`
  }
  return digits.length % 2 === 0 ? null : 'encoding/hex: odd length hex string'
}

/** Why a text is no hash, as the reference says it; null if it is one. */
export const hashProblem = (digits: string): string | null =>
  digits.length === 64 ? hexProblem(digits) : 'invalid length'

function checked(json: Uint8Array, problem: (digits: string) => string | null): string {
  const digits = text(json)
  const wrong = problem(digits)
  if (wrong !== null) throw new Error(wrong)
  return digits.toLowerCase()
}

const READERS = {
  int: signed('int', 64n),
  int32: signed('int32', 32n),
  uint32: integer('uint32', 0n, (1n << 32n) - 1n),
  text: { type: 'string', read: text },
  flag: {
    type: 'bool',
    read: (json: Uint8Array): boolean => {
      const word = wordOf(json)
      if (word !== 'bool') throw new Mismatch(word)
      return json[0] === 0x74
    },
  },
  hash: { type: 'factom.Bytes32', read: (json: Uint8Array): string => checked(json, hashProblem) },
  bytes: { type: 'factom.Bytes', read: (json: Uint8Array): string => checked(json, hexProblem) },
  bytesList: {
    type: '[]factom.Bytes',
    read: (json: Uint8Array): readonly string[] => {
      const elements = elementsOf(json)
      if (elements === null) throw new Mismatch(wordOf(json))
      return elements.map((element) => (isNull(element) ? '' : checked(element, hexProblem)))
    },
  },
  /** As it stands, `null` too. */
  raw: { type: 'json.RawMessage', read: (json: Uint8Array): Uint8Array => json },
} satisfies Readonly<Record<string, Reader<unknown>>>

/** Names of members and what they are. */
export type Shape = Readonly<Record<string, keyof typeof READERS>>
/** What is left out, or `null`, is undefined. */
export type Decoded<S extends Shape> = {
  readonly [N in keyof S]: ReturnType<(typeof READERS)[S[N]]['read']> | undefined
}

/**
 * `json`: compact. `owner`: the package and name of Go's struct, which its errors name. The first mistake counts. Throws
 * `Error` with Go's words.
 */
export function decodeObject<S extends Shape>(json: Uint8Array, shape: S, owner: string): Decoded<S> {
  const members = isNull(json) ? [] : membersOf(json)
  if (members === null)
    throw new Error(`json: cannot unmarshal ${wordOf(json)} into Go value of type ${owner}`)
  const found: Record<string, unknown> = {}
  for (const [key, value] of members) {
    const name = Object.hasOwn(shape, key) ? key : foldedName(key)
    if (!Object.hasOwn(shape, name)) throw new Error(`json: unknown field ${JSON.stringify(key)}`)
    const kind = shape[name] as keyof typeof READERS
    if (isNull(value) && kind !== 'raw') continue
    found[name] = readMember(value, kind, `${owner.split('.').at(-1) ?? ''}.${name}`)
  }
  return found as Decoded<S>
}

function readMember(json: Uint8Array, kind: keyof typeof READERS, place: string): unknown {
  const { type, read } = READERS[kind]
  try {
    return read(json)
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error
    throw new Error(`json: cannot unmarshal ${error.message} into Go struct field ${place} of type ${type}`)
  }
}
