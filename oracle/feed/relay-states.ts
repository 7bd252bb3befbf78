/**
 * The states of the relay: what each fact of a pass makes of it, what is told, and what is to be done next. Pure; nothing
 * else sets the relay's state. `relay.ts` finds the facts, `publish.ts` publishes one header at a time.
 */
import type { BuildReason, SendReason } from '../../komodo/index.js'
import type { NoticeEvent, RelayState, StateEvent } from './events.js'
import type { HeaderJob, HeaderPlan } from './plan.js'

/** What the relay remembers from one fact to the next. */
export interface Course {
  readonly state: RelayState
  /** Height of the reference chain. */
  readonly tip: number | null
  /** As the last pass found it, less what was sent since. */
  readonly plan: HeaderPlan | null
  /** What is left to publish in this pass. */
  readonly jobs: readonly HeaderJob[]
  /** On which transaction the next one is built. */
  readonly on: string
  /** Whether it is catching up. An idle relay publishes one header now and then as well. */
  readonly busy: boolean
  /** Since the start. */
  readonly headers: number
  readonly repairs: number
  readonly refused: number
  /** The forgery that was told last, so that it is told once. */
  readonly forgery: string
  readonly refusal: SendReason | null
}

export const FIRST_COURSE: Course = {
  ...{ state: { state: 'starting' }, tip: null, plan: null, jobs: [], on: '', busy: false },
  ...{ headers: 0, repairs: 0, refused: 0, forgery: '', refusal: null },
}

export type RelayFact =
  /** The oracle does not know the publisher. */
  | { readonly fact: 'unregistered'; readonly tip: number }
  /** Both chains were read. */
  | { readonly fact: 'planned'; readonly plan: HeaderPlan; readonly tip: number }
  /** What must hold before the next header is published. */
  | {
      readonly fact: 'judged'
      /** Blocks that the reference node knows of. */
      readonly known: number
      /** The transaction to build on, or else the state of the relay; null: the state stays as it is. */
      readonly baton: { readonly on: string } | { readonly state: RelayState | null }
      /** The asset daemon is believed to pass on what it gets. */
      readonly writable: boolean
      /** Subscriptions are left, or come back with the next block. */
      readonly funded: boolean
    }
  /** The reference daemon says what cannot be; nothing of it is published. */
  | { readonly fact: 'forged'; readonly height: number; readonly code: string; readonly message: string }
  /** The daemon cannot build a header. */
  | { readonly fact: 'unbuilt'; readonly reason: BuildReason; readonly message: string }
  /** The daemon built another transaction than was asked for. */
  | { readonly fact: 'misbuilt'; readonly rule: string; readonly message: string }
  /** The daemon does not take the header; `lost`: an input of it stands in a block that is lost. */
  | {
      readonly fact: 'untaken'
      readonly reason: SendReason
      readonly lost: boolean
      readonly code: string
      readonly message: string
    }
  /** It was sent. */
  | { readonly fact: 'published'; readonly job: HeaderJob; readonly txid: string }
  /** A dry run has built and checked it. What was not sent is nothing to build on: each stands for itself. */
  | { readonly fact: 'shown' }

export type RelayAction =
  | { readonly do: 'rest' }
  /** Prove, build, write down and send this header, in one turn at the daemon. */
  | { readonly do: 'publish'; readonly job: HeaderJob; readonly on: string }

export type Told = Omit<StateEvent, 'gateway'> | Omit<NoticeEvent, 'gateway'>

export interface RelayMove {
  readonly course: Course
  readonly action: RelayAction
  readonly tells: readonly Told[]
}

/** Blocks that a reference node may lack before it counts as still syncing. */
export const SYNC_SLACK = 3

const FOREIGN_BATON = "the daemon built on another baton than our last one: it wasn't sent"

/** Why nothing can be built; other reasons are the daemon's own words. */
const UNBUILT: Partial<Record<BuildReason, RelayState>> = {
  'oracle-funds': { state: 'budget' },
  'normal-coins': {
    state: 'funds',
    why: 'the wallet has no coins for the transaction fee: send some to its address',
  },
  'no-key': { state: 'blocked', why: "the wallet lacks the publisher's private key: importprivkey" },
  unregistered: { state: 'blocked', why: 'the registration of the publisher is not confirmed' },
}

export function advanceRelay(course: Course, fact: RelayFact): RelayMove {
  switch (fact.fact) {
    case 'unregistered':
      return become(
        { ...course, tip: fact.tip, jobs: [] },
        { state: 'blocked', why: 'the publisher is not registered, or its registration is not confirmed' },
      )
    case 'planned':
      return stay({ ...course, plan: fact.plan, tip: fact.tip, jobs: [] })
    case 'judged':
      return course.plan === null ? stay(course) : judged(course, course.plan, fact)
    case 'forged':
      return forged(course, fact)
    case 'unbuilt':
      return become(proven(course), UNBUILT[fact.reason] ?? { state: 'blocked', why: fact.message })
    case 'misbuilt':
      return misbuilt(proven(course), fact)
    case 'untaken':
      return untaken(proven(course), fact)
    case 'published':
      return published(proven(course), fact)
    case 'shown':
      return next(course.busy ? become(proven(course), { state: 'publishing' }) : stay(proven(course)))
  }
}

