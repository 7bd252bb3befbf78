/** The native kernel: the same results as the portable ones, when it is chosen, and what a fault of it leads to. */
import { deepStrictEqual } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import t from 'tap'
import { chooseKernel, compareSpeed, nativeFault, type ChooseOptions } from '../choose.js'
import {
  createHasher,
  lxrParams,
  openByteMap,
  portableHasher,
  sharedByteMap,
  type Hasher,
  type HasherOptions,
} from '../index.js'
import { openNativeMarker, type NativeMarker } from './marker.js'
import { loadNative, type Native } from './calls.js'
import { NATIVE_HERE, type NativeSystem } from './open.js'

const here = process.platform === 'linux' && process.arch === 'x64' && 'executable' in loadNative()
const skip = !here && 'no machine code here'
const dir = t.testdir()
const small = await openByteMap(lxrParams({ bits: 10 }), { dir, slots: 4 })
/** Too large for the kernel that is made for caches. */
const large = await openByteMap(lxrParams({ bits: 21, passes: 1 }), { dir, slots: 2 })

const KERNELS: readonly HasherOptions[] = [
  { kernel: 'native', prefetch: 'nta' },
  { kernel: 'native', prefetch: 't1' },
  { kernel: 'simd' },
  { kernel: 'scalar' },
]

function searched(hasher: Hasher, { oprHash, prefix, start, count, floor }: Range): bigint[][] {
  const found: bigint[][] = []
  hasher.load(oprHash, prefix)
  hasher.searchWhile(
    { start, count, floor },
    (counter, difficulty) => found.push([counter, difficulty]),
    () => true,
  )
  return found
}

interface Range {
  readonly oprHash: Uint8Array
  readonly prefix: Uint8Array
  readonly start: bigint
  readonly count: number
  readonly floor: bigint
}

t.test('random prefixes, lengths, lanes and floors: all kernels find the same', { skip }, (t) => {
  const lanes = fc.integer({ min: 1, max: 64 }).map((groups) => groups * 8)
  const range = fc.record({
    oprHash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    prefix: fc.uint8Array({ maxLength: 200 }),
    start: fc.oneof(fc.bigInt({ min: 1n, max: 70_000n }), fc.bigInt({ min: 1n, max: (1n << 64n) - 200n })),
    count: fc.integer({ min: 0, max: 150 }),
    floor: fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })),
  })
  const property = fc.property(range, fc.array(lanes, { minLength: 4, maxLength: 4 }), (given, widths) => {
    const [first, ...others] = KERNELS.map((kernel, k) =>
      searched(createHasher(small, k, { ...kernel, lanes: widths[k] as number }), given),
    )
    for (const other of others) deepStrictEqual(other, first)
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 300, seed: 16 }))
  t.end()
})

/** The system as it is, but for what is replaced. */
const systemWith = (replaced: Partial<Native>, more: Partial<NativeSystem> = {}): NativeSystem => ({
  ...NATIVE_HERE,
  native: () => {
    const native = loadNative()
    return 'reason' in native ? native : { ...native, ...replaced }
  },
  ...more,
})

