import { fork, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Test } from 'tap'

import { awaitLock, lockFile } from '../index.js'

const refusals = {
  held: (who: string) => new Error(`held by ${who}`),
  failed: (cause: unknown) => new Error('failed', { cause }),
}

t.test('one at a time, and given back once', (t) => {
  const folder = t.testdir()
  const lock = join(folder, 'lock')
  const release = lockFile(lock, refusals)
  t.equal(statSync(lock).mode & 0o777, 0o600)
  t.throws(() => lockFile(lock, refusals), { message: `held by process ${process.pid}` })
  release()
  t.same(readdirSync(folder), [], 'nothing is left')
  const again = lockFile(lock, refusals)
  release()
  t.ok(existsSync(lock), 'released twice, the lock of another is left alone')
  again()
  t.throws(() => lockFile(join(folder, 'none', 'lock'), refusals), { message: 'failed' })
  t.end()
})

t.test('what a dead process left is taken over, what a living one holds is not', (t) => {
  const lock = join(t.testdir(), 'lock')
  for (const left of ['', 'x', 'null', '{"pid":"1"}', JSON.stringify({ pid: process.ppid, started: '1' })]) {
    writeFileSync(lock, left)
    lockFile(lock, refusals)()
    t.notOk(existsSync(lock), `taken over: ${left}`)
  }
  writeFileSync(lock, JSON.stringify({ pid: process.ppid, started: null }))
  t.throws(() => lockFile(lock, refusals), { message: `held by process ${process.ppid}` })
  t.end()
})

/** A process that tries to take the lock, and holds it until it is killed; what it says. */
async function holder(
  t: Test,
  lock: string,
  { env = process.env, before = [] as string[], silent = 100 } = {},
) {
  const script = fileURLToPath(new URL('fixtures/holder.ts', import.meta.url))
  const [command = '', ...args] = [
    ...before,
    process.execPath,
    ...process.execArgv,
    script,
    lock,
    String(silent),
  ]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], env })
  const gone = once(child, 'close')
  t.teardown(() => child.kill('SIGKILL'))
  const [said] = (await Promise.race([once(child.stdout, 'data'), gone.then(() => [''])])) as [
    Buffer | string,
  ]
  return { said: String(said).trim(), child, gone }
}

t.test('of a lock elsewhere it is seen whether it beats', async (t) => {
  const lock = join(t.testdir(), 'lock')
  const text = JSON.stringify({ pid: 1, started: '1', host: 'elsewhere' })
  const now = Date.now() / 1000
  for (const [what, time] of [
    ['now', now],
    ['long ago', now - 86_400],
    ['in the future', now + 86_400],
  ] as const) {
    writeFileSync(lock, text)
    utimesSync(lock, time, time)
    lockFile(lock, refusals, { silent: 30, look: 5 })()
    t.notOk(existsSync(lock), `silent, last beat ${what}`)
  }
  writeFileSync(lock, text)
  const beating = `setInterval(() => fs.utimesSync(${JSON.stringify(lock)}, 1, (globalThis.k = (globalThis.k ?? 0) + 1)), 5)
    process.send('here')`
  const child = spawn(process.execPath, ['-e', beating], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const gone = once(child, 'exit')
  await once(child, 'message')
  t.throws(() => lockFile(lock, refusals, { silent: 60_000, look: 1 }), {
    message: 'held by process 1 on elsewhere',
  })
  child.kill()
  await gone
})

t.test('a lock goes with its process, however it ends', async (t) => {
  const lock = join(t.testdir(), 'lock')
  for (const env of [process.env, { ...process.env, PATH: '' }]) {
    const first = await holder(t, lock, { env })
    t.equal(first.said, 'held')
    t.throws(() => lockFile(lock, refusals), { message: `held by process ${first.child.pid}` })
    for (const seconds of [0, 2_000_000_000]) {
      utimesSync(lock, seconds, seconds)
      t.throws(() => lockFile(lock, refusals), /held by/, 'whatever time its beat says')
    }
    first.child.kill('SIGKILL')
    await first.gone
    t.ok(existsSync(lock), 'it was left behind')
    lockFile(lock, refusals)()
    t.notOk(existsSync(lock))
  }
})

t.test('containers that share a folder, by one host name', async (t) => {
  const apart = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--mount-proc', '--kill-child']
  const { status } = spawnSync(apart[0] ?? '', [...apart.slice(1), 'true'])
  if (status !== 0) {
    t.comment('skipped: PID namespaces cannot be made here')
    return
  }
  const lock = join(t.testdir(), 'lock')
  for (const env of [process.env, { ...process.env, PATH: '' }]) {
    const before = [
      '/usr/bin/env',
      `PATH=${process.env['PATH']}`,
      ...apart,
      '/usr/bin/env',
      `PATH=${env['PATH']}`,
    ]
    const first = await holder(t, lock, { env, before })
    t.equal(first.said, 'held')
    const second = await holder(t, lock, { before, silent: 60_000 })
    t.match(second.said, /^held by process \d+$/)
    t.throws(() => lockFile(lock, refusals, { silent: 60_000 }), /held by process/)
    first.child.kill('SIGKILL')
    await first.gone
    lockFile(lock, refusals, { silent: 300, look: 5 })()
    t.notOk(existsSync(lock), 'taken over')
  }
  const outside = await holder(t, lock)
  t.equal(outside.said, 'held')
  t.match(
    (await holder(t, lock, { before: apart, silent: 60_000 })).said,
    `held by process ${outside.child.pid}`,
  )
})

t.test('many processes at once', async (t) => {
  const folder = t.testdir()
  const script = fileURLToPath(new URL('fixtures/contender.ts', import.meta.url))
  const contenders = Array.from({ length: 3 }, () =>
    fork(script, [join(folder, 'lock'), join(folder, 'inside'), '300'], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    }),
  )
  t.teardown(() => contenders.forEach((one) => one.kill()))
  await Promise.all(contenders.map((one) => once(one, 'message')))
  const ends = contenders.map(async (one) => {
    let trouble = ''
    one.stderr?.on('data', (text: Buffer) => (trouble += text.toString()))
    const taken = once(one, 'message')
    const closed = once(one, 'close')
    one.send('go')
    const first = await Promise.race([taken, closed.then(() => [0])])
    await closed
    return { taken: first[0] as number, trouble }
  })
  for (const { taken, trouble } of await Promise.all(ends)) {
    t.equal(trouble, '', 'never two at once')
    t.ok(taken > 0)
  }
  t.notOk(readdirSync(folder).includes('inside'))
})

