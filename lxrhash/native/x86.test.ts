/**
 * The assembler, instruction by instruction: each with registers and places of all kinds, against what a disassembler
 * made of the bytes. `fixtures/x86.json` holds its words (GNU objdump 2.40, Intel's syntax); where objdump is installed
 * it is asked again.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import * as x86 from './x86.js'
import { createAssembler, newLabel, type Assembler, type Place, type Register } from './x86.js'

const { RAX, RCX, RDX, RSI, RDI, R8, R9, R10, R11 } = x86
const REGISTERS: readonly Register[] = [RAX, RCX, RDX, RSI, RDI, R8, R9, R10, R11]
const PAIRS = REGISTERS.flatMap((one) => REGISTERS.map((other) => [one, other] as const))
/** Each register as base and as index, each scale, small, large and negative offsets. */
const PLACES: readonly Place[] = PAIRS.map(([base, index], k) => ({
  ...{ base, index },
  scale: ([1, 4, 8] as const)[k % 3] as 1 | 4 | 8,
  offset: [0, 8, 0x1234, 0x5_0000, -64][k % 5] as number,
}))
const NUMBERS = [0, 1, 0x7f, 0x80, 0x3fff_ffff, 0x7fff_ffff, 0xffff_ffff]
const WORDS = [0n, 1n, 0x7f12_3456_789a_bcden, (1n << 64n) - 1n]
const SHIFTS = [1, 3, 27, 31, 32, 63]

type Emit = (asm: Assembler) => void
const withPlaces = (emit: (asm: Assembler, register: Register, place: Place) => void): Emit[] =>
  PLACES.map((place, k) => (asm) => emit(asm, REGISTERS[(k * 5) % REGISTERS.length] as Register, place))
const withPairs = (emit: (asm: Assembler, one: Register, other: Register) => void): Emit[] =>
  PAIRS.map(
    ([one, other]) =>
      (asm) =>
        emit(asm, one, other),
  )
const withNumbers = <N>(
  numbers: readonly N[],
  emit: (asm: Assembler, register: Register, value: N) => void,
): Emit[] =>
  REGISTERS.flatMap((register) =>
    numbers.map(
      (value): Emit =>
        (asm) =>
          emit(asm, register, value),
    ),
  )

const CASES: Readonly<Record<keyof Omit<Assembler, 'mark' | 'code'>, readonly Emit[]>> = {
  set: withNumbers(WORDS, (asm, register, value) => asm.set(register, value)),
  load64: withPlaces((asm, register, place) => asm.load64(register, place)),
  load32: withPlaces((asm, register, place) => asm.load32(register, place)),
  loadByte: withPlaces((asm, register, place) => asm.loadByte(register, place)),
  store64: withPlaces((asm, register, place) => asm.store64(place, register)),
  store32: withPlaces((asm, register, place) => asm.store32(place, register)),
  move64: withPairs((asm, one, other) => asm.move64(one, other)),
  xor64: withPairs((asm, one, other) => asm.xor64(one, other)),
  xorMemory64: withPlaces((asm, register, place) => asm.xorMemory64(register, place)),
  add64: withPairs((asm, one, other) => asm.add64(one, other)),
  shiftLeft64: withNumbers(SHIFTS, (asm, register, by) => asm.shiftLeft64(register, by)),
  shiftRight64: withNumbers(SHIFTS, (asm, register, by) => asm.shiftRight64(register, by)),
  and32: withNumbers(NUMBERS, (asm, register, mask) => asm.and32(register, mask)),
  add32: withNumbers(NUMBERS, (asm, register, value) => asm.add32(register, value)),
  clear32: REGISTERS.map((register) => (asm) => asm.clear32(register)),
  compare32: withPairs((asm, one, other) => asm.compare32(one, other)),
  compareTo32: withNumbers(NUMBERS, (asm, register, value) => asm.compareTo32(register, value)),
  prefetch: (['nta', 't1'] as const).flatMap((hint) =>
    PLACES.map(
      (place): Emit =>
        (asm) =>
          asm.prefetch(place, hint),
    ),
  ),
  jumpIfAbove: [1, 200].flatMap((lines) => jumps((asm, label) => asm.jumpIfAbove(label), lines)),
  jumpIfBelow: [1, 200].flatMap((lines) => jumps((asm, label) => asm.jumpIfBelow(label), lines)),
  return: [(asm) => asm.return()],
}

