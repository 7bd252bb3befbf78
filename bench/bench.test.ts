/** A short measurement for its form; the figures themselves are the machine's. */
import { mkdirSync } from 'node:fs'
import t from 'tap'
import { formatBenchTable, runBench, type BenchCell } from './index.js'
import { median } from './statistics.js'

t.test('measures each size with each number of threads', async (t) => {
  const cells: BenchCell[] = []
  const phases = new Set<string>()
  const result = await runBench({
    bits: [8, 9],
    threads: [1, 2],
    seconds: 0.1,
    repeat: 3,
    dir: t.testdir(),
    onCell: (cell) => cells.push(cell),
    onByteMap: (bits, { phase }) => phases.add(`${bits} ${phase}`),
  })
  t.equal(result.interrupted, false)
  t.same(result.cells, cells, 'told one by one')
  t.same(
    cells.map(({ bits, threads }) => [bits, threads]),
    [
      [8, 1],
      [8, 2],
      [9, 1],
      [9, 2],
    ],
  )
  t.same([...phases], ['8 build', '8 save', '9 build', '9 save'])
  for (const { samples, hashesPerSecond, min, max, lanes } of cells) {
    t.equal(samples.length, 3)
    t.ok(max > 0)
    t.ok(min <= hashesPerSecond && hashesPerSecond <= max)
    t.ok(samples.includes(hashesPerSecond), 'an odd number of samples has a middle one')
    t.ok(lanes >= 8)
  }
})

t.test('keeps what is finished when it is interrupted', async (t) => {
  const interrupt = new AbortController()
  const result = await runBench({
    bits: [8],
    threads: [1, 1],
    seconds: 0.1,
    repeat: 1,
    dir: t.testdir(),
    signal: interrupt.signal,
    onCell: () => interrupt.abort(),
  })
  t.equal(result.interrupted, true)
  t.equal(result.cells.length, 1)
})

t.test('a ByteMap that cannot be opened is an error of that room', async (t) => {
  const rest = { threads: [1], seconds: 0.01, repeat: 1, dir: t.testdir() }
  await t.rejects(runBench({ ...rest, bits: [7] }), { code: 'E_LXR_PARAMS' })
  mkdirSync(`${rest.dir}/lxrhash-seed-fafaececfafaecec-passes-5-size-10.dat`)
  await t.rejects(runBench({ ...rest, bits: [10] }), { code: 'E_LXR_FILE_READ' })
})

t.test('table', (t) => {
  t.equal(median([3, 1, 2]), 2)
  t.equal(median([4, 1, 2, 3]), 2.5)
  const cell = { lanes: 128, samples: [] }
  const table = formatBenchTable([
    { ...cell, bits: 8, threads: 2, hashesPerSecond: 1_234_567.4, min: 999, max: 2_000_000 },
    { ...cell, bits: 30, threads: 16, hashesPerSecond: 51_000, min: 50_000, max: 52_000 },
  ])
  t.same(table.split('\n'), [
    'ByteMap   size  threads        H/s  per thread     min        max',
    '    2^8  256 B        2  1 234 567     617 284     999  2 000 000',
    '   2^30  1 GiB       16     51 000       3 188  50 000     52 000',
  ])
  t.end()
})
