/** The overview of a long history, and the store of what was measured and told. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import t from 'tap'

import { openDatabase } from '../../base/index.js'
import { databaseFailure, openChainDatabase } from '../../chain/index.js'
import { OPR_SCHEMA } from './consumers.js'
import { createOverview } from './overview.js'
import { createQueries } from './queries.js'
import { MIGRATIONS } from './schema.js'
import { openSeries } from './series.js'
import { createStore } from './store.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const hash = (k: number): string => k.toString(16).padStart(64, '0')
const BLOCK_MS = 600_000

t.test('a long history', (t) => {
  const db = openChainDatabase({ file: join(t.testdir(), 'h.sqlite'), schemas: [OPR_SCHEMA] })
  t.teardown(() => db.close())
  const store = createStore(db)
  const BLOCKS = 3000
  db.transaction(() => {
    for (let height = 1; height <= BLOCKS; height++) {
      db.run(
        'INSERT INTO blocks VALUES (?, ?, ?)',
        height,
        Buffer.from(hash(height), 'hex'),
        height * BLOCK_MS,
      )
      if (height % 2 === 1) continue
      const winners = height % 10 === 0 ? 0 : 25
      db.run(
        'INSERT INTO opr_blocks VALUES (?, ?, ?, 5, 30, 28, ?, ?, ?)',
        ...[height, Buffer.from(hash(height), 'hex'), height, winners, height, winners === 0 ? null : height],
      )
      if (winners > 0) db.run("INSERT INTO rates VALUES ('XBT', ?, ?, NULL)", height, height * 1e8)
    }
  })
  const overview = createOverview(db)
  t.same(
    overview
      .summaries({ below: 11, most: 2 })
      .map(({ height, gradable, hashPower }) => [height, gradable, hashPower]),
    [
      [10, false, null],
      [8, true, 8],
    ],
  )
  const all = { from: 0, to: 1e12, points: 50 }
  const prices = overview.pricePoints('XBT', all)
  t.equal(prices.length, 50, 'as many points as are asked for')
  t.same(prices[0], { time: 2 * BLOCK_MS, value: 2 })
  t.ok(prices.every(({ value }, k) => k === 0 || value > (prices[k - 1]?.value ?? 0)))
  const last = overview.networkHashrates({ from: 2990 * BLOCK_MS, to: 1e12, points: 400 })
  t.same(
    last.map(({ value }) => value),
    [2992, 2994, 2996, 2998],
    'blocks without winners have none',
  )
  t.same(overview.pricePoints('none', all), [])
  t.equal(overview.firstTime(), 2 * BLOCK_MS)

  const own = (k: number, height: number) =>
    store.own({ entryHash: hash(k), height, status: 'acknowledged', time: k })
  own(1, 100)
  own(2, 100)
  own(3, 104)
  db.run('UPDATE own SET block = 100, payout = 36000000000 WHERE entry_hash = ?', Buffer.from(hash(1), 'hex'))
  db.run('UPDATE own SET block = 104, payout = 0 WHERE entry_hash = ?', Buffer.from(hash(3), 'hex'))
  t.same(overview.totals(), { records: 3, landed: 2, places: 1, reward: 36_000_000_000n })
  t.same(overview.ownHeights({ below: 2 ** 32, most: 5 }), [104, 100])
  store.rollbackOpr(102)
  t.same(overview.totals(), { records: 3, landed: 1, places: 1, reward: 36_000_000_000n })
  store.begin({ chainId: hash(9), proof: '0000000000000000' })
  t.same(overview.totals(), { records: 0, landed: 0, places: 0, reward: 0n })
  t.equal(overview.firstTime(), null)
  t.same(overview.networkHashrates(all), [])
  t.end()
})

t.test('a history of the first schema learns its sums', (t) => {
  const file = join(t.testdir(), 'h.sqlite')
  const old = openDatabase({ file, migrations: MIGRATIONS.slice(0, 1), fail: databaseFailure })
  old.run(
    "INSERT INTO own (entry_hash, height, status, block, payout) VALUES (?, 7, 'acknowledged', 7, 500)",
    Buffer.from(hash(1), 'hex'),
  )
  old.close()
  const looking = openChainDatabase({ file, schemas: [OPR_SCHEMA], readOnly: true })
  t.teardown(() => looking.close())
  t.same(createQueries(looking).totals(), { records: 1, landed: 1, places: 1, reward: 500n })
  t.throws(() => looking.run('DELETE FROM own'), { code: 'E_HISTORY_WRITE' })
  t.end()
})

t.test('what was measured and told', (t) => {
  const file = join(t.testdir(), 's.sqlite')
  let series = openSeries(file)
  for (const [time, value] of [
    [60_000, 10],
    [119_999, 20],
    [120_000, 30],
    [7_200_000, 50],
  ] as const)
    series.add('hashrate', value, time)
  series.tell({ time: 1, level: 'info', code: 'start', message: 'x'.repeat(5000) })
  series.tell({ time: 2, level: 'warn', code: 'E_X', message: 'look' })
  series.close()
  series = openSeries(file)
  const day = { from: 0, to: 86_400_000, points: 1440 }
  t.same(series.read('hashrate', day), [
    { time: 60_000, value: 15 },
    { time: 120_000, value: 30 },
    { time: 7_200_000, value: 50 },
  ])
  t.same(series.read('hashrate', { ...day, points: 12 }), [
    { time: 0, value: 20 },
    { time: 7_200_000, value: 50 },
  ])
  t.same(series.read('hashrate', { from: 0, to: 1e12, points: 1e9 }), [
    { time: 0, value: 20 },
    { time: 7_200_000, value: 50 },
  ])
  t.same(series.names(), ['hashrate'])
  matchExactly(t, series.log({ below: 2 ** 48, most: 1 }), [{ id: 2, code: 'E_X', message: 'look' }])
  t.equal(series.log({ below: 2, most: 9 })[0]?.message.length, 1000, 'texts are bounded')
  for (let k = 0; k < 14_000; k++) series.add('many', k, k * 60_000)
  const kept = series.read('many', { from: 0, to: 8 * 86_400_000, points: 1e9 })
  t.ok(kept.length < 1440 * 8, `minutes are kept for eight days: ${kept.length}`)
  t.equal(series.read('hashrate', day).length, 3, 'of each name')
  series.close()

  writeFileSync(file, 'no database at all')
  series = openSeries(file)
  t.same(series.names(), [], 'a damaged file is set aside')
  series.close()
  t.end()
})
