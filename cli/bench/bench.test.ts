import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import axios from 'axios'
import t, { type Test } from 'tap'

import type { BenchCell } from '../../bench/index.js'
import { createBenchMetrics, pushMetrics, serveBenchMetrics } from './metrics.js'
import type { Terminal } from '../program/output.js'
import { runProgram } from '../program/program.js'
import { cellText, ratingText, stressText, trialText } from './view.js'
import '../../test/fixtures/gently.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command line; `until` interrupts it when it matches what was printed. */
async function run(words: readonly string[], until?: RegExp): Promise<Run> {
  const interrupt = new AbortController()
  const sink = () => {
    const stream = new PassThrough()
    let text = ''
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      if (until?.test(text)) interrupt.abort()
    })
    return Object.assign(stream as Terminal, { text: () => text })
  }
  const [stdout, stderr] = [sink(), sink()]
  const io = { stdin: Readable.from([]), stdout, stderr, env: {}, interrupted: interrupt.signal }
  const code = await runProgram(words, io)
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

const QUICK = ['bench', '--bits', '8', '--threads', '1', '--seconds', '1', '--repeat', '1']

const eventsOf = ({ stdout }: Run) =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string } & Record<string, unknown>)

/** A Pushgateway that keeps what it gets. */
async function gateway(
  t: Test,
  status = 200,
): Promise<{ url: string; got: { path: string; body: string }[] }> {
  const got: { path: string; body: string }[] = []
  const server: Server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      got.push({ path: `${request.method} ${request.url}`, body })
      response.writeHead(status).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise((resolve) => server.close(resolve)))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, got }
}

t.test('events, files, gateway, comparison', async (t) => {
  const dir = t.testdir()
  const { url, got } = await gateway(t)
  const out = join(dir, 'results')
  const rest = ['--dir', dir, '--metrics-port', '0']
  const json = await run([...QUICK, ...rest, '--json', '--out', out, '--push', `${url}/`])
  t.equal(json.code, 0, json.stderr)
  const events = eventsOf(json)
  const cell = events.find(({ event }) => event === 'bench.cell')
  matchExactly(t, cell, {
    bits: 8,
    threads: 1,
    lanes: Number,
    kernel: /native|simd|scalar/,
    pages: 'huge',
    hashesPerSecond: Number,
    min: Number,
    max: Number,
    samples: [Number],
    readsPerSecond: Number,
    gatherLimit: Number,
    hugePages: 0,
    checksum: 'bab5c728309a334c',
    checksumOk: true,
  })
  const done = events.at(-1)
  t.match(done, { event: 'bench.done', cells: 1, interrupted: false })
  const files = done?.['files'] as string[]
  t.equal(files.length, 4)
  t.ok(files.every((file) => existsSync(file)))
  matchExactly(t, got, [{ path: /^PUT \/metrics\/job\/pegminer_bench\/instance\/[^/]+$/ }])
  t.match(
    got[0]?.body,
    /^pegnet_bench_hashes_per_second\{bits="8",threads="1",kernel="\w+",pages="huge"\} \d/m,
  )

  const table = await run([...QUICK, ...rest, '--compare', join(out, 'bench.json')])
  t.equal(table.code, 0, table.stderr)
  t.match(table.stdout, /METRICS +http:\/\/127\.0\.0\.1:\d+\/metrics/)
  t.match(table.stdout, /ByteMap +size.*ratio\n/)
  t.match(table.stdout, /^ +2\^8 +256 B +1 .* ok +\d+\.\d\d ×$/m)
  t.match(table.stdout, /COMPARED +with /)
})

t.test('what is wrong is said before anything is measured', async (t) => {
  const dir = t.testdir({ 'bench.json': '{}', file: '' })
  const wrong = async (...words: string[]) => run([...QUICK, '--dir', dir, '--metrics-port', 'off', ...words])
  t.match(await wrong('--compare', join(dir, 'bench.json')), { code: 2, stderr: /E_BENCH_COMPARE_FORMAT/ })
  t.match(await wrong('--compare', join(dir, 'none')), { code: 2, stderr: /E_BENCH_COMPARE_READ/ })
  t.match(await wrong('--out', join(dir, 'file')), { code: 2, stderr: /E_BENCH_OUT/ })
  t.match(await wrong('--lanes', '12'), { code: 2, stderr: /E_LXR_INPUT/ })
  t.match(await wrong('--kernel', 'gpu'), {
    code: 2,
    stderr: /--kernel must be one of auto, native, simd, scalar/,
  })
})

t.test('interrupted: what is finished is kept', async (t) => {
  const dir = t.testdir()
  const out = join(dir, 'out')
  const words = ['bench', '--bits', '8', '--threads', '1,2', '--seconds', '1', '--repeat', '1', '--dir', dir]
  const cut = await run([...words, '--metrics-port', 'off', '--out', out], / 2\^8 .* ok\n/)
  t.equal(cut.code, 130)
  const report = JSON.parse(readFileSync(join(out, 'bench.json'), 'utf8')) as {
    planned: number
    cells: BenchCell[]
  }
  t.equal(report.planned, 2)
  t.equal(report.cells.length, 1)
})

