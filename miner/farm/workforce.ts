/** The machines of a farm as a workforce: what is assigned here is hashed by all that have joined. */
import type { NatsConnection } from '@nats-io/transport-node'
import { monotonicMs, sleep } from '../../base/index.js'
import type { Hasher } from '../../lxrhash/index.js'
import type { Job, Workforce } from '../work/workforce.js'
import { createLedger, createRecordAccounts, type DayAccount, type Ledger } from './accounts.js'
import { createHits } from './hits.js'
import { createJobPlace } from './jobs.js'
import { createLeases } from './leases.js'
import { createMachines, type Machine, type Machines } from './machines.js'
import { WRONG_TEXTS, type FarmJob, type Wrong } from './messages.js'
import { persist, type Persisting } from './persist.js'
import { keepRefusal } from './refusals.js'
import { TEXTS, type Fault } from './standing.js'
import type { FarmStore } from './store.js'
import { ALL_LEASES } from './table.js'
import { readRanking } from './takeover.js'
import { createTelling, isOfSameFarm, type FarmFacts } from './telling.js'

export interface FarmOptions extends FarmFacts {
  readonly connection: NatsConnection
  readonly store: FarmStore
  /** This machine's hasher, which checks the hits. */
  readonly verifier: Pick<Hasher, 'difficulty'>
  /** The job that another coordinator has left: its record, if it is assigned here, goes on. */
  readonly inherited: FarmJob | null
  /** Machines that another coordinator has refused, with the reason. */
  readonly refused?: ReadonlyMap<string, string>
  /** Another coordinator writes what this one should. */
  readonly onDeposed: () => void
  readonly onFault: (fault: Fault) => void
  readonly onRefused: () => void
  /** How long a lease lasts without being renewed, ms. Default: ten seconds. */
  readonly lifeMs?: number | undefined
  readonly onNotice: (level: 'info' | 'warn' | 'error', code: string, message: string) => void
}

export interface FarmWorkforce extends Workforce {
  readonly machines: Pick<Machines, 'all'>
  /** What each worker has contributed, by day. */
  accounts(): DayAccount[]
  /** Resolves when a machine is there whose ByteMap is open, or the signal is aborted. */
  joined(signal: AbortSignal): Promise<void>
}

const LOOK_MS = 1_000
const JOIN_LOOK_MS = 100
const MOST_SAMPLES = 256

