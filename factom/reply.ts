/** Checked reading of JSON-RPC results: a field that is not as documented is `E_FACTOM_SHAPE`, never `undefined`. */
import { fromHex, isHash } from './bytes.js'
import { fail } from './errors.js'

export type Reader = ReturnType<typeof readerOf>

/** A reader of `value`, which must be an object. `where` names the method in errors. */
export function readerOf(value: unknown, where: string) {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(where, 'is not an object')
  const field = (name: string): unknown => (value as Record<string, unknown>)[name]
  const bad = (name: string, what: string) => wrong(where, `has a bad "${name}": ${what}`)
  const hash = (name: string): string => {
    const found = field(name)
    if (!isHash(found)) throw bad(name, 'not 64 hex digits')
    return found
  }
  return {
    /** A whole number within the bounds (default 0…2^53-1). */
    int(name: string, min: number = 0, max: number = Number.MAX_SAFE_INTEGER): number {
      const found = field(name)
      if (!Number.isSafeInteger(found)) throw bad(name, 'not a whole number')
      if ((found as number) < min || (found as number) > max) throw bad(name, 'out of range')
      return found as number
    },
    /** A finite number, whatever its size: for nanoseconds beyond 2^53. */
    number(name: string): number {
      const found = field(name)
      if (typeof found !== 'number' || !Number.isFinite(found)) throw bad(name, 'not a number')
      return found
    },
    bool(name: string): boolean {
      const found = field(name)
      if (typeof found !== 'boolean') throw bad(name, 'not true or false')
      return found
    },
    /** 64 lower-case hex digits. */
    hash,
    /** A hash, or `''` where the field is `null`, missing or empty. */
    hashOrNone: (name: string) =>
      field(name) === null || field(name) === undefined || field(name) === '' ? '' : hash(name),
    /** Text without control characters, cut at `max` characters. */
    text(name: string, max: number): string {
      const found = field(name)
      if (typeof found !== 'string') throw bad(name, 'not a text')
      return printable(found, max)
    },
    /** Bytes written as hex, at most `max` of them. */
    bytes(name: string, max: number): Uint8Array {
      const found = field(name)
      if (typeof found !== 'string') throw bad(name, 'not hex')
      if (found.length > 2 * max) throw bad(name, `more than ${max} bytes`)
      return bytesOf(found) ?? raise(bad(name, 'not hex'))
    },
    child: (name: string) => readerOf(field(name), `${where}.${name}`),
    /** A list; `null` (Go's empty list) gives `[]`. */
    list(name: string): readonly unknown[] {
      const found = field(name)
      if (found === null) return []
      if (!Array.isArray(found)) throw bad(name, 'not a list')
      return found as readonly unknown[]
    },
  }
}

/** Bytes of a list's item that must be hex. */
export function itemBytes(item: unknown, where: string): Uint8Array {
  return (
    (typeof item === 'string' ? bytesOf(item) : null) ?? raise(wrong(where, 'has an item that is not hex'))
  )
}

/** The text on one line, without control characters, at most `max` characters long. */
export function printable(text: string, max: number): string {
  const line = text.slice(0, max).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
  return text.length > max ? `${line}…` : line
}

function wrong(where: string, what: string): Error {
  return fail('E_FACTOM_SHAPE', `the result of ${where} ${what}`)
}

function bytesOf(text: string): Uint8Array | null {
  return fromHex(text)
}

function raise(error: Error): never {
  throw error
}
