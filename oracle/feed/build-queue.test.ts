/** Who builds and sends, and when; and files that only a running feed writes. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'

import { openState } from './ledger-file.js'
import { openPublished } from './published.js'
import { createBuildQueue } from './build-queue.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

t.test('one after the other at a daemon, whatever becomes of them', async (t) => {
  const queue = createBuildQueue()
  const order: string[] = []
  const gates: (() => void)[] = []
  const work = (name: string) => async (): Promise<void> => {
    order.push(`${name} begins`)
    await new Promise<void>((resolve) => gates.push(resolve))
    order.push(`${name} ends`)
    if (name === 'a') throw new Error('refused')
  }
  const a = queue.take('one', work('a'))
  const b = queue.take('one', work('b'))
  const c = queue.take('other', work('c'))
  await new Promise(setImmediate)
  t.same(order, ['a begins', 'c begins'], 'another daemon waits for nothing')
  gates[0]?.()
  await t.rejects(a, { message: 'refused' })
  await new Promise(setImmediate)
  t.same(order.slice(2), ['a ends', 'b begins'])
  gates.slice(1).forEach((open) => open())
  await Promise.all([b, c])
})

t.test('a damaged help is left out and kept aside; who only looks writes nothing', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'feed-files-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'published.jsonl')
  const sent = (k: number) => ({ txid: String(k).repeat(64), hex: 'ab', height: k })
  const text = `${JSON.stringify(sent(1))}\n{"txid":"00\n\u0000\u0000\n${JSON.stringify(sent(2))}\n{"tx`
  writeFileSync(file, text)
  const looking = openPublished(folder, { readOnly: true })
  t.match(looking, { damaged: 2, head: sent(2) })
  looking.add(sent(3))
  looking.adopt('9'.repeat(64))
  t.equal(readFileSync(file, 'utf8'), text, 'untouched')
  const state = openState(folder, { readOnly: true })
  state.update((before) => ({ ...before, wanted: [[1, 2]] }))
  t.same(state.state.wanted, [[1, 2]])
  t.notOk(existsSync(join(folder, 'state.json')))

  const running = openPublished(folder)
  matchExactly(t, running, { damaged: 2, head: sent(2), recent: [sent(1), sent(2)] })
  t.equal(readFileSync(`${file}.damaged`, 'utf8'), text, 'as it was')
  running.add(sent(3))
  t.match(openPublished(folder), { damaged: 0, head: sent(3) })
  t.end()
})
