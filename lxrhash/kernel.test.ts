/** The kernel against the reference's vectors and against a second implementation. */
import { deepStrictEqual } from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import {
  byteMapFile,
  counterBytes,
  createHasher,
  lxrParams,
  nativeFault,
  openByteMap,
  type Hasher,
  type HasherOptions,
  type LxrParams,
  type OpenByteMap,
} from './index.js'
import { VECTOR_SETS as SETS } from './fixtures/vectors.js'
import { referenceByteMap, referenceHash } from './fixtures/reference.js'

/** Larger maps take too long to build in a test; they are used when their file is there. */
const MOST_BUILT_BITS = 20
const dir = t.testdir()

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'))
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex')

/** Those that work here. */
function kernelsOf(map: OpenByteMap): HasherOptions[] {
  const portable: HasherOptions[] = [
    { kernel: 'scalar' },
    ...(map.vectors ? [{ kernel: 'simd' } as const] : []),
  ]
  if (nativeFault(map, 0) !== null) return portable
  return [
    ...portable,
    ...(['nta', 't1'] as const).map((prefetch) => ({ kernel: 'native', prefetch }) as const),
  ]
}

/** What a search can come by: a base, and a last byte that is a counter. */
const isSearchable = (input: Uint8Array): boolean => input.length <= 257 && (input.at(-1) ?? 0) > 0

/** 16 hex digits. */
function difficultyFound(hasher: Hasher, input: Uint8Array): string | undefined {
  hasher.load(new Uint8Array(), input.subarray(0, -1))
  const [found] = searchAll(hasher, BigInt(input.at(-1) as number), 1, 0n)
  return found?.difficulty.toString(16).padStart(16, '0')
}

t.test('vectors of the Go reference', async (t) => {
  for (const set of SETS) {
    const { seed, mapSizeBits: bits, passes, hashBits } = set
    const params = lxrParams({ seed: BigInt(`0x${seed}`), bits, passes, hashBits })
    const name = `seed ${seed}, ${bits} bits, ${passes} passes, ${hashBits} hash bits`
    const file = byteMapFile(params)
    const present = existsSync(file) && statSync(file).size === 2 ** bits
    if (bits > MOST_BUILT_BITS && !present) {
      t.pass(name, { skip: `there is no ${file}; \`pegminer bytemap build --bits ${bits}\` makes it` })
      continue
    }
    await t.test(name, async (t) => {
      const map = await openByteMap(params, bits > MOST_BUILT_BITS ? { slots: 1 } : { dir, slots: 1 })
      t.equal(map.sha256, set.byteMapSha256, 'ByteMap')
      const hasher = createHasher(map, 0)
      const wrong = set.vectors.filter(({ input, hash }) => hex(hasher.hash(bytes(input))) !== hash)
      t.same(wrong, [], `${set.vectors.length} hashes`)
      if (hashBits < 64) return
      const searched = set.vectors.filter(({ input }) => isSearchable(bytes(input)))
      t.ok(searched.length > 0)
      for (const options of kernelsOf(map)) {
        const search = createHasher(map, 0, options)
        const missed = searched.filter(
          ({ input, hash }) => difficultyFound(search, bytes(input)) !== hash.slice(0, 16),
        )
        t.same(missed, [], `${searched.length} searched by ${Object.values(options).join(' ')}`)
      }
    })
  }
})

/** Odd hash sizes: the input's and the reduction's slots then fall differently. */
const SMALL: readonly LxrParams[] = [
  lxrParams({ bits: 8 }),
  lxrParams({ bits: 10, seed: 1n, passes: 2, hashBits: 72 }),
  lxrParams({ bits: 12, seed: (1n << 64n) - 1n, passes: 3, hashBits: 512 }),
  lxrParams({ bits: 9, seed: 0n, passes: 1, hashBits: 8 }),
]

