import { fork } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

import t from 'tap'
import type { Test } from 'tap'

import { ecKey } from '../../address.js'
import { toHex } from '../../bytes.js'
import { composeEntryCommit } from '../../commit.js'
import { chainIdOf, encodeEntry, entryHash } from '../../entry.js'
import { decodeDirectoryBlock } from '../blocks/index.js'
import { bootstrap, DEV_KEYS, PEGNET_CHAINS } from '../bootstrap.js'
import { openEngine, type Engine } from '../engine.js'
import { startDevChain } from '../index.js'
import { startMinutes } from '../minute-timer.js'
import { until } from '../../../test/fixtures/until.js'

const START = 1_700_000_000_000
const key = ecKey(DEV_KEYS.ecSecret)
const oprChain = chainIdOf(
  ['PegNet', 'MainNet', 'OraclePriceRecords'].map((text) => new TextEncoder().encode(text)),
)

/** All that a reader can see, as text. */
function seen({ state, archive }: Engine): string {
  return JSON.stringify({ state, tip: archive.tip, balances: archive.balances }, (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`
    if (value instanceof Map) return [...(value as Map<unknown, unknown>)]
    return value instanceof Uint8Array ? toHex(value) : value
  })
}

/** What another process would find if this one were killed now. */
function copyOf(t: Test, dataDir: string, name: string): string {
  const copy = join(t.testdirName, name)
  rmSync(copy, { recursive: true, force: true })
  cpSync(dataDir, copy, { recursive: true })
  return copy
}

/** Opens a directory, looks, closes. */
function look<T>(dataDir: string, at: (engine: Engine) => T): T {
  rmSync(join(dataDir, 'lock'), { force: true })
  const engine = openEngine(dataDir, START * 2)
  try {
    return at(engine)
  } finally {
    engine.close()
  }
}

function newEngine(t: Test) {
  const dataDir = join(t.testdir({ chain: {} }), 'chain')
  const engine = openEngine(dataDir, START)
  t.teardown(() => engine.close())
  bootstrap(engine, { credits: 1000, chains: PEGNET_CHAINS }, START)
  return { dataDir, engine }
}

/** Numbers 0…n−1, the same at every run. */
function randomOf(seed: number) {
  let state = seed
  return (n: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return (state >>> 8) % n
  }
}

function record(text: string) {
  const raw = encodeEntry({ chainId: oprChain, extIds: [], content: new TextEncoder().encode(text) })
  return { raw, hash: entryHash(raw) }
}

t.test('a kill at any moment loses nothing', (t) => {
  const { dataDir, engine: first } = newEngine(t)
  let engine = first
  const random = randomOf(7)
  let now = START
  let checks = 0
  for (let step = 0; step < 200; step++) {
    now += random(30_000)
    const { raw, hash } = record(`record ${random(20)}`)
    const action = random(5)
    if (action === 0)
      engine.submit(
        { type: 'commit-entry', raw: composeEntryCommit({ entryHash: hash, credits: 1, timeMs: now, key }) },
        now,
      )
    else if (action === 1) engine.submit({ type: 'reveal', raw }, now)
    else engine.tick(now)
    // Around the ends of blocks more often: there the files change.
    if (random(8) > 0 && !(engine.state.minute <= 1 && action > 1)) continue
    checks++
    const copy = copyOf(t, dataDir, 'copy')
    const expected = seen(engine)
    const same = look(copy, seen) === expected && look(copy, seen) === expected
    if (!same) t.fail(`step ${step}, height ${engine.state.height}, minute ${engine.state.minute}`)
    // Every other time the chain goes on in a new process, so to speak: it is closed and opened.
    if (checks % 2 > 0) continue
    engine.close()
    engine = openEngine(dataDir, now)
  }
  t.ok(engine.state.height > 10 && checks > 40, `${checks} restarts, ${engine.state.height} blocks`)
  const written = Array.from({ length: 20 }, (_, i) => engine.archive.place(record(`record ${i}`).hash))
  t.ok(written.filter(Boolean).length > 5, 'entries got in')
  engine.close()
  t.end()
})

t.test('a kill between the steps of saving a block', (t) => {
  const { dataDir, engine } = newEngine(t)
  for (let i = 1; i <= 10; i++) engine.tick(START + i)
  const unsaved = copyOf(t, dataDir, 'unsaved')
  engine.tick(START + 11)
  const after = seen(engine)
  const tick = `${JSON.stringify({ type: 'tick', atMs: START + 11 })}\n`

  appendFileSync(join(unsaved, 'journal.jsonl'), tick)
  const journalled = copyOf(t, unsaved, 'journalled')
  t.equal(look(journalled, seen), after, 'the tick is written, the block is not')

  const halfway = copyOf(t, unsaved, 'halfway')
  cpSync(join(dataDir, 'blocks'), join(halfway, 'blocks'), { recursive: true })
  writeFileSync(join(halfway, 'journal.jsonl.new'), '{"hei')
  t.equal(look(halfway, seen), after, 'the block is written, the new journal is not')
  t.equal(look(halfway, seen), after, 'and once more')
  t.end()
})

t.test('a torn last line is what was never acknowledged', (t) => {
  const { dataDir, engine } = newEngine(t)
  engine.tick(START + 1)
  const before = seen(engine)
  const journal = readFileSync(join(dataDir, 'journal.jsonl')).length
  engine.submit({ type: 'reveal', raw: record('held').raw }, START + 2)
  const size = readFileSync(join(dataDir, 'journal.jsonl')).length
  for (let length = journal; length < size; length += 11) {
    const copy = copyOf(t, dataDir, 'torn')
    truncateSync(join(copy, 'journal.jsonl'), length)
    if (look(copy, seen) !== before) t.fail(`cut at ${length}`)
    const again = look(copy, (engine) => {
      engine.tick(START + 3)
      return engine.state.minute
    })
    t.equal(
      look(copy, ({ state }) => state.minute),
      again,
      'it goes on from there',
    )
  }
  t.end()
})

t.test('damage is told, and nothing is overwritten', (t) => {
  const { dataDir, engine } = newEngine(t)
  for (let i = 1; i <= 25; i++) engine.tick(START + i)
  const files = (dir: string) =>
    (readdirSync(dir, { recursive: true }) as string[])
      .filter((name) => name !== 'lock' && name.includes('.json'))
      .map((name) => `${name}: ${readFileSync(join(dir, name)).toString('base64')}`)
  const refused = (name: string, code: string, damage: (dir: string) => void) => {
    const copy = copyOf(t, dataDir, name)
    rmSync(join(copy, 'lock'), { force: true })
    damage(copy)
    const before = files(copy)
    t.throws(() => openEngine(copy, START), { code }, name)
    t.same(files(copy), before, `${name}: untouched`)
    t.notOk(existsSync(join(copy, 'lock')), `${name}: not locked`)
  }
  const edit = (dir: string, file: string, change: (text: string) => string) =>
    writeFileSync(join(dir, file), change(readFileSync(join(dir, file), 'utf8')))
  const block = (height: number) => `blocks/00000000${height}.json`
  refused('a flipped digit', 'E_DEVCHAIN_DAMAGED', (dir) =>
    edit(dir, block(1), (text) => text.replace(/"entryCreditBlock":"(.{400})./, '"entryCreditBlock":"$1e')),
  )
  refused('a cut block', 'E_DEVCHAIN_DAMAGED', (dir) => edit(dir, block(1), (text) => text.slice(0, 500)))
  refused('a missing block', 'E_DEVCHAIN_DAMAGED', (dir) => rmSync(join(dir, block(1))))
  refused('a missing last block', 'E_DEVCHAIN_DAMAGED', (dir) => rmSync(join(dir, block(2))))
  refused('a block of elsewhere', 'E_DEVCHAIN_DAMAGED', (dir) =>
    cpSync(join(dir, block(1)), join(dir, block(2))),
  )
  refused('a strange file', 'E_DEVCHAIN_DAMAGED', (dir) => writeFileSync(join(dir, 'blocks/notes.json'), ''))
  refused('a damaged journal line', 'E_DEVCHAIN_DAMAGED', (dir) =>
    edit(dir, 'journal.jsonl', (text) => text.replace('"type":"tick"', '"type":"tick')),
  )
  refused('an unknown journal line', 'E_DEVCHAIN_DAMAGED', (dir) =>
    edit(dir, 'journal.jsonl', (text) => text.replace('"type":"tick"', '"type":"tock"')),
  )
  refused('an empty journal', 'E_DEVCHAIN_DAMAGED', (dir) => writeFileSync(join(dir, 'journal.jsonl'), ''))
  refused('a snapshot of something else', 'E_DEVCHAIN_DAMAGED', (dir) =>
    edit(dir, 'journal.jsonl', (text) => text.replace('"transactions":[', '"transactions":[{},')),
  )
  refused('another chain', 'E_DEVCHAIN_FOREIGN', (dir) =>
    edit(dir, 'chain.json', (text) => text.replace('c1fd', 'c1fe')),
  )
  refused('a damaged manifest', 'E_DEVCHAIN_DAMAGED', (dir) => writeFileSync(join(dir, 'chain.json'), '{'))
  refused('a directory of something else', 'E_DEVCHAIN_FOREIGN', (dir) => rmSync(join(dir, 'chain.json')))
  const file = join(t.testdirName, 'file')
  writeFileSync(file, '')
  t.throws(() => openEngine(file, START), { code: 'E_DEVCHAIN_STORE' })
  t.end()
})

t.test('one process at a time', async (t) => {
  const { dataDir, engine } = newEngine(t)
  t.throws(() => openEngine(dataDir, START), { code: 'E_DEVCHAIN_LOCKED' })
  const lock = join(dataDir, 'lock')
  const free = () => look(copyOf(t, dataDir, 'other'), () => true)
  t.ok(free())
  engine.close()
  t.notOk(existsSync(lock))

  const dead = fork('-e', [], { execArgv: ['-e', ''], stdio: 'ignore' })
  await new Promise((resolve) => dead.on('exit', resolve))
  const left = [
    ['a dead process', { pid: dead.pid, started: null }],
    ['this process id, of an earlier life', { pid: process.pid, started: null }],
    ['a process id that another program has now', { pid: process.ppid, started: '1' }],
    ['nobody', 'x'],
  ] as const
  for (const [name, content] of left) {
    writeFileSync(lock, JSON.stringify(content))
    const again = openEngine(dataDir, START)
    t.equal(again.state.height, 1, name)
    again.close()
  }
  writeFileSync(lock, JSON.stringify({ pid: process.ppid, started: null }))
  t.throws(() => openEngine(dataDir, START), { code: 'E_DEVCHAIN_LOCKED' }, 'a process that lives')
})

t.test('a full disk stops the chain, and a restart mends it', async (t) => {
  const dataDir = join(t.testdir({ chain: {} }), 'chain')
  const options = { dataDir, blockSeconds: 60, manual: true }
  const chain = await startDevChain(options)
  for (let i = 0; i < 10; i++) chain.tick()
  const blocks = join(dataDir, 'blocks')
  rmSync(blocks, { recursive: true })
  writeFileSync(blocks, '')
  t.throws(() => chain.tick(), { code: 'E_DEVCHAIN_STORE' })
  t.throws(() => chain.tick(), { code: 'E_DEVCHAIN_STORE' }, 'it takes nothing more')
  const { raw } = record('refused')
  const body = JSON.stringify({
    jsonrpc: '2.0',
    id: 5,
    method: 'reveal-entry',
    params: { entry: toHex(raw) },
  })
  const reply = await fetch(`${chain.url}/v2`, { method: 'POST', body })
  t.equal(reply.status, 400)
  t.match(await reply.json(), { error: { code: -32603 } })
  await chain.close()

  rmSync(blocks)
  mkdirSync(blocks)
  const again = await startDevChain(options)
  t.match(again, { height: 2, minute: 1, savedHeight: 1 })
  await again.close()
})

t.test('options and life of the server', async (t) => {
  const dataDir = t.testdir()
  const bad = { code: 'E_DEVCHAIN_OPTION' }
  await t.rejects(startDevChain({ dataDir, blockSeconds: 0 }), bad)
  await t.rejects(startDevChain({ dataDir, blockSeconds: 60, fund: -1 }), bad)
  await t.rejects(startDevChain({ dataDir, blockSeconds: 60, port: 70_000 }), bad)
  const ending = new AbortController()
  const chain = await startDevChain({ dataDir, blockSeconds: 60, signal: ending.signal })
  t.throws(() => chain.tick(), bad, 'the clock ticks here')
  const port = Number(new URL(chain.url).port)
  await t.rejects(startDevChain({ dataDir: join(dataDir, 'other'), blockSeconds: 60, port }), {
    code: 'E_DEVCHAIN_PORT',
  })
  ending.abort()
  await chain.close()
  await t.rejects(fetch(`${chain.url}/v2`))
  const again = await startDevChain({ dataDir, blockSeconds: 60, manual: true })
  t.equal(again.height, 1)
  await again.close()
  t.throws(() => again.tick(), { code: 'E_DEVCHAIN_CLOSED' })
})

t.test('a chain that begins at another height', async (t) => {
  const dataDir = t.testdir()
  const options = { dataDir, blockSeconds: 60, manual: true, startHeight: 258_795 }
  const chain = await startDevChain(options)
  t.match(chain, { height: 258_796, savedHeight: 258_795, minute: 0 })
  for (let i = 0; i < 23; i++) chain.tick()
  await chain.close()
  const foreign = { code: 'E_DEVCHAIN_FOREIGN', message: /begins at height 258795/ }
  await t.rejects(startDevChain({ ...options, startHeight: 0 }), foreign)
  await t.rejects(startDevChain({ ...options, startHeight: -1 }), { code: 'E_DEVCHAIN_OPTION' })
  const again = await startDevChain({ dataDir, blockSeconds: 60, manual: true })
  t.match(again, { height: 258_798, savedHeight: 258_797, minute: 3 }, 'it is known where it began')
  await again.close()
  const engine = openEngine(dataDir, START)
  t.teardown(() => engine.close())
  t.equal(engine.archive.first, 258_795)
  t.equal(engine.archive.block(258_794), undefined)
  const first = engine.archive.block(258_795)
  t.match(first && decodeDirectoryBlock(first.directory), { height: 258_795, prevKeyMr: '0'.repeat(64) })
  t.equal(engine.archive.block(258_797)?.height, 258_797)
})

t.test('minutes end by the clock', async (t) => {
  const chain = await startDevChain({ dataDir: t.testdir(), blockSeconds: 0.2 })
  t.teardown(() => chain.close())
  await until(() => chain.savedHeight >= 2)
  t.pass('blocks come by themselves')
})

t.test('a clock that is set back does not stop the minutes', async (t) => {
  let ticks = 0
  const now = () => Date.now() - (ticks < 2 ? 0 : 3_600_000)
  const stop = startMinutes(5, now, () => ticks++)
  await until(() => ticks >= 5)
  stop()
  t.pass('they go on')
})
