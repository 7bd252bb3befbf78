/**
 * By hand, on a quiet machine: three workers of one thread each under a coordinator of the network dev, beside three
 * miners of one thread each without a farm, in turns. Prints the sum of their hashrates, and of what they hash in a second
 * of processor time, which holds on a busy machine, too. Three threads may share fewer processors: so the three that are
 * measured without a farm hash at the same time, as those of the farm do. Exit code 1 if the farm's sum is more than 3 %
 * below. `BITS` (default 26) is the ByteMap's size, `TURNS` (default 2) how often, `DIR` a folder of ByteMaps.
 *
 *   npm run test:farm-rates
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { cleanEnvironment, MAIN, type Event } from './fixtures/program.js'

const BITS = process.env['BITS'] ?? '26'
const TURNS = Number(process.env['TURNS'] ?? 2)
const MAPS = process.env['DIR'] ?? join(homedir(), '.lxrhash')
const THREE = ['one', 'two', 'three'] as const
const MOST_APART = 0.03
/** Of processor time, as Linux tells it. */
const TICKS = 100

const folder = mkdtempSync(join(tmpdir(), 'farm-rates-'))

/** Like `start` of the tests, without the rest that those give a hashing thread. */
function run(words: readonly string[], hear: (event: Event, child: ChildProcess) => void): ChildProcess {
  const child = spawn(process.execPath, [MAIN, ...words, '--json'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: cleanEnvironment(),
  })
  createInterface({ input: child.stdout }).on('line', (line) => hear(JSON.parse(line) as Event, child))
  return child
}

const cpuSeconds = ({ pid }: ChildProcess): number => {
  const fields = (readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1] ?? '').split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}

interface Rate {
  /** Hashes a second, of the last minute. */
  readonly clock: number
  /** Hashes a second of processor time. */
  readonly processor: number
}

/** Resolves with the rate of a minute in which it did nothing but hash. */
function measured(words: readonly string[], children: ChildProcess[]): Promise<Rate> {
  return new Promise((resolve) => {
    let job = false
    const used: number[] = []
    children.push(
      run(words, (event, child) => {
        job ||= event.event === 'job'
        if (!job || event.event !== 'hashrate') return
        used.push(cpuSeconds(child))
        const { s60 } = event['windows'] as { s60: number | null }
        const before = used.at(-7)
        // The first ones are of its start as well.
        if (s60 === null || before === undefined || used.length < 9) return
        resolve({ clock: s60, processor: (s60 * 60) / ((used.at(-1) ?? 0) - before) })
      }),
    )
  })
}

async function sumOf(wordsOf: (name: string) => readonly string[], others: ChildProcess[]): Promise<Rate> {
  const children: ChildProcess[] = []
  try {
    const rates = await Promise.all(THREE.map((name) => measured(wordsOf(name), children)))
    const sum = (key: keyof Rate): number => rates.reduce((total, rate) => total + rate[key], 0)
    return { clock: sum('clock'), processor: sum('processor') }
  } finally {
    for (const child of [...children, ...others]) {
      child.kill('SIGINT')
      if (child.exitCode === null) await once(child, 'exit')
    }
  }
}

const DEV = [
  '--network',
  'dev',
  '--block-seconds',
  '600',
  '--metrics-port',
  '0',
  '--bits',
  BITS,
  '--dir',
  MAPS,
]

function alone(turn: number): Promise<Rate> {
  return sumOf((name) => ['mine', ...DEV, '--threads', '1', '--data-dir', join(folder, `${turn}${name}`)], [])
}

async function together(turn: number): Promise<Rate> {
  let coordinator: ChildProcess | null = null
  const line = await new Promise<string>((resolve) => {
    coordinator = run(
      ['farm', 'coordinator', ...DEV, '--data-dir', join(folder, `${turn}coordinator`)],
      (event) => {
        if (event.event === 'start') resolve(String(event['join']))
      },
    )
  })
  const words = line.split(' ').slice(1)
  return sumOf(
    (name) => [
      ...[...words, '--name', name, '--threads', '1', '--dir', MAPS],
      ...['--data-dir', join(folder, `${turn}farm-${name}`)],
    ],
    coordinator === null ? [] : [coordinator],
  )
}

const text = (rate: number): string => `${(rate / 1000).toFixed(2)} kH/s`
try {
  const shares: number[] = []
  for (let turn = 1; turn <= TURNS; turn++) {
    const without = await alone(turn)
    const farm = await together(turn)
    shares.push(farm.clock / without.clock)
    console.log(
      `turn ${turn}, 2^${BITS}: three without a farm ${text(without.clock)}, three in a farm ${text(farm.clock)}: ` +
        `${(100 * (farm.clock / without.clock - 1)).toFixed(1)} %; of processor time ` +
        `${text(without.processor)} and ${text(farm.processor)}: ` +
        `${(100 * (farm.processor / without.processor - 1)).toFixed(1)} %`,
    )
  }
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  console.log(`in the mean ${(100 * (mean - 1)).toFixed(1)} %`)
  process.exitCode = mean < 1 - MOST_APART ? 1 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}
