/** Pages of the past: those of the history, and what this run alone knows. */
import t from 'tap'

import { matchExactly } from '../test/fixtures/match-exactly.js'
import type { Board, BoardEntry } from './board.js'
import type { Past, PastBlock } from './past.js'
import { blocksPage, entriesPage, seriesPage, totalsOf } from './past.js'

const query = (words = ''): URLSearchParams => new URLSearchParams(words)

const blockAt = (height: number, places: readonly number[]): PastBlock => ({
  ...{ height, time: height, records: 30, valid: 30, gradable: true, network: null },
  ...{ places: [...places], reward: 0n },
})

const entryAt = (height: number, entryHash: string, place: number | null, time = 0): BoardEntry => ({
  ...{ height, entryHash, place, time, status: 'landed', reason: null, difficulty: 'f', payout: null },
})

const boardOf = ({ blocks = [], entries = [] }: { blocks?: object[]; entries?: BoardEntry[] }): Board =>
  ({ blocks: () => blocks, entries: () => entries }) as unknown as Board

const pastOf = (more: Partial<Past>): Past => more as Past

t.test('a program without a past has its own', (t) => {
  const board = boardOf({
    blocks: [
      { height: 7, skipped: null },
      { height: 9, skipped: null },
    ],
    entries: [entryAt(7, 'a', null)],
  })
  t.equal(totalsOf(undefined), null)
  t.equal(totalsOf(pastOf({ totals: () => null })), null, 'a history that cannot be read')
  matchExactly(t, blocksPage(query(), board, undefined), {
    blocks: [{ height: 9 }, { height: 7 }],
    more: false,
  })
  matchExactly(t, entriesPage(query(), board, undefined), { entries: [{ entryHash: 'a' }], more: false })
  t.same(seriesPage(query(), undefined, 0), { names: [], name: null, points: [] })
  t.throws(() => seriesPage(query('name=hashrate'), undefined, 0), { message: /there is no series hashrate/ })
  t.end()
})

t.test('why no record of ours is in a block is known to this run alone', (t) => {
  const skipped = { code: 'E_X', reason: 'no prices' }
  const board = boardOf({
    blocks: [
      { height: 9, skipped },
      { height: 8, skipped },
      { height: 5, skipped },
    ],
  })
  const past = pastOf({
    blocks: ({ most }) => [blockAt(9, []), blockAt(8, [1]), blockAt(7, []), blockAt(6, [])].slice(0, most),
  })
  matchExactly(t, blocksPage(query(), board, past), {
    blocks: [
      { height: 9, skipped },
      { height: 8, places: [1], skipped: null },
      { height: 7, skipped: null },
      { height: 6, skipped: null },
      { height: 5, skipped },
    ],
    more: false,
  })
  matchExactly(t, blocksPage(query('limit=2'), board, past), {
    blocks: [{ height: 9 }, { height: 8 }],
    more: true,
  })
  t.end()
})

t.test('records of a block by their place, those without one behind them, the newest first', (t) => {
  const board = boardOf({
    entries: [
      entryAt(9, 'late', null, 2),
      entryAt(9, 'early', null, 1),
      entryAt(9, 'second', 2),
      entryAt(9, 'first', 1),
      entryAt(8, 'older', null),
    ],
  })
  matchExactly(t, entriesPage(query(), board, undefined), {
    entries: ['first', 'second', 'late', 'early', 'older'].map((entryHash) => ({ entryHash })),
    more: false,
  })
  t.end()
})
