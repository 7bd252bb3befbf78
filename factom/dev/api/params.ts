/** Parameters as Go's JSON decoder takes them: names in any case, absent or null members are zero. */
import type { Json } from '../../../base/index.js'
import { decodeAddress, isAddress, type AddressKind } from '../../address.js'
import { fromHex, toHex } from '../../bytes.js'
import { invalidParams } from './errors.js'

const MAX_INT64 = (1n << 63n) - 1n
const MAX_UINT32 = (1n << 32n) - 1n

export type Params = ReturnType<typeof paramsOf>

/** Throws −32602 for params that are no object, and on reading a member of another type. */
export function paramsOf(params: unknown) {
  if (params !== undefined && params !== null && (typeof params !== 'object' || Array.isArray(params)))
    throw invalidParams()
  const members = Object.entries(params ?? {})
  // Of two spellings of one name the later member wins, unless it is null, which leaves things as they are.
  const member = (name: string): unknown =>
    members.findLast(([key, value]) => key.toLowerCase() === name && value !== null)?.[1]
  return {
    /** Whether there is such a member, and it is not null. */
    given: (name: string) => member(name) !== undefined,
    text(name: string): string {
      const value = member(name) ?? ''
      if (typeof value !== 'string') throw invalidParams()
      return value
    },
    flag(name: string): boolean {
      const value = member(name) ?? false
      if (typeof value !== 'boolean') throw invalidParams()
      return value
    },
    /** A 64-bit integer. */
    integer(name: string): bigint {
      const value = member(name) ?? 0
      if (typeof value !== 'number' || !Number.isInteger(value)) throw invalidParams()
      const whole = BigInt(value)
      if (whole > MAX_INT64 || whole < -MAX_INT64 - 1n) throw invalidParams()
      return whole
    },
    /** An object, or undefined. */
    object(name: string): unknown {
      const value = member(name)
      if (value !== undefined && typeof value !== 'object') throw invalidParams()
      return value
    },
    /** Whatever it is; null if it is not there. */
    any: (name: string) => (member(name) ?? null) as Json,
  }
}

/** A 32-byte hash in hex of either case, given back in lower case; else −32602 with `problem`. */
export function hashParam(text: string, problem = 'Invalid Hash'): string {
  const bytes = fromHex(text)
  if (bytes?.length !== 32) throw invalidParams(problem)
  return toHex(bytes)
}

/** An unsigned 32-bit integer. */
export function uint32Param(params: Params, name: string): number {
  const value = params.integer(name)
  if (value < 0n || value > MAX_UINT32) throw invalidParams()
  return Number(value)
}

/** A block height: Go cuts the number to 32 bits without asking. */
export function heightParam(params: Params): number {
  return Number(BigInt.asUintN(32, params.integer('height')))
}

/** The hex body of an address given in its 52 characters or as 64 hex digits. */
export function addressParam(text: string, kind: AddressKind): string {
  return addressBody(text, kind) ?? hashParam(text, 'Invalid Address')
}

/** `null` if the text is no address of this kind. */
export function addressBody(text: string, kind: AddressKind): string | null {
  return isAddress(text, kind) ? toHex(decodeAddress(text, kind)) : null
}

/** Bytes of hex; else −32602 with `problem`. */
export function hexParam(text: string, problem?: string): Uint8Array {
  const bytes = fromHex(text)
  if (!bytes) throw invalidParams(problem)
  return bytes
}
