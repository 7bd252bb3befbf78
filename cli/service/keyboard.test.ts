import { PassThrough } from 'node:stream'
import t from 'tap'

import type { FeedSource } from '../../oracle/prices/index.js'
import { createBoard } from '../../telemetry/index.js'
import { COMMANDS } from '../program/commands.js'
import { isForeground, openKeyboard, type KeyInput } from './keyboard.js'
import { MINE_KEY_HELP, mineKeys, type MineKeyParts } from '../mine/keys.js'
import type { Line } from '../view/lines.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

/** A terminal's input that remembers how it was set. */
function terminal() {
  const modes: boolean[] = []
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode(raw: boolean) {
      modes.push(raw)
    },
  })
  return { input: input as KeyInput & PassThrough, modes }
}

/** A process that keeps what it is sent. */
function host({ foreground = true } = {}) {
  const raised: string[] = []
  const listeners = new Set<() => void>()
  const state = { foreground }
  return {
    raised,
    listeners,
    state,
    raise: (signal: string) => void raised.push(signal),
    inForeground: () => state.foreground,
    onContinue: (listener: () => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

t.test('keys of a terminal', async (t) => {
  const { input, modes } = terminal()
  const around = host()
  const heard: string[] = []
  const keyboard = openKeyboard(input, (key) => heard.push(key), around)
  t.equal(modes.at(-1), true)
  input.write('h')
  input.write('pq')
  input.write('\u001b[A')
  input.write('é')
  await settled()
  t.same(heard, ['h', 'p', 'q', '\u001b[A', 'é'], 'an arrow is one key')
  input.write('\u0003')
  await settled()
  t.same(around.raised, ['SIGINT'], 'Ctrl-C is what it is without us')
  t.equal(modes.at(-1), true, 'the keys go on while the program ends')

  input.write('\u001a')
  await settled()
  t.same(around.raised, ['SIGINT', 'SIGTSTP'])
  t.equal(modes.at(-1), false, 'stopped with the terminal as it was')
  around.listeners.forEach((listener) => listener())
  t.equal(modes.at(-1), true, 'and taken again')
  input.write('h')
  await settled()
  t.equal(heard.at(-1), 'h')

  around.state.foreground = false
  around.listeners.forEach((listener) => listener())
  t.equal(modes.at(-1), false, 'sent to the background it leaves the terminal alone')
  t.ok(input.isPaused())

  keyboard?.close()
  t.equal(modes.at(-1), false)
  t.equal(around.listeners.size, 0)
  t.same([input.listenerCount('data'), input.listenerCount('error')], [0, 0])
})

t.test('no keys where there is no terminal of ours', (t) => {
  const none = (): void => void t.fail('no key')
  t.equal(openKeyboard(new PassThrough(), none, host()), null)
  const { input, modes } = terminal()
  const keyboard = openKeyboard(input, none, host({ foreground: false }))
  t.same(modes, [], 'who takes it from the background is stopped')
  keyboard?.close()
  t.same(modes, [])
  // pid (name) state ppid pgrp session tty tpgid …
  t.ok(isForeground('17 (a) b ) S 1 17 17 34816 17 4194304'))
  t.notOk(isForeground('17 (node) S 1 17 9 34816 9 4194304'))
  t.ok(isForeground(undefined), 'no /proc')
  t.end()
})

const source = (name: string, circuit: 'closed' | 'open', maxPerMonth: number | null = null): FeedSource => ({
  name,
  state: { circuit, restUntil: circuit === 'open' ? 90_000 : 0, failures: 0, skewMs: null },
  requests: 1200,
  maxPerMonth,
})

function parts() {
  const lines: Line[] = []
  const done: string[] = []
  const board = createBoard()
  const view = {
    state: 'mining' as const,
    threads: [
      { slot: 0, hashes: 1_500_000n, beatAgeMs: 1 },
      { slot: 1, hashes: 10n, beatAgeMs: 1 },
    ],
    prices: null,
    entries: { committed: 0, revealed: 0, acknowledged: 0, landed: 0, missed: 0 },
    places: 0,
    blocks: 0,
    reward: 0n,
  } as MineKeyParts['view']
  const act = (name: string, state?: MineKeyParts['view']['state']) => () => {
    done.push(name)
    if (state) (view as { state: string }).state = state
  }
  const sources = [source('kraken', 'closed'), source('er-api', 'open', 1500)]
  return {
    lines,
    done,
    board,
    view: view as { -readonly [K in keyof MineKeyParts['view']]: MineKeyParts['view'][K] },
    prices: { sources: () => sources },
    actions: { pause: act('pause', 'paused'), resume: act('resume', 'mining'), stop: act('stop') },
    print: (line: Line) => void lines.push(line),
    now: () => 60_000,
  }
}

t.test('what the keys do', (t) => {
  const all = parts()
  const { lines, done, board, view } = all
  const hear = mineKeys(all)
  const text = (key: string): string[] => {
    lines.length = 0
    hear(key)
    return lines.map((line) => `${line.label}: ${line.text}`)
  }
  t.same(text('?'), ['keys: h hashrate  p pause  r resume  s sources  e entries  q quit'])
  t.same(text('\u001b[A'), text('x'), 'any other key is answered too')
  matchExactly(t, text('h'), [/^speed: 10s n\/a/, /^thread: {3}0 {2}n\/a +1,500,000 hashes/, /10 hashes/])
  const windows = { s10: 4000, s60: null, m15: null, max: 5000 }
  board.hear({ event: 'hashrate', total: 4000, threads: [3000, 1000], windows })
  matchExactly(t, text('H'), [/10s 4 kH\/s.*max 5 kH\/s/, / 0 {2}3 kH\/s/, / 1 {2}1 kH\/s/])
  matchExactly(t, text('p'), ['keys: paused; r goes on'])
  matchExactly(t, text('r'), ['keys: resumed: mining'])
  matchExactly(t, text('s'), [
    'prices: none taken yet',
    /kraken {2}not asked yet$/,
    /er-api {2}left alone for 30.0 s +1,200 of 1,500 req/,
  ])
  view.prices = {
    takenAt: 50_000,
    prices: new Map([['XBT', 1n]]),
    missing: new Map([['PEG', 'no vote']]),
    sources: [
      { name: 'kraken', ok: true, ageMs: 2_000 },
      { name: 'er-api', ok: false, ageMs: null },
    ],
  } as unknown as MineKeyParts['view']['prices']
  matchExactly(t, text('s'), [
    /^prices: 1 asset priced, 1 missing, 10 s ago/,
    /kraken {2}gives prices, 12 s old/,
    /er-api/,
  ])
  matchExactly(t, text('e'), [/^entries: none yet; 0 places/])
  const entry = (height: number, entryHash: string, status: string, reason?: string) =>
    board.hear({
      event: 'entry',
      ...{ height, entryHash, difficulty: `f${height}`, status },
      ...(reason === undefined ? {} : { reason }),
    })
  for (let height = 1; height <= 7; height++) entry(height, `a${height}`, 'landed')
  entry(7, 'b7', 'missed', 'too late')
  const mine = [{ entryHash: 'a7', place: 2, payout: '5' }]
  board.hear({ event: 'graded', height: 7, records: 30, valid: 30, gradable: true, mine, reward: '5' })
  Object.assign(view, { places: 1, blocks: 7, reward: 500_000_000n })
  matchExactly(t, text('e'), [
    /^entries: block 3: 1 landed/,
    /block 4: /,
    /block 5: /,
    /block 6: /,
    /block 7: 1 landed, 1 missed; best difficulty f7; 1 place, best 3; too late/,
    'entries: 1 place among the winners of 7 graded blocks, 5 PEG',
  ])
  matchExactly(t, text('q'), ['keys: quitting'])
  t.same(done, ['pause', 'resume', 'stop'])

  const help = COMMANDS.find(({ name }) => name === 'mine')?.details.join(' ') ?? ''
  for (const [key, what] of Object.entries(MINE_KEY_HELP)) t.match(help, `${key} ${what}`, 'in --help')
  t.end()
})