/** Of a process that has ended. */
const deadPid = (): number => spawnSync(process.execPath, ['--version']).pid

t.test('who waits takes over what no process holds any more', async (t) => {
  const name = join(t.testdir(), 'lock')
  const here = { pid: process.ppid, started: null, host: hostname() }
  const left = [
    { ...here, pid: deadPid() },
    { ...here, started: '1' },
    { ...here, place: 'before the machine was started again' },
    { ...here, host: 'elsewhere' },
    { ...here, kernel: true },
    { pid: 'x' },
    null,
    '',
  ]
  for (const owner of left) {
    const text = owner === '' ? '' : JSON.stringify(owner)
    writeFileSync(name, text)
    const taken = await awaitLock(name, { timing: { look: 1, silent: 20 } })
    t.match(JSON.parse(readFileSync(name, 'utf8')), { pid: process.pid }, `taken over: ${text.slice(0, 40)}`)
    taken.release()
    t.same(readdirSync(join(name, '..')), [])
  }
})

t.test('who waits for a process that holds it', async (t) => {
  const name = join(t.testdir(), 'lock')
  const first = await awaitLock(name)
  t.equal(first.waited, false)
  t.equal(statSync(name).mode & 0o777, 0o644, 'other users see who holds it')
  const second = await awaitLock(name, {
    onWait: (pid) => {
      t.equal(pid, process.pid)
      first.release()
    },
    timing: { look: 1, silent: 0 },
  })
  t.equal(second.waited, true, 'a live holder need not beat')
  first.release()
  t.ok(existsSync(name), 'released twice, the lock of another is left alone')
  second.release()

  writeFileSync(name, JSON.stringify({ pid: process.ppid, started: null, host: hostname() }))
  const alive = new AbortController()
  const looks = { timing: { look: 1, silent: 0 }, signal: alive.signal, onWait: () => alive.abort() }
  await t.rejects(awaitLock(name, looks), { name: 'AbortError' }, 'the system does not tell when it began')
  writeFileSync(name, JSON.stringify({ pid: 1, host: 'elsewhere' }))
  const interrupt = new AbortController()
  let beats = 0
  const onWait = (): void => {
    const time = ++beats
    utimesSync(name, time, time)
    if (beats === 50) interrupt.abort()
  }
  const waiting = awaitLock(name, { signal: interrupt.signal, onWait, timing: { look: 1, silent: 1000 } })
  await t.rejects(waiting, { name: 'AbortError' })
  t.ok(existsSync(name), 'it beats: it is left alone')
})
