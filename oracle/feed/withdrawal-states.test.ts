/** The states of a withdrawal: what each fact makes of each of them, as a table that leaves no cell out. */
import t from 'tap'

import type { Payout, PayoutVerdict } from '../../komodo/index.js'
import { advanceWithdrawal, type Action, type Fact, type Unpaid, type Terms } from './withdrawal-states.js'
import type { Known } from './ledger-file.js'
import type { Paid } from './payments.js'
import type { Choice } from './payouts.js'
import type { Place } from './withdrawal.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

type State = Known['step']

/** What the machine makes of a state: the next one (`=`: the same), then what is to be done. */
type Cell = `${State | '='} ${Action['do']}`

/** `never`: it cannot come to that; if it did, the answer would be this one. */
type Row = Readonly<Record<State, Cell | { readonly never: Cell }>>

const EVERY: Readonly<Record<State, true>> = {
  new: true,
  seen: true,
  held: true,
  rejected: true,
  refused: true,
  waiting: true,
  partial: true,
  signed: true,
  broadcast: true,
  marked: true,
  done: true,
  stuck: true,
  settling: true,
  settled: true,
}
const STATES = Object.keys(EVERY) as State[]

const row = (cell: Cell, but: Partial<Row> = {}): Row =>
  ({ ...Object.fromEntries(STATES.map((state) => [state, cell])), ...but }) as Row

/** Of these states nothing is asked: the pass leaves out what is over, and knows nothing of what is new. */
const never = (cell: Cell, ...states: readonly State[]): Partial<Row> =>
  Object.fromEntries(states.map((state) => [state, { never: cell }]))

type Of<K extends Fact['fact']> = Omit<Extract<Fact, { fact: K }>, 'fact'>
type Case<K extends Fact['fact']> = readonly [when: string, fact: Of<K>, terms: Partial<Terms>, row: Row]

const TERMS: Terms = {
  ...{
    m: 2,
    n: 3,
    family: 'A',
    fee: 10_000n,
    dryRun: false,
    rejected: false,
    release: false,
    writable: true,
  },
}
const OLD = 'aa'.repeat(32)
const PAYOUT = 'bb'.repeat(32)
const STEP = 'cc'.repeat(32)

const recordIn = (step: State): Known => ({
  ...{ withdrawTxid: 'dd'.repeat(32), amount: '200000000', to: 'R', marker: 'M', step, message: 'before' },
  ...{ seenAt: 1, changedAt: 2, payoutTxid: OLD, markTxid: null, countedOn: '2026-01-01' },
  payout: { hex: 'ee', inputs: [{ txid: OLD, vout: 1 }], expiry: 9, gone: null, dead: false },
  earlier: [],
})

const at = (signs: number): Place => ({ stage: 'pending', lastTxid: STEP, signs })
const END: Place = { stage: 'signed', lastTxid: STEP, signs: 2 }
const unpaid = (place: Place): Unpaid => ({ place, complete: true })
const good = (complete: boolean): PayoutVerdict => ({ ok: true, payout: payout(complete) })
const payout = (complete: boolean): Payout => ({ txid: PAYOUT, complete }) as Payout
const bad = (why: 'thief' | 'unreadable'): PayoutVerdict => ({ ok: false, why, message: 'bad' })
const by = { txid: PAYOUT, hex: 'ab', confirmations: 1 } as Paid
const signed = (complete: boolean) => ({ hex: 'ab', payout: { txid: PAYOUT, complete } })
const chosen = (choice: Choice, more: Partial<Of<'chosen'>> = {}): Of<'chosen'> => ({
  ...{ choice, place: at(0), tip: 100, refusal: null, bound: false, first: true, payable: false },
  ...more,
})
const COMPOSE: Choice = { do: 'compose', sharing: [] }
const TINY = { fee: 100_000_000n }
const LONE = { m: 1, n: 1 }

