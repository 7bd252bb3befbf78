/** How far following the chain is, as a terminal, a log and a program are told. */
import t from 'tap'

import { barText, createFollowView } from './follow-progress.js'

interface Said {
  readonly written: string[]
  readonly lines: string[]
  readonly events: { event: string; [key: string]: unknown }[]
  readonly logged: unknown[]
}

/** A view whose clock stands at `said.now`. */
function viewOf(isTTY: boolean) {
  const said: Said = { written: [], lines: [], events: [], logged: [] }
  const clock = { now: 0 }
  const context = {
    stderr: { isTTY, columns: 200, write: (text: string) => void said.written.push(text) },
    output: {
      event: (event: { event: string }) => void said.events.push(event),
      line: (text = '') => void said.lines.push(text),
    },
    log: { info: (text: string, facts: object) => void said.logged.push([text, facts]) },
  }
  const view = createFollowView(context as unknown as Parameters<typeof createFollowView>[0], () => clock.now)
  return { view, said, clock }
}

const progressAt = (height: number, milliseconds: number) => ({
  ...{ height, to: 100, blocks: height, entries: 3 * height, milliseconds },
})

t.test('a terminal has a bar, which goes at the end', (t) => {
  const { view, said, clock } = viewOf(true)
  view.show(progressAt(25, 5000))
  clock.now = 50
  view.show(progressAt(26, 5050))
  t.equal(said.written.length, 1, 'ten times a second at most')
  t.match(
    said.written[0],
    `\r\u001b[Kfollowing the chain  ${'█'.repeat(6)}${'░'.repeat(18)}   25 %  block 25 of 100  5 blocks/s  15.0 s left`,
  )
  clock.now = 20_000
  view.show(progressAt(50, 20_000))
  view.end()
  t.equal(said.written.length, 3)
  t.equal(said.written[2], '\r\u001b[K')
  t.same(said.logged, [], 'what the bar says is not logged')
  t.same(said.lines, [' followed 50 blocks, 150 entries in 20.0 s: 2.5 blocks/s, 8 entries/s', ''])
  t.equal(barText(progressAt(25, 5000), 40).length, 39, 'a narrow terminal')
  t.end()
})

t.test('elsewhere it is logged every ten seconds, and events come each second', (t) => {
  const { view, said, clock } = viewOf(false)
  for (clock.now = 0; clock.now <= 21_000; clock.now += 500) view.show(progressAt(50, 10_000))
  t.same(said.written, [])
  t.same(said.logged, Array(2).fill(['following the chain', { height: 50, to: 100, left: '10.0 s' }]))
  t.equal(said.events.length, 22)
  t.match(said.events[0], { event: 'follow', height: 50, to: 100, blocksPerSecond: 5, secondsLeft: 10 })
  t.end()
})

t.test('nothing was done, or in no time', (t) => {
  const quiet = viewOf(false)
  quiet.view.end()
  t.same([quiet.said.lines, quiet.said.events], [[], []])
  const { view, said } = viewOf(false)
  view.show({ height: 1, to: 100, blocks: 1, entries: 1, milliseconds: 0 })
  view.end()
  t.match(said.events[1], { event: 'followed', blocksPerSecond: 0, entriesPerSecond: 0, secondsLeft: 0 })
  t.equal(said.lines[0], ' followed 1 block, 1 entry in 0 ms: 0 blocks/s, 0 entries/s')
  t.end()
})
