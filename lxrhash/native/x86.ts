/**
 * Machine code for x86-64: the few instructions that the kernel is made of. Each is checked against a disassembler's
 * vectors (`x86.test.ts`).
 */

/** Registers that a function may change without saving them, in the convention of Linux, by their numbers. */
export const RAX = 0
export const RCX = 1
export const RDX = 2
export const RSI = 6
export const RDI = 7
export const R8 = 8
export const R9 = 9
export const R10 = 10
export const R11 = 11
export type Register =
  | typeof RAX
  | typeof RCX
  | typeof RDX
  | typeof RSI
  | typeof RDI
  | typeof R8
  | typeof R9
  | typeof R10
  | typeof R11

/** The memory at base + index · scale + offset. */
export interface Place {
  readonly base: Register
  readonly index: Register
  readonly scale: 1 | 4 | 8
  readonly offset: number
}

/** Where a line is put: `nta` past the outer caches into the first, `t1` into the second. */
export type Prefetch = 'nta' | 't1'
const HINTS: Readonly<Record<Prefetch, number>> = { nta: 0, t1: 2 }

/** A place in the code; a jump to it may be written before it is known. */
export interface Label {
  at: number | undefined
  readonly jumps: number[]
}

export type Assembler = ReturnType<typeof createAssembler>

export const newLabel = (): Label => ({ at: undefined, jumps: [] })

/** The prefix that makes an operation one of 64 bits. */
const WIDE = 8
const SCALES = { 1: 0, 4: 2, 8: 3 } as const

export function createAssembler() {
  const bytes: number[] = []
  const labels = new Set<Label>()
  const put = (...values: number[]): void => void bytes.push(...values)
  const put32 = (value: number): void => put(...[0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff))

  /** The prefix, which also holds the fourth bit of each register. It may always be there. */
  const prefix = (wide: number, reg: number, index: number, base: number): void =>
    put(0x40 | wide | ((reg >> 3) << 2) | ((index >> 3) << 1) | (base >> 3))
  /** One register, and a register or a number of the operation. */
  const withRegister = (wide: number, opcode: number, reg: number, other: Register): void => {
    prefix(wide, reg, 0, other)
    put(opcode, 0xc0 | ((reg & 7) << 3) | (other & 7))
  }
  /** A register, or a number of the operation, and memory: base, index and an offset of 32 bits. */
  const withMemory = (wide: number, opcode: readonly number[], reg: number, place: Place): void => {
    const { base, index, scale, offset } = place
    prefix(wide, reg, index, base)
    put(...opcode, 0x84 | ((reg & 7) << 3), (SCALES[scale] << 6) | ((index & 7) << 3) | (base & 7))
    put32(offset)
  }
  const jump = (opcode: number, label: Label): void => {
    labels.add(label)
    put(0x0f, opcode)
    label.jumps.push(bytes.length)
    put32(0)
  }

  return {
    /** register ← 64-bit number. */
    set(to: Register, value: bigint): void {
      prefix(WIDE, 0, 0, to)
      put(0xb8 | (to & 7))
      put32(Number(value & 0xffff_ffffn))
      put32(Number(value >> 32n))
    },
    load64: (to: Register, from: Place) => withMemory(WIDE, [0x8b], to, from),
    /** The upper half becomes 0, also with the other operations on 32 bits. */
    load32: (to: Register, from: Place) => withMemory(0, [0x8b], to, from),
    loadByte: (to: Register, from: Place) => withMemory(0, [0x0f, 0xb6], to, from),
    store64: (to: Place, from: Register) => withMemory(WIDE, [0x89], from, to),
    store32: (to: Place, from: Register) => withMemory(0, [0x89], from, to),
    move64: (to: Register, from: Register) => withRegister(WIDE, 0x89, from, to),
    xorMemory64: (to: Register, from: Place) => withMemory(WIDE, [0x33], to, from),
    xor64: (to: Register, from: Register) => withRegister(WIDE, 0x31, from, to),
    add64: (to: Register, from: Register) => withRegister(WIDE, 0x01, from, to),
    shiftLeft64(register: Register, by: number): void {
      withRegister(WIDE, 0xc1, 4, register)
      put(by)
    },
    shiftRight64(register: Register, by: number): void {
      withRegister(WIDE, 0xc1, 5, register)
      put(by)
    },
    and32(register: Register, mask: number): void {
      withRegister(0, 0x81, 4, register)
      put32(mask)
    },
    add32(register: Register, value: number): void {
      withRegister(0, 0x81, 0, register)
      put32(value)
    },
    /** register ← 0 */
    clear32: (register: Register) => withRegister(0, 0x31, register, register),
    compare32: (one: Register, other: Register) => withRegister(0, 0x39, other, one),
    compareTo32(register: Register, value: number): void {
      withRegister(0, 0x81, 7, register)
      put32(value)
    },
    /** Asks for the line at a place, whatever lies there. Never faults. */
    prefetch: (place: Place, hint: Prefetch) => withMemory(0, [0x0f, 0x18], HINTS[hint], place),
    /** After a comparison without signs: to the label if the first was above. */
    jumpIfAbove: (label: Label) => jump(0x87, label),
    jumpIfBelow: (label: Label) => jump(0x82, label),
    return: () => put(0xc3),
    /** Puts the label here. */
    mark(label: Label): void {
      label.at = bytes.length
    },
    /** All that was written. Throws if a jump leads nowhere. */
    code(): Uint8Array {
      const code = Uint8Array.from(bytes)
      const view = new DataView(code.buffer)
      for (const { at, jumps } of labels) {
        if (at === undefined) throw new RangeError('a jump leads to a label that is nowhere')
        // Relative to the instruction after the jump.
        for (const jump of jumps) view.setInt32(jump, at - (jump + 4), true)
      }
      return code
    },
  }
}
