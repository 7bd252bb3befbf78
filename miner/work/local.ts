/** The threads and the desk where their hits are checked: one record at a time in, its best nonces out. */
import type { Hasher, SharedByteMap } from '../../lxrhash/index.js'
import type { MinerErrorCode } from '../errors.js'
import { hexOfDifficulty } from '../events.js'
import { createHitDesk } from './hits.js'
import { computeKnownAnswers } from './known.js'
import { createPool } from './pool.js'
import type { Pool, PoolTiming } from './pool-types.js'
import { createRanking, reportThreshold, type Ranked, type Ranking } from './ranking.js'

export interface CrewOptions {
  readonly byteMap: SharedByteMap
  /** The main thread's hasher. */
  readonly verifier: Hasher
  readonly threads: number
  /** Most threads that there may ever be. Default: `threads`. */
  readonly capacity?: number
  readonly firstHasher: number
  readonly machineId: number
  /** Processors to bind the threads to, and how nice they are; see `PoolOptions`. */
  readonly cpus?: readonly number[]
  readonly nice?: number
  readonly onNotice: (level: 'warn' | 'error', code: MinerErrorCode, message: string) => void
  readonly onLost: () => void
  readonly worker?: URL | undefined
  readonly timing?: Partial<PoolTiming> | undefined
}

export interface CrewWork {
  readonly oprHash: Uint8Array
  /** Only difficulties above it are wanted. */
  readonly floor: bigint
  /** How many of its nonces to keep. */
  readonly keep: number
  /** Where the best nonces are kept, if the record was worked on before; else a new one. */
  readonly ranking?: Ranking
  /** First counter of a record that the crew turns to. */
  readonly start?: bigint
}

export interface Crew {
  readonly pool: Pool
  /** Turns to a record. The same one again goes on where it was. */
  mine(work: CrewWork): void
  /** Stops hashing the record and tells its best nonces, best first. */
  rest(): Ranked[]
  readonly bestDifficulty: bigint
  readonly hits: number
  readonly computeErrors: number
}

export function createCrew(options: CrewOptions): Crew {
  const { verifier, machineId, onNotice } = options
  let jobId = 0
  let ranking = createRanking(1)
  const desk = createHitDesk({
    difficulty: (oprHash, nonce) => verifier.difficulty(oprHash, nonce),
    machineId,
    onThreshold: (threshold) => pool.setFloor(threshold),
    onWrong: ({ slot, counter, difficulty }, found) => {
      const claim = `${hexOfDifficulty(difficulty)} for nonce ${counter}, it is ${hexOfDifficulty(found)}`
      onNotice('error', 'E_MINER_COMPUTE', `thread ${slot} claims difficulty ${claim}`)
    },
  })
  const pool = createPool({
    byteMap: options.byteMap,
    threads: options.threads,
    capacity: options.capacity ?? options.threads,
    firstHasher: options.firstHasher,
    machineId,
    cpus: options.cpus ?? [],
    nice: options.nice ?? 0,
    known: computeKnownAnswers(verifier),
    onHit: (hit) => desk.take(hit),
    onNotice,
    onLost: options.onLost,
    worker: options.worker,
    timing: options.timing,
  })

  return {
    pool,
    mine({ oprHash, floor, keep, ranking: given, start }) {
      const threshold = given === undefined ? floor : reportThreshold(floor, given)
      const id = pool.publish({ oprHash, floor: threshold, keep, start })
      if (given !== undefined) ranking = given
      else if (id !== jobId) ranking = createRanking(keep)
      jobId = id
      desk.open(id, { oprHash: oprHash.slice(), floor, ranking })
      pool.setFloor(reportThreshold(floor, ranking))
    },
    rest() {
      pool.clear()
      desk.shut()
      return desk.best()
    },
    get bestDifficulty() {
      return desk.bestDifficulty
    },
    get hits() {
      return desk.hits
    },
    get computeErrors() {
      return desk.computeErrors
    },
  }
}
