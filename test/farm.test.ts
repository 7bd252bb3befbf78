/** A farm as its users run it: a coordinator, and workers that join with the line that it prints. */
import { readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'

import { hasNatsServer } from '../miner/farm/index.js'
import { DEV_KEYS } from '../factom/dev/index.js'
import { start, type Running } from './fixtures/program.js'

const BITS = '10'

t.test('without a nats-server: one line that says how to install it', async (t) => {
  const dir = t.testdir({})
  // Of all programs only the one that starts ours.
  symlinkSync('/usr/bin/env', join(dir, 'env'))
  const words = ['farm', 'coordinator', '--network', 'dev', '--bits', BITS, '--data-dir', join(dir, 'data')]
  const { code, stderr } = await start(words, { PATH: dir }).ended
  t.equal(code, 2)
  t.match(stderr, /^pegminer: E_FARM_NO_SERVER: .*apt install nats-server.*\n$/)
})

t.test('a worker that lacks something, or has a key that pays, does not begin', async (t) => {
  const data = ['--data-dir', t.testdir({})]
  const bare = await start(['farm', 'worker', ...data]).ended
  t.equal(bare.code, 2)
  t.match(bare.stderr, /--nats/)
  t.match(bare.stderr, /--creds/, 'all that is missing at once')
  const paying = start(['farm', 'worker', ...data], { PEGMINER_MINER_EC_SECRET: DEV_KEYS.ecSecret })
  t.match(await paying.ended, { code: 2, stderr: /E_FARM_SECRET/ })
  const wrong = await start([
    'farm',
    'worker',
    '--nats',
    'nats://127.0.0.1:1',
    '--creds',
    '/dev/null',
    ...data,
  ]).ended
  t.match(wrong, { code: 2, stderr: /E_FARM_CREDENTIAL/ })
  t.match(await start(['farm', 'cordinator']).ended, { code: 2, stderr: /did you mean coordinator/ })
})

if (!hasNatsServer()) t.pass('the rest is skipped: no nats-server is installed', { skip: true })
else t.test('a coordinator and three workers: a block mined, published, graded, paid', threeWorkers)

interface Range {
  readonly oprHash: string
  readonly from: bigint
  readonly to: bigint
}

const rangesOf = ({ events }: Running): Range[] =>
  events
    .filter(({ event }) => event === 'lease')
    .map(({ oprHash, from, to }) => ({
      oprHash: String(oprHash),
      from: BigInt(String(from)),
      to: BigInt(String(to)),
    }))

async function threeWorkers(t: Test): Promise<void> {
  const dir = t.testdir({})
  const maps = ['--dir', join(dir, 'maps')]
  const coordinator = start([
    ...['farm', 'coordinator', '--network', 'dev', '--bits', BITS, '--block-seconds', '8'],
    ...['--json', '--metrics-port', '0', '--data-dir', join(dir, 'coordinator'), ...maps],
  ])
  t.teardown(() => coordinator.kill())
  const { join: line, threads } = await coordinator.event('start')
  t.match(line, /^pegminer farm worker --nats nats:\/\/127\.0\.0\.1:\d+ --creds \S+$/)
  t.equal(threads, 0)
  const words = String(line).split(' ').slice(1)
  const workers = ['one', 'two', 'three'].map((name) =>
    start([...words, '--name', name, '--threads', '1', '--json', '--data-dir', join(dir, name), ...maps]),
  )
  for (const worker of workers) t.teardown(() => worker.kill())

  // On a busy machine the minutes of a block may be over before its records are published.
  const { height } = await coordinator.event('graded', ({ reward }) => reward === String(25 * 360))
  coordinator.child.kill('SIGINT')
  t.equal((await coordinator.ended).code, 130)
  const { oprHash } = await coordinator.event('job', (event) => event['height'] === height)
  const published = coordinator.events.filter(
    (event) => event.event === 'entry' && event['status'] === 'acknowledged' && event['height'] === height,
  )
  t.equal(published.length, 25)

  /** Who sent it, and whether that worker held the counter. */
  const senderOf = (nonce: string): readonly [name: number, held: boolean] => {
    const sender = workers.findIndex(({ events }) => events.some((event) => event['nonce'] === nonce))
    const counter = BigInt(`0x${nonce}`)
    const ranges = sender < 0 ? [] : rangesOf(workers[sender] as Running)
    return [
      sender,
      ranges.some((range) => range.oprHash === oprHash && counter >= range.from && counter < range.to),
    ]
  }
  const senders = published.map(({ nonce }) => senderOf(String(nonce)))
  t.ok(
    senders.every(([sender, held]) => sender >= 0 && held),
    'each nonce lies in a range that its sender held',
  )
  const all = workers.flatMap(rangesOf).filter((range) => range.oprHash === oprHash)
  const sorted = all.toSorted((a, b) => (a.from < b.from ? -1 : 1))
  t.notOk(
    sorted.find(({ from }, at) => at > 0 && from < (sorted[at - 1] as Range).to),
    'no range is hashed twice',
  )
  for (const worker of workers) worker.child.kill('SIGINT')
  for (const [at, worker] of workers.entries()) {
    const { code, stdout, stderr } = await worker.ended
    t.equal(code, 130)
    t.notMatch(stdout + stderr, /\b[EF]s[1-9A-HJ-NP-Za-km-z]{50}/, `worker ${at} knows no key`)
    t.equal(stderr, '')
  }
  const left = ['one', 'two', 'three'].flatMap((name) => filesIn(join(dir, name)))
  t.notOk(
    left.find((file) => /\b[EF]s[1-9A-HJ-NP-Za-km-z]{50}/.test(readFileSync(file, 'latin1'))),
    'no file of a worker holds one',
  )
}

const filesIn = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
