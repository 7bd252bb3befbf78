/**
 * Protobuf's wire form: numbers, lengths, unknown fields, with the limits of the reference's generated reader.
 *
 * 64-bit numbers are put together from two 32-bit halves. A loop over BigInts with `BigInt.asUintN(64, …)` would be
 * shorter, but the optimising compiler of Node.js 20 (V8 11.3) aborts the whole process on it once the loop is hot.
 */
import { fail } from './errors.js'

const truncated = () => fail('E_OPR_DECODE', 'unexpected EOF')
const overlong = () => fail('E_OPR_DECODE', 'proto: integer overflow')
const badLength = () => fail('E_OPR_DECODE', 'proto: negative length found during unmarshaling')

const END_GROUP = 4
const WORD = 2 ** 32

export interface Reader {
  done(): boolean
  position(): number
  /** A number of at most 10 bytes, cut to 64 bits. */
  uint64(): bigint
  /** The double that is the nearest to the number that was read last. */
  nearest(): number
  /** The same, cut to 32 bits, signed. */
  int32(): number
  /** Field number (cut to 32 bits, signed) and wire type. */
  tag(): { field: number; wire: number }
  /** Reads a length and returns the position where its bytes end. */
  length(): number
  /** A length and its bytes, each as a character or as two hex digits. */
  text(encoding: 'latin1' | 'hex'): string
  /** Passes over a field whose tag has been read; groups with everything in them. */
  skip(wire: number): void
}

/** A reader over `data`; every error is `E_OPR_DECODE`. */
export function createReader(data: Uint8Array): Reader {
  const buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  let at = 0

  /** The halves of the number that was read last. */
  let high = 0
  let low = 0

  function varint(): void {
    high = low = 0
    for (let shift = 0; ; shift += 7) {
      if (shift >= 64) throw overlong()
      const byte = data[at]
      if (byte === undefined) throw truncated()
      at++
      const bits = byte & 0x7f
      if (shift < 32) low |= bits << shift
      if (shift === 28) high |= bits >>> 4
      if (shift > 32) high |= bits << (shift - 32)
      if (byte < 0x80) break
    }
    high >>>= 0
    low >>>= 0
  }

  function uint64(): bigint {
    varint()
    return joined(high, low)
  }

  function int32(): number {
    varint()
    return low | 0
  }

  function tag() {
    varint()
    const field = (low >>> 3) | (high << 29)
    const wire = low & 7
    if (wire !== END_GROUP && field <= 0)
      throw fail('E_OPR_DECODE', `proto: V2Content: illegal tag ${field} (wire type ${joined(high, low)})`)
    return { field, wire }
  }

  function length(): number {
    varint()
    // Read as int64: half of the range is negative, and adding the position may run over.
    if (high > 0x7fffffff || (high === 0x7fffffff && low + at >= WORD)) throw badLength()
    const end = at + high * WORD + low
    if (end > data.length) throw truncated()
    return end
  }

  function text(encoding: 'latin1' | 'hex'): string {
    const end = length()
    const part = buffer.toString(encoding, at, end)
    at = end
    return part
  }

  function advance(count: number): void {
    at += count
    if (at > data.length) throw truncated()
  }

  /** One field's value; returns by how much the depth of open groups changes. */
  function pass(wire: number): -1 | 0 | 1 {
    switch (wire) {
      case 0:
        varint()
        return 0
      case 1:
        advance(8)
        return 0
      case 2:
        at = length()
        return 0
      case 3:
        return 1
      case 4:
        return -1
      case 5:
        advance(4)
        return 0
      default:
        throw fail('E_OPR_DECODE', `proto: illegal wireType ${wire}`)
    }
  }

  function skip(wire: number): void {
    let depth: number = pass(wire)
    while (depth > 0) {
      varint()
      depth += pass(low & 7)
    }
  }

  return {
    done: () => at >= data.length,
    position: () => at,
    uint64,
    nearest: () => high * WORD + low,
    ...{ int32, tag, length, text, skip },
  }
}

function joined(high: number, low: number): bigint {
  const number = high * WORD + low
  return number <= Number.MAX_SAFE_INTEGER ? BigInt(number) : BigInt(high) * 0x1_0000_0000n + BigInt(low)
}

export class Writer {
  readonly #bytes: number[] = []

  uint64(value: bigint): void {
    this.#varint(Number(value / 0x1_0000_0000n), Number(value % 0x1_0000_0000n))
  }

  /** Negative numbers take ten bytes, like the 64-bit numbers that they are written as. */
  int32(value: number): void {
    this.#varint(value < 0 ? 0xffffffff : 0, value >>> 0)
  }

  tag(field: number, wire: number): void {
    this.int32((field << 3) | wire)
  }

  #varint(high: number, low: number): void {
    let [upper, lower] = [high, low]
    while (upper > 0 || lower > 0x7f) {
      this.#bytes.push((lower & 0x7f) | 0x80)
      lower = ((lower >>> 7) | (upper << 25)) >>> 0
      upper >>>= 7
    }
    this.#bytes.push(lower)
  }

  /** A length-delimited field. */
  bytes(field: number, bytes: Uint8Array): void {
    this.tag(field, 2)
    this.int32(bytes.length)
    for (const byte of bytes) this.#bytes.push(byte)
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes)
  }
}
