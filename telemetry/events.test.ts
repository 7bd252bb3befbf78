/** Server-sent events: who may listen, and who is sent away. */
import { EventEmitter } from 'node:events'
import type { ServerResponse } from 'node:http'
import t from 'tap'

import { until } from '../test/fixtures/until.js'
import { createStreams } from './events.js'

/** A listener that has left so many bytes unread. */
function listener(writableLength = 0) {
  const heard: string[] = []
  const events = new EventEmitter()
  const response = Object.assign(events, {
    writableLength,
    destroyed: false,
    write: (text: string) => void heard.push(text),
    destroy: () => {
      response.destroyed = true
      events.emit('close')
    },
  })
  return { heard, response, as: response as unknown as ServerResponse }
}

t.test('so many listeners, of them so many of one client', (t) => {
  const streams = createStreams({ event: 'x', everyMs: 60_000, most: 3, mostOfClient: 1, next: () => null })
  t.teardown(() => streams.close())
  const [one, again, other, here, more] = Array.from({ length: 5 }, () => listener())
  t.ok(streams.add(one!.as, 'a'))
  t.notOk(streams.add(again!.as, 'a'), 'one of each client')
  t.ok(streams.add(other!.as, 'b'))
  t.ok(streams.add(here!.as, null), 'programs of this machine have no limit of their own')
  t.notOk(streams.add(more!.as, null), 'but that of all')
  one!.response.emit('close')
  t.ok(streams.add(again!.as, 'a'), 'one has gone')
  t.same(one!.heard, ['retry: 2000\n\n'], 'there is nothing to tell')
  streams.close()
  t.ok(other!.response.destroyed)
  t.end()
})

t.test('a reader that sleeps is left, the others hear what is new', async (t) => {
  let count = 0
  const next = (all: boolean) => (all ? { all } : { count: ++count })
  const streams = createStreams({ event: 'x', everyMs: 1, most: 9, next })
  t.teardown(() => streams.close())
  const [awake, asleep] = [listener(), listener(2 ** 20)]
  streams.add(awake.as, null)
  streams.add(asleep.as, null)
  await until(() => awake.heard.length > 2 && asleep.response.destroyed)
  t.same(awake.heard.slice(0, 3), [
    'retry: 2000\n\n',
    'event: x\ndata: {"all":true}\n\n',
    'event: x\ndata: {"count":1}\n\n',
  ])
  t.equal(asleep.heard.length, 2, 'nothing more is written')
})