t.test('second opinion', async (t) => {
  for (const params of SMALL) {
    const map = await openByteMap(params, { dir, slots: 1 })
    const hasher = createHasher(map, 0)
    const reference = referenceByteMap(params)
    t.equal(
      map.sha256,
      createHash('sha256').update(reference).digest('hex'),
      `ByteMap of ${params.bits} bits`,
    )
    const same = fc.property(fc.uint8Array({ maxLength: 300 }), (input) => {
      deepStrictEqual(hasher.hash(input), referenceHash(reference, params, input))
    })
    t.doesNotThrow(() => fc.assert(same, { numRuns: 60 }), `hashes of ${params.hashBits} bits`)
  }
})

t.test('inputs longer than the kernel takes at once', async (t) => {
  const params = SMALL[0] as LxrParams
  const hasher = createHasher(await openByteMap(params, { dir, slots: 1 }), 0)
  const reference = referenceByteMap(params)
  for (const length of [4095, 4096, 4097, 9001]) {
    const input = Uint8Array.from({ length }, (_, index) => index * index)
    t.strictSame(hasher.hash(input), referenceHash(reference, params, input), `${length} bytes`)
  }
})

/** Counter ranges around the places where a counter becomes a byte longer, or 32 and 64 bits end. */
const BORDERS = [1n, 255n, 65_535n, 1n << 24n, 1n << 32n, 1n << 40n, 1n << 56n, 1n << 63n, (1n << 64n) - 1n]

interface Found {
  readonly counter: bigint
  readonly difficulty: bigint
}

function searchAll(hasher: Hasher, start: bigint, count: number, floor: bigint): Found[] {
  const found: Found[] = []
  hasher.search(start, count, floor, (counter, difficulty) => found.push({ counter, difficulty }))
  return found
}

function nonceOf(prefix: Uint8Array, counter: bigint): Uint8Array {
  return Uint8Array.from([...prefix, ...counterBytes(counter)])
}

t.test('the search finds what single hashes give', async (t) => {
  for (const params of SMALL.filter(({ hashBits }) => hashBits >= 64)) {
    const hasher = createHasher(await openByteMap(params, { dir, slots: 1 }), 0)
    const range = fc.record({
      near: fc.constantFrom(...BORDERS),
      before: fc.integer({ min: 0, max: 200 }),
      count: fc.integer({ min: 0, max: 400 }),
      oprHash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      prefix: fc.uint8Array({ maxLength: 40 }),
      lanes: fc.integer({ min: 1, max: hasher.lanes / 8 }).map((groups) => groups * 8),
    })
    const map = await openByteMap(params, { dir, slots: 1 })
    const same = fc.property(range, ({ near, before, count, oprHash, prefix, lanes }) => {
      const start = near > BigInt(before) ? near - BigInt(before) : 1n
      const room = (1n << 64n) - start
      const wanted = room < BigInt(count) ? Number(room) : count
      const some = createHasher(map, 0, { lanes })
      some.load(oprHash, prefix)
      const expected = Array.from({ length: wanted }, (_, index) => {
        const counter = start + BigInt(index)
        return { counter, difficulty: hasher.difficulty(oprHash, nonceOf(prefix, counter)) }
      })
      const above = (floor: bigint) => expected.filter(({ difficulty }) => difficulty > floor)
      const sorted = expected.map(({ difficulty }) => difficulty).sort((one, two) => (one < two ? -1 : 1))
      for (const middle of [0n, sorted[0], sorted[sorted.length >> 1], sorted.at(-1)]) {
        if (middle === undefined) continue
        for (const floor of [middle - 1n, middle, middle + 1n]) {
          if (floor < 0n || floor >= 1n << 64n) continue
          deepStrictEqual(searchAll(some, start, wanted, floor), above(floor))
        }
      }
    })
    t.doesNotThrow(() => fc.assert(same, { numRuns: 40 }), `hashes of ${params.hashBits} bits`)
  }
})

