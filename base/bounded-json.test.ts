import t from 'tap'

import { checkJson, parseJson } from './bounded-json.js'

t.test('what is within the bounds is read as JSON.parse reads it', (t) => {
  const texts = [
    'null',
    ' [1, {"a": [true, "x"]}] ',
    '{"\\"[[[": "\\\\", "b": "{,}"}',
    '"\\\\"',
    '"\\\\\\""',
    '["\\u0022[[[[", "é€😀"]',
    '""',
  ]
  for (const text of texts) t.strictSame(parseJson(text, { depth: 3, values: 9 }), JSON.parse(text), text)
  for (const text of ['', '[', '"', '"\\"', '{"a"}', '\u0000', ']]]]]', '<html>'])
    t.throws(() => parseJson(text), SyntaxError, `no JSON: ${text}`)
  t.end()
})

t.test('levels are counted, those in texts are not', (t) => {
  const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)
  t.doesNotThrow(() => parseJson(nested(64)))
  t.throws(() => parseJson(nested(65)), { name: 'RangeError', message: 'it is nested deeper than 64 levels' })
  t.throws(() => parseJson(`{"a":${nested(3)}}`, { depth: 3 }), RangeError)
  t.doesNotThrow(() => parseJson(JSON.stringify([nested(1000), `\\"${nested(1000)}`]), { depth: 1 }))
  t.doesNotThrow(() => checkJson(']'.repeat(1000)))
  t.end()
})

t.test('values are counted', (t) => {
  const list = (length: number): string => `[${Array(length).fill('1').join(',')}]`
  t.doesNotThrow(() => parseJson(list(9), { values: 10 }))
  t.throws(() => parseJson(list(10), { values: 10 }), {
    name: 'RangeError',
    message: 'it holds more than 10 values',
  })
  t.throws(() => parseJson(`[${Array(6).fill('{}').join()}]`, { values: 10 }), RangeError)
  t.throws(() => parseJson(`{${Array(11).fill('"a":1').join()}}`, { values: 10 }), RangeError)
  t.doesNotThrow(() => parseJson(JSON.stringify(','.repeat(100)), { values: 1 }))
  t.doesNotThrow(() => parseJson('["12345"]', { text: 5 }))
  t.throws(() => parseJson('["123456"]', { text: 5 }), {
    message: 'it holds a text longer than 5 characters',
  })
  t.end()
})

t.test('hostile texts cost next to nothing', (t) => {
  const size = 30 << 20
  const hostile = {
    brackets: '['.repeat(size),
    objects: '{"a":'.repeat(size / 5),
    'ten million {}': `[${'{},'.repeat(10_000_000)}{}]`,
    'a text without end': `"${'\\'.repeat(size)}`,
    quotes: `[${'"\\",'.repeat(size / 4)}`,
    commas: `[${','.repeat(size)}`,
  }
  for (const [name, text] of Object.entries(hostile)) {
    const began = process.cpuUsage().user
    t.throws(() => parseJson(text), name)
    const ms = (process.cpuUsage().user - began) / 1000
    t.ok(ms < 2000, `${name}: ${ms.toFixed(0)} ms of processor time`)
  }
  t.end()
})
