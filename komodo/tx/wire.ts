/** Bitcoin's serialisation: little-endian numbers, compact sizes, and strings with their length in front. */
import { hexBytes, toHex, turned } from './bytes.js'
import { fail } from './errors.js'

/** Reads a buffer from front to back. Whatever runs over its end throws `E_KOMODO_TX`. */
export class Reader {
  at = 0
  private readonly buffer: Buffer

  /** `what` names the thing in errors. */
  constructor(
    bytes: Uint8Array,
    private readonly what: string,
  ) {
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get left(): number {
    return this.buffer.length - this.at
  }

  bad(why: string): Error {
    return fail('E_KOMODO_TX', `${this.what}: ${why} at byte ${this.at}`)
  }

  bytes(length: number): Uint8Array {
    if (length > this.left) throw this.bad('ends too early')
    const from = this.at
    this.at += length
    return new Uint8Array(this.buffer.subarray(from, this.at))
  }

  hex(length: number): string {
    if (length > this.left) throw this.bad('ends too early')
    const from = this.at
    this.at += length
    return this.buffer.toString('hex', from, this.at)
  }

  /** 32 bytes of internal order, as hex of display order. */
  id(): string {
    return turned(this.hex(32))
  }

  u8(): number {
    if (this.left < 1) throw this.bad('ends too early')
    return this.buffer.readUInt8(this.at++)
  }

  u16(): number {
    if (this.left < 2) throw this.bad('ends too early')
    this.at += 2
    return this.buffer.readUInt16LE(this.at - 2)
  }

  u32(): number {
    if (this.left < 4) throw this.bad('ends too early')
    this.at += 4
    return this.buffer.readUInt32LE(this.at - 4)
  }

  i32(): number {
    return this.u32() | 0
  }

  i64(): bigint {
    if (this.left < 8) throw this.bad('ends too early')
    this.at += 8
    return this.buffer.readBigInt64LE(this.at - 8)
  }

  /** A compact size; a longer form than needed is refused, as nodes do. */
  size(): number {
    const first = this.u8()
    if (first < 0xfd) return first
    if (first === 0xff) throw this.bad('has a size beyond 4 GiB')
    const value = first === 0xfd ? this.u16() : this.u32()
    if (value < (first === 0xfd ? 0xfd : 0x1_0000)) throw this.bad('has a size in a longer form than needed')
    return value
  }

  /** A compact size, then as many bytes. */
  blob(): string {
    return this.hex(this.size())
  }

  /** A compact size, then as many bytes of text. Bytes that are not UTF-8 become U+FFFD. */
  text(): string {
    return Buffer.from(this.blob(), 'hex').toString('utf8')
  }

  /** A compact size, then as many items of at least `least` bytes each. */
  list<T>(least: number, item: () => T): T[] {
    const count = this.size()
    if (count * least > this.left) throw this.bad(`has ${count} items but too few bytes for them`)
    return Array.from({ length: count }, item)
  }

  /** Everything must have been read. */
  end(): void {
    if (this.left > 0) throw this.bad(`has ${this.left} bytes too many`)
  }
}

/** Builds bytes from front to back. Every call returns the writer. */
export class Writer {
  private readonly parts: Uint8Array[] = []

  bytes(bytes: Uint8Array): this {
    this.parts.push(bytes)
    return this
  }

  hex(hex: string): this {
    return this.bytes(hexBytes(hex))
  }

  /** Hex of display order, written in internal order. */
  id(hex: string): this {
    return this.hex(turned(hex))
  }

  u8(value: number): this {
    return this.bytes(Uint8Array.of(value))
  }

  u16(value: number): this {
    const bytes = Buffer.alloc(2)
    bytes.writeUInt16LE(value)
    return this.bytes(bytes)
  }

  u32(value: number): this {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value >>> 0)
    return this.bytes(bytes)
  }

  i64(value: bigint): this {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(value)
    return this.bytes(bytes)
  }

  size(value: number): this {
    if (value < 0xfd) return this.u8(value)
    return value <= 0xffff ? this.u8(0xfd).u16(value) : this.u8(0xfe).u32(value)
  }

  blob(hex: string): this {
    return this.size(hex.length / 2).hex(hex)
  }

  text(text: string): this {
    return this.blob(Buffer.from(text, 'utf8').toString('hex'))
  }

  list<T>(items: readonly T[], item: (value: T) => void): this {
    this.size(items.length)
    items.forEach(item)
    return this
  }

  done(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.parts))
  }

  doneHex(): string {
    return toHex(Buffer.concat(this.parts))
  }
}