export function createFarmWorkforce(options: FarmOptions): FarmWorkforce {
  const { connection, store, onNotice } = options
  const end = new AbortController()
  const { signal } = end
  const machines = createMachines(options.refused)
  const switchTimes = createJobTimes(machines)
  let job: Job | null = null
  let last: Job | null = null
  /** Nothing was assigned yet. */
  let first = true
  const trouble = (reason: string): void => onNotice('warn', 'E_FARM_STORE', reason)

  const place = createJobPlace({
    bucket: store.job,
    ...{ signal, onPlaced: () => undefined, onTrouble: trouble, onDeposed: options.onDeposed },
  })
  const leases = createLeases({
    bucket: store.leases,
    ...{ machines, signal, onTrouble: trouble, onDeposed: options.onDeposed },
    revision: () => place.revision,
    lifeMs: options.lifeMs,
    floor: () => hits.checker.threshold,
    onFirst: (machine, agoMs) => switchTimes.began(machine, agoMs),
    onMalformed: onceForEach((worker, wrong) =>
      onNotice(
        'warn',
        'E_FARM_VERSION',
        `the question of ${worker} is ${WRONG_TEXTS[wrong]}; it is given nothing`,
      ),
    ),
  })
  const accounts = createRecordAccounts()
  const ledger = createLedger({ bucket: store.accounts, signal, onTrouble: trouble })
  const hits = createHits({
    accounts,
    consumer: store.hits,
    best: store.best,
    ...{ machines, signal, machineId: options.machineId, onTrouble: trouble },
    difficulty: (oprHash, nonce) => options.verifier.difficulty(oprHash, nonce),
    holds: (worker, counter) => leases.holds(worker, counter),
    onFault: (worker, fault) => {
      options.onFault(fault)
      if (fault !== 'flood' && fault !== 'stale')
        onNotice('warn', 'E_FARM_HIT', `a hit of ${worker} is ${TEXTS[fault]}`)
    },
    onRefused: ({ text }, reason) => {
      options.onRefused()
      void keepRefusal(text, reason, { bucket: store.refused, signal, onTrouble: trouble })
      onNotice('error', 'E_FARM_REFUSED', `${text} is refused: ${reason}`)
    },
  })

  const telling = createTelling(options, place)
  const asks = connection.subscribe(ALL_LEASES, {
    callback: (error, message) => {
      if (error === null) leases.answer(message)
    },
  })
  const looking = setInterval(() => leases.look(), LOOK_MS).unref()
  const taking = Promise.all([
    hits.run(),
    ledger.run(),
    keepInherited(options, ledger, { signal, onTrouble: trouble }),
  ])
  // What another one has left is hashed on until this one has a record.
  if (!isOfSameFarm(options.inherited, options)) telling.end()

  return {
    get view() {
      const { checker } = hits
      return {
        ...{ members: machines.members(), hashes: machines.hashes, jobSwitchMs: switchTimes.samples },
        ...{ hits: checker.hits, bestDifficulty: checker.bestDifficulty },
        // False hits are held against the machines that sent them; this one has computed nothing wrong.
        ...{ computeErrors: 0, restarts: 0 },
      }
    },
    machines,
    accounts: () => ledger.days(),
    async joined(soon) {
      const isReady = ({ state, health }: Machine): boolean => state === 'here' && health.bits > 0
      while (!soon.aborted && !signal.aborted && !machines.all.some(isReady)) await sleep(JOIN_LOOK_MS, soon)
    },
    assign(next) {
      const inherited = first && isOf(options.inherited, next.oprHash)
      first = false
      job = last = next
      const known = leases.open(next.oprHash, inherited)
      hits.open(next, inherited, known)
      switchTimes.begin()
      // It has been told by another one, and is hashed.
      if (inherited) return telling.begin(next, '')
      void known.then((ahead) => {
        if (job === next) telling.begin(next, ahead)
      })
    },
    async collect(soon) {
      job = null
      telling.end()
      leases.shut()
      await hits.settle(soon)
      hits.shut()
      if (last !== null) void ledger.keep(last.oprHash, accounts.list())
      return hits.checker.best()
    },
    pause: () => telling.pause(true),
    resume: () => telling.pause(false),
    async stop() {
      job = null
      telling.end()
      await Promise.race([place.idle(), new Promise((resolve) => setTimeout(resolve, LOOK_MS).unref())])
      clearInterval(looking)
      end.abort()
      asks.unsubscribe()
      await taking
    },
  }
}

/** A worker of another version asks every two seconds. Names cost nothing, so no more than so many are remembered. */
const MOST_TOLD = 1_000

function onceForEach(tell: (worker: string, wrong: Wrong) => void): (worker: string, wrong: Wrong) => void {
  const warned = new Set<string>()
  return (worker, wrong) => {
    const key = `${worker} ${wrong}`
    if (warned.has(key) || warned.size >= MOST_TOLD) return
    warned.add(key)
    tell(worker, wrong)
  }
}

/** Accounts of the record that another coordinator has left, whether it goes on here or not. */
async function keepInherited(
  { store, inherited }: Pick<FarmOptions, 'store' | 'inherited'>,
  ledger: Pick<Ledger, 'keep'>,
  parts: Persisting,
): Promise<void> {
  const oprHash = inherited?.record?.oprHash
  if (oprHash === undefined) return
  const known = await persist(() => readRanking(store.best, oprHash), LOOK_MS, parts)
  await ledger.keep(oprHash, known?.accounts ?? [])
}

const isOf = (job: FarmJob | null, oprHash: Uint8Array): boolean =>
  job?.record != null && Buffer.compare(job.record.oprHash, oprHash) === 0

/** From a record's assignment until the last machine that was there hashes it, ms. */
function createJobTimes(machines: Pick<Machines, 'all'>) {
  const samples: number[] = []
  let beganMs = 0
  let lastMs = 0
  let awaited = new Set<Machine>()
  return {
    samples,
    begin() {
      beganMs = monotonicMs()
      lastMs = 0
      awaited = new Set(machines.all.filter(({ state }) => state === 'here'))
    },
    began(machine: Machine, agoMs: number) {
      machine.lagMs = Math.max(0, monotonicMs() - agoMs - beganMs)
      lastMs = Math.max(lastMs, machine.lagMs)
      if (!awaited.delete(machine) || awaited.size > 0) return
      samples.push(lastMs)
      if (samples.length > MOST_SAMPLES) samples.shift()
    },
  }
}