const TABLE: { readonly [K in Fact['fact']]: readonly Case<K>[] } = {
  // After a reorganisation what is over may be listed again, so nothing is final.
  asked: [
    ['confirmed', { confirmed: true }, {}, row('= look', { new: 'seen look' })],
    ['in the mempool', { confirmed: false }, {}, row('= rest', { new: 'seen rest' })],
  ],
  completed: [
    ['confirmed', { confirmed: true }, {}, row('= look')],
    ['in the mempool', { confirmed: false }, {}, row('= rest', { new: 'signed rest' })],
  ],
  finished: [
    [
      'in no list',
      {},
      {},
      row('done rest', { settling: 'settled rest', ...never('done rest', 'new', 'done', 'settled') }),
    ],
  ],
  unclear: [['too many transactions', { left: 3 }, {}, row('= rest', { new: 'seen rest' })]],
  paidEarly: [
    ['as asked for', { by, verdict: good(true), place: at(0) }, {}, row('= offer')],
    ['unsigned, as it seems', { by, verdict: good(false), place: at(0) }, {}, row('broadcast rest')],
    ['of another form', { by, verdict: bad('unreadable'), place: at(0) }, {}, row('broadcast rest')],
    ['in a dry run', { by, verdict: good(true), place: at(0) }, { dryRun: true }, row('broadcast rest')],
  ],
  paid: [
    ['not deep', { by, deep: false, completeTxid: STEP }, {}, row('broadcast rest', { marked: '= rest' })],
    ['deep', { by, deep: true, completeTxid: STEP }, {}, row('broadcast mark', { marked: '= mark' })],
    [
      'in a dry run',
      { by, deep: true, completeTxid: STEP },
      { dryRun: true },
      row('broadcast rest', { marked: '= rest' }),
    ],
  ],
  open: [
    ['wanted', { unpaid: unpaid(at(0)) }, {}, row('= choose', { settling: '= post' })],
    ['rejected', { unpaid: unpaid(at(0)) }, { rejected: true }, row('rejected rest', { settling: '= post' })],
    ['too small', { unpaid: unpaid(at(0)) }, TINY, row('stuck rest', { settling: '= post' })],
    [
      'to be released',
      { unpaid: unpaid(at(0)) },
      { release: true },
      row('= examine', { settling: '= post' }),
    ],
    ['no step left', { unpaid: unpaid(END) }, { release: true }, row('= examine', { settling: '= rest' })],
    ['in a dry run', { unpaid: unpaid(at(0)) }, { dryRun: true }, row('= choose', { settling: '= rest' })],
    [
      'to be released, in a dry run',
      { unpaid: unpaid(at(0)) },
      { release: true, dryRun: true },
      row('= rest'),
    ],
  ],
  unsent: [
    ['as asked for', { hex: 'ab', verdict: good(true), unpaid: unpaid(END) }, {}, row('signed send')],
    ['no signatures', { hex: 'ab', verdict: good(false), unpaid: unpaid(END) }, {}, row('= choose')],
    ['a theft', { hex: 'ab', verdict: bad('thief'), unpaid: unpaid(END) }, {}, row('= choose')],
    ['junk', { hex: 'ab', verdict: bad('unreadable'), unpaid: unpaid(END) }, {}, row('= choose')],
    [
      'junk, rejected',
      { hex: 'ab', verdict: bad('unreadable'), unpaid: unpaid(END) },
      { rejected: true },
      row('rejected rest'),
    ],
    ['junk, too small', { hex: 'ab', verdict: bad('thief'), unpaid: unpaid(END) }, TINY, row('stuck rest')],
    [
      'rejected',
      { hex: 'ab', verdict: good(true), unpaid: unpaid(END) },
      { rejected: true },
      row('rejected rest'),
    ],
    [
      'the reference daemon hangs',
      { hex: 'ab', verdict: good(true), unpaid: unpaid(END) },
      { writable: false },
      row('= rest'),
    ],
    [
      'to be released, too late',
      { hex: 'ab', verdict: good(true), unpaid: unpaid(END) },
      { release: true },
      row('signed send'),
    ],
    [
      'in a dry run',
      { hex: 'ab', verdict: good(true), unpaid: unpaid(END) },
      { dryRun: true },
      row('broadcast rest'),
    ],
  ],
  released: [
    ['by its owner', { completeTxid: STEP }, {}, row('settling mark')],
    ['in a dry run', { completeTxid: STEP }, { dryRun: true }, row('= rest')],
  ],
  releasable: [
    ['yes', { place: at(0), why: null }, {}, row('settling post', never('settling post', 'settling'))],
    ['no step left', { place: END, why: null }, {}, row('settling rest', never('settling rest', 'settling'))],
    ['no', { place: at(0), why: 'it is over' }, {}, row('= rest', never('= rest', 'settling'))],
  ],
  chosen: [
    ['a new one', chosen(COMPOSE), {}, row('= sign')],
    ["another's", chosen({ do: 'sign', hex: 'ab' }), {}, row('= sign')],
    ['what is ours', chosen({ do: 'pass-on', hex: 'ab' }), {}, row('= sign')],
    ['after another withdrawal', chosen(COMPOSE, { first: false }), {}, row('waiting rest')],
    ["another's, after", chosen({ do: 'sign', hex: 'ab' }, { first: false }), {}, row('waiting rest')],
    ['after, and bound', chosen(COMPOSE, { first: false, bound: true }), {}, row('= sign')],
    ['after, passed on', chosen({ do: 'pass-on', hex: 'ab' }, { first: false }), {}, row('= sign')],
    ['the others', chosen({ do: 'wait', why: 'others' }), {}, row('partial rest')],
    [
      'the others, signing has ended',
      chosen({ do: 'wait', why: 'others' }, { place: END, refusal: 'r' }),
      {},
      row('refused rest'),
    ],
    [
      'the others, at its end',
      chosen({ do: 'wait', why: 'others' }, { place: END }),
      {},
      row('partial rest'),
    ],
    ['buried', chosen({ do: 'wait', why: 'buried' }), {}, row('waiting rest')],
    ['buried, at its end', chosen({ do: 'wait', why: 'buried' }, { place: END }), {}, row('signed rest')],
    ['signing has ended', chosen(COMPOSE, { place: END, refusal: 'r' }), {}, row('refused rest')],
    ['ended, of one key', chosen(COMPOSE, { place: END, refusal: 'r' }), LONE, row('= sign')],
    ['ended, one of three', chosen(COMPOSE, { place: END, refusal: 'r' }), { m: 1 }, row('= sign')],
    ['ended, family B', chosen(COMPOSE, { place: END, refusal: 'r' }), { family: 'B' }, row('= sign')],
    ["ended, another's", chosen({ do: 'sign', hex: 'ab' }, { place: END }), {}, row('= sign')],
  ],
  trouble: [
    ['a thief', { code: 'E_FEED_THIEF', message: 'm' }, {}, row('refused rest')],
    ['another', { code: 'E_FEED_WITHDRAWAL', message: 'm' }, {}, row('stuck rest')],
    [
      'when it was to be released',
      { code: 'E_FEED_WITHDRAWAL', message: 'm', examined: true },
      {},
      row('stuck rest', never('stuck rest', 'settling')),
    ],
  ],
  barred: [
    ['an operator has to approve', { verdict: { verdict: 'hold', why: 'w' } }, {}, row('held rest')],
    ['rejected', { verdict: { verdict: 'reject', why: 'w' } }, {}, row('rejected rest')],
    ['not now', { verdict: { verdict: 'wait', why: 'w' } }, {}, row('waiting rest')],
  ],
  later: [['', {}, {}, row('= rest')]],
  doubted: [['', {}, {}, row('= rest')]],
  ready: [
    ['half signed', { signed: signed(false), place: at(0) }, {}, row('= post')],
    ['complete, too early', { signed: signed(true), place: at(0) }, {}, row('= post')],
    ['complete', { signed: signed(true), place: at(1) }, {}, row('= post')],
    ['complete, at its end', { signed: signed(true), place: END }, {}, row('signed send')],
    ['half signed, at its end', { signed: signed(false), place: END }, {}, row('partial rest')],
    ['family B, at its end', { signed: signed(false), place: END }, { family: 'B' }, row('= post')],
    ['family B, complete', { signed: signed(true), place: END }, { family: 'B' }, row('signed send')],
    ['the daemon hangs', { signed: signed(true), place: END }, { writable: false }, row('= rest')],
    ['in a dry run', { signed: signed(true), place: END }, { dryRun: true }, row('signed rest')],
  ],
  posted: [
    ['half signed', { txid: STEP, payout: { txid: PAYOUT, complete: false } }, {}, row('partial rest')],
    ['complete', { txid: STEP, payout: { txid: PAYOUT, complete: true } }, {}, row('signed rest')],
    ['a release', { txid: STEP, payout: null }, {}, row('= rest')],
  ],
  sent: [['', { txid: PAYOUT }, {}, row('broadcast rest')]],
  expired: [
    ['what all signed', { unpaid: unpaid(END) }, {}, row('= choose')],
    ['rejected meanwhile', { unpaid: unpaid(END) }, { rejected: true }, row('rejected rest')],
    ['ours', { unpaid: null }, {}, row('= rest')],
  ],
  spent: [
    ['what all signed', { unpaid: unpaid(END) }, {}, row('= choose')],
    ['rejected meanwhile', { unpaid: unpaid(END) }, { rejected: true }, row('rejected rest')],
    ['ours', { unpaid: null }, {}, row('= rest')],
  ],
  marked: [
    ['paid', { txid: STEP, payoutTxid: PAYOUT }, {}, row('marked rest')],
    ['released', { txid: STEP, payoutTxid: null }, {}, row('settling rest')],
  ],
}

