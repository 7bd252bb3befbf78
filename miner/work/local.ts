/** The threads of this machine as a workforce: a pool steered through shared memory, and the desk that checks its hits. */
import type { Hasher, HasherOptions, SharedByteMap } from '../../lxrhash/index.js'
import { hexOfBytes, hexOfDifficulty } from '../events.js'
import { createHitDesk } from './hits.js'
import { computeKnownAnswers } from './known.js'
import { createPool } from './pool.js'
import type { PoolTiming } from './pool-types.js'
import type { Workforce, WorkforceHooks, WorkforceView } from './workforce.js'

export interface LocalOptions extends WorkforceHooks {
  readonly byteMap: SharedByteMap
  /** The main thread's hasher. */
  readonly verifier: Pick<Hasher, 'difficulty'>
  readonly threads: number
  /** Most threads that there may ever be. Default: `threads`. */
  readonly capacity?: number
  /** Hasher slot of the first thread; the others follow. */
  readonly firstHasher: number
  readonly machineId: number
  /** Processors to bind the threads to, and how nice they are; see `PoolOptions`. */
  readonly cpus?: readonly number[]
  readonly nice?: number
  /** How the threads hash. Default: as is best here. */
  readonly hasher?: HasherOptions | undefined
  readonly worker?: URL | undefined
  readonly timing?: Partial<PoolTiming> | undefined
}

export interface LocalWorkforce extends Workforce {
  /** Settled when each thread is up or given up. */
  readonly ready: Promise<void>
  /** More threads or fewer, up to the capacity; those that stay go on undisturbed. */
  resize(threads: number): void
  /** Binds the threads anew, and sets how nice they are. */
  place(cpus: readonly number[], nice: number): void
  /** Ends a thread, whatever it does, and starts another in its place. */
  restart(slot: number): void
}

export function createLocalWorkforce(options: LocalOptions): LocalWorkforce {
  const { verifier, onNotice } = options
  const desk = createHitDesk({
    difficulty: (oprHash, nonce) => verifier.difficulty(oprHash, nonce),
    onThreshold: (threshold) => pool.setFloor(threshold),
  })
  const pool = createPool({
    byteMap: options.byteMap,
    threads: options.threads,
    capacity: options.capacity ?? options.threads,
    firstHasher: options.firstHasher,
    machineId: options.machineId,
    cpus: options.cpus ?? [],
    nice: options.nice ?? 0,
    hasher: options.hasher ?? {},
    known: computeKnownAnswers(verifier),
    onHit: (hit, slot) => {
      const truth = desk.take(hit)
      if (truth === null) return
      const claim = `${hexOfDifficulty(hit.difficulty)} for nonce ${hexOfBytes(hit.nonce)}`
      onNotice(
        'error',
        'E_MINER_COMPUTE',
        `thread ${slot} claims difficulty ${claim}, it is ${hexOfDifficulty(truth)}`,
      )
    },
    onNotice,
    onLost: options.onLost,
    worker: options.worker,
    timing: options.timing,
  })
  const view: WorkforceView = {
    get members() {
      return pool.slots()
    },
    get hashes() {
      return pool.hashes
    },
    get hits() {
      return desk.hits
    },
    get computeErrors() {
      return desk.computeErrors
    },
    get restarts() {
      return pool.restarts
    },
    get bestDifficulty() {
      return desk.bestDifficulty
    },
    get jobSwitchMs() {
      return pool.switchMs
    },
  }

  return {
    view,
    ready: pool.ready,
    assign(job) {
      desk.open(job)
      pool.publish({ oprHash: job.oprHash, floor: desk.threshold, keep: job.keep, lease: job.lease })
    },
    collect() {
      pool.clear()
      desk.shut()
      return Promise.resolve(desk.best())
    },
    pause: () => pool.pause(),
    resume: () => pool.resume(),
    resize: (threads) => pool.resize(threads),
    place: (cpus, nice) => pool.place(cpus, nice),
    restart: (slot) => pool.restart(slot),
    stop: () => pool.stop(),
  }
}
