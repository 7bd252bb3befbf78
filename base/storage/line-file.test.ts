/** Files of JSON lines: what is read of them after an end at any moment, and what is said of damage. */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

import { openLines, readLines } from './line-file.js'

const errors = {
  damaged: (line: number) => new Error(`line ${line} is damaged`),
  failed: (what: string) => new Error(what),
}

t.test('lines that were written are read again', (t) => {
  const file = join(t.testdir(), 'lines')
  t.equal(readLines(file, errors), null)
  const lines = openLines(file, 0, errors)
  lines.append({ a: 1 })
  lines.append({ a: 2 }, true)
  appendFileSync(file, '{"cut')
  const found = readLines(file, errors)
  t.same(found, { values: [{ a: 1 }, { a: 2 }], bytes: 16 }, 'a line that was cut off is none')
  lines.close()
  lines.append({ a: 3 })
  const again = openLines(file, 16, errors)
  again.append({ a: 4 })
  t.equal(readFileSync(file, 'utf8'), '{"a":1}\n{"a":2}\n{"a":4}\n')
  again.restart([{ b: 1 }])
  again.append({ b: 2 })
  again.close()
  again.close()
  t.equal(readFileSync(file, 'utf8'), '{"b":1}\n{"b":2}\n')
  const whole = openLines(join(t.testdir(), 'new'), null, errors)
  whole.append({ c: 1 })
  t.equal(readLines(join(t.testdirName, 'new'), errors), null, 'made when it is begun')
  t.end()
})

t.test('damage, and files that cannot be used', (t) => {
  const folder = t.testdir()
  const file = join(folder, 'lines')
  for (const [text, line] of [
    ['x\n', 1],
    ['{}\n[\n', 2],
    ['{}\n\0\0', 2],
    ['{}\nrest', 2],
  ] as const) {
    writeFileSync(file, text)
    t.throws(() => readLines(file, errors), { message: `line ${line} is damaged` }, JSON.stringify(text))
  }
  const where = join(folder, 'folder')
  mkdirSync(where)
  t.throws(() => readLines(where, errors), { message: `cannot read ${where}` })
  t.throws(() => openLines(where, 0, errors), { message: `cannot write ${where}` })
  const lines = openLines(file, null, errors)
  mkdirSync(join(folder, 'gone'))
  t.throws(() => openLines(join(folder, 'gone', 'none', 'file'), null, errors).restart([]), {
    message: /^cannot write/,
  })
  lines.close()
  t.end()
})
