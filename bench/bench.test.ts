/** Short measurements for their form; the figures themselves are the machine's. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createRequire } from 'node:module'
import t from 'tap'
import { median } from '../base/index.js'
import { createHasher, portableHasher, lxrParams, openByteMap, type Hasher } from '../lxrhash/index.js'
import type { BenchCell, CellPlan } from './cells.js'
import { CHECKSUM_RECORD, checksumOf, checksumOk, checksumText, mix, NONCES, partOf } from './checksum.js'
import { createGauge } from './gauge.js'
import {
  cellSeconds,
  createTable,
  defaultSizes,
  FORMAT,
  kiloText,
  openFolder,
  planCells,
  readReport,
  runBench,
  runStress,
  tune,
  writeReport,
  type BenchReport,
} from './index.js'
import { cachesOf, machineFacts } from './machine.js'
import { bytesText, machineLines } from './markdown.js'
import { groupByMap, threadCounts } from './plan.js'
import { linesOf } from './plots.js'
import { startProduct } from './product.js'
import { MEASURED_SHAPE, readsPerHash } from './reads.js'
import { cellLike } from './report.js'
import { stressRound } from './stress.js'
import { powerText, ratioText, sizeText } from './table.js'
import { bestOf, tuneSeconds } from './tune.js'
import '../test/fixtures/gently.js'
import { matchExactly } from '../test/fixtures/match-exactly.js'
import { until } from '../test/fixtures/until.js'

function nativeHere(): boolean {
  try {
    createRequire(import.meta.url).resolve('koffi')
    return true
  } catch {
    return false
  }
}

const PLAN: CellPlan = { bits: 8, threads: 1, lanes: 'auto', kernel: 'auto', pages: 'huge' }
const CELL: BenchCell = {
  ...PLAN,
  lanes: 128,
  kernel: 'simd',
  hashesPerSecond: 50_000,
  min: 48_000,
  max: 51_000,
  samples: [48_000, 50_000, 51_000],
  bareHashesPerSecond: 50_500,
  bareSamples: [50_400, 50_500, 50_600],
  readsPerSecond: 85_250_000,
  gatherLimit: 100_000_000,
  gatherSamples: [99e6, 100e6, 101e6],
  hugePages: 0.996,
  checksum: '00c0ffee00c0ffee',
  checksumOk: true,
}
const REPORT: BenchReport = {
  format: FORMAT,
  version: '1.2.3',
  started: '2026-11-24T01:02:03.000Z',
  minutes: 1.5,
  planned: 4,
  seconds: 3,
  repeat: 3,
  machine: {
    cpu: 'Fast & <Cheap>',
    cores: 2,
    memory: 8 * 2 ** 30,
    caches: [
      { level: 1, bytes: 32 * 2 ** 10, sharedBy: 1 },
      { level: 3, bytes: 32 * 2 ** 20, sharedBy: 2 },
    ],
    system: 'linux 6.1 x64',
    hugePagesMode: 'madvise',
    node: '20.18.0',
    v8: '11.3',
    load: 0.1,
  },
  cells: [
    { ...CELL, bits: 24, hashesPerSecond: 200_000, min: 190_000, max: 205_000 },
    { ...CELL, bits: 30 },
    { ...CELL, bits: 30, threads: 2, hashesPerSecond: 98_000 },
  ],
}

t.test('measures each cell of a plan', async (t) => {
  const cells: BenchCell[] = []
  const phases = new Set<string>()
  const plan = planCells(
    { bits: [9, 8], threads: [2], lanes: ['auto', 16], kernels: ['auto'], pages: ['huge'] },
    2,
  )
  const result = await runBench({
    cells: plan,
    seconds: 0.02,
    repeat: 3,
    warmUp: 0.01,
    dir: t.testdir(),
    onCell: (cell) => void cells.push(cell),
    onByteMap: (bits, { phase }) => phases.add(`${bits} ${phase}`),
  })
  t.equal(result.interrupted, false)
  t.same(result.cells, cells, 'told one by one')
  t.same(
    cells.map(({ bits, threads, lanes }) => [bits, threads, lanes === 16]),
    [8, 9].flatMap((bits) => [
      [bits, 2, false],
      [bits, 2, true],
    ]),
  )
  t.ok(phases.has('8 build') && phases.has('9 save'))
  for (const cell of cells) {
    const { samples, hashesPerSecond, min, max, gatherLimit, gatherSamples, bareSamples } = cell
    t.equal(samples.length, 3)
    t.equal(gatherSamples.length, 3)
    t.equal(bareSamples.length, 3)
    t.ok(Number.isFinite(gatherLimit))
    t.ok(min <= hashesPerSecond && hashesPerSecond <= max)
    t.ok(samples.includes(hashesPerSecond), 'an odd number of samples has a middle one')
    t.equal(cell.readsPerSecond, hashesPerSecond * 1705)
    t.equal(
      cell.checksumOk,
      true,
      `checksum of ${cell.bits} bits, ${cell.threads} threads, ${cell.lanes} lanes`,
    )
  }
})

t.test('kernels', async (t) => {
  const plan = planCells(
    { bits: [8], threads: [1], lanes: ['auto'], kernels: ['auto', 'scalar'], pages: ['small'] },
    1,
  )
  const { cells } = await runBench({ cells: plan, seconds: 0.02, repeat: 1, warmUp: 0.01, dir: t.testdir() })
  matchExactly(t, cells, [{ checksumOk: true }, { kernel: 'scalar', pages: 'small', checksumOk: true }])
  t.not(cells[0]?.kernel, 'auto', 'what it was')
})

t.test('kernels are measured in turns', async (t) => {
  const plan = planCells(
    { bits: [8], threads: [1, 2], lanes: ['auto'], kernels: ['simd', 'scalar'], pages: ['small'] },
    2,
  )
  const order: string[] = []
  const { cells } = await runBench({
    ...{ cells: plan, seconds: 0.02, repeat: 2, warmUp: 0.01, dir: t.testdir() },
    onStart: ({ threads, kernel }) => order.push(`${threads} ${kernel}`),
  })
  t.same(
    order,
    [1, 2].flatMap((threads) => [0, 1].flatMap(() => [`${threads} simd`, `${threads} scalar`])),
  )
  t.same(
    cells.map(({ threads, kernel, samples }) => [threads, kernel, samples.length]),
    [1, 2].flatMap((threads) => ['simd', 'scalar'].map((kernel) => [threads, kernel, 2])),
  )
})

const here = process.platform === 'linux' && process.arch === 'x64' && nativeHere()

t.test('the native kernel among them', { skip: !here && 'no machine code here' }, async (t) => {
  const plan = planCells(
    { bits: [8], threads: [2], lanes: ['auto'], kernels: ['native', 'simd'], pages: ['small'] },
    2,
  )
  const { cells } = await runBench({ cells: plan, seconds: 0.02, repeat: 1, warmUp: 0.01, dir: t.testdir() })
  matchExactly(t, cells, [
    { kernel: 'native', lanes: 80, checksumOk: true },
    { kernel: 'simd', checksumOk: true },
  ])
})

t.test('keeps what is finished when it is interrupted', async (t) => {
  const interrupt = new AbortController()
  const result = await runBench({
    cells: [PLAN, PLAN],
    seconds: 0.02,
    repeat: 1,
    warmUp: 0.01,
    dir: t.testdir(),
    signal: interrupt.signal,
    onCell: () => interrupt.abort(),
  })
  t.equal(result.interrupted, true)
  t.equal(result.cells.length, 1)
  const midway = new AbortController()
  const none = await runBench({
    cells: [PLAN],
    seconds: 3600,
    repeat: 1,
    dir: t.testdir(),
    signal: midway.signal,
    onStart: () => setImmediate(() => midway.abort()),
  })
  t.same(none, { cells: [], interrupted: true })
})

t.test('a ByteMap that cannot be opened is an error of that room', async (t) => {
  const rest = { seconds: 0.01, repeat: 1, dir: t.testdir() }
  await t.rejects(runBench({ ...rest, cells: [{ ...PLAN, bits: 7 }] }), { code: 'E_LXR_PARAMS' })
  mkdirSync(`${rest.dir}/lxrhash-seed-fafaececfafaecec-passes-5-size-10.dat`)
  await t.rejects(runBench({ ...rest, cells: [{ ...PLAN, bits: 10 }] }), { code: 'E_LXR_FILE_READ' })
})

t.test('checksum', async (t) => {
  const params = lxrParams({ bits: 8 })
  const hasher = createHasher(await openByteMap(params, { dir: t.testdir(), slots: 1 }), 0)
  let second = 0n
  for (let counter = 1; counter <= NONCES; counter++) {
    const nonce = counter < 256 ? [counter] : [counter >> 8, counter & 0xff]
    second ^= mix(BigInt(counter), hasher.difficulty(CHECKSUM_RECORD, Uint8Array.from(nonce)))
  }
  t.equal(checksumOk(8, checksumText(second)), true, 'one nonce at a time')
  t.equal(checksumOk(8, checksumText(second ^ 1n)), false)
  t.equal(checksumOk(31, checksumText(second)), null, 'no reference')
  hasher.load(CHECKSUM_RECORD, new Uint8Array())
  for (const threads of [1, 3, 7]) {
    const parts = Array.from({ length: threads }, (_, slot) => partOf(slot, threads))
    t.equal(
      parts.reduce((sum, { count }) => sum + count, 0),
      NONCES,
    )
    t.equal(
      parts.reduce((sum, { from, count }) => sum ^ checksumOf(hasher, from, count), 0n),
      second,
      `${threads} threads`,
    )
  }
  t.equal(checksumText(1n), '0000000000000001')
})

t.test('the stress test finds what is wrong', async (t) => {
  const byteMap = await openByteMap(lxrParams({ bits: 8 }), { dir: t.testdir(), slots: 1 })
  const sound = createHasher(byteMap, 0)
  const errorsOf = (hasher: Hasher, round: number) => stressRound(hasher, { bits: 8, slot: 0, round }).errors
  for (const round of [0, 1, 2, 3, 4]) t.equal(errorsOf(sound, round), 0, `round ${round}`)
  t.equal(stressRound(sound, { bits: 31, slot: 0, round: 0 }).errors, 0, 'without a reference')
  let searches = 0
  const flips: Hasher = {
    ...sound,
    search: (start, count, floor, report) =>
      sound.search(start, count, floor, (counter, difficulty) =>
        report(counter, counter === 77n && searches++ === 0 ? difficulty ^ 1n : difficulty),
      ),
  }
  t.equal(errorsOf(flips, 0), 1, 'one bit of one of 4,096 nonces')
  searches = 0
  t.equal(errorsOf(flips, 1), 1, 'differs from its repetition')
  const alone: Hasher = { ...sound, difficulty: (hash, nonce) => sound.difficulty(hash, nonce) + 1n }
  t.equal(errorsOf(alone, 1), 1, 'differs from the single hash')

  const stop = new AbortController()
  const reports: number[] = []
  const last = await runStress({
    plan: { ...PLAN, threads: 2 },
    dir: t.testdir(),
    signal: stop.signal,
    reportSeconds: 0.01,
    onReport: ({ threads }) => {
      reports.push(threads.length)
      if (threads.every(({ rounds }) => rounds > 1)) stop.abort()
    },
  })
  t.equal(last.errors, 0)
  t.ok(last.hashesPerSecond > 0)
  t.same(new Set(reports), new Set([2]))
})

t.test('tuning', async (t) => {
  const timing = { seconds: 0.01, repeat: 1, warmUp: 0.01 }
  const tried: string[] = []
  const { best, trials, verdict, interrupted } = await tune({
    bits: 8,
    cores: 1,
    load: 0,
    kernel: 'auto',
    timing,
    rounds: 2,
    dir: t.testdir(),
    onTrial: ({ threads, kernel, lanes }) => tried.push(`${threads} ${kernel} ${lanes}`),
  })
  t.equal(interrupted, false)
  t.equal(trials.length, tried.length)
  t.equal(new Set(tried).size, tried.length, 'nothing is tried twice')
  const map = await openByteMap(lxrParams({ bits: 8 }), { dir: t.testdir(), slots: 2, kernel: 'native' })
  for (const kernel of new Set([map.kernel, portableHasher(map, 0).kernel])) {
    const ways = trials.filter((trial) => trial.kernel === kernel && trial.threads === 1)
    t.ok(ways.length > 1, `${kernel} with more than one number of lanes`)
    const usual = createHasher(map, 1, { kernel }).lanes
    t.ok(
      ways.some(({ lanes }) => lanes === usual),
      'those that a miner takes among them',
    )
  }
  t.equal(trials.filter(({ kernel, lanes }) => kernel === best?.kernel && lanes === best.lanes).length, 3)
  const enough = new AbortController()
  const kernels: string[] = []
  await tune({
    ...{ bits: 8, cores: 1, load: 0, kernel: 'scalar', timing, dir: t.testdir(), signal: enough.signal },
    // Three numbers of lanes, and then one of another number of threads.
    onTrial: ({ kernel }) => kernels.push(kernel) === 4 && enough.abort(),
  })
  t.same(kernels, ['scalar', 'scalar', 'scalar', 'scalar'], 'the kernel that was asked for')
  t.equal(verdict?.ratings.length, 3, 'the best are measured again')
  t.ok(trials.some(({ threads }) => threads === 3))
  t.ok(best !== null && best.lanes % 8 === 0)
  const stop = new AbortController()
  const cut = await tune({
    bits: 8,
    cores: 1,
    load: 0,
    kernel: 'scalar',
    timing,
    dir: t.testdir(),
    signal: stop.signal,
    onTrial: () => stop.abort(),
  })
  t.equal(cut.interrupted, true)
  t.equal(cut.verdict, null, 'nothing is recommended')
  t.equal(cut.trials.length, 1)
  t.ok(tuneSeconds(2) < 170, 'under 3 minutes')
  t.ok(tuneSeconds(128) < 170, 'also on large machines')
  const trial = (threads: number, lanes: number, hashesPerSecond: number) =>
    ({ threads, lanes, kernel: 'simd', hashesPerSecond }) as const
  t.equal(bestOf([]), null)
  t.same(
    bestOf([trial(4, 64, 1000), trial(2, 64, 995), trial(2, 32, 993), trial(1, 32, 600)]),
    trial(2, 32, 993),
  )
})

t.test('which cells', (t) => {
  t.same(threadCounts(1), [1, 2, 3])
  t.same(threadCounts(2), [1, 2, 3, 4])
  t.same(threadCounts(24), [1, 2, 4, 8, 16, 24, 25, 26])
  const axes = { lanes: ['auto'], kernels: ['simd'], pages: ['huge', 'small'] } as const
  const plan = planCells({ ...axes, bits: [24, 20, 20], threads: undefined }, 2)
  t.same(
    plan.map(({ bits, pages, threads }) => `${bits} ${pages} ${threads}`),
    [
      ...['20 huge 1', '20 huge 2', '20 small 1', '20 small 2'],
      ...[1, 2, 3, 4].map((n) => `24 huge ${n}`),
      ...[1, 2, 3, 4].map((n) => `24 small ${n}`),
    ],
  )
  t.same(
    groupByMap(plan).map((group) => group.length),
    [2, 2, 4, 4],
  )
  t.ok(cellSeconds({ seconds: 3, repeat: 3 }) * 14 < 300, 'the default takes less than five minutes')

  const maps = [20, 26, 28, 30].map((bits) => ({ bits, exists: bits === 30 }))
  const fresh = defaultSizes(maps, 2 ** 31)
  t.same(fresh.bits, [20, 26, 30])
  matchExactly(t, fresh.skipped, [{ bits: 28, command: 'pegminer bytemap build --bits 28' }])
  matchExactly(
    t,
    defaultSizes(maps, 2 ** 30).skipped,
    [{ bits: 28 }, { bits: 30, command: null }],
    'too little memory',
  )
  t.equal(readsPerHash({ input: 36, shared: 0, hash: 32, output: 32 }), 1800)
  t.equal(readsPerHash(MEASURED_SHAPE), 1705)
  t.end()
})

t.test('text', (t) => {
  t.equal(median([3, 1, 2]), 2)
  t.equal(median([4, 1, 2, 3]), 2.5)
  t.same([3104, 52_714, 371_240, 1_204_000, 99_996, 999_960].map(kiloText), [
    '3.104',
    '52.71',
    '371.2',
    '1,204',
    '100.0',
    '1,000',
  ])
  t.same([8, 20, 31].map(sizeText), ['256 B', '1 MiB', '2 GiB'])
  t.equal(powerText(30), '2³⁰')
  t.same([1000, 2 ** 15, 1.5 * 2 ** 30].map(bytesText), ['1000 B', '32 KiB', '1.5 GiB'])
  const earlier = [{ ...CELL, bits: 30, hashesPerSecond: 40_000 }]
  const cells = [
    { ...CELL, checksumOk: false },
    { ...CELL, bits: 30, checksumOk: null },
  ]
  const table = createTable(cells, earlier)
  t.same([table.head, ...cells.map(table.row)].map(table.line), [
    'ByteMap     size  threads     kH/s     bare  spread   limit  of it   huge  check   ratio',
    '    2^8    256 B        1    50.00    50.50   ±3.0%   100.0   85 %  100 %  WRONG       –',
    '   2^30    1 GiB        1    50.00    50.50   ±3.0%   100.0   85 %  100 %      ?  1.25 ×',
  ])
  t.ok(table.line(createTable(cells).head).length <= 80, 'fits a usual terminal')
  const mixed = createTable([PLAN, { ...PLAN, lanes: 16 }, { ...PLAN, kernel: 'scalar' }])
  t.ok(mixed.head.includes('lanes') && mixed.head.includes('kernel'))
  matchExactly(t, createTable([PLAN]).row({ ...CELL, bits: 20, hugePages: 0 }), [
    '2^20',
    '1 MiB',
    '1',
    /./,
    /./,
    /./,
    /./,
    /./,
    '–',
    'ok',
  ])
  t.equal(cellLike({ ...CELL, bits: 30, lanes: 64 }, earlier), earlier[0], 'the only one, with other lanes')
  t.equal(
    cellLike({ ...CELL, bits: 30, lanes: 64 }, [...earlier, { ...CELL, bits: 30, lanes: 32 }]),
    undefined,
  )
  t.equal(ratioText({ ...CELL, bits: 30, threads: 2 }, earlier), '–')
  matchExactly(t, machineLines({ ...REPORT.machine, cores: 1, caches: [], hugePagesMode: null }), [
    'Fast & <Cheap>, 1 core, 8 GiB of memory',
    'caches: unknown',
    /none$/,
    /^Node\.js .*, load before \d/,
  ])
  t.end()
})

t.test('machine', (t) => {
  const cache = (type: string, level: string, size: string, list: string) => ({
    type: `${type}\n`,
    level,
    size,
    shared_cpu_list: list,
  })
  const dir = t.testdir({
    index0: cache('Data', '1', '32K', '0'),
    index1: cache('Instruction', '1', '32K', '0'),
    index2: cache('Unified', '3', '32M', '0-3,8'),
    index3: cache('Unified', '2', 'lots', '0'),
    uevent: '',
  })
  t.same(cachesOf(dir), [
    { level: 1, bytes: 2 ** 15, sharedBy: 1 },
    { level: 3, bytes: 2 ** 25, sharedBy: 5 },
  ])
  t.same(cachesOf(join(dir, 'nothing')), [])
  const facts = machineFacts({ cpu: 'C', cores: 3, memory: 5 })
  t.match(facts, { cpu: 'C', cores: 3, memory: 5, node: process.versions.node })
  t.notMatch(JSON.stringify(facts), /hostname/)
  t.end()
})

t.test('files', async (t) => {
  const dir = t.testdir()
  const folder = join(dir, 'deep', 'results')
  await openFolder(folder)
  const files = await writeReport(folder, REPORT)
  t.same(
    readdirSync(folder).sort(),
    ['bench.json', 'bench.md', 'by-size.svg', 'by-threads.svg'],
    'nothing else is left',
  )
  t.same(
    files.map((file) => existsSync(file)),
    [true, true, true, true],
  )
  t.same(JSON.parse(readFileSync(join(folder, 'bench.json'), 'utf8')), REPORT)

  const markdown = readFileSync(join(folder, 'bench.md'), 'utf8')
  t.match(markdown, /\| 2\^30 \| 1 GiB \| 2 \| 98\.00 \|/)
  t.match(markdown, /interrupted: 3 of 4/)
  t.match(markdown, /!\[.*\]\(by-size\.svg\)/)

  for (const [name, words] of [
    [
      'by-size.svg',
      ['Hashrate by ByteMap size', '16 MiB', '1 GiB', 'L3 cache', 'thousand hashes a second', '1 thread'],
    ],
    ['by-threads.svg', ['Hashrate by number of threads', '2³⁰ (1 GiB)', '2 cores', 'threads']],
  ] as const) {
    const svg = readFileSync(join(folder, name), 'utf8')
    for (const word of words) t.ok(svg.includes(word), `${name} says ${word}`)
    t.ok(svg.includes('Fast &amp; &lt;Cheap&gt;'), 'the machine, escaped')
    t.match(svg, /<style>@media \(prefers-color-scheme:dark\)/)
    t.notMatch(svg, /NaN|Infinity|undefined/)
  }

  const earlier = await readReport(join(folder, 'bench.json'))
  await writeReport(folder, { ...REPORT, cells: REPORT.cells.slice(1, 2) }, earlier)
  t.match(readFileSync(join(folder, 'bench.md'), 'utf8'), /\| 1\.00 × \|/)

  writeFileSync(join(dir, 'file'), '')
  await t.rejects(openFolder(join(dir, 'file')), { code: 'E_BENCH_OUT' })
  await t.rejects(writeReport(join(dir, 'gone'), REPORT), { code: 'E_BENCH_OUT' })
})

t.test('lines of the plots', (t) => {
  const cell = (bits: number, threads: number): BenchCell => ({ ...CELL, bits, threads })
  const names = (cells: BenchCell[]) =>
    linesOf(cells, 'bits', ({ threads }) => String(threads)).map(({ name }) => name)
  t.same(names([cell(20, 1), cell(30, 1), cell(30, 2)]), ['1'], 'a single point beside a line is left out')
  t.same(names([cell(30, 1), cell(30, 2)]), ['1', '2'], 'single points alone are not')
  t.same(names([cell(20, 1), { ...cell(20, 1), pages: 'small', lanes: 64 }]), [
    '1, huge pages',
    '1, small pages',
  ])
  t.same(names([cell(20, 1), { ...cell(20, 1), lanes: 64 }]), ['1, 128 lanes', '1, 64 lanes'])
  const sizes = [cell(20, 1), { ...cell(24, 1), lanes: 64 }, { ...cell(30, 1), lanes: 512 }]
  t.same(names(sizes), ['1'], 'each size with lanes of its own makes one line')
  t.equal(linesOf(sizes, 'bits', ({ threads }) => String(threads))[0]?.points.length, 3, 'of all its points')
  t.equal(names(Array.from({ length: 20 }, (_, k) => cell(20, k + 1))).length, 6)
  t.end()
})

t.test('an earlier report that is none', async (t) => {
  const dir = t.testdir({ folder: {} })
  const file = join(dir, 'bench.json')
  const cells = (value: unknown) => ({ ...REPORT, cells: value })
  const bad: unknown[] = [
    [],
    null,
    {},
    { ...REPORT, format: 'other' },
    { ...REPORT, machine: {} },
    cells({}),
    cells([1]),
    cells([{ ...CELL, bits: '20' }]),
    cells([{ ...CELL, threads: 0 }]),
    cells([{ ...CELL, kernel: 'gpu' }]),
    cells([{ ...CELL, hashesPerSecond: null }]),
    cells([{ ...CELL, hashesPerSecond: 0 }]),
  ]
  for (const value of bad) {
    writeFileSync(file, JSON.stringify(value))
    await t.rejects(
      readReport(file),
      { code: 'E_BENCH_COMPARE_FORMAT', kind: 'usage' },
      JSON.stringify(value).slice(0, 60),
    )
  }
  writeFileSync(file, '{"format":')
  await t.rejects(readReport(file), { code: 'E_BENCH_COMPARE_FORMAT' })
  await t.rejects(readReport(join(dir, 'none')), { code: 'E_BENCH_COMPARE_READ' })
  await t.rejects(readReport(join(dir, 'folder')), { code: 'E_BENCH_COMPARE_READ' })
  writeFileSync(file, ' '.repeat(9 * 2 ** 20))
  await t.rejects(readReport(file), { code: 'E_BENCH_COMPARE_READ', message: /too large/ })
})

t.test('what is measured is the miner: it does not run out of nonces, rests and goes on', async (t) => {
  const byteMap = await openByteMap(lxrParams({ bits: 8 }), { dir: t.testdir(), slots: 3 })
  const lease = { from: 1n, to: 1001n }
  const product = startProduct(byteMap, { threads: 2, firstHasher: 0, hasher: { lanes: 16 }, lease })
  t.teardown(() => product.stop())
  const reached = (hashes: number) => until(() => product.hashes() >= hashes)
  await product.started
  await reached(5000)
  product.pause()
  product.resume()
  await reached(product.hashes() + 2000)
  await product.stop()
})

t.test('a map on which no thread can hash is an error, not a rate of nothing', async (t) => {
  const byteMap = await openByteMap(lxrParams({ bits: 8 }), { dir: t.testdir(), slots: 2 })
  const product = startProduct(byteMap, { threads: 1, firstHasher: 0, hasher: { lanes: 7 } })
  t.teardown(() => product.stop())
  await t.rejects(product.started, { code: 'E_MINER_NO_WORKERS', message: /lanes must be/ })
})

t.test('gauge', (t) => {
  const gauge = createGauge(2)
  t.equal(gauge.mode(), 'hash')
  gauge.add(0, 'hashes', 3)
  gauge.add(1, 'hashes', 4)
  gauge.add(1, 'errors', 1)
  t.same([gauge.total(2, 'hashes'), gauge.total(1, 'hashes'), gauge.value(1, 'errors')], [7, 3, 1])
  gauge.setMode('stop')
  t.equal(gauge.mode(), 'stop')
  t.end()
})
