/** LXRHash's parameters and the name of the ByteMap file that belongs to them. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fail } from './errors.js'

/** What a ByteMap and a hash depend on. */
export interface LxrParams {
  /** 64 bits; the starting value of the map's shuffle and of each hash. */
  readonly seed: bigint
  /** The ByteMap has 2^bits bytes; 8 to 31. */
  readonly bits: number
  /** How often the map is shuffled; 1 to 64. */
  readonly passes: number
  /** Length of a hash, a multiple of 8 from 8 to 512. The ByteMap does not depend on it. */
  readonly hashBits: number
}

/** What PegNet uses on MainNet and TestNet. */
export const PEGNET_PARAMS: LxrParams = { seed: 0xfafaececfafaececn, bits: 30, passes: 5, hashBits: 256 }

/** Below 8 the map would not hold each byte value; above 31 it would not leave room in 4 GiB for the hashers. */
const MAP_BITS = { least: 8, most: 31 }
/** The reference has no upper limit; this one stops a mistyped number, which would run for days. */
const PASSES = { least: 1, most: 64 }
const HASH_BITS = { least: 8, most: 512 }

/**
 * PegNet's parameters with some of them replaced, checked; hash bits are rounded up to whole bytes, as the reference
 * does. Throws E_LXR_PARAMS.
 */
export function lxrParams(given: Partial<LxrParams> = {}): LxrParams {
  const { seed, bits, passes, hashBits } = { ...PEGNET_PARAMS, ...given }
  if (typeof seed !== 'bigint' || seed < 0n || seed >= 1n << 64n) {
    throw fail('E_LXR_PARAMS', `seed must be a 64-bit number (0 to ffffffffffffffff in hex)`)
  }
  inRange('map bits', bits, MAP_BITS)
  inRange('passes', passes, PASSES)
  inRange('hash bits', hashBits, HASH_BITS)
  return { seed, bits, passes, hashBits: Math.ceil(hashBits / 8) * 8 }
}

function inRange(what: string, value: number, range: { least: number; most: number }): void {
  if (Number.isInteger(value) && value >= range.least && value <= range.most) return
  throw fail(
    'E_LXR_PARAMS',
    `${what} must be a whole number from ${range.least} to ${range.most}, not ${value}`,
  )
}

/** Where ByteMap files are kept unless told otherwise; the reference's place. */
export function defaultByteMapDir(): string {
  return join(homedir(), '.lxrhash')
}

/** The reference's file name: the seed in hex without leading zeros (docs/protocol/lxrhash.md#parameters). */
export function byteMapFile(params: LxrParams, dir: string = defaultByteMapDir()): string {
  const { seed, passes, bits } = params
  return join(dir, `lxrhash-seed-${seed.toString(16)}-passes-${passes}-size-${bits}.dat`)
}

/** Bytes of the ByteMap. */
export function mapBytes(params: Pick<LxrParams, 'bits'>): number {
  return 2 ** params.bits
}
