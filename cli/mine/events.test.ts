import t from 'tap'
import type { MinerEvent } from '../../miner/index.js'
import { painter } from '../../telemetry/index.js'
import { createListener, createNews, type EventParts } from './events.js'

t.test('a notice from before there is a listener is heard, first and once', (t) => {
  const news = createNews()
  const heard: string[] = []
  const notice = (message: string): MinerEvent => ({ event: 'notice', level: 'warn', code: 'E_X', message })
  news.emit(notice('one'))
  news.emit(notice('two'))
  news.listen((event) => void heard.push(event.event === 'notice' ? event.message : ''))
  news.emit(notice('three'))
  t.same(heard, ['one', 'two', 'three'])
  t.end()
})

/** A listener, and what became of the events that it was given. */
function listening(view: object = {}) {
  const said: string[] = []
  const say = (what: string) => (text: unknown) => void said.push(`${what}: ${String(text)}`)
  const counter = (name: string) => ({ inc: () => void said.push(`count: ${name}`) })
  const parts = {
    view: { state: 'mining', height: 9, prices: null, ...view },
    metrics: {
      tree: { oracle: { skipped: counter('skipped'), unguarded: counter('unguarded') } },
      entryStep: ({ status }: { status: string }) => say('entry')(status),
    },
    service: { ready: say('ready'), status: say('status') },
    recorder: {
      tell: ({ code }: { code: string }) => say('log')(code),
      measure: (name: string, value: number) => say('measure')(`${name} ${value}`),
    },
    board: { hear: () => undefined },
    output: { event: () => undefined, line: say('line'), paint: painter(false) },
    lines: { show: () => undefined },
  }
  const hear = createListener(parts as unknown as EventParts)
  return {
    after: (...events: object[]): string[] => {
      events.forEach((event) => hear(event as MinerEvent))
      return said.splice(0)
    },
  }
}

t.test('what becomes of an event besides a line', (t) => {
  const cases: [event: object, said: string[]][] = [
    [{ event: 'entry', status: 'revealed' }, ['entry: revealed']],
    [
      { event: 'skipped', height: 9, code: 'E_MINER_PRICES', reason: 'none' },
      ['count: skipped', 'log: E_MINER_PRICES'],
    ],
    [{ event: 'skipped', height: 9, code: 'E_MINER_FUNDS', reason: 'none' }, ['log: E_MINER_FUNDS']],
    [{ event: 'job', height: 9 }, ['ready: mining block 9']],
    [{ event: 'hashrate', total: 1500 }, ['measure: hashrate 1500', 'status: mining, block 9, 1.50 kH/s']],
    [{ event: 'prices', height: 9, complete: true, guarded: true }, []],
    [{ event: 'prices', height: 9, complete: true, guarded: false }, ['count: unguarded']],
    [{ event: 'notice', level: 'info', code: 'E_X', message: 'so' }, ['log: E_X']],
    [{ event: 'block', height: 9, minute: 0 }, []],
  ]
  for (const [event, said] of cases) t.same(listening().after(event), said, JSON.stringify(event))
  t.same(
    listening({ height: null }).after({ event: 'hashrate', total: 1 }).at(-1),
    'status: mining, block unknown, 1 H/s',
  )
  t.end()
})

t.test('missing prices are explained once a block', (t) => {
  const prices = {
    height: 9,
    assets: new Map([['XBT', 1]]),
    missing: new Map([['XBT', 'none']]),
    sources: [],
  }
  const incomplete = (height: number) => ({ event: 'prices', height, complete: false, guarded: true })
  const { after } = listening({ prices })
  t.match(after(incomplete(9)), [
    'line:  Block 9: 1 of 1 assets have no price yet: pegminer prices doctor says why',
  ])
  t.same(after(incomplete(9)), [])
  t.equal(after(incomplete(10)).length, 1)
  t.same(listening().after(incomplete(9)), [], 'nothing was taken yet')
  t.end()
})
