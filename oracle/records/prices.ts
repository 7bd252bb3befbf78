/**
 * Prices as integers. A record holds USD per unit in 1e-8; the way there from a quoted double is consensus among
 * honest miners, since prices that differ in the last digit grade differently.
 */
import { unitsText } from '../../base/index.js'
import { fail } from './errors.js'

/** Integers for one USD. */
export const PRICE_UNIT = 1e8
const LIMIT = 1n << 64n
const DECIMAL = /^(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/
/** Longest decimal text that is read; a double needs at most 24 characters. */
const MAX_TEXT = 64

/** `price × 1e8` to the nearest integer, half away from zero; of any size and sign, for prices already on chain. */
export function roundPrice(price: number): bigint {
  const scaled = price * PRICE_UNIT
  if (!Number.isFinite(scaled)) return scaled < 0 ? 1n - LIMIT : LIMIT - 1n
  const whole = Math.trunc(scaled)
  return BigInt(Math.abs(scaled - whole) >= 0.5 ? whole + Math.sign(scaled) : whole)
}

/**
 * The integer of a decimal text (`"1234.5"`, `"5e-7"`), exactly, digits beyond the eighth cut off. Throws
 * `E_OPR_PRICE` for anything else, a sign included.
 */
export function priceFromDecimal(text: string): bigint {
  const parts = text.length <= MAX_TEXT ? DECIMAL.exec(text) : null
  const [, whole = '', fraction = '', exponent = '0'] = parts ?? []
  const digits = whole + fraction
  const places = fraction.length - Number(exponent) - 8
  const size = digits.length - places
  if (digits === '' || size > 30)
    throw fail('E_OPR_PRICE', `"${text.slice(0, 40)}" is no price that a record can hold`)
  const units =
    places > 0 ? BigInt(digits.slice(0, Math.max(0, size)) || '0') : BigInt(digits) * 10n ** BigInt(-places)
  if (units >= LIMIT) throw fail('E_OPR_PRICE', `${text} is no price that a record can hold`)
  return units
}

/** The double that grading works with: the integer to the nearest double, then one division. */
export function priceToNumber(units: bigint): number {
  return Number(units) / PRICE_UNIT
}

export const priceToDecimal = unitsText
