/** Protobuf's wire form: numbers, lengths, unknown fields, with the limits of the reference's generated reader. */
import { fail } from './errors.js'

const MAX_INT64 = (1n << 63n) - 1n

const truncated = () => fail('E_OPR_DECODE', 'unexpected EOF')
const overlong = () => fail('E_OPR_DECODE', 'proto: integer overflow')
const badLength = () => fail('E_OPR_DECODE', 'proto: negative length found during unmarshaling')

export interface Reader {
  done(): boolean
  position(): number
  /** A number of at most 10 bytes, cut to 64 bits. */
  varint(): bigint
  /** Key, field number (the key's high part cut to 32 bits, signed) and wire type. */
  tag(): { key: bigint; field: number; wire: number }
  /** Reads a length and returns the position where its bytes end. */
  length(): number
  /** A length and its bytes. */
  bytes(): Uint8Array
  /** Passes over a field whose key has been read; groups with everything in them. */
  skip(wire: number): void
}

/** A reader over `data`; every error is `E_OPR_DECODE`. */
export function createReader(data: Uint8Array): Reader {
  let at = 0

  function varint(): bigint {
    let value = 0n
    for (let shift = 0; ; shift += 7) {
      if (shift >= 64) throw overlong()
      const byte = data[at]
      if (byte === undefined) throw truncated()
      at++
      value |= BigInt(byte & 0x7f) << BigInt(shift)
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
  }

  function tag() {
    const key = varint()
    return { key, field: Number(BigInt.asIntN(32, key >> 3n)), wire: Number(key & 7n) }
  }

  function length(): number {
    const size = BigInt.asIntN(64, varint())
    const end = BigInt(at) + size
    if (size < 0n || end > MAX_INT64) throw badLength()
    if (end > BigInt(data.length)) throw truncated()
    return Number(end)
  }

  function bytes(): Uint8Array {
    const end = length()
    const part = data.subarray(at, end)
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
    let depth = pass(wire) as number
    while (depth > 0) depth += pass(tag().wire)
  }

  return { done: () => at >= data.length, position: () => at, varint, tag, length, bytes, skip }
}

export class Writer {
  readonly #bytes: number[] = []

  varint(value: bigint): void {
    let rest = value
    while (rest >= 0x80n) {
      this.#bytes.push(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.#bytes.push(Number(rest))
  }

  tag(field: number, wire: number): void {
    this.varint(BigInt((field << 3) | wire))
  }

  /** A length-delimited field. */
  bytes(field: number, bytes: Uint8Array): void {
    this.tag(field, 2)
    this.varint(BigInt(bytes.length))
    for (const byte of bytes) this.#bytes.push(byte)
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.#bytes)
  }
}
