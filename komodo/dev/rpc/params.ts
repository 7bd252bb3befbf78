/** Reading parameters as strictly as komodod does, with its texts. */
import { RpcError, notString } from './errors.js'

export type Params = readonly unknown[]

/** Throws -1 for anything but text. */
export function text(params: Params, at: number): string {
  const value = params[at]
  if (typeof value !== 'string') throw notString()
  return value
}

export function integer(params: Params, at: number, otherwise?: number): number {
  const value = params[at]
  if (value === undefined && otherwise !== undefined) return otherwise
  if (typeof value !== 'number') throw new RpcError(-1, 'JSON value is not an integer as expected')
  if (!Number.isInteger(value) || Math.abs(value) > 2 ** 31 - 1)
    throw new RpcError(-1, 'JSON integer out of range')
  return value
}

export function flag(params: Params, at: number, otherwise: boolean): boolean {
  const value = params[at]
  if (value === undefined) return otherwise
  if (typeof value !== 'boolean') throw new RpcError(-1, 'JSON value is not a boolean as expected')
  return value
}

export function array(params: Params, at: number): readonly unknown[] {
  const value = params[at]
  if (!Array.isArray(value)) throw new RpcError(-1, 'JSON value is not an array as expected')
  return value
}

export function object(params: Params, at: number): Readonly<Record<string, unknown>> {
  const value = params[at]
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RpcError(-1, 'JSON value is not an object as expected')
  return value as Record<string, unknown>
}

function typeName(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

/** The checked types of core calls: -3 names what was expected and what came. */
export function expectTypes(params: Params, types: readonly string[]): void {
  params.slice(0, types.length).forEach((value, i) => {
    if (typeName(value) !== types[i])
      throw new RpcError(-3, `Expected type ${types[i]}, got ${typeName(value)}`)
  })
}

/** A member that an object must have. Throws -3. */
export function member(of: object, name: string, type: 'string'): string
export function member(of: object, name: string, type: 'number'): number
export function member(of: object, name: string, type: string): unknown {
  const value: unknown = (of as Record<string, unknown>)[name]
  const given = typeName(value)
  if (given === 'null') throw new RpcError(-3, `Missing ${name}`)
  if (given !== type) throw new RpcError(-3, `Expected type ${type} for ${name}, got ${given}`)
  return value
}

/** An amount in coins: number or decimal text; satoshis. */
export function amountOf(value: unknown): bigint {
  if (typeof value !== 'number' && typeof value !== 'string')
    throw new RpcError(-3, 'Amount is not a number or string')
  const found = /^(-?)(\d+)(?:\.(\d{0,8})0*)?$/.exec(typeof value === 'number' ? plain(value) : value)
  if (!found) throw new RpcError(-3, 'Invalid amount')
  const satoshis = BigInt(found[2] as string) * 100_000_000n + BigInt((found[3] ?? '').padEnd(8, '0'))
  if (found[1] === '-' || satoshis > 21_000_000_000_000_000n * 10n)
    throw new RpcError(-3, 'Amount out of range')
  return satoshis
}

function plain(value: number): string {
  return /e/i.test(String(value)) ? value.toFixed(20) : String(value)
}

/** `atof` of an amount of coins, as module calls read it: what is no number is 0. Satoshis. */
export function looseCoins(value: string): bigint {
  const number = Number.parseFloat(value)
  return Number.isFinite(number) ? BigInt(Math.trunc(number * 1e8 + 0.00000000499999)) : 0n
}

/** `atoi`: what is no number is 0. */
export function looseInteger(value: string): number {
  return Number.parseInt(value, 10) || 0
}

export const isHex = (value: string): boolean => /^(?:[0-9a-f]{2})+$/i.test(value)

/** A txid as `uint256S` reads it: leading hex digits, filled with zeros in front; display order. */
export function looseId(value: string): string {
  const digits = value.replace(/^\s*(?:0x)?/, '').replace(/[^0-9a-fA-F].*$/s, '')
  return digits.slice(-64).toLowerCase().padStart(64, '0')
}
