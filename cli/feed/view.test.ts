/** Lines of a feed, of its status, of its checks. */
import t from 'tap'

import type { FeedEvent, FeedState, GatewayView } from '../../oracle/feed/index.js'
import { painter } from '../../telemetry/log.js'
import { checkLines, feedLine, statusLines } from './view.js'

const paint = painter(false)
const TXID = 'ab'.repeat(32)
const SHORT = `${TXID.slice(0, 16)}…`

const withdrawal = { event: 'withdrawal', gateway: 'g', withdrawtxid: TXID, amount: '2', to: 'R1' } as const
const header = { event: 'header', gateway: 'g', height: 7, txid: TXID, hash: '', payload: '' } as const
const funds = { event: 'funds', gateway: 'g', oracle: '3', outputs: 1, headersLeft: 5, wallet: '9' } as const
const state = { event: 'state', gateway: 'g', message: '', published: null, tip: 9, lag: null } as const
const notice = { event: 'notice', gateway: 'g', code: 'E_X', message: 'so' } as const
const report = { event: 'report', gateway: 'g', headers: 1, repairs: 0, paid: 2, state: 'idle' } as const
const stopped = { event: 'stopped', headers: 2, withdrawals: 1, milliseconds: 1500 } as const

t.test('each event is one line, or none', (t) => {
  const cases: [event: FeedEvent, label: string, text: string][] = [
    [{ ...header, why: 'live', dryRun: false }, 'header', `7  ${SHORT}`],
    [{ ...header, why: 'repair', dryRun: true }, 'header', `7 (repair)  ${SHORT}, not sent: dry run`],
    [{ ...withdrawal, state: 'held' }, 'withdrawal', `held: 2 to R1, ${TXID}`],
    [{ ...withdrawal, state: 'done', message: 'ok' }, 'withdrawal', `done: 2 to R1, ${SHORT}; ok`],
    [{ ...funds, hoursLeft: 3.9, action: 'none' }, 'funds', '3 in 1 output, 5 headers left (3 h), wallet 9'],
    [
      { ...funds, hoursLeft: null, action: 'alarm', message: 'buy' },
      'funds',
      '3 in 1 output, 5 headers left, wallet 9; buy',
    ],
    [
      { event: 'reorg', gateway: 'g', chain: 'asset', headers: 0, message: 'back to 5' },
      'reorg',
      'asset chain: back to 5',
    ],
    [{ ...state, state: 'idle' }, 'idle', 'tip 9'],
    [
      { ...state, state: 'funds', published: 4, lag: 5, message: 'no coins' },
      'funds',
      'tip 9, published up to 4, 5 to publish: no coins',
    ],
    [{ ...notice, level: 'info' }, 'notice', 'E_X: so'],
    [{ ...notice, level: 'warn' }, 'warn', 'E_X: so'],
    [{ ...notice, level: 'error' }, 'error', 'E_X: so'],
    [{ event: 'backfilled', gateway: 'g', to: 5 }, 'backfill', 'all asked for is published, up to 5'],
    [
      { ...report, published: 7, lag: 0, headersLeft: 4 },
      'report',
      'published up to 7, lag 0, 1 header, 2 withdrawals paid, 4 headers left; idle',
    ],
    [
      { ...report, published: null, lag: null, headersLeft: null },
      'report',
      'published up to nothing, lag ?, 1 header, 2 withdrawals paid, ? headers left; idle',
    ],
    [{ ...stopped, reason: 'once' }, 'ended', 'one pass done after 1.5 s: 2 headers, 1 withdrawal'],
  ]
  for (const [event, label, text] of cases)
    t.equal(
      feedLine(event, paint, 1000),
      `00:00:01  ${'gateway' in event ? 'g  ' : ''}${label.padEnd(10)}  ${text}`,
    )
  for (const alternating of ['publishing', 'budget'] as const)
    t.equal(feedLine({ ...state, state: alternating }, paint, 0), null)
  t.end()
})

t.test('what needs a look stands out', (t) => {
  const marked = painter(true)
  const style = (event: FeedEvent): string | undefined =>
    /\u001b\[(\d+)m(?:funds|withdrawal|error|warn|notice)/.exec(feedLine(event, marked, 0) ?? '')?.[1]
  const [red, yellow, cyan] = ['31', '33', '36']
  t.equal(style({ ...funds, hoursLeft: null, action: 'alarm' }), red)
  t.not(style({ ...funds, hoursLeft: null, action: 'none' }), red)
  t.equal(style({ ...withdrawal, state: 'stuck' }), yellow)
  t.equal(style({ ...withdrawal, state: 'done' }), cyan)
  t.equal(style({ ...notice, level: 'error' }), red)
  t.equal(style({ ...notice, level: 'warn' }), yellow)
  t.end()
})

t.test('checks, with what to do', (t) => {
  t.same(
    checkLines(
      [
        { name: 'daemon', result: 'ok', found: 'answers', remedy: '' },
        { name: 'coins', result: 'fail', found: 'none', remedy: 'buy some' },
      ],
      paint,
    ),
    [' ok    daemon            answers', ' FAIL  coins             none', `${' '.repeat(25)}→ buy some`],
  )
  t.end()
})

t.test('the status of a gateway, from its files alone and with both chains', (t) => {
  const record = (withdrawTxid: string, step: string, seenAt: number, more: object = {}) => ({
    ...{ withdrawTxid, amount: '1', to: 'R1', step, message: '', seenAt },
    ...more,
  })
  const files = {
    wanted: [[3, 5]],
    withdrawals: {
      a: record('a', 'done', 1),
      b: record('b', 'held', 2, { amount: '2000000000', message: 'large' }),
      c: record('c', 'seen', 3),
    },
  } as unknown as FeedState
  const open = [
    '  withdrawals  2 open, 1 done',
    '    seen       c  0.00000001 to R1',
    '    held       b  20.00000000 to R1; large',
  ]
  t.same(statusLines('g', files, { paint, view: null }), ['g', '  backfill     3–5', ...open])
  const view = {
    relay: {
      state: { state: 'budget' },
      plan: { top: null, target: 9, lag: 9, gaps: 0 },
      budget: { perBlock: 2, headersLeft: 4 },
    },
    withdrawals: { blockedBy: { withdrawTxid: 'b' } },
  } as unknown as GatewayView
  t.same(statusLines('g', { ...files, wanted: [] }, { paint, view }), [
    'g',
    '  headers      published up to nothing of 9, 9 due, 0 missing below',
    '  budget       2 a block, 4 left; the change of headers under way comes with the next block',
    open[0],
    '  blocked by   b: no other withdrawal can be asked for',
    ...open.slice(1),
  ])
  t.end()
})