/** All rows of the table. */
const ROWS = Object.entries(TABLE).flatMap(([name, cases]) =>
  (cases as readonly Case<Fact['fact']>[]).map(([when, more, terms, cells]) => ({
    name: `${name} ${when}`,
    fact: { fact: name, ...more } as Fact,
    terms: { ...TERMS, ...terms },
    cells,
  })),
)

t.test('every state × every fact', (t) => {
  for (const { name, fact, terms, cells } of ROWS) {
    const found = STATES.map((state) => {
      const { record, action } = advanceWithdrawal(recordIn(state), fact, terms)
      const { [state]: cell } = cells
      const [step] = (typeof cell === 'string' ? cell : cell.never).split(' ')
      return [state, `${step === '=' && record.step === state ? '=' : record.step} ${action.do}`]
    })
    const wanted = STATES.map((state) => {
      const { [state]: cell } = cells
      return [state, typeof cell === 'string' ? cell : cell.never]
    })
    t.same(found, wanted, name)
  }
  t.end()
})

/** Rows and states in which something does not hold. */
function without(holds: (given: { before: Known; fact: Fact; terms: Terms }) => boolean): string[] {
  return ROWS.flatMap(({ name, fact, terms }) =>
    STATES.filter((state) => !holds({ before: recordIn(state), fact, terms })).map(
      (state) => `${state} × ${name}`,
    ),
  )
}

