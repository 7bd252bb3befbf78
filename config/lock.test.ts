import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

import { lockFile } from './index.js'

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
  writeFileSync(lock, JSON.stringify({ pid: 1, started: '1', host: 'elsewhere' }))
  t.throws(() => lockFile(lock, refusals), { message: 'held by process 1 on elsewhere' }, 'it beats')
  const then = Date.now() / 1000 - 61
  utimesSync(lock, then, then)
  lockFile(lock, refusals)()
  t.notOk(existsSync(lock), 'it has been silent for a minute')
  t.end()
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
