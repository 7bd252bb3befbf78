/** What each of more than a hundred test files pays for at its start. */
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { Worker } from 'node:worker_threads'
import t from 'tap'

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