t.test('a search with more candidates than the kernel holds loses none', async (t) => {
  const params = SMALL[0] as LxrParams
  const hasher = createHasher(await openByteMap(params, { dir, slots: 1 }), 0)
  const oprHash = new Uint8Array(32).fill(7)
  hasher.load(oprHash, Uint8Array.of(1, 2))
  const found = searchAll(hasher, 1n, 70_000, 0n)
  t.equal(found.length, 70_000)
  t.ok(
    found.every(({ counter }, index) => counter === BigInt(index + 1)),
    'each counter once, in order',
  )
  for (const index of [0, 254, 255, 511, 512, 65_534, 65_535, 69_999]) {
    const { counter, difficulty } = found[index] as Found
    t.equal(
      difficulty,
      hasher.difficulty(oprHash, nonceOf(Uint8Array.of(1, 2), counter)),
      `counter ${counter}`,
    )
  }
  t.same(searchAll(hasher, 1n, 70_000, (1n << 64n) - 1n), [], 'nothing is above the largest floor')
})

t.test('maps larger than a cache are searched in another order, with the same results', async (t) => {
  const params = lxrParams({ bits: 21, passes: 1 })
  const map = await openByteMap(params, { dir, slots: 1 })
  const [oprHash, prefix] = [new Uint8Array(32).fill(5), Uint8Array.of(1, 2)]
  for (const kernel of ['simd', 'scalar'] as const) {
    for (const lanes of [8, 128, 512]) {
      const hasher = createHasher(map, 0, { lanes, kernel })
      hasher.load(oprHash, prefix)
      const found = searchAll(hasher, 65_300n, 600, 0n)
      const expected = found.map(({ counter }) => hasher.difficulty(oprHash, nonceOf(prefix, counter)))
      t.equal(found.length, 600)
      t.strictSame(
        found.map(({ difficulty }) => difficulty),
        expected,
        `${kernel}, ${lanes} lanes`,
      )
    }
  }
})

t.test('whatever hashes, it asks after each fourth step whether to go on', async (t) => {
  const map = await openByteMap(SMALL[0] as LxrParams, { dir, slots: 1 })
  for (const options of kernelsOf(map)) {
    const hasher = createHasher(map, 0, options)
    hasher.load(new Uint8Array(32), new Uint8Array())
    let looks = 0
    const range = { start: 1n << 16n, count: 3 * hasher.lanes, floor: 0n }
    hasher.searchWhile(
      range,
      () => undefined,
      () => ++looks > 0,
    )
    // A hash of 35 bytes takes 35 + 32 steps; after the last of them nothing is asked.
    t.equal(looks, Math.ceil((3 * 67) / 4) - 1, Object.values(options).join(' '))
  }
})

t.test('a search can be left in the middle', async (t) => {
  const map = await openByteMap(SMALL[0] as LxrParams, { dir, slots: 1 })
  const hasher = createHasher(map, 0, { lanes: 512 })
  const [oprHash, prefix] = [new Uint8Array(32).fill(3), Uint8Array.of(9)]
  hasher.load(oprHash, prefix)
  const range = { start: 1n, count: 5000, floor: 1n << 62n }
  const whole = searchAll(hasher, range.start, range.count, range.floor)
  let looks = 0
  const found: Found[] = []
  const report = (counter: bigint, difficulty: bigint) => void found.push({ counter, difficulty })
  t.equal(
    hasher.searchWhile(range, report, () => ++looks > 0),
    5000,
    'to the end',
  )
  t.strictSame(found, whole)
  t.ok(looks > 50, `asked ${looks} times`)

  found.length = 0
  let next = 1n
  for (let turn = 0; next <= 5000n; turn++) {
    let left = (turn % 60) + 1
    const rest = { ...range, start: next, count: 5001 - Number(next) }
    next += BigInt(hasher.searchWhile(rest, report, () => --left > 0))
    hasher.hash(prefix)
    hasher.load(oprHash, prefix)
  }
  t.strictSame(found, whole, 'in pieces, each going on where the last one said')
  t.equal(
    hasher.searchWhile(range, report, () => false),
    0,
    'nothing done yet',
  )
})

