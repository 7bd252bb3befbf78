/** Reading replies: each field is checked before it is believed. Throws `E_KOMODO_SHAPE`. */
import { fail } from './errors.js'
import { coinsText } from './tx/index.js'

export type Json = Readonly<Record<string, unknown>>

/** Text from outside as it may stand in a message: one line, short, no control characters. */
export function printable(text: string, most: number): string {
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufffd]+/g, ' ').trim()
  return clean.length > most ? `${clean.slice(0, most)}…` : clean
}

export function bad(where: string, what: string): Error {
  return fail('E_KOMODO_SHAPE', `${where}: ${what}`)
}

export function objectOf(value: unknown, where: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json
  throw bad(where, 'the reply is not an object')
}

export function listOf(value: unknown, where: string, most = 1_000_000): readonly unknown[] {
  if (!Array.isArray(value)) throw bad(where, 'the reply is not a list')
  if (value.length > most) throw bad(where, `the list has ${value.length} members`)
  return value
}

export function textOf(value: unknown, where: string): string {
  if (typeof value === 'string') return value
  throw bad(where, 'is not a text')
}

export function flagOf(value: unknown, where: string): boolean {
  if (typeof value === 'boolean') return value
  throw bad(where, 'is neither true nor false')
}

export function integerOf(value: unknown, where: string): number {
  if (Number.isSafeInteger(value)) return value as number
  throw bad(where, 'is not a whole number')
}

/** A hash or transaction id in display order, lower case. */
export function hashOf(value: unknown, where: string): string {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value)) return value.toLowerCase()
  throw bad(where, 'is not a hash of 64 hex digits')
}

export function hexOf(value: unknown, where: string): string {
  if (typeof value === 'string' && value.length % 2 === 0 && /^[0-9a-f]*$/i.test(value))
    return value.toLowerCase()
  throw bad(where, 'is not hex')
}

/** Coins as text or JSON number → satoshis. Exact up to 90 million coins. */
export function satOf(value: unknown, where: string): bigint {
  const text = typeof value === 'number' && Number.isFinite(value) ? value.toFixed(8) : value
  const parts = typeof text === 'string' ? /^(-?)(\d{1,10})(?:\.(\d{1,8}))?$/.exec(text) : null
  if (parts === null) throw bad(where, 'is not an amount of coins')
  const [, sign = '', whole = '0', part = ''] = parts
  const sat = BigInt(whole) * 100_000_000n + BigInt(part.padEnd(8, '0'))
  return sign === '-' ? -sat : sat
}

/** Satoshis as the JSON number that core calls want; exact below 90 million coins. */
export function coinsNumber(sat: bigint): number {
  return Number(coinsText(sat))
}
