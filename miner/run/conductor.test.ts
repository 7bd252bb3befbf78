import t from 'tap'
import { NETWORKS } from '../../pegnet/index.js'
import type { MinuteEvent } from '../../factom/index.js'
import { ASSETS } from '../../oracle/index.js'
import { createConductor, type Conductor, type ConductorParts } from './conductor.js'
import type { MinerEvent } from '../events.js'
import type { Fact } from './gather.js'
import type { RecordBasis } from './interface.js'
import type { Step } from './schedule.js'
import type { Submission } from './submit.js'
import { matchExactly } from '../../test/fixtures/match-exactly.js'

const COINBASE = 'FA2jK2HcLnRdS94dEcU27rF3meoJfpUcZPSinpb7AwQvPRY6RL1Q'
const NONE = new Array<string>(25).fill('')
const PRICES = ASSETS[5].map((_, index) => BigInt(index + 1) * 100_000_000n)

/** The node's clock is years away from ours. */
const NODE_TIME = 1_500_000_000_000
const minute = (height: number, minute: number): MinuteEvent => ({
  height,
  minute,
  blockSeconds: 20,
  health: { state: 'ok', height, minute },
  endsAt: performance.now() + 1_000_000,
  nodeAheadMs: NODE_TIME - performance.now(),
})
const fact = (step: Step, height: number): Fact =>
  step === 'winners'
    ? { type: 'winners', height, winners: NONE, winnersFrom: null, floor: 5n }
    : step === 'prices'
      ? { type: 'prices', height, prices: PRICES }
      : { type: 'funds', height, balance: 10 }

/** A submitter that has no records of earlier blocks. */
const NOTHING_LEFT = {
  unsettled: () => false,
  settle: () => Promise.resolve(),
  reset: () => Promise.resolve(),
}

interface Scene {
  conductor: Conductor
  events: MinerEvent[]
  /** What the workforce and the submitter were told, in order. */
  done: string[]
  submissions: Submission[]
  /** Lets everything that was answered so far be worked off. */
  settle: () => Promise<void>
  shown: () => string[]
}

function scene(replace: Partial<ConductorParts> = {}): Scene {
  const events: MinerEvent[] = []
  const done: string[] = []
  const submissions: Submission[] = []
  const conductor = createConductor({
    network: NETWORKS.dev,
    terms: () => ({ identity: 'tester', coinbase: COINBASE, recordsPerBlock: 3 }),
    gatherer: {
      gather: (step, { height }) => Promise.resolve(fact(step, height)),
      sync: (height) => Promise.resolve(void done.push(`sync ${height}`)),
    },
    workforce: {
      assign: ({ floor }) => void done.push(`mine above ${floor}`),
      collect: () => {
        done.push('rest')
        return Promise.resolve([{ nonce: Uint8Array.of(1, 2, 3), difficulty: 9n }])
      },
    },
    submitter: {
      submit: (submission) => {
        submissions.push(submission)
        return Promise.resolve(submission.best.length)
      },
      recover: (height) => {
        done.push(`recover ${height}`)
        return Promise.resolve(2)
      },
      ...NOTHING_LEFT,
    },
    emit: (event) => events.push(event),
    ...replace,
  })
  return {
    conductor,
    events,
    done,
    submissions,
    settle: () => new Promise((resolve) => setImmediate(resolve)),
    shown: () =>
      events
        .filter(({ event }) => event !== 'block')
        .map((event) => ('code' in event ? `${event.event} ${event.code}` : event.event)),
  }
}

