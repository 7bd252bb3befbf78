/** Messages that wait to be sent: what a crash leaves, and files that are none. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

import { lockPending, openPending } from './pending.js'

const JOURNAL = 'E_FACTOM_JOURNAL'

t.test('messages are there again', (t) => {
  const file = join(t.testdir(), 'state', 'pending.json')
  const pending = openPending(file)
  pending.put('buy', Uint8Array.of(1, 2))
  pending.put('chain', new Uint8Array())
  t.same(openPending(file).names(), ['buy', 'chain'])
  t.same(openPending(file).get('buy'), Uint8Array.of(1, 2))
  pending.remove('buy')
  pending.remove('unknown')
  t.same(openPending(file).names(), ['chain'])
  t.end()
})

t.test('a damaged file is told, and nothing is overwritten', (t) => {
  const file = join(t.testdir(), 'pending.json')
  for (const [text, message] of [
    ['{', /is not JSON: move it away/],
    ['7', /is no object: move it away/],
    ['null', /is no object/],
    ['{"buy":7}', /holds what is no hex/],
    ['{"buy":"xx"}', /holds what is no hex/],
    [' '.repeat(2 ** 20 + 1), /is too large/],
  ] as const) {
    writeFileSync(file, text)
    t.throws(() => openPending(file), { code: JOURNAL, message }, text.slice(0, 9))
  }
  t.end()
})

t.test('places where it cannot be kept', (t) => {
  const folder = t.testdir({ file: 'text' })
  mkdirSync(join(folder, 'pending.json'))
  t.throws(() => openPending(join(folder, 'pending.json')), { code: JOURNAL, message: /cannot be read/ })
  const below = join(folder, 'file', 'pending.json')
  t.throws(() => openPending(below), { code: JOURNAL, message: /cannot be read/ })
  t.throws(() => lockPending(below), { code: JOURNAL, message: /cannot be used/ })
  const moved = openPending(join(folder, 'later', 'pending.json'))
  writeFileSync(join(folder, 'later'), 'text')
  t.throws(() => moved.put('buy', Uint8Array.of(1)), { code: JOURNAL, message: /cannot be written/ })
  t.end()
})

t.test('one program pays at a time', (t) => {
  const file = join(t.testdir(), 'pending.json')
  const unlock = lockPending(file)
  t.throws(() => lockPending(file), { code: 'E_FACTOM_BUSY', message: /pays from/ })
  unlock()
  lockPending(file)()
  t.end()
})
