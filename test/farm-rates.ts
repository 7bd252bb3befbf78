/**
 * By hand: three workers of one thread each under a coordinator of the network dev, beside three miners of one thread each
 * without a farm. All six hash at the same time, since a processor whose cache is shared with others hashes a tenth more or
 * less from one minute to the next. Compared is what each would hash on a processor of its own, which holds on a busy
 * machine, too: by what its thread hashes in a second for which it runs, for how long it has nothing to hash, and what all
 * other threads take. Exit code 1 if the farm's three are more than 3 % below the others. `BITS` (default 26) is the
 * ByteMap's size, `TURNS` (default 2) how often, `DIR` a folder of ByteMaps.
 *
 *   npm run test:farm-rates
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { cleanEnvironment, MAIN, type Event } from './fixtures/program.js'

const BITS = process.env['BITS'] ?? '26'
const TURNS = Number(process.env['TURNS'] ?? 2)
const MAPS = process.env['DIR'] ?? join(homedir(), '.lxrhash')
const THREE = ['one', 'two', 'three'] as const
const MOST_APART = 0.03

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

/** Seconds since its start, as Linux tells them of each thread: that it ran, and that it waited for a processor. */
type Use = ReadonlyMap<string, { readonly ran: number; readonly waited: number }>

const useOf = ({ pid }: ChildProcess): Use =>
  new Map(
    readdirSync(`/proc/${pid}/task`).map((thread) => {
      const text = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1')
      const [ran = 0, waited = 0] = text.split(' ').map((ns) => Number(ns) / 1e9)
      return [thread, { ran, waited }]
    }),
  )

interface Rate {
  /** Hashes a second, of the last minute. */
  readonly clock: number
  /** Hashes in a second for which the thread that hashes runs. */
  readonly hashing: number
  /** The share of the minute in which that thread neither ran nor waited for a processor. */
  readonly idle: number
  /** Processor time of all other threads, as a share of the minute. */
  readonly besides: number
}

function rateOf(clock: number, before: Use, after: Use, seconds: number): Rate {
  const threads = [...after].map(([thread, { ran, waited }]) => {
    const then = before.get(thread)
    return {
      ran: ran - (then?.ran ?? 0),
      waited: waited - (then?.waited ?? 0),
    }
  })
  const hashing = threads.reduce((most, thread) => (thread.ran > most.ran ? thread : most))
  const all = threads.reduce((sum, { ran }) => sum + ran, 0)
  return {
    clock,
    hashing: (clock * seconds) / hashing.ran,
    idle: 1 - (hashing.ran + hashing.waited) / seconds,
    besides: (all - hashing.ran) / seconds,
  }
}

/** Resolves with the rate of a minute in which it did nothing but hash. */
function measured(words: readonly string[], children: ChildProcess[]): Promise<Rate> {
  return new Promise((resolve) => {
    let job = false
    const looks: { readonly atMs: number; readonly use: Use }[] = []
    children.push(
      run(words, (event, child) => {
        job ||= event.event === 'job'
        if (!job || event.event !== 'hashrate') return
        const last = { atMs: performance.now(), use: useOf(child) }
        looks.push(last)
        const before = looks.at(-7)
        const { s60 } = event['windows'] as { s60: number | null }
        // The first ones are of its start as well.
        if (s60 === null || before === undefined || looks.length < 9) return
        resolve(rateOf(s60, before.use, last.use, (last.atMs - before.atMs) / 1000))
      }),
    )
  })
}

async function meanOf(wordsOf: (name: string) => readonly string[], children: ChildProcess[]): Promise<Rate> {
  const rates = await Promise.all(THREE.map((name) => measured(wordsOf(name), children)))
  const mean = (key: keyof Rate): number => rates.reduce((sum, rate) => sum + rate[key], 0) / rates.length
  return {
    clock: mean('clock'),
    hashing: mean('hashing'),
    idle: mean('idle'),
    besides: mean('besides'),
  }
}

const DEV = [
  ...['--network', 'dev', '--block-seconds', '600', '--metrics-port', '0'],
  ...['--bits', BITS, '--dir', MAPS],
]

/** What one of the three hashes without a farm, and in one. */
async function measureBoth(turn: number): Promise<{ readonly without: Rate; readonly farm: Rate }> {
  const children: ChildProcess[] = []
  try {
    const line = await new Promise<string>((resolve) => {
      const words = ['farm', 'coordinator', ...DEV, '--data-dir', join(folder, `${turn}coordinator`)]
      const hear = (event: Event): void => {
        if (event.event === 'start') resolve(String(event['join']))
      }
      children.push(run(words, hear))
    })
    const joining = [...line.split(' ').slice(1), '--threads', '1', '--dir', MAPS]
    const [without, farm] = await Promise.all([
      meanOf(
        (name) => ['mine', ...DEV, '--threads', '1', '--data-dir', join(folder, `${turn}${name}`)],
        children,
      ),
      meanOf(
        (name) => [...joining, '--name', name, '--data-dir', join(folder, `${turn}farm-${name}`)],
        children,
      ),
    ])
    return { without, farm }
  } finally {
    // The coordinator, which was started first, goes last.
    for (const child of children.reverse()) {
      child.kill('SIGINT')
      if (child.exitCode === null) await once(child, 'exit')
    }
  }
}

const kilo = (rate: number): string => (rate / 1000).toFixed(2)
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
/** What it hashes in a second on a processor of its own. */
const worth = ({ hashing, idle, besides }: Rate): number => hashing * (1 - idle - besides)
const text = (rate: Rate): string =>
  `${kilo(rate.hashing)} kH in a second of hashing, idle ${percent(rate.idle)}, other work ${percent(rate.besides)} ` +
  `(by the clock all three ${kilo(3 * rate.clock)} kH/s)`

try {
  const shares: number[] = []
  for (let turn = 1; turn <= TURNS; turn++) {
    const { without, farm } = await measureBoth(turn)
    const share = worth(farm) / worth(without)
    shares.push(share)
    console.log(`turn ${turn}, 2^${BITS}`)
    console.log(`  without a farm: ${text(without)}`)
    console.log(`  in a farm:      ${text(farm)}`)
    console.log(`  on a processor of its own each: ${percent(share - 1)}`)
  }
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
  console.log(`in the mean ${percent(mean - 1)}`)
  process.exitCode = mean < 1 - MOST_APART ? 1 : 0
} finally {
  rmSync(folder, { recursive: true, force: true })
}
