/** The states of the relay: what each fact makes of each of them, as a table that leaves no cell out. */
import t from 'tap'

import type { BuildReason, SendReason } from '../../komodo/index.js'
import { RELAY_STATES, type RelayState } from './events.js'
import type { HeaderJob, HeaderPlan } from './plan.js'
import { advanceRelay, FIRST_COURSE, type Course, type RelayFact, type RelayMove } from './relay-states.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

type State = RelayState['state']

const stateOf = (state: State): RelayState =>
  ({ state, ...(/starting|publishing|idle|budget/.test(state) ? {} : { why: 'before' }) }) as RelayState

const LIVE: HeaderJob = { height: 91, why: 'live' }
const NEXT: HeaderJob = { height: 92, why: 'live' }
const GAP: HeaderJob = { height: 85, why: 'gap' }
const planOf = (jobs: readonly HeaderJob[], more: Partial<HeaderPlan> = {}): HeaderPlan => ({
  ...{ jobs, target: 92, top: 90, lag: jobs.length, gaps: 0, wrong: 0, skipped: 0 },
  ...more,
})
const DONE = planOf([])
const WAITING = planOf([], { lag: 2 })

const courseIn = (state: State, more: Partial<Course> = {}): Course => ({
  ...FIRST_COURSE,
  ...{ state: stateOf(state), tip: 102, plan: DONE, on: 'b0' },
  ...more,
})

/** What a fact makes of a state (`=`: the same), the states that are told, and the height that is published next. */
type Cell = `${State | '='}${'' | ` ${number}`}`
type Row = Readonly<Record<State, Cell>>
const row = (cell: Cell, but: Partial<Row> = {}): Row =>
  ({ ...Object.fromEntries(RELAY_STATES.map((state) => [state, cell])), ...but }) as Row

type Of<K extends RelayFact['fact']> = Omit<Extract<RelayFact, { fact: K }>, 'fact'>
type Case<K extends RelayFact['fact']> = readonly [
  when: string,
  fact: Of<K>,
  course: Partial<Course>,
  cells: Row,
]

const judged = (more: Partial<Of<'judged'>> = {}): Of<'judged'> => ({
  ...{ baton: { on: 'b1' }, known: 102, writable: true, funded: true },
  ...more,
})
const unbuilt = (reason: BuildReason): Of<'unbuilt'> => ({ reason, message: 'm' })
const untaken = (reason: SendReason, lost = false): Of<'untaken'> => ({
  reason,
  lost,
  code: 'C',
  message: 'm',
})
const misbuilt = (rule: string): Of<'misbuilt'> => ({ rule, message: 'm' })
const wait = (state: 'baton' | 'foreign' | 'blocked') => ({ state: { state, why: 'w' } })