/** A jump forwards and one backwards over so many instructions of one byte. */
function jumps(emit: (asm: Assembler, label: x86.Label) => void, lines: number): Emit[] {
  const between = (asm: Assembler): void => {
    for (let line = 0; line < lines; line++) asm.return()
  }
  return [
    (asm) => {
      const label = newLabel()
      emit(asm, label)
      between(asm)
      asm.mark(label)
    },
    (asm) => {
      const label = newLabel()
      asm.mark(label)
      between(asm)
      emit(asm, label)
    },
  ]
}

function codeOf(emit: Emit): string {
  const asm = createAssembler()
  emit(asm)
  return Buffer.from(asm.code()).toString('hex')
}

const FIXTURE = new URL('./fixtures/x86.json', import.meta.url)
const HELD = JSON.parse(readFileSync(FIXTURE, 'utf8')) as Readonly<Record<string, readonly string[]>>

t.test('each instruction gives the bytes that a disassembler has read', (t) => {
  for (const [name, emits] of Object.entries(CASES)) {
    const held = HELD[name] ?? []
    t.same(
      emits.map(codeOf),
      held.filter((_, k) => k % 2 === 0),
      `${name}: ${emits.length} cases`,
    )
  }
  t.same(Object.keys(HELD), Object.keys(CASES))
  t.end()
})

