/** Reading and writing of Factom's binary layouts. */
import { fromHex, toHex } from './bytes.js'
import { fail } from './errors.js'

/** The hash that stands for "none": previous links of a first block. */
export const ZERO_HASH = '00'.repeat(32)
const MAX_U64 = (1n << 64n) - 1n
/** A varInt is put together from five low groups and the rest: hot loops over BigInts are slow and fragile in V8. */
const HALF_BITS = 35n
const HALF = 2 ** 35
const MAX_HIGH = 2 ** 29

/** A cursor over bytes from outside. Every read past the end throws `E_FACTOM_BLOCK`. */
export class Reader {
  readonly #bytes: Uint8Array
  #at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }

  get at(): number {
    return this.#at
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  /** A copy of the next `size` bytes. */
  bytes(size: number): Uint8Array {
    if (size < 0 || size > this.left) {
      throw fail('E_FACTOM_BLOCK', `${size} bytes are needed where only ${this.left} are left`)
    }
    this.#at += size
    // Not `slice`: a Buffer's would be a view, and some callers turn the bytes around.
    return new Uint8Array(this.#bytes.subarray(this.#at - size, this.#at))
  }

  /** The next 32 bytes as hex. */
  hash(): string {
    return toHex(this.bytes(32))
  }

  /** Unsigned, most significant byte first, up to 6 bytes. */
  uint(size: number): number {
    return this.bytes(size).reduce((value, byte) => value * 256 + byte, 0)
  }

  u64(): bigint {
    return new DataView(this.bytes(8).buffer).getBigUint64(0)
  }

  /** The next byte, not consumed. */
  peek(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw fail('E_FACTOM_BLOCK', 'a byte is needed where none is left')
    return byte
  }

  /** Factom's varInt: base 128, most significant group first, the high bit says that more follow. */
  varInt(): bigint {
    let high = 0
    let low = 0
    for (;;) {
      const byte = this.uint(1)
      low = low * 128 + (byte & 0x7f)
      high = high * 128 + Math.floor(low / HALF)
      low %= HALF
      if (high >= MAX_HIGH) throw fail('E_FACTOM_BLOCK', 'a varInt has more than 64 bits')
      if (byte < 0x80) return (BigInt(high) << HALF_BITS) | BigInt(low)
    }
  }
}

/** Bytes of hex that this program wrote itself. Throws `E_FACTOM_BLOCK` if it is none any more. */
export function hexBytes(hex: string): Uint8Array {
  const bytes = typeof hex === 'string' ? fromHex(hex) : null
  if (!bytes) throw fail('E_FACTOM_BLOCK', 'the text is no hex')
  return bytes
}

/** `value` (0 … 2^64 − 1) as Factom's varInt. */
export function varIntBytes(value: bigint): Uint8Array {
  if (value < 0n || value > MAX_U64) throw new RangeError('a varInt holds 0 to 2^64 − 1')
  let high = Number(value >> HALF_BITS)
  let low = Number(value & (BigInt(HALF) - 1n))
  const groups: number[] = []
  do {
    groups.unshift((low % 128) | (groups.length > 0 ? 0x80 : 0))
    low = Math.floor(low / 128) + (high % 128) * (HALF / 128)
    high = Math.floor(high / 128)
  } while (low > 0 || high > 0)
  return Uint8Array.from(groups)
}

/** `value` (0 … 2^64 − 1) as 8 bytes, most significant first. */
export function u64Bytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value)
  return bytes
}