type Of<K extends RelayFact['fact']> = Extract<RelayFact, { fact: K }>

const REST: RelayAction = { do: 'rest' }

const stay = (course: Course): RelayMove => ({ course, action: REST, tells: [] })

/** Sets the state, and tells it if it is another one. */
function become(course: Course, state: RelayState): RelayMove {
  const after = stay({ ...course, state })
  if (state.state === course.state.state) return after
  const message = 'why' in state ? state.why : ''
  const { plan, tip } = course
  const numbers = { published: plan?.top ?? null, tip, lag: plan?.lag ?? null }
  return { ...after, tells: [{ event: 'state', state: state.state, message, ...numbers }] }
}

const proven = (course: Course): Course => ({ ...course, forgery: '' })

function judged(course: Course, plan: HeaderPlan, fact: Of<'judged'>): RelayMove {
  const { known, baton, writable, funded } = fact
  const tip = course.tip ?? 0
  if ('state' in baton) return baton.state === null ? stay(course) : become(course, baton.state)
  if (known - tip > SYNC_SLACK)
    return become(course, { state: 'sync', why: `the reference node is at ${tip} of ${known} blocks` })
  if (!writable)
    return become(course, {
      state: 'daemon',
      why: 'the asset daemon hung: waiting until its height moves or it is restarted',
    })
  const { jobs } = plan
  if (jobs.length > 0)
    return next(stay({ ...course, jobs, on: baton.on, busy: jobs.length > 1 || !isIdle(course) }))
  if (isDone(plan)) return become(course, { state: 'idle' })
  if (funded) return become(course, { state: 'budget' })
  const why = 'the oracle has no subscription left that covers the fee of a header'
  return become(course, { state: 'funds', why })
}

const isIdle = ({ state }: Course): boolean => state.state === 'idle'
const isDone = ({ lag, gaps, wrong }: HeaderPlan): boolean => lag + gaps + wrong === 0

/** The next header, or the end of this pass. */
function next({ course, tells }: RelayMove): RelayMove {
  const [job, ...jobs] = course.jobs
  if (job !== undefined)
    return { course: { ...course, jobs }, action: { do: 'publish', job, on: course.on }, tells }
  if (course.plan === null || !isDone(course.plan)) return { course, action: REST, tells }
  const idle = become(course, { state: 'idle' })
  return { ...idle, tells: [...tells, ...idle.tells] }
}

function published(before: Course, { job, txid }: Of<'published'>): RelayMove {
  const { course, tells } = before.busy ? become(before, { state: 'publishing' }) : stay(before)
  const after: Course = {
    ...course,
    on: txid,
    plan: course.plan && less(course.plan, job),
    headers: course.headers + 1,
    repairs: course.repairs + (job.why === 'repair' ? 1 : 0),
    refusal: null,
  }
  return next({ course: after, action: REST, tells })
}

/** The plan with one header less to do. */
const less = (plan: HeaderPlan, { height, why }: HeaderJob): HeaderPlan => ({
  ...plan,
  top: Math.max(plan.top ?? 0, height),
  lag: plan.lag - (why === 'live' ? 1 : 0),
  gaps: plan.gaps - (why === 'gap' ? 1 : 0),
  wrong: plan.wrong - (why === 'repair' ? 1 : 0),
})

/** Logs a notice, then sets the state. */
function refused(
  course: Course,
  notice: Omit<Told & { event: 'notice' }, 'event'>,
  state: RelayState,
): RelayMove {
  const move = become(course, state)
  return { ...move, tells: [{ event: 'notice', ...notice }, ...move.tells] }
}

function forged(course: Course, { height, code, message }: Of<'forged'>): RelayMove {
  const why = `header ${height} is not published: ${message}`
  const after: Course = { ...course, refused: course.refused + 1, forgery: why }
  const state: RelayState = { state: 'blocked', why }
  return course.forgery === why
    ? become(after, state)
    : refused(after, { level: 'error', code, message: why }, state)
}

function misbuilt(course: Course, { rule, message }: Of<'misbuilt'>): RelayMove {
  return refused(
    { ...course, refused: course.refused + 1 },
    { level: 'warn', code: 'E_KOMODO_INSPECT', message },
    rule === 'baton' ? { state: 'baton', why: FOREIGN_BATON } : { state: 'blocked', why: message },
  )
}

function untaken(course: Course, { reason, lost, code, message }: Of<'untaken'>): RelayMove {
  const after: Course = { ...course, refusal: reason }
  const state: RelayState =
    !lost && (reason === 'conflict' || reason === 'spent')
      ? { state: 'baton', why: 'an input of the header is spent already: looking again' }
      : { state: 'blocked', why: message }
  return course.refusal === reason
    ? become(after, state)
    : refused(after, { level: 'warn', code, message }, state)
}
