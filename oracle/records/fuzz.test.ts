/**
 * Whatever an entry holds, reading it ends with a record or a coded error, at once. `FUZZ_RUNS=1000000` makes a long run
 * of it; the slowest record of each kind is printed.
 */
import { isDeepStrictEqual } from 'node:util'

import fc from 'fast-check'
import t from 'tap'
import type { Test } from 'tap'

import { isCoded } from '../../base/index.js'
import { entriesOf, load, loadReal, type ReferenceBlock } from '../grading/fixtures/load.js'
import { decodeContent, decodeSpr, encodeOpr, encodeSpr } from './index.js'

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 1500)

type Bytes = Uint8Array
interface Format<R> {
  readonly decode: (content: Bytes) => R
  readonly encode: (record: R) => Bytes
}

const json: Format<ReturnType<typeof decodeContent>> = {
  decode: (content) => decodeContent(1, content),
  encode: ({ opr }) => encodeOpr(opr),
}
const protobuf: typeof json = { ...json, decode: (content) => decodeContent(5, content) }
const staking: Format<ReturnType<typeof decodeSpr>> = { decode: decodeSpr, encode: encodeSpr }

/** The value, or undefined for a coded error; any other error is the crash that is looked for. */
function attempt<R>(work: () => R): R | undefined {
  try {
    return work()
  } catch (error) {
    if (isCoded(error)) return undefined
    throw error
  }
}

/** What took long is tried again, since the machine may have been busy with something else. */
function timed<T>(work: () => T): { value: T; ms: number } {
  let ms = Infinity
  for (let tries = 1; ; tries++) {
    const begin = performance.now()
    const value = work()
    ms = Math.min(ms, performance.now() - begin)
    if (ms < 1 || tries === 4) return { value, ms }
  }
}

/** What is put in, and how many bytes of the original it replaces. */
type Change = readonly [at: number, insert: Bytes, cut: number]

const apply = (content: Bytes, changes: readonly Change[]): Bytes =>
  changes.reduce((bytes, [at, insert, cut]) => {
    const place = at % (bytes.length + 1)
    return Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + cut)])
  }, content)

function changesOf(pieces: readonly Bytes[]): fc.Arbitrary<Change[]> {
  const insert = fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.constantFrom(...pieces))
  return fc.array(fc.tuple(fc.nat(9999), insert, fc.nat(12)), { minLength: 1, maxLength: 4 })
}

/** Reads changed records. What can be written again must read the same, and be the same bytes from then on. */
function fuzz<R>(
  t: Test,
  { decode, encode }: Format<R>,
  { seeds, pieces }: { seeds: readonly Bytes[]; pieces: readonly Bytes[] },
): void {
  let [read, written, slowest] = [0, 0, 0]
  const run = (content: Bytes): boolean => {
    const { value: record, ms } = timed(() => attempt(() => decode(content)))
    slowest = Math.max(slowest, ms)
    if (record === undefined) return true
    read++
    const bytes = attempt(() => encode(record))
    if (bytes === undefined) return true
    written++
    return Buffer.compare(encode(decode(bytes)), bytes) === 0
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), run), { numRuns: RUNS / 3 })
  const changed = fc.tuple(fc.constantFrom(...seeds), changesOf(pieces))
  fc.assert(
    fc.property(changed, ([seed, changes]) => run(apply(seed, changes))),
    { numRuns: RUNS },
  )
  for (const seed of seeds) t.ok(isDeepStrictEqual(decode(encode(decode(seed))), decode(seed)))
  t.ok(read > RUNS / 50 && written > 0, 'some of the changed records are still records')
  t.comment(`${read} read, ${written} written again; the slowest took ${slowest.toFixed(2)} ms`)
}

const text = (...parts: string[]): Bytes[] => parts.map((part) => new TextEncoder().encode(part))
const hex = (...parts: string[]): Bytes[] => parts.map((part) => new Uint8Array(Buffer.from(part, 'hex')))
const contentsOf = (name: string, block: string): Bytes[] => {
  const blocks = load(name) as ReferenceBlock[]
  const found = blocks.find((candidate) => candidate.name.startsWith(block)) as ReferenceBlock
  const accepted = new Set(found.graded.map(({ entryHash }) => entryHash))
  return entriesOf(found)
    .filter(({ hash }) => accepted.has(hash))
    .slice(0, 20)
    .map(({ content }) => content)
}

const WIRE = hex(
  ...[
    '00',
    '0a00',
    '0c',
    '1200',
    '12ffffffffffffffff7f',
    '18ffffffffffffffffffff01',
    '18808080808080808080',
    '2200',
  ],
  ...[
    '2a00',
    '2a0180',
    '28ffffffffffffffffff7f',
    '3096013900112233445566773a0141',
    '33',
    '34',
    '3f',
    '98808080800105',
  ],
)
const SYNTAX = text(
  ...[
    '"',
    '\\',
    '\\u',
    '\\ud800',
    '\\u0000',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    'null',
    'true',
    '-',
    '-0',
    '1e400',
    '1e-400',
  ],
  ...[
    '1e3',
    '.5',
    '01',
    '"dbht":',
    ',"dbht":7',
    '"ASSETS":{',
    ',"assets":{"USD":1}',
    ',"winners":null',
    '\ufeff',
    '\u2028',
  ],
  ...['"minerid":"<>&"', '9'.repeat(40), '"USD":', '2147483648', ' ', '\n', '\0', 'ſ'],
)

t.test('version 1', (t) => {
  const seeds = loadReal(206422)
    .entries.slice(0, 20)
    .map(({ content }) => content)
  fuzz(t, json, { seeds, pieces: SYNTAX })
  t.end()
})

t.test('versions 2 to 5', (t) => {
  fuzz(t, protobuf, { seeds: contentsOf('reference-v1-v5', 'v5-n50'), pieces: WIRE })
  t.end()
})

t.test('staking records', (t) => {
  fuzz(t, staking, { seeds: contentsOf('reference-spr', 's3-n60'), pieces: WIRE })
  t.end()
})

t.test('the largest of each kind that is expensive to read', (t) => {
  const room = 10_240
  const repeated = (part: string): Bytes =>
    new TextEncoder().encode(part.repeat(Math.ceil(room / part.length)).slice(0, room))
  const worst = [
    new Uint8Array(room).fill(0x33),
    new Uint8Array(room).fill(0xff),
    new Uint8Array(room).fill(0x22).map((byte, k) => (k % 2 === 0 ? byte : 0)),
    new Uint8Array(room).fill(0x28).map((byte, k) => (k % 2 === 0 ? byte : 1)),
    ...text(
      '['.repeat(room / 2) + ']'.repeat(room / 2),
      `{"x":${'['.repeat(5000)}${']'.repeat(5000)},"dbht":7}`,
      `{"minerid":"${'\\n'.repeat(5000)}"}`,
      `{"minerid":"${'\\ud800'.repeat(1700)}"}`,
      `{"winners":[${'"",'.repeat(3000)}""]}`,
      `{${'"a":1,'.repeat(1600)}"b":${'9'.repeat(300)}}`,
    ),
    repeated('{"assets":'),
    repeated('"'),
    repeated('\\'),
  ]
  const times = worst.flatMap((content) =>
    [json, protobuf, staking].map((format) => timed(() => attempt<unknown>(() => format.decode(content))).ms),
  )
  t.comment(`the slowest took ${Math.max(...times).toFixed(2)} ms`)
  t.equal(json.decode(worst[5] as Bytes).opr.height, 7)
  t.end()
})
