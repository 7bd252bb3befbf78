/**
 * Hits come in here: each is hashed again on the main thread before it counts, then ranked. The threshold that
 * results goes back to the workers, so that they report less and less.
 */
import type { Hasher } from '../../lxrhash/index.js'
import type { Hit } from './loop.js'
import { nonceOf, noncePrefix } from './nonces.js'
import { createRanking, reportThreshold, type Ranked, type Ranking } from './ranking.js'

export interface HitDeskOptions {
  /** The main thread's own hasher. */
  readonly difficulty: Hasher['difficulty']
  readonly machineId: number
  /** Workers need not report what is not above this. */
  readonly onThreshold: (threshold: bigint) => void
  readonly onWrong: (hit: Hit, difficulty: bigint) => void
}

export interface HitDesk {
  /** Takes hits of this job from now on; those of any other are dropped. */
  open(jobId: number, job: DeskJob): void
  /** The worker's claim about a nonce. */
  take(hit: Hit): void
  /** Takes no more hits; the ranking stays readable. */
  shut(): void
  best(): Ranked[]
  readonly bestDifficulty: bigint
  readonly hits: number
  readonly computeErrors: number
}

export interface DeskJob {
  readonly oprHash: Uint8Array
  /** Only difficulties above it are kept. */
  readonly floor: bigint
  readonly ranking: Ranking
}

export function createHitDesk(options: HitDeskOptions): HitDesk {
  const { difficulty, machineId, onThreshold, onWrong } = options
  let current: (DeskJob & { readonly id: number }) | null = null
  let ranking: Ranking = createRanking(1)
  /** Counters that were kept: a worker that was started again repeats the end of its predecessor's work. */
  let known = new Map<number, Set<bigint>>()
  let hits = 0
  let computeErrors = 0

  function isNew({ slot, counter }: Hit): boolean {
    const ofSlot = known.get(slot) ?? new Set<bigint>()
    known.set(slot, ofSlot)
    if (ofSlot.has(counter)) return false
    ofSlot.add(counter)
    return true
  }

  return {
    open(id, job) {
      if (job.ranking !== ranking) known = new Map()
      current = { id, ...job }
      ranking = job.ranking
    },
    take(hit) {
      if (current === null || hit.jobId !== current.id) return
      const { oprHash, floor } = current
      const nonce = nonceOf(noncePrefix(machineId, hit.slot), hit.counter)
      const found = difficulty(oprHash, nonce)
      if (found !== hit.difficulty) {
        computeErrors++
        return onWrong(hit, found)
      }
      hits++
      const before = reportThreshold(floor, ranking)
      if (found <= before || !isNew(hit)) return
      ranking.offer(nonce, found)
      const after = reportThreshold(floor, ranking)
      if (after !== before) onThreshold(after)
    },
    shut() {
      current = null
    },
    best: () => ranking.list(),
    get bestDifficulty() {
      return ranking.best
    },
    get hits() {
      return hits
    },
    get computeErrors() {
      return computeErrors
    },
  }
}