t.test('the words of the disassembler say what was asked for', (t) => {
  const NAMES = ['rax', 'rcx', 'rdx', '', '', '', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11']
  const wide = (register: Register): string => NAMES[register] as string
  const narrow = (register: Register): string =>
    register >= R8 ? `${wide(register)}d` : wide(register).replace('r', 'e')
  const at = ({ base, index, scale, offset }: Place): string => {
    const sign = offset < 0 ? '-' : '+'
    return `[${wide(base)}+${wide(index)}*${scale}${sign}0x${Math.abs(offset).toString(16)}]`
  }
  const register = (k: number): Register => REGISTERS[(k * 5) % REGISTERS.length] as Register
  const hex = (value: number | bigint): string => `0x${value.toString(16)}`
  const expected = (name: string): readonly string[] => (HELD[name] ?? []).filter((_, k) => k % 2 === 1)
  const ofPlaces = (text: (register: Register, place: string) => string): string[] =>
    PLACES.map((place, k) => text(register(k), at(place)))
  const ofPairs = (text: (one: Register, other: Register) => string): string[] =>
    PAIRS.map(([a, b]) => text(a, b))
  const ofNumbers = <N>(numbers: readonly N[], text: (one: Register, value: N) => string): string[] =>
    REGISTERS.flatMap((one) => numbers.map((value) => text(one, value)))

  t.same(
    expected('set'),
    ofNumbers(WORDS, (r, n) => `movabs ${wide(r)},${hex(n)}`),
  )
  t.same(
    expected('load64'),
    ofPlaces((r, place) => `mov ${wide(r)},QWORD PTR ${place}`),
  )
  t.same(
    expected('load32'),
    ofPlaces((r, place) => `mov ${narrow(r)},DWORD PTR ${place}`),
  )
  t.same(
    expected('loadByte'),
    ofPlaces((r, place) => `movzx ${narrow(r)},BYTE PTR ${place}`),
  )
  t.same(
    expected('store64'),
    ofPlaces((r, place) => `mov QWORD PTR ${place},${wide(r)}`),
  )
  t.same(
    expected('store32'),
    ofPlaces((r, place) => `mov DWORD PTR ${place},${narrow(r)}`),
  )
  t.same(
    expected('move64'),
    ofPairs((a, b) => `mov ${wide(a)},${wide(b)}`),
  )
  t.same(
    expected('xor64'),
    ofPairs((a, b) => `xor ${wide(a)},${wide(b)}`),
  )
  t.same(
    expected('xorMemory64'),
    ofPlaces((r, place) => `xor ${wide(r)},QWORD PTR ${place}`),
  )
  t.same(
    expected('add64'),
    ofPairs((a, b) => `add ${wide(a)},${wide(b)}`),
  )
  t.same(
    expected('shiftLeft64'),
    ofNumbers(SHIFTS, (r, n) => `shl ${wide(r)},${hex(n)}`),
  )
  t.same(
    expected('shiftRight64'),
    ofNumbers(SHIFTS, (r, n) => `shr ${wide(r)},${hex(n)}`),
  )
  t.same(
    expected('and32'),
    ofNumbers(NUMBERS, (r, n) => `and ${narrow(r)},${hex(n)}`),
  )
  t.same(
    expected('add32'),
    ofNumbers(NUMBERS, (r, n) => `add ${narrow(r)},${hex(n)}`),
  )
  t.same(
    expected('clear32'),
    REGISTERS.map((r) => `xor ${narrow(r)},${narrow(r)}`),
  )
  t.same(
    expected('compare32'),
    ofPairs((a, b) => `cmp ${narrow(a)},${narrow(b)}`),
  )
  t.same(
    expected('compareTo32'),
    ofNumbers(NUMBERS, (r, n) => `cmp ${narrow(r)},${hex(n)}`),
  )
  t.same(
    expected('prefetch'),
    ['nta', 't1'].flatMap((hint) => PLACES.map((place) => `prefetch${hint} BYTE PTR ${at(place)}`)),
  )
  // Six bytes of the jump itself; a label before it or behind what lies between.
  for (const [name, word] of Object.entries({ jumpIfAbove: 'ja', jumpIfBelow: 'jb' })) {
    const lines = expected(name).map((text) => text.split('; ').filter((line) => line !== 'ret'))
    t.same(lines, [[`${word} 0x7`], [`${word} 0x0`], [`${word} 0xce`], [`${word} 0x0`]])
  }
  t.same(expected('return'), ['ret'])
  t.end()
})

const objdump = spawnSync('objdump', ['--version']).status === 0

t.test('the disassembler says so still', { skip: !objdump && 'objdump is not installed' }, (t) => {
  const dir = t.testdir()
  const found = Object.fromEntries(
    Object.entries(CASES).map(([name, emits]) => {
      const codes = emits.map(codeOf)
      // Jumps are told by where they lead, so each is looked at alone.
      const words = name.startsWith('jump')
        ? codes.flatMap((code) => disassembled(dir, [code]))
        : disassembled(dir, codes)
      return [name, codes.flatMap((code, k) => [code, words[k] as string])]
    }),
  )
  if (process.env['UPDATE_X86'] === '1') writeFileSync(FIXTURE, `${JSON.stringify(found, null, 1)}\n`)
  t.same(found, HELD)
  t.end()
})

/** What the disassembler makes of each of these pieces of code. */
function disassembled(dir: string, codes: readonly string[]): string[] {
  const file = join(dir, 'code.bin')
  writeFileSync(file, Buffer.from(codes.join(''), 'hex'))
  const args = ['-D', '-b', 'binary', '-m', 'i386:x86-64', '-M', 'intel', '--no-show-raw-insn', file]
  const { stdout } = spawnSync('objdump', args, { encoding: 'utf8' })
  const lines = [...stdout.matchAll(/^ +([0-9a-f]+):\t(?:rex )?(.*)$/gm)].map(([, at, text]) => ({
    at: Number.parseInt(at as string, 16),
    text: (text as string).trim().replace(/ +/g, ' '),
  }))
  let end = 0
  return codes.map((code) => {
    const begin = end
    end += code.length / 2
    const own = lines.filter(({ at }) => at >= begin && at < end)
    return own.map(({ text }) => text).join('; ')
  })
}

t.test('a jump to a label that was not put anywhere', (t) => {
  const asm = createAssembler()
  asm.jumpIfAbove(newLabel())
  t.throws(() => asm.code(), RangeError)
  t.end()
})
