/**
 * Test files one after the other in one process: the test runner and the modules of the program, which they all need,
 * are loaded once instead of for each file. Long ones are together in test/long/, all others of a room in
 * test/together/; the files that `.taprc` names have processes of their own.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { parse } from 'yaml'

const HOME = fileURLToPath(new URL('../../', import.meta.url))

/** Test files that `tap` starts by itself, and patterns of such. */
const started = (parse(readFileSync(`${HOME}.taprc`, 'utf8')) as { include: string[] }).include

/** Files of more than some seconds, or that start programs, chains or kernels, by their process. */
export const LONG = {
  chains: [
    'base/storage/lock.test.ts',
    'factom/dev/kill.test.ts',
    'komodo/dev/chains.test.ts',
    'komodo/dev/recordings.test.ts',
    'oracle/grading/mutations.test.ts',
  ],
  desk: [
    'desk/attack/attack.test.ts',
    'desk/attack/document.test.ts',
    'desk/basket/basket.test.ts',
    'desk/basket/crashes.test.ts',
  ],
  ledger: [
    'ledger/engine/mutations.test.ts',
    'ledger/engine/recorded.test.ts',
    'ledger/store/store.test.ts',
    'ledger/wallet/crashes.test.ts',
  ],
  miner: [
    'bench/bench.test.ts',
    'bench/farm/load.test.ts',
    'cli/bench/bench.test.ts',
    'miner/farm/nats.test.ts',
    'miner/run/session.test.ts',
    'miner/work/pool.test.ts',
  ],
  networks: ['test/dev-alone.test.ts', 'test/history.test.ts', 'test/native.test.ts', 'test/wallet.test.ts'],
  pegs: [
    'cli/pegs/kills.test.ts',
    'cli/pegs/running.test.ts',
    'komodo/pegs/crashes.test.ts',
    'komodo/pegs/watching.test.ts',
  ],
  programs: [
    'test/build.test.ts',
    'test/commands.test.ts',
    'test/dev.test.ts',
    'test/package.test.ts',
    'test/page.test.ts',
    'test/prices.test.ts',
    'test/prometheus.test.ts',
    'test/terminal.test.ts',
  ],
  relay: ['cli/feed/feed.test.ts', 'oracle/feed/relay.test.ts', 'oracle/feed/running.test.ts'],
  withdrawals: [
    'oracle/feed/checks.test.ts',
    'oracle/feed/crashes.test.ts',
    'oracle/feed/thieves.test.ts',
    'oracle/feed/withdrawals.test.ts',
  ],
} as const

/** Test files with a process of their own or among the long ones, and patterns of such. */
export const elsewhere: readonly string[] = [...started, ...Object.values(LONG).flat()]

const testsIn = (room: string): readonly string[] =>
  readdirSync(`${HOME}${room}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${room}/${name}`)
    .sort()

/** What `tap` is for the file that is loaded now (test/typescript-hooks.js): the subtest of its name. */
export let within: Test

export async function oneByOne(files: readonly string[]): Promise<void> {
  for (const file of files)
    await t.test(file, async (t) => {
      within = t
      await import(`../../${file.replace(/\.ts$/, '.js')}`)
    })
}

/** What is not elsewhere of these rooms. */
export const together = (...rooms: readonly string[]): Promise<void> =>
  oneByOne(rooms.flatMap(testsIn).filter((file) => !elsewhere.includes(file)))