t.test('one block: gathered, mined, published, closed', async (t) => {
  const { conductor, events, done, submissions, settle } = scene()
  conductor.tick(minute(7, 1))
  await settle()
  t.equal(conductor.phase, 'mining')
  t.equal(conductor.firstMined, 7)
  matchExactly(t, events, [
    { event: 'block', height: 7, minute: 1 },
    { event: 'job', height: 7, oprHash: /^[0-9a-f]{64}$/, floor: '0000000000000005', winnersFrom: null },
  ])
  conductor.tick(minute(7, 9))
  await settle()
  t.same(done, ['sync 6', 'mine above 5', 'rest'])
  const [submission] = submissions
  matchExactly(t, submission, { limit: 3, credits: 10, record: { height: 7 }, best: [{ difficulty: 9n }] })
  t.notOk(submission?.signal.aborted)
  conductor.tick(minute(7, 10))
  t.ok(submission?.signal.aborted, 'nothing more is sent in minute 10')
  await conductor.stop()
})

t.test('a record that graders would refuse is not mined', async (t) => {
  const broken = [...PRICES]
  broken[5] = 0n
  const { conductor, done, settle, shown } = scene({
    gatherer: {
      gather: (step, { height }) =>
        Promise.resolve(step === 'prices' ? { type: 'prices', height, prices: broken } : fact(step, height)),
      sync: () => Promise.resolve(),
    },
  })
  conductor.tick(minute(7, 1))
  await settle()
  t.same(shown(), ['skipped E_MINER_RECORD'])
  t.same(done, ['rest'], 'no hash was spent')
  t.equal(conductor.firstMined, null)
  await conductor.stop()
})

t.test('failures are noticed and asked for again', async (t) => {
  let tries = 0
  const { conductor, settle, shown } = scene({
    gatherer: {
      gather: (step, { height }) =>
        Promise.resolve(
          step === 'prices' && tries++ === 0
            ? { type: 'failed', height, step, code: 'E_MINER_PRICES', reason: 'none' }
            : fact(step, height),
        ),
      sync: () => Promise.reject(new Error('not saved yet')),
    },
  })
  conductor.tick(minute(7, 1))
  await settle()
  t.same(shown(), ['notice E_MINER_GRADING', 'notice E_MINER_PRICES'])
  conductor.tick(minute(7, 2))
  await settle()
  t.equal(shown().at(-1), 'job')
  await conductor.stop()
})

t.test('what fails again in the same way is said once a block, what changes is', async (t) => {
  const reasons = ['EUR', 'EUR', 'EUR JPY', 'EUR JPY']
  const { conductor, settle, events } = scene({
    gatherer: {
      gather: (step, { height }) =>
        Promise.resolve(
          step === 'prices'
            ? { type: 'failed', height, step, code: 'E_MINER_PRICES', reason: reasons.shift() ?? 'EUR JPY' }
            : fact(step, height),
        ),
      sync: () => Promise.resolve(),
    },
  })
  for (const at of [1, 2, 3]) {
    conductor.tick(minute(7, at))
    await settle()
  }
  conductor.tick(minute(8, 1))
  await settle()
  const said = events.flatMap((event) => (event.event === 'notice' ? [event.message] : []))
  t.same(said, ['block 7: EUR', 'block 7: EUR JPY', 'block 8: EUR JPY'])
  await conductor.stop()
})

t.test('answers for a block that is over change nothing', async (t) => {
  const lost = (height: number): Fact => ({
    type: 'failed',
    height,
    step: 'funds',
    code: 'E_MINER_FUNDS',
    reason: 'called off',
  })
  const late: (() => void)[] = []
  const signals: AbortSignal[] = []
  const { conductor, settle, shown } = scene({
    gatherer: {
      gather: (step, { height, signal }) => {
        signals.push(signal)
        return height > 7
          ? Promise.resolve(fact(step, height))
          : new Promise((resolve) =>
              late.push(() => resolve(step === 'funds' ? lost(height) : fact(step, height))),
            )
      },
      sync: () => Promise.resolve(),
    },
  })
  conductor.tick(minute(7, 1))
  conductor.tick(minute(8, 1))
  t.ok(signals[0]?.aborted, 'they are told to stop')
  late.forEach((answer) => answer())
  await settle()
  t.same(shown(), ['skipped E_MINER_LATE', 'job'])
  t.equal(conductor.firstMined, 8)
  await conductor.stop()
})