const TABLE: { readonly [K in RelayFact['fact']]: readonly Case<K>[] } = {
  unregistered: [['', { tip: 102 }, {}, row('blocked')]],
  planned: [['', { plan: planOf([LIVE]), tip: 102 }, {}, row('=')]],
  judged: [
    ['nothing is due', judged(), {}, row('idle')],
    ['one is due', judged(), { plan: planOf([LIVE]) }, row('= 91')],
    ['two are due', judged(), { plan: planOf([LIVE, NEXT]) }, row('= 91')],
    ['no budget now', judged(), { plan: WAITING }, row('budget')],
    ['no budget at all', judged({ funded: false }), { plan: WAITING }, row('funds')],
    ['a gap, no budget', judged(), { plan: planOf([], { gaps: 1 }) }, row('budget')],
    ['a repair, no budget', judged(), { plan: planOf([], { wrong: 1 }) }, row('budget')],
    ['nothing is due, no funds', judged({ funded: false }), {}, row('idle')],
    ['another baton', judged({ baton: wait('baton') }), { plan: planOf([LIVE]) }, row('baton')],
    ['another program', judged({ baton: wait('foreign') }), { plan: planOf([LIVE]) }, row('foreign')],
    ['an orphaned baton', judged({ baton: wait('blocked') }), { plan: planOf([LIVE]) }, row('blocked')],
    ['a dry run adopts none', judged({ baton: { state: null } }), { plan: planOf([LIVE]) }, row('=')],
    ['the reference node syncs', judged({ known: 106 }), { plan: planOf([LIVE]) }, row('sync')],
    ['and almost has', judged({ known: 105 }), { plan: planOf([LIVE]) }, row('= 91')],
    ['the asset daemon hangs', judged({ writable: false }), { plan: planOf([LIVE]) }, row('daemon')],
    ['the worst is told', judged({ baton: wait('baton'), known: 200, writable: false }), {}, row('baton')],
    // It cannot come before a plan; if it did, nothing would be sent.
    ['without a plan', judged(), { plan: null }, row('=')],
  ],
  forged: [['', { height: 91, code: 'E_FEED_FORGED', message: 'm' }, { jobs: [NEXT] }, row('blocked')]],
  unbuilt: [
    ['subscriptions', unbuilt('oracle-funds'), { jobs: [NEXT] }, row('budget')],
    ['coins', unbuilt('normal-coins'), { jobs: [NEXT] }, row('funds')],
    ['the key', unbuilt('no-key'), { jobs: [NEXT] }, row('blocked')],
    ['the registration', unbuilt('unregistered'), { jobs: [NEXT] }, row('blocked')],
    ['another', unbuilt('other'), { jobs: [NEXT] }, row('blocked')],
  ],
  misbuilt: [
    ['on another baton', misbuilt('baton'), { jobs: [NEXT] }, row('baton')],
    ['otherwise', misbuilt('payload'), { jobs: [NEXT] }, row('blocked')],
  ],
  untaken: [
    ['a conflict', untaken('conflict'), { jobs: [NEXT] }, row('baton')],
    ['an input is spent', untaken('spent'), { jobs: [NEXT] }, row('baton')],
    ['an input is lost', untaken('spent', true), { jobs: [NEXT] }, row('blocked')],
    ['a rule says no', untaken('rejected'), { jobs: [NEXT] }, row('blocked')],
  ],
  published: [
    ['the last', { job: LIVE, txid: 'b2' }, { plan: planOf([LIVE]), busy: true }, row('idle')],
    ['the last, while idle', { job: LIVE, txid: 'b2' }, { plan: planOf([LIVE]) }, row('idle')],
    [
      'one of two',
      { job: LIVE, txid: 'b2' },
      { plan: planOf([LIVE, NEXT]), jobs: [NEXT], busy: true },
      row('publishing 92'),
    ],
    [
      'all that the block takes',
      { job: LIVE, txid: 'b2' },
      { plan: planOf([LIVE], { lag: 5 }), busy: true },
      row('publishing'),
    ],
    // One header a block is what an idle relay publishes: it says nothing of it.
    ['one of many, not busy', { job: LIVE, txid: 'b2' }, { plan: planOf([LIVE], { lag: 5 }) }, row('=')],
  ],
  shown: [
    ['the last', {}, { plan: planOf([LIVE]), busy: true }, row('publishing')],
    ['one of two', {}, { plan: planOf([LIVE, NEXT]), jobs: [NEXT], busy: true }, row('publishing 92')],
    ['asked for', {}, { plan: DONE, busy: true }, row('idle')],
    ['one, not busy', {}, { plan: planOf([LIVE]) }, row('=')],
  ],
}

const ROWS = Object.entries(TABLE).flatMap(([name, cases]) =>
  (cases as readonly Case<RelayFact['fact']>[]).map(([when, more, course, cells]) => ({
    ...{ name: `${name} ${when}`, fact: { fact: name, ...more } as RelayFact, course, cells },
  })),
)

const announced = ({ tells }: RelayMove): State[] =>
  tells.flatMap((one) => (one.event === 'state' ? [one.state] : []))

