/** What test files pay for at their start, and that each of them is run. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, utimesSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import t from 'tap'

import { elsewhere, LONG } from './together/together.js'

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

t.test('a thread of the program is the built one, unless a source is newer', async (t) => {
  const module: string = './built.js'
  const { builtOf, isCurrent } = (await import(module)) as {
    builtOf: (file: string) => string | undefined
    isCurrent: (home: string) => boolean
  }
  const home = fileURLToPath(new URL('../', import.meta.url))
  t.equal(builtOf(`${home}bench/worker.js`), isCurrent(home) ? `${home}dist/bench/worker.js` : undefined)
  t.equal(builtOf(`${home}test/typescript.js`), undefined, 'which is not built')
  const files = { 'a.ts': '', 'a.test.ts': '', fixtures: { 'b.ts': '' } }
  const project = t.testdir({ room: files, dist: { 'build.json': '{}' } })
  const at = (file: string, seconds: number): void => utimesSync(join(project, file), seconds, seconds)
  const changed = (seconds: number): void => {
    for (const file of ['room/a.test.ts', 'room/fixtures/b.ts']) at(file, 9000)
    at('room/a.ts', seconds)
  }
  at('dist/build.json', 5000)
  changed(4000)
  t.ok(isCurrent(project))
  changed(6000)
  t.notOk(isCurrent(project))
})

t.test('each test file is run, by itself or together with those of its room', (t) => {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.test.ts'], {
    encoding: 'utf8',
  })
    .trim()
    .split('\n')
    .sort()
  const rooms = files
    .filter((file) => file.startsWith('test/together/'))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/'(\w+)'/g)].map(([, room]) => room))
  t.same([...rooms].sort(), [...new Set(rooms)].sort(), 'each room once')
  const isRun = (file: string): boolean =>
    elsewhere.includes(file) ||
    /^test\/(together|long|small)\//.test(file) ||
    rooms.includes(file.split('/')[0])
  for (const file of files) t.ok(isRun(file), `${file} is run`)
  const named = elsewhere.filter((name) => !name.includes('*'))
  t.same(
    named.filter((name) => !files.includes(name)),
    [],
    'what .taprc and the lists of long ones name is there',
  )
  t.same(named, [...new Set(named)], 'each once')
  const long = files.filter((file) => file.startsWith('test/long/'))
  t.same(
    long,
    Object.keys(LONG).map((name) => `test/long/${name}.test.ts`),
  )
  for (const file of long)
    t.match(
      readFileSync(file, 'utf8'),
      `oneByOne(LONG.${file.slice('test/long/'.length, -'.test.ts'.length)})`,
    )
  t.end()
})
