/** Replies that are kept: until something changes, and no more than there is room for. */
import t from 'tap'

import { createKept } from './kept.js'

t.test('asked again, after a change, and without room', (t) => {
  let [version, made] = ['1', 0]
  const kept = createKept<{ readonly body: string }>(() => version, 30)
  const ask = (key: string, body = 'body') => kept(key, () => ({ body: `${body}${(made += 1)}` })).body
  t.equal(ask('a'), 'body1')
  t.equal(ask('a'), 'body1')
  t.equal(ask('b'), 'body2')
  version = '2'
  t.equal(ask('a'), 'body3', 'made anew after a change')
  t.equal(ask('b'), 'body4')
  t.equal(ask('c', 'x'.repeat(20)), `${'x'.repeat(20)}5`, 'the oldest makes room')
  t.equal(ask('c'), `${'x'.repeat(20)}5`)
  t.equal(ask('b'), 'body4')
  t.equal(ask('a'), 'body6')
  t.equal(ask('d', 'y'.repeat(40)), `${'y'.repeat(40)}7`, 'more than there is room for is not kept')
  t.equal(ask('d'), 'body8')
  t.end()
})