t.test('every state × every fact', (t) => {
  for (const { name, fact, course, cells } of ROWS) {
    const found = RELAY_STATES.map((state) => {
      const move = advanceRelay(courseIn(state, course), fact)
      const to = move.course.state.state
      const next = move.action.do === 'publish' ? ` ${move.action.job.height}` : ''
      return [state, `${cells[state].startsWith('=') && to === state ? '=' : to}${next}`]
    })
    t.same(
      found,
      RELAY_STATES.map((state) => [state, cells[state]]),
      name,
    )
    const wrong = RELAY_STATES.filter((state) => {
      const move = advanceRelay(courseIn(state, course), fact)
      const steps = [state, ...announced(move)]
      const isRow = steps.every((one, k) => k === 0 || one !== steps[k - 1])
      return !isRow || steps.at(-1) !== move.course.state.state
    })
    t.same(wrong, [], `${name}: each change of state is told, once`)
  }
  t.end()
})

t.test('one header after the other, each on the one before', (t) => {
  const plan = planOf([{ height: 80, why: 'repair' }, LIVE, GAP], { lag: 1, gaps: 1, wrong: 1 })
  let move = advanceRelay(courseIn('idle', { plan }), { fact: 'judged', ...judged() })
  const seen: unknown[] = []
  for (let k = 2; move.action.do === 'publish'; k++) {
    const { job, on } = move.action
    seen.push([job.height, on])
    move = advanceRelay(move.course, { fact: 'published', job, txid: `b${k}` })
    seen.push(announced(move))
  }
  t.same(seen, [[80, 'b1'], ['publishing'], [91, 'b2'], [], [85, 'b3'], ['idle']])
  t.match(move.course, { headers: 3, repairs: 1, plan: { top: 91, lag: 0, gaps: 0, wrong: 0 } })

  const dry = advanceRelay(courseIn('idle', { plan, jobs: [LIVE], on: 'b1', busy: true }), { fact: 'shown' })
  t.match(
    dry,
    { action: { on: 'b1' }, course: { headers: 0, plan: { lag: 1 } } },
    'a dry run builds on what is there',
  )
  t.end()
})

t.test('what is told, and how often', (t) => {
  const start = courseIn('idle', { plan: planOf([LIVE]), jobs: [NEXT] })
  const again = (fact: RelayFact, from = start) => {
    const first = advanceRelay(from, fact)
    const second = advanceRelay(first.course, fact)
    return [first, second].map(({ tells }) => tells.map(({ event }) => event))
  }
  const forged = (height: number): RelayFact => ({ fact: 'forged', height, code: 'C', message: 'm' })
  t.same(again(forged(91)), [['notice', 'state'], []], 'a forgery once')
  const after = advanceRelay(start, forged(91)).course
  matchExactly(t, advanceRelay(after, forged(92)).tells, [
    { event: 'notice', level: 'error', message: /^header 92/ },
  ])
  t.equal(after.refused, 1)
  const proven = advanceRelay(after, { fact: 'unbuilt', ...unbuilt('oracle-funds') }).course
  matchExactly(
    t,
    advanceRelay(proven, forged(91)).tells,
    [{ event: 'notice' }, {}],
    'and again after one was proven',
  )

  t.same(again({ fact: 'untaken', ...untaken('rejected') }), [['notice', 'state'], []], 'a refusal once')
  const untook = advanceRelay(start, { fact: 'untaken', ...untaken('rejected') }).course
  matchExactly(t, advanceRelay(untook, { fact: 'untaken', ...untaken('expired') }).tells, [
    { event: 'notice' },
  ])
  const sent = advanceRelay(untook, { fact: 'published', job: LIVE, txid: 'b' }).course
  matchExactly(t, advanceRelay(sent, { fact: 'untaken', ...untaken('rejected') }).tells, [
    { event: 'notice' },
  ])

  const built = again({ fact: 'misbuilt', ...misbuilt('baton') })
  t.same(built, [['notice', 'state'], ['notice']], 'what was built wrong each time')
  matchExactly(t, advanceRelay(start, { fact: 'misbuilt', ...misbuilt('x') }), {
    course: { refused: 1 },
    tells: [{ code: 'E_KOMODO_INSPECT', level: 'warn' }, { message: 'm' }],
  })
  t.match(advanceRelay(start, { fact: 'unbuilt', ...unbuilt('other') }).course.state, { why: 'm' })
  matchExactly(t, advanceRelay(start, { fact: 'unregistered', tip: 7 }).tells, [
    { event: 'state', state: 'blocked', published: 90, tip: 7, lag: 1 },
  ])
  t.end()
})