t.test('a wrong ByteMap cannot look fast', async (t) => {
  const dir = t.testdir()
  // Each value as often as it must be: only what is known of the right one knows better.
  const map = Uint8Array.from({ length: 512 }, (_, k) => k)
  writeFileSync(
    join(dir, 'lxrhash-seed-fafaececfafaecec-passes-5-size-11.dat'),
    Uint8Array.from({ length: 2048 }, (_, k) => map[k % 512] as number),
  )
  const words = ['bench', '--bits', '11', '--threads', '1', '--seconds', '1', '--repeat', '1', '--dir', dir]
  const bad = await run([...words, '--metrics-port', 'off'])
  t.equal(bad.code, 1)
  t.notMatch(bad.stdout, /2\^11/)
  t.match(bad.stderr, /E_LXR_FILE_DAMAGED/)
})

t.test('tune and stress', async (t) => {
  const dir = t.testdir()
  const rest = ['--bits', '8', '--dir', dir, '--metrics-port', 'off', '--json']
  const tuned = await run(
    ['bench', '--tune', '--kernel', 'scalar', ...rest],
    /bench\.trial.*\n.*bench\.trial/,
  )
  t.equal(tuned.code, 130)
  t.match(eventsOf(tuned).at(-1), {
    event: 'bench.tuned',
    interrupted: true,
    best: { threads: Number, lanes: Number, kernel: 'scalar' },
    recommended: null,
  })
  const stressed = await run(['bench', '--stress', '--threads', '1', ...rest], /bench\.stressing/)
  t.equal(stressed.code, 130)
  matchExactly(t, eventsOf(stressed).at(-1), {
    event: 'bench.stressed',
    errors: 0,
    threads: [{ thread: 0, errors: 0 }],
  })
})

t.test('metrics', async (t) => {
  const metrics = createBenchMetrics()
  const server = await serveBenchMetrics(0, metrics)
  t.teardown(() => server.close())
  metrics.cell({
    bits: 8,
    threads: 2,
    kernel: 'simd',
    pages: 'huge',
    hashesPerSecond: 5,
    gatherLimit: 7,
    checksumOk: false,
  } as BenchCell)
  metrics.stressed(3, 2)
  metrics.stressed(3, 4)
  const text = (await axios.get<string>(`${server.url}/metrics`, { proxy: false })).data
  t.match(text, 'pegnet_bench_hashes_per_second{bits="8",threads="2",kernel="simd",pages="huge"} 5')
  t.match(text, 'pegnet_bench_gather_reads_per_second{bits="8",threads="2",kernel="simd",pages="huge"} 7')
  t.match(text, 'pegnet_bench_wrong_checksums_total 1')
  t.match(text, 'pegnet_bench_stress_errors_total{thread="3"} 4')
  const { url } = await gateway(t, 500)
  const secret = url.replace('http://', 'http://user:geheim@')
  const error = await pushMetrics(secret, metrics).catch((reason: Error) => reason)
  t.match(error, { code: 'E_BENCH_PUSH', message: /it answered 500/ })
  t.notMatch(String(error), /geheim/)
})

t.test('lines', (t) => {
  const plan = { bits: 24, threads: 2, lanes: 'auto', kernel: 'auto', pages: 'huge' } as const
  t.equal(cellText(plan), '2^24 (16 MiB), 2 threads')
  t.equal(
    cellText({ ...plan, threads: 1, lanes: 64, kernel: 'scalar', pages: 'small' }),
    '2^24 (16 MiB), 1 thread, 64 lanes, scalar, small pages',
  )
  t.equal(
    ratingText({ threads: 2, hashesPerSecond: 100_000, min: 99_000, max: 102_000 }),
    '      2     100.0 kH/s, 99.00 to 102.0 (±1.5 %)',
  )
  t.equal(
    trialText({ threads: 2, lanes: 128, kernel: 'simd', hashesPerSecond: 98_765 }),
    '      2  simd      128     98.77',
  )
  const report = {
    seconds: 75,
    hashesPerSecond: 98_765,
    errors: 0,
    threads: [
      { thread: 0, hashes: 1, rounds: 900, errors: 0 },
      { thread: 1, hashes: 1, rounds: 950, errors: 0 },
    ],
  }
  t.equal(stressText(report), '1 min 15 s  98.8 kH/s  1,850 checks  no errors'.padStart(48))
  const bad = { ...report, errors: 3, threads: [{ thread: 1, hashes: 1, rounds: 9, errors: 3 }] }
  t.match(stressText(bad), /3 errors \(thread 1: 3\)$/)
  t.end()
})
