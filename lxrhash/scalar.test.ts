/** The kernel for processors without vectors: chosen when it must be, and the same results. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import {
  createHasher,
  lxrParams,
  openByteMap,
  sharedByteMap,
  type Hasher,
  type OpenByteMap,
} from './index.js'
import { VECTOR_SETS, type VectorSet } from './fixtures/vectors.js'
import { kernelHere } from './kernel.js'

const SETS = VECTOR_SETS.filter(({ mapSizeBits }) => mapSizeBits <= 12)

/** Built without vectors. */
const dir = t.testdir()
async function openScalar(set: VectorSet): Promise<OpenByteMap> {
  const { seed, mapSizeBits: bits, passes, hashBits } = set
  return withoutVectors(() =>
    openByteMap(lxrParams({ seed: BigInt(`0x${seed}`), bits, passes, hashBits }), { dir, slots: 2 }),
  )
}

/** As on a processor that has none. */
async function withoutVectors<T>(work: () => T | Promise<T>): Promise<T> {
  const { validate } = WebAssembly
  WebAssembly.validate = () => false
  try {
    return await work()
  } finally {
    WebAssembly.validate = validate
  }
}

t.test('chosen when it must be', async (t) => {
  t.equal(kernelHere(), 'simd', 'this processor has vectors')
  t.equal(await withoutVectors(kernelHere), 'scalar')
})

t.test('it loads where the other does not', { skip: process.arch !== 'x64' }, (t) => {
  const script = `
    const valid = (name) => WebAssembly.validate(require('node:fs').readFileSync(name))
    console.log(process.argv.slice(1).map(valid).join())`
  const names = ['./kernel.wasm', './kernel-scalar.wasm'].map((name) =>
    fileURLToPath(new URL(name, import.meta.url)),
  )
  const validIn = (...flags: string[]): string =>
    spawnSync(process.execPath, [...flags, '-e', script, ...names])
      .stdout.toString()
      .trim()
  t.equal(validIn(), 'true,true')
  t.equal(validIn('--no-enable-sse4-1'), 'false,true')
  t.end()
})

t.test('the same vectors', async (t) => {
  for (const set of SETS) {
    const map = await openScalar(set)
    t.equal(map.kernel, 'scalar')
    t.equal(map.sha256, set.byteMapSha256)
    const hasher = createHasher(map, 0)
    t.equal(hasher.kernel, 'scalar')
    const wrong = set.vectors.filter(
      ({ input, hash }) =>
        Buffer.from(hasher.hash(Uint8Array.from(Buffer.from(input, 'hex')))).toString('hex') !== hash,
    )
    t.same(wrong, [], `${set.vectors.length} hashes of ${set.mapSizeBits} bits`)
  }
})

/** Every difficulty of a range, asked for in two ways. */
function searched(hasher: Hasher, start: bigint, count: number): bigint[] {
  const found: bigint[] = []
  hasher.load(new Uint8Array(32).fill(9), Uint8Array.of(1, 2))
  hasher.search(start, count, 0n, (_, difficulty) => found.push(difficulty))
  let left = 0
  hasher.searchWhile(
    { start, count, floor: 0n },
    () => left++,
    () => true,
  )
  return left === found.length ? found : []
}

t.test('the same search', async (t) => {
  const set = SETS.find(({ hashBits }) => hashBits === 256) as VectorSet
  const scalar = await openScalar(set)
  const simd = await openByteMap(scalar.params, { dir, slots: 2 })
  t.equal(simd.kernel, 'simd')
  for (const lanes of [16, 64, 128]) {
    const hashers = [
      createHasher(simd, 0, { lanes }),
      createHasher(simd, 1, { lanes, kernel: 'scalar' }),
      createHasher(sharedByteMap(scalar), 0, { lanes }),
    ]
    t.same(
      hashers.map(({ kernel }) => kernel),
      ['simd', 'scalar', 'scalar'],
    )
    for (const start of [1n, 65_500n]) {
      const [first, ...others] = hashers.map((hasher) => searched(hasher, start, 300))
      t.equal(first?.length, 300)
      for (const other of others) t.same(other, first, `${lanes} lanes, from ${start}`)
    }
  }
  t.throws(() => createHasher(scalar, 0, { kernel: 'simd' }), { code: 'E_LXR_INPUT' })
})
