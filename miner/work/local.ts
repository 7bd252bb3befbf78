/** The threads of this machine as a workforce: a pool steered through shared memory, and what checks its hits. */
import type { Hasher } from '../../lxrhash/index.js'
import { hexOfBytes, hexOfDifficulty } from '../events.js'
import { readLease } from './control.js'
import { createHitChecker } from './hits.js'
import { computeKnownAnswers } from './known.js'
import { createPool } from './pool.js'
import type { Lease } from './nonces.js'
import type { PoolOptions } from './pool-types.js'
import type { Hit, Workforce } from './workforce.js'

export interface LocalOptions extends Omit<PoolOptions, 'known' | 'onHit'> {
  /** The main thread's hasher. */
  readonly verifier: Pick<Hasher, 'difficulty'>
  /** A hit that was hashed again, found right, and is among the best so far. */
  readonly onKept?: ((hit: Hit) => void) | undefined
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
  /** What no thread has taken yet of the lease; `from` is `to` if there is nothing. */
  readonly left: Lease
}

export function createLocalWorkforce(options: LocalOptions): LocalWorkforce {
  const { verifier, onNotice } = options
  const checker = createHitChecker({
    difficulty: (oprHash, nonce) => verifier.difficulty(oprHash, nonce),
    onThreshold: (threshold) => pool.setFloor(threshold),
    onKept: options.onKept,
  })
  const pool = createPool({
    ...options,
    known: computeKnownAnswers(verifier),
    onHit: (hit, slot) => {
      const truth = checker.take(hit)
      if (truth === null) return
      const claim = `${hexOfDifficulty(hit.difficulty)} for nonce ${hexOfBytes(hit.nonce)}`
      onNotice(
        'error',
        'E_MINER_COMPUTE',
        `thread ${slot} claims difficulty ${claim}, it is ${hexOfDifficulty(truth)}`,
      )
    },
  })
  return {
    get view() {
      const { hits, computeErrors, bestDifficulty } = checker
      const { hashes, restarts, switchMs: jobSwitchMs } = pool
      return { members: pool.slots(), hashes, hits, computeErrors, restarts, bestDifficulty, jobSwitchMs }
    },
    ready: pool.ready,
    assign(job) {
      checker.open(job)
      pool.publish({ oprHash: job.oprHash, floor: checker.threshold, keep: job.keep, lease: job.lease })
    },
    collect() {
      pool.clear()
      checker.shut()
      return Promise.resolve(checker.best())
    },
    pause: () => pool.pause(),
    resume: () => pool.resume(),
    resize: (threads) => pool.resize(threads),
    place: (cpus, nice) => pool.place(cpus, nice),
    restart: (slot) => pool.restart(slot),
    get left() {
      const { from, to } = readLease(pool.control)
      return { from: from < to ? from : to, to }
    },
    stop: () => pool.stop(),
  }
}
