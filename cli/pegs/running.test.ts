/** `pegminer pegs` in this process, on embedded chains. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import t from 'tap'

import { runProgram } from '../program/program.js'

const folder = mkdtempSync(join(tmpdir(), 'pegs-cli-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))

type Event = Readonly<Record<string, unknown>>

/** A command of `pegs` to its end. */
async function run(...words: string[]): Promise<{ code: number; events: Event[]; said: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  let [text, said] = ['', '']
  stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const io = { stdin: Readable.from([]), stdout, stderr, env: {}, interrupted: new AbortController().signal }
  const code = await runProgram(['pegs', ...words, '--json', '--data-dir', join(folder, 'data')], io)
  const lines = text.split('\n').slice(0, -1)
  return { code, said, events: lines.map((line) => JSON.parse(line) as Event) }
}

const dev = (...words: string[]) => run(...words, '--network', 'dev')

t.test('pegs create --network dev ends with a peg that is READY, and again with the same one', async (t) => {
  const { code, events } = await dev('create')
  t.equal(code, 0)
  const ready = events.findLast(({ event }) => event === 'pegs.state')
  t.match(ready, { state: 'READY', pegstxid: /^[0-9a-f]{64}$/ })
  t.match(events[0], { event: 'pegs.plan', total: '200010.00310000', blocks: 15 })
  const again = await dev('create')
  t.match(again.events.at(-1), { state: 'READY', pegstxid: ready?.['pegstxid'] })
  t.match((await dev('status')).events.at(-1), { state: 'READY', pegstxid: ready?.['pegstxid'] })
  const launch = (await dev('launch-args')).events.at(-1)
  t.match(launch?.['command'], new RegExp(` -earlytxid=${String(ready?.['pegstxid'])}$`))
})

t.test('what is wrong with a plan is said with its lines', async (t) => {
  const file = join(folder, 'plan.yaml')
  const key = `02${'a1'.repeat(32)}`
  writeFileSync(
    file,
    `asset: PEGS\npubkey: ${key}\namount: 0\ngateways:\n  - token: KMD\n    supply: x\n    price: A\n`,
  )
  const { code, said } = await run('create', file)
  t.equal(code, 2)
  t.match(said, /plan\.yaml:3: amount: .*at least 1\.00000000/)
  t.match(said, /plan\.yaml:6: gateways\[0\]\.supply/)
  const asset = `asset: { name: PEGS, url: 'http://127.0.0.1:1', user: u, password: secret-word }`
  const gateway = `gateways: [{ token: KMD, supply: 1, price: 'KMD_BTC,1' }]`
  writeFileSync(file, `${asset}\npubkey: ${key}\namount: 1\n${gateway}\n`, { mode: 0o644 })
  const open = await run('create', file)
  t.match(open.said, /holds a password and others can read it/)
  t.notMatch(open.said, /secret-word/)
  t.match((await run('create', join(folder, 'none.yaml'))).said, /there is no such file/)
  t.match((await run('mint')).said, /pegs needs one of create, resume, status, launch-args/)
})