t.test('slots do not disturb each other', async (t) => {
  const params = SMALL[0] as LxrParams
  const map = await openByteMap(params, { dir, slots: 3 })
  const hashers = [0, 1, 2].map((slot) => createHasher(map, slot))
  const records = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill))
  hashers.forEach((hasher, slot) => hasher.load(records[slot] as Uint8Array, Uint8Array.of(slot)))
  hashers.forEach((hasher) => hasher.hash(bytes('ff')))
  const found = hashers.map((hasher) => searchAll(hasher, 1n, 50, 0n))
  found.forEach((all, slot) => {
    const hasher = hashers[(slot + 1) % 3] as Hasher
    const expected = all.map(({ counter }) =>
      hasher.difficulty(records[slot] as Uint8Array, nonceOf(Uint8Array.of(slot), counter)),
    )
    t.strictSame(
      all.map(({ difficulty }) => difficulty),
      expected,
    )
  })
})

t.test('what a hasher refuses', async (t) => {
  const params = SMALL[0] as LxrParams
  const map = await openByteMap(params, { dir, slots: 2 })
  const nothing = () => undefined
  t.throws(() => createHasher(map, 2), { code: 'E_LXR_SLOT' })
  t.throws(() => createHasher(map, -1), { code: 'E_LXR_SLOT' })
  t.throws(() => createHasher(map, 0.5), { code: 'E_LXR_SLOT' })
  for (const lanes of [0, 4, 12, 1 << 20, 8.5]) {
    t.throws(() => createHasher(map, 0, { lanes }), { code: 'E_LXR_INPUT' }, `${lanes} lanes`)
  }
  const hasher = createHasher(map, 0)
  t.throws(() => hasher.search(1n, 1, 0n, nothing), { code: 'E_LXR_INPUT' }, 'no record yet')
  t.throws(() => hasher.load(new Uint8Array(32), new Uint8Array(300)), { code: 'E_LXR_INPUT' })
  hasher.load(new Uint8Array(32), new Uint8Array(2))
  t.throws(() => hasher.search(0n, 1, 0n, nothing), { code: 'E_LXR_INPUT' }, 'counter 0')
  t.throws(() => hasher.search((1n << 64n) - 1n, 2, 0n, nothing), { code: 'E_LXR_INPUT' }, 'beyond 64 bits')
  t.throws(() => hasher.search(1n, 1.5, 0n, nothing), { code: 'E_LXR_INPUT' }, 'half a nonce')
  const short = createHasher(await openByteMap(SMALL[3] as LxrParams, { dir, slots: 1 }), 0)
  t.throws(() => short.difficulty(new Uint8Array(32), new Uint8Array(1)), { code: 'E_LXR_PARAMS' })
})

t.test('counters and parameters', (t) => {
  t.same(counterBytes(1n), [1])
  t.same(counterBytes(255n), [255])
  t.same(counterBytes(256n), [1, 0])
  t.same(counterBytes((1n << 64n) - 1n), [255, 255, 255, 255, 255, 255, 255, 255])
  for (const counter of [0n, -1n, 1n << 64n]) t.throws(() => counterBytes(counter), { code: 'E_LXR_INPUT' })

  t.equal(lxrParams({ hashBits: 260 }).hashBits, 264, 'hash bits are rounded up to bytes')
  const bad = [{ bits: 7 }, { bits: 32 }, { bits: 8.5 }, { passes: 0 }, { hashBits: 7 }, { hashBits: 513 }]
  for (const given of [...bad, { seed: -1n }, { seed: 1n << 64n }]) {
    t.throws(() => lxrParams(given), { code: 'E_LXR_PARAMS', kind: 'usage' })
  }
  t.match(byteMapFile(lxrParams(), '/d'), /^.d.lxrhash-seed-fafaececfafaecec-passes-5-size-30\.dat$/)
  t.match(byteMapFile(lxrParams({ seed: 0x0123n, bits: 9, passes: 1 }), '/d'), /seed-123-passes-1-size-9/)
  t.match(byteMapFile(lxrParams({ seed: 0n }), '/d'), /seed-0-passes/)
  t.end()
})
