/** A run with the native kernel: what it says, and what is left after a fault in machine code. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import axios from 'axios'
import t from 'tap'

import { isFinal, readLines } from '../factom/record.js'
import { endMinutes, manualFlags } from './fixtures/minutes.js'
import { start, type Event, type Running } from './fixtures/program.js'

const skip = !(process.platform === 'linux' && process.arch === 'x64' && hasKoffi()) && 'no machine code here'
const state = t.testdir()
const dataDir = join(state, 'data')
const fault = join(state, 'fault')
const marker = join(dataDir, 'native-kernel.json')
// Threads have no variables of the tester's: the preloaded module says itself which file it looks at.
const preload = join(state, 'preload.cjs')
const module = fileURLToPath(new URL('./fixtures/native-fault.cjs', import.meta.url))
writeFileSync(preload, `require(${JSON.stringify(module)})(${JSON.stringify(fault)})\n`)

function hasKoffi(): boolean {
  return existsSync(fileURLToPath(new URL('../node_modules/koffi/package.json', import.meta.url)))
}

function mine(...words: string[]): Running {
  const running = start(
    [
      ...[
        'mine',
        '--network',
        'dev',
        ...manualFlags(state),
        '--bits',
        '12',
        '--json',
        '--metrics-port',
        '0',
        '--threads',
        '1',
      ],
      ...['--data-dir', dataDir, '--dir', join(state, 'maps'), ...words],
    ],
    {},
    ['--require', preload],
  )
  t.teardown(() => running.kill())
  return running
}

const ready = (running: Running): Promise<Event> => running.event('bytemap', ({ phase }) => phase === 'ready')

t.test(
  'a fault in machine code takes no state with it; the next run uses WebAssembly and says why',
  { skip },
  async (t) => {
    const first = mine('--kernel', 'native')
    t.match(await ready(first), { kernel: 'native', kernelReason: 'as it was asked for' })
    const minutes = endMinutes(first).catch(() => undefined)
    const { metrics } = (await first.event('start', ({ kernel }) => kernel === 'native')) as Event & {
      metrics: string
    }
    const { data } = await axios.get<string>(metrics, { proxy: false, responseType: 'text' })
    t.match(data, 'pegnet_miner_kernel_info{kernel="native"} 1')
    const summary = await axios.get<object>(metrics.replace(/metrics$/, 'api/v1/summary'), { proxy: false })
    t.match(summary.data, { kernel: 'native' })
    t.ok(existsSync(marker), 'the marker stands while it hashes')
    const block = await first.event('graded')
    t.not((block['mine'] as object[]).length, 0, 'records that the native kernel has found are graded')
    writeFileSync(fault, '')
    const { code, stderr } = await first.ended
    await minutes
    t.not(code, 0, stderr)
    t.ok(existsSync(marker), 'left by the fault')
    rmSync(fault)

    const second = mine('--blocks', '1')
    t.match(await ready(second), {
      kernel: 'simd',
      kernelReason: /ended by a fault or was killed; the next run tries it again/,
    })
    await endMinutes(second)
    const end = await second.ended
    t.equal(end.code, 0, end.stderr)
    t.equal(end.stderr, '', 'nothing to complain about: the journal is in order')
    const lines = readFileSync(join(dataDir, 'miner', 'journal.jsonl'), 'utf8')
      .split('\n')
      .slice(0, -1)
    const journal = readLines(lines)
    if (!('records' in journal)) throw new Error(`line ${journal.damaged} of the journal is damaged`)
    const records = [...journal.records.values()].filter(({ height }) => height === block['height'])
    t.equal(records.length, 25)
    t.ok(records.every(isFinal), 'what the first run has paid for is followed to its end')
    t.notOk(existsSync(marker))
  },
)

t.test('killed while WebAssembly hashes, nothing is held against the native kernel', { skip }, async (t) => {
  const running = mine('--kernel', 'simd')
  t.match(await ready(running), { kernel: 'simd', kernelReason: 'as it was asked for' })
  await running.event('start')
  await running.kill()
  const again = mine('--kernel', 'native')
  t.match(await ready(again), { kernel: 'native' })
  await again.event('start')
  t.match(JSON.parse(readFileSync(marker, 'utf8')), { pid: Number })
  again.child.kill('SIGTERM')
  await again.ended
  t.notOk(existsSync(marker), 'an orderly end takes the marker away')
})