t.test('chosen where it is faster, and it is said why not elsewhere', { skip }, (t) => {
  const fast: ChooseOptions = { compare: () => ({ prefetch: 't1', gain: 1.31 }) }
  const slow: ChooseOptions = { compare: () => ({ prefetch: 'nta', gain: 1.01 }) }
  t.match(chooseKernel(large, 'auto', fast), {
    kernel: 'native',
    prefetch: 't1',
    why: '1.31 times the speed of SIMD here',
  })
  t.match(chooseKernel(large, 'auto', slow), { kernel: 'simd', why: /native kernel reaches 1\.01 times/ })
  t.match(chooseKernel(large, 'native', slow), { kernel: 'native', why: /asked/ }, 'asked for is asked for')
  t.match(chooseKernel(large, 'simd'), { kernel: 'simd', why: /asked/ })
  t.match(chooseKernel(large, 'scalar'), { kernel: 'scalar', why: /asked/ })
  t.match(chooseKernel(small, 'auto'), { kernel: 'simd', why: /fits the processor's cache/ })
  const never: ChooseOptions = {
    compare: () => {
      throw new Error('nothing is fetched in advance from what fits the cache')
    },
  }
  t.match(chooseKernel(small, 'native', never), { kernel: 'native', why: /asked/ }, 'at once')
  const scalar = { ...large, kernel: 'scalar', vectors: false } as const
  t.match(chooseKernel(scalar, 'simd'), { kernel: 'scalar', why: /no SIMD here/ })

  const missing = systemWith({}, { native: () => ({ missing: true, reason: 'Cannot find module' }) })
  const broken = systemWith({}, { native: () => ({ missing: false, reason: 'wrong ELF class' }) })
  const forbidden = systemWith({
    executable: () => {
      throw new Error('executable memory is forbidden (error 13)')
    },
  })
  const idle = systemWith({ executable: () => () => undefined })
  for (const [system, why] of [
    [
      missing,
      /1\.3 to 1\.9 times as fast on most machines: the optional package koffi is not installed; `npm install koffi`/,
    ],
    [broken, /koffi does not work here \(wrong ELF class\)/],
    [forbidden, /executable memory is forbidden/],
    [idle, /another difficulty than the portable one/],
    [systemWith({}, { arch: 'arm64' }), /not for linux on arm64/],
    [systemWith({}, { platform: 'darwin' }), /not for darwin/],
  ] as const) {
    for (const wanted of ['auto', 'native'] as const) {
      t.match(chooseKernel(large, wanted, { ...fast, system }), { kernel: 'simd', why }, `${wanted}: ${why}`)
    }
    t.match(nativeFault(large, 1, { system }), new RegExp(why.source.replace(/.*machines: /, '')))
  }
  t.throws(() => createHasher(large, 0, { kernel: 'native', system: missing }), { code: 'E_LXR_NATIVE' })
  t.equal(nativeFault(large, 1), null)
  t.end()
})

t.test('a comparison takes all kernels and ends soon', { skip }, (t) => {
  const { prefetch, gain } = compareSpeed(large)
  t.ok(['nta', 't1'].includes(prefetch))
  t.ok(gain > 0.05 && gain < 20, `${gain}`)
  t.end()
})

t.test('opened for the native kernel, all hashers use it', { skip }, async (t) => {
  const map = await openByteMap(lxrParams({ bits: 10 }), { dir, slots: 1, kernel: 'native' })
  t.equal(createHasher(map, 0).kernel, 'native')
  t.equal(createHasher(map, 0).lanes, 80)
  const few = await openByteMap(lxrParams({ bits: 10 }), { dir, slots: 1, kernel: 'native', lanes: 32 })
  t.equal(createHasher(sharedByteMap(few), 0).lanes, 32, 'with the lanes that were asked for')
  t.equal(portableHasher(few, 0).lanes, 128, 'which another kernel does not take')
  await t.rejects(openByteMap(lxrParams({ bits: 10 }), { dir, slots: 1, lanes: 12 }), { code: 'E_LXR_INPUT' })
  t.match(map.chosen, { kernel: 'native' })
})

t.test('the marker', (t) => {
  const folder = t.testdir()
  const file = join(folder, 'native-kernel.json')
  const first = openNativeMarker(folder, 'boot 1')
  t.equal(first.fault, null)
  t.ok(first.set())
  const written = JSON.parse(readFileSync(file, 'utf8')) as { started: string; pid: number }
  t.equal(written.pid, process.pid)
  t.equal(openNativeMarker(folder, 'boot 2').fault, null, 'switched off meanwhile')
  t.notOk(existsSync(file))
  first.set()
  t.equal(openNativeMarker(folder, 'boot 1').fault?.slice(0, 16), written.started.slice(0, 16), 'a fault')
  t.equal(openNativeMarker(folder, 'boot 1').fault, null, 'and the next run tries again')
  for (const text of ['', '{"boot":"boot 1"', '[]', '7', '{"boot":"boot 1","started":"x"}']) {
    writeFileSync(file, text)
    t.equal(openNativeMarker(folder, 'boot 1').fault, null, `half a marker: ${text}`)
  }
  writeFileSync(file, JSON.stringify({ boot: 'boot 1', pid: process.ppid, started: 'now' }))
  t.equal(openNativeMarker(folder, 'boot 1').fault, null, 'another process that still runs')
  t.ok(existsSync(file), 'keeps its marker')
  first.set()
  first.clear()
  t.notOk(existsSync(file))
  t.notOk(openNativeMarker(join(folder, 'none')).set(), 'a folder that is not there')
  t.end()
})

t.test('an unmarked folder and a fault: what is chosen', { skip }, (t) => {
  const folder = t.testdir()
  const file = join(folder, 'native-kernel.json')
  const fast = { compare: () => ({ prefetch: 'nta', gain: 2 }) as const }
  const marker = openNativeMarker(folder)
  t.match(chooseKernel(large, 'auto', { ...fast, marker }), { kernel: 'native' })
  t.ok(existsSync(file), 'it stands while the kernel is in use')
  const after = openNativeMarker(folder)
  t.match(chooseKernel(large, 'auto', { ...fast, marker: after }), {
    kernel: 'simd',
    why: /ended by a fault or was killed; the next run tries it again/,
  })
  t.match(chooseKernel(large, 'native', { ...fast, marker: after }), { kernel: 'native' }, 'asked for')
  after.clear()
  for (const options of [
    { compare: () => ({ prefetch: 'nta', gain: 0.9 }) as const },
    { system: systemWith({}, { arch: 'arm' }) },
  ]) {
    chooseKernel(large, 'auto', { ...fast, ...options, marker: openNativeMarker(folder) })
    t.notOk(existsSync(file), 'none for a kernel that is not taken')
  }
  t.end()
})

t.test(
  'killed after its first minutes, the native kernel goes on; the second time in a row it does not',
  async (t) => {
    const folder = t.testdir()
    const file = join(folder, 'native-kernel.json')
    const proven = async (marker: NativeMarker): Promise<void> => {
      t.ok(marker.set())
      while (!/"proven":true/.test(readFileSync(file, 'utf8'))) await once()
    }
    const once = () => new Promise((resolve) => setImmediate(resolve))
    const first = openNativeMarker(folder, 'boot', 1)
    await proven(first)
    const second = openNativeMarker(folder, 'boot', 1)
    t.equal(second.fault, null, 'killed, most likely')
    await proven(second)
    const third = openNativeMarker(folder, 'boot', 1)
    t.match(third.fault, /^\d{4}-/, 'twice in a row')
    const fourth = openNativeMarker(folder, 'boot', 1)
    t.equal(fourth.fault, null, 'tried again')
    await proven(fourth)
    t.equal(openNativeMarker(folder, 'boot').fault, null, 'counted from there')
    const fifth = openNativeMarker(folder, 'boot', 1)
    await proven(fifth)
    fifth.clear()
    const sixth = openNativeMarker(folder, 'boot', 1)
    await proven(sixth)
    t.equal(openNativeMarker(folder, 'boot').fault, null, 'an orderly end between two')
    t.notOk(existsSync(file))
  },
)

t.test('a folder that cannot be written', { skip }, (t) => {
  const folder = t.testdir()
  const fast = { compare: () => ({ prefetch: 'nta', gain: 2 }) as const }
  const nowhere = openNativeMarker(join(folder, 'none'))
  t.match(chooseKernel(large, 'auto', { ...fast, marker: nowhere }), {
    kernel: 'simd',
    why: /cannot be written/,
  })
  t.end()
})

t.test(
  'a true fault in machine code ends the process; the marker is left, and taken away at an orderly end',
  { skip },
  (t) => {
    const folder = t.testdir()
    const child = fileURLToPath(new URL('./fixtures/fault-child.ts', import.meta.url))
    const run = (how: string) =>
      spawnSync(process.execPath, ['--import', '#typescript', child, folder, dir, how], { encoding: 'utf8' })
    const fault = run('fault')
    t.ok(['SIGSEGV', 'SIGBUS', 'SIGILL'].includes(fault.signal ?? ''), `${fault.signal} ${fault.stderr}`)
    t.match(run('end').stdout, /^simd .*ended by a fault or was killed/)
    t.match(run('end').stdout, /^native/)
    t.match(run('throw').stdout, /^native/, 'an error of ours is an orderly end')
    t.match(run('end').stdout, /^native/)
    t.end()
  },
)

t.test(
  'without koffi, and where the system refuses executable memory: WebAssembly, and why',
  { skip },
  (t) => {
    const child = fileURLToPath(new URL('./fixtures/without-child.ts', import.meta.url))
    const run = (how: string) => {
      const { stdout, stderr } = spawnSync(process.execPath, ['--import', '#typescript', child, dir, how], {
        encoding: 'utf8',
      })
      const [kernel, hash, ...why] = stdout.trim().split(' ')
      return { kernel, hash, why: why.join(' '), stderr }
    }
    const [usual, hidden, forbidden] = ['', 'hidden', 'forbidden'].map(run)
    t.match(usual, { kernel: 'native', why: /times the speed of/ })
    t.match(hidden, {
      kernel: /^(simd|scalar)$/,
      hash: usual?.hash,
      why: /koffi is not installed; `npm install koffi`/,
    })
    t.match(forbidden, {
      kernel: /^(simd|scalar)$/,
      hash: usual?.hash,
      why: /executable memory is forbidden \(error 13\)/,
    })
    t.end()
  },
)