t.test('whatever comes', (t) => {
  const bare = ({ step: _, message: __, payoutTxid: ___, markTxid: ____, ...rest }: Known) =>
    JSON.stringify(rest)
  const done = (
    { before, fact, terms }: Parameters<Parameters<typeof without>[0]>[0],
    more: Partial<Terms>,
  ) => advanceWithdrawal(before, fact, { ...terms, ...more }).action.do
  t.same(
    without(
      ({ before, fact, terms }) => bare(advanceWithdrawal(before, fact, terms).record) === bare(before),
    ),
    [],
    'what was signed and counted is no business of the states',
  )
  t.same(
    without(({ before, fact, terms }) => {
      const { record, action } = advanceWithdrawal(before, fact, terms)
      return action.do !== 'send' || record.payoutTxid === action.txid
    }),
    [],
    'a payout is written down before it leaves',
  )
  t.same(
    without(
      (given) =>
        given.fact.fact === 'releasable' || !/post|send|mark|examine/.test(done(given, { dryRun: true })),
    ),
    [],
    'a dry run sends nothing, and examines nothing for a release',
  )
  t.same(
    without((given) => !/^send$/.test(done(given, { writable: false }))),
    [],
    'a daemon that hangs gets nothing',
  )
  t.same(
    without(
      (given) => !/unsent|expired|spent/.test(given.fact.fact) || done(given, { rejected: true }) === 'rest',
    ),
    [],
    'what an operator rejects is not sent',
  )
  t.same(
    without(({ before, fact, terms }) => {
      const { record, says = [] } = advanceWithdrawal(before, fact, terms)
      const isNew = record.step === 'stuck' && record.message !== before.message
      return !isNew || fact.fact === 'unclear' || says.some(({ message }) => message === record.message)
    }),
    [],
    'the log says what is stuck',
  )
  t.end()
})

