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

const TYPE_NAMES: Readonly<Record<string, string>> = {
  number: 'number',
  string: 'string',
  boolean: 'bool',
  object: 'object',
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : (TYPE_NAMES[typeof value] ?? 'null')
}

/** The checked types of core calls: -3 names what was expected and what came. */
export function expectTypes(params: Params, types: readonly string[]): void {
  params.slice(0, types.length).forEach((value, i) => {
    if (typeName(value) !== types[i])
      throw new RpcError(-3, `Expected type ${types[i]}, got ${typeName(value)}`)
  })
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
  return /e/i.test(String(value)) ? value.toFixed(8) : String(value)
}

/** `atof` of an amount of coins, as module calls read it: what is no number is 0. Satoshis. */
export function looseCoins(value: string): bigint {
  const number = Number.parseFloat(value)
  return Number.isFinite(number) ? BigInt(Math.trunc(number * 1e8 + 0.00000000499999)) : 0n
}

/** `atoi`: what is no number is 0. */
export function looseInteger(value: string): number {
  const number = Number.parseInt(value, 10)
  return Number.isNaN(number) ? 0 : number
}

/** A txid as `uint256S` reads it: leading hex digits, filled with zeros in front; display order. */
export function looseId(value: string): string {
  const digits = /^\s*(?:0x)?([0-9a-fA-F]*)/.exec(value)?.[1] ?? ''
  return digits.slice(-64).toLowerCase().padStart(64, '0')
}
