import { join } from 'node:path'

import t from 'tap'

import { createGradedHistory, HISTORY_FILE, type OwnStep } from '../../oracle/index.js'
import { networkOf } from '../../pegnet/index.js'
import { ChainNode } from '../../test/fixtures/chain-node.js'
import { createPast, openRecorder } from './past.js'

t.test('records of earlier runs, in the words of the API', (t) => {
  const dir = t.testdir()
  const history = createGradedHistory({
    client: new ChainNode().client,
    network: networkOf('dev'),
    difficulty: () => 1n,
    dir,
  })
  const steps: OwnStep['status'][] = ['committed', 'revealed', 'acknowledged', 'landed', 'missed']
  for (const [k, status] of steps.entries())
    history.own({ entryHash: String(k).repeat(64), height: 9, status, time: 1000 + k })
  history.close()
  const past = createPast(
    join(dir, HISTORY_FILE),
    openRecorder(null, () => undefined),
  )
  t.teardown(() => past.close())
  const fates = new Map(
    past.entries({ below: 10, heights: 1 }).map((entry) => [entry.entryHash[0], entry.status]),
  )
  t.same(
    steps.map((_, k) => fates.get(String(k))),
    // What has landed is told once the block is followed.
    ['submitted', 'submitted', 'acknowledged', 'acknowledged', 'missed'],
  )
  t.end()
})
