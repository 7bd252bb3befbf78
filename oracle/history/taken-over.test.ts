/** A history that was kept before other consumers shared its file is gone on with. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import t, { type Test } from 'tap'

import { openDatabase } from '../../base/index.js'
import { databaseFailure, openChainDatabase, type BlockConsumer } from '../../chain/index.js'
import { OPR_SCHEMA } from './consumers.js'
import { DEV, fromNonce, hashOf, recordsOf, smallChain } from './fixtures/small-chain.js'
import { createGradedHistory, type GradedHistoryOptions } from './history.js'
import { openHistory } from './open.js'
import { MIGRATIONS } from './schema.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const OLD = gunzipSync(readFileSync(join(import.meta.dirname, 'fixtures', 'history-v3.sqlite.gz')))

function scene(t: Test, change: Partial<GradedHistoryOptions> = {}) {
  const dir = t.testdir()
  const file = join(dir, 'history.sqlite')
  writeFileSync(file, OLD)
  const chain = smallChain()
  const codes: string[] = []
  const open = () => {
    const history = createGradedHistory({
      ...{ client: chain.node.client, network: DEV, difficulty: fromNonce, dir },
      onNotice: ({ code }) => codes.push(code),
      ...change,
    })
    t.teardown(() => history.close())
    return history
  }
  return { ...chain, file, codes, open }
}

t.test('nothing is graded twice, nothing is lost', async (t) => {
  const { node, records, winners, file, codes, open } = scene(t)
  const history = open()
  t.same(history.previousWinners(6), { winners, height: 3 }, 'known before the node is asked')
  t.same(await history.sync(5), [])
  t.equal(node.asked.get('raw-data'), undefined, 'nothing is fetched again')
  t.same(codes, [])
  const fates = history.query.own({}).map(({ entryHash, verdict, place }) => [entryHash, verdict, place])
  t.same(fates, [
    [hashOf(records[26]!), 'graded', 0],
    [hashOf(records[0]!), 'graded', 26],
  ])
  node.save(6, ...recordsOf(6, winners, 25))
  matchExactly(t, await history.sync(6), [{ height: 6, gradable: true }])

  const db = openChainDatabase({ file, schemas: [OPR_SCHEMA] })
  t.teardown(() => db.close())
  t.same(
    db
      .all('SELECT height, sequence FROM chain_blocks ORDER BY height, chain')
      .map((row) => [Number(row['height']), Number(row['sequence'])]),
    [
      [3, 0],
      [3, 0],
      [4, 1],
      [6, 1],
    ],
    'the next block of either chain must link to its last',
  )
  t.throws(
    () => openDatabase({ file, migrations: MIGRATIONS.slice(0, 3), fail: databaseFailure }),
    { code: 'E_HISTORY_NEWER' },
    'the program that made the file refuses it from now on',
  )
})

t.test('who only looks reads it too', (t) => {
  const { file, winners } = scene(t)
  const query = openHistory(file)
  t.same(query.block(3)?.winners, winners)
  t.equal(query.lastHeight(), 5)
  query.close()
  t.end()
})

t.test('a fork below its end', async (t) => {
  const { node, codes, open } = scene(t)
  node.cut(2)
  node.save(3, ...recordsOf(3, ['0'.repeat(16)], 1))
  node.save(5)
  const history = open()
  matchExactly(t, await history.sync(5), [{ height: 3, entries: 1, gradable: false }])
  t.same(codes, ['E_HISTORY_FOREIGN'])
  t.ok(
    history.query.own({}).every(({ block }) => block === null),
    'our records are in no block any more',
  )
})

t.test('another consumer joins in: it is given all blocks, the history none', async (t) => {
  const seen: number[] = []
  const consumer: BlockConsumer = {
    ...{ name: 'seen', migrations: [], chains: [] },
    apply: ({ height }) => void seen.push(height),
    rollback: () => undefined,
  }
  const { node, winners, open } = scene(t, { consumers: [consumer] })
  const history = open()
  t.same(await history.sync(5), [])
  t.same(seen, [0, 1, 2, 3, 4, 5])
  t.equal(node.asked.get('raw-data'), undefined)
  t.same(history.previousWinners(6).winners, winners)
})
