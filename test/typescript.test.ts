/** What test files pay for at their start, and that each of them is run. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import t from 'tap'

import { started } from './together/together.js'

t.test('a test loads no compiler, and what it starts loads nothing of the test runner', async (t) => {
  const loaded = Object.keys(createRequire(import.meta.url).cache)
  t.same(
    loaded.filter((file) => /\/(ts-node[^/]*|typescript)\//.test(file)),
    [],
  )
  const echo = "require('node:worker_threads').parentPort.postMessage(process.execArgv)"
  const [words] = (await once(new Worker(echo, { eval: true }), 'message')) as [string[]]
  t.same(words, process.execArgv)
  t.ok(words.includes('--import=#typescript'))
  t.notOk(words.some((word) => word.includes('@tapjs')))
})

t.test('each test file is run, by itself or together with those of its room', (t) => {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.test.ts'], {
    encoding: 'utf8',
  })
    .trim()
    .split('\n')
  const rooms = files
    .filter((file) => file.startsWith('test/together/'))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/'(\w+)'/g)].map(([, room]) => room))
  t.same([...rooms].sort(), [...new Set(rooms)].sort(), 'each room once')
  for (const file of files) {
    const [room] = file.split('/')
    t.ok(room === 'test' || rooms.includes(room), `a file of test/together/ runs ${file}`)
  }
  const named = started.filter((name) => !name.includes('*'))
  t.same(
    named.filter((name) => !files.includes(name)),
    [],
    'what .taprc names is there',
  )
  t.end()
})