t.test('nothing good enough, nothing published', async (t) => {
  const { conductor, submissions, settle, shown } = scene({
    workforce: { assign: () => undefined, collect: () => Promise.resolve([]) },
  })
  conductor.tick(minute(7, 1))
  await settle()
  conductor.tick(minute(7, 9))
  await settle()
  t.same(shown(), ['job', 'skipped E_MINER_NO_HITS'])
  t.same(submissions, [])
  await conductor.stop()
})

t.test('a restart in minute 9 finishes what was paid for', async (t) => {
  const { conductor, done, settle, shown } = scene()
  conductor.tick(minute(7, 9))
  await settle()
  t.ok(done.includes('recover 7'))
  t.same(shown(), ['skipped E_MINER_LATE', 'notice E_MINER_RECOVERED'])
  await conductor.stop()
})

t.test('a block that another process has begun goes on with its record', async (t) => {
  const kept: RecordBasis[] = []
  const first = scene({ handover: { keep: (basis) => kept.push(basis), recall: () => null } })
  first.conductor.tick(minute(7, 1))
  await first.settle()
  await first.conductor.stop()
  const [basis] = kept as [RecordBasis]
  t.match(basis, { height: 7, floor: 5n, winnersFrom: null, prices: PRICES })
  const jobOf = ({ events }: Scene) => events.find(({ event }) => event === 'job')

  const dearer = (step: Step, height: number): Fact =>
    step === 'prices'
      ? { type: 'prices', height, prices: PRICES.map((price) => price * 2n) }
      : fact(step, height)
  const gatherer = {
    gather: (step: Step, { height }: { height: number }) => Promise.resolve(dearer(step, height)),
    sync: () => Promise.resolve(),
  }
  const handover = { keep: () => undefined, recall: (height: number) => (height === 7 ? basis : null) }
  const second = scene({ gatherer, handover })
  second.conductor.tick(minute(7, 5))
  await second.settle()
  t.same(jobOf(second), jobOf(first), 'in its middle: the same record, whatever prices are now')
  await second.conductor.stop()

  const last = scene({ gatherer, handover })
  last.conductor.tick(minute(7, 9))
  await last.settle()
  t.same(jobOf(last), jobOf(first))
  t.same(
    last.done.slice(-4),
    ['recover 7', 'rest', 'mine above 5', 'rest'],
    'what is paid for is finished first',
  )
  t.match(last.submissions, [{ limit: 3, credits: 10, record: { height: 7 }, best: [{ difficulty: 9n }] }])
  await last.conductor.stop()

  const other = scene({
    ...{ gatherer, handover },
    terms: () => ({ identity: 'another', coinbase: COINBASE, recordsPerBlock: 3 }),
  })
  other.conductor.tick(minute(7, 9))
  await other.settle()
  t.same(other.submissions, [], 'a record of another identity is not taken up')
  await other.conductor.stop()
})

t.test('whatever fails below is a notice', async (t) => {
  const { conductor, settle, shown } = scene({
    workforce: {
      assign: () => {
        throw new Error('no memory')
      },
      collect: () => Promise.resolve([{ nonce: Uint8Array.of(1), difficulty: 1n }]),
    },
    submitter: {
      submit: () => Promise.reject(new Error('journal is full')),
      recover: () => Promise.resolve(0),
      ...NOTHING_LEFT,
    },
  })
  conductor.tick(minute(7, 1))
  await settle()
  conductor.tick(minute(7, 9))
  await settle()
  t.same(shown(), ['notice E_MINER_INTERNAL', 'notice E_MINER_PUBLISH'])
  await conductor.stop()
})

