/** What a request may ask for, and the files that pages are made of. */
import t from 'tap'

import { hostInUrl } from './own-host.js'
import { readPages, unlessKnown } from './pages.js'
import { Csv, nameIn, numberIn, wantsCsv } from './query.js'
import { remembered } from './remember.js'

const asked = (words: string): URLSearchParams => new URLSearchParams(words)

t.test('numbers, names and formats', (t) => {
  const bounds = { least: 1, most: 9, otherwise: 5 }
  t.same([numberIn(asked(''), 'n', bounds), numberIn(asked('n=9'), 'n', bounds)], [5, 9])
  for (const wrong of ['', '0', '10', '-1', '1.5', '1e1', '9'.repeat(20)])
    t.throws(
      () => numberIn(asked(`n=${wrong}`), 'n', bounds),
      { message: 'n must be a whole number from 1 to 9' },
      wrong,
    )
  t.equal(nameIn(asked('of=kraken:BTC/USD'), 'of'), 'kraken:BTC/USD')
  for (const wrong of ['', 'of=', 'of=a b', `of=${'x'.repeat(81)}`])
    t.throws(() => nameIn(asked(wrong), 'of'), { message: 'of is missing or no name' }, wrong)
  t.same(
    [wantsCsv(asked('')), wantsCsv(asked('format=json')), wantsCsv(asked('format=csv'))],
    [false, false, true],
  )
  t.throws(() => wantsCsv(asked('format=xml')), { message: 'format must be json or csv' })
  t.equal(Csv.of(['a', 'b'], [{ a: null, b: 5 }]).text, 'a,b\n,5\n')
  t.end()
})

t.test('files of pages', (t) => {
  const folder = t.testdir({ 'page.html': '<p>', 'font.woff': 'x', plain: 'y' })
  const pages = readPages(new URL(`file://${folder}/`))
  t.same(
    [...pages].map(([name, { type }]) => [name, type]),
    [
      ['font.woff', 'application/octet-stream'],
      ['page.html', 'text/html; charset=utf-8'],
      ['plain', 'application/octet-stream'],
    ],
  )
  const page = pages.get('page.html')
  if (page === undefined) throw new Error('it is there')
  t.match(unlessKnown(page, page.headers['etag']), { status: 304, body: '' })
  t.equal(unlessKnown(page, '"another"').status, 200)
  t.end()
})

t.test('hosts of addresses, and answers that are kept', (t) => {
  t.same([hostInUrl('::1'), hostInUrl('127.0.0.1')], ['[::1]', '127.0.0.1'])
  let count = 0
  const kept = remembered(2, (question) => `${question}${++count}`)
  t.same(['a', 'b', 'a', 'c', 'b', 'a'].map(kept), ['a1', 'b2', 'a1', 'c3', 'b2', 'a4'], 'the oldest goes')
  t.end()
})
