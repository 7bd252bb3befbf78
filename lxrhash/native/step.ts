/**
 * One LXRHash step of many lanes as machine code: a loop over the lanes for each of the 25 rows. What a row reads, the
 * row before it has asked for, so as many reads are under way as there are lanes.
 *
 * What the code may touch is fixed when it is written: the ByteMap and one scratch are numbers in it. Each index of the
 * ByteMap is masked right before the read, and a call whose lanes or offsets would lead out of the scratch returns
 * without doing anything. The scratch's content therefore does not matter, nor do the arguments.
 */
import { ROWS, type Row, type Term, type Word } from './rows.js'
import {
  createAssembler,
  newLabel,
  R10,
  R11,
  R8,
  R9,
  RAX,
  RCX,
  RDI,
  RDX,
  RSI,
  type Assembler,
  type Place,
  type Prefetch,
  type Register,
} from './x86.js'

/** Offsets in a scratch (`assembly/layout.ts`). */
export interface LaneLayout {
  readonly A: number
  readonly S1: number
  readonly S2: number
  readonly S3: number
  readonly X: number
  /** The reads' addresses, 4 bytes a lane; all else has 8. */
  readonly READ: number
  readonly HS: number
  readonly STRIDE: number
  readonly MAX_LANES: number
}

export interface StepPlan {
  /** Addresses in this process. */
  readonly map: bigint
  readonly scratch: bigint
  /** Bytes of the ByteMap - 1. */
  readonly mask: number
  readonly prefetch: Prefetch
  readonly layout: LaneLayout
}

// What the registers hold. The first three are the function's arguments: void step(uint32_t lanes, h, x).
const LANES: Register = RDI
const H: Register = RSI
const NEXT_X: Register = RDX
const MAP = R8
const SCRATCH = R9
const LANE = RCX
/** The byte that was read. */
const BYTE = RAX
/** What the row makes of it. */
const NEW = R10
const OTHER = R11

/** Rows of hs in a scratch. */
const HS_ROWS = 64

/**
 * The code of `void step(uint32_t lanes, uint32_t h, uint32_t x)`; `assembly/outside.ts` says what it does.
 *
 * @param rows for tests: some of them
 */
export function stepCode(plan: StepPlan, rows = ROWS): Uint8Array {
  const { map, scratch, layout } = plan
  const asm = createAssembler()
  const refused = newLabel()
  const lastRow = layout.HS + (HS_ROWS - 1) * layout.STRIDE
  asm.compareTo32(LANES, layout.MAX_LANES)
  asm.jumpIfAbove(refused)
  for (const offset of [H, NEXT_X] as const) {
    // The caller may leave anything in an argument's upper half.
    asm.and32(offset, 0xffff_ffff)
    asm.compareTo32(offset, lastRow)
    asm.jumpIfAbove(refused)
  }
  asm.set(MAP, map)
  asm.set(SCRATCH, scratch)
  asm.add64(H, SCRATCH)
  asm.add64(NEXT_X, SCRATCH)
  for (const row of rows) {
    const again = newLabel()
    asm.clear32(LANE)
    asm.mark(again)
    rowOfLane(asm, row, plan)
    asm.add32(LANE, 1)
    asm.compare32(LANE, LANES)
    asm.jumpIfBelow(again)
  }
  asm.mark(refused)
  asm.return()
  return asm.code()
}

const inMap = (index: Register): Place => ({ base: MAP, index, scale: 1, offset: 0 })
const addressAt = ({ READ }: LaneLayout): Place => ({ base: SCRATCH, index: LANE, scale: 4, offset: READ })

/** The only code that reads the ByteMap: the mask stands right before it. */
function readByte(asm: Assembler, { mask, layout }: StepPlan): void {
  asm.load32(BYTE, addressAt(layout))
  asm.and32(BYTE, mask)
  asm.loadByte(BYTE, inMap(BYTE))
}

/** Writes a row for one lane: takes in the byte that was asked for, and asks for the next one. */
function rowOfLane(asm: Assembler, { assignments, index }: Row, plan: StepPlan): void {
  const { mask, prefetch, layout } = plan
  readByte(asm, plan)
  // The first assignment takes in the byte, whose register is free from then on.
  let known: Word | undefined
  assignments.forEach(({ to, terms }, k) => {
    const into = k === 0 ? NEW : BYTE
    sum(asm, terms, { into, known, layout })
    asm.store64(placeOf(to, layout), into)
    known = k === 0 ? to : known === to ? undefined : known
  })
  sum(asm, index, { into: BYTE, known, layout })
  asm.and32(BYTE, mask)
  asm.store32(addressAt(layout), BYTE)
  asm.prefetch(inMap(BYTE), prefetch)
}

/** into ← all terms, ⊕-ed. `known`: the word that lies in NEW. */
function sum(
  asm: Assembler,
  terms: readonly Term[],
  { into, known, layout }: { into: Register; known: Word | undefined; layout: LaneLayout },
): void {
  const fetch = (to: Register, word: Word): void =>
    word === known ? asm.move64(to, NEW) : asm.load64(to, placeOf(word, layout))
  const shifted = (register: Register, by: number): Register => {
    if (by > 0) asm.shiftLeft64(register, by)
    if (by < 0) asm.shiftRight64(register, -by)
    return register
  }
  terms.forEach(({ word, shift }, k) => {
    if (word === 't') return asm.xor64(into, shifted(BYTE, shift))
    if (k > 0 && shift === 0) {
      return word === known ? asm.xor64(into, NEW) : asm.xorMemory64(into, placeOf(word, layout))
    }
    const target = k === 0 ? into : OTHER
    fetch(target, word)
    shifted(target, shift)
    if (k > 0) asm.xor64(into, target)
  })
}

/** Where a word of the current lane lies. */
function placeOf(word: Word, { A, S1, S2, S3, X }: LaneLayout): Place {
  if (word === 'h') return { base: H, index: LANE, scale: 8, offset: 0 }
  if (word === 'nextX') return { base: NEXT_X, index: LANE, scale: 8, offset: 0 }
  if (word === 't') throw new RangeError('the byte is in a register')
  const offset = { a: A, s1: S1, s2: S2, s3: S3, x: X }[word]
  return { base: SCRATCH, index: LANE, scale: 8, offset }
}
