import t, { type Test } from 'tap'
import { NETWORKS } from '../pegnet/index.js'
import type { Entry } from '../factom/index.js'
import { ASSETS, decodeOpr } from '../oracle/index.js'
import type { MinerEvent } from './events.js'
import { createRivals, rivalName, startRivals, type RivalsSetup } from './rivals.js'
import type { RecordContents, MinerView } from './run/interface.js'
import type { Job, WorkforceView } from './work/workforce.js'
import { until } from '../test/fixtures/until.js'

const PRICES = ASSETS[5].map((_, index) => BigInt(index + 1) * 100_000_000n)
const recordAt = (height: number): RecordContents => ({
  height,
  winners: new Array<string>(25).fill(''),
  prices: PRICES,
})

/** Rivals of a miner, and a workforce that finds one nonce a turn, each better than the one before. */
function scene(t: Test, count: number) {
  const state = {
    own: 0n,
    hashes: 0n,
    mining: true,
    record: null as RecordContents | null,
    turns: 0n,
    looks: 0,
  }
  const jobs: Job[] = []
  const published: { height: number; entries: readonly Entry[]; signal: AbortSignal | undefined }[] = []
  const notices: string[] = []
  let hear: (event: MinerEvent) => void = () => undefined
  let listening = false
  const view: Pick<MinerView, 'record' | 'state' | 'threads'> = {
    get record() {
      return state.record
    },
    get state() {
      state.looks++
      return state.mining ? 'mining' : 'paused'
    },
    get threads() {
      return [{ slot: 0, hashes: state.own, beatAgeMs: 0 }]
    },
  }
  const rivals = createRivals({
    count,
    network: NETWORKS.dev,
    miner: {
      view,
      on: (listener) => {
        hear = listener
        listening = true
        return () => (listening = false)
      },
    },
    workforce: {
      assign: (job) => void jobs.push(job),
      collect: () => {
        state.turns++
        state.hashes += 100n
        return Promise.resolve([{ nonce: Uint8Array.of(0, Number(state.turns)), difficulty: state.turns }])
      },
      view: {
        get hashes() {
          return state.hashes
        },
      } as WorkforceView,
    },
    publisher: {
      publish: (height, entries, { signal } = {}) => {
        published.push({ height, entries, signal })
        return Promise.resolve([])
      },
    },
    onNotice: (_, code) => notices.push(code),
    sliceMs: 1,
  })
  t.teardown(() => rivals.stop())
  const block = (height: number, minute: number) => hear({ event: 'block', height, minute })
  function job(height: number): void {
    state.record = recordAt(height)
    hear({ event: 'job', height, oprHash: '', floor: '', winnersFrom: null })
  }
  /** Until some turns more have been thought of. */
  async function moreTurns(): Promise<void> {
    const enough = state.looks + 5
    await until(() => state.looks >= enough)
  }
  return { rivals, state, jobs, published, notices, block, job, moreTurns, listening: () => listening }
}

t.test('rivals take turns, and in minute 9 publish what each has found', async (t) => {
  const { state, jobs, published, notices, block, job } = scene(t, 3)
  block(7, 1)
  job(7)
  state.own = 1_000_000n
  await until(() => jobs.length >= 9)
  const records = new Set(jobs.map(({ oprHash }) => Buffer.from(oprHash).toString('hex')))
  t.equal(records.size, 3, 'each has a record of its own')
  t.ok(jobs.every(({ height, floor, keep }) => height === 7 && floor === 0n && keep === 1))
  const leases = jobs.map(({ oprHash, lease }) => `${Buffer.from(oprHash).toString('hex')} ${lease?.from}`)
  t.equal(new Set(leases).size, jobs.length, 'no turn hashes the nonces of another')
  block(7, 9)
  await until(() => published.length === 1)
  const [sent] = published
  t.equal(sent?.height, 7)
  const names = sent?.entries.map(({ content }) => decodeOpr(5, content).identity) ?? []
  t.same(names.toSorted(), [0, 1, 2].map(rivalName))
  const found = sent?.entries.map(({ extIds }) => Number(extIds[0]?.[1])) ?? []
  t.same(
    found.toSorted((a, b) => a - b),
    [state.turns - 2n, state.turns - 1n, state.turns].map(Number),
    'the best of each',
  )
  t.notOk(sent?.signal?.aborted)
  block(7, 10)
  t.ok(sent?.signal?.aborted, 'nothing more is sent in minute 10')
  t.same(notices, [])
})

t.test('rivals hash only their share, and nothing while the miner does not', async (t) => {
  const { state, jobs, job, moreTurns } = scene(t, 2)
  job(7)
  state.own = 10_000n
  // 1.5 % are 150 hashes a rival: two turns of 100 each.
  await until(() => state.turns === 4n)
  await moreTurns()
  t.equal(jobs.length, 4)
  state.mining = false
  state.own = 1_000_000n
  await moreTurns()
  t.equal(jobs.length, 4)
  state.mining = true
  await until(() => jobs.length > 8)
})

t.test('what is not published in its block is thrown away', async (t) => {
  const { rivals, state, jobs, published, block, job, listening } = scene(t, 2)
  job(7)
  state.own = 1_000_000n
  await until(() => jobs.length > 3)
  block(8, 1)
  job(8)
  state.own += 1_000_000n
  await until(() => jobs.filter(({ height }) => height === 8).length > 3)
  const switched = jobs.findIndex(({ height }) => height === 8)
  t.ok(jobs.slice(switched).every(({ height }) => height === 8))
  block(9, 9)
  await rivals.stop()
  t.notOk(listening())
  t.same(published, [], 'not in the minute 9 of another block')
})

t.test('how many rivals there may be', (t) => {
  for (const count of [0, 1001, 1.5])
    t.throws(() => startRivals({ count } as RivalsSetup), { code: 'E_MINER_OPTIONS', message: /rivals must/ })
  t.end()
})