t.test(
  'nothing is published in time that is over, on a node that is not well, or without credits',
  async (t) => {
    const { conductor, submissions, settle, shown, done } = scene()
    conductor.tick(minute(7, 1))
    await settle()
    conductor.tick({ ...minute(7, 9), endsAt: 5000 })
    await settle()
    t.equal(submissions[0]?.deadline, 4960, 'a little before the end of minute 9')
    const networkMs = submissions[0]?.networkMs ?? 0
    t.ok(networkMs >= NODE_TIME && networkMs < NODE_TIME + 60_000, 'commits are dated by the node')
    conductor.tick({ ...minute(8, 1), blockSeconds: 600 })
    await settle()
    conductor.tick({ ...minute(8, 9), blockSeconds: 600, endsAt: 5000 })
    await settle()
    t.equal(submissions[1]?.deadline, 4750)
    for (const [height, state] of [
      [9, 'syncing'],
      [10, 'lagging'],
      [11, 'stalled'],
    ] as const) {
      conductor.tick(minute(height, 1))
      await settle()
      conductor.tick({ ...minute(height, 9), health: { state } as MinuteEvent['health'] })
      await settle()
      t.equal(shown().at(-1), `skipped E_FACTOM_${state.toUpperCase()}`)
    }
    t.equal(submissions.length, 2)
    t.equal(done.filter((what) => what === 'rest').length, 5, 'hashing rests all the same')
    await conductor.stop()

    let balance = 10
    const poor = scene({
      gatherer: {
        gather: (step, { height }) =>
          Promise.resolve(step === 'funds' ? { type: 'funds', height, balance } : fact(step, height)),
        sync: () => Promise.resolve(),
      },
    })
    poor.conductor.tick(minute(7, 1))
    await poor.settle()
    balance = 2
    poor.conductor.tick(minute(7, 9))
    await poor.settle()
    t.equal(poor.submissions[0]?.credits, 2, 'the credits of minute 9 count')
    poor.conductor.tick(minute(8, 1))
    await poor.settle()
    balance = 0
    poor.conductor.tick(minute(8, 9))
    await poor.settle()
    t.equal(poor.shown().at(-1), 'skipped E_MINER_NO_CREDITS')
    t.equal(poor.submissions.length, 1)
    await poor.conductor.stop()
  },
)

t.test('records of saved blocks get their end, and those of a chain that is gone too', async (t) => {
  const asked: string[] = []
  let left = true
  let fail = true
  const { conductor, settle, shown } = scene({
    submitter: {
      submit: () => Promise.resolve(1),
      recover: () => Promise.resolve(0),
      unsettled: () => left,
      settle: (height) => {
        asked.push(`settle ${height}`)
        if (fail) return Promise.reject(new Error('nobody there'))
        left = false
        return Promise.resolve()
      },
      reset: (height) => Promise.resolve(void asked.push(`reset ${height}`)),
    },
  })
  conductor.tick(minute(7, 1))
  await settle()
  t.same(asked, ['reset 9', 'settle 6'], 'a node may begin two blocks behind')
  t.ok(shown().includes('notice E_MINER_PUBLISH'))
  conductor.tick(minute(7, 2))
  await settle()
  fail = false
  conductor.tick(minute(7, 3))
  await settle()
  conductor.tick(minute(7, 4))
  await settle()
  t.same(asked.slice(2), ['settle 6', 'settle 6'], 'tried again each minute until it is done')
  conductor.tick(minute(3, 4))
  await settle()
  t.same(asked.slice(4), ['reset 3'])
  await conductor.stop()
})

t.test('stop ends what is under way and waits for it', async (t) => {
  let ended = false
  const { conductor, events, settle } = scene({
    submitter: {
      submit: ({ signal }) =>
        new Promise((resolve) =>
          signal.addEventListener('abort', () =>
            setImmediate(() => {
              ended = true
              resolve(0)
            }),
          ),
        ),
      recover: () => Promise.resolve(0),
      ...NOTHING_LEFT,
    },
  })
  conductor.tick(minute(7, 1))
  await settle()
  conductor.tick(minute(7, 9))
  await settle()
  await conductor.stop()
  t.ok(ended)
  const count = events.length
  conductor.tick(minute(8, 1))
  t.equal(events.length, count, 'and says nothing afterwards')
})