t.test('what is written, said and answered', (t) => {
  const move = (state: State, fact: Fact, terms: Partial<Terms> = {}) =>
    advanceWithdrawal(recordIn(state), fact, { ...TERMS, ...terms })
  const step = (fact: Fact, terms: Partial<Terms> = {}): string => {
    const { action } = move('seen', fact, terms)
    return action.do === 'post' ? action.kind : action.do
  }
  t.match(move('broadcast', { fact: 'finished' }), { txid: OLD, record: { message: '' } })
  t.notOk(move('settling', { fact: 'finished' }).txid, 'what was released was not paid')
  t.match(move('seen', { fact: 'posted', txid: STEP, payout: { txid: PAYOUT, complete: true } }), {
    txid: STEP,
    record: { payoutTxid: PAYOUT, message: '' },
  })
  t.match(move('seen', { fact: 'posted', txid: STEP, payout: { txid: PAYOUT, complete: false } }).record, {
    payoutTxid: OLD,
  })
  t.match(move('settling', { fact: 'posted', txid: STEP, payout: null }).record, { message: 'before' })
  t.match(move('signed', { fact: 'sent', txid: PAYOUT }), { txid: PAYOUT, record: { payoutTxid: PAYOUT } })
  t.match(move('broadcast', { fact: 'marked', txid: STEP, payoutTxid: PAYOUT }), {
    txid: STEP,
    record: { markTxid: STEP, payoutTxid: PAYOUT },
  })
  t.match(move('settling', { fact: 'marked', txid: STEP, payoutTxid: null }).record, {
    ...{ markTxid: STEP, payoutTxid: OLD, message: /released/ },
  })
  const early = { fact: 'paidEarly', by, verdict: bad('unreadable'), place: at(0) } as const
  t.match(move('seen', early), {
    txid: PAYOUT,
    record: { payoutTxid: PAYOUT, message: /form of its own: bad/ },
  })

  const ready = (complete: boolean, signs: number): Fact => ({
    ...{ fact: 'ready', signed: signed(complete), place: at(signs) },
  })
  t.equal(step(ready(false, 0)), 'partial')
  t.equal(step(ready(true, 0)), 'partial', 'the chain counts steps, not signatures')
  t.equal(step(ready(true, 1)), 'complete')
  t.equal(step(ready(false, 1)), 'partial')
  t.equal(step(ready(false, 2)), 'complete', 'the last signer finds it there')
  t.equal(step(ready(true, 0), { family: 'B' }), 'complete')
  t.equal(step({ fact: 'releasable', place: at(1), why: null }), 'complete')

  const unsent = (verdict: PayoutVerdict): Fact => ({
    fact: 'unsent',
    hex: 'ab',
    verdict,
    unpaid: unpaid(END),
  })
  matchExactly(t, move('signed', unsent(bad('thief'))), {
    says: [{ code: 'E_FEED_THIEF', level: 'error' }],
    action: { refusal: /not what was asked for: bad/ },
    answered: false,
  })
  matchExactly(t, move('signed', unsent(bad('unreadable'))).says, [{ code: 'E_FEED_WITHDRAWAL' }])
  matchExactly(t, move('signed', unsent(good(false))), { says: [], action: { refusal: /lacks signatures/ } })
  matchExactly(t, move('signed', unsent(good(true)), { release: true }), {
    says: [{ message: /is not released: its signing has ended/, level: 'warn' }],
    answered: true,
    action: { hex: 'ab', unpaid: { place: END } },
  })
  t.match(move('signed', { fact: 'expired', unpaid: unpaid(END) }).action, { refusal: /expired/ })
  t.match(move('signed', { fact: 'spent', unpaid: unpaid(END) }).action, { refusal: /spent/ })

  t.match(move('held', { fact: 'releasable', place: at(0), why: null }), {
    answered: true,
    record: { message: /released/ },
    action: { signed: null },
  })
  matchExactly(t, move('held', { fact: 'releasable', place: at(0), why: 'w' }), {
    answered: true,
    says: [{ message: /is not released: w/, level: 'warn' }],
  })
  const unread = { fact: 'trouble', code: 'E_FEED_WITHDRAWAL', message: 'm' } as const
  matchExactly(t, move('held', { ...unread, examined: true }), {
    answered: true,
    says: [{ message: 'm' }, { message: /is not released/ }],
  })
  t.notOk(move('held', unread).answered, 'only what was asked for is answered')
  t.notOk(move('held', { fact: 'open', unpaid: unpaid(at(0)) }, { release: true }).answered, 'not yet')
  t.match(
    move('seen', { fact: 'chosen', ...chosen(COMPOSE, { place: END, refusal: 'r' }) }).record.message,
    /^r; its signing has ended: 2 signers have to pay it by hand/,
  )
  t.end()
})
