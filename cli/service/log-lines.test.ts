/** What of a run is in the log of its status page. */
import t from 'tap'

import type { MinerEvent } from '../../miner/index.js'
import type { FeedEvent } from '../../oracle/feed/index.js'
import { feedLogLine, minerLogLine } from './log-lines.js'

t.test('of a miner', (t) => {
  const notice = { event: 'notice', level: 'warn', code: 'E_X', message: 'so' } as const
  const graded = { event: 'graded', height: 9, reward: '380' }
  const mine = [{ payout: '200' }, { payout: '180' }, { payout: '0' }]
  const cases: [event: object, line: object | null][] = [
    [notice, notice],
    [
      { event: 'skipped', height: 9, code: 'E_X', reason: 'no prices' },
      { level: 'warn', code: 'E_X', message: 'nothing of ours in block 9: no prices' },
    ],
    [
      { ...graded, gradable: true, mine },
      { level: 'info', code: 'graded', message: 'block 9: 2 records of ours paid, +380 PEG' },
    ],
    [
      { ...graded, gradable: false, mine: [] },
      { level: 'info', code: 'graded', message: 'block 9: too few records for a payout' },
    ],
    [
      { event: 'stopped', reason: 'asked' },
      { level: 'info', code: 'stopped', message: 'asked' },
    ],
    [{ event: 'hashrate', total: 1 }, null],
  ]
  for (const [event, line] of cases) t.same(minerLogLine(event as MinerEvent), line)
  t.end()
})

t.test('of a feed', (t) => {
  const funds = { event: 'funds', gateway: 'g', headersLeft: 5 }
  const withdrawal = { event: 'withdrawal', gateway: 'g', amount: '2', to: 'R1', withdrawtxid: 'ab' }
  const cases: [event: object, line: object | null][] = [
    [
      { event: 'notice', gateway: 'g', level: 'error', code: 'E_X', message: 'so' },
      { level: 'error', code: 'E_X', message: 'g: so' },
    ],
    [
      { ...withdrawal, state: 'stuck', message: 'nobody signs' },
      { level: 'warn', code: 'withdrawal', message: 'g: stuck: 2 to R1, ab; nobody signs' },
    ],
    [
      { ...withdrawal, state: 'done' },
      { level: 'info', code: 'withdrawal', message: 'g: done: 2 to R1, ab' },
    ],
    [
      { event: 'reorg', gateway: 'g', chain: 'asset', message: 'back to 5' },
      { level: 'warn', code: 'reorg', message: 'g: asset chain: back to 5' },
    ],
    [{ ...funds, action: 'none' }, null],
    [
      { ...funds, action: 'subscribed' },
      { level: 'info', code: 'funds', message: 'g: subscribed, 5 headers left' },
    ],
    [
      { ...funds, action: 'alarm', message: 'buy' },
      { level: 'warn', code: 'funds', message: 'g: alarm, 5 headers left; buy' },
    ],
    [
      { event: 'stopped', reason: 'once' },
      { level: 'info', code: 'stopped', message: 'once' },
    ],
    [{ event: 'header' }, null],
  ]
  for (const [event, line] of cases) t.same(feedLogLine(event as FeedEvent), line)
  t.end()
})
