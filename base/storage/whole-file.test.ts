import {
  closeSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

import {
  openLines,
  openToAppend,
  readLines,
  replaceFile,
  requireWritable,
  writeAll,
  writeWhole,
} from '../index.js'

const LEFT = '.0b5e1d2c-1111-4222-8333-0123456789ab.tmp'

t.test('whole, private where asked for, with nothing beside it', (t) => {
  const folder = t.testdir({ file: 'old' })
  const file = join(folder, 'file')
  writeWhole(file, 'new', { mode: 0o600 })
  t.equal(readFileSync(file, 'utf8'), 'new')
  t.equal(statSync(file).mode & 0o777, 0o600)
  const fd = replaceFile(file, 'a\n')
  writeAll(fd, 'b\n')
  writeAll(fd, Buffer.from('B'), 2)
  closeSync(fd)
  t.equal(readFileSync(file, 'utf8'), 'a\nB\n')
  t.same(readdirSync(folder), ['file'])
  t.throws(() => writeWhole(join(folder, 'none', 'file'), ''), { code: 'ENOENT' })
  t.end()
})

t.test('what fails leaves the old file, and nothing else', (t) => {
  const folder = t.testdir({ folder: { file: '' } })
  t.throws(() => writeWhole(join(folder, 'folder'), 'text'), /EISDIR|ENOTEMPTY|EEXIST/)
  t.same(readdirSync(folder), ['folder'])
  t.end()
})

t.test('whether a file could be written is found out without a trace', (t) => {
  const folder = t.testdir({ folder: {}, file: 'old' })
  for (const name of ['file', 'new']) requireWritable(join(folder, name))
  t.throws(() => requireWritable(join(folder, 'folder')), { message: 'it is a folder' })
  t.throws(() => requireWritable(join(folder, 'none', 'file')), { code: 'ENOENT' })
  t.throws(() => requireWritable(join(folder, 'file', 'file')), { code: 'ENOTDIR' })
  t.same(readdirSync(folder).sort(), ['file', 'folder'])
  t.equal(readFileSync(join(folder, 'file'), 'utf8'), 'old')
  t.end()
})

t.test('links that another user has put there are not followed', (t) => {
  const folder = t.testdir({ precious: 'precious', shared: {} })
  const precious = join(folder, 'precious')
  const file = join(folder, 'shared', 'journal.jsonl')
  for (const name of [file, `${file}.new`, `${file}.tmp`, `${file}${LEFT}`]) symlinkSync(precious, name)
  t.throws(() => openToAppend(file), { message: /is a symbolic link: put the file itself there/ })
  writeWhole(file, 'ours')
  t.ok(lstatSync(file).isFile(), 'the link itself was replaced')
  const fd = openToAppend(file)
  writeAll(fd, ' and more')
  closeSync(fd)
  t.equal(readFileSync(file, 'utf8'), 'ours and more')
  t.equal(readFileSync(precious, 'utf8'), 'precious')
  t.end()
})

t.test('what killed writers left is removed once it is old', (t) => {
  const folder = join(t.testdir(), 'state')
  mkdirSync(folder)
  const [old, fresh, other] = [`a${LEFT}`, `b${LEFT}`, 'c.tmp'] as const
  for (const name of [old, fresh, other]) writeFileSync(join(folder, name), '')
  const then = Date.now() / 1000 - 7200
  for (const name of [old, other]) utimesSync(join(folder, name), then, then)
  writeWhole(join(folder, 'file'), '')
  t.same(readdirSync(folder).sort(), [fresh, other, 'file'].sort())
  t.end()
})

t.test(
  'lines: a torn one is left out, damage is told with its number, and what follows is written behind them',
  (t) => {
    const folder = t.testdir({
      torn: '{"a":1}\n{"a":2}\n{"a":',
      damaged: '{"a":1}\nx\n{"a":3}\n',
      zeros: '{"a":1}\n\0\0',
    })
    const errors = {
      damaged: (line: number) => new Error(`line ${line}`),
      failed: (what: string) => new Error(what),
    }
    const torn = join(folder, 'torn')
    t.equal(readLines(join(folder, 'none'), errors), null)
    for (const [name, line] of [
      ['damaged', 2],
      ['zeros', 2],
    ] as const)
      t.throws(() => readLines(join(folder, name), errors), { message: `line ${line}` }, name)
    t.throws(() => readLines(folder, errors), { message: `cannot read ${folder}` })
    const found = readLines(torn, errors)
    t.same(found?.values, [{ a: 1 }, { a: 2 }])
    const lines = openLines(torn, found?.bytes ?? 0, errors)
    lines.append({ a: 3 }, true)
    t.equal(readFileSync(torn, 'utf8'), '{"a":1}\n{"a":2}\n{"a":3}\n')
    lines.restart([{ b: 1 }])
    lines.append({ b: 2 })
    lines.close()
    lines.append({ b: 3 })
    t.same(readLines(torn, errors)?.values, [{ b: 1 }, { b: 2 }])
    const fresh = join(folder, 'fresh')
    openLines(fresh, null, errors).close()
    t.equal(readLines(fresh, errors), null, 'a file is made whole or not at all')
    t.end()
  },
)
