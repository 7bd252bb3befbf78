/** What a watched peg prints, logs, and shows to Prometheus. */
import t from 'tap'

import type { ActionEvent, Look, WatchEvent } from '../../komodo/index.js'
import { createMetrics, painter } from '../../telemetry/index.js'
import { createTelling, type Seen } from './watch-telling.js'

const COIN = 100_000_000n

const lookOf = (more: object = {}): Look =>
  ({
    ...{ token: 'USD', ratio: '50%', global: '40%', debt: 4n * COIN, value: 10n * COIN, poolOutputs: 100 },
    view: {
      ...{ height: 7, price: 2n * COIN, market: COIN, blocksLeft: 0, ratio: 5000n },
      account: { deposit: 10n * COIN, debt: 5n * COIN },
    },
    ...{ thresholds: { most: 80n, red: 90n, globalRed: 70n, yellow: 60n }, zones: null, victims: [] },
    ...{ open: false, ...more },
  }) as unknown as Look

const action: ActionEvent = {
  ...{ event: 'action', token: 'USD', rule: 'redeem', stage: 'begun', sat: COIN },
  ...{ account: null, txid: null, message: '' },
}

function telling() {
  const said = { lines: [] as string[], events: [] as object[], logged: [] as string[] }
  const seen: Seen = { at: null, trouble: null, frozen: false }
  const metrics = createMetrics({ version: '1', network: 'local' })
  const output = {
    paint: painter(false),
    line: (text: string) => void said.lines.push(text),
    event: (event: object) => void said.events.push(event),
  }
  const context = { output, log: { warn: (text: string) => void said.logged.push(text) } }
  const tell = createTelling(context as unknown as Parameters<typeof createTelling>[0], metrics.tree, seen)
  return {
    ...{ said, seen },
    after: (event: WatchEvent): string[] => {
      tell(event)
      return said.lines.splice(0).map((line) => line.trim())
    },
    /** `name labels value` of what there is of it. */
    shown: async (name: string): Promise<string[]> =>
      (await metrics.render()).split('\n').filter((line) => line.startsWith(`pegnet_pegs_${name}`)),
  }
}

t.test('a look is printed once while it says the same', async (t) => {
  const { after, said, seen, shown } = telling()
  const first = after({ event: 'looked', looks: [lookOf()] })
  t.same(first, [
    '7  USD  price 2.00000000, market 1.00000000',
    'own ratio 50%, whole peg 40%, 100 outputs for operations',
  ])
  t.not(seen.at, null)
  t.same(after({ event: 'looked', looks: [lookOf()] }), [])
  t.equal(said.events.length, 2, 'programs are told of it all the same')
  const gain = { profit: 3n * COIN }
  const red = lookOf({
    ...{ zones: { safe: 1, yellow: 2, red: 3, lost: 0 }, poolOutputs: 1 },
    victims: [
      { txid: 'ab', ratio: '95%', gain, exchanged: false },
      { txid: 'cd', ratio: '99%', gain: null, exchanged: false },
    ],
  })
  t.same(after({ event: 'looked', looks: [red] }), [
    '7  USD  price 2.00000000, market 1.00000000',
    'own ratio 50%, whole peg 40%, 1 outputs for operations',
    'accounts: 1 safe, 2 above 60 %, 3 from 90 % on, 0 beyond liquidation',
    'none is liquidated while the whole peg owes less than 70 %',
    'the peg has 1 outputs left to pay for operations',
  ])
  t.match(said.events.at(-1), { event: 'pegs.alert', what: 'pool', runbook: 'PegsPoolLow' })
  t.match(await shown('liquidation_profit'), [/ 0$/], 'nothing can be had while the peg is closed')
  const open = after({ event: 'looked', looks: [{ ...red, open: true }] })
  t.equal(open.at(-1), "ab stands at 95%: its liquidation brings 3.00000000 coins' worth of tokens")
  t.notMatch(open, [/none is liquidated/])
  t.match(await shown('liquidation_profit'), [/ 3$/])
  t.match((await shown('accounts')).sort(), [
    /zone="lost".* 0$/,
    /"red".* 3$/,
    /"safe".* 1$/,
    /"yellow".* 2$/,
  ])
})

t.test('ratios of who has no account, and of a debt against nothing', async (t) => {
  const { after, shown } = telling()
  const { view } = lookOf()
  after({ event: 'looked', looks: [lookOf({ view: { ...view, account: null, ratio: null } })] })
  t.match(await shown('ratio{'), [/ratio\{.* \+?Inf/])
  t.match(await shown('market_ratio'), [/ 0$/])
})

t.test('a daemon that is away, and one that stands still', async (t) => {
  const { after, said, seen, shown } = telling()
  t.same(after({ event: 'trouble', what: 'away', message: 'nobody answers' }), ['nobody answers'])
  t.match(seen, { trouble: 'nobody answers', frozen: false })
  t.match(await shown('frozen'), [/ 0$/])
  after({ event: 'trouble', what: 'frozen', message: 'no block' })
  t.match(seen, { trouble: 'no block', frozen: true })
  t.match(await shown('frozen'), [/ 1$/])
  t.match(said.events, [
    { what: 'away', runbook: 'PegsNotLooking' },
    { what: 'frozen', runbook: 'PegsFrozen' },
  ])
  t.same(said.logged, ['nobody answers', 'no block'])
  after({ event: 'looked', looks: [] })
  t.match(seen, { trouble: null, frozen: false })
})

t.test('what is done by itself', async (t) => {
  const { after, said, shown } = telling()
  const cases: [more: Partial<ActionEvent>, line: string, logged: boolean][] = [
    [{ stage: 'begun' }, 'redeem of USD begun: 1.00000000', false],
    [{ stage: 'done', message: 'as planned' }, 'redeem of USD done: 1.00000000: as planned', false],
    [{ stage: 'failed', message: 'no coins' }, 'redeem of USD failed: 1.00000000: no coins', true],
    [{ stage: 'held', message: 'too little is left' }, 'redeem of USD held: too little is left', true],
  ]
  for (const [more, line, logged] of cases) {
    t.same(after({ ...action, ...more }), [line])
    t.same(said.logged.splice(0), logged ? [line] : [])
  }
  const results = (await shown('actions')).map((line) => /result="(\w+)"/.exec(line)?.[1])
  t.same(results.sort(), ['done', 'failed', 'held'], 'what was only begun is not counted')
  t.same(after({ event: 'write' } as WatchEvent), [], 'its transactions are its own')
})
